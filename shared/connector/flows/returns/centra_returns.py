"""Returns made in Centra (by mail, by customer service) are recorded on the order's copy in Sitoo, so that no till refunds them again."""

from __future__ import annotations

from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.domain.exceptions import Kind, Owner
from connector.domain.order_keys import refund_of
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.trouble import REFUSED, Postponed
from connector.flows.orders.watches import end_watch, watch
from connector.flows.returns.book_refund import book_refund
from connector.flows.returns.make_return import DONE, PAID_BY_PROVIDER
from connector.flows.returns.paid_twice import tell_paid_twice
from connector.flows.returns.record_return import Recorded, record_return
from connector.flows.returns.told import return_entity, tell, tell_refused
from connector.mapping.refund_findings import Finding
from connector.mapping.return_checks import is_payment

UNFINISHED_S = 180.0
"""Returns that are being recorded are looked at again after this, should their message be lost."""
SHORTEST_WAIT_S, LONGEST_WAIT_S = 60.0, 86_400.0
"""The longer a return stays open, the rarer it is looked at: nothing tells of its end for sure."""
WAITED_FOR_S = 30 * 86_400.0
"""So long a return may stay open, or its copy in the making, until it is no longer looked for."""


def take_centra_returns(turn: OrderTurn, body: str) -> None:
    """Look at every return of an order: others' completed ones are recorded in Sitoo, our own are watched for a second refund."""
    ctx, number = turn.ctx, turn.file.number
    turn.hold()
    order, returns = ctx.centra.order_with_returns(number)
    if order is None:
        return
    tell_paid_twice(turn, order, returns, body)
    _tell_unpaid(turn, order, returns, body)
    _tell_deleted(turn, returns, body)
    others = [made for made in returns if refund_of(made.external_id) is None]
    for made in others:
        book_refund(ctx, made, order)
    if turn.file.copies and not any(turn.is_ours(copy) for copy in turn.file.copies):
        return  # its copies stand in another site, which records on them and watches it
    if any(made.completed for made in others):
        watch(turn, 0, UNFINISHED_S, "returns made in Centra are being recorded")
    waiting, postponed = False, None
    for made in others:
        if not made.completed:
            waiting = True
            continue
        try:
            waiting |= record_return(turn, order, made, body) is Recorded.LATER
        except Postponed as later:
            postponed = later
        except REFUSED as refused:
            # What Sitoo does not take of one return must not keep the others from the tills.
            tell_refused(turn, return_entity(number, made.id), refused, body)
    if postponed is not None:
        raise postponed
    if waiting and ctx.clock.now() - max(made.created_at for made in others) < WAITED_FOR_S:
        known = turn.file.watch_of(0)
        waited = ctx.clock.now() - known.since if known is not None else 0.0
        why = "returns that are not completed, or goods that are on no copy yet"
        watch(turn, 0, min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S, waited / 2)), why)
    else:
        end_watch(turn, 0)


def _tell_deleted(turn: OrderTurn, returns: list[ReturnOfOrder], body: str) -> None:
    """A recorded return that somebody deleted in Centra: tills would not take those goods any more. Whether a closed refund can be cancelled in
    Sitoo without moving its stock is (unconfirmed), so people do."""
    number, there = turn.file.number, {made.id for made in returns}
    for known in turn.file.returnings:
        if not known.inbound and known.state == DONE and known.return_id is not None and known.return_id not in there:
            happened = f"Return {known.return_id} of order {number} was deleted in Centra; tills still take its articles for returned."
            todo = (
                f"Cancel Sitoo order {known.sitoo_order_id} (it moved no money and no stock), or make the return again. Then discard this exception."
            )
            evidence = {"return": known.return_id, "sitoo_order": known.sitoo_order_id or 0}
            tell(
                turn,
                return_entity(number, known.return_id),
                Finding(Kind.REFUND_MISMATCH, Owner.FINANCE, happened, todo, evidence, stops=False),
                body,
            )


def _refused_at_last(made: ReturnOfOrder) -> bool:
    """A request may stand in the history before its answer."""
    last = max(made.refunds, key=lambda entry: (entry.created_at, entry.id), default=None)
    return last is not None and not is_payment(last) and not any(entry.status == "SUCCESS" for entry in made.refunds)


def _tell_unpaid(turn: OrderTurn, order: CentraOrder, returns: list[ReturnOfOrder], body: str) -> None:
    """The payment provider said later that it could not pay what the till had left to it."""
    asked = {r.key for r in turn.file.returnings if r.inbound and r.state == DONE and r.note == PAID_BY_PROVIDER}
    for made in returns:
        if made.external_id in asked and _refused_at_last(made):
            happened = f"The payment provider refused the refund of return {made.id} of order {order.number}, which a till had left to it."
            todo = "Refund the return in Centra again once the reason is mended, or pay the customer another way. Then discard this exception."
            finding = Finding(Kind.REFUND_MISMATCH, Owner.FINANCE, happened, todo, {"return": made.id}, stops=False)
            tell(turn, return_entity(order.number, made.id), finding, body)
