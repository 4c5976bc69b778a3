"""To the cent: whatever an order is made of and wherever its units go, its copies and what was not sent are Centra's grand total, or it is parked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from connector.centra.order_models import AllocatedTo, CentraOrder, LineOfOrder, OrderAmounts
from connector.domain.exceptions import Kind
from connector.domain.money import UnsupportedAmount, cents, in_units, sitoo_money, split
from connector.mapping.order_copy import CopyDraft, Lacking
from connector.store.order_files import Purpose
from tests.conftest import FACTOR
from tests.unit.web_orders import CENTRAL, COLLECT, PARCEL, order, shipment, try_copy

THOROUGH = settings(max_examples=2_000 * FACTOR)
STORES = (11, 12, 13)
WAITING = 99
CURRENCIES = {"SEK": 2, "EUR": 2, "JPY": 0, "KWD": 3}
RATES = [Decimal(0), Decimal(6), Decimal(12), Decimal("25.5"), Decimal(25)]
TAXES = ["included", "added", "deducted", "none"]


def rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def tax_of(amount: int, rate: Decimal, kind: str) -> int:
    if kind == "none":
        return 0
    return rounded(amount * rate / 100) if kind == "added" else rounded(amount * rate / (100 + rate))


@dataclass
class Cart:
    """An order on its way: lines, and where each unit of its goods goes."""

    decimals: int
    whole_cents: bool

    def money(self, draw: st.DrawFn, most: int) -> int:
        amount = draw(st.integers(0, most))
        return amount * 10 if self.decimals == 3 and self.whole_cents else amount

    def line(self, draw: st.DrawFn, number: int, kind: str, rate: Decimal, bundle: int | None = None) -> LineOfOrder:
        units = draw(st.integers(1, 5))
        original = self.money(draw, 50_000)
        off = draw(st.integers(0, 9)) * original // 10 * units // 10 * (10 if self.whole_cents else 1)
        return LineOfOrder(
            id=number,
            kind=kind,
            quantity=units,
            cancelled=draw(st.integers(0, 2)),
            product_name="Tee",
            variant_name="Black",
            size_name="M",
            size_id=number,
            sku=f"SKU-{number}",
            ean="",
            unit_original=original,
            unit_price=original,
            value=max(0, original * units - off),
            tax_percent=rate,
            bundle_line=bundle,
        )


@st.composite
def placed(draw: st.DrawFn, line: LineOfOrder) -> tuple[LineOfOrder, dict[int, int]]:
    """The line allocated; {warehouse: units}, those shipped from the central warehouse among them."""
    where: dict[int, int] = {}
    for _ in range(line.quantity):
        place = draw(st.sampled_from([*STORES, CENTRAL, WAITING]))
        where[place] = where.get(place, 0) + 1
    allocations = tuple(AllocatedTo(line.id * 10 + n, w, units) for n, (w, units) in enumerate(where.items()) if w in STORES)
    return replace(line, allocations=allocations), where


@st.composite
def orders(draw: st.DrawFn) -> tuple[CentraOrder, dict[int, dict[int, int]]]:
    """An order as Centra would add it up, and {place: {line: units}} of its goods; 99 stands for units that wait."""
    currency = draw(st.sampled_from(sorted(CURRENCIES)))
    cart = Cart(CURRENCIES[currency], draw(st.booleans()))
    kind, rate = draw(st.sampled_from(TAXES)), draw(st.sampled_from(RATES))
    made: list[LineOfOrder] = []
    places: dict[int, dict[int, int]] = {}
    for number in range(draw(st.integers(1, 4))):
        line_rate = draw(st.sampled_from([rate, rate, *RATES]))
        shape = draw(st.sampled_from(["product", "product", "bundle", "gift"]) if number else st.just("product"))
        first = 5000 + number * 10
        if shape == "gift":
            made.append(cart.line(draw, first, "GiftCertificateOrderLine", Decimal(0)))
            continue
        goods = [cart.line(draw, first, "ProductOrderLine", line_rate)]
        if shape == "bundle":
            goods = [cart.line(draw, first + 1 + n, "BundleItemOrderLine", line_rate, first) for n in range(draw(st.integers(1, 3)))]
            own = cart.line(draw, first, "BundleOrderLine", line_rate)
            priced = draw(st.sampled_from(["bundle", "items", "both"]))
            if priced == "bundle":
                goods = [replace(item, value=0, unit_original=draw(st.sampled_from([0, item.unit_original]))) for item in goods]
            else:
                own = replace(own, value=sum(item.value for item in goods) if priced == "both" else 0)
            made.append(own)
        for line in goods:
            line, where = draw(placed(line))
            made.append(line)
            for place, units in where.items():
                places.setdefault(place, {})[line.id] = units
    fee_rate = draw(st.sampled_from([rate, Decimal(6)]))
    shipping, handling = cart.money(draw, 900), draw(st.sampled_from([0, 50]))
    paying = [(x, x.value or sum(i.value for i in made if i.bundle_line == x.id)) for x in made if x.bundle_line is None]
    values = [value for _, value in paying]
    step = 10 if cart.whole_cents else 1
    voucher = draw(st.sampled_from([0, 1, 3, 7, 10])) * sum(values) // 10 // step * step
    bases = [value - share for value, share in zip(values, split(voucher, values), strict=True)]
    taxes = [tax_of(base, line.tax_percent, kind) for (line, _), base in zip(paying, bases, strict=True)]
    taxes += [tax_of(fee, fee_rate, kind) for fee in (shipping, handling)]
    total = sum(bases) + shipping + handling + {"added": sum(taxes), "deducted": -sum(taxes)}.get(kind, 0)
    by_kind = {f"tax_{name}": sum(taxes) if name == kind else 0 for name in ("added", "deducted", "included")}
    amounts = OrderAmounts(sum(values), shipping, handling, voucher, **by_kind, shipping_tax_percent=fee_rate, handling_tax_percent=fee_rate)
    shipped = places.get(CENTRAL, {})
    web_order = order(
        *made,
        currency=currency,
        currency_decimals=cart.decimals,
        grand_total=total,
        shipments=(shipment(7, shipped, CENTRAL),) if shipped else (),
        shipping_option=draw(st.sampled_from([COLLECT, PARCEL])).option,
    )
    return replace(web_order, amounts=amounts, lines=tuple(made)), places


def copies(web_order: CentraOrder, places: Mapping[int, Mapping[int, int]]) -> list[CopyDraft | Lacking]:
    """What every place would get; units that wait as one more warehouse would get them."""
    made = []
    for place, units in places.items():
        purpose = Purpose.RETURN if place == CENTRAL else Purpose.FULFIL
        made.append(try_copy(web_order, dict(units), place, purpose=purpose, stores=frozenset(STORES)))
    return made


def expressible(web_order: CentraOrder) -> bool:
    a = web_order.amounts
    amounts = [web_order.grand_total, a.shipping, a.handling, a.discounts, a.tax_added, a.tax_deducted, *(x.value for x in web_order.lines)]
    return web_order.currency_decimals < 3 or all(amount % 10 == 0 for amount in amounts)


def decimal(text: object) -> int:
    whole, cent = str(text).split(".")
    assert len(cent) == 2
    return int(whole + cent)


@THOROUGH
@given(orders())
def test_copies_of_an_order_are_its_grand_total_to_the_cent(made: tuple[CentraOrder, dict[int, dict[int, int]]]) -> None:
    web_order, places = made
    drafts = copies(web_order, places)
    if not expressible(web_order):
        event("parked")
        for draft in drafts:
            assert isinstance(draft, Lacking)
            assert {lack.kind for lack in draft.problems} == {Kind.UNSUPPORTED_AMOUNT}
        return
    event(f"{web_order.currency_decimals} decimals, {min(3, len(places))} places")
    grand_total = Decimal(web_order.grand_total).scaleb(2 - web_order.currency_decimals)
    assert sum(draft.total for draft in drafts if isinstance(draft, CopyDraft)) == grand_total
    for draft in drafts:
        assert isinstance(draft, CopyDraft)
        rows = draft.body["orderitems"]
        paid = [decimal(row["moneyrowprice"]) - decimal(row["moneyrowdiscount"]) for row in rows]
        assert sum(paid) == draft.total == decimal(draft.body["payments"][0]["moneyamount"])
        assert min(*paid, *(decimal(row["moneyrowdiscount"]) for row in rows)) >= 0
        assert [row.units for row in draft.rows] == [row["quantity"] for row in rows]


@settings(max_examples=300 * FACTOR)
@given(orders(), st.data())
def test_a_copy_sent_in_parts_costs_the_same(made: tuple[CentraOrder, dict[int, dict[int, int]]], data: st.DataObject) -> None:
    """What is added to an order later goes to its store as a second copy: together they are what one copy would be."""
    web_order, places = made
    assume(expressible(web_order))
    place = data.draw(st.sampled_from(sorted(places)))
    first = {line: units for line, most in places[place].items() if (units := data.draw(st.integers(0, most)))}
    rest = {line: left for line, most in places[place].items() if (left := most - first.get(line, 0))}
    assume(first and rest)
    stores = frozenset(STORES)
    whole = try_copy(web_order, places[place], place, stores=stores)
    parts = [try_copy(web_order, first, place, stores=stores), try_copy(web_order, rest, place, stores=stores, taken=first)]
    assert isinstance(whole, CopyDraft)
    assert sum(part.total for part in parts if isinstance(part, CopyDraft)) == whole.total


AMOUNT = st.integers(0, 10**9)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=12)


@given(AMOUNT, WEIGHTS)
def test_shares_add_up_and_lie_within_one_of_their_exact_value(amount: int, weights: list[int]) -> None:
    shares = split(amount, weights)
    whole = sum(weights) or len(weights)
    assert sum(shares) == amount
    for share, weight in zip(shares, weights if any(weights) else [1] * len(weights), strict=True):
        assert share >= 0
        assert amount * weight // whole <= share <= -(-amount * weight // whole)
    assert split(-amount, weights) == [-share for share in shares]


@given(AMOUNT, WEIGHTS)
def test_larger_remainders_come_first_and_earlier_ones_among_equals(amount: int, weights: list[int]) -> None:
    assume(any(weights))
    whole = sum(weights)
    shares = split(amount, weights)
    raised = [(amount * weight % whole, -n) for n, weight in enumerate(weights) if shares[n] > amount * weight // whole]
    kept = [(amount * weight % whole, -n) for n, weight in enumerate(weights) if shares[n] == amount * weight // whole]
    assert not raised or not kept or min(raised) > max(kept)


@pytest.mark.parametrize(("amount", "weights"), [(1, [-1, 2]), (1, []), (-1, [])])
def test_what_cannot_be_split_is_refused(amount: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"negative|nobody"):
        split(amount, weights)
    assert split(0, []) == []


@given(st.integers(-(10**9), 10**9), st.sampled_from([0, 1, 2, 3]))
def test_cents_are_exact_or_refused(amount: int, decimals: int) -> None:
    exact = Decimal(amount).scaleb(-decimals)
    assert Decimal(in_units(amount, decimals)) == exact
    try:
        made = cents(amount, decimals)
    except UnsupportedAmount:
        assert exact != exact.quantize(Decimal("0.01"))
    else:
        assert Decimal(sitoo_money(made)) == exact
