"""REST over HTTP with one API user: one request at a time, its JSON or the failure by what the caller may do next."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx

from connector.domain.configuration import Lane
from connector.domain.retry_after import Backoff, retry_at
from connector.http_exchange import NEVER_SENT, HttpAnswer, exchange
from connector.sitoo.errors import Refused, SitooError, Throttled, Unauthorised, Unavailable, Uncertain, Unconfirmed
from connector.sitoo.ports import Clock, Credentials, Turns


class SitooTransport:
    """`base_url` is `…/v2/accounts/{id}`. A read that broke off is Unavailable; a write is Uncertain once its first byte may have left."""

    def __init__(self, http: httpx.Client, base_url: str, credentials: Credentials, turns: Turns, clock: Clock) -> None:
        self._http, self._base_url = http, base_url.rstrip("/")
        self._name = f"Sitoo ({httpx.URL(base_url).netloc.decode()})"
        self._credentials, self._turns, self._clock = credentials, turns, clock
        self._backoff = Backoff(5.0, 120.0)

    def get(self, path: str, parameters: Mapping[str, str | int], *, lane: Lane) -> Any:
        """The JSON under `path` (without `.json`); numbers with a fraction are Decimal. Raises connector.sitoo.errors or what `Turns` raises.

        After a refused password once more, if the secret holds a newer one.
        """
        return self._asked("GET", path, parameters, None, lane)

    def send(self, method: str, path: str, body: Any, *, lane: Lane, parameters: Mapping[str, str | int] | None = None) -> Any:
        """Write `body` (text, whole numbers, Decimal) and answer Sitoo's JSON: for a POST the new id, for a PUT `true`, for a batch a row each.

        Raises Uncertain when it may have been committed: broken off, HTTP 408 or 5xx, an answer that is no JSON. All other errors mean it was not.
        """
        content = json.dumps(body, separators=(",", ":"), default=_number).encode()
        return self._asked(method, path, parameters or {}, content, lane)

    def row_error(self, row: Mapping[str, Any], unsure: type[SitooError] = Uncertain) -> SitooError:
        """What an error inside HTTP 200 means (of a batch: one row's), by its own statuscode. `unsure`: for one that leaves a write open."""
        code = row.get("statuscode")
        status = code if isinstance(code, int) else 200
        if status == 429:
            until = self._clock.now() + self._backoff.next()
            self._turns.close(until)
            return Throttled(until)
        if unsure is Uncertain and (status == 408 or status >= 500):
            return Uncertain(f"Sitoo answered status {status}")
        return Refused(status, str(row.get("errortext", "")) or f"status {status}")

    def _asked(self, method: str, path: str, parameters: Mapping[str, str | int], content: bytes | None, lane: Lane) -> Any:
        user = self._credentials.current()
        try:
            return self._once(method, path, parameters, content, lane, user)
        except Unauthorised:
            newer = self._credentials.newer()
            if newer in (None, user):
                raise
        return self._once(method, path, parameters, content, lane, self._credentials.current())

    def _once(self, method: str, path: str, parameters: Mapping[str, str | int], content: bytes | None, lane: Lane, user: tuple[str, str]) -> Any:
        basic = b64encode(f"{user[0]}:{user[1]}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Accept": "application/json"}
        request = self._http.build_request(
            method,
            f"{self._base_url}/{path}.json",
            params={name: str(value) for name, value in parameters.items()},
            headers=headers if content is None else headers | {"Content-Type": "application/json"},
            content=content,
        )
        unsure: type[SitooError] = Unavailable if content is None else Uncertain
        with self._turns.request(lane):
            try:
                answer = exchange(self._http, request, self._clock.now)
            except NEVER_SENT as failure:
                raise Unavailable(f"{self._name} could not be reached: {type(failure).__name__}") from failure
            except httpx.RequestError as failure:
                raise unsure(f"the call to {self._name} failed: {type(failure).__name__}") from failure
            if answer.status == 429:
                until = self._throttled_until(answer)
                self._turns.close(until)
                raise Throttled(until)
        self._check_status(answer, unsure)
        self._backoff.reset()
        document = _json(answer.body, Unconfirmed if content is None else Uncertain)
        if isinstance(document, dict) and "errortext" in document and "items" not in document:
            raise self.row_error(document, unsure)
        return document

    def _check_status(self, answer: HttpAnswer, unsure: type[SitooError]) -> None:
        status = answer.status
        if status == 200:
            return
        if status in (401, 403):
            raise Unauthorised(f"Sitoo refused the API user (HTTP {status})")
        if status == 408 or status >= 500:
            raise unsure(f"{self._name} answered HTTP {status}")
        try:
            error = json.loads(answer.body)
        except ValueError:
            error = None
        text = str(error.get("errortext", "")) if isinstance(error, dict) else ""
        raise Refused(status, text or f"HTTP {status}")

    def _throttled_until(self, answer: HttpAnswer) -> float:
        now = self._clock.now()
        for header in ("retry-after", "x-rate-limit-reset"):
            until = retry_at(answer.headers.get(header), now)
            if until is not None:
                return until
        return now + self._backoff.next()


def _json(body: bytes, unreadable: type[SitooError]) -> Any:
    try:
        return json.loads(body, parse_float=Decimal)
    except ValueError as wrong:
        raise unreadable("Sitoo's answer is no JSON") from wrong


def _number(value: Any) -> int | float:
    """VAT percents are the only numbers with a fraction that Sitoo takes; money and stock go as text."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} cannot be sent to Sitoo")
    return int(value) if value == value.to_integral_value() else float(value)
