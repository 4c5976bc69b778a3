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
from connector.http_exchange import HttpAnswer, exchange
from connector.sitoo.errors import Refused, Throttled, Unauthorised, Unavailable, Unconfirmed
from connector.sitoo.ports import Clock, Credentials, Turns


class SitooTransport:
    """`base_url` is `…/v2/accounts/{id}`. Reads only, so far: a read that broke off is always Unavailable."""

    def __init__(self, http: httpx.Client, base_url: str, credentials: Credentials, turns: Turns, clock: Clock) -> None:
        self._http, self._base_url = http, base_url.rstrip("/")
        self._credentials, self._turns, self._clock = credentials, turns, clock
        self._backoff = Backoff(5.0, 120.0)

    def get(self, path: str, parameters: Mapping[str, str | int], *, lane: Lane) -> Any:
        """The JSON under `path` (without `.json`); numbers with a fraction are Decimal. Raises connector.sitoo.errors or what `Turns` raises.

        After a refused password once more, if the secret holds a newer one.
        """
        user = self._credentials.current()
        try:
            return self._get(path, parameters, lane, user)
        except Unauthorised:
            newer = self._credentials.newer()
            if newer in (None, user):
                raise
        return self._get(path, parameters, lane, self._credentials.current())

    def _get(self, path: str, parameters: Mapping[str, str | int], lane: Lane, user: tuple[str, str]) -> Any:
        basic = b64encode(f"{user[0]}:{user[1]}".encode()).decode()
        request = self._http.build_request(
            "GET",
            f"{self._base_url}/{path}.json",
            params={name: str(value) for name, value in parameters.items()},
            headers={"Authorization": f"Basic {basic}", "Accept": "application/json"},
        )
        with self._turns.request(lane):
            try:
                answer = exchange(self._http, request, self._clock.now)
            except httpx.RequestError as failure:
                raise Unavailable(f"the call to Sitoo failed: {type(failure).__name__}") from failure
            if answer.status == 429:
                until = self._throttled_until(answer)
                self._turns.close(until)
                raise Throttled(until)
        _check_status(answer)
        self._backoff.reset()
        document = _json(answer.body)
        if isinstance(document, dict) and "errortext" in document and "items" not in document:
            raise Refused(_status(document), str(document["errortext"]))
        return document

    def _throttled_until(self, answer: HttpAnswer) -> float:
        now = self._clock.now()
        for header in ("retry-after", "x-rate-limit-reset"):
            until = retry_at(answer.headers.get(header), now)
            if until is not None:
                return until
        return now + self._backoff.next()


def _check_status(answer: HttpAnswer) -> None:
    status = answer.status
    if status == 200:
        return
    if status in (401, 403):
        raise Unauthorised(f"Sitoo refused the API user (HTTP {status})")
    if status == 408 or status >= 500:
        raise Unavailable(f"Sitoo answered HTTP {status}")
    try:
        error = json.loads(answer.body)
    except ValueError:
        error = None
    text = str(error.get("errortext", "")) if isinstance(error, dict) else ""
    raise Refused(status, text or f"HTTP {status}")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal)
    except ValueError as wrong:
        raise Unconfirmed("Sitoo's answer is no JSON") from wrong


def _status(document: Mapping[str, Any]) -> int:
    code = document.get("statuscode")
    return code if isinstance(code, int) else 200
