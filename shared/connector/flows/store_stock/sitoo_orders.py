"""Sitoo orders the drain must look at: those an event named, and the copies of web orders a store owes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from connector.domain import sitoo_order_keys
from connector.domain.configuration import Lane
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.turn import Turn
from connector.sitoo.errors import Unconfirmed
from connector.sitoo.models import SitooOrder
from connector.store.order_links import OpenLine
from connector.store.stock_levels import Dirty, Done, Key, Mark, Outcome, Postponed

ORDER_TO_READ = 0
"""As a Dirty row's warehouse: its sku is a Sitoo order id whose SKUs must be looked at (kept as a row so that a busy drain loses none)."""

UNREADABLE_AGAIN_S = 120.0
"""When an order that could not be read is looked at again; the order flow, which needs it too, tells people."""

OPEN, CLOSED = 0, 10
MOST_DELIVERIES = 25
"""Orders whose deliveries one pass reads: at 150 ms each this is what a pass can spend without making the stores wait."""
MOST_STILL = 1
"""Further orders, of which nothing tells that anything was handed out."""


def orders_to_read(order_ids: Sequence[int]) -> list[Mark]:
    return [Mark(ORDER_TO_READ, str(order_id)) for order_id in order_ids]


def take_in_named_orders(ctx: DrainContext, turn: Turn, dirty: Sequence[Dirty]) -> int:
    """Read the orders that events named, mark their SKUs in their store; how many orders were dealt with. One that Sitoo answers and nobody can
    read waits: it must not stop every store's stock."""
    now = ctx.clock.now()
    rows = [d for d in dirty if d.warehouse == ORDER_TO_READ and d.due <= now]
    if not rows:
        return 0
    orders, unreadable = _read_apart(ctx, turn, [int(d.sku) for d in rows])
    if len(unreadable) == len(rows) > 1:
        raise Unconfirmed(f"none of {len(rows)} orders can be read")
    marks = []
    for order in orders:
        store = ctx.site.store_of_sitoo_warehouse(order.warehouse_id) if order.warehouse_id is not None else None
        if store is not None and store.syncs_stock():
            marks += [Mark(store.centra_warehouse, item.sku) for item in order.items if item.sku]
    if marks:
        ctx.levels.mark(ctx.site.id, marks, ctx.clock.now())
    done = [Done(ORDER_TO_READ, d.sku, d.version) for d in rows if int(d.sku) not in unreadable]
    later = [Postponed(ORDER_TO_READ, d.sku, d.version, now + UNREADABLE_AGAIN_S) for d in rows if int(d.sku) in unreadable]
    ctx.levels.settle(ctx.site.id, turn.site, Outcome(done=done, postponed=later), ctx.clock.now())
    return len(rows)


def _read_apart(ctx: DrainContext, turn: Turn, ids: Sequence[int]) -> tuple[list[SitooOrder], set[int]]:
    """The orders, and the ids of those that cannot be read: the list is read in ever smaller parts until such a one stands alone."""
    turn.hold()
    try:
        return ctx.sitoo.orders(ids=ids, lane=Lane.STOCK), set()
    except Unconfirmed:
        if len(ids) == 1:
            return [], {*ids}
    middle = len(ids) // 2
    first, second = _read_apart(ctx, turn, ids[:middle]), _read_apart(ctx, turn, ids[middle:])
    return [*first[0], *second[0]], first[1] | second[1]


def reread_copies(
    ctx: DrainContext, turn: Turn, lines: Sequence[OpenLine], moved: Collection[Key] | None = None
) -> tuple[list[OpenLine], frozenset[int]]:
    """The lines as Sitoo stands now (links found by externalid where none is known, delivered units, reservations), and whose deliveries were read.

    What is learnt is recorded. A copy's deliveries count for the warehouse of its allocation, whoever delivered. `moved`: the (warehouse, sku)
    whose stock moved (None: any may have); where nothing moved and nothing is known to be shipped, deliveries are hardly worth their requests.
    """
    found: dict[int, SitooOrder] = {}
    ids = sorted({line.sitoo_order_id for line in lines if line.sitoo_order_id is not None})
    keys = sorted({key for line in lines if line.sitoo_order_id is None for key in sitoo_order_keys.candidates(line.order_number, line.warehouse)})
    if ids:
        turn.hold()
        found |= {o.id: o for o in ctx.sitoo.orders(ids=ids, lane=Lane.STOCK)}
    by_external_id: dict[str, SitooOrder] = {}
    if keys:
        turn.hold()
        by_external_id = {o.external_id: o for o in ctx.sitoo.orders(external_ids=keys, lane=Lane.STOCK)}
        found |= {o.id: o for o in by_external_id.values()}
    copies = [(line, found.get(line.sitoo_order_id) if line.sitoo_order_id is not None else _newest_copy(by_external_id, line)) for line in lines]
    pairs = [(line, order) for line, order in copies if order is not None]
    whole = _whole(pairs, moved)
    delivered: dict[int, dict[int, int]] = {}
    for order in _to_read_deliveries([(line, order) for line, order in pairs if order.id not in whole], moved, int(ctx.clock.now())):
        turn.hold()
        delivered[order.id] = _units_by_row(ctx, order.id)
    fresh = []
    for line, copy in copies:
        if copy is not None and copy.id in delivered:
            fresh.append(_refreshed(ctx, line, copy, _units_of(line, copy, delivered[copy.id])))
        else:
            fresh.append(_refreshed(ctx, line, copy, line.delivered) if copy is not None and copy.id in whole else line)
    return fresh, frozenset(line.order_number for line, copy in copies if copy is None or copy.id in delivered or copy.id in whole)


