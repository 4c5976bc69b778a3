"""Centra's Order API (REST): a business refusal is HTTP 200 that says so, an endpoint the plugin has switched off 403."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.centra.mishaps import failure, play
from sandbox.centra.order_api_fulfilment import allocation_requests, answer_check_first, answer_request, create_shipment
from sandbox.centra.order_api_orders import complete_order, create_order
from sandbox.centra.order_api_returns import create_return, update_return
from sandbox.centra.state import CentraState

ORDER_API = "/api/order-api"
Answer = dict[str, Any]
Handler = Callable[[CentraState, Mapping[str, Any], str], Answer]
HANDLERS: dict[tuple[str, str], Handler] = {
    ("GET", "allocation-requests"): allocation_requests,
    ("PUT", "allocation-request"): answer_request,
    ("POST", "check-first"): answer_check_first,
    ("POST", "order"): create_order,
    ("POST", "order/"): complete_order,
    ("POST", "shipments"): create_shipment,
    ("POST", "return"): create_return,
    ("PUT", "returns/"): update_return,
}


class OrderApiDesk:
    """Header `API-Authorization`. Faults match `order-api:<METHOD> <endpoint>`; the GraphQL API's limits do not count here."""

    def __init__(self, state: CentraState) -> None:
        self._state = state

    async def answer(self, request: Request) -> Response:
        state = self._state
        given = request.headers.get("api-authorization", "")
        if not hmac.compare_digest(given.encode(), state.order_api_secret.encode()):
            return JSONResponse({"status": "no", "msg": "Unauthorized"}, 401)
        endpoint, slash, key = request.path_params["endpoint"].partition("/")
        handler = HANDLERS.get((request.method, endpoint + slash))
        if handler is None:
            return JSONResponse({"status": "no", "msg": "Not found"}, 404)
        if endpoint in state.order_api_closed:
            return JSONResponse({"status": "Not Allowed"}, 403)
        try:
            body = dict(request.query_params) if request.method == "GET" else json.loads(await request.body() or b"{}")
        except ValueError:
            return JSONResponse({"status": "no", "msg": "No JSON"}, 400)
        if not isinstance(body, Mapping):
            return JSONResponse({"status": "no", "msg": "No JSON object"}, 400)
        called = f"{request.method} {endpoint}"
        return await play(state, f"order-api:{called}", lambda: self._execute(called, handler, body, key), lambda _until: failure(429))

    def _execute(self, called: str, handler: Handler, body: Mapping[str, Any], key: str) -> Response:
        self._state.counted["order_api_requests"] += 1
        self._state.counted[called] += 1
        try:
            return JSONResponse(handler(self._state, body, key))
        except (ValueError, TypeError, KeyError) as problem:
            return JSONResponse({"status": "no", "msg": str(problem)})
