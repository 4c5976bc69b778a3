"""Returns at the tills of the Sitoo sandbox: rows, money, stock, links."""

from __future__ import annotations

import pytest

from sandbox.sitoo.records import Refusal
from tests.sandbox.returning import ORDERS, delivered, refunded, sold, stocked, total, web_copy
from tests.sandbox.sitoo_account import ALPHA, BETA, RECLAIMS


def test_a_tender_is_paid_out_and_named_after_its_payment() -> None:
    account = stocked()
    sale = sold(account, {"CAP": 2}, tender={"Gift Card": "150.00", "Cash": "50.00"})
    refund = refunded(account, sale, {0: 1}, tender="Cash")
    assert refund["payments"] == [{"name": "Cash", "amount": "-100.00", "virtual": False}]
    order = account.get(f"{ORDERS}/{refund['order_id']}")
    assert order["payments"][0]["additionaldata"] == {"pos-originalsales-payment-index": "1"}
    split = refunded(account, sale, {0: 1}, tender={"Card": "60.00", "Gift Card": "40.00"})
    assert [(p["name"], p["amount"]) for p in split["payments"]] == [("Card", "-60.00"), ("Gift Card", "-40.00")]
    marks = [set(payment["additionaldata"]) for payment in account.get(f"{ORDERS}/{split['order_id']}")["payments"]]
    assert marks == [set(), {"giftcard-cardnumber", "pos-originalsales-payment-index"}]
    with pytest.raises(Refusal):
        account.state.refund(sold(account, {"CAP": 1}), tender={"Card": "60.00"})


def test_another_store_and_register_take_it_back() -> None:
    account = stocked()
    sale = sold(account, {"CAP": 1})
    refund = refunded(account, sale, warehouse=BETA, register=2)
    assert (refund["warehouse"], refund["register"], refund["receipt"]) == (BETA, "{REGISTER-0002-2}", "SII000000020000210001")
    assert (total(account, ALPHA), total(account, BETA)) == (9, 11)


def test_single_goods_may_go_to_reclaims() -> None:
    account = stocked()
    sale = sold(account, {"CAP": 2, "TEE-M": 1})
    refund = refunded(account, sale, {0: 2, 1: 1}, return_warehouses={1: RECLAIMS}, reason="DAMAGED")
    assert [row["marks"].get("return-warehouseid") for row in refund["rows"]] == [None, str(RECLAIMS)]
    assert refund["marks"]["refundreasoncode-reasoncode"] == "DAMAGED"
    assert {d["warehouse"]: d["units"] for d in refund["deliveries"]} == {ALPHA: {0: -2}, RECLAIMS: {1: -1}}
    assert (total(account, ALPHA), total(account, ALPHA, "TEE-M"), total(account, RECLAIMS, "TEE-M")) == (10, 9, 1)
    with pytest.raises(Refusal):
        account.state.refund(sold(account, {"CAP": 1}), return_warehouses={0: 77})


@pytest.mark.parametrize(("paid", "vat"), [("80.00", "-16.00"), ("130.00", "-26.00")])
def test_the_till_may_pay_back_less_or_more_than_was_paid(paid: str, vat: str) -> None:
    account = stocked()
    refund = refunded(account, sold(account, {"CAP": 1}), amounts={0: paid})
    assert (refund["total"], refund["vat"], refund["payments"][0]["amount"]) == (f"-{paid}", vat, f"-{paid}")
    assert "reasoncode-manualprice" in refund["rows"][0]["marks"]


def test_parts_of_a_row_sum_up_to_its_price() -> None:
    account = stocked()
    number = delivered(account, web_copy(account))
    parts = [refunded(account, number, {0: 1}, tender="Cash")["total"] for _ in range(3)]
    assert sorted(parts) == ["-33.33", "-33.33", "-33.34"]
    assert account.state.order_state(number)["rows"][0]["returned"] == 3
    with pytest.raises(Refusal):
        account.state.refund(number, {0: 1})


