"""One return of one shipment in Centra: createReturn, completeReturn, and refundReturn if the till left that to Centra; looked up before repeated."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connector.centra.errors import Refused
from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.domain.exceptions import Kind, Owner
from connector.flows.orders.copies import SETTLE_S
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.refusals import words_of
from connector.flows.orders.trouble import NOT_SENT, Postponed
from connector.flows.returns.told import return_entity, tell
from connector.mapping.refund_findings import Finding, amount
from connector.mapping.refund_money import PartOfReturn
from connector.mapping.return_checks import is_refunded, made_otherwise
from connector.store.order_files import Returning

PAID_AT_TILL, PAID_BY_PROVIDER, FINANCE_DECIDES = "till", "provider", "finance"
"""Note of a Returning: who pays the customer."""
CLAIMED, CREATED, COMPLETED, REFUNDING, DONE, PARKED = "claimed", "created", "completed", "refunding", "done", "parked"
GONE_AFTER_S = 600.0
"""A return that Centra made and has not shown for so long was deleted."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What every part of one refund has in common. `comment`: of the return in Centra. `payer`: who pays the customer."""

    order: CentraOrder
    refund_id: int
    payer: str
    comment: str
    body: str


def make_return(turn: OrderTurn, wish: Wish, part: PartOfReturn, returns: list[ReturnOfOrder]) -> None:
    """Bring one part to its end from wherever it stands. Raises Refused (the claim is forgotten: Centra made nothing) and trouble.PASSING."""
    known = next((r for r in turn.file.returnings if r.key == part.key), None)
    if known is not None and known.state in (DONE, PARKED):
        return
    made = next((r for r in returns if r.external_id == part.key), None)
    if known is None:
        now = turn.ctx.clock.now()
        known = Returning(part.key, True, CLAIMED, wish.refund_id, part.shipment_id, part.lines, part.amount, now, note=wish.payer)
        if made is None:
            known, made = _create(turn, wish, part, known)
    elif known.state == CLAIMED and made is None:
        left = known.at + SETTLE_S - turn.ctx.clock.now()
        if left > 0:
            raise Postponed(left + 1.0, f"return {part.key} may still appear in Centra")
        known, made = _create(turn, wish, part, known)
    if made is None:
        _not_to_be_seen(turn, wish, known)
        return
    if known.state == CLAIMED:
        known = _keep(turn, replace(known, return_id=made.id), CREATED)
    if known.state == CREATED:
        if not made.completed:
            _complete(turn, made.id)
        known = _keep(turn, known, COMPLETED)
    if known.state == COMPLETED:
        _pay(turn, wish, part, known, made)
    elif known.state == REFUNDING:
        _settle_payment(turn, wish, known, made)


def _create(turn: OrderTurn, wish: Wish, part: PartOfReturn, known: Returning) -> tuple[Returning, ReturnOfOrder | None]:
    ctx, order = turn.ctx, wish.order
    known = replace(known, at=ctx.clock.now(), lines=part.lines, amount=part.amount)
    turn.keep(replace(turn.file.with_returning(known), is_open=True))
    turn.hold()
    try:
        written = ctx.centra.create_return(
            part.shipment_id,
            part.lines,
            external_id=part.key,
            return_cost=part.return_cost,
            shipping=part.shipping,
            voucher=part.voucher,
            currency=order.currency,
            decimals=order.currency_decimals,
            comment=wish.comment,
        )
        if written.id is None:
            raise Refused(written.errors)
    except (*NOT_SENT, Refused):
        turn.keep(turn.file.without_returning(part.key))
        raise
    turn.step("return created", note=f"return {written.id} of shipment {part.shipment_id}", since=known.at)
    known = _keep(turn, replace(known, return_id=written.id), CREATED)
    return known, next((r for r in _reread(turn) if r.id == written.id), None)


def _complete(turn: OrderTurn, return_id: int) -> None:
    """Completing twice is an error, which a look tells from others."""
    turn.hold()
    written = turn.ctx.centra.complete_return(return_id)
    if written.errors and not any(r.id == return_id and r.completed for r in _reread(turn)):
        raise Refused(written.errors)
    turn.step("return completed", note=f"return {return_id}")


