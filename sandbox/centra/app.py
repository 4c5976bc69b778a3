"""The Centra sandbox over HTTP: `POST /graphql` and `/api/order-api/…` as the vendor answers them, `POST /_control/<action>` for scenarios."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from graphql import GraphQLError, GraphQLSchema, execute_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.centra.dates import retry_after
from sandbox.centra.documents import Compiled, Documents, Operation
from sandbox.centra.mishaps import play
from sandbox.centra.order_api import ORDER_API, OrderApiDesk
from sandbox.centra.plans import OffPlan
from sandbox.centra.records import Refusal
from sandbox.centra.resolvers import build_schema
from sandbox.centra.state import ACTIONS, CentraState
from sandbox.clock import SandboxClock


@cache
def _graphql() -> tuple[GraphQLSchema, Documents]:
    """One schema and one document cache for all sandboxes of a process: they hold no state."""
    schema = build_schema()
    return schema, Documents(schema)


def create_app(state: CentraState, clock: SandboxClock) -> Starlette:
    """The sandbox as an ASGI application; `clock` becomes the state's."""
    state.clock = clock
    desk = GraphQLDesk(state)
    control = ControlDesk(state)
    order_api = OrderApiDesk(state)
    routes = [
        Route("/graphql", desk.answer, methods=["POST"]),
        Route(f"{ORDER_API}/{{endpoint:path}}", order_api.answer, methods=["GET", "POST", "PUT"]),
        Route("/_control/{action}", control.answer, methods=["POST"]),
    ]
    return Starlette(routes=routes)


class GraphQLDesk:
    """One request: token, document, limits, faults, latency, execution – in this order."""

    def __init__(self, state: CentraState) -> None:
        self._schema, self._documents = _graphql()
        self._state = state

    async def answer(self, request: Request) -> Response:
        state = self._state
        if not self._authorised(request.headers.get("authorization", "")):
            return JSONResponse({"errors": [{"message": "Access token is invalid or expired"}]}, 403)
        try:
            body = json.loads(await request.body())
            text, variables, name = body["query"], body.get("variables") or {}, body.get("operationName")
            compiled = self._documents.get(text)
            operation = None if compiled.errors else compiled.operation(name)
        except (ValueError, KeyError, TypeError, AttributeError, GraphQLError) as problem:
            return self._throttled(1, 0, 0) or JSONResponse({"errors": [{"message": f"Bad request: {problem}"}]}, 400)
        if operation is None:
            errors = {"errors": [e.formatted for e in compiled.errors], "extensions": self._extensions(0, [])}
            return self._throttled(1, 0, 0) or JSONResponse(errors, state.modes_in_force.validation_status)
        complexity = operation.complexity(variables)
        refused_for_limits = self._throttled(1, len(operation.fields) if operation.is_mutation else 0, complexity)
        return refused_for_limits or await self._play(compiled, operation, variables, complexity)

    async def _play(self, compiled: Compiled, operation: Operation, variables: dict[str, Any], complexity: int) -> Response:
        called = f"{operation.name}:{','.join(operation.fields)}"
        return await play(self._state, called, lambda: self._execute(compiled, operation, variables, complexity), self._too_many)

    def _execute(self, compiled: Compiled, operation: Operation, variables: dict[str, Any], complexity: int) -> Response:
        state = self._state
        state.counted["requests"] += 1
        missing = [] if state.permissions is None else [p for p in operation.permissions if p not in state.permissions]
        if missing:
            field = operation.permissions[missing[0]]
            text = f"You need {missing[0]} permission to access {field.name.value}."
            error = {"message": text, "extensions": {"category": "authorization"}, "path": [field.alias.value if field.alias else field.name.value]}
            return JSONResponse({"errors": [error], "extensions": self._extensions(complexity, operation.permissions)})
        state.counted.update(operation.fields)
        if operation.is_mutation:
            state.counted["mutations"] += len(operation.fields)
        answer = {**self._result(compiled, operation, variables), "extensions": self._extensions(complexity, operation.permissions)}
        return Response(json.dumps(answer, separators=(",", ":")), media_type="application/json")

    def _result(self, compiled: Compiled, operation: Operation, variables: dict[str, Any]) -> dict[str, Any]:
        """`data`, and `errors` if there are any."""
        if operation.plan is not None:
            with suppress(OffPlan, GraphQLError):
                return {"data": operation.plan.run(variables, self._state)}
        name = operation.name or None
        result = execute_sync(self._schema, compiled.document, context_value=self._state, variable_values=variables, operation_name=name)
        return {"data": result.data, "errors": [e.formatted for e in result.errors]} if result.errors else {"data": result.data}

    def _authorised(self, header: str) -> bool:
        scheme, _, token = header.partition(" ")
        return not self._state.expired and scheme == "Bearer" and hmac.compare_digest(token.encode(), self._state.bearer.encode())

    def _throttled(self, requests: int, mutations: int, complexity: int) -> Response | None:
        strict = self._state.modes_in_force.early_retry == "refused"
        until = self._state.limits.take(self._state.now(), requests=requests, mutations=mutations, complexity=complexity, strict=strict)
        return None if until is None else self._too_many(until)

    def _too_many(self, until: float) -> Response:
        self._state.counted["throttled"] += 1
        header = retry_after(self._state.modes_in_force.retry_after, self._state.now(), until)
        return JSONResponse({"errors": [{"message": "Too many requests"}]}, 429, {} if header is None else {"Retry-After": header})

    def _extensions(self, complexity: int, permissions: Mapping[str, Any] | list[str]) -> dict[str, Any]:
        return {"complexity": complexity, "permissionsUsed": list(permissions), "appVersion": self._state.app_version}


class ControlDesk:
    """`POST /_control/<action>` with keyword arguments as a JSON object; 400 with `error` when it is refused."""

    def __init__(self, state: CentraState) -> None:
        self._state = state

    async def answer(self, request: Request) -> Response:
        action = request.path_params["action"]
        if action not in ACTIONS:
            return JSONResponse({"error": f"no action {action}; there are {', '.join(ACTIONS)}"}, 404)
        try:
            arguments = json.loads(await request.body() or b"{}")
            return JSONResponse(getattr(self._state, action)(**arguments))
        except (Refusal, ValueError, TypeError) as problem:
            return JSONResponse({"error": str(problem)}, 400)
