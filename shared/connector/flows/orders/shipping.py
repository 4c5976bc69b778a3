"""What a store handed out becomes a Centra shipment: created, captured, completed – each once, looked up before it is repeated."""

from __future__ import annotations

from dataclasses import replace

from connector.centra.order_models import CentraOrder, ShipmentOfOrder
from connector.domain.exceptions import Kind, Owner
from connector.domain.order_keys import delivery_of, shipment_key
from connector.domain.order_settings import Capture
from connector.flows.orders.copies import SETTLE_S
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.owed import units_from
from connector.flows.orders.payments import capture_pending, paid_in_full
from connector.flows.orders.refusals import words_of
from connector.flows.orders.shipped_units import not_allocated, taken_from
from connector.flows.orders.trouble import NOT_SENT, Postponed
from connector.flows.orders.unclear_shipments import about, park_twice, park_unclear, shipped_before, shipped_by_hand, told_and_unchanged
from connector.flows.orders.uncollected_refund import is_not_collected
from connector.flows.orders.warehouse_turn import warehouse_turn
from connector.runtime.queues import Work
from connector.store.order_files import Copy, Shipping, ShippingState

CAPTURE_LOOKED_AT_EVERY_S = 60.0


def ship(turn: OrderTurn, order: CentraOrder, copy: Copy, shipping: Shipping, body: str, *, redriven: bool) -> CentraOrder:
    """Bring one delivery to a completed shipment, as far as it goes now; the order as it was read last. `shipping` may be new (not in the file)."""
    known = next((s for s in turn.file.shippings if s.delivery_id == shipping.delivery_id), None)
    if known is None:
        turn.keep(replace(turn.file.with_shipping(shipping), is_open=True))
        known = shipping
        adopted = _made_by_others(turn, order, known)
    else:
        adopted = _found(order, known) or _made_by_others(turn, order, known)
    if known.state is ShippingState.CLAIMED:
        known, order = _create(turn, order, known, adopted, body, fresh=known is shipping)
    if known.state in (ShippingState.CREATED, ShippingState.CAPTURE_FAILED):
        known = _capture(turn, order, known, body, redriven=redriven)
    if known.state is ShippingState.CAPTURED:
        _complete(turn, order, copy, known, body)
    return order


def _found(order: CentraOrder, shipping: Shipping) -> ShipmentOfOrder | None:
    return next((s for s in order.shipments if s.external_id == shipping.external_id or s.id == shipping.shipment_id), None)


def _made_by_others(turn: OrderTurn, order: CentraOrder, shipping: Shipping) -> ShipmentOfOrder | None:
    """An unshipped shipment that holds exactly these units (stores with "Direct to Shipment" start every order with one)."""
    taken = {s.shipment_id for s in turn.file.shippings}
    for shipment in order.shipments:
        units = {line.order_line: line.units for line in shipment.lines}
        foreign = delivery_of(shipment.external_id) is None and shipment.id not in taken
        here = units_from(turn.file, shipment, shipping.warehouse)
        if foreign and shipment.shipped_at is None and units == dict(shipping.lines) == here:
            return shipment
    return None


def _create(
    turn: OrderTurn, order: CentraOrder, shipping: Shipping, found: ShipmentOfOrder | None, body: str, *, fresh: bool
) -> tuple[Shipping, CentraOrder]:
    ctx = turn.ctx
    if found is None and not fresh and ctx.clock.now() - shipping.at < SETTLE_S:
        raise Postponed(shipping.at + SETTLE_S - ctx.clock.now() + 1.0, f"shipment {shipping.external_id} may still appear in Centra")
    by_hand = shipped_by_hand(turn, order, shipping) if found is None else None
    found = found or by_hand
    if found is None and told_and_unchanged(turn, order, shipping):
        return shipping, order
    if found is None:
        short = not_allocated(turn.file, order, shipping)
        twice = shipped_before(turn, order, shipping) if short else None
        if twice is not None:
            park_twice(turn, twice.id, shipping.warehouse, body)
            return shipping, order
        if short:
            park_unclear(
                turn, shipping, f"Centra no longer has {short} for it at warehouse {shipping.warehouse}: somebody moved or cancelled it.", body
            )
            return shipping, order
        policy = ctx.settings.capture
        paid = policy is Capture.PAID or paid_in_full(order)
        started = ctx.clock.now()
        claimed = replace(shipping, at=started)
        turn.keep(turn.file.with_shipping(claimed))
        turn.hold()
        carrier, service = _courier(turn, order)
        try:
            written = ctx.centra.create_shipment(
                order.number,
                shipping.lines,
                external_id=shipping.external_id,
                capture=policy is Capture.CAPTURE and not paid,
                paid=paid,
                carrier=carrier,
                service=service,
                tracking=shipping.tracking,
            )
        except NOT_SENT:
            turn.keep(turn.file.with_shipping(replace(shipping, at=shipping.at - SETTLE_S)))
            raise
        if written.id is None:
            park_unclear(turn, shipping, f"Centra refused the shipment: {words_of(written.errors)}", body)
            return shipping, order
        shipment_id = written.id
        turn.step("shipment created", note=f"shipment {shipment_id}", since=started)
    else:
        shipment_id = found.id
        if by_hand is not None:
            turn.step("shipped by hand in Centra", note=f"shipment {shipment_id}")
    created = replace(shipping, state=ShippingState.CREATED, shipment_id=shipment_id)
    turn.keep(turn.file.with_shipping(created))
    return created, _reread(turn, order)


