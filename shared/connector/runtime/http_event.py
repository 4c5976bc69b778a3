"""API Gateway's proxy event as a request, and an answer in the shape it wants."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_BODY_BYTES = 200 * 1024
"""Decoded. Vendors send ids only: 100 events of Centra are about 30 KB."""


class TooLarge(Exception):
    """The decoded body is above `MAX_BODY_BYTES`."""


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` by lower-case name; `body` exactly as it was on the wire."""

    headers: Mapping[str, str]
    body: bytes


def read_request(event: Mapping[str, Any]) -> Request:
    """Raises `TooLarge`."""
    text = event.get("body") or ""
    # Base64 is at least 4/3 of what it holds: a huge body is refused before it is copied.
    if len(text) > MAX_BODY_BYTES * 4 // 3 + 4:
        raise TooLarge
    body = _decoded(text) if event.get("isBase64Encoded") else _raw(text)
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge
    return Request(headers=_headers(event), body=body)


def answer(status: int) -> dict[str, Any]:
    """An empty answer; neither vendor reads a body. 503 asks for another try."""
    headers = {"Retry-After": "5"} if status == 503 else {}
    return {"statusCode": status, "headers": headers, "body": "", "isBase64Encoded": False}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        # Not what the gateway sends: taken as it is, so that verification and parsing refuse it.
        return _raw(text)


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    found = {str(name).lower(): str(values[-1]) for name, values in (event.get("multiValueHeaders") or {}).items() if values}
    found.update({str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()})
    return found
