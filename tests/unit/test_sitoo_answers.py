"""Sitoo ignores filters it does not know and sends what it likes: what cannot be trusted is refused, unknown fields are not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

from connector.domain.configuration import Lane
from connector.sitoo.errors import Unconfirmed
from connector.sitoo.rest_client import RestSitoo
from tests.unit.vendor_answers import Sitoo

L = Lane.STOCK
ITEM = {"warehouseid": 7, "sku": "TEE-M", "decimaltotal": "-1.000", "decimalreserved": "0.000", "datelaststocktaking": None, "new": {"x": 1}}
MOVE = {"warehousetransactionid": 5, "warehouseid": 7, "datecreated": 1, "transactiontype": 77, "items": [{"sku": "A", "decimalquantity": "-2.500"}]}
ORDER: dict[str, Any] = {
    "orderid": 9,
    "eshopid": 1,
    "ordertypeid": 100,
    "orderstateid": 0,
    "orderitems": [{"sku": "A", "quantity": 2}, {"orderitemid": 7, "sku": None, "quantity": 1}],
    "additionaldata": {"weborder": "true"},
}


def page(*rows: Any, total: int | None = None) -> httpx.Response:
    return httpx.Response(200, json={"totalcount": len(rows) if total is None else total, "items": list(rows)})


def moves(*ids: int, total: int | None = None) -> httpx.Response:
    return page(*({**MOVE, "warehousetransactionid": i} for i in ids), total=total)


def test_an_item_with_unknown_fields_and_a_negative_total() -> None:
    row = Sitoo([page(ITEM)]).client.items(7, ["TEE-M"], lane=L)["TEE-M"]
    assert (row.total, row.reserved, row.stocktaken_at) == (Decimal(-1), Decimal(0), 0.0)


@pytest.mark.parametrize(
    "row",
    [
        {**ITEM, "warehouseid": 8},
        {**ITEM, "sku": "OTHER"},
        {**ITEM, "decimaltotal": None},
        {**ITEM, "decimaltotal": ""},
        {**ITEM, "decimaltotal": "NaN"},
        {**ITEM, "decimaltotal": True},
        {k: v for k, v in ITEM.items() if k != "decimalreserved"},
        {k: v for k, v in ITEM.items() if k != "sku"},
    ],
)
def test_a_level_that_was_not_asked_for_or_is_not_whole_is_unconfirmed(row: dict[str, Any]) -> None:
    with pytest.raises(Unconfirmed):
        Sitoo([page(row)]).client.items(7, ["TEE-M"], lane=L)


def test_a_level_sent_twice_is_unconfirmed() -> None:
    with pytest.raises(Unconfirmed):
        Sitoo([page(ITEM, ITEM)]).client.items(7, ["TEE-M"], lane=L)


def test_a_sku_that_differs_in_case_is_another_sku() -> None:
    assert Sitoo([page({**ITEM, "sku": "tee-m"})]).client.items(7, ["TEE-M"], lane=L) == {}


def test_more_than_a_hundred_skus_go_in_several_requests() -> None:
    skus = [f"S{i}" for i in range(250)]
    sitoo = Sitoo([page(), page(), page()])
    sitoo.client.items(7, [*skus, *skus], lane=L)
    sent = [r.url.params["sku"].split(",") for r in sitoo.vendor.requests]
    assert [len(s) for s in sent] == [100, 100, 50]
    assert [sku for chunk in sent for sku in chunk] == skus


def test_small_pages_are_followed_to_the_total_count() -> None:
    rows = [{**ITEM, "sku": f"S{i}"} for i in range(5)]
    sitoo = Sitoo([page(*rows[:2], total=5), page(*rows[2:4], total=5), page(rows[4], total=5)])
    assert [len(p) for p in sitoo.client.all_items(7, lane=L)] == [2, 2, 1]
    assert [r.url.params["start"] for r in sitoo.vendor.requests] == ["0", "2", "4"]


def test_a_list_that_stops_before_its_total_count_is_unconfirmed() -> None:
    sitoo = Sitoo([page(ITEM, total=3), page(total=3)])
    with pytest.raises(Unconfirmed):
        list(sitoo.client.all_items(7, lane=L))


def test_transactions_of_any_type_are_plain_deltas() -> None:
    found = Sitoo([page(MOVE)]).client.transactions(from_id=5, lane=L)
    assert found.complete
    assert (found.rows[0].type, found.rows[0].items) == (77, (("A", Decimal("-2.5")),))


def test_transactions_are_read_on_by_id_where_sitoo_pages_smaller() -> None:
    sitoo = Sitoo([moves(5, 6, total=4), moves(8, 9, total=2)])
    found = sitoo.client.transactions(from_id=5, lane=L)
    assert ([r.id for r in found.rows], found.complete) == ([5, 6, 8, 9], True)
    assert [r.url.params["warehousetransactionidfrom"] for r in sitoo.vendor.requests] == ["5", "7"]


def test_a_limit_leaves_the_rest_for_the_next_read() -> None:
    sitoo = Sitoo([moves(5, 6, total=9)])
    found = sitoo.client.transactions(from_id=5, lane=L, limit=2)
    assert ([r.id for r in found.rows], found.complete) == ([5, 6], False)
    assert sitoo.vendor.requests[0].url.params["num"] == "2"


@pytest.mark.parametrize("ids", [(4, 5), (6, 5), (5, 5)])
def test_a_feed_that_ignores_start_or_order_is_unconfirmed(ids: tuple[int, ...]) -> None:
    with pytest.raises(Unconfirmed):
        Sitoo([moves(*ids)]).client.transactions(from_id=5, lane=L)


def test_a_feed_that_counts_rows_but_sends_none_is_unconfirmed() -> None:
    with pytest.raises(Unconfirmed):
        Sitoo([moves(total=2)]).client.transactions(from_id=5, lane=L)
    with pytest.raises(Unconfirmed):
        Sitoo([moves(total=2)]).client.newest_transaction_id(lane=L)


def test_the_newest_transaction_id() -> None:
    assert Sitoo([moves(41, total=41)]).client.newest_transaction_id(lane=L) == 41
    assert Sitoo([moves()]).client.newest_transaction_id(lane=L) == 0


def test_a_booking_with_missing_row_numbers_and_nulls() -> None:
    booking = Sitoo([page(ORDER)]).client.open_bookings(lane=L)[0]
    assert (booking.id, booking.type, booking.warehouse_id, booking.reserved_until, booking.external_id) == (9, 100, None, None, "")
    assert [(i.row, i.sku, i.quantity) for i in booking.items] == [(0, "A", 2), (7, "", 1)]
    assert booking.marks == {"weborder": "true"}


@pytest.mark.parametrize("wrong", [{"eshopid": 2}, {"ordertypeid": 10}, {"orderstateid": 10}, {"eshopid": None}, {"orderitems": None}])
def test_a_booking_list_whose_filter_was_ignored_is_unconfirmed(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unconfirmed):
        Sitoo([page({**ORDER, **wrong})]).client.open_bookings(lane=L)


def test_orders_that_were_not_asked_for_are_unconfirmed() -> None:
    with pytest.raises(Unconfirmed):
        Sitoo([page(ORDER)]).client.orders(ids=[8], lane=L)
    with pytest.raises(Unconfirmed):
        Sitoo([page({**ORDER, "externalid": "CENTRA-2"})]).client.orders(external_ids=["CENTRA-1"], lane=L)


def test_orders_by_id_and_external_id_are_one_list() -> None:
    second = {**ORDER, "orderid": 3, "externalid": "CENTRA-1"}
    assert [o.id for o in Sitoo([page(ORDER), page(second)]).client.orders(ids=[9], external_ids=["CENTRA-1"], lane=L)] == [3, 9]


def test_cancelled_deliveries_are_left_out_and_rows_add_up() -> None:
    item = {"orderitemid": 0, "quantity": 1}
    kept = {"orderdeliveryid": 1, "orderid": 9, "warehouseid": 7, "datecancelled": None, "orderdeliveryitems": [item, item]}
    gone = {**kept, "orderdeliveryid": 2, "datecancelled": 1_800_000_000}
    found = Sitoo([page(kept, gone)]).client.deliveries(9, lane=L)
    assert [(d.id, d.units) for d in found] == [(1, {0: 2})]
    with pytest.raises(Unconfirmed):
        Sitoo([page({**kept, "orderid": 8})]).client.deliveries(9, lane=L)


def test_a_bare_array_is_a_whole_list() -> None:
    rows = [{"orderdeliveryid": 1, "warehouseid": 7, "orderdeliveryitems": []}]
    assert len(Sitoo([httpx.Response(200, json=rows)]).client.deliveries(9, lane=L)) == 1


def test_products_keep_their_aliases_and_must_have_been_asked_for() -> None:
    row = {"productid": 3, "sku": "TEE-M", "barcode": None, "barcodealiases": ["1", None], "stockcountenable": False}
    product = Sitoo([page(row)]).client.products(["TEE-M"], lane=L)[0]
    assert (product.barcode, product.aliases, product.stock_counted) == ("", ("1",), False)
    with pytest.raises(Unconfirmed):
        Sitoo([page(row)]).client.products(["CAP"], lane=L)


def test_lanes_with_an_api_user_of_their_own_use_it() -> None:
    usual, orders = Sitoo([page()]), Sitoo([page()], user=("90123-2", "x"))
    client = RestSitoo(1, usual.transport, {Lane.ORDERS: orders.transport})
    client.warehouses(lane=Lane.ORDERS)
    client.warehouses(lane=Lane.LOAD)
    assert (orders.turn.lanes, usual.turn.lanes) == ([Lane.ORDERS], [Lane.LOAD])
