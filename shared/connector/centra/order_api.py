"""OrderApi over REST: the few things Centra's GraphQL API cannot do (centra-api §4.1, §8)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx

from connector.centra.answers import Node, nodes, of, whole
from connector.centra.calls import read
from connector.centra.errors import CentraError, Refused, Throttled, Unauthorised, Unavailable, Uncertain
from connector.centra.ports import Clock, Token
from connector.domain.retry_after import Backoff, retry_at
from connector.http_exchange import NEVER_SENT, HttpAnswer, exchange

ROWS_PER_PAGE = 100
MOST_PAGES = 50
GENERAL_ERROR = -7
"""Centra's code of an order that was refused for none of the listed reasons."""
NOT_ENABLED = "Not Allowed"
"""`status` of HTTP 403 when the plugin does not offer an endpoint; any other 403 is about the secret."""


class RestOrderApi:
    """Implements connector.centra.order_client.OrderApi. `base_url`: the plugin's URL, `https://{brand}.centra.com/api/<plugin path>`.

    Takes no grants: whether these calls count against the limits of the GraphQL API is (unconfirmed). Its 429 is Throttled all the same.
    """

    def __init__(self, http: httpx.Client, base_url: str, secret: Token, clock: Clock) -> None:
        self._http, self._base_url, self._secret, self._clock = http, base_url.rstrip("/"), secret, clock
        self._backoff = Backoff(2.0, 60.0)

    def allocation_requests(self, order: int) -> list[tuple[int, str, int]]:
        """See OrderApi; one request per 100. Whether the filter takes an order's number or its id is (unconfirmed): rows are checked, and when
        nothing comes back those that can be acted on are read of all orders."""
        found = self._requests({"status": "all", "order": order}, order)
        return found or self._requests({}, order)

    def answer_allocation_request(self, request: int, *, confirm: bool) -> tuple[str, ...]:
        answer = self._call("PUT", "allocation-request", body={"id": request, "status": "confirmed" if confirm else "rejected"})
        if answer.get("success") is True:
            return ()
        return _texts(answer.get("errorMessages")) or _texts(answer.get("msg")) or ("Centra did not accept the answer",)

    def answer_check_first(self, order: int, warehouse: int, *, accept: bool) -> tuple[str, ...]:
        answer = self._call("POST", "check-first", body={"orderNumber": order, "warehouseId": warehouse, "accepted": accept})
        return () if answer.get("status") == "ok" else _texts(answer.get("msg")) or ("Centra did not accept the answer",)

    def create_order(self, body: Mapping[str, object]) -> tuple[tuple[int, ...], int, str]:
        """See OrderApi. `body` may hold Decimal amounts. An answer that says ok without order numbers is Uncertain."""
        answer = self._call("POST", "order", body=body)
        if answer.get("status") == "ok":
            numbers = answer.get("orders")
            if not isinstance(numbers, list) or not numbers:
                raise Uncertain("Centra did not say which order it made")
            return tuple(_number(each) for each in numbers), 0, ""
        code = answer.get("code")
        return (), code if isinstance(code, int) and code < 0 else GENERAL_ERROR, "; ".join(_texts(answer.get("msg")))

    def _requests(self, filters: Mapping[str, str | int], order: int) -> list[tuple[int, str, int]]:
        found: dict[int, tuple[int, str, int]] = {}
        for page in range(1, MOST_PAGES + 1):
            parameters = {**filters, **({"page": page} if page > 1 else {})}
            answer = self._call("GET", "allocation-requests", parameters=parameters)
            if answer.get("status") != "ok":
                raise Refused(_texts(answer.get("msg")) or ("Centra does not list allocation requests",))
            rows = read(nodes, answer.get("allocation_requests"))
            found |= {row[0]: row[1:] for row in (read(_request_row, each) for each in rows)}
            if len(rows) < ROWS_PER_PAGE:
                return [(key, status, warehouse) for key, (number, status, warehouse) in sorted(found.items()) if number == order]
        raise Unavailable("Centra's list of allocation requests has no end")

    def _call(
        self, method: str, path: str, *, parameters: Mapping[str, str | int] | None = None, body: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """The JSON object of an answer, whether it says yes or no; after a refused secret once more, if there is a newer one."""
        content = None if body is None else json.dumps(body, separators=(",", ":"), default=_json_number).encode()
        secret = self._secret.current()
        try:
            return self._once(method, path, parameters or {}, content, secret)
        except Unauthorised:
            if self._secret.newer() in (None, secret):
                raise
        return self._once(method, path, parameters or {}, content, self._secret.current())

    def _once(self, method: str, path: str, parameters: Mapping[str, str | int], content: bytes | None, secret: str) -> dict[str, Any]:
        unsure: type[CentraError] = Unavailable if content is None else Uncertain
        headers = {"API-Authorization": secret, "Accept": "application/json"}
        request = self._http.build_request(
            method,
            f"{self._base_url}/{path}",
            params={name: str(value) for name, value in parameters.items()},
            content=content,
            headers=headers if content is None else headers | {"Content-Type": "application/json"},
        )
        try:
            answer = exchange(self._http, request, self._clock.now)
        except NEVER_SENT as failure:
            raise Unavailable(f"Centra's Order API could not be reached: {type(failure).__name__}") from failure
        except httpx.RequestError as failure:
            raise unsure(f"the call to Centra's Order API broke off: {type(failure).__name__}") from failure
        document = _object(answer.body)
        self._check_status(answer, document, unsure)
        self._backoff.reset()
        if document is None:
            raise unsure("the answer of Centra's Order API is no JSON object")
        return document

    def _check_status(self, answer: HttpAnswer, document: dict[str, Any] | None, unsure: type[CentraError]) -> None:
        """An answer that says no in words is left to its reader, whatever its HTTP status below 500: Centra refuses with 200 too."""
        status = answer.status
        if 200 <= status < 300:
            return
        if status == 429:
            now = self._clock.now()
            raise Throttled(retry_at(answer.headers.get("retry-after"), now) or now + self._backoff.next())
        if status == 403 and document is not None and document.get("status") == NOT_ENABLED:
            raise Refused(("Centra's Order API plugin does not offer this: switch it on in the plugin's settings",))
        if status in (401, 403):
            raise Unauthorised(f"Centra's Order API refused the secret (HTTP {status})")
        if status in (408, 499) or status >= 500:
            raise unsure(f"Centra's Order API answered HTTP {status}")
        if document is None or not {"status", "success"} & document.keys():
            raise Refused((f"Centra's Order API answered HTTP {status}",))


def _request_row(node: Node) -> tuple[int, int, str, int]:
    """(id, order number, status, warehouse)."""
    return whole(of(node, "id")), whole(of(node, "order", "number")), str(of(node, "status")), whole(of(node, "warehouseId"))


def _texts(said: Any) -> tuple[str, ...]:
    """Centra's messages: a text, a list of them, or {field: text}."""
    if isinstance(said, Mapping):
        return tuple(f"{field}: {text}" for field, text in said.items())
    if isinstance(said, list):
        return tuple(str(text) for text in said)
    return (str(said),) if said else ()


def _number(value: Any) -> int:
    try:
        return whole(value)
    except ValueError as wrong:
        raise Uncertain("Centra did not say which order it made") from wrong


def _json_number(value: Any) -> int | float:
    """Centra's amounts are JSON numbers; the shortest text of this float is the decimal's own."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} cannot be sent to Centra")
    return int(value) if value == value.to_integral_value() else float(value)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