def test_freight_can_be_refunded_with_and_without_goods() -> None:
    account = stocked()
    number = delivered(account, web_copy(account))
    refund = refunded(account, number, {1: 1})
    assert [(row["sku"], row["quantity"], row["gross"]) for row in refund["rows"]] == [("", -1, "-49.00")]
    with pytest.raises(Refusal):
        account.state.refund(number, {1: 1})
    assert refunded(account, number)["total"] == "-100.00"


def test_goods_may_go_out_on_the_same_order() -> None:
    account = stocked()
    account.state.add_product("PIN", price="20.00")
    refund = refunded(account, sold(account, {"CAP": 2}), {0: 1}, bought={"PIN": 2, "CAP": 1}, return_warehouses={0: RECLAIMS}, tender="Cash")
    assert [(row["sku"], row["quantity"], row["delivered"]) for row in refund["rows"]] == [("CAP", -1, -1), ("PIN", 2, 2), ("CAP", 1, 1)]
    assert (refund["total"], refund["payments"][0]["amount"]) == ("40.00", "40.00")
    assert (total(account, ALPHA), total(account, RECLAIMS), total(account, ALPHA, "PIN")) == (7, 1, -2)
    mixed = refunded(account, sold(account, {"CAP": 1}), bought={"PIN": 1})
    assert (mixed["total"], [d["units"] for d in mixed["deliveries"]]) == ("-80.00", [{0: -1, 1: 1}])
    assert (total(account, ALPHA), total(account, ALPHA, "PIN")) == (7, -3)


def test_another_currency_keeps_the_numbers() -> None:
    account = stocked()
    refund = refunded(account, sold(account, {"CAP": 1}), currency="EUR")
    assert (refund["currency"], refund["total"]) == ("EUR", "-100.00")


@pytest.mark.parametrize(("mode", "credit", "mark"), [("both", True, True), ("creditorderid", True, False), ("additionaldata", False, True)])
def test_the_link_stands_where_the_mode_says(mode: str, credit: bool, mark: bool) -> None:
    account = stocked(refund_link=mode)
    sale = sold(account, {"CAP": 2})
    refund = refunded(account, sale, {0: 1})
    assert (refund["credit_of"] == sale, "pos-originalsales-orderid" in refund["marks"]) == (credit, mark)
    assert account.get("/orders", creditorderid=sale)["totalcount"] == (1 if credit else 0)
    assert account.state.order_state(sale)["refunds"] == [refund["order_id"]]
    with pytest.raises(Refusal):
        account.state.refund(sale, {0: 2})


def test_a_manual_return_has_no_link_at_all() -> None:
    account = stocked()
    refund = refunded(account, warehouse=ALPHA, skus={"CAP": 2}, amounts={0: "90.00"}, return_warehouses={0: RECLAIMS})
    assert (refund["credit_of"], refund["total"], refund["rows"][0]["marks"].get("pos-originalsales-orderitemid")) == (None, "-90.00", None)
    assert (total(account, ALPHA), total(account, RECLAIMS)) == (10, 2)


@pytest.mark.parametrize("covers", [False, True])
@pytest.mark.parametrize("how", ["order", "delivery"])
def test_neutral_deliveries_may_make_the_return_neutral(how: str, covers: bool) -> None:
    account = stocked(**{"ignore_stock_covers_returns" if how == "order" else "ignored_delivery_covers_returns": covers})
    marks = {"delivery-ignore-stock": "true"} if how == "order" else {}
    number = delivered(account, web_copy(account, additionaldata=marks), "" if how == "order" else "?ignorestock=true")
    assert total(account, ALPHA) == 10
    account.state.refund(number, {0: 2})
    assert total(account, ALPHA) == (10 if covers else 12)


@pytest.mark.parametrize("how", ["order", "delivery"])
def test_each_mode_covers_its_own_kind_of_neutrality_only(how: str) -> None:
    account = stocked(**{"ignored_delivery_covers_returns" if how == "order" else "ignore_stock_covers_returns": True})
    marks = {"delivery-ignore-stock": "true"} if how == "order" else {}
    number = delivered(account, web_copy(account, additionaldata=marks), "" if how == "order" else "?ignorestock=true")
    account.state.refund(number, {0: 2})
    assert total(account, ALPHA) == 12


