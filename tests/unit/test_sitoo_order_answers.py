"""Whole orders as Sitoo answers them: what cannot be trusted is refused, what is personal is dropped."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

from connector.sitoo.errors import Refused, Unconfirmed
from connector.sitoo.order_models import WholeOrder
from connector.sitoo.rest_orders import RestSitooOrders
from tests.unit.vendor_answers import Sitoo

ROW: dict[str, Any] = {
    "orderitemid": 0,
    "sku": "TEE-M",
    "productname": "Tee / M",
    "quantity": 2,
    "vatvalue": 12.5,
    "moneyitemtotal_net": "160.00",
    "moneyitemtotal_vat": "20.00",
    "additionaldata": {"web-itemid": "991", "giftcard-cardnumber": "6006"},
}
ORDER: dict[str, Any] = {
    "orderid": 9,
    "eshopid": 1,
    "externalid": "C1-W11-R1",
    "creditorderid": None,
    "ordertypeid": 10,
    "orderstateid": 0,
    "paymentstateid": 20,
    "orderdate": 1_800_000_000,
    "currencycode": "SEK",
    "warehouseid": 3,
    "datereserved": 1_800_000_600,
    "registerid": None,
    "moneytotal_gross_all": "180.00",
    "additionaldata": {
        "centra-order": "1",
        "pos-staff-userid": "{S}",
        "crm-customerid": "77",
        "pos-receiptid": "R-1",
        "refundreasoncode-comment": "Ada",
    },
    "orderitems": [ROW],
    "payments": [{"name": "Web", "moneyamount": "180.00", "additionaldata": {"adyen-cardalias": "x", "payment-method": "card"}}],
    "email": "ada@example.test",
}


def page(*rows: Any, total: int | None = None) -> httpx.Response:
    return httpx.Response(200, json={"totalcount": len(rows) if total is None else total, "items": list(rows)})


def client(*answers: httpx.Response) -> tuple[Sitoo, RestSitooOrders]:
    sitoo = Sitoo(list(answers))
    return sitoo, RestSitooOrders(1, sitoo.transport)


def read(**changes: Any) -> WholeOrder:
    (order,) = client(page({**ORDER, **changes}))[1].whole_orders(ids=[9])
    return order


def test_a_whole_order() -> None:
    order = read()
    assert (order.id, order.type, order.state, order.payment_state, order.external_id) == (9, 10, 0, 20, "C1-W11-R1")
    assert (order.warehouse_id, order.register, order.date, order.currency) == (3, "", 1_800_000_000.0, "SEK")
    assert (order.reserved_until, order.total, order.credit_of, order.log) == (1_800_000_600.0, Decimal("180.00"), None, ())
    (row,) = order.rows
    assert (row.row, row.sku, row.name, row.quantity, row.vat_percent) == (0, "TEE-M", "Tee / M", 2, Decimal("12.5"))
    assert (row.net, row.vat, row.gross) == (Decimal("160.00"), Decimal("20.00"), Decimal("180.00"))


def test_staff_customers_cards_and_free_text_are_dropped() -> None:
    order = read()
    assert order.marks == {"centra-order": "1", "pos-receiptid": "R-1"}
    assert order.rows[0].marks == {"web-itemid": "991", "giftcard-cardnumber": "hidden"}
    assert order.payments[0].marks == {"payment-method": "card"}


def test_no_personal_field_is_asked_for() -> None:
    sitoo, orders = client(page(ORDER))
    orders.whole_orders(ids=[9])
    asked = sitoo.vendor.requests[0].url.params["fields"].split(",")
    personal = ("email", "name", "phone", "address", "zip", "city", "company", "personalid", "comment", "userid", "customerref")
    assert asked
    assert not [field for field in asked if any(part in field for part in personal)]


@pytest.mark.parametrize(
    ("given", "marks", "expected"),
    [
        (7, {}, 7),
        ("7", {}, 7),
        (None, {"pos-originalsales-orderid": "8"}, 8),
        (0, {"pos-originalsales-orderid": " 8 "}, 8),
        (7, {"pos-originalsales-orderid": "8"}, 7),
        (None, {"pos-originalsales-orderid": "receipt 8"}, None),
        (None, {"pos-originalsales-orderid": ""}, None),
        (None, None, None),
    ],
)
def test_a_refund_names_its_original_in_either_place(given: Any, marks: Any, expected: int | None) -> None:
    assert read(creditorderid=given, additionaldata=marks).credit_of == expected


@pytest.mark.parametrize(("mark", "virtual"), [("true", True), ("True", True), ("false", False), (None, False)])
def test_a_virtual_payment_is_told_apart(mark: str | None, virtual: bool) -> None:
    payment = {"name": "Exchange", "moneyamount": "-90.00", "additionaldata": {"virtual-payment": mark}}
    (tender,) = read(payments=[payment]).payments
    assert (tender.virtual, tender.amount) == (virtual, Decimal("-90.00"))


@pytest.mark.parametrize(
    "changes",
    [
        {"moneytotal_gross_all": None},
        {"moneytotal_gross_all": "180.001"},
        {"moneytotal_gross_all": "1e40"},
        {"moneytotal_gross_all": "NaN"},
        {"moneytotal_gross_all": True},
        {"currencycode": ""},
        {"orderstateid": None},
        {"paymentstateid": "paid"},
        {"orderdate": None},
        {"orderitems": None},
        {"orderitems": [{**ROW, "quantity": None}]},
        {"orderitems": [{**ROW, "moneyitemtotal_vat": None}]},
        {"orderitems": [{**ROW, "vatvalue": "high"}]},
        {"payments": [{"name": "Web"}]},
        {"payments": "none"},
        {"eshopid": 2},
        {"orderid": 10},
    ],
)
def test_what_is_not_whole_or_was_not_asked_for_is_unconfirmed(changes: dict[str, Any]) -> None:
    with pytest.raises(Unconfirmed):
        read(**changes)


def test_payments_may_be_null_but_not_left_out() -> None:
    assert read(payments=None).payments == ()
    with pytest.raises(Unconfirmed):
        client(page({k: v for k, v in ORDER.items() if k != "payments"}))[1].whole_orders(ids=[9])


@pytest.mark.parametrize("asked", [{"external_ids": ["C2-W11-R1"]}, {"ids": [10]}, {"credit_of": 9}], ids=["external_ids", "ids", "credit_of"])
def test_a_filter_that_sitoo_ignored_is_noticed(asked: dict[str, Any]) -> None:
    with pytest.raises(Unconfirmed):
        client(page(ORDER))[1].whole_orders(**asked)


def test_small_pages_are_followed_by_id() -> None:
    rows = [{**ORDER, "orderid": n} for n in (9, 12, 15)]
    sitoo, orders = client(page(*rows[:2], total=3), page(rows[2]))
    assert [order.id for order in orders.whole_orders(ids=[9, 12, 15])] == [9, 12, 15]
    assert sitoo.vendor.requests[1].url.params["orderidfrom"] == "13"


@pytest.mark.parametrize("answer", [page(total=2), page({**ORDER, "orderid": 15}, ORDER)])
def test_a_list_that_stops_or_runs_backwards_is_unconfirmed(answer: httpx.Response) -> None:
    with pytest.raises(Unconfirmed):
        client(answer)[1].orders_from(9)
    with pytest.raises(Unconfirmed):
        client(answer)[1].ids_from(9)


def test_ids_of_another_sites_orders_are_unconfirmed() -> None:
    with pytest.raises(Unconfirmed):
        client(page({**ORDER, "eshopid": 7}))[1].ids_from(9)


def test_orders_from_an_id_say_whether_more_are_there() -> None:
    rows = [{**ORDER, "orderid": n} for n in range(9, 14)]
    _, orders = client(page(*rows[:2], total=5), page(rows[2], total=3))
    found, everything = orders.orders_from(9, limit=3)
    assert ([order.id for order in found], everything) == ([9, 10, 11], False)
    sitoo, orders = client(page(*rows))
    found, everything = orders.orders_from(9)
    assert ([order.id for order in found], everything) == ([9, 10, 11, 12, 13], True)
    assert {key: sitoo.vendor.requests[0].url.params[key] for key in ("eshopid", "orderidfrom", "sort")} == {
        "eshopid": "1",
        "orderidfrom": "9",
        "sort": "orderid",
    }
    assert client(page())[1].orders_from(14) == ([], True)


def test_the_log_comes_with_a_single_order_newest_last() -> None:
    log = [{"datelog": 30, "orderlogtypeid": 910}, {"datelog": 10, "orderlogtypeid": 0, "strvalue": "Ada"}, {"datelog": 20, "orderlogtypeid": 900}]
    sitoo, orders = client(httpx.Response(200, json={**ORDER, "orderlogitems": log}))
    order = orders.whole_order(9)
    assert order is not None
    assert order.log == ((10.0, 0), (20.0, 900), (30.0, 910))
    assert sitoo.vendor.requests[0].url.params["fields"].endswith(",orderlogitems")


def test_an_order_is_missing_only_when_the_list_agrees() -> None:
    missing = httpx.Response(404, json={"statuscode": 404, "errortext": "Order 9 not found"})
    assert client(missing, page())[1].whole_order(9) is None
    with pytest.raises(Unconfirmed):
        client(missing, page(ORDER))[1].whole_order(9)
    with pytest.raises(Refused):
        client(missing, missing)[1].whole_order(9)
    with pytest.raises(Refused):
        client(httpx.Response(400))[1].whole_order(9)


@pytest.mark.parametrize("answer", [[], {**ORDER, "orderid": 10}, {**ORDER, "eshopid": 2}])
def test_a_single_order_must_be_the_one_asked_for(answer: Any) -> None:
    with pytest.raises(Unconfirmed):
        client(httpx.Response(200, json=answer))[1].whole_order(9)


DELIVERY: dict[str, Any] = {
    "orderdeliveryid": 501,
    "orderid": 9,
    "warehouseid": 3,
    "orderdeliveryref": None,
    "datedelivery": 40,
    "datecancelled": None,
    "orderdeliveryitems": [{"orderitemid": 0, "quantity": 1}, {"orderitemid": 0, "quantity": 1}, {"orderitemid": 1, "quantity": -3}],
}


def test_deliveries_with_the_cancelled_ones() -> None:
    _, orders = client(page({**DELIVERY, "orderdeliveryid": 502, "datecancelled": 50, "orderdeliveryref": "T"}, total=2), page(DELIVERY, total=2))
    first, second = orders.handed_out(9)
    assert (first.id, first.order_id, first.warehouse_id, first.at, first.reference, first.cancelled) == (501, 9, 3, 40.0, "", False)
    assert first.units == {0: 2, 1: -3}
    assert (second.id, second.cancelled, second.reference) == (502, True, "T")


@pytest.mark.parametrize(
    "answers",
    [
        (page({**DELIVERY, "orderid": 10}),),
        (page(DELIVERY, DELIVERY),),
        (page(DELIVERY, total=2), page(DELIVERY, total=2)),
        (page(DELIVERY, total=2), page(total=2)),
        (page({**DELIVERY, "datedelivery": None}),),
    ],
)
def test_deliveries_that_cannot_be_trusted_are_unconfirmed(answers: tuple[httpx.Response, ...]) -> None:
    with pytest.raises(Unconfirmed):
        client(*answers)[1].handed_out(9)
