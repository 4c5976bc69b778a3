"""Paid pick-ups that nobody collected: their shipment is returned and refunded through the payment provider, once."""

from __future__ import annotations

from dataclasses import replace

from connector.centra.errors import Refused
from connector.centra.order_models import CentraOrder, ReturnOfOrder, ShipmentOfOrder
from connector.domain.exceptions import Kind, Owner
from connector.domain.order_keys import uncollected_key
from connector.flows.orders.copies import SETTLE_S
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.refusals import words_of
from connector.flows.orders.trouble import NOT_SENT, Postponed
from connector.mapping.line_worth import UnitWorths, Worth
from connector.mapping.return_checks import is_refunded
from connector.runtime.queues import Work
from connector.store.order_files import OrderFile, Returning, Shipping, ShippingState

NOT_COLLECTED = "not-collected"
"""orderdeliveryref of a delivery by which nothing left the store: its goods are shipped and returned in Centra, and stay on the shelf."""
CLAIMED, CREATED, COMPLETED, REFUNDING, DONE, PARKED = "claimed", "created", "completed", "refunding", "done", "parked"
PAID_BY_PROVIDER = "provider"


def note_not_collected(turn: OrderTurn, delivery_id: int) -> None:
    """Remember that a delivery gave nothing to anybody, before its shipment is made."""
    if _fact(delivery_id) not in turn.file.handled:
        turn.keep(replace(turn.file, handled=turn.file.handled | {_fact(delivery_id)}))


def is_not_collected(file: OrderFile, shipping: Shipping) -> bool:
    return _fact(shipping.delivery_id) in file.handled


def owes_refund(file: OrderFile) -> bool:
    """Whether something that nobody collected is not paid back yet."""
    return bool(_owed(file))


def refund_uncollected(turn: OrderTurn, body: str) -> None:
    """createReturn → completeReturn → refundReturn for each shipment that nobody collected, each looked up before it is repeated."""
    owed = _owed(turn.file)
    if not owed:
        return
    ctx = turn.ctx
    turn.hold()
    order = ctx.centra.orders([turn.file.number]).get(turn.file.number)
    turn.hold()
    returns = ctx.centra.returns_of(turn.file.number)
    for shipping in owed:
        shipment = next((s for s in order.shipments if s.id == shipping.shipment_id), None) if order is not None else None
        if order is None or shipment is None:
            raise Postponed(SETTLE_S, f"shipment {shipping.shipment_id} cannot be read yet")
        _refund(turn, order, shipment, uncollected_key(shipping.delivery_id), returns, body)


def _refund(turn: OrderTurn, order: CentraOrder, shipment: ShipmentOfOrder, key: str, returns: list[ReturnOfOrder], body: str) -> None:
    made = next((r for r in returns if r.external_id == key), None)
    known = next((r for r in turn.file.returnings if r.key == key), None)
    fresh = known is None
    if known is None:
        lines = {line.id: line.units - line.returned for line in shipment.lines if line.units > line.returned}
        known = Returning(key, True, CLAIMED, None, shipment.id, lines, 0, turn.ctx.clock.now(), note=PAID_BY_PROVIDER)
        turn.keep(replace(turn.file.with_returning(known), is_open=True))
    if known.state == CLAIMED:
        if not known.lines:
            # Somebody returned it by hand meanwhile, and refunds it by hand.
            _keep(turn, known, DONE)
            return
        known = _create(turn, order, shipment, known, made, fresh=fresh)
    if known.state == CREATED:
        known = _complete(turn, known, made)
    if known.state == COMPLETED:
        known = _keep(turn, known, REFUNDING)
        turn.hold()
        try:
            written = turn.ctx.centra.refund_return(known.return_id or 0)
        except NOT_SENT:
            # Nothing left the connector: asking again later is asking once.
            _keep(turn, known, COMPLETED)
            raise
        if written.errors:
            _unclear(turn, known, words_of(written.errors), body)
            return
        turn.step("refunded, because nobody collected it", note=f"return {known.return_id}")
        _keep(turn, known, DONE)
    elif known.state == REFUNDING:
        _settle(turn, known, made, body)