def test_what_was_never_handed_out_is_refunded_without_stock() -> None:
    account = stocked()
    number = account.state.sell_for_delivery(ALPHA, {"CAP": 3})
    account.state.deliver(number, {0: 1})
    with pytest.raises(Refusal):
        account.state.refund(number, {0: 2})
    first = refunded(account, number, {0: 2}, undelivered=True)
    assert (total(account, ALPHA), [d["ignored_stock"] for d in first["deliveries"]]) == (9, [True])
    second = refunded(account, number, {0: 1})
    assert (total(account, ALPHA), [d["ignored_stock"] for d in second["deliveries"]]) == (10, [False])
    with pytest.raises(Refusal):
        account.state.refund(number, {0: 1}, undelivered=True)


def test_one_refund_may_hold_units_that_left_and_units_that_did_not() -> None:
    account = stocked()
    number = account.state.sell_for_delivery(ALPHA, {"CAP": 3})
    account.state.deliver(number, {0: 1})
    refund = refunded(account, number, {0: 3}, undelivered=True)
    assert sorted((d["ignored_stock"], d["units"][0]) for d in refund["deliveries"]) == [(False, -1), (True, -2)]
    assert (total(account, ALPHA), refund["rows"][0]["delivered"]) == (10, -3)


def test_an_offline_refund_arrives_late_and_may_be_one_too_many() -> None:
    account = stocked()
    sale = sold(account, {"CAP": 1})
    began = account.clock.now()
    assert account.state.refund(sale, offline_until=began + 600) == {"order_id": None, "transaction_id": None}
    account.state.refund(sale, warehouse=BETA)
    account.clock.sleep(600)
    late = account.get("/orders", creditorderid=sale, fields="orderid,orderdate", sort="orderid")["items"][-1]
    assert late["orderdate"] == int(began)
    assert account.state.order_state(sale)["rows"][0]["returned"] == 2
    assert (total(account, ALPHA), total(account, BETA)) == (10, 11)


def test_the_stock_of_a_refund_may_follow_its_order_later() -> None:
    account = stocked(refund_delivery_delay=600.0)
    sale = sold(account, {"CAP": 1})
    answer = account.state.refund(sale)
    assert (answer["order_id"], answer["transaction_id"]) == (sale + 1, None)
    assert (account.state.order_state(sale + 1)["deliveries"], total(account, ALPHA)) == ([], 9)
    account.clock.sleep(600)
    assert (len(account.state.order_state(sale + 1)["deliveries"]), total(account, ALPHA)) == (1, 10)
    moved = account.get("/sites/1/warehousetransactions")["items"][0]
    assert (moved["transactiontype"], moved["items"][0]["decimalquantity"]) == (40, "1.000")


def test_refunds_posted_by_api_count_against_what_is_left() -> None:
    account = stocked()
    number = delivered(account, web_copy(account))
    rows = [{"productname": "Cap", "sku": "CAP", "quantity": -2, "moneyrowprice": "-66.67", "vatvalue": 25}]
    payments = [{"name": "Web", "moneyamount": "-66.67", "additionaldata": {"virtual-payment": "true"}}]
    body = {"ordertypeid": 10, "orderstateid": 10, "paymentstateid": 20, "creditorderid": number, "orderitems": rows, "payments": payments}
    recorded = account.good("POST", ORDERS, json={**body, "externalid": "CR5-S7"})
    state = account.state.order_state(recorded)
    assert (state["total"], state["payments"]) == ("-66.67", [{"name": "Web", "amount": "-66.67", "virtual": True}])
    with pytest.raises(Refusal):
        account.state.refund(number, {0: 2})
    assert refunded(account, number, {0: 1})["total"] == "-33.33"
    account.good("PUT", f"{ORDERS}/{recorded}", json={"orderstateid": 20})
    assert refunded(account, number, {0: 2})["rows"][0]["quantity"] == -2
