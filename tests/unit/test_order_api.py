"""Centra's Order API: what it says yes and no with, and what stays uncertain."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connector.centra.errors import CentraError, Refused, Throttled, Unauthorised, Unavailable, Uncertain
from connector.centra.order_api import GENERAL_ERROR, MOST_PAGES, ROWS_PER_PAGE, RestOrderApi
from sandbox.clock import VirtualTime
from tests.unit.vendor_answers import Answer, Secret, Vendor

SECRET = "s3cr3t-of-the-plugin"


@dataclass
class Api:
    """A client of an Order API that gives `answers`."""

    answers: list[Answer]
    rotated: str | None = None

    def __post_init__(self) -> None:
        self.clock, self.vendor = VirtualTime(), Vendor(self.answers)
        self.client = RestOrderApi(self.vendor.client(), "https://brand.example/api/order/", Secret(SECRET, self.rotated), self.clock)

    def sent(self, position: int = -1) -> tuple[str, str, Any]:
        """(method, path with query, body) of a request."""
        request = self.vendor.requests[position]
        return request.method, request.url.raw_path.decode(), json.loads(request.content) if request.content else None


def says(document: dict[str, Any], http: int = 200) -> httpx.Response:
    return httpx.Response(http, json=document)


def row(number: int, order: int = 67, status: str = "sent", warehouse: int = 11) -> dict[str, Any]:
    lines = [{"lineId": 1, "quantity": 1, "stockItemId": 700}]
    return {"id": number, "status": status, "warehouseId": warehouse, "order": {"id": "ab", "number": order}, "lines": lines}


def listed(*rows: dict[str, Any]) -> httpx.Response:
    return says({"status": "ok", "allocation_requests": list(rows)})


# --- allocation requests --------------------------------------------------------------------------------------------


def test_requests_of_an_order_are_listed_whatever_their_status() -> None:
    api = Api([listed(row(2, status="timed-out"), row(1), row(3, order=68))])
    assert api.client.allocation_requests(67) == [(1, "sent", 11), (2, "timed-out", 11)]
    assert api.sent() == ("GET", "/api/order/allocation-requests?status=all&order=67", None)
    assert api.vendor.requests[0].headers["api-authorization"] == SECRET


def test_full_pages_are_read_on() -> None:
    api = Api([listed(*(row(i) for i in range(1, ROWS_PER_PAGE + 1))), listed(row(ROWS_PER_PAGE), row(200))])
    assert len(api.client.allocation_requests(67)) == ROWS_PER_PAGE + 1
    assert api.sent()[1].endswith("order=67&page=2")


def test_when_the_filter_finds_nothing_those_of_all_orders_are_looked_through() -> None:
    api = Api([listed(), listed(row(1, order=68), row(2))])
    assert api.client.allocation_requests(67) == [(2, "sent", 11)]
    assert api.sent()[1] == "/api/order/allocation-requests"


def test_an_endless_list_is_no_answer() -> None:
    page = [row(i) for i in range(ROWS_PER_PAGE)]
    api = Api([lambda _: listed(*page) for _ in range(MOST_PAGES)])
    with pytest.raises(Unavailable):
        api.client.allocation_requests(67)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (says({"status": "no", "msg": "no such order"}), Refused),
        (says({"status": "no"}), Refused),
        (says({"status": "ok"}), Unavailable),
        (listed({"id": 1}), Unavailable),
        (httpx.Response(500), Unavailable),
        (httpx.ReadTimeout("slow"), Unavailable),
        (httpx.Response(200, text="<html>"), Unavailable),
        (httpx.Response(404), Refused),
    ],
)
def test_a_list_that_cannot_be_had(answer: Answer, expected: type[CentraError]) -> None:
    with pytest.raises(expected):
        Api([answer]).client.allocation_requests(67)


@pytest.mark.parametrize(("confirm", "status"), [(True, "confirmed"), (False, "rejected")])
def test_a_request_is_answered(confirm: bool, status: str) -> None:
    api = Api([says({"success": True, "errorMessages": []})])
    assert api.client.answer_allocation_request(5, confirm=confirm) == ()
    assert api.sent() == ("PUT", "/api/order/allocation-request", {"id": 5, "status": status})


@pytest.mark.parametrize("http", [200, 400])
def test_success_false_is_a_failure_with_its_reasons_whatever_the_http_status(http: int) -> None:
    assert Api([says({"success": False, "errorMessages": ["already timed out"]}, http)]).client.answer_allocation_request(5, confirm=True) == (
        "already timed out",
    )


@pytest.mark.parametrize("document", [{"success": False}, {"success": False, "errorMessages": []}, {"status": "no"}, {}])
def test_a_no_without_words_is_still_a_no(document: dict[str, Any]) -> None:
    assert len(Api([says(document)]).client.answer_allocation_request(5, confirm=True)) == 1


def test_an_endpoint_that_is_switched_off_is_told_from_a_wrong_secret() -> None:
    with pytest.raises(Refused, match="settings"):
        Api([says({"status": "Not Allowed"}, 403)]).client.answer_allocation_request(5, confirm=True)
    with pytest.raises(Unauthorised):
        Api([httpx.Response(403)]).client.answer_allocation_request(5, confirm=True)


# --- check first ----------------------------------------------------------------------------------------------------


def test_check_first_is_answered() -> None:
    api = Api([says({"status": "ok"})])
    assert api.client.answer_check_first(123, 11, accept=False) == ()
    assert api.sent() == ("POST", "/api/order/check-first", {"orderNumber": 123, "warehouseId": 11, "accepted": False})


@pytest.mark.parametrize(
    ("message", "texts"), [("too late", ("too late",)), ({"warehouseId": "unknown"}, ("warehouseId: unknown",)), (["a", "b"], ("a", "b"))]
)
def test_a_no_in_http_200_is_a_failure(message: Any, texts: tuple[str, ...]) -> None:
    assert Api([says({"status": "no", "msg": message})]).client.answer_check_first(123, 11, accept=True) == texts


# --- new orders -----------------------------------------------------------------------------------------------------


def test_an_order_is_made_with_exact_amounts() -> None:
    api = Api([says({"status": "ok", "orders": [501, "502"]})])
    body = {"orderNumber": 501, "shippingValue": Decimal("49.90"), "products": [{"ean": "731", "qty": 2, "unitPrice": Decimal("100.00")}]}
    assert api.client.create_order(body) == ((501, 502), 0, "")
    assert api.vendor.requests[0].content == b'{"orderNumber":501,"shippingValue":49.9,"products":[{"ean":"731","qty":2,"unitPrice":100}]}'


@pytest.mark.parametrize(
    ("document", "answer"),
    [
        ({"status": "no", "code": -5, "msg": "order number exists"}, ((), -5, "order number exists")),
        ({"status": "no", "msg": {"products": "empty", "cell": "bad"}}, ((), GENERAL_ERROR, "products: empty; cell: bad")),
        ({"status": "no", "code": "x"}, ((), GENERAL_ERROR, "")),
        ({}, ((), GENERAL_ERROR, "")),
    ],
)
def test_an_order_that_is_refused(document: dict[str, Any], answer: tuple[tuple[int, ...], int, str]) -> None:
    assert Api([says(document)]).client.create_order({"orderNumber": 501}) == answer


@pytest.mark.parametrize(
    "answer",
    [
        says({"status": "ok"}),
        says({"status": "ok", "orders": []}),
        says({"status": "ok", "orders": [None]}),
        httpx.Response(200, text=""),
        httpx.Response(502),
        httpx.Response(408),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
    ],
)
def test_what_may_have_been_done_is_uncertain(answer: Answer) -> None:
    with pytest.raises(Uncertain):
        Api([answer]).client.create_order({"orderNumber": 501})


def test_what_never_left_was_not_done() -> None:
    with pytest.raises(Unavailable):
        Api([httpx.ConnectError("down")]).client.create_order({"orderNumber": 501})


def test_nothing_else_can_be_sent() -> None:
    with pytest.raises(TypeError, match="object"):
        Api([]).client.create_order({"orderNumber": object()})


# --- secret and limits ----------------------------------------------------------------------------------------------


def test_a_refused_secret_is_read_again_once() -> None:
    api = Api([httpx.Response(401), says({"status": "ok"})], rotated="newer")
    assert api.client.answer_check_first(1, 2, accept=True) == ()
    assert api.vendor.requests[1].headers["api-authorization"] == "newer"
    for rotated in (None, SECRET):
        with pytest.raises(Unauthorised):
            Api([httpx.Response(401)], rotated=rotated).client.answer_check_first(1, 2, accept=True)


def test_a_429_names_the_moment_or_waits_longer_each_time() -> None:
    api = Api([httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(429), httpx.Response(429)])
    for wait in (7.0, 2.0, 4.0):
        with pytest.raises(Throttled) as throttled:
            api.client.answer_check_first(1, 2, accept=True)
        assert throttled.value.until == api.clock.now() + wait


ANYTHING: list[Callable[[RestOrderApi], object]] = [
    lambda api: api.allocation_requests(67),
    lambda api: api.answer_allocation_request(5, confirm=True),
    lambda api: api.create_order({"address": {"email": "asa@example.com"}}),
]


@pytest.mark.parametrize("call", ANYTHING)
@pytest.mark.parametrize("answer", [httpx.Response(401), httpx.Response(500), httpx.ReadTimeout("slow"), httpx.Response(418)])
def test_neither_secret_nor_person_is_logged_or_in_an_error(
    call: Callable[[RestOrderApi], object], answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(CentraError) as failed:
        call(Api([answer]).client)
    assert SECRET not in caplog.text + str(failed.value)
    assert "asa@" not in caplog.text + str(failed.value)
