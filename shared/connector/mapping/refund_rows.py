"""The rows of a refund matched with the web order's lines: by the row they name on the original, else by SKU."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.centra.order_models import CentraOrder
from connector.domain.money import split
from connector.domain.order_settings import OrderSettings
from connector.mapping.line_worth import items_of, line_worths
from connector.mapping.refund_order import original_row, sub_units
from connector.sitoo.order_models import RowOfOrder, WholeOrder
from connector.store.order_files import CopyRow


@dataclass(frozen=True, slots=True)
class Matched:
    """`units`, `paid`: {order line: units that came back, sub-units refunded for them}. `shipping`, `handling`: fees refunded.

    `unmatched`: rows that are no row of the original. `inexact`: rows whose amount the order's currency cannot express (counted as 0).
    """

    units: Mapping[int, int]
    paid: Mapping[int, int]
    shipping: int
    handling: int
    unmatched: tuple[RowOfOrder, ...]
    inexact: tuple[RowOfOrder, ...]


def match(refund: WholeOrder, original: Sequence[CopyRow], order: CentraOrder, left: Mapping[int, int], settings: OrderSettings) -> Matched:
    """`left`: {order line: units that can still come back}; a SKU that stands in several rows goes where units are left."""
    rows = {row.row: row for row in original}
    units: dict[int, int] = defaultdict(int)
    paid: dict[int, int] = defaultdict(int)
    fees: list[tuple[str, int]] = []
    unmatched: list[RowOfOrder] = []
    inexact: list[RowOfOrder] = []
    by_sku: list[tuple[RowOfOrder, int]] = []
    for row in (row for row in refund.rows if row.quantity < 0):
        cents = sub_units(-row.gross, order.currency_decimals)
        if cents is None:
            inexact.append(row)
        named = rows.get(-1 if (index := original_row(row)) is None else index)
        if named is not None and named.sku and row.sku and named.sku != row.sku:
            named = None
        if named is not None and named.line:
            units[named.line] -= row.quantity
            paid[named.line] += cents or 0
        elif named is not None or _is_fee(row.sku, original, settings):
            fees.append((row.sku or (named.sku if named else ""), cents or 0))
        else:
            by_sku.append((row, cents or 0))
    for row, cents_of_row in by_sku:
        lines = list(dict.fromkeys(x.line for x in original if x.line and row.sku and x.sku == row.sku))
        if not lines:
            unmatched.append(row)
            continue
        shares = _where_left(-row.quantity, [left.get(line, 0) - units[line] for line in lines])
        for line, count, money in zip(lines, shares, split(cents_of_row, shares), strict=True):
            units[line] += count
            paid[line] += money
    handling = sum(cents for sku, cents in fees if sku and sku == settings.handling_fee_sku != settings.shipping_fee_sku)
    shipping = sum(cents for _, cents in fees) - handling
    return _as_items(order, Matched({k: v for k, v in units.items() if v}, paid, shipping, handling, tuple(unmatched), tuple(inexact)))


def _is_fee(sku: str, original: Sequence[CopyRow], settings: OrderSettings) -> bool:
    """Tills may refund shipping with a service article of their own."""
    known = {settings.shipping_fee_sku, settings.handling_fee_sku, settings.returns.shipping_sku, *(row.sku for row in original if not row.line)}
    return bool(sku) and sku in known


def _where_left(units: int, left: Sequence[int]) -> list[int]:
    """Units per row, where some are left first; what is too much stays with the last row and is found there."""
    shares = []
    for n in left:
        shares.append(min(units, max(0, n)))
        units -= shares[-1]
    shares[-1] += units
    return shares


def _as_items(order: CentraOrder, matched: Matched) -> Matched:
    """A bundle's own line told as its items, which are what is shipped; where it ships as one line, they are put together again (refund_units)."""
    worths = line_worths(order)
    units: dict[int, int] = defaultdict(int)
    paid: dict[int, int] = defaultdict(int)
    for line_id, count in matched.units.items():
        line, items = order.line(line_id), items_of(order, line_id)
        if line is None or not items or not line.quantity:
            units[line_id] += count
            paid[line_id] += matched.paid[line_id]
            continue
        weights = [worths[item.id].total for item in items]
        for item, money in zip(items, split(matched.paid[line_id], weights), strict=True):
            units[item.id] += count * (item.quantity // line.quantity)
            paid[item.id] += money
    return Matched(units, paid, matched.shipping, matched.handling, matched.unmatched, matched.inexact)
