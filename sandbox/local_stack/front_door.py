"""The REST API of the template: routes, binary media types, throttling, and what its gateway responses make of errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Response types and the status each has unless the template says otherwise (API Gateway developer guide, "Gateway response types").
DEFAULT_STATUS = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "EXPIRED_TOKEN": 403,
    "INTEGRATION_FAILURE": 504,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 403,
    "MISSING_AUTHENTICATION_TOKEN": 403,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 403,
}


@dataclass(frozen=True, slots=True)
class Route:
    """`method` upper case or ANY; `path` as in the template, with `{name}` and `{name+}` parts."""

    method: str
    path: str
    function: str

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The path parameters when this route serves the request, else None."""
        if self.method not in ("ANY", method):
            return None
        wanted, given = self.path.strip("/").split("/"), path.strip("/").split("/")
        found: dict[str, str] = {}
        for position, part in enumerate(wanted):
            if part.startswith("{") and part.endswith("+}"):
                found[part[1:-2]] = "/".join(given[position:])
                return found if given[position:] else None
            if position >= len(given):
                return None
            if part.startswith("{") and part.endswith("}"):
                found[part[1:-1]] = given[position]
            elif part != given[position]:
                return None
        return found if len(given) == len(wanted) else None


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """What a gateway response answers. `status` None: the type's own."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """`rate` requests/s and `burst` of the stage; AWS's account defaults where the template is silent."""

    logical: str = ""
    stage: str = "Prod"
    routes: tuple[Route, ...] = ()
    binary_types: tuple[str, ...] = ()
    responses: Mapping[str, GatewayResponse] = field(default_factory=dict)
    rate: float = 10_000.0
    burst: int = 5_000

    def error(self, kind: str, status: int | None = None, message: str = "Internal server error") -> tuple[int, dict[str, str], str]:
        """Status, headers and body that a client gets for an error of this response type; `status` is what AWS would send without gateway responses.

        A type that the template does not name falls back to DEFAULT_4XX or DEFAULT_5XX, whose status then holds for it.
        """
        plain = status or DEFAULT_STATUS[kind]
        fallback = self.responses.get("DEFAULT_4XX" if plain < 500 else "DEFAULT_5XX", GatewayResponse())
        answer = self.responses.get(kind, fallback)
        body = answer.body if answer.body is not None else '{"message":$context.error.messageString}'
        body = body.replace("$context.error.messageString", f'"{message}"').replace("$context.error.message", message)
        headers = {"content-type": "application/json", "x-amzn-errortype": kind, **answer.headers}
        return answer.status or plain, headers, body


def read_front_door(apis: Mapping[str, Mapping[str, Any]], shared: Mapping[str, Any], routes: tuple[Route, ...]) -> FrontDoor:
    """The one REST API of the template (resolved properties by logical id). Raises ValueError when there are several, or an unknown response type."""
    if len(apis) > 1:
        raise ValueError(f"the local stack serves one API, the template has {sorted(apis)}")
    logical, own = next(iter(apis.items())) if apis else ("ServerlessRestApi", {})
    merged = {**shared, **own}
    rate, burst = 10_000.0, 5_000
    for settings in merged.get("MethodSettings", []):
        if settings.get("ResourcePath") == "/*" and settings.get("HttpMethod") == "*":
            rate, burst = float(settings.get("ThrottlingRateLimit", rate)), int(settings.get("ThrottlingBurstLimit", burst))
    return FrontDoor(
        logical=logical,
        stage=str(merged.get("StageName", "Prod")),
        routes=routes,
        binary_types=tuple(str(kind).replace("~1", "/") for kind in merged.get("BinaryMediaTypes", [])),
        responses={kind: _response(kind, details or {}) for kind, details in merged.get("GatewayResponses", {}).items()},
        rate=rate,
        burst=burst,
    )


def _response(kind: str, details: Mapping[str, Any]) -> GatewayResponse:
    if kind not in DEFAULT_STATUS and kind not in ("DEFAULT_4XX", "DEFAULT_5XX"):
        raise ValueError(f"unknown gateway response type {kind}")
    status = details.get("StatusCode")
    templates = details.get("ResponseTemplates", {})
    headers = details.get("ResponseParameters", {}).get("Headers", {})
    return GatewayResponse(
        status=None if status is None else int(status),
        headers={str(name).lower(): str(value).strip("'") for name, value in headers.items()},
        body=templates.get("application/json"),
    )
