"""Every till order is booked in the ledger; a refund of a web order is handed to that order, one without a link to people."""

from __future__ import annotations

from dataclasses import dataclass

from connector.domain.exceptions import Kind, Problem
from connector.flows.orders.context import OrderContext
from connector.flows.orders.till_sales import sale_file
from connector.flows.returns.candidates import candidates
from connector.flows.returns.told import resolve
from connector.mapping.ledger_rows import row_of_till_order
from connector.mapping.refund_findings import refund_entity, unlinked
from connector.mapping.refund_order import Nature, nature, original_of, web_order_of
from connector.runtime.parking import park
from connector.runtime.queues import Work
from connector.sitoo.order_models import WholeOrder


@dataclass(frozen=True, slots=True)
class Booked:
    """`number`: the Centra order to return from. `web`: of a web order, not of a till's own sale. `by_hand`: people named the order."""

    number: int
    web: bool
    by_hand: bool


def book_till_order(ctx: OrderContext, order: WholeOrder, body: str) -> Booked | None:
    """Book it (again, if need be); what its refund belongs to, None when there is nothing more to do."""
    kind = nature(order)
    booked = _belongs_to(ctx, order) if kind is Nature.REFUND else None
    if kind in (Nature.REFUND, Nature.NO_REFUND):
        put_in_ledger(ctx, order, booked)
    if kind is Nature.REFUND and booked is None and original_of(order) is None:
        _park_unlinked(ctx, order, body)
    if booked is not None and booked.by_hand:
        resolve(ctx, refund_entity(ctx.site.id, order.id), Kind.RETURN_UNLINKED, note=f"people named order {booked.number}")
    return booked


def put_in_ledger(ctx: OrderContext, order: WholeOrder, booked: Booked | None, *, centra_return: int | None = None) -> None:
    """Only what a till rang up, once it is closed."""
    number = booked.number if booked is not None else None
    row = row_of_till_order(order, ctx.site, web=booked is not None and booked.web, centra_order=number, centra_return=centra_return)
    if row is not None and (order.register or number is not None):
        ctx.ledger.put(row)


def _belongs_to(ctx: OrderContext, refund: WholeOrder) -> Booked | None:
    """By a link that people made, by our record of the copy, or by the copy's own externalid."""
    linked = ctx.files.number_of(refund.id)
    if linked is not None:
        return Booked(linked, web=True, by_hand=True)
    original = original_of(refund)
    if original is None:
        return None
    known = ctx.files.number_of(original)
    if known is not None:
        return Booked(known, web=ctx.files.get(sale_file(original)) is None, by_hand=False)
    found = ctx.sitoo.whole_orders(ids=[original])
    number = web_order_of(found[0]) if found else None
    return Booked(number, web=True, by_hand=False) if number is not None else None


def _park_unlinked(ctx: OrderContext, refund: WholeOrder, body: str) -> None:
    rows = [row for row in refund.rows if row.quantity < 0]
    finding = unlinked(refund, rows, candidates(ctx, refund))
    problem = Problem(
        kind=Kind.RETURN_UNLINKED,
        entity=refund_entity(ctx.site.id, refund.id),
        owner=finding.owner,
        happened=finding.happened,
        todo=finding.todo,
        evidence=dict(finding.evidence),
    )
    park(ctx.queues, ctx.cases, problem, Work.RETURNS, body, ctx.clock, by=ctx.by)
