"""A refund made at a till becomes one completed return per shipment in Centra, and is refunded there only if the till left that to Centra."""

from __future__ import annotations

from dataclasses import replace

from connector.centra.errors import Refused
from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.domain.exceptions import Kind, Owner, Problem
from connector.domain.order_keys import return_key
from connector.flows.orders.copies import SETTLE_S
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.refusals import words_of
from connector.flows.orders.trouble import Postponed
from connector.flows.orders.warehouse_turn import warehouse_turn
from connector.flows.returns.original import original_for
from connector.mapping.refund_findings import Finding, refund_entity
from connector.mapping.refund_money import PartOfReturn
from connector.mapping.refund_order import original_of
from connector.mapping.refund_units import CANCELLATION
from connector.mapping.till_refund import Decision, ReturnPlan, plan_return
from connector.runtime.parking import park
from connector.runtime.queues import Work
from connector.sitoo.order_models import WholeOrder
from connector.store.order_files import Returning

WAIT_S = 60.0
PAID_AT_TILL, PAID_BY_PROVIDER = "till", "provider"
"""Note of a Returning: who pays the customer."""
CLAIMED, CREATED, COMPLETED, REFUNDING, REFUNDED, DONE, PARKED = "claimed", "created", "completed", "refunding", "refunded", "done", "parked"


def record_refund(turn: OrderTurn, refund: WholeOrder, body: str) -> None:
    """Converge Centra with one refund order of Sitoo. Raises trouble.PASSING (Postponed while something must happen first) and refusals."""
    ctx, number = turn.ctx, turn.file.number
    turn.hold()
    order = ctx.centra.orders([number]).get(number)
    turn.hold()
    returns = ctx.centra.returns_of(number)
    original = original_for(turn, original_of(refund), order)
    plan = plan_return(refund, original, order, returns, ctx.settings, returnings=turn.file.returnings)
    _tell(turn, refund, plan, body)
    if plan.decision is Decision.WAIT:
        raise Postponed(WAIT_S, plan.awaiting or "the shipment of what was returned")
    if plan.decision is not Decision.RETURN or order is None:
        return
    for part in plan.parts:
        _make(turn, order, refund, plan, part, returns, body)
    if plan.cancel:
        _cancel(turn, order, refund, plan)
    _stamp(turn, refund, plan)
    _conclude(turn)


def _make(
    turn: OrderTurn, order: CentraOrder, refund: WholeOrder, plan: ReturnPlan, part: PartOfReturn, returns: list[ReturnOfOrder], body: str
) -> None:
    """createReturn → completeReturn → refundReturn, each looked up before it is repeated."""
    known = next((r for r in turn.file.returnings if r.key == part.key), None)
    if known is not None and known.state in (DONE, PARKED):
        return
    made = next((r for r in returns if r.external_id == part.key), None)
    payer = PAID_BY_PROVIDER if plan.refund_in_centra else PAID_AT_TILL
    if known is None:
        known = Returning(part.key, True, CLAIMED, refund.id, part.shipment_id, part.lines, part.amount, turn.ctx.clock.now(), note=payer)
        turn.keep(replace(turn.file.with_returning(known), is_open=True))
        fresh = True
    else:
        fresh = False
    if known.state == CLAIMED:
        known = _create(turn, order, part, known, made, refund, fresh=fresh)
    if known.state == CREATED:
        known = _complete(turn, known, made)
    if known.state == COMPLETED:
        if not plan.refund_in_centra:
            _keep(turn, known, DONE)
            return
        known = _keep(turn, known, REFUNDING)
        turn.hold()
        written = turn.ctx.centra.refund_return(known.return_id or 0)
        if written.errors:
            _refund_unclear(turn, known, words_of(written.errors), body)
            return
        turn.step("refunded through the payment provider", note=f"return {known.return_id}")
        _keep(turn, known, DONE)
    elif known.state == REFUNDING:
        _settle_refund(turn, known, made, body)


def _create(
    turn: OrderTurn, order: CentraOrder, part: PartOfReturn, known: Returning, made: ReturnOfOrder | None, refund: WholeOrder, *, fresh: bool
) -> Returning:
    ctx = turn.ctx
    if made is None and not fresh and ctx.clock.now() - known.at < SETTLE_S:
        raise Postponed(known.at + SETTLE_S - ctx.clock.now() + 1.0, f"return {part.key} may still appear in Centra")
    if made is not None:
        return_id = made.id
    else:
        known = replace(known, at=ctx.clock.now())
        turn.keep(turn.file.with_returning(known))
        turn.hold()
        written = ctx.centra.create_return(
            part.shipment_id,
            part.lines,
            external_id=part.key,
            return_cost=part.return_cost,
            shipping=part.shipping,
            voucher=part.voucher,
            currency=order.currency,
            decimals=order.currency_decimals,
            comment=f"Returned at a till, Sitoo order {refund.id}",
        )
        if written.id is None:
            raise Refused(written.errors)
        return_id = written.id
        turn.step("return created", note=f"return {return_id} of shipment {part.shipment_id}", since=known.at)
    created = replace(known, state=CREATED, return_id=return_id)
    turn.keep(turn.file.with_returning(created))
    return created


def _complete(turn: OrderTurn, known: Returning, made: ReturnOfOrder | None) -> Returning:
    if made is None or not made.completed:
        turn.hold()
        written = turn.ctx.centra.complete_return(known.return_id or 0)
        if written.errors and not any(r.id == known.return_id and r.completed for r in _reread(turn)):
            raise Refused(written.errors)
        turn.step("return completed", note=f"return {known.return_id}")
    return _keep(turn, known, COMPLETED)


def _settle_refund(turn: OrderTurn, known: Returning, made: ReturnOfOrder | None, body: str) -> None:
    """The outcome of a refund call is unknown: the payment history tells, and if it does not, people must. It is never called again."""
    now = made or next((r for r in _reread(turn) if r.id == known.return_id), None)
    if now is not None and now.refunds:
        turn.step("refund found in the payment history", note=f"return {known.return_id}")
        _keep(turn, known, DONE)
    elif turn.ctx.clock.now() - known.at < SETTLE_S:
        raise Postponed(SETTLE_S, f"the refund of return {known.return_id} may still appear")
    else:
        _refund_unclear(turn, known, "the call broke off and no refund is in the payment history", body)


def _refund_unclear(turn: OrderTurn, known: Returning, why: str, body: str) -> None:
    _keep(turn, known, PARKED)
    turn.park(
        Kind.REFUND_MISMATCH,
        Owner.FINANCE,
        f"Return {known.return_id} of order {turn.file.number} should be refunded to the original payment, and it is not known to be: {why}.",
        "Look at the return's payment history in Centra and at the payment provider; refund it there if it was not. Then discard this exception.",
        Work.RETURNS,
        body,
        centra_return=known.return_id or 0,
        cents=known.amount,
    )


def _cancel(turn: OrderTurn, order: CentraOrder, refund: WholeOrder, plan: ReturnPlan) -> None:
    """Refunded before anything was handed out or shipped: the lines are cancelled instead."""
    key = return_key(refund.id, CANCELLATION)
    if any(r.key == key and r.state == DONE for r in turn.file.returnings):
        return
    ctx = turn.ctx
    left = {line.id: line.quantity - order.shipped_units(line.id) for line in order.lines}
    known = next((r for r in turn.file.returnings if r.key == key), None)
    note = ",".join(f"{line}:{left.get(line, 0)}" for line in sorted(plan.cancel))
    if known is None:
        known = Returning(key, True, CLAIMED, refund.id, CANCELLATION, plan.cancel, 0, ctx.clock.now(), note=note)
        turn.keep(turn.file.with_returning(known))
    if known.note == note:
        places = {a.warehouse for line in order.lines if line.id in plan.cancel for a in line.allocations if ctx.store_at(a.warehouse) is not None}
        if places:
            with warehouse_turn(ctx, min(places)):
                turn.hold()
                ctx.centra.cancel_lines(order.number, plan.cancel, remove=False, comment="refunded at a till before it was handed out")
        else:
            turn.hold()
            ctx.centra.cancel_lines(order.number, plan.cancel, remove=False, comment="refunded at a till before it was shipped")
        turn.step("lines cancelled", note=note)
    _keep(turn, known, DONE)


def _tell(turn: OrderTurn, refund: WholeOrder, plan: ReturnPlan, body: str) -> None:
    for finding in plan.findings:
        park_finding(turn, refund.id, finding, body)


def park_finding(turn: OrderTurn, refund_id: int, finding: Finding, body: str) -> None:
    """One case per kind and refund; a message is kept only where redriving it can do something."""
    ctx = turn.ctx
    entity = refund_entity(ctx.site.id, refund_id)
    problem = Problem(finding.kind, entity, finding.owner, finding.happened, finding.todo, dict(finding.evidence))
    if finding.stops:
        park(ctx.queues, ctx.cases, problem, Work.RETURNS, body, ctx.clock, by=ctx.by)
    else:
        ctx.cases.open(problem, now=ctx.clock.now(), by=ctx.by)
    fact = f"{finding.kind.value}:{refund_id}"
    if fact not in turn.file.handled:
        turn.step("parked", note=f"{finding.kind.value}, refund {refund_id}")
        turn.keep(replace(turn.file, handled=turn.file.handled | {fact}))


def _stamp(turn: OrderTurn, refund: WholeOrder, plan: ReturnPlan) -> None:
    """Say on the Centra order where it was returned: receipt, store, tenders."""
    ctx, fact = turn.ctx, f"stamped:{refund.id}"
    if fact in turn.file.handled:
        return
    stamps = ctx.settings.stamps
    if stamps.attribute:
        receipt = refund.marks.get("pos-receiptid", "")
        tenders = ", ".join(f"{name} {amount}" for name, amount in sorted(plan.tenders.items()))
        turn.hold()
        ctx.centra.assign_attribute(
            turn.file.number, stamps.attribute, stamps.return_element, f"receipt {receipt or refund.id}, warehouse {refund.warehouse_id}: {tenders}"
        )
    turn.step("returned at a till", note=f"Sitoo order {refund.id}")
    turn.keep(replace(turn.file, handled=turn.file.handled | {fact}))


def _keep(turn: OrderTurn, known: Returning, state: str) -> Returning:
    changed = replace(known, state=state, at=turn.ctx.clock.now() if state == REFUNDING else known.at)
    turn.keep(turn.file.with_returning(changed))
    return changed


def _reread(turn: OrderTurn) -> list[ReturnOfOrder]:
    turn.hold()
    return turn.ctx.centra.returns_of(turn.file.number)


def _conclude(turn: OrderTurn) -> None:
    pending = [r for r in turn.file.returnings if r.state not in (DONE, PARKED)]
    if not pending and turn.file.troubles:
        turn.keep(replace(turn.file, troubles=0))
