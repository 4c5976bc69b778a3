"""What Centra shipped of goods bought at a till is handed out on the till's order, each shipment once."""

from __future__ import annotations

import re
from dataclasses import replace

from connector.centra.order_models import CentraOrder, ShipmentOfOrder
from connector.domain.order_keys import sent_key
from connector.flows.orders.copies import SETTLE_S
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.shipped_first import reference_of
from connector.flows.orders.trouble import Postponed
from connector.mapping.pos_order import row_of, undelivered
from connector.sitoo.order_models import CLOSED, OPEN, HandedOut, WholeOrder
from connector.store.order_files import CopyRow

_REFERENCE = re.compile(r"\bcentra-shipment-(\d+)\b")


def reference(shipment: ShipmentOfOrder) -> str:
    """orderdeliveryref: the tracking number that staff and customers look for, and the shipment, so that a repeat is found."""
    return f"{shipment.tracking} {reference_of(shipment.id)}".strip()


def hand_out_what_was_sent(turn: OrderTurn, order: WholeOrder, made: CentraOrder) -> bool:
    """Whether nothing is left to send. Stock does not move in Sitoo: the central warehouse is Centra's, its mirror follows Centra's stock."""
    ctx, key = turn.ctx, sent_key(order.id)
    rows = next((c.rows for c in turn.file.copies if c.external_id == key), ())
    for shipment in sorted(made.shipments, key=lambda s: s.id):
        fact = f"handed-out:{shipment.id}"
        if shipment.shipped_at is None or fact in turn.file.handled:
            continue
        turn.hold()
        deliveries = ctx.sitoo.handed_out(order.id)
        units = _units(shipment, rows, undelivered(order, deliveries))
        if units and not _is_handed_out(deliveries, shipment.id):
            _deliver(turn, order, shipment, units)
        turn.step("handed out, because Centra sent it", note=f"shipment {shipment.id} of order {made.number}")
        turn.keep(replace(turn.file, handled=turn.file.handled | {fact}))
    owed: dict[int, int] = {}
    for row in rows:
        owed[row.line] = owed.get(row.line, 0) + row.units
    sent = all(made.shipped_units(line) >= units for line, units in owed.items())
    if sent:
        _close(turn, order)
    return sent


def _deliver(turn: OrderTurn, order: WholeOrder, shipment: ShipmentOfOrder, units: dict[int, int]) -> None:
    """A delivery that broke off may still arrive: it is looked for as long as that may be."""
    ctx, now = turn.ctx, turn.ctx.clock.now()
    tried = f"handing-out:{shipment.id}:"
    last = max((float(fact.removeprefix(tried)) for fact in turn.file.handled if fact.startswith(tried)), default=0.0)
    if now - last < SETTLE_S:
        raise Postponed(last + SETTLE_S - now + 1.0, f"the delivery of shipment {shipment.id} may still appear in Sitoo")
    others = frozenset(fact for fact in turn.file.handled if not fact.startswith(tried))
    turn.keep(replace(turn.file, handled=others | {f"{tried}{now}"}))
    turn.hold()
    ctx.sitoo.post_delivery(order.id, _place(turn, order, shipment), units, reference=reference(shipment), ignore_stock=True)


def _is_handed_out(deliveries: list[HandedOut], shipment_id: int) -> bool:
    return any(not d.cancelled and (m := _REFERENCE.search(d.reference)) is not None and int(m[1]) == shipment_id for d in deliveries)


def _units(shipment: ShipmentOfOrder, rows: tuple[CopyRow, ...], left: dict[int, int]) -> dict[int, int]:
    """{the till's row: units} of a shipment, no more than the till still owes."""
    free = dict(left)
    units: dict[int, int] = {}
    for line in shipment.lines:
        wanted = line.units
        for row in (r for r in rows if r.line == line.order_line):
            taken = min(wanted, row.units, free.get(row_of(row), 0))
            if taken > 0:
                units[row_of(row)] = units.get(row_of(row), 0) + taken
                free[row_of(row)] -= taken
                wanted -= taken
    return units


def _place(turn: OrderTurn, order: WholeOrder, shipment: ShipmentOfOrder) -> int:
    """The Sitoo mirror of the warehouse that sent it; without one the order's own, which `ignorestock` leaves alone."""
    sent_from = {warehouse for line in shipment.lines for warehouse in line.warehouses}
    mirrors = sorted(turn.ctx.site.central, key=lambda c: c.centra_warehouse not in sent_from)
    place = next((c.sitoo_warehouse for c in mirrors if c.sitoo_warehouse is not None), order.warehouse_id)
    if place is None:
        raise LookupError(f"no Sitoo warehouse is known to deliver till order {order.id} from")
    return place


def _close(turn: OrderTurn, order: WholeOrder) -> None:
    ctx = turn.ctx
    turn.hold()
    whole = ctx.sitoo.whole_order(order.id)
    if whole is not None and whole.state == OPEN:
        turn.hold()
        if not undelivered(whole, ctx.sitoo.handed_out(order.id)):
            turn.hold()
            ctx.sitoo.put_order(order.id, {"orderstateid": CLOSED})
