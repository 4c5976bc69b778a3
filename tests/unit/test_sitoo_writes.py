"""How each way a write to Sitoo can go is told to the caller: not committed, committed, or nobody knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connector.domain.configuration import Lane
from connector.sitoo.errors import Refused, SitooError, Throttled, Unauthorised, Unavailable, Uncertain
from connector.sitoo.rest_orders import RestSitooOrders
from tests.unit.vendor_answers import Answer, Sitoo

REQUEST = httpx.Request("POST", "https://api.example")
BODY = {"ordertypeid": 10, "externalid": "C1-W11-R1", "orderitems": [{"productname": "Tee", "quantity": 1, "vatvalue": Decimal("12.5")}]}
Call = Callable[[RestSitooOrders], object]


def order(orders: RestSitooOrders) -> int:
    return orders.post_order(BODY)


def change(orders: RestSitooOrders) -> None:
    orders.put_order(7, {"orderstateid": 20})


def delivery(orders: RestSitooOrders) -> int:
    return orders.post_delivery(7, 3, {1: 2, 0: 1}, reference="TRACK", ignore_stock=True)


def movement(orders: RestSitooOrders) -> int:
    return orders.post_transaction(3, 10, {"TEE-M": 2}, external_id="REFUND-9", description="Return 9")


def made(call: Call, *answers: Answer, **more: Any) -> tuple[Sitoo, object]:
    sitoo = Sitoo(list(answers), **more)
    return sitoo, call(RestSitooOrders(1, sitoo.transport))


def test_an_order_is_posted_as_json_in_a_turn_of_the_orders_lane() -> None:
    sitoo, number = made(order, httpx.Response(200, json=1001))
    request = sitoo.vendor.requests[0]
    assert number == 1001
    assert (request.method, request.url.path, request.headers["content-type"]) == (
        "POST",
        "/v2/accounts/90123/sites/1/orders.json",
        "application/json",
    )
    assert json.loads(request.content) == {**BODY, "orderitems": [{"productname": "Tee", "quantity": 1, "vatvalue": 12.5}]}
    assert sitoo.turn.lanes == [Lane.ORDERS]


def test_whole_vat_percents_stay_whole() -> None:
    sitoo = Sitoo([httpx.Response(200, json=1001)])
    RestSitooOrders(1, sitoo.transport).post_order({"orderitems": [{"vatvalue": Decimal("25.00")}]})
    assert sitoo.vendor.requests[0].content == b'{"orderitems":[{"vatvalue":25}]}'


def test_what_is_no_json_never_leaves() -> None:
    sitoo = Sitoo([])
    with pytest.raises(TypeError):
        RestSitooOrders(1, sitoo.transport).post_order({"orderitems": {1, 2}})
    assert sitoo.turn.lanes == []


def test_a_delivery_names_rows_reference_and_ignored_stock() -> None:
    sitoo, number = made(delivery, httpx.Response(200, json=501))
    request = sitoo.vendor.requests[0]
    assert number == 501
    assert (request.url.path, dict(request.url.params)) == ("/v2/accounts/90123/sites/1/orders/7/orderdeliveries.json", {"ignorestock": "true"})
    assert json.loads(request.content) == {
        "warehouseid": 3,
        "orderdeliveryref": "TRACK",
        "orderdeliveryitems": [{"orderitemid": 0, "quantity": 1}, {"orderitemid": 1, "quantity": 2}],
    }
    sitoo = Sitoo([httpx.Response(200, json=502)])
    RestSitooOrders(1, sitoo.transport).post_delivery(7, 3, {0: 1}, reference="", ignore_stock=False)
    assert dict(sitoo.vendor.requests[0].url.params) == {}
    assert "orderdeliveryref" not in json.loads(sitoo.vendor.requests[0].content)


def test_a_transaction_is_a_batch_of_one_with_three_decimals() -> None:
    sitoo, number = made(movement, httpx.Response(200, json=[{"statuscode": 200, "return": 88}]))
    assert number == 88
    assert json.loads(sitoo.vendor.requests[0].content) == [
        {
            "warehouseid": 3,
            "transactiontype": 10,
            "externalid": "REFUND-9",
            "description": "Return 9",
            "items": [{"sku": "TEE-M", "decimalquantity": "2.000"}],
        }
    ]


@pytest.mark.parametrize("answer", [88, [88], "88", {"statuscode": 200, "return": 88}, [{"return": 88}]])
def test_a_batch_of_one_may_answer_bare(answer: Any) -> None:
    assert made(movement, httpx.Response(200, json=answer))[1] == 88


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([{"statuscode": 400, "errortext": "Product X not found"}], Refused),
        ({"statuscode": 400, "errortext": "Product X not found"}, Refused),
        ([{"statuscode": 404}], Refused),
        ([{"statuscode": 500, "errortext": "Internal"}], Uncertain),
        ({"statuscode": 503, "errortext": "Internal"}, Uncertain),
        ([{"statuscode": 429, "errortext": "Too many connections"}], Throttled),
        ([], Uncertain),
        ([{"statuscode": 200, "return": 1}, {"statuscode": 200, "return": 2}], Uncertain),
        ([{"statuscode": 200, "return": True}], Uncertain),
        ([{"statuscode": 200}], Uncertain),
    ],
)
def test_the_row_of_a_batch_is_checked(answer: Any, expected: type[SitooError]) -> None:
    with pytest.raises(expected):
        made(movement, httpx.Response(200, json=answer))


@pytest.mark.parametrize("call", [order, change, delivery, movement])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.ConnectError("refused", request=REQUEST), Unavailable),
        (httpx.ConnectTimeout("slow", request=REQUEST), Unavailable),
        (httpx.PoolTimeout("busy", request=REQUEST), Unavailable),
        (httpx.ProxyError("no", request=REQUEST), Unavailable),
        (httpx.WriteTimeout("slow", request=REQUEST), Uncertain),
        (httpx.WriteError("cut", request=REQUEST), Uncertain),
        (httpx.ReadTimeout("slow", request=REQUEST), Uncertain),
        (httpx.ReadError("cut", request=REQUEST), Uncertain),
        (httpx.RemoteProtocolError("cut", request=REQUEST), Uncertain),
        (httpx.Response(408), Uncertain),
        (httpx.Response(500, json={"statuscode": 500, "errortext": "Internal Server Error"}), Uncertain),
        (httpx.Response(502), Uncertain),
        (httpx.Response(503), Uncertain),
        (httpx.Response(504), Uncertain),
        (httpx.Response(200, text="<html>"), Uncertain),
        (httpx.Response(200, text=""), Uncertain),
        (httpx.Response(200, json=None), Uncertain),
        (httpx.Response(200, json=False), Uncertain),
        (httpx.Response(200, json=0), Uncertain),
        (httpx.Response(200, json="none"), Uncertain),
        (httpx.Response(200, json={"statuscode": 500, "errortext": "Internal"}), Uncertain),
        (httpx.Response(200, json={"statuscode": 400, "errortext": "Invalid"}), Refused),
        (httpx.Response(200, json={"statuscode": 429, "errortext": "Too many connections"}), Throttled),
        (httpx.Response(401), Unauthorised),
        (httpx.Response(403), Unauthorised),
        (httpx.Response(400, json={"statuscode": 400, "errortext": "Invalid value"}), Refused),
        (httpx.Response(404, text="<html>"), Refused),
        (httpx.Response(409), Refused),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), Refused),
        (httpx.Response(429, headers={"Retry-After": "3"}), Throttled),
    ],
)
def test_failures_of_a_write(call: Call, answer: Answer, expected: type[SitooError]) -> None:
    with pytest.raises(expected) as failure:
        made(call, answer)
    assert type(failure.value) is expected


@pytest.mark.parametrize("answer", [httpx.Response(429), httpx.Response(200, json={"statuscode": 429, "errortext": "Too many connections"})])
def test_a_throttled_write_closes_the_api_user(answer: httpx.Response) -> None:
    sitoo = Sitoo([answer])
    with pytest.raises(Throttled) as throttled:
        order(RestSitooOrders(1, sitoo.transport))
    assert sitoo.turn.closed == [throttled.value.until] == [sitoo.clock.now() + 5]


@pytest.mark.parametrize("answer", [7, "true", None, {"ok": True}, False])
def test_a_change_counts_only_when_sitoo_answers_true(answer: Any) -> None:
    with pytest.raises(Uncertain):
        made(change, httpx.Response(200, json=answer))


def test_a_refused_password_is_read_again_before_a_write_is_repeated() -> None:
    sitoo, number = made(order, httpx.Response(401), httpx.Response(200, json=1001), rotated=("90123-2", "new"))
    assert (number, len(sitoo.vendor.requests), len(sitoo.turn.lanes)) == (1001, 2, 2)
    assert sitoo.vendor.requests[0].content == sitoo.vendor.requests[1].content


def test_a_write_that_nobody_knows_of_is_sent_once() -> None:
    sitoo = Sitoo([httpx.ReadTimeout("slow", request=REQUEST)], rotated=("90123-2", "new"))
    with pytest.raises(Uncertain):
        order(RestSitooOrders(1, sitoo.transport))
    assert len(sitoo.vendor.requests) == 1


def test_a_refusal_tells_the_field_but_never_the_customers_data() -> None:
    body = {**BODY, "email": "ada@example.test", "namefirst": "A"}
    refusal = httpx.Response(400, json={"statuscode": 400, "errortext": "Invalid value 'ada@example.test' for A. Also: C1-W11-R1"})
    with pytest.raises(Refused) as refused:
        RestSitooOrders(1, Sitoo([refusal]).transport).post_order(body)
    assert refused.value.text == "Invalid value '(email)' for (namefirst). Also: C1-W11-R1"
    assert "ada" not in str(refused.value)
