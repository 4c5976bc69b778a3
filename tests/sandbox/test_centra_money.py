"""What web orders cost in the Centra sandbox: to the sub-unit, in every tax kind and currency, whole and in parts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.centra.money import CURRENCIES, Amounts, Money, rounded, spread, sub_units
from sandbox.centra.records import Refusal
from tests.conftest import FACTOR
from tests.sandbox.centra_shop import Shop

TOTALS = """query Q($n: [Int!], $with: Boolean!) { orders(where: {number: $n}) {
  grandTotal(includingTax: $with) { value valueInCents formattedValue currency { code } }
  totals { lineValues { valueInCents } handling { valueInCents } shipping { valueInCents } discounts { valueInCents }
    taxAdded { valueInCents } taxDeducted { valueInCents } taxIncluded { valueInCents }
    shippingTaxAdded { valueInCents } shippingTaxDeducted { valueInCents } shippingTaxIncluded { valueInCents }
    shippingTaxRules { rule { taxPercent } taxIncluded { valueInCents } } handlingTaxRules { rule { taxPercent } } }
  discountsApplied { __typename value { valueInCents } ... on AppliedVoucher { code } }
  lines { __typename taxPercent hasAnyDiscount discountPercent unitOriginalPrice(includingTax: $with) { valueInCents }
    unitPrice(includingTax: $with) { valueInCents } lineValue(includingTax: $with) { valueInCents } } } }"""


@pytest.fixture
def shop() -> Shop:
    return Shop()


def totals(shop: Shop, number: int, including: bool = True) -> dict[str, Any]:
    """The one order, with every MonetaryValue as its sub-units but the grand total."""
    order: dict[str, Any] = shop.ask(TOTALS, n=[number], **{"with": including})["orders"][0]
    order["totals"] = {k: v["valueInCents"] if isinstance(v, dict) else v for k, v in order["totals"].items()}
    return order


@pytest.mark.parametrize(
    ("kind", "grand", "added", "deducted", "included", "net"),
    [
        ("included", 30_000 - 5_000 + 4_900, 0, 0, 5_000 + 980, 23_920),
        ("added", 30_000 - 5_000 + 4_900 + 7_475, 7_475, 0, 0, 29_900),
        ("deducted", 30_000 - 5_000 + 4_900 - 5_980, 0, 5_980, 0, 23_920),
    ],
)
def test_taxes_are_inside_prices_on_top_or_taken_off(shop: Shop, kind: str, grand: int, added: int, deducted: int, included: int, net: int) -> None:
    number = shop.state.place_order(
        [{"sku": "TEE-S", "units": 3, "price": 10_000, "original": 12_500}],
        tax_kind=kind,
        shipping_fee=4_900,
        voucher={"code": "TAKE50", "amount": 5_000},
    )["number"]
    order = totals(shop, number)
    assert order["grandTotal"] == {
        "valueInCents": grand,
        "value": grand / 100,
        "formattedValue": f"{grand / 100:.2f} SEK",
        "currency": {"code": "SEK"},
    }
    found = order["totals"]
    assert (found["taxAdded"], found["taxDeducted"], found["taxIncluded"]) == (added, deducted, included)
    assert grand == found["lineValues"] + found["shipping"] + found["handling"] - found["discounts"] + added - deducted
    assert order["discountsApplied"] == [{"__typename": "AppliedVoucher", "value": {"valueInCents": 5_000}, "code": "TAKE50"}]
    assert found["shippingTaxRules"][0]["rule"] == {"taxPercent": 25.0}
    assert found["handlingTaxRules"] == []
    assert totals(shop, number, including=False)["grandTotal"]["valueInCents"] == net
    state = shop.state.order_state(number)
    assert (state["grand_total"], state["totals"]["discounts"], state["psp"]["authorised"]) == (grand, 5_000, grand)


def test_line_prices_with_and_without_tax(shop: Shop) -> None:
    line = {"sku": "TEE-S", "units": 2, "price": 10_000, "original": 12_500}
    inside = shop.state.place_order([line])["number"]
    on_top = shop.state.place_order([line], tax_kind="added")["number"]

    def prices(number: int, including: bool) -> tuple[int, int, int]:
        row = totals(shop, number, including)["lines"][0]
        return tuple(row[name]["valueInCents"] for name in ("unitOriginalPrice", "unitPrice", "lineValue"))

    assert prices(inside, True) == prices(on_top, True) == prices(on_top, False) == (12_500, 10_000, 20_000)
    assert prices(inside, False) == (10_000, 8_000, 16_000)
    shop.state.modes(including_tax_adds=True)
    assert prices(on_top, True) == (15_625, 12_500, 25_000)
    assert prices(inside, True) == (12_500, 10_000, 20_000)
    row = totals(shop, inside)["lines"][0]
    assert (row["hasAnyDiscount"], row["discountPercent"], row["taxPercent"]) == (True, 20.0, 25.0)


@pytest.mark.parametrize(
    ("code", "cents", "value", "text"), [("SEK", 1_999, 19.99, "19.99"), ("JPY", 1_999, 1_999.0, "1999"), ("KWD", 1_999, 1.999, "1.999")]
)
def test_decimals_follow_the_currency(shop: Shop, code: str, cents: int, value: float, text: str) -> None:
    number = shop.state.place_order([{"sku": "TEE-S", "price": cents}], currency=code)["number"]
    assert totals(shop, number)["grandTotal"] == {
        "valueInCents": cents,
        "value": value,
        "formattedValue": f"{text} {code}",
        "currency": {"code": code},
    }


def test_unknown_currencies_kinds_and_lines_are_refused(shop: Shop) -> None:
    unknown: list[dict[str, Any]] = [{"currency": "XXX"}, {"tax_kind": "none"}, {"payment": "later"}]
    for wishes in unknown:
        with pytest.raises(Refusal):
            shop.state.place_order([("TEE-S", 1)], **wishes)
    for line in ({"sku": "TEE-S", "colour": "red"}, {"sku": "TEE-S", "kind": "voucher"}):
        with pytest.raises(Refusal):
            shop.state.place_order([line])
    assert shop.state.orders_snapshot() == []


def test_how_totals_are_written_is_a_mode(shop: Shop) -> None:
    number = shop.state.place_order(
        [("TEE-S", 1)], shipping_fee=1_000, handling_fee=500, handling_tax=0, voucher={"percent": 10}, admin_discount=100
    )["number"]
    found = totals(shop, number)["totals"]
    assert (found["discounts"], found["taxIncluded"], found["shippingTaxIncluded"]) == (1_100, 1_980, 200)
    assert found["handlingTaxRules"] == [{"rule": {"taxPercent": 0.0}}]
    shop.state.modes(discount_sign="negative", order_tax_holds_shipping=False)
    found = totals(shop, number)["totals"]
    assert (found["discounts"], found["taxIncluded"], found["shippingTaxIncluded"]) == (-1_100, 1_780, 200)


@pytest.mark.parametrize(("mode", "values"), [("bundle", [30_000, 0, 0]), ("items", [0, 10_000, 20_000]), ("both", [30_000, 10_000, 20_000])])
def test_which_lines_show_a_bundles_price_is_a_mode(shop: Shop, mode: str, values: list[int]) -> None:
    shop.state.modes(bundle_values=mode)
    bundle = {"sku": "TEE-S", "kind": "bundle", "price": 30_000, "items": [("TEE-M", 1, 1), ("TEE-L", 2, 1)]}
    order = totals(shop, shop.state.place_order([bundle])["number"])
    assert [x["lineValue"]["valueInCents"] for x in order["lines"]] == values
    assert [x["__typename"] for x in order["lines"]] == ["BundleOrderLine", "BundleItemOrderLine", "BundleItemOrderLine"]
    assert (order["totals"]["lineValues"], order["grandTotal"]["valueInCents"]) == (30_000, 30_000)


def test_cancelled_units_cost_nothing_and_a_cancelled_order_has_no_fees(shop: Shop) -> None:
    number = shop.state.place_order([("TEE-S", 2), ("TEE-M", 1)], shipping_fee=4_900, voucher={"amount": 6_000})["number"]
    shop.state.cancel_lines(number, [("TEE-S", 1), ("TEE-M", 1)])
    assert shop.state.order_state(number)["grand_total"] == 10_000 - 6_000 + 4_900
    shop.state.cancel_lines(number)
    assert shop.state.order_state(number)["grand_total"] == 0


def test_shares_add_up() -> None:
    assert spread(100, [1, 1, 1]) == [34, 33, 33]
    assert spread(7, [0, 0]) == [0, 0]
    assert (rounded(5, 2), rounded(-5, 2), rounded(1, 3)) == (3, -3, 0)
    assert Money(-5, CURRENCIES["SEK"]).text == "-0.05"
    assert Amounts(3, 1, 1, 0, 0).total == 3
    for wrong in ("1.005", "x", None, "inf"):
        with pytest.raises(Refusal):
            sub_units(wrong, CURRENCIES["SEK"])


MONEY_LINE = st.fixed_dictionaries(
    {
        "sku": st.sampled_from(["TEE-S", "TEE-M", "TEE-L"]),
        "units": st.integers(1, 4),
        "total": st.integers(0, 99_999),
        "tax": st.sampled_from([0, 6, 12, 25, "7.25"]),
    }
)


@settings(max_examples=60 * FACTOR, deadline=None)
@given(
    lines=st.lists(MONEY_LINE, min_size=1, max_size=4),
    kind=st.sampled_from(["included", "added", "deducted"]),
    currency=st.sampled_from(["SEK", "JPY", "KWD"]),
    fees=st.tuples(st.integers(0, 9_999), st.integers(0, 999)),
    voucher=st.integers(0, 60_000),
    fees_with=st.sampled_from(["first", "last"]),
    portions=st.lists(st.integers(1, 3), min_size=1, max_size=3),
)
def test_shipments_are_together_the_order_and_returns_together_the_goods(
    lines: list[dict[str, Any]], kind: str, currency: str, fees: tuple[int, int], voucher: int, fees_with: str, portions: list[int]
) -> None:
    shop = Shop()
    shop.state.modes(shipment_fees=fees_with)
    for sku in shop.sizes:
        shop.state.put_stock(warehouse=11, sku=sku, physical=99)
    wishes: dict[str, Any] = {"shipping_fee": fees[0], "handling_fee": fees[1], "voucher": {"amount": voucher}}
    wishes |= {"tax_kind": kind, "currency": currency}
    number = shop.state.place_order(lines, **wishes)["number"]
    order = shop.state.orders.orders[number]
    turn = 0
    while any(x.on_no_shipment for x in order.lines):
        wanted = [(x, min(x.on_no_shipment, portions[(turn + n) % len(portions)])) for n, x in enumerate(order.lines)]
        shipment = shop.state.shipping.create(order, [pair for pair in wanted if pair[1]])
        shop.state.shipping.complete(shipment)
        turn += 1
    state = shop.state.order_state(number)
    assert sum(s["total"] for s in state["shipments"]) == state["grand_total"]
    assert all(s["total"] >= 0 for s in state["shipments"])
    for shipment in order.shipments:
        while any(x.quantity > x.returned for x in shipment.lines):
            units = [(x, min(x.quantity - x.returned, 1)) for x in shipment.lines if x.quantity > x.returned]
            shop.state.returns.create(shipment, units, None)
    goods = sum(r["total"] for r in shop.state.order_state(number)["returns"])
    fees_paid = sum(s.shipping.total + s.handling.total for s in order.shipments)
    assert goods + fees_paid == state["grand_total"]
