"""API Gateway's Lambda proxy integration (REST API, payload version 1.0): the event it sends and what it makes of the answer."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from sandbox.local_stack.intrinsics import ACCOUNT


class MalformedAnswer(ValueError):
    """The function's answer is no proxy answer; API Gateway would answer 502."""


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. `headers` in the client's order; `query` as sent."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


def proxy_event(
    request: Request, *, resource: str, parameters: dict[str, str], stage: str, api_id: str, binary_types: Sequence[str], now: float
) -> dict[str, Any]:
    """The event for a request; `now` in unix s.

    The body is base64 when the content type is one of the API's binary media types, else text; an empty body is null. Header names are written
    in their usual capitals: ASGI servers lower them, API Gateway passes on what HTTP/1.1 clients send.
    """
    headers = [(_capitals(name), value) for name, value in request.headers]
    content_type = next((value for name, value in headers if name == "Content-Type"), "application/json")
    binary = bool(request.body) and _is_binary(content_type, binary_types)
    moment = datetime.fromtimestamp(now, UTC)
    request_id = str(uuid.uuid4())
    trace = f"Root=1-{int(now):08x}-{uuid.uuid4().hex[:24]}"
    headers += [("X-Amzn-Trace-Id", trace), ("X-Forwarded-For", request.source_ip), ("X-Forwarded-Port", "443"), ("X-Forwarded-Proto", "https")]
    query = parse_qsl(request.query, keep_blank_values=True)
    body = base64.b64encode(request.body).decode() if binary else request.body.decode("utf-8", "replace")
    return {
        "resource": resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _grouped(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query) or None,
        "pathParameters": {name: unquote(value) for name, value in parameters.items()} or None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "local",
            "resourcePath": resource,
            "httpMethod": request.method,
            "extendedRequestId": request_id,
            "requestTime": moment.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now * 1000),
            "path": f"/{stage}{request.path}",
            "accountId": ACCOUNT,
            "protocol": "HTTP/1.1",
            "stage": stage,
            "domainPrefix": api_id,
            "domainName": dict(headers).get("Host", "localhost"),
            "requestId": request_id,
            "apiId": api_id,
            "identity": {"sourceIp": request.source_ip, "userAgent": dict(headers).get("User-Agent"), "caller": None, "user": None},
        },
        "body": body or None,
        "isBase64Encoded": binary,
    }


def proxy_response(answer: Any, binary_types: Sequence[str], accept: str) -> Response:
    """The HTTP response for a function's answer. Raises MalformedAnswer where API Gateway would call the answer malformed."""
    if not isinstance(answer, dict):
        raise MalformedAnswer("the answer is no object")
    if set(answer) - {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}:
        raise MalformedAnswer("the answer has keys that a proxy answer does not have")
    status, body = answer.get("statusCode"), answer.get("body")
    if isinstance(status, str) and status.isdecimal():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        raise MalformedAnswer("statusCode is no HTTP status")
    if body is not None and not isinstance(body, str):
        raise MalformedAnswer("body is no string")
    content = (body or "").encode()
    if answer.get("isBase64Encoded") is True and _is_binary(accept.split(",")[0].strip() or "*/*", binary_types):
        try:
            content = base64.b64decode(body or "", validate=True)
        except binascii.Error as invalid:
            raise MalformedAnswer("body is no base64") from invalid
    headers = list(_response_headers(answer))
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    return Response(status, headers, content)


def _response_headers(answer: dict[str, Any]) -> Iterable[tuple[str, str]]:
    single, multiple = answer.get("headers") or {}, answer.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise MalformedAnswer("headers is no object")
    repeated = {str(name).lower() for name in multiple}
    for name, values in multiple.items():
        if not isinstance(values, list):
            raise MalformedAnswer("multiValueHeaders holds no lists")
        yield from ((str(name).lower(), _text(value)) for value in values)
    yield from ((str(name).lower(), _text(value)) for name, value in single.items() if str(name).lower() not in repeated)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise MalformedAnswer("a header is no string, number or boolean")
    return str(value)


def _is_binary(content_type: str, binary_types: Sequence[str]) -> bool:
    bare = content_type.partition(";")[0].strip().lower()
    return any(kind in ("*/*", bare) or (kind.endswith("/*") and bare.startswith(kind[:-1])) for kind in binary_types)


def _capitals(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped
