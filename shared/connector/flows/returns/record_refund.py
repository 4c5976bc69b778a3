"""A refund made at a till becomes one completed return per shipment in Centra, and is refunded there only if the till left that to Centra."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connector.centra.errors import Refused
from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.domain.order_settings import TillRefund
from connector.flows.orders.copies import SETTLE_S
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.trouble import Postponed
from connector.flows.orders.watches import FINISHED, end_watch, watch, watch_finished
from connector.flows.returns.book_till_order import Booked, put_in_ledger
from connector.flows.returns.cancel_refunded import cancel_refunded, settle_cancellation
from connector.flows.returns.make_return import CLAIMED, DONE, FINANCE_DECIDES, PAID_AT_TILL, PAID_BY_PROVIDER, Wish, make_return
from connector.flows.returns.original import original_for
from connector.flows.returns.paid_twice import tell_paid_twice
from connector.flows.returns.refund_stock import settle_stock
from connector.flows.returns.told import resolve_told, tell, tell_refused
from connector.flows.returns.undone_refund import STOPPED_BY, tell_undone
from connector.mapping.ledger_rows import RECEIPT_MARK
from connector.mapping.refund_order import original_of, payers, payout_of
from connector.mapping.till_refund import Decision, Original, ReturnPlan, plan_return
from connector.sitoo.errors import Refused as SitooRefused
from connector.sitoo.order_models import WholeOrder

UNFINISHED_S = 180.0
"""A refund that is being worked on is looked at again after this, should its message be lost."""
LINKED_LATE_S = 3 * 86_400.0
SHORTEST_WAIT_S, LONGEST_WAIT_S = 15.0, 900.0


@dataclass(frozen=True, slots=True)
class _Read:
    """A refund with everything about its order, read together, and what is to be done about it."""

    order: CentraOrder | None
    returns: list[ReturnOfOrder]
    original: Original | None
    plan: ReturnPlan


def record_refund(turn: OrderTurn, booked: Booked, body: str, *, moved: bool = False) -> None:
    """Converge one order of Centra with a refund order of Sitoo. Raises trouble.PASSING (Postponed: something must happen first) and refusals.

    `moved`: the refund's goods have moved in Sitoo.
    """
    refund = booked.part
    if booked.undone_by:
        tell_undone(turn, refund, booked.entity, booked.undone_by, body)
        return
    if not moved and _nothing_new(turn, booked):
        return
    read = _read(turn, refund, booked)
    if read.plan.decision is Decision.RETURN:
        watch(turn, refund.id, UNFINISHED_S, "its returns in Centra")
        try:
            _carry_out(turn, refund, read, body)
        except Refused:
            # What Centra refuses may have come back by mail a moment ago: then the new plan says so.
            read = _read(turn, refund, booked)
            if read.plan.decision is Decision.RETURN:
                _carry_out(turn, refund, read, body)
    if read.plan.decision is Decision.WAIT:
        _wait(turn, refund, read.plan)
    if read.plan.decision is Decision.PARK:
        _forget_claims(turn, refund, read.returns)
    for finding in read.plan.findings:
        tell(turn, booked.entity, finding, body)
    if read.plan.decision is not Decision.RETURN:
        end_watch(turn, refund.id)
        return
    _conclude(turn, refund, booked, read, body)


def _nothing_new(turn: OrderTurn, booked: Booked) -> bool:
    """Told once more of a refund that went through (each is found by its event and by the cursor): until its next look is due nothing is done."""
    file, refund = turn.file, booked.whole.id
    known = file.watch_of(refund)
    done = all(r.state == DONE for r in file.returnings if r.inbound and r.sitoo_order_id == refund)
    told = any(fact.endswith(f":{booked.entity}") for fact in file.handled)
    waits = known is not None and known.why == FINISHED and known.look_at > turn.ctx.clock.now() and not known.moving
    return waits and done and not told


def _read(turn: OrderTurn, refund: WholeOrder, booked: Booked) -> _Read:
    ctx, number = turn.ctx, turn.file.number
    turn.hold()
    order, returns = ctx.centra.order_with_returns(number)
    if order is not None:
        settle_cancellation(turn, order, refund.id)
    original = original_for(turn, original_of(refund), order, by_hand=booked.by_hand)
    return _Read(order, returns, original, plan_return(refund, original, order, returns, ctx.settings, returnings=turn.file.returnings))


def _carry_out(turn: OrderTurn, refund: WholeOrder, read: _Read, body: str) -> None:
    if read.order is None:
        return
    wish = Wish(read.order, refund.id, _payer(turn, refund, read.plan), f"Returned at a till: {_told(turn, refund, read.plan)}", body)
    for part in read.plan.parts:
        make_return(turn, wish, part, read.returns)
    if read.plan.cancel:
        cancel_refunded(turn, read.order, refund.id, read.plan.cancel)
    _stamp(turn, refund, read.plan)


def _wait(turn: OrderTurn, refund: WholeOrder, plan: ReturnPlan) -> None:
    """The longer it waits, the longer until it is looked at again; events of the order do not tell the refund."""
    why = plan.awaiting or "the shipment of what was returned"
    since = watch(turn, refund.id, UNFINISHED_S, why).since
    wait_s = min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S, (turn.ctx.clock.now() - since) / 2))
    watch(turn, refund.id, wait_s + UNFINISHED_S, why)
    raise Postponed(wait_s, why)


def _forget_claims(turn: OrderTurn, refund: WholeOrder, returns: list[ReturnOfOrder]) -> None:
    """A refund that is parked keeps no units from others; a return that may still appear is waited for first."""
    seen = {r.external_id for r in returns}
    for claim in turn.file.returnings:
        if claim.inbound and claim.state == CLAIMED and claim.sitoo_order_id == refund.id and claim.key not in seen:
            left = claim.at + SETTLE_S - turn.ctx.clock.now()
            if left > 0:
                raise Postponed(left + 1.0, f"return {claim.key} may still appear in Centra")
            turn.keep(turn.file.without_returning(claim.key))


def _conclude(turn: OrderTurn, refund: WholeOrder, booked: Booked, read: _Read, body: str) -> None:
    ctx = turn.ctx
    made = [r for r in turn.file.returnings if r.inbound and r.sitoo_order_id == refund.id and r.return_id is not None]
    if booked.leads:
        put_in_ledger(ctx, booked.whole, booked, centra_return=made[0].return_id if made else None)
    resolve_told(turn, booked.entity, *STOPPED_BY)
    if turn.file.troubles:
        turn.keep(replace(turn.file, troubles=0))
    if read.order is not None:
        tell_paid_twice(turn, read.order, read.returns, body)
        if booked.web and booked.leads and read.original is not None and not _long_ago(turn, booked):
            _settle_stock(turn, booked, read.original, read.order, body)
    watch_finished(turn, refund.id, float(ctx.settings.returns.stock_in_after_s))


def _long_ago(turn: OrderTurn, booked: Booked) -> bool:
    """Sitoo takes in a receipt that named no sale like any other: for one that people named late, weeks of movements are not worth reading."""
    return booked.by_hand and booked.whole.date < turn.ctx.clock.now() - LINKED_LATE_S


def _settle_stock(turn: OrderTurn, booked: Booked, original: Original, order: CentraOrder, body: str) -> None:
    """Of the whole receipt, for its movements are not told apart. Stock that Sitoo does not take in is told; a second refund is watched for all
    the same."""
    settings = turn.ctx.settings
    goods = {row.sku for row in original.rows if row.line}
    if booked.part is not booked.whole:
        fees = {settings.shipping_fee_sku, settings.handling_fee_sku, settings.returns.shipping_sku}
        goods = {row.sku for row in booked.whole.rows if row.quantity < 0} - fees
    try:
        settle_stock(turn, booked.whole, original, order, goods - {""})
    except SitooRefused as refused:
        tell_refused(turn, booked.entity, refused, body)


def _payer(turn: OrderTurn, refund: WholeOrder, plan: ReturnPlan) -> str:
    """A refund that the till left to Centra and whose figures differ is paid by nobody until finance has decided."""
    if plan.refund_in_centra:
        return PAID_BY_PROVIDER
    who, _ = payers(payout_of(refund), turn.ctx.settings.returns.tenders)
    return FINANCE_DECIDES if TillRefund.REFUND_IN_CENTRA in who else PAID_AT_TILL


def _told(turn: OrderTurn, refund: WholeOrder, plan: ReturnPlan) -> str:
    """Receipt, store and tenders: what people look for when they ask who paid."""
    store = turn.ctx.site.store_of_sitoo_warehouse(refund.warehouse_id) if refund.warehouse_id is not None else None
    tenders = ", ".join(f"{name} {given}" for name, given in sorted(plan.tenders.items())) or "goods"
    receipt = refund.marks.get(RECEIPT_MARK, "")
    return f"{f'receipt {receipt}, ' if receipt else ''}Sitoo order {refund.id}, {store.name if store else 'no store'}, {tenders}"


def _stamp(turn: OrderTurn, refund: WholeOrder, plan: ReturnPlan) -> None:
    """Say on the Centra order where it was returned; without an attribute the comments of its returns say it."""
    ctx, fact = turn.ctx, f"stamped:{refund.id}"
    if fact in turn.file.handled:
        return
    stamps = ctx.settings.stamps
    if stamps.attribute:
        turn.hold()
        try:
            refused = bool(ctx.centra.assign_attribute(turn.file.number, stamps.attribute, stamps.return_element, _told(turn, refund, plan)).errors)
        except Refused:
            refused = True
        if refused:
            turn.step("the order could not be stamped", note=f"attribute {stamps.attribute}")
    turn.step("returned at a till", note=f"Sitoo order {refund.id}")
    turn.keep(replace(turn.file, handled=turn.file.handled | {fact}))
