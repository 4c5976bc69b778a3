"""Returns made in Centra (by mail, by customer service) are recorded on the order's copy in Sitoo, so that no till refunds them again."""

from __future__ import annotations

from dataclasses import replace

from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.domain.exceptions import Kind, Owner
from connector.domain.order_keys import recorded_return, refund_of
from connector.flows.orders.copies import SETTLE_S
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.trouble import Postponed
from connector.flows.returns.record_refund import CLAIMED, DONE, PAID_AT_TILL, PARKED, park_finding
from connector.mapping.ledger_rows import row_of_centra_return
from connector.mapping.recorded_return import Recording, draft_recorded_return
from connector.mapping.refund_findings import Finding
from connector.mapping.refund_order import original_row, recorded_return_of
from connector.runtime.queues import Work
from connector.sitoo.order_models import CANCELLED, CLOSED
from connector.store.order_files import Copy, CopyState, Returning

RECORDED_REFERENCE = "centra-return"
OPEN_RETURN_LOOKED_AT_S = 600.0


def take_centra_returns(turn: OrderTurn, body: str) -> None:
    """Look at every return of an order: others' completed ones are recorded in Sitoo, our own are watched for a second refund."""
    ctx, number = turn.ctx, turn.file.number
    turn.hold()
    order = ctx.centra.orders([number]).get(number)
    turn.hold()
    returns = ctx.centra.returns_of(number)
    if order is None:
        return
    _watch_own(turn, returns, body)
    waiting = False
    for made in returns:
        if refund_of(made.external_id) is not None:
            continue
        if not made.completed:
            waiting = True
            continue
        row = row_of_centra_return(made, order, ctx.site)
        if row is not None:
            ctx.ledger.put(row)
        _record(turn, order, made, body)
    if waiting:
        turn.keep(replace(turn.file, is_open=True, look_at=ctx.clock.now() + OPEN_RETURN_LOOKED_AT_S))


def _watch_own(turn: OrderTurn, returns: list[ReturnOfOrder], body: str) -> None:
    """A refund by the payment provider on a return that the till paid out: the customer may get the money twice."""
    for made in returns:
        ours = next((r for r in turn.file.returnings if r.key == made.external_id), None)
        paid_at_till = ours is not None and ours.inbound and ours.note == PAID_AT_TILL
        if paid_at_till and made.refunds:
            turn.park(
                Kind.DOUBLE_REFUND_RISK,
                Owner.FINANCE,
                f"Return {made.id} of order {turn.file.number} was paid out at a till, and Centra's payment provider refunds it as well.",
                "Stop the refund at the payment provider at once if it is still possible; else agree with the customer. Then discard this exception.",
                Work.RETURNS,
                body,
                centra_return=made.id,
                sitoo_order=ours.sitoo_order_id or 0 if ours is not None else 0,
            )


def _record(turn: OrderTurn, order: CentraOrder, made: ReturnOfOrder, body: str) -> None:
    """On each copy that holds goods of the return: a refund order without money and without stock, made once."""
    ctx = turn.ctx
    for copy in turn.file.copies:
        if copy.sitoo_order_id is None or copy.state is not CopyState.DONE or not turn.is_ours(copy):
            continue
        key = recorded_return(made.id, made.shipment_id)
        known = next((r for r in turn.file.returnings if r.key == key), None)
        if known is not None and known.state in (DONE, PARKED):
            return
        fresh = known is None
        draft = _drafted(turn, order, made, copy)
        if isinstance(draft, Finding):
            park_finding(turn, made.id, draft, body)
            turn.keep(turn.file.with_returning(known or _claim(ctx.clock.now(), key, made, PARKED)))
            return
        if draft is None and fresh:
            continue
        if known is None:
            known = _claim(ctx.clock.now(), key, made, CLAIMED)
            turn.keep(replace(turn.file.with_returning(known), is_open=True))
        sitoo_id = None if fresh else _posted(turn, key)
        if sitoo_id is None:
            if not fresh and ctx.clock.now() - known.at < SETTLE_S:
                raise Postponed(known.at + SETTLE_S - ctx.clock.now() + 1.0, f"{key} may still arrive in Sitoo")
            if draft is None:
                turn.keep(turn.file.with_returning(replace(known, state=DONE)))
                return
            turn.hold()
            sitoo_id = ctx.sitoo.post_order(draft.body)
            turn.step("return recorded on the copy", note=f"Sitoo order {sitoo_id}, return {made.id}", since=known.at)
        ctx.files.know_sitoo_order(sitoo_id, order.number)
        _hand_back(turn, sitoo_id)
        turn.keep(turn.file.with_returning(replace(known, state=DONE, sitoo_order_id=sitoo_id)))
        return


def _claim(now: float, key: str, made: ReturnOfOrder, state: str) -> Returning:
    return Returning(key, False, state, None, made.shipment_id, made.lines, made.amount, now, made.id)


def _drafted(turn: OrderTurn, order: CentraOrder, made: ReturnOfOrder, copy: Copy) -> Recording | Finding | None:
    """What to post, given what tills (and we) have taken back of this copy by now; our own record of this very return does not count."""
    ctx, copy_id = turn.ctx, copy.sitoo_order_id
    if copy_id is None:
        return None
    turn.hold()
    found = ctx.sitoo.whole_orders(ids=[copy_id])
    turn.hold()
    refunds = ctx.sitoo.whole_orders(credit_of=copy_id)
    if not found:
        return None
    refunded: dict[int, int] = {}
    for refund in refunds:
        if recorded_return_of(refund) == made.id or refund.state == CANCELLED:
            continue
        for row in refund.rows:
            source = original_row(row)
            if source is not None and row.quantity < 0:
                refunded[source] = refunded.get(source, 0) - row.quantity
    return draft_recorded_return(made, order, found[0], copy.rows, ctx.settings, refunded=refunded)


def _posted(turn: OrderTurn, key: str) -> int | None:
    turn.hold()
    found = turn.ctx.sitoo.whole_orders(external_ids=[key])
    return found[0].id if found else None


def _hand_back(turn: OrderTurn, sitoo_id: int) -> None:
    """The refund's rows count as delivered without moving stock: the goods came back to Centra's side."""
    ctx = turn.ctx
    turn.hold()
    read = ctx.sitoo.whole_order(sitoo_id)
    if read is None or read.warehouse_id is None:
        return
    turn.hold()
    if not ctx.sitoo.handed_out(sitoo_id):
        turn.hold()
        units = {row.row: row.quantity for row in read.rows}
        ctx.sitoo.post_delivery(sitoo_id, read.warehouse_id, units, reference=RECORDED_REFERENCE, ignore_stock=True)
    if read.state != CLOSED:
        turn.hold()
        ctx.sitoo.put_order(sitoo_id, {"orderstateid": CLOSED})
