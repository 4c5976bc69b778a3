"""Every till order is booked in the ledger; a refund of a web order is handed to that order, one without a link to people."""

from __future__ import annotations

from connector.domain.exceptions import Problem
from connector.flows.orders.context import OrderContext
from connector.mapping.ledger_rows import row_of_till_order
from connector.mapping.refund_findings import Candidate, refund_entity, unlinked
from connector.mapping.refund_order import Nature, nature, original_of, web_order_of
from connector.runtime.parking import park
from connector.runtime.queues import Work
from connector.sitoo.order_models import WholeOrder
from connector.store.order_files import OrderFile, Purpose

MOST_CANDIDATES = 5


def book_till_order(ctx: OrderContext, order: WholeOrder, body: str) -> int | None:
    """Book it (again, if need be); the Centra order that its refund belongs to, None when there is nothing more to do."""
    kind = nature(order)
    number = _web_order(ctx, order) if kind is Nature.REFUND else None
    if kind in (Nature.REFUND, Nature.NO_REFUND) and order.register:
        row = row_of_till_order(order, ctx.site, centra_order=number)
        if row is not None:
            ctx.ledger.put(row)
    if kind is not Nature.REFUND or number is not None:
        return number
    if original_of(order) is None:
        _park_unlinked(ctx, order, body)
    return None


def _web_order(ctx: OrderContext, refund: WholeOrder) -> int | None:
    """By a link that people made, by our record of the copy, or by the copy's own externalid."""
    linked = ctx.files.number_of(refund.id)
    if linked is not None:
        return linked
    original = original_of(refund)
    if original is None:
        return None
    known = ctx.files.number_of(original)
    if known is not None:
        return known
    found = ctx.sitoo.whole_orders(ids=[original])
    return web_order_of(found[0]) if found else None


def _park_unlinked(ctx: OrderContext, refund: WholeOrder, body: str) -> None:
    rows = [row for row in refund.rows if row.quantity < 0]
    finding = unlinked(refund, rows, _candidates(ctx, refund))
    problem = Problem(finding.kind, refund_entity(ctx.site.id, refund.id), finding.owner, finding.happened, finding.todo, dict(finding.evidence))
    park(ctx.queues, ctx.cases, problem, Work.RETURNS, body, ctx.clock, by=ctx.by)


def _candidates(ctx: OrderContext, refund: WholeOrder) -> list[Candidate]:
    """Recent web orders whose copies hold what came back, newest first."""
    wanted = {row.sku for row in refund.rows if row.quantity < 0 and row.sku}
    found = [c for file in ctx.files.open_files() if (c := _candidate(file, wanted)) is not None]
    return sorted(found, key=lambda c: -c.at)[:MOST_CANDIDATES]


def _candidate(file: OrderFile, wanted: set[str]) -> Candidate | None:
    left: dict[str, int] = {}
    at = 0.0
    for copy in file.copies:
        if copy.purpose in (Purpose.FULFIL, Purpose.RETURN):
            at = max(at, copy.claimed_at)
            for row in copy.rows:
                if row.sku in wanted:
                    left[row.sku] = left.get(row.sku, 0) + row.units
    return Candidate(file.number, at, left, {}) if left else None
