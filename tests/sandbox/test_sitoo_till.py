"""Receipts of the Sitoo sandbox's tills, goods sold to be sent later, and the modes of whole orders."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.sitoo.records import Refusal
from tests.sandbox.sitoo_account import ALPHA, BETA, CENTRAL, Account, open_account

ORDERS = "/sites/1/orders"


def stocked(**modes: Any) -> Account:
    account = open_account(**modes)
    account.state.receive(ALPHA, {"CAP": 10, "TEE-M": 10})
    return account


def web_order(external_id: str = "C-1", **more: Any) -> dict[str, Any]:
    rows = [{"productname": "Cap", "sku": "CAP", "quantity": 2, "moneyrowprice": "200.00", "vatvalue": 25}]
    return {"ordertypeid": 10, "paymentstateid": 20, "externalid": external_id, "warehouseid": ALPHA, "orderitems": rows, **more}


def test_a_sale_shows_tenders_discounts_and_vat_by_product() -> None:
    account = stocked()
    account.state.add_product("BOOK", price="53.00", vat=6)
    number = account.state.sell(ALPHA, {"CAP": 2, "BOOK": 1}, tender={"Gift Card": "103.00", "Card": "100.00"}, discounts={"CAP": "50.00"})[
        "order_id"
    ]
    assert number is not None
    order = account.state.order_state(number)
    assert (order["state"], order["payment_state"], order["total"], order["net"], order["vat"]) == ("closed", 20, "203.00", "170.00", "33.00")
    assert [(row["sku"], row["gross"], row["vat"], row["vat_percent"], row["delivered"]) for row in order["rows"]] == [
        ("CAP", "150.00", "30.00", "25", 2),
        ("BOOK", "53.00", "3.00", "6", 1),
    ]
    assert order["rows"][0]["marks"] == {"orderitem-moneyrowdiscount": "50.00"}
    assert [(p["name"], p["amount"]) for p in order["payments"]] == [("Gift Card", "103.00"), ("Card", "100.00")]
    with pytest.raises(Refusal):
        account.state.sell(ALPHA, {"CAP": 1}, tender={"Card": "99.00"})


def test_receipts_are_numbered_by_register_and_found_by_their_number() -> None:
    account = stocked()
    account.state.add_store("Gamma", 7, "GAMMA")
    account.state.add_warehouse(17, "Gamma", store_id=7)
    numbers = [account.state.sell(17, {"CAP": 1}, register=register)["order_id"] for register in (1, 1, 2)]
    orders = [account.get(f"{ORDERS}/{number}") for number in numbers]
    receipts = [order["additionaldata"]["pos-receiptid"] for order in orders]
    assert receipts == ["SII000000170000110001", "SII000000170000110002", "SII000000170000210001"]
    assert [order["registerid"] for order in orders] == ["{REGISTER-0017}", "{REGISTER-0017}", "{REGISTER-0017-2}"]
    assert {orders[0]["additionaldata"][name] for name in ("store-externalid", "store-name")} == {"GAMMA", "Gamma"}
    found = account.get("/orders", receiptid=receipts[1], orderid=numbers[0])
    assert [row["orderid"] for row in found["items"]] == [numbers[1]]
    assert account.get("/orders", receiptid="SII9")["totalcount"] == 0


@pytest.mark.parametrize(("mark", "state"), [("address", 0), ("pickup", 0), ("rows", 10), ("none", 10)])
def test_goods_paid_now_and_sent_later(mark: str, state: int) -> None:
    account = stocked(away_mark=mark, away_state=state)
    number = account.state.sell_for_delivery(ALPHA, {"TEE-M": 2}, taken={"CAP": 1}, customer={"namefirst": "Eva"})
    order = account.get(f"{ORDERS}/{number}")
    assert (order["orderstateid"], order["paymentstateid"], order["moneytotal_gross_all"], order["namefirst"]) == (state, 20, "300.00", "Eva")
    assert order["registerid"] is not None
    shown = {
        "address": bool(order["delivery_address"]),
        "pickup": "delivery-pickup-warehouseid" in order["additionaldata"],
        "rows": [bool(row["deliveryinfo"]) for row in order["orderitems"]] == [True, False],
    }
    assert {name for name, there in shown.items() if there} == {mark} - {"none"}
    assert [row["delivered"] for row in account.state.order_state(number)["rows"]] == [0, 1]
    assert account.state.snapshot()[ALPHA] == {"CAP": {"total": 9, "reserved": 0}, "TEE-M": {"total": 10, "reserved": 0}}
    delivery = {"warehouseid": CENTRAL, "orderdeliveryref": "TRACK", "orderdeliveryitems": [{"orderitemid": 0, "quantity": 2}]}
    account.good("POST", f"{ORDERS}/{number}/orderdeliveries?ignorestock=true", json=delivery)
    assert account.state.order_state(number)["deliveries"][-1] == {
        "id": 502,
        "warehouse": CENTRAL,
        "units": {0: 2},
        "reference": "TRACK",
        "ignored_stock": True,
        "cancelled": False,
    }


def test_goods_that_the_store_sends_itself_are_reserved_there() -> None:
    account = stocked()
    number = account.state.sell_for_delivery(ALPHA, {"TEE-M": 2}, from_store_stock=True)
    assert account.state.snapshot()[ALPHA]["TEE-M"] == {"total": 10, "reserved": 2}
    account.state.deliver(number)
    assert account.state.snapshot()[ALPHA]["TEE-M"] == {"total": 8, "reserved": 0}
    assert account.state.order_state(number)["state"] == "closed"


@pytest.mark.parametrize("accepted", [True, False])
def test_a_closed_order_may_be_posted_undelivered_only_by_mode(accepted: bool) -> None:
    account = stocked(closed_undelivered=accepted)
    if accepted:
        number = account.good("POST", ORDERS, json=web_order(orderstateid=10))
        assert account.state.order_state(number)["state"] == "closed"
        assert account.state.snapshot()[ALPHA]["CAP"]["reserved"] == 0
        return
    assert account.refused("POST", ORDERS, json=web_order(orderstateid=10))[0] == 400
    assert account.state.order_ids() == []


def test_a_posted_order_may_show_in_lists_only_later() -> None:
    account = stocked(order_read_lag=5.0)
    number = account.good("POST", ORDERS, json=web_order())
    sale = account.state.sell(ALPHA, {"CAP": 1})["order_id"]

    def listed(**query: Any) -> list[int]:
        return [row["orderid"] for row in account.get("/orders", **query)["items"]]

    assert (listed(), listed(externalid="C-1"), listed(orderid=number)) == ([sale], [], [])
    assert account.get(f"{ORDERS}/{number}")["orderid"] == number
    assert account.refused("POST", ORDERS, json=web_order())[0] == 400
    account.clock.sleep(5)
    assert (listed(), listed(externalid="C-1")) == ([sale, number], [number])


@pytest.mark.parametrize("amount", ["0", "1.5", "1,50", "1.500", 1.5, 2])
def test_money_in_any_other_form_is_refused(amount: Any) -> None:
    account = stocked()
    rows = [{"productname": "Cap", "sku": "CAP", "quantity": 1, "moneyrowprice": amount, "vatvalue": 25}]
    assert account.refused("POST", ORDERS, json=web_order(orderitems=rows))[0] == 400
    assert account.refused("POST", ORDERS, json=web_order(payments=[{"name": "Web", "moneyamount": amount}]))[0] == 400
    assert account.state.order_ids() == []


@pytest.mark.parametrize("honoured", [True, False])
def test_a_single_order_is_limited_to_fields_by_mode(honoured: bool) -> None:
    account = stocked(single_order_fields=honoured)
    number = account.good("POST", ORDERS, json=web_order(email="a@example.test"))
    order = account.get(f"{ORDERS}/{number}", fields="orderid,orderlogitems")
    assert (order["orderid"], len(order["orderlogitems"]), "email" in order) == (number, 1, not honoured)


@pytest.mark.parametrize("merges", [True, False])
def test_put_replaces_additionaldata_or_by_mode_adds_to_it(merges: bool) -> None:
    account = stocked(put_merges_additionaldata=merges)
    number = account.good("POST", ORDERS, json=web_order(additionaldata={"a": "1", "b": "1"}))
    account.good("PUT", f"{ORDERS}/{number}", json={"additionaldata": {"b": "2"}})
    assert account.get(f"{ORDERS}/{number}")["additionaldata"] == ({"a": "1", "b": "2"} if merges else {"b": "2"})
    account.good("PUT", f"{ORDERS}/{number}", json={"comment": "kept"})
    assert account.get(f"{ORDERS}/{number}")["additionaldata"]["b"] == "2"


@pytest.mark.parametrize("accepted", [True, False])
def test_an_order_that_is_partly_delivered_is_cancelled_only_by_mode(accepted: bool) -> None:
    account = stocked(cancel_delivered=accepted)
    number = account.good("POST", ORDERS, json=web_order())
    account.state.deliver(number, {0: 1})
    answer = account.http.put(f"{ORDERS}/{number}", json={"orderstateid": 20, "comment": "gone"})
    assert (answer.status_code, account.state.order_state(number)["state"]) == ((200, "cancelled") if accepted else (400, "open"))
    untouched = account.good("POST", ORDERS, json=web_order("C-2"))
    account.good("PUT", f"{ORDERS}/{untouched}", json={"orderstateid": 20})
    account.good("PUT", f"{ORDERS}/{untouched}", json={"orderstateid": 20})


@pytest.mark.parametrize("accepted", [True, False])
def test_a_closed_order_is_delivered_by_api_only_by_mode(accepted: bool) -> None:
    account = stocked(closed_delivers=accepted)
    number = account.good("POST", ORDERS, json=web_order(orderstateid=10))
    body = {"warehouseid": ALPHA, "orderdeliveryitems": [{"orderitemid": 0, "quantity": 2}]}
    assert account.http.post(f"{ORDERS}/{number}/orderdeliveries", json=body).status_code == (200 if accepted else 400)
    assert account.state.order_state(number)["rows"][0]["delivered"] == (2 if accepted else 0)


def test_vat_percents_are_numbers() -> None:
    account = stocked()
    rows = [{"productname": "Cap", "sku": "CAP", "quantity": 1, "moneyrowprice": "112.50", "vatvalue": vat} for vat in (12.5, 25)]
    number = account.good("POST", ORDERS, json=web_order(orderitems=rows))
    assert [row["vatvalue"] for row in account.get(f"{ORDERS}/{number}")["orderitems"]] == [12.5, 25]


def test_the_truth_about_an_order_is_plain_data() -> None:
    account = stocked()
    number = account.good("POST", ORDERS, json=web_order(additionaldata={"centra-order": "1"}, datereserved=int(account.clock.now()) + 60))
    account.state.deliver(number, {0: 1}, warehouse=BETA, reference="T")
    account.state.refund(number, {0: 1})
    control = httpx.Client(transport=account.http._transport, base_url="https://sitoo.example")
    order = control.post("/_control/order_state", json={"order_id": number}).json()
    assert (order["state"], order["external_id"], order["warehouse"], order["register"], order["receipt"]) == ("open", "C-1", ALPHA, None, None)
    assert (order["total"], order["net"], order["vat"], order["currency"], order["marks"]) == (
        "200.00",
        "160.00",
        "40.00",
        "SEK",
        {"centra-order": "1"},
    )
    assert [(row["quantity"], row["delivered"], row["returned"]) for row in order["rows"]] == [(2, 1, 1)]
    assert (order["log"], order["refunds"]) == ([0, 70], [number + 1])
    assert control.post("/_control/order_ids", json={"mark": "centra-order"}).json() == [number]
    assert control.post("/_control/order_ids", json={"external_id": "C-1"}).json() == [number]
    assert control.post("/_control/order_state", json={"order_id": 4}).status_code == 404