def _pay(turn: OrderTurn, wish: Wish, part: PartOfReturn, known: Returning, made: ReturnOfOrder) -> None:
    """Asked once. A return that came to something else than the till's figure is not refunded: finance is told both."""
    asked = replace(part, lines=known.lines, amount=known.amount)
    if (otherwise := made_otherwise(wish.order, asked, made)) is not None:
        tell(turn, return_entity(wish.order.number, made.id), otherwise, wish.body)
        _keep(turn, replace(known, note=FINANCE_DECIDES if known.note == PAID_BY_PROVIDER else known.note), DONE)
        return
    if not (wish.payer == known.note == PAID_BY_PROVIDER) or is_refunded(made):
        _keep(turn, known, DONE)
        return
    known = _keep(turn, replace(known, at=turn.ctx.clock.now()), REFUNDING)
    turn.hold()
    try:
        errors = turn.ctx.centra.refund_return(made.id).errors
    except Refused as refused:
        errors = (str(refused),)
    except NOT_SENT:
        # Nothing left the connector: asking again later is asking once.
        _keep(turn, known, COMPLETED)
        raise
    if errors:
        _unclear(turn, wish, known, words_of(errors))
        return
    turn.step("refunded through the payment provider", note=f"return {made.id}")
    _keep(turn, known, DONE)


def _settle_payment(turn: OrderTurn, wish: Wish, known: Returning, made: ReturnOfOrder) -> None:
    """The outcome of a refund call is unknown: the payment history tells, and if it does not, people must. It is never called again."""
    left = known.at + SETTLE_S - turn.ctx.clock.now()
    if is_refunded(made):
        turn.step("refund found in the payment history", note=f"return {made.id}")
        _keep(turn, known, DONE)
    elif left > 0:
        raise Postponed(left + 1.0, f"the refund of return {made.id} may still appear")
    else:
        _unclear(turn, wish, known, "the call broke off and no refund is in the payment history")


def _unclear(turn: OrderTurn, wish: Wish, known: Returning, why: str) -> None:
    order = wish.order
    told = amount(known.amount, order.currency, order.currency_decimals)
    finding = Finding(
        Kind.REFUND_MISMATCH,
        Owner.FINANCE,
        f"Return {known.return_id} of order {order.number} should be refunded to the original payment, and it is not known to be: {why}.",
        "Look at the return's payment history in Centra and at the payment provider; refund it there if it was not. Then discard this exception.",
        {"return": known.return_id or 0, "sitoo_order": wish.refund_id, "to_refund": told},
        stops=False,
    )
    tell(turn, return_entity(order.number, known.return_id or 0), finding, wish.body)
    _keep(turn, known, PARKED)


def _not_to_be_seen(turn: OrderTurn, wish: Wish, known: Returning) -> None:
    """Not yet (raises Postponed), or no more: then it is not made again, for whoever deleted it had a reason."""
    if known.return_id is None or turn.ctx.clock.now() < known.at + GONE_AFTER_S:
        raise Postponed(SETTLE_S, f"return {known.key} cannot be read back yet")
    finding = Finding(
        Kind.REFUND_MISMATCH,
        Owner.FINANCE,
        f"Return {known.return_id} that the connector made for till refund {wish.refund_id} of order {wish.order.number} is no longer in Centra.",
        "Ask who deleted it. If the goods came back, make it again by hand, and refund it only if the till has not paid. Then discard this.",
        {"return": known.return_id or 0, "sitoo_order": wish.refund_id},
        stops=False,
    )
    tell(turn, return_entity(wish.order.number, known.return_id or 0), finding, wish.body)
    _keep(turn, known, PARKED)


def _keep(turn: OrderTurn, known: Returning, state: str) -> Returning:
    changed = replace(known, state=state)
    turn.keep(turn.file.with_returning(changed))
    return changed


def _reread(turn: OrderTurn) -> list[ReturnOfOrder]:
    turn.hold()
    return turn.ctx.centra.returns_of(turn.file.number)
