"""The front door as API Gateway would serve it: routes, proxy events, throttling, and the gateway responses of the template."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.responses import Response as HttpResponse
from starlette.routing import Route as HttpRoute

from sandbox.local_stack.front_door import FrontDoor
from sandbox.local_stack.outcome import Outcome, OutcomeKind
from sandbox.local_stack.processes import free_port, listening
from sandbox.local_stack.proxy_event import MalformedAnswer, Request, Response, proxy_event, proxy_response

_LOG = logging.getLogger(__name__)
_PAYLOAD_LIMIT = 10 * 1024 * 1024
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
Invoke = Callable[[str, Any], Outcome]
Control = Callable[[Mapping[str, Any]], Any]


class Gateway:
    """Answers requests of the routes by invoking their functions (`invoke(function, event)`), each in a thread of its own.

    `integration_timeout_s` is API Gateway's; `controls` are served beside the API at POST /_local/<name> (JSON object in, JSON out).
    """

    def __init__(self, door: FrontDoor, invoke: Invoke, controls: Mapping[str, Control], integration_timeout_s: float = 29.0) -> None:
        self._door, self._invoke, self._controls, self._timeout_s = door, invoke, controls, integration_timeout_s
        self._threads = ThreadPoolExecutor(64, thread_name_prefix="gateway")
        self._tokens, self._refilled = float(door.burst), time.monotonic()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                HttpRoute("/_local/{name}", self._control, methods=["POST"]),
                HttpRoute("/{path:path}", self._serve, methods=_METHODS),
            ]
        )

    async def respond(self, request: Request) -> Response:
        """What a client gets for `request`."""
        if not self._admit():
            return self._error("THROTTLED", message="Too Many Requests")
        for route in self._door.routes:
            parameters = route.match(request.method, request.path)
            if parameters is not None:
                break
        else:
            return self._error("MISSING_AUTHENTICATION_TOKEN", message="Missing Authentication Token")
        if len(request.body) > _PAYLOAD_LIMIT:
            return self._error("REQUEST_TOO_LARGE", message="Request Too Long")
        event = proxy_event(
            request,
            resource=route.path,
            parameters=parameters,
            stage=self._door.stage,
            api_id=self._door.logical,
            binary_types=self._door.binary_types,
            now=time.time(),
        )
        call = asyncio.get_running_loop().run_in_executor(self._threads, self._invoke, route.function, event)
        try:
            outcome = await asyncio.wait_for(asyncio.shield(call), self._timeout_s)
        except TimeoutError:
            return self._error("INTEGRATION_TIMEOUT", message="Endpoint request timed out")
        return self._answer(route.function, outcome, next((value for name, value in request.headers if name.lower() == "accept"), ""))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _answer(self, function: str, outcome: Outcome, accept: str) -> Response:
        if outcome.kind is OutcomeKind.THROTTLED:
            return self._error("API_CONFIGURATION_ERROR")
        if not outcome.ok:
            # API Gateway sees an error object instead of a proxy answer, whatever the function died of: 502.
            return self._error("API_CONFIGURATION_ERROR", 502)
        try:
            return proxy_response(outcome.answer, self._door.binary_types, accept)
        except MalformedAnswer as malformed:
            _LOG.warning("%s: malformed proxy answer: %s", function, malformed)
            return self._error("API_CONFIGURATION_ERROR", 502)

    def _error(self, kind: str, status: int | None = None, message: str = "Internal server error") -> Response:
        code, headers, body = self._door.error(kind, status, message)
        return Response(code, list(headers.items()), body.encode())

    def _admit(self) -> bool:
        now = time.monotonic()
        self._tokens = min(float(self._door.burst), self._tokens + (now - self._refilled) * self._door.rate)
        self._refilled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    async def _serve(self, http: HttpRequest) -> HttpResponse:
        answer = await self.respond(
            Request(
                method=http.method,
                path=http.url.path,
                query=http.url.query,
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in http.headers.raw],
                body=await http.body(),
                source_ip=http.client.host if http.client else "127.0.0.1",
            )
        )
        response = HttpResponse(answer.body, answer.status)
        for name, value in answer.headers:
            if name != "content-length":
                response.headers.append(name, value)
        return response

    async def _control(self, http: HttpRequest) -> HttpResponse:
        control = self._controls.get(http.path_params["name"])
        if control is None:
            return JSONResponse({"error": "unknown control", "controls": sorted(self._controls)}, 404)
        arguments = await http.json() if await http.body() else {}
        try:
            return JSONResponse(await asyncio.get_running_loop().run_in_executor(self._threads, control, arguments))
        except (KeyError, ValueError) as wrong:
            return JSONResponse({"error": f"{type(wrong).__name__}: {wrong}"}, 400)


class PortTaken(RuntimeError):
    """Somebody else listens on the gateway's port."""


def check_port(port: int) -> None:
    """Raises PortTaken; 0 is always free."""
    if port and listening(port):
        raise PortTaken(f"port {port} is taken by another program; set PORT in the environment file (0 takes a free one)")


class GatewayServer:
    """Serves a gateway on 127.0.0.1 in a thread. Port 0 takes a free one."""

    def __init__(self, gateway: Gateway, port: int) -> None:
        check_port(port)
        self._gateway = gateway
        self.port = port or free_port()
        config = uvicorn.Config(gateway.app(), host="127.0.0.1", port=self.port, log_level="warning", lifespan="off", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="gateway", daemon=True)

    def start(self) -> None:
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise PortTaken(f"the gateway cannot listen on port {self.port}")
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=3)
        self._server.force_exit = True
        self._gateway.close()
