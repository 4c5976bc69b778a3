"""What the units of a Centra order's lines are worth: line values, their shares of order discounts and of taxes outside prices, to the sub-unit.

Shares are by largest remainder over lines; units of a line are counted from the first, so that all of them together are the line exactly,
however they are returned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from connector.centra.order_models import CentraOrder, LineOfOrder
from connector.domain.money import split


@dataclass(frozen=True, slots=True)
class Worth:
    """Sub-units: `value` after line discounts, `voucher` (≥ 0) its share of order discounts, `tax` on top (> 0) or taken off (< 0)."""

    value: int = 0
    voucher: int = 0
    tax: int = 0

    @property
    def total(self) -> int:
        return self.value - self.voucher + self.tax

    def __add__(self, other: Worth) -> Worth:
        return Worth(self.value + other.value, self.voucher + other.voucher, self.tax + other.tax)

    def units(self, of: int, first: int, count: int) -> Worth:
        """The part of units `first` … `first + count - 1` out of `of`; parts that do not overlap never sum to more than the whole.

        Sums are rounded, half up, rather than single units: tills and Centra come to the same cents that way. The total and the voucher are
        rounded, and the value is what they make, so that neither is ever negative because both were rounded.
        """
        start, end = min(first, of), min(first + count, of)

        def part(amount: int) -> int:
            return _half_up(amount * end, of) - _half_up(amount * start, of)

        if not of:
            return Worth()
        voucher, tax = part(self.voucher), part(self.tax)
        return Worth(part(self.total) + voucher - tax, voucher, tax)


def line_worths(order: CentraOrder) -> dict[int, Worth]:
    """{order line: worth of its `quantity` units}. A bundle's money is on its items as well as on its own line: count one of the two.

    Taxes outside prices are spread by what each line and fee is taxed on; what falls on fees is left out.
    """
    paying = [line for line in order.lines if line.bundle_line is None]
    values = [_paying_value(order, line) for line in paying]
    vouchers = split(min(order.amounts.discounts, sum(values)), values)
    tax = order.amounts.tax_added - order.amounts.tax_deducted
    bases = [(value - voucher, line.tax_percent) for line, value, voucher in zip(paying, values, vouchers, strict=True)]
    fees = [
        (order.amounts.shipping, order.amounts.shipping_tax_percent or 0),
        (order.amounts.handling, order.amounts.handling_tax_percent or 0),
    ]
    taxes = split(tax, tax_weights((*bases, *fees), inside=tax < 0))
    worths = {
        line.id: Worth(value, voucher, share) for line, value, voucher, share in zip(paying, values, vouchers, taxes[: len(paying)], strict=True)
    }
    for line in paying:
        worths.update(_items(order, line, worths[line.id]))
    return worths


def tax_weights(parts: Iterable[tuple[int, Decimal | int]], *, inside: bool) -> list[int]:
    """In which proportion amounts with these rates are taxed; `inside`: the tax is a part of them (it is deducted), else it comes on top."""
    return [int(Decimal(base) * rate * 1_000_000 / (100 + rate if inside else 100)) for base, rate in parts]


class UnitWorths:
    """What single units of an order's lines are worth, counted from the first; unknown lines are worth nothing."""

    def __init__(self, order: CentraOrder) -> None:
        self._worths = line_worths(order)
        self._quantities = {line.id: line.quantity for line in order.lines}

    def of(self, line: int, first: int, count: int) -> Worth:
        return self._worths.get(line, Worth()).units(self._quantities.get(line, 0), first, count)

    def last(self, units: Mapping[int, int]) -> int:
        """The total of the last units of each line: {line: units}."""
        return sum(self.of(line, self._quantities.get(line, 0) - count, count).total for line, count in units.items())


def items_of(order: CentraOrder, bundle: int) -> list[LineOfOrder]:
    """The item lines of a bundle's own line."""
    return [line for line in order.lines if line.bundle_line == bundle]


def _paying_value(order: CentraOrder, line: LineOfOrder) -> int:
    """Whether Centra shows a bundle's money on its own line or only on its items is not documented."""
    return line.value or sum(item.value for item in items_of(order, line.id))


def _items(order: CentraOrder, bundle: LineOfOrder, worth: Worth) -> dict[int, Worth]:
    items = items_of(order, bundle.id)
    priced = ([i.value for i in items], [i.unit_original * i.quantity for i in items], [i.quantity for i in items])
    weights = next((weights for weights in priced if any(weights)), priced[-1])
    shares = zip(split(worth.value, weights), split(worth.voucher, weights), split(worth.tax, weights), strict=True) if items else ()
    return {item.id: Worth(*share) for item, share in zip(items, shares, strict=True)}


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
