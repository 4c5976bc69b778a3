"""Orders, bookings, reservations and deliveries of the Sitoo sandbox, by REST and at the till."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.sitoo.records import Refusal
from tests.sandbox.sitoo_account import ALPHA, BETA, Account, open_account

ORDERS = "/sites/1/orders"


def web_order(**more: Any) -> dict[str, Any]:
    rows = [{"productname": "Cap", "sku": "CAP", "quantity": 2, "moneyrowprice": "250.00", "moneyrowdiscount": "50.00", "vatvalue": 25}]
    return {"ordertypeid": 10, "paymentstateid": 20, "externalid": "C-1", "warehouseid": ALPHA, "orderitems": rows, **more}


def reserved(account: Account, sku: str = "CAP", warehouse: int = ALPHA) -> str:
    return str(account.level(warehouse, sku)["decimalreserved"])


def stocked(**modes: Any) -> Account:
    account = open_account(**modes)
    account.state.receive(ALPHA, {"CAP": 10, "TEE-M": 10})
    account.state.receive(BETA, {"CAP": 10})
    return account


def test_a_posted_order_is_read_back_with_computed_totals() -> None:
    account = stocked()
    rows = [
        {"productname": "Sofa", "sku": "CAP", "quantity": 1, "moneyrowprice": "125.00", "vatvalue": 25},
        {"productname": "Chair", "sku": "TEE-M", "quantity": 2, "moneyrowprice": "250.00", "moneyrowdiscount": "50.00", "vatvalue": 25},
        {"productname": "Book", "quantity": 1, "moneyrowprice": "106.00", "vatvalue": 6},
    ]
    number = account.good("POST", ORDERS, json=web_order(orderitems=rows, email="a@example.test", additionaldata={"weborder": "true"}))
    order = account.get(f"{ORDERS}/{number}")
    assert {name: order[name] for name in ("moneytotal_net", "moneytotal_vat", "moneytotal_gross_all", "moneyfinal_net")} == {
        "moneytotal_net": "360.00",
        "moneytotal_vat": "71.00",
        "moneytotal_gross_all": "431.00",
        "moneyfinal_net": "360.00",
    }
    assert [(row["orderitemid"], row["moneyitemtotal_net"], row["moneyitemtotal_vat"]) for row in order["orderitems"]] == [
        (0, "100.00", "25.00"),
        (1, "160.00", "40.00"),
        (2, "100.00", "6.00"),
    ]
    assert (order["orderitems"][1]["moneynetpriceperunit"], order["orderitems"][1]["moneydiscount"]) == ("80.00", "20.00")
    assert order["orderitems"][1]["additionaldata"] == {"orderitem-moneyrowdiscount": "50.00"}
    assert (order["email"], order["orderstateid"], order["paymentstateid"], order["additionaldata"]) == (
        "a@example.test",
        0,
        20,
        {"weborder": "true"},
    )
    assert order["orderlogitems"][0]["orderlogtypeid"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"ordertypeid": None},
        {"ordertypeid": 11},
        {"externalid": "C 1"},
        {"externalid": "C" * 41},
        {"warehouseid": 77},
        {"additionaldata": {"a": 1}},
        {"orderitems": [{"sku": "CAP", "quantity": 1}]},
        {"orderitems": [{"productname": "Cap", "sku": "CAP"}]},
        {"orderitems": [{"productname": "Cap", "quantity": 1, "moneyrowprice": "1"}]},
        {"orderitems": [{"productname": "Cap", "quantity": 1, "moneyrowprice": 1.0}]},
        {"orderitems": [{"productname": "Cap", "quantity": 1, "vatvalue": "25"}]},
        {"payments": [{"name": "Card"}]},
        {"creditorderid": 5},
    ],
)
def test_a_wrong_order_is_refused_whole(wrong: dict[str, Any]) -> None:
    account = stocked()
    assert account.refused("POST", ORDERS, json=web_order(**wrong))[0] in (400, 404)
    assert account.get("/orders")["totalcount"] == 0


def test_an_externalid_is_unique_or_by_mode_not() -> None:
    account = stocked()
    account.good("POST", ORDERS, json=web_order())
    assert account.refused("POST", ORDERS, json=web_order())[0] == 400
    account.state.modes(refuse_duplicate_externalid=False)
    account.good("POST", ORDERS, json=web_order())
    assert account.get("/orders", externalid="C-1,C-2")["totalcount"] == 2


def numbers(account: Account, **query: Any) -> list[int]:
    return [row["orderid"] for row in account.get("/orders", num=100, **query)["items"]]


def test_orders_are_found_by_each_filter() -> None:
    account = stocked()
    start = int(account.clock.now())
    sale = account.state.sell(ALPHA, {"CAP": 1}, at=start - 500)["order_id"]
    booking = account.state.book(BETA, {"CAP": 1})
    web = account.good("POST", ORDERS, json=web_order(email="a@example.test"))
    refund = account.state.refund(sale)["order_id"]
    parked = account.state.book(ALPHA, {"CAP": 1}, parked=True)
    assert (sale, booking, web, refund, parked) == (1001, 1002, 1003, 1004, 1005)
    assert numbers(account) == [1005, 1004, 1003, 1002, 1001]
    assert numbers(account, sort="orderid") == [1001, 1002, 1003, 1004, 1005]
    assert numbers(account, orderstate=0, ordertype="100,110") == [1005, 1002]
    assert numbers(account, orderstate="0,10", sort="orderid", orderidfrom=1002, orderidto=1005) == [1002, 1003, 1004]
    assert numbers(account, orderid="1003,1001,4") == [1003, 1001]
    assert numbers(account, creditorderid=sale, orderid=1003) == [1004]
    assert numbers(account, externalid="C-1") == [1003]
    assert numbers(account, warehouseid=BETA) == [1002]
    assert numbers(account, paymentstate=0) == [1005, 1002]
    assert numbers(account, email="a@example.test") == [1003]
    assert numbers(account, orderdateto=start) == [1001]
    assert numbers(account, orderdatefrom=start, orderidfrom=1004) == [1005, 1004]
    assert numbers(account, eshopid=2) == []
    assert account.get(ORDERS)["totalcount"] == 5
    assert numbers(account, modifiedsince=start) == [1005, 1004, 1003, 1002, 1001]


def test_the_order_list_leaves_out_links_and_addresses_unless_named() -> None:
    account = stocked()
    account.good("POST", ORDERS, json=web_order())
    assert not {"externalid", "creditorderid", "delivery_address", "moneytotal_net"} & set(account.get("/orders")["items"][0])
    assert account.get("/orders", fields="orderid,externalid")["items"] == [{"orderid": 1001, "externalid": "C-1"}]


def test_a_dated_order_reserves_what_is_not_delivered_until_its_time() -> None:
    account = stocked()
    until = int(account.clock.now()) + 600
    number = account.good("POST", ORDERS, json=web_order(datereserved=until))
    level = account.level(ALPHA, "CAP")
    assert (level["decimaltotal"], level["decimalreserved"], level["decimalavailable"]) == ("10.000", "2.000", "8.000")
    account.state.deliver(number, {0: 1})
    assert reserved(account) == "1.000"
    account.clock.move_to(until)
    assert reserved(account) == "0.000"
    assert account.get(f"{ORDERS}/{number}")["orderstateid"] == 0


def test_an_undated_order_reserves_only_by_mode() -> None:
    account = stocked()
    account.good("POST", ORDERS, json=web_order())
    assert reserved(account) == "0.000"
    account.state.modes(undated_orders_reserve=True)
    assert reserved(account) == "2.000"


@pytest.mark.parametrize(("parked", "mode"), [(False, "bookings_reserve"), (True, "parked_reserve")])
def test_bookings_and_parked_sales_reserve_by_mode(parked: bool, mode: str) -> None:
    account = stocked()
    number = account.state.book(ALPHA, {"CAP": 3}, parked=parked)
    account.state.modes(**{mode: True})
    assert reserved(account) == "3.000"
    account.state.modes(**{mode: False})
    assert reserved(account) == "0.000"
    account.state.modes(**{mode: True})
    account.state.cancel_order(number)
    assert reserved(account) == "0.000"
    with pytest.raises(Refusal):
        account.state.cancel_order(number)


def test_availability_may_ignore_reservations() -> None:
    account = stocked(available_ignores_reserved=True)
    account.state.book(ALPHA, {"CAP": 3})
    assert account.level(ALPHA, "CAP")["decimalavailable"] == "10.000"


@pytest.mark.parametrize("moves", [False, True])
def test_a_reservation_moves_the_date_of_an_item_only_by_mode(moves: bool) -> None:
    account = stocked(reservation_moves_date=moves)
    before = account.level(ALPHA, "CAP")["datelastmodified"]
    account.clock.sleep(50)
    account.state.book(ALPHA, {"CAP": 1})
    assert account.level(ALPHA, "CAP")["datelastmodified"] == before + (50 if moves else 0)


def test_a_booking_that_is_collected_becomes_a_sale() -> None:
    account = stocked()
    booking = account.state.book(ALPHA, {"CAP": 2})
    sale = account.state.sell(ALPHA, {"CAP": 2}, booking=booking)
    assert account.get(f"{ORDERS}/{booking}")["orderstateid"] == 10
    marks = account.get(f"{ORDERS}/{sale['order_id']}")["additionaldata"]
    assert marks == {"pos-sourceorderid": str(booking), "pos-receiptid": "SII000000010000110001"}
    level = account.level(ALPHA, "CAP")
    assert (level["decimaltotal"], level["decimalreserved"]) == ("8.000", "0.000")


def test_put_changes_only_what_is_sent() -> None:
    account = stocked()
    number = account.good("POST", ORDERS, json=web_order(email="a@example.test"))
    until = int(account.clock.now()) + 60
    assert account.good("PUT", f"{ORDERS}/{number}", json={"namefirst": "Ada", "datereserved": until, "warehouseid": BETA}) is True
    order = account.get(f"{ORDERS}/{number}")
    assert (order["namefirst"], order["email"], order["datereserved"], order["externalid"]) == ("Ada", "a@example.test", until, "C-1")
    assert reserved(account, warehouse=BETA) == "2.000"
    account.good("PUT", f"{ORDERS}/{number}", json={"orderstateid": 20, "externalid": "C-1x"})
    assert reserved(account, warehouse=BETA) == "0.000"
    assert numbers(account, externalid="C-1x") == [number]
    assert numbers(account, externalid="C-1") == []
    assert account.refused("PUT", f"{ORDERS}/{number}", json={"warehouseid": 77})[0] == 404


def test_rows_can_be_replaced_only_by_mode() -> None:
    account = stocked()
    number = account.good("POST", ORDERS, json=web_order())
    rows = [{"productname": "Cap", "sku": "CAP", "quantity": 5, "moneyrowprice": "500.00", "vatvalue": 25}]
    assert account.refused("PUT", f"{ORDERS}/{number}", json={"orderitems": rows})[0] == 400
    account.state.modes(put_replaces_rows=True)
    account.good("PUT", f"{ORDERS}/{number}", json={"orderitems": rows})
    assert account.get(f"{ORDERS}/{number}")["moneytotal_gross_all"] == "500.00"


def deliver(account: Account, number: int, quantity: int, warehouse: int = ALPHA, query: dict[str, str] | None = None) -> Any:
    body = {"warehouseid": warehouse, "orderdeliveryref": "TRACK", "orderdeliveryitems": [{"orderitemid": 0, "quantity": quantity}]}
    return account.http.post(f"{ORDERS}/{number}/orderdeliveries", json=body, params=query)


def test_a_delivery_by_api_moves_stock_and_leaves_the_order_open() -> None:
    account = stocked()
    number = account.good("POST", ORDERS, json=web_order())
    assert deliver(account, number, 1, BETA).json() == 501
    assert account.level(BETA, "CAP")["decimaltotal"] == "9.000"
    assert deliver(account, number, 2).status_code == 400
    assert deliver(account, number, -1).status_code == 400
    assert deliver(account, number, 1).json() == 502
    rows = account.get(f"{ORDERS}/{number}/orderdeliveries")["items"]
    assert [(row["orderdeliveryid"], row["warehouseid"], row["orderdeliveryref"], row["datecancelled"]) for row in rows] == [
        (501, BETA, "TRACK", None),
        (502, ALPHA, "TRACK", None),
    ]
    assert account.get(f"{ORDERS}/{number}")["orderstateid"] == 0


def test_a_full_delivery_closes_the_order_by_mode() -> None:
    account = stocked(full_delivery_closes=True)
    number = account.good("POST", ORDERS, json=web_order())
    deliver(account, number, 1)
    assert account.get(f"{ORDERS}/{number}")["orderstateid"] == 0
    deliver(account, number, 1)
    assert account.get(f"{ORDERS}/{number}")["orderstateid"] == 10


@pytest.mark.parametrize(("query", "marks"), [({"ignorestock": "true"}, {}), ({}, {"delivery-ignore-stock": "true"})])
def test_a_delivery_may_leave_stock_alone(query: dict[str, str], marks: dict[str, str]) -> None:
    account = stocked()
    number = account.good("POST", ORDERS, json=web_order(additionaldata=marks))
    assert deliver(account, number, 2, query=query).status_code == 200
    assert account.level(ALPHA, "CAP")["decimaltotal"] == "10.000"


def test_a_cancelled_order_delivers_nothing() -> None:
    account = stocked()
    number = account.good("POST", ORDERS, json=web_order(orderstateid=20))
    assert deliver(account, number, 1).status_code == 400
    with pytest.raises(Refusal):
        account.state.deliver(number)


def test_staff_deliver_partly_from_another_store_and_the_last_unit_closes() -> None:
    account = stocked()
    number = account.state.create_web_order("C-9", ALPHA, {"CAP": 2, "TEE-M": 1}, account.clock.now() + 500)
    account.state.deliver(number, {0: 1}, warehouse=BETA)
    assert account.get(f"{ORDERS}/{number}")["orderstateid"] == 0
    account.state.deliver(number)
    assert account.get(f"{ORDERS}/{number}")["orderstateid"] == 10
    totals = {warehouse: account.level(warehouse, "CAP")["decimaltotal"] for warehouse in (ALPHA, BETA)}
    assert totals == {ALPHA: "9.000", BETA: "9.000"}
    with pytest.raises(Refusal):
        account.state.deliver(number)


def test_a_cancelled_delivery_gives_units_back() -> None:
    account = stocked()
    number = account.state.create_web_order("C-9", ALPHA, {"CAP": 2})
    delivery = account.state.deliver(number, {0: 1})
    account.state.cancel_delivery(delivery)
    assert account.level(ALPHA, "CAP")["decimaltotal"] == "10.000"
    row = account.get(f"{ORDERS}/{number}/orderdeliveries")["items"][0]
    assert row["datecancelled"] == int(account.clock.now())
    account.state.deliver(number)
    with pytest.raises(Refusal):
        account.state.cancel_delivery(delivery)


def test_a_refund_is_an_order_of_its_own_with_links_and_limits() -> None:
    account = stocked()
    sale = account.state.sell(ALPHA, {"CAP": 3, "TEE-M": 1})["order_id"]
    assert sale is not None
    first = account.state.refund(sale, {0: 2}, warehouse=BETA)["order_id"]
    order = account.get(f"{ORDERS}/{first}")
    assert (order["creditorderid"], order["moneytotal_gross_all"], order["orderstateid"]) == (sale, "-200.00", 10)
    assert order["additionaldata"] == {"pos-originalsales-orderid": str(sale), "pos-receiptid": "SII000000020000110001"}
    assert (order["orderitems"][0]["quantity"], order["orderitems"][0]["additionaldata"]) == (-2, {"pos-originalsales-orderitemid": "0"})
    assert account.level(BETA, "CAP")["decimaltotal"] == "12.000"
    with pytest.raises(Refusal):
        account.state.refund(sale, {0: 2})
    account.state.refund(sale)
    assert {sku: account.level(ALPHA, sku)["decimaltotal"] for sku in ("CAP", "TEE-M")} == {"CAP": "8.000", "TEE-M": "10.000"}
    with pytest.raises(Refusal):
        account.state.refund(sale)


def test_a_manual_return_has_no_link() -> None:
    account = stocked()
    number = account.state.refund(warehouse=ALPHA, skus={"CAP": 1})["order_id"]
    assert account.get(f"{ORDERS}/{number}")["creditorderid"] is None
    assert account.level(ALPHA, "CAP")["decimaltotal"] == "11.000"
    with pytest.raises(Refusal):
        account.state.refund(warehouse=ALPHA)


@pytest.mark.parametrize("covers", [False, True])
def test_ignoring_stock_may_cover_the_return(covers: bool) -> None:
    account = stocked(ignore_stock_covers_returns=covers)
    number = account.state.create_web_order("C-9", ALPHA, {"CAP": 1}, additionaldata={"delivery-ignore-stock": "true"})
    account.state.deliver(number)
    account.state.refund(number)
    assert account.level(ALPHA, "CAP")["decimaltotal"] == ("10.000" if covers else "11.000")


def test_an_offline_sale_arrives_late_with_its_own_date() -> None:
    account = stocked()
    sold = account.clock.now()
    assert account.state.sell(ALPHA, {"CAP": 1}, offline_until=sold + 900) == {"order_id": None, "transaction_id": None}
    account.clock.sleep(899)
    assert account.level(ALPHA, "CAP")["decimaltotal"] == "10.000"
    account.clock.sleep(1)
    assert account.level(ALPHA, "CAP")["decimaltotal"] == "9.000"
    assert account.get("/orders")["items"][0]["orderdate"] == int(sold)
    assert account.state.commits()[-1]["at"] == sold + 900


def test_pick_up_marks_are_logged() -> None:
    account = stocked()
    number = account.state.create_web_order("C-9", ALPHA, {"CAP": 1})
    account.state.ready_for_pickup(number)
    account.state.pickup_rejected(number)
    assert account.good("POST", f"{ORDERS}/{number}/orderlogitems", json={"orderlogtypeid": 900}) is True
    assert account.refused("POST", f"{ORDERS}/{number}/orderlogitems", json={"orderlogtypeid": 70})[0] == 400
    log = [row["orderlogtypeid"] for row in account.get(f"{ORDERS}/{number}/orderlogitems")["items"]]
    assert log == [0, 900, 910, 900]


def test_the_snapshot_is_the_truth_of_every_warehouse() -> None:
    account = stocked(late_share=1.0, late_seconds=100.0, late_levels=True)
    account.state.sell(ALPHA, {"CAP": 1})
    account.state.book(ALPHA, {"CAP": 2, "TEE-L": 1})
    assert account.state.snapshot()[ALPHA] == {
        "CAP": {"total": 9, "reserved": 2},
        "TEE-M": {"total": 10, "reserved": 0},
        "TEE-L": {"total": 0, "reserved": 1},
    }