def _whole(copies: Sequence[tuple[OpenLine, SitooOrder]], moved: Collection[Key] | None) -> set[int]:
    """Orders that are closed, and known to be handed out whole, where no stock moved since: nothing more can come of them."""
    unfinished = {order.id for line, order in copies if moved is None or (line.warehouse, line.sku) in moved or not _is_handed_out(line, order)}
    return {order.id for _, order in copies} - unfinished


def _is_handed_out(line: OpenLine, order: SitooOrder) -> bool:
    ordered = sum(item.quantity for item in order.items if item.sku == line.sku)
    return order.state == CLOSED and line.sitoo_order_id == order.id and 0 < ordered <= line.delivered


def _to_read_deliveries(copies: Sequence[tuple[OpenLine, SitooOrder]], moved: Collection[Key] | None, turn_of: int) -> list[SitooOrder]:
    """At most MOST_DELIVERIES orders, each costs a request: those that ended, shipped or began to be delivered first, then those whose stock moved.

    Of the others a few in rotation: a delivery nobody told of makes the target too low, never too high, and an oversell is confirmed before it is
    believed.
    """
    orders = {order.id: order for _, order in copies}
    begun = {order.id for line, order in copies if order.state != OPEN or line.delivered or line.shipments or line.sitoo_order_id is None}
    touched = {order.id for line, order in copies if moved is None or (line.warehouse, line.sku) in moved} - begun
    still = sorted(orders.keys() - begun - touched)
    quiet = sorted(touched)
    start = turn_of * MOST_DELIVERIES % len(quiet) if quiet else 0
    rest = turn_of * MOST_STILL % len(still) if still else 0
    chosen = [*sorted(begun), *quiet[start:], *quiet[:start]][:MOST_DELIVERIES]
    return [orders[order_id] for order_id in [*chosen, *[*still[rest:], *still[:rest]][:MOST_STILL]]]


def _newest_copy(by_external_id: dict[str, SitooOrder], line: OpenLine) -> SitooOrder | None:
    copies = [by_external_id[k] for k in sitoo_order_keys.candidates(line.order_number, line.warehouse) if k in by_external_id]
    return copies[-1] if copies else None


def _units_by_row(ctx: DrainContext, order_id: int) -> dict[int, int]:
    units: dict[int, int] = {}
    for delivery in ctx.sitoo.deliveries(order_id, lane=Lane.STOCK):
        for row, quantity in delivery.units.items():
            units[row] = units.get(row, 0) + quantity
    return units


def _units_of(line: OpenLine, order: SitooOrder, delivered: Mapping[int, int]) -> int:
    return sum(delivered.get(item.row, 0) for item in order.items if item.sku == line.sku)


def _refreshed(ctx: DrainContext, line: OpenLine, order: SitooOrder, units: int) -> OpenLine:
    rows = [item for item in order.items if item.sku == line.sku]
    reserves = order.state == OPEN and order.reserved_until is not None
    reserved = sum(item.quantity for item in rows) if reserves else 0
    until = order.reserved_until if reserves else None
    if (line.sitoo_order_id, line.reserved, line.reserved_until) != (order.id, reserved, until):
        if until is not None:
            ctx.levels.mark_at(ctx.site.id, until, [Mark(line.warehouse, line.sku)])
            ctx.levels.mark_at(ctx.site.id, until + 120, [Mark(line.warehouse, line.sku)])
        ctx.links.linked(line.order_number, line.warehouse, line.sku, sitoo_order_id=order.id, reserved=reserved, reserved_until=until)
    if units != line.delivered:
        ctx.links.delivered(line.order_number, line.warehouse, line.sku, units=units)
    return replace(line, sitoo_order_id=order.id, reserved=reserved, reserved_until=until, delivered=units)
