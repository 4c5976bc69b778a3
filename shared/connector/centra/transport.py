"""GraphQL over HTTP: one request, its answer or the failure by what the caller may do next."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from connector.centra import names
from connector.centra.errors import CentraError, Refused, Throttled, Unauthorised, Unavailable, Uncertain
from connector.centra.ports import Clock, Token
from connector.domain.retry_after import Backoff, retry_at
from connector.http_exchange import NEVER_SENT, HttpAnswer, exchange

_log = logging.getLogger(__name__)
_MOST_MESSAGES = 10


@dataclass(frozen=True, slots=True)
class GraphError:
    """A top-level GraphQL error. `field`: the alias it belongs to, '' when it belongs to none.

    `internal`: a failure inside Centra. `forbidden`: the token lacks a permission.
    """

    message: str
    field: str
    internal: bool
    forbidden: bool = False


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """`data` by alias; an alias with an error of its own may be missing or None."""

    data: Mapping[str, Any]
    errors: tuple[GraphError, ...]

    def refused(self, field: str) -> tuple[str, ...]:
        """The messages of the errors that belong to `field` or to none."""
        return tuple(e.message for e in self.errors if e.field in ("", field))


class CentraTransport:
    """Bound to one endpoint. Takes no grants: its caller does."""

    def __init__(self, http: httpx.Client, url: str, token: Token, clock: Clock) -> None:
        self._http, self._url, self._token, self._clock = http, url, token, clock
        self._name = f"Centra ({httpx.URL(url).netloc.decode()})"
        self._backoff = Backoff(2.0, 60.0)
        self._told: set[str] = set()

    def newer_token(self) -> bool:
        """After Unauthorised: whether the secret holds another token by now, worth one more try."""
        before = self._token.current()
        return self._token.newer() not in (None, before)

    def post(self, document: str, variables: Mapping[str, Any], *, mutation: bool) -> GraphAnswer:
        """One request. Raises connector.centra.errors; an answer without any data is Refused.

        Except a mutation whose errors name fields: it was begun, so the caller must judge field by field.
        """
        unsure: type[CentraError] = Uncertain if mutation else Unavailable
        request = self._http.build_request(
            "POST",
            self._url,
            content=json.dumps({"query": document, "variables": variables}, separators=(",", ":")),
            headers={"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"Bearer {self._token.current()}"},
        )
        try:
            answer = exchange(self._http, request, self._clock.now)
        except NEVER_SENT as failure:
            raise Unavailable(f"{self._name} could not be reached: {type(failure).__name__}") from failure
        except httpx.RequestError as failure:
            raise unsure(f"the call to {self._name} broke off: {type(failure).__name__}") from failure
        self._check_status(answer, unsure)
        self._backoff.reset()
        return self._read(answer.body, unsure, mutation)

    def _check_status(self, answer: HttpAnswer, unsure: type[CentraError]) -> None:
        status = answer.status
        if status == 200:
            return
        if status == 429:
            now = self._clock.now()
            raise Throttled(retry_at(answer.headers.get("retry-after"), now) or now + self._backoff.next())
        if status in (401, 403):
            raise Unauthorised(f"Centra refused the token (HTTP {status})")
        if status in (408, 499) or status >= 500:
            raise unsure(f"{self._name} answered HTTP {status}")
        raise Refused(_messages(answer.body) or (f"Centra answered HTTP {status}",))

    def _read(self, body: bytes, unsure: type[CentraError], mutation: bool) -> GraphAnswer:
        document = _object(body)
        if document is None:
            raise unsure("Centra's answer is no JSON object")
        self._warn_of_deprecations(document.get("extensions"))
        errors = tuple(_error(e) for e in document.get("errors") or ())
        data = document.get("data")
        empty = not isinstance(data, dict) or all(value is None for value in data.values())
        # A missing permission stops every field of our requests alike: nothing was begun, whichever field names it.
        begun = mutation and any(e.field for e in errors) and not any(e.forbidden for e in errors)
        if empty and errors and not begun:
            if any(e.internal for e in errors):
                raise unsure("Centra failed inside")
            raise Refused(tuple(e.message for e in errors[:_MOST_MESSAGES]))
        if not isinstance(data, dict):
            if not begun:
                raise unsure("Centra answered neither data nor errors")
            data = {}
        return GraphAnswer(data, errors)

    def _warn_of_deprecations(self, extensions: Any) -> None:
        """Say each deprecation once per instance: Centra announces the date of removal this way."""
        if not isinstance(extensions, dict):
            return
        texts = {str(t) for key in ("deprecatedFieldsUsed", "deprecatedPermissionsUsed") for t in extensions.get(key) or ()}
        for text in sorted(texts - self._told):
            _log.warning("Centra announces the end of something in use: %s", text)
        self._told |= texts


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _error(raw: Any) -> GraphError:
    error = raw if isinstance(raw, dict) else {"message": str(raw)}
    path = error.get("path")
    extensions = error.get("extensions")
    category = extensions.get("category") if isinstance(extensions, dict) else None
    field = str(path[0]) if isinstance(path, list) and path else ""
    return GraphError(str(error.get("message", "")), field, category == names.INTERNAL_ERROR, category == names.AUTHORIZATION_ERROR)


def _messages(body: bytes) -> tuple[str, ...]:
    errors = (_object(body) or {}).get("errors")
    return tuple(_error(e).message for e in errors[:_MOST_MESSAGES]) if isinstance(errors, list) else ()
