"""What an order of the Centra sandbox costs: lines, order discounts, fees, taxes and their sum, to the sub-unit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sandbox.centra.money import Amounts, rounded, spread, taxed
from sandbox.centra.order_records import BUNDLE, BUNDLE_ITEM, GIFT_CERTIFICATE, Order, OrderLine


@dataclass(frozen=True, slots=True)
class Bill:
    """`lines`: what each line costs now; a bundle's items hold shares of what its own line holds, and are not counted again."""

    lines: dict[OrderLine, Amounts]
    shipping: Amounts
    handling: Amounts

    @property
    def goods(self) -> Amounts:
        return sum((a for line, a in self.lines.items() if line.kind != BUNDLE_ITEM), Amounts())

    @property
    def gift_certificates(self) -> Amounts:
        return sum((a for line, a in self.lines.items() if line.kind == GIFT_CERTIFICATE), Amounts())

    @property
    def fees(self) -> Amounts:
        return self.shipping + self.handling

    @property
    def total(self) -> int:
        return self.goods.total + self.fees.total


def line_value(line: OrderLine) -> int:
    """What the units that are not cancelled cost, order discounts not taken off."""
    return rounded(line.total * line.quantity, line.ordered)


def unit_price(line: OrderLine) -> int:
    return rounded(line.total, line.ordered)


def without_tax(amount: int, percent: Decimal, kind: str) -> int:
    """An amount as `includingTax: false` shows it."""
    return amount if kind == "added" else amount - rounded(amount * percent, 100 + percent)


def with_tax(amount: int, percent: Decimal, kind: str) -> int:
    """An amount with tax that comes on top."""
    return amount + rounded(amount * percent, 100) if kind == "added" else amount


def bill(order: Order) -> Bill:
    """The order as it stands: cancelled units cost nothing, a cancelled order has no fees."""
    paying = [line for line in order.lines if line.kind != BUNDLE_ITEM]
    values = [line_value(line) for line in paying]
    whole = sum(values)
    asked = sum(d.amount if d.percent is None else rounded(whole * d.percent, 100) for d in order.discounts)
    shares = spread(min(asked, whole), values)
    lines = {x: taxed(value, share, x.tax_percent, order.tax_kind) for x, value, share in zip(paying, values, shares, strict=True)}
    for line in paying:
        if line.kind == BUNDLE:
            lines.update(_items(line, lines[line]))
    dead = order.status == "CANCELLED"
    fees = [Amounts() if dead else taxed(fee.value, 0, fee.tax_percent, order.tax_kind) for fee in (order.shipping, order.handling)]
    return Bill(lines, fees[0], fees[1])


def item_values(bundle: OrderLine) -> dict[OrderLine, int]:
    """A bundle's value spread over its items."""
    return {item: amounts.value for item, amounts in _items(bundle, Amounts(line_value(bundle))).items()}


def _items(bundle: OrderLine, amounts: Amounts) -> dict[OrderLine, Amounts]:
    items = [x for x in bundle.order.lines if x.bundle is bundle]
    columns = [spread(part, [x.weight * x.each for x in items]) for part in amounts.parts()]
    return {item: Amounts(*(column[n] for column in columns)) for n, item in enumerate(items)}


def shipment_amounts(line: OrderLine, units: int, of_order: Bill) -> Amounts:
    """What `units` more of a line on a new shipment cost: a share of what earlier shipments left, so that all together are the line."""
    left = of_order.lines[line] - sum((x.amounts for x in line.shipment_lines), Amounts())
    return left.share(units, line.quantity - line.expedited)