def _capture(turn: OrderTurn, order: CentraOrder, shipping: Shipping, body: str, *, redriven: bool) -> Shipping:
    """Money is taken with the shipment, or not at all: an uncertain capture is read again, never repeated by itself."""
    ctx = turn.ctx
    shipment = next((s for s in order.shipments if s.id == shipping.shipment_id), None)
    if ctx.settings.capture is not Capture.CAPTURE:
        return _keep_state(turn, shipping, ShippingState.CAPTURED)
    if shipment is None:
        order = _reread(turn, order)
        shipment = next((s for s in order.shipments if s.id == shipping.shipment_id), None)
    if shipment is None:
        raise Postponed(CAPTURE_LOOKED_AT_EVERY_S, f"shipment {shipping.shipment_id} cannot be read yet")
    if shipment.captured or shipment.paid or paid_in_full(order):
        turn.resolve(Kind.CAPTURE_FAILED, about=about(shipping))
        return _keep_state(turn, shipping, ShippingState.CAPTURED)
    if capture_pending(order, since=shipping.at):
        raise Postponed(CAPTURE_LOOKED_AT_EVERY_S, f"the payment provider has not answered the capture of shipment {shipment.id}")
    # Once per redrive: `at` moves before the call, so that neither a crash nor a lost answer asks again.
    if shipping.state is ShippingState.CAPTURE_FAILED and (redriven or turn.sent_back_at(Kind.CAPTURE_FAILED, about(shipping)) > shipping.at):
        started = ctx.clock.now()
        turn.step("capture asked for again", note=f"shipment {shipment.id}")
        turn.keep(turn.file.with_shipping(replace(shipping, at=started)))
        turn.hold()
        written = ctx.centra.capture_shipment(shipment.id)
        if not written.errors:
            turn.resolve(Kind.CAPTURE_FAILED, about=about(shipping))
            return _keep_state(turn, shipping, ShippingState.CAPTURED)
    failed = _keep_state(turn, shipping, ShippingState.CAPTURE_FAILED)
    turn.park(
        Kind.CAPTURE_FAILED,
        Owner.FINANCE,
        f"The store handed out part of order {order.number}, but its payment could not be captured (shipment {shipment.number}).",
        "Look at the payment in Centra: capture it there, or agree with the customer and mark the shipment as paid; it is completed then. "
        "Redrive this exception only to have the payment asked for once more.",
        Work.FULFILMENTS,
        body,
        about=about(shipping),
        shipment=shipment.id,
        delivery=shipping.delivery_id,
    )
    return failed


def _complete(turn: OrderTurn, order: CentraOrder, copy: Copy, shipping: Shipping, body: str) -> None:
    """completeShipment takes the units off Centra's shelf: the drain must know before and after."""
    ctx = turn.ctx
    if shipping.shipment_id is None:
        raise Postponed(CAPTURE_LOOKED_AT_EVERY_S, "the shipment is not known")
    done = next((s for s in order.shipments if s.id == shipping.shipment_id and s.shipped_at is not None), None)
    units = taken_from(order, copy, shipping)
    keys = set(units)
    shipped_at = done.shipped_at if done is not None and done.shipped_at is not None else ctx.clock.now()
    if done is None:
        turn.touch_stock(keys)
        with warehouse_turn(ctx, shipping.warehouse):
            for warehouse, sku in keys:
                ctx.links.shipping(order.number, warehouse, sku, since=shipped_at)
            turn.hold()
            carrier, service = _courier(turn, order)
            written = ctx.centra.complete_shipment(
                shipping.shipment_id,
                shipped_at=shipped_at,
                send_email=ctx.settings.send_shipment_email and not is_not_collected(turn.file, shipping),
                carrier=carrier,
                service=service,
                tracking=shipping.tracking,
            )
        if written.errors and not _is_shipped(turn, order, shipping.shipment_id):
            for warehouse, sku in keys:
                ctx.links.shipping(order.number, warehouse, sku, since=None)
            park_unclear(turn, shipping, f"Centra refused to complete the shipment: {words_of(written.errors)}", body)
            return
    for (warehouse, sku), n in units.items():
        ctx.links.shipped(order.number, warehouse, sku, shipment_id=shipping.shipment_id, units=n, at=shipped_at)
        ctx.links.shipping(order.number, warehouse, sku, since=None)
    turn.touch_stock(keys)
    turn.step("shipment completed", note=f"shipment {shipping.shipment_id}", since=shipping.at)
    turn.keep(turn.file.with_shipping(replace(shipping, state=ShippingState.COMPLETED)))
    turn.resolve(Kind.SHIPMENT_UNCLEAR, Kind.CAPTURE_FAILED, about=about(shipping))
    turn.resolve(Kind.SHIPMENT_UNCLEAR, about=f"shipment/{shipping.shipment_id}")


def claim_of(copy: Copy, delivery_id: int, lines: dict[int, int], tracking: str, now: float) -> Shipping:
    """A delivery that nothing was done about yet."""
    return Shipping(delivery_id, copy.warehouse, ShippingState.CLAIMED, lines, shipment_key(delivery_id), now, tracking)


def _keep_state(turn: OrderTurn, shipping: Shipping, state: ShippingState) -> Shipping:
    changed = replace(shipping, state=state)
    if changed != shipping:
        turn.keep(turn.file.with_shipping(changed))
    return changed


def _is_shipped(turn: OrderTurn, order: CentraOrder, shipment_id: int) -> bool:
    return any(s.id == shipment_id and s.shipped_at is not None for s in _reread(turn, order).shipments)


def _reread(turn: OrderTurn, order: CentraOrder) -> CentraOrder:
    turn.hold()
    return turn.ctx.centra.orders([order.number]).get(order.number, order)


def _courier(turn: OrderTurn, order: CentraOrder) -> tuple[str, str]:
    for method in turn.ctx.settings.shipping_methods:
        if method.option in (order.shipping_option, order.shipping_option_uri):
            return method.carrier, method.service
    return "", ""
