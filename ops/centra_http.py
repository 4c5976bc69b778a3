"""GraphQL to Centra with the whole answer, extensions included: for questions the functions never ask. Queries only."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx

from connector.centra.errors import Refused, Throttled, Unauthorised, Unavailable
from connector.centra.ports import Quota, Token
from connector.domain.configuration import Lane
from connector.domain.retry_after import retry_at
from connector.http_exchange import exchange
from connector.runtime.clock import Clock

WAIT_WITHOUT_HEADER_S = 60.0


class HttpGraphQL:
    """Implements ops.connection.GraphQL. An answer without data raises Refused with Centra's messages."""

    def __init__(self, http: httpx.Client, url: str, token: Token, quota: Quota, clock: Clock) -> None:
        self._http, self._url, self._token, self._quota, self._clock = http, url, token, quota, clock
        self._name = f"Centra ({httpx.URL(url).netloc.decode()})"

    def execute(self, document: str, variables: Mapping[str, Any], *, lane: Lane) -> dict[str, Any]:
        self._quota.take(lane)
        headers = {"Authorization": f"Bearer {self._token.current()}"}
        request = self._http.build_request("POST", self._url, json={"query": document, "variables": dict(variables)}, headers=headers)
        try:
            answer = exchange(self._http, request, self._clock.now)
        except httpx.RequestError as failure:
            raise Unavailable(f"{self._name} could not be reached: {type(failure).__name__}") from failure
        if answer.status == 429:
            until = retry_at(answer.headers.get("retry-after"), self._clock.now()) or self._clock.now() + WAIT_WITHOUT_HEADER_S
            self._quota.close(until)
            raise Throttled(until)
        if answer.status in (401, 403):
            raise Unauthorised(f"Centra refused the token (HTTP {answer.status})")
        if answer.status >= 500:
            raise Unavailable(f"{self._name} answered HTTP {answer.status}")
        try:
            whole = json.loads(answer.body)
        except ValueError as wrong:
            raise Unavailable(f"{self._name} answered HTTP {answer.status} without JSON: is this its GraphQL address?") from wrong
        if not isinstance(whole, dict) or not isinstance(whole.get("data"), dict):
            raise Refused(messages(whole) or (f"Centra answered HTTP {answer.status} without data",))
        return whole


def messages(answer: Any) -> tuple[str, ...]:
    """The texts of the top-level GraphQL errors."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    return tuple(str(e.get("message", e)) if isinstance(e, dict) else str(e) for e in errors or ())


def expiry_of(token: str) -> float | None:
    """When the token expires (unix s), if it tells so itself (a JSON Web Token does); its signature is not ours to check."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    expiry = claims.get("exp") if isinstance(claims, dict) else None
    return float(expiry) if isinstance(expiry, int | float) else None
