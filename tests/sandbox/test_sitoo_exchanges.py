"""Exchanges at the tills of the Sitoo sandbox, and what no series of returns may do."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.sitoo.records import Refusal
from tests.sandbox.returning import ORDERS, sold, stocked, total
from tests.sandbox.sitoo_account import ALPHA, BETA


@pytest.mark.parametrize(
    ("bought", "back", "purchase"),
    [
        ({"TEE-M": 1}, [("Exchange", "-100.00", True)], [("Exchange", "100.00", True)]),
        ({"TEE-M": 2}, [("Exchange", "-100.00", True)], [("Exchange", "100.00", True), ("Cash", "100.00", False)]),
        ({"PIN": 1}, [("Exchange", "-20.00", True), ("Cash", "-80.00", False)], [("Exchange", "20.00", True)]),
    ],
)
def test_an_exchange_is_two_orders_that_name_each_other(
    bought: dict[str, int], back: list[tuple[str, str, bool]], purchase: list[tuple[str, str, bool]]
) -> None:
    account = stocked()
    account.state.add_product("PIN", price="20.00")
    sale = sold(account, {"CAP": 1})
    made = account.state.exchange(sale, {0: 1}, bought, warehouse=BETA, tender="Cash")
    refund, new = account.state.order_state(made["refund"]), account.state.order_state(made["purchase"])
    assert [(p["name"], p["amount"], p["virtual"]) for p in refund["payments"]] == back
    assert [(p["name"], p["amount"], p["virtual"]) for p in new["payments"]] == purchase
    assert refund["marks"]["pos-refundsales-orderid"] == str(made["purchase"])
    assert (new["marks"]["pos-refund-orderid"], new["marks"]["pos-refund-receiptid"]) == (str(made["refund"]), refund["receipt"])
    assert (refund["credit_of"], new["credit_of"]) == (sale, None)
    for order in (refund, new):
        assert sum((Decimal(payment["amount"]) for payment in order["payments"]), Decimal(0)) == Decimal(order["total"])
    assert total(account, BETA) == 11


PIECE = st.tuples(
    st.sampled_from(("refund", "exchange", "undelivered", "deliver")),
    st.dictionaries(st.integers(0, 1), st.integers(1, 3), min_size=1),
    st.sampled_from((ALPHA, BETA)),
)


@given(st.lists(PIECE, max_size=12), st.integers(1, 5), st.integers(1, 5), st.sampled_from(("0.00", "0.01", "33.33")))
def test_whatever_comes_back_never_exceeds_what_was_sold(pieces: list[tuple[str, dict[int, int], int]], caps: int, tees: int, off: str) -> None:
    account = stocked()
    number = account.good("POST", ORDERS, json=_sale(caps, tees, off))
    price = Decimal(account.state.order_state(number)["total"])
    before = sum(total(account, place, sku) for place in (ALPHA, BETA) for sku in ("CAP", "TEE-M"))
    bought = 0
    for kind, rows, place in pieces:
        with suppress(Refusal):
            if kind == "deliver":
                account.state.deliver(number, rows, warehouse=place)
            elif kind == "exchange":
                account.state.exchange(number, rows, {"CAP": 1}, warehouse=place)
                bought += 1
            else:
                account.state.refund(number, rows, warehouse=place, undelivered=kind == "undelivered")
    order = account.state.order_state(number)
    refunds = [account.state.order_state(refund) for refund in order["refunds"]]
    back = -sum((Decimal(refund["total"]) for refund in refunds), Decimal(0))
    assert all(row["returned"] <= row["quantity"] for row in order["rows"])
    for row in order["rows"]:
        parts = [line for refund in refunds for line in refund["rows"] if line["marks"]["pos-originalsales-orderitemid"] == str(row["row"])]
        assert -sum(line["quantity"] for line in parts) == row["returned"]
        paid = -sum((Decimal(line["gross"]) for line in parts), Decimal(0))
        assert paid == Decimal(row["gross"]) if row["returned"] == row["quantity"] else 0 <= paid <= Decimal(row["gross"])
    assert 0 <= back <= price
    moved = -sum(units for refund in refunds for d in refund["deliveries"] if not d["ignored_stock"] for units in d["units"].values())
    out = sum(row["delivered"] for row in order["rows"])
    assert moved <= out
    assert sum(total(account, place, sku) for place in (ALPHA, BETA) for sku in ("CAP", "TEE-M")) == before - out - bought + moved


def _sale(caps: int, tees: int, off: str) -> dict[str, Any]:
    rows = [
        {"productname": sku, "sku": sku, "quantity": quantity, "moneyrowprice": f"{99.95 * quantity:.2f}", "moneyrowdiscount": off, "vatvalue": 25}
        for sku, quantity in (("CAP", caps), ("TEE-M", tees))
    ]
    return {"ordertypeid": 10, "paymentstateid": 20, "externalid": "C-7", "warehouseid": ALPHA, "orderitems": rows}
