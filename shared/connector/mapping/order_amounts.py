"""What each line and fee of a Centra order costs, in cents, so that all of them together are its grand total to the cent.

Order-level amounts are spread over lines by largest remainder (line_worth); what a line costs is spread over its units the same way, so that a
unit costs the same in whichever store's copy it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from connector.centra.order_models import CentraOrder, LineOfOrder, OrderAmounts
from connector.domain.money import UnsupportedAmount, cents, in_units, sitoo_money, split
from connector.mapping.line_worth import Worth, items_of, line_worths, tax_weights
from connector.mapping.order_kinds import is_goods, is_priced_only


@dataclass(frozen=True, slots=True)
class Price:
    """Cents including tax: `total` is what is paid, `discount` (≥ 0) what was taken off before; `vat` in percent."""

    total: int
    discount: int
    vat: Decimal

    @property
    def full(self) -> int:
        return self.total + self.discount


@dataclass(frozen=True, slots=True)
class OrderPrices:
    """`lines`: goods and lines that only have a price, all units; bundles are told as their items. `grand_total` is the sum of everything."""

    lines: Mapping[int, Price]
    shipping: Price
    handling: Price
    grand_total: int
    quantities: Mapping[int, int]

    def units(self, line: int, first: int, count: int) -> Price:
        """What units `first` … `first + count - 1` of a line cost."""
        price, shares = self.lines[line], [1] * self.quantities[line]
        part = slice(first, first + count)
        return Price(sum(split(price.total, shares)[part]), sum(split(price.discount, shares)[part]), price.vat)


class NotInCents(Exception):
    """Amounts that Sitoo's two decimals cannot express, or that do not add up; `reasons` in plain words."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def order_prices(order: CentraOrder) -> OrderPrices:
    """Raises NotInCents."""
    order = _in_cents(order)
    worths = line_worths(order)
    goods_tax = sum(worth.tax for line_id, worth in worths.items() if _pays(order, line_id))
    shipping, handling = _fees(order, order.amounts.tax_added - order.amounts.tax_deducted - goods_tax)
    lines = {line.id: _price(order, line, worths[line.id]) for line in order.lines if is_goods(line) or is_priced_only(order, line)}
    total = sum(price.total for price in (*lines.values(), shipping, handling))
    if total != order.grand_total:
        made, told = sitoo_money(total), sitoo_money(order.grand_total)
        raise NotInCents((f"lines, discounts, fees and taxes make {made} {order.currency}, Centra's grand total is {told}",))
    below = [line for line, price in lines.items() if price.total < 0]
    if below or shipping.total < 0 or handling.total < 0:
        raise NotInCents((f"discounts or taxes exceed the price of {', '.join(map(str, below)) or 'the fees'}",))
    return OrderPrices(lines, shipping, handling, order.grand_total, {line.id: line.quantity for line in order.lines})


def fee_rate(order: CentraOrder, stated: Decimal | None) -> Decimal | None:
    """A fee's tax rate: what Centra states, else the one rate that all goods have; None: nobody can tell."""
    rates = {line.tax_percent for line in order.lines if line.quantity and is_goods(line)}
    return stated if stated is not None else rates.pop() if len(rates) == 1 else None


def taxed(order: CentraOrder) -> bool:
    """Tax is paid with this order: not when it was deducted (an exempt buyer), nor where none applies."""
    return bool(order.amounts.tax_added or order.amounts.tax_included)


def _pays(order: CentraOrder, line_id: int) -> bool:
    line = order.line(line_id)
    return line is not None and line.bundle_line is None


def _in_cents(order: CentraOrder) -> CentraOrder:
    wrong: list[str] = []

    def exact(amount: int, what: str) -> int:
        try:
            return cents(amount, order.currency_decimals)
        except UnsupportedAmount:
            wrong.append(f"{what} is {in_units(amount, order.currency_decimals)} {order.currency}")
            return 0

    amounts = OrderAmounts(
        lines=0,
        shipping=exact(order.amounts.shipping, "the shipping fee"),
        handling=exact(order.amounts.handling, "the handling fee"),
        discounts=exact(order.amounts.discounts, "the discount on the order"),
        tax_added=exact(order.amounts.tax_added, "the tax added"),
        tax_deducted=exact(order.amounts.tax_deducted, "the tax deducted"),
        tax_included=order.amounts.tax_included,
        shipping_tax_percent=fee_rate(order, order.amounts.shipping_tax_percent),
        handling_tax_percent=fee_rate(order, order.amounts.handling_tax_percent),
    )
    total = exact(order.grand_total, "the grand total")
    lines = tuple(
        replace(
            line,
            value=exact(line.value, f"line {line.id} ({line.sku or line.kind})"),
            unit_original=_original(line, order.currency_decimals),
        )
        for line in order.lines
    )
    if wrong:
        raise NotInCents(tuple(wrong))
    return replace(order, grand_total=total, amounts=amounts, lines=lines, currency_decimals=2)


def _original(line: LineOfOrder, decimals: int) -> int:
    """The price before discounts only says what was taken off: where cents cannot express it, nothing is said to be taken off."""
    try:
        return cents(line.unit_original, decimals)
    except UnsupportedAmount:
        return 0


def _fees(order: CentraOrder, tax: int) -> tuple[Price, Price]:
    """Fees with their tax; a voucher that exceeds all lines is taken off them."""
    amounts = order.amounts
    values = [amounts.shipping, amounts.handling]
    rates = [amounts.shipping_tax_percent or Decimal(0), amounts.handling_tax_percent or Decimal(0)]
    excess = max(0, amounts.discounts - sum(_values(order)))
    discounts = split(min(excess, sum(values)), values)
    taxes = split(tax, tax_weights(zip(values, rates, strict=True), inside=tax < 0))
    vats = rates if taxed(order) else [Decimal(0), Decimal(0)]
    made = [Price(v - d + t, d, vat) for v, d, t, vat in zip(values, discounts, taxes, vats, strict=True)]
    return made[0], made[1]


def _values(order: CentraOrder) -> Iterator[int]:
    for line in order.lines:
        if line.bundle_line is None:
            yield line.value or sum(item.value for item in items_of(order, line.id))


def _price(order: CentraOrder, line: LineOfOrder, worth: Worth) -> Price:
    paid = worth.value - worth.voucher
    discount = max(0, _original_total(order, line) - worth.value) + worth.voucher
    if worth.tax and paid > 0:
        # what was taken off had the same tax on it, or none
        discount = (2 * discount * worth.total + paid) // (2 * paid)
    return Price(worth.total, discount, line.tax_percent if taxed(order) and is_goods(line) else Decimal(0))


def _original_total(order: CentraOrder, line: LineOfOrder) -> int:
    """The line's price before any discount; a bundle's items have a share of its own line's when they have none."""
    own = line.unit_original * line.quantity
    bundle = None if line.bundle_line is None else order.line(line.bundle_line)
    if own or bundle is None:
        return own
    items = items_of(order, bundle.id)
    worths = line_worths(order)
    shares = split(bundle.unit_original * bundle.quantity, [max(0, worths[item.id].value) for item in items])
    return shares[items.index(line)]
