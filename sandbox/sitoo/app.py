"""The Sitoo sandbox as an ASGI application: `/v2/accounts/{account}/…` and `/_control/<action>`."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from decimal import Decimal
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.clock import SandboxClock
from sandbox.faults import ConnectionDropped, FaultKind
from sandbox.sitoo.asking import Call
from sandbox.sitoo.records import Refusal
from sandbox.sitoo.routes import ROUTES, pattern_of
from sandbox.sitoo.state import ACTIONS, SitooState

_METHODS = ["GET", "POST", "PUT", "DELETE"]


class Cut(Response):
    """Starts an answer and cuts the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        raise ConnectionDropped


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(value, separators=(",", ":"), default=_plain), status, headers, media_type="application/json")


def error(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return answer({"statuscode": status, "errortext": text}, status, headers)


def create_app(state: SitooState, clock: SandboxClock) -> Starlette:
    """Serve `state` on `clock` (which becomes the state's own)."""
    state.clock = clock

    async def rest(request: Request) -> Response:
        api_user = _api_user(state, request)
        if api_user is None:
            return _counted(state, error(401, "Authorization failed"))
        if api_user in state.in_flight:
            state.too_many_connections += 1
            return _counted(state, error(429, "Too many connections", _come_back(state, state.mode.throttle_seconds)))
        state.in_flight.add(api_user)
        try:
            return _counted(state, await _serve(state, clock, request))
        finally:
            state.in_flight.discard(api_user)

    async def control(request: Request) -> Response:
        name = request.path_params["action"]
        if name not in ACTIONS:
            return error(404, f"There is no action {name}")
        body = await request.body()
        try:
            arguments = json.loads(body) if body else {}
            return answer(getattr(state, name)(**arguments))
        except Refusal as refused:
            return error(refused.status, refused.text)
        except (TypeError, ValueError) as wrong:
            return error(400, str(wrong))

    return Starlette(
        routes=[
            Route("/v2/accounts/{account}/{path:path}", rest, methods=_METHODS),
            Route("/_control/{action}", control, methods=["POST"]),
        ]
    )


async def _serve(state: SitooState, clock: SandboxClock, request: Request) -> Response:
    """Route, wait, play faults, act, wait. What a request changes is committed half-way through its latency."""
    if request.path_params["account"] != str(state.account):
        return error(404, "Account not found")
    pattern, numbers, by_guid = pattern_of(request.path_params["path"])
    methods = ROUTES.get(pattern)
    if methods is None or request.method not in methods:
        state.call_counts["unknown"] += 1
        return error(404, "The URL is invalid")
    operation, endpoint = methods[request.method]
    state.call_counts[operation] += 1
    body = await request.body()
    half = state.pace.draw() / 2
    if half > 0:
        await clock.pause(half)
    fault = state.faults.take(operation, clock.now())
    if fault is not None and fault.kind is FaultKind.SLOW:
        await clock.pause(fault.seconds)
    elif fault is not None and fault.kind is FaultKind.ERROR:
        return error(fault.status, "Internal Server Error")
    elif fault is not None and fault.kind is FaultKind.THROTTLE:
        return error(429, "Too Many Requests", _come_back(state, fault.retry_after))
    elif fault is not None and fault.kind is FaultKind.DROP_BEFORE:
        return Cut()
    response = _act(state, request, pattern, numbers, by_guid, body, endpoint)
    if half > 0:
        await clock.pause(half)
    if fault is not None and fault.kind is FaultKind.DROP_AFTER:
        return Cut()
    if fault is not None and fault.kind is FaultKind.ERROR_AFTER:
        return error(fault.status, "Internal Server Error")
    return response


def _act(state: SitooState, request: Request, pattern: str, numbers: list[int], by_guid: bool, body: bytes, endpoint: Any) -> Response:
    in_site = pattern.startswith("sites/#")
    known_site = not in_site or numbers[0] == state.site
    if not known_site and (not by_guid or request.method != "GET"):
        return error(404, "Site not found")
    try:
        parsed = json.loads(body) if body else None
    except ValueError:
        return error(400, "Invalid syntax: the body is not JSON")
    call = Call(state, numbers[1:] if in_site else numbers, dict(request.query_params.multi_items()), parsed, known_site)
    try:
        return answer(endpoint(call))
    except Refusal as refused:
        return error(refused.status, refused.text)


def _api_user(state: SitooState, request: Request) -> str | None:
    """The API id when its password is right."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        api_id, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    expected = state.api_users.get(api_id)
    return api_id if expected is not None and secrets.compare_digest(expected.encode(), password.encode()) else None


def _come_back(state: SitooState, seconds: float) -> dict[str, str]:
    """The header of a 429 in the form of the mode; whole seconds, rounded up."""
    whole = int(-(-seconds // 1))
    if state.mode.throttle_header == "retry_after":
        return {"retry-after": str(whole)}
    if state.mode.throttle_header == "reset":
        return {"x-rate-limit-reset": str(int(state.now()) + whole)}
    return {}


def _counted(state: SitooState, response: Response) -> Response:
    state.answer_counts["dropped" if isinstance(response, Cut) else str(response.status_code)] += 1
    return response


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")