def _create(
    turn: OrderTurn, order: CentraOrder, shipment: ShipmentOfOrder, known: Returning, made: ReturnOfOrder | None, *, fresh: bool
) -> Returning:
    now = turn.ctx.clock.now()
    if made is None and not fresh and now - known.at < SETTLE_S:
        raise Postponed(known.at + SETTLE_S - now + 1.0, f"return {known.key} may still appear in Centra")
    if made is not None:
        return_id = made.id
    else:
        known = replace(known, at=now)
        turn.keep(turn.file.with_returning(known))
        turn.hold()
        written = turn.ctx.centra.create_return(
            shipment.id,
            known.lines,
            external_id=known.key,
            return_cost=0,
            voucher=_voucher(order, shipment, known),
            currency=order.currency,
            decimals=order.currency_decimals,
            comment="Not collected in the store",
        )
        if written.id is None:
            raise Refused(written.errors)
        return_id = written.id
        turn.step("return created", note=f"return {return_id} of shipment {shipment.id}", since=now)
    return _keep(turn, replace(known, return_id=return_id), CREATED)


def _complete(turn: OrderTurn, known: Returning, made: ReturnOfOrder | None) -> Returning:
    if made is None or not made.completed:
        turn.hold()
        written = turn.ctx.centra.complete_return(known.return_id or 0)
        if written.errors and not any(r.id == known.return_id and r.completed for r in _reread(turn)):
            raise Refused(written.errors)
    return _keep(turn, known, COMPLETED)


def _settle(turn: OrderTurn, known: Returning, made: ReturnOfOrder | None, body: str) -> None:
    """The outcome of a refund call is unknown: the payment history tells, and if it does not, people must. It is never called again."""
    if made is not None and is_refunded(made):
        turn.step("refund found in the payment history", note=f"return {known.return_id}")
        _keep(turn, known, DONE)
    elif turn.ctx.clock.now() - known.at < SETTLE_S:
        raise Postponed(SETTLE_S, f"the refund of return {known.return_id} may still appear")
    else:
        _unclear(turn, known, "the call broke off and no refund is in the payment history", body)


def _unclear(turn: OrderTurn, known: Returning, why: str, body: str) -> None:
    _keep(turn, known, PARKED)
    turn.park(
        Kind.UNCOLLECTED,
        Owner.FINANCE,
        f"Nobody collected order {turn.file.number}; it was returned in Centra (return {known.return_id}), but is not known to be refunded: {why}.",
        "Look at the return's payment history in Centra and at the payment provider; refund it there if it was not. Then discard this exception.",
        Work.FULFILMENTS,
        body,
        about=f"return/{known.return_id or 0}",
        centra_return=known.return_id or 0,
    )


def _voucher(order: CentraOrder, shipment: ShipmentOfOrder, known: Returning) -> int:
    """The returned units' share of the order's discounts (sub-units); units of a line are counted over its shipments, oldest first."""
    worths = UnitWorths(order)
    total, placed = Worth(), dict[int, int]()
    for each in sorted(order.shipments, key=lambda s: s.id):
        for line in each.lines:
            first = placed.get(line.order_line, 0)
            if each.id == shipment.id and line.id in known.lines:
                total += worths.of(line.order_line, first + line.returned, known.lines[line.id])
            placed[line.order_line] = first + line.units
    return total.voucher


def _owed(file: OrderFile) -> list[Shipping]:
    settled = {r.key for r in file.returnings if r.state in (DONE, PARKED)}
    shipped = [s for s in file.shippings if s.state is ShippingState.COMPLETED and s.shipment_id is not None and is_not_collected(file, s)]
    return [s for s in shipped if uncollected_key(s.delivery_id) not in settled]


def _fact(delivery_id: int) -> str:
    return f"not-collected:{delivery_id}"


def _keep(turn: OrderTurn, known: Returning, state: str) -> Returning:
    changed = replace(known, state=state, at=turn.ctx.clock.now() if state == REFUNDING else known.at)
    turn.keep(turn.file.with_returning(changed))
    return changed


def _reread(turn: OrderTurn) -> list[ReturnOfOrder]:
    turn.hold()
    return turn.ctx.centra.returns_of(turn.file.number)
