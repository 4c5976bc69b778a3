"""Which web orders a refund without a receipt may belong to: the newest copies in Sitoo that hold what came back."""

from __future__ import annotations

from connector.domain.order_keys import LINE_MARK
from connector.flows.orders.context import OrderContext
from connector.mapping.refund_findings import Candidate, ranked
from connector.mapping.refund_order import web_order_of
from connector.sitoo.order_models import ABANDONED, CANCELLED, WholeOrder

MOST_CANDIDATES = 5
LOOKED_THROUGH = 1000
"""The newest orders of the site: two requests, and only for a refund that nothing links."""


def candidates(ctx: OrderContext, refund: WholeOrder) -> list[Candidate]:
    """The likeliest first: same articles, same amount, nearest in time. Of several copies of one order the units add up."""
    wanted = {row.sku for row in refund.rows if row.quantity < 0 and row.sku}
    orders, _ = ctx.sitoo.orders_from(max(1, ctx.sitoo.newest_order() - LOOKED_THROUGH + 1), limit=LOOKED_THROUGH)
    returned = _returned(orders)
    found: dict[int, Candidate] = {}
    for order in orders:
        number = web_order_of(order)
        # The copy of a till's own sale is marked with a negative number: no web order.
        if number is not None and number > 0 and order.state not in (CANCELLED, ABANDONED) and order.credit_of is None:
            one = _of_copy(number, order, wanted, returned)
            if one is not None:
                found[number] = _both(found[number], one) if number in found else one
    return [candidate for candidate, _, _ in ranked(refund, list(found.values()))][:MOST_CANDIDATES]


def _returned(orders: list[WholeOrder]) -> dict[tuple[int, str], int]:
    """{(original, sku): units} that refunds among these orders took back."""
    units: dict[tuple[int, str], int] = {}
    for order in orders:
        if order.credit_of is not None and order.state not in (CANCELLED, ABANDONED):
            for row in order.rows:
                units[order.credit_of, row.sku] = units.get((order.credit_of, row.sku), 0) - row.quantity
    return units


def _of_copy(number: int, copy: WholeOrder, wanted: set[str], returned: dict[tuple[int, str], int]) -> Candidate | None:
    left: dict[str, int] = {}
    worth: dict[str, int] = {}
    for row in copy.rows:
        if row.sku in wanted and row.quantity > 0 and LINE_MARK in row.marks:
            left[row.sku] = left.get(row.sku, 0) + row.quantity
            worth[row.sku] = int(row.gross * 100) // row.quantity
    left = {sku: n - returned.get((copy.id, sku), 0) for sku, n in left.items() if n > returned.get((copy.id, sku), 0)}
    return Candidate(number, copy.date, left, worth) if left else None


def _both(one: Candidate, other: Candidate) -> Candidate:
    left = {sku: one.left.get(sku, 0) + other.left.get(sku, 0) for sku in one.left.keys() | other.left.keys()}
    return Candidate(one.order_number, max(one.at, other.at), left, {**one.worth, **other.worth})
