"""Call an ASGI sandbox from synchronous code without a server, an event loop or threads."""

from __future__ import annotations

from collections.abc import Coroutine, MutableMapping
from typing import Any
from urllib.parse import unquote

import httpx
from starlette.types import ASGIApp

from sandbox.faults import ConnectionDropped


class InProcessTransport(httpx.BaseTransport):
    """Runs the app's coroutine to its end in the caller's thread.

    Works for apps that never truly wait (Starlette with async endpoints, virtual time): anything that needs an event loop raises RuntimeError.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        sent: dict[str, Any] = {"status": 500, "headers": [], "body": b""}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(k.lower(), v) for k, v in request.headers.raw],
            "scheme": request.url.scheme,
            "path": unquote(request.url.path),
            "raw_path": request.url.raw_path.split(b"?")[0],
            "query_string": request.url.query,
            "server": (request.url.host, request.url.port),
            "client": ("127.0.0.1", 0),
            "root_path": "",
        }

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                sent["status"], sent["headers"] = message["status"], message.get("headers", [])
            elif message["type"] == "http.response.body":
                sent["body"] += message.get("body", b"")

        async def serve() -> None:
            await self._app(scope, receive, send)

        try:
            _run(serve())
        except ConnectionDropped as dropped:
            raise httpx.ReadError("connection dropped by the sandbox", request=request) from dropped
        return httpx.Response(sent["status"], headers=sent["headers"], content=sent["body"], request=request)


def _run(coroutine: Coroutine[Any, Any, None]) -> None:
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("the sandbox waited for something real; use virtual time and async endpoints")
