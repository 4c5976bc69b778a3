"""What a store did with its copy of an order comes back to Centra: ready, handed out, refused, closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector.centra.order_models import CentraOrder
from connector.domain.exceptions import Kind, Owner
from connector.flows.orders.allocation_requests import confirm_requests
from connector.flows.orders.endings import waits_for_a_count
from connector.flows.orders.order_turn import OrderTurn, about_copy
from connector.flows.orders.owed import shipped_from, units_of
from connector.flows.orders.reroute import Lost, reroute
from connector.flows.orders.reservations import next_look
from connector.flows.orders.shipped_first import is_echo
from connector.flows.orders.shipping import claim_of, ship
from connector.flows.orders.stamps import stamp_ready
from connector.flows.orders.trouble import calmed
from connector.flows.orders.uncollected_refund import NOT_COLLECTED, note_not_collected, owes_refund, refund_uncollected
from connector.runtime.queues import Work
from connector.sitoo.order_models import ABANDONED, CANCELLED, CLOSED, PICKUP_REJECTED, READY_FOR_PICKUP, HandedOut, WholeOrder
from connector.store.order_files import Copy, CopyState, Purpose, ShippingState


def record_fulfilment(turn: OrderTurn, order: CentraOrder, copy: Copy, body: str, *, redriven: bool = False) -> None:
    """Converge what Centra knows about one copy with what the store did. Raises trouble.PASSING and what vendors refuse."""
    if copy.sitoo_order_id is None or copy.purpose is not Purpose.FULFIL:
        return
    ctx = turn.ctx
    turn.hold()
    whole = ctx.sitoo.whole_order(copy.sitoo_order_id)
    if whole is None:
        return
    turn.hold()
    deliveries = ctx.sitoo.handed_out(copy.sitoo_order_id)
    _note_delivered(turn, copy, deliveries)
    copy = _ready(turn, copy, whole)
    if copy.ready_at or any(not d.cancelled for d in deliveries):
        order = confirm_requests(turn, order, copy)
    order = _ship_all(turn, order, copy, deliveries, body, redriven=redriven)
    left = _left(copy, deliveries)
    if whole.state == CLOSED:
        _closed(turn, order, copy, left, body)
    elif whole.state in (CANCELLED, ABANDONED) and copy.state is CopyState.OPEN:
        _refused(turn, order, copy, left, "cancelled it", body)
    elif _rejected(whole) and left:
        _refused(turn, order, copy, left, "could not find the goods", body)
    stamp_ready(turn, copy, body)
    refund_uncollected(turn, body)
    _conclude(turn)


def lines_of(copy: Copy, units: dict[int, int]) -> dict[int, int]:
    """{Centra line: units} of {row: units}; fee rows have no line."""
    lines: dict[int, int] = {}
    for row in copy.rows:
        if row.line and row.sku and units.get(row.row):
            lines[row.line] = lines.get(row.line, 0) + units[row.row]
    return lines


def _handed(deliveries: Sequence[HandedOut]) -> dict[int, int]:
    units: dict[int, int] = {}
    for delivery in deliveries:
        if not delivery.cancelled:
            for row, n in delivery.units.items():
                units[row] = units.get(row, 0) + n
    return units


def _left(copy: Copy, deliveries: Sequence[HandedOut]) -> dict[int, int]:
    """{line: units} of the copy that nobody handed out."""
    handed = lines_of(copy, _handed(deliveries))
    return {line: n - handed.get(line, 0) for line, n in units_of(copy).items() if n > handed.get(line, 0)}


def _note_delivered(turn: OrderTurn, copy: Copy, deliveries: Sequence[HandedOut]) -> None:
    """The drain counts what was handed out and is not shipped yet."""
    handed = _handed(deliveries)
    by_sku: dict[str, int] = {}
    for row in copy.rows:
        if row.sku and row.line:
            by_sku[row.sku] = by_sku.get(row.sku, 0) + handed.get(row.row, 0)
    for sku, units in by_sku.items():
        if units:
            turn.ctx.links.delivered(turn.file.number, copy.warehouse, sku, units=units)


def _ready(turn: OrderTurn, copy: Copy, whole: WholeOrder) -> Copy:
    """Tell once that the goods can be collected."""
    marks = [at for at, kind in whole.log if kind == READY_FOR_PICKUP]
    if not marks or copy.ready_at:
        return copy
    ctx, number = turn.ctx, turn.file.number
    ready = replace(copy, ready_at=marks[-1])
    turn.hold()
    ctx.announcer.announce(
        "order.ready_for_pickup",
        {"order": number, "site": ctx.site.id, "centra_warehouse": copy.warehouse, "at": int(ready.ready_at)},
        key=f"{copy.external_id}-ready",
    )
    turn.step("ready for pick-up", note=copy.external_id)
    turn.keep(turn.file.with_copy(ready))
    return ready


def _ship_all(turn: OrderTurn, order: CentraOrder, copy: Copy, deliveries: Sequence[HandedOut], body: str, *, redriven: bool) -> CentraOrder:
    known = {s.delivery_id: s for s in turn.file.shippings}
    shipped = False
    for delivery in sorted(deliveries, key=lambda d: d.id):
        lines = lines_of(copy, dict(delivery.units))
        shipping = known.get(delivery.id)
        if is_echo(delivery) or not lines or (shipping is not None and shipping.state is ShippingState.COMPLETED and not delivery.cancelled):
            continue
        if delivery.cancelled:
            _taken_back(turn, delivery, body)
            continue
        if delivery.reference == NOT_COLLECTED:
            note_not_collected(turn, delivery.id)
        tracking = "" if delivery.reference == NOT_COLLECTED else delivery.reference
        claim = shipping or claim_of(copy, delivery.id, lines, tracking, turn.ctx.clock.now())
        if shipped:
            order = _reread(turn, order)
        order = ship(turn, order, copy, claim, body, redriven=redriven)
        shipped = True
    return order


def _reread(turn: OrderTurn, order: CentraOrder) -> CentraOrder:
    turn.hold()
    return turn.ctx.centra.orders([order.number]).get(order.number, order)


def _taken_back(turn: OrderTurn, delivery: HandedOut, body: str) -> None:
    """A delivery cancelled in the store: forgotten while no shipment was made for it, else people must look."""
    shipping = next((s for s in turn.file.shippings if s.delivery_id == delivery.id), None)
    if shipping is None:
        return
    if shipping.state is ShippingState.CLAIMED and shipping.shipment_id is None:
        turn.keep(replace(turn.file, shippings=tuple(s for s in turn.file.shippings if s.delivery_id != delivery.id)))
        return
    turn.park(
        Kind.SHIPMENT_UNCLEAR,
        Owner.CUSTOMER_SERVICE,
        f"The store took back delivery {delivery.id} of order {turn.file.number}, but its shipment is in Centra already.",
        "If the customer does not have the goods, make a return in Centra; then discard this exception.",
        Work.FULFILMENTS,
        body,
        about=f"delivery/{delivery.id}",
        delivery=delivery.id,
        shipment=shipping.shipment_id or 0,
    )


def _rejected(whole: WholeOrder) -> bool:
    marks = [kind for _, kind in whole.log if kind in (READY_FOR_PICKUP, PICKUP_REJECTED)]
    return marks[-1:] == [PICKUP_REJECTED]


def _closed(turn: OrderTurn, order: CentraOrder, copy: Copy, left: dict[int, int], body: str) -> None:
    if copy.state is CopyState.DONE:
        return
    if left:
        _refused(turn, order, copy, left, "closed it without handing everything out", body)
        return
    turn.step("done in the store", note=copy.external_id)
    turn.keep(turn.file.with_copy(replace(copy, state=CopyState.DONE)))


def _refused(turn: OrderTurn, order: CentraOrder, copy: Copy, left: dict[int, int], what: str, body: str) -> None:
    shipped = shipped_from(turn.file, order, copy.warehouse)
    if copy.state is CopyState.OPEN and any(shipped.get(line, 0) for line in left):
        _park_shipped_but_refused(turn, copy, what, body)
    lost = Lost(copy.warehouse, left, withhold=True, why=f"The store {what}")
    reroute(turn, order, lost, body, copy=copy)


def _park_shipped_but_refused(turn: OrderTurn, copy: Copy, what: str, body: str) -> None:
    turn.park(
        Kind.SHIPMENT_UNCLEAR,
        Owner.CUSTOMER_SERVICE,
        f"The store {what}, but goods of order {turn.file.number} from warehouse {copy.warehouse} are shipped in Centra.",
        "Ask the store whether the customer has the goods. If not, make a return of the shipment in Centra; then discard this exception.",
        Work.FULFILMENTS,
        body,
        about=about_copy(copy.sitoo_order_id),
        centra_warehouse=copy.warehouse,
        sitoo_order=copy.sitoo_order_id or 0,
    )


def _conclude(turn: OrderTurn) -> None:
    file = turn.file
    shipping = [s for s in file.shippings if s.state is not ShippingState.COMPLETED]
    live = file.live_copies()
    awaiting = "the store" if live else "the shipment" if shipping else ""
    look_at = min((at for at in (file.look_at, next_look(turn)) if at), default=0.0)
    is_open = bool(live or shipping or file.rerouting or owes_refund(file) or waits_for_a_count(file))
    changed = replace(calmed(file, turn.ctx.site.id), awaiting=awaiting, look_at=look_at, is_open=is_open)
    if changed != turn.stored:
        turn.keep(changed)
