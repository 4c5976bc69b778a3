"""Every till order is booked in the ledger; a refund of web orders is handed to those orders, what has no link is handed to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from connector.domain.exceptions import Kind, Problem
from connector.flows.orders.context import OrderContext
from connector.flows.orders.till_sales import sale_file
from connector.flows.returns.candidates import candidates
from connector.flows.returns.named_rows import named_rows
from connector.flows.returns.told import resolve
from connector.flows.returns.undone_refund import take_out_of_ledger
from connector.mapping.ledger_rows import row_of_till_order
from connector.mapping.refund_findings import refund_entity, unlinked
from connector.mapping.refund_order import Nature, nature, original_of, web_order_of
from connector.mapping.refund_parts import parts_by_order
from connector.runtime.parking import park
from connector.runtime.queues import Work
from connector.sitoo.order_models import ABANDONED, CANCELLED, CLOSED, RowOfOrder, WholeOrder


@dataclass(frozen=True, slots=True)
class Booked:
    """The part of a till's refund that one Centra order takes back.

    `number`: that order. `web`: a web order, not one made of a till's own sale. `by_hand`: people named it. `part`: the receipt `whole` with this
    order's rows only; mostly all of it. `entity`: what a problem with it is about. `leads`: its order speaks for the whole receipt, in the ledger
    and about its stock. `undone_by`: the Sitoo order that undid it: itself, when it was cancelled; 0 while it holds.
    """

    number: int
    web: bool
    by_hand: bool
    whole: WholeOrder
    part: WholeOrder
    entity: str
    leads: bool = True
    undone_by: int = 0


def book_till_order(ctx: OrderContext, order: WholeOrder, body: str) -> list[Booked]:
    """Book it (again, if need be); what its refund belongs to, empty when there is nothing more to do."""
    kind = nature(order)
    if order.state in (CANCELLED, ABANDONED):
        take_out_of_ledger(ctx, order)
    if kind is Nature.VOID:
        resolve(ctx, refund_entity(ctx.site.id, order.id), Kind.RETURN_UNLINKED, note="the till's refund was cancelled")
        return _undone(ctx, order, by=order.id)
    if kind is not Nature.REFUND:
        if kind is Nature.NO_REFUND:
            put_in_ledger(ctx, order, None)
        return [one for refund in _took_back(ctx, order) for one in _undone(ctx, refund, by=order.id)]
    booked, foreign = _taken_apart(ctx, order)
    put_in_ledger(ctx, order, booked[0] if booked else None)
    if foreign:
        _park_unlinked(ctx, order, foreign, body)
    elif named := ", ".join(str(one.number) for one in booked if one.by_hand):
        resolve(ctx, refund_entity(ctx.site.id, order.id), Kind.RETURN_UNLINKED, note=f"people named order {named}")
    return booked


def put_in_ledger(ctx: OrderContext, order: WholeOrder, booked: Booked | None, *, centra_return: int | None = None) -> None:
    """Only what a till rang up, once it is closed."""
    number = booked.number if booked is not None else None
    row = row_of_till_order(order, ctx.site, web=booked is not None and booked.web, centra_order=number, centra_return=centra_return)
    if row is not None and (order.register or number is not None):
        ctx.ledger.put(row)


def _undone(ctx: OrderContext, refund: WholeOrder, *, by: int) -> list[Booked]:
    return [replace(one, undone_by=by) for one in _taken_apart(ctx, refund)[0]]


def _took_back(ctx: OrderContext, order: WholeOrder) -> list[WholeOrder]:
    """The refund that a closed order undoes: goods go out again on an order that credits a refund."""
    if order.credit_of is None or order.state != CLOSED or nature(order) is not Nature.NO_REFUND:
        return []
    return [one for one in ctx.sitoo.whole_orders(ids=[order.credit_of]) if nature(one) is Nature.REFUND]


def _taken_apart(ctx: OrderContext, refund: WholeOrder) -> tuple[list[Booked], Sequence[RowOfOrder]]:
    """Its parts, lowest order number first, and the rows that belong to nothing known."""
    entity = refund_entity(ctx.site.id, refund.id)
    booked: list[Booked] = []
    foreign: Sequence[RowOfOrder] = ()
    for number, part in sorted(parts_by_order(refund, named_rows(ctx.files, refund.id)).items(), key=lambda one: one[0] or 0):
        leads = not booked
        if number is not None:
            booked.append(Booked(number, True, True, refund, part, f"{entity}/order/{number}", leads))
            continue
        found = _belongs_to(ctx, refund)
        if isinstance(found, _Named):
            booked.append(Booked(found.number, found.web, found.by_hand, refund, part, entity, leads))
        else:
            foreign = [row for row in part.rows if row.quantity < 0 and row.sku not in found]
    return booked, foreign


@dataclass(frozen=True, slots=True)
class _Named:
    number: int
    web: bool
    by_hand: bool


def _belongs_to(ctx: OrderContext, refund: WholeOrder) -> _Named | set[str]:
    """By a link that people made, by our record of the copy, or by the copy's own externalid. Else the SKUs of the till's own sale that it names:
    an order that no till made, and that no web order is known for, is nobody's sale."""
    linked = ctx.files.number_of(refund.id)
    if linked is not None:
        return _Named(linked, web=True, by_hand=True)
    original = original_of(refund)
    if original is None:
        return set()
    known = ctx.files.number_of(original)
    if known is not None:
        return _Named(known, web=ctx.files.get(sale_file(original)) is None, by_hand=False)
    found = ctx.sitoo.whole_orders(ids=[original])
    number = web_order_of(found[0]) if found else None
    if number is not None:
        return _Named(number, web=True, by_hand=False)
    fees = {ctx.settings.shipping_fee_sku, ctx.settings.handling_fee_sku, ctx.settings.returns.shipping_sku}
    return {row.sku for row in found[0].rows} | fees if found and found[0].register else set()


def _park_unlinked(ctx: OrderContext, refund: WholeOrder, rows: Sequence[RowOfOrder], body: str) -> None:
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
