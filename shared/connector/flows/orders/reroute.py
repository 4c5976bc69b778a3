"""Units that a store does not have after all: freed in Centra, found elsewhere, or told to customer service. The store is left out from then on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from connector.centra.errors import Refused
from connector.centra.order_models import CentraOrder
from connector.domain.configuration import Lane
from connector.domain.exceptions import Kind, Owner
from connector.flows.nudge_store_stock import compact
from connector.flows.orders.allocation_requests import reject_requests
from connector.flows.orders.allocations import note_allocations
from connector.flows.orders.copies import cancel_copy, record_reservation
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.owed import waiting_units
from connector.flows.orders.warehouse_turn import warehouse_turn
from connector.runtime.queues import Work
from connector.store.order_files import Copy, CopyRow, CopyState, Rerouting

RESUMED_AFTER_S = 60.0
"""When the sweep looks at a re-route that nobody finished."""


@dataclass(frozen=True, slots=True)
class Lost:
    """`units` {line: units} that `warehouse` cannot supply. `withhold`: it could not find them, so its on-hand still counts them.

    Units that a till sold are not withheld: on-hand lacks them already.
    """

    warehouse: int
    units: Mapping[int, int]
    withhold: bool
    why: str


def reroute(turn: OrderTurn, order: CentraOrder, lost: Lost, body: str, *, copy: Copy | None = None) -> None:
    """Free the lost units and allocate them elsewhere. Begun, it is in the file until it is finished: `resume_reroutes` goes on after a crash."""
    ctx = turn.ctx
    fact = f"lost:{copy.external_id}" if copy is not None else ""
    if fact and fact in turn.file.handled:
        return
    begun = Rerouting(lost.warehouse, dict(lost.units), lost.withhold, lost.why, copy.external_id if copy is not None else "")
    others = tuple(r for r in turn.file.rerouting if r != begun)
    look_at = ctx.clock.now() + RESUMED_AFTER_S
    file = replace(turn.file, excluded=turn.file.excluded | {lost.warehouse}, rerouting=(*others, begun), is_open=True, look_at=look_at)
    turn.keep(file)
    skus = ctx.skus.of_sizes(sorted({x.size_id for x in order.lines if x.id in lost.units and x.size_id is not None}))
    if lost.withhold:
        _withhold(turn, order, lost, skus, body)
    if copy is not None and copy.state is not CopyState.CANCELLED:
        _end(turn, copy, lost)
    stuck, moved, order = _free(turn, order, lost)
    waiting = waiting_units(order, lost.units)
    if stuck:
        _on_a_shipment(turn, lost, stuck)
    elif waiting:
        moved |= _elsewhere(turn, order, lost, waiting)
    handled = turn.file.handled | {fact} if fact else turn.file.handled
    turn.keep(replace(turn.file, handled=handled, rerouting=tuple(r for r in turn.file.rerouting if r != begun)))
    if moved:
        ctx.queues.send(Work.ORDERS, [_look_at(order.number)])


def resume_reroutes(turn: OrderTurn, order: CentraOrder, body: str) -> None:
    """Finish what a crash or a vendor's failure left half done: Centra tells what is freed, what waits."""
    for begun in turn.file.rerouting:
        copy = next((c for c in turn.file.copies if c.external_id == begun.copy), None)
        reroute(turn, order, Lost(begun.warehouse, begun.lines, begun.withhold, begun.why), body, copy=copy)


def _free(turn: OrderTurn, order: CentraOrder, lost: Lost) -> tuple[dict[int, int], bool, CentraOrder]:
    """Unallocate what is still allocated there: (what Centra did not free, whether anything changed, the order as it is now)."""
    ctx, started = turn.ctx, turn.ctx.clock.now()
    free = _still_there(order, lost)
    if not free:
        order = _reread(turn, order)
        note_allocations(turn, order)
        return {}, bool(waiting_units(order, lost.units)), order
    rejected = reject_requests(turn, order.number, lost.warehouse)
    if not rejected:
        with warehouse_turn(ctx, lost.warehouse):
            turn.hold()
            written = ctx.centra.unallocate(order.number, free, lost.warehouse, remove=True, comment=f"{lost.why} (Sitoo)")
        if written.errors:
            raise Refused(written.errors)
    order = _reread(turn, order)
    note_allocations(turn, order)
    left = {} if rejected else _still_there(order, lost)
    if left != free:
        turn.step("units freed", note=f"warehouse {lost.warehouse}", since=started)
    return left, left != free, order


def _still_there(order: CentraOrder, lost: Lost) -> dict[int, int]:
    there = {line.id: min(lost.units[line.id], line.allocated_to(lost.warehouse)) for line in order.lines if line.id in lost.units}
    return {line: n for line, n in there.items() if n}


def _elsewhere(turn: OrderTurn, order: CentraOrder, lost: Lost, waiting: Mapping[int, int]) -> bool:
    """Allocate what waits by the client's rule; what nobody has puts the order on hold. Whether anything was allocated."""
    ctx = turn.ctx
    places = places_for(turn, order, waiting) if ctx.settings.reallocate else []
    left = dict(waiting)
    if places:
        turn.hold()
        ctx.centra.allocate(order.number, waiting, places, comment="re-routed by the connector")
        turn.step("allocated elsewhere", note=f"warehouses {', '.join(map(str, places))}")
        order = _reread(turn, order)
        note_allocations(turn, order)
        left = waiting_units(order, lost.units)
    if left:
        _nobody_has_it(turn, order, lost, left)
    return left != waiting


def _on_a_shipment(turn: OrderTurn, lost: Lost, stuck: Mapping[int, int]) -> None:
    turn.park(
        Kind.SHIPMENT_UNCLEAR,
        Owner.CUSTOMER_SERVICE,
        f"{lost.why}, but Centra keeps {sum(stuck.values())} unit(s) of order {turn.file.number} at {lost.warehouse}: on a shipment.",
        "Delete that shipment in Centra (it was not sent), then redrive this exception: the units are found elsewhere.",
        Work.ORDERS,
        _look_at(turn.file.number),
        about=_about(lost),
        centra_warehouse=lost.warehouse,
    )


def places_for(turn: OrderTurn, order: CentraOrder, waiting: Mapping[int, int]) -> list[int]:
    """Warehouses that have any of it above their safety stock: stores by how much of it they can supply, then by how much they have; central
    after them (or before)."""
    ctx = turn.ctx
    sizes = {line.size_id: 0 for line in order.lines if line.id in waiting and line.size_id is not None}
    for line in order.lines:
        if line.id in waiting and line.size_id is not None:
            sizes[line.size_id] += waiting[line.id]
    stores = {s.centra_warehouse: s.safety_stock or 0 for s in ctx.site.stores if s.syncs_stock()}
    central = {c.centra_warehouse: c.safety_stock or 0 for c in ctx.site.central}
    possible = {w: safety for w, safety in (stores | central).items() if w not in turn.file.excluded}
    if not sizes or not possible:
        return []
    turn.hold()
    read = ctx.centra_stock.read_stores({w: sorted(sizes) for w in possible}, lane=Lane.ORDERS)
    supply, spares = dict.fromkeys(possible, 0), dict.fromkeys(possible, 0)
    for (warehouse, size), row in read.stock.items():
        spare = row.physical - row.allocated - possible[warehouse]
        supply[warehouse] += max(0, min(spare, sizes[size]))
        spares[warehouse] += max(0, spare)
    ranked = sorted((w for w in possible if supply[w]), key=lambda w: (-supply[w], -spares[w], w))
    first = [w for w in ranked if w in central] if ctx.settings.central_first else [w for w in ranked if w in stores]
    return first + [w for w in ranked if w not in first]


def _withhold(turn: OrderTurn, order: CentraOrder, lost: Lost, skus: Mapping[int, str], body: str) -> None:
    """Recorded before anything is freed, else the drain would offer the units again at once. What Centra had taken away before is not missing."""
    ctx = turn.ctx
    units: dict[str, int] = {}
    for line in order.lines:
        sku = skus.get(line.size_id) if line.size_id is not None else None
        missing = min(lost.units.get(line.id, 0), line.allocated_to(lost.warehouse))
        if missing and sku is not None:
            units[sku] = units.get(sku, 0) + missing
    if not units:
        return
    for sku, n in sorted(units.items()):
        ctx.links.withhold(order.number, lost.warehouse, sku, units=n, at=ctx.clock.now())
    turn.touch_stock({(lost.warehouse, sku) for sku in units})
    store = ctx.store_at(lost.warehouse)
    name = store.name if store is not None else f"warehouse {lost.warehouse}"
    turn.park(
        Kind.FULFILMENT_REJECTED,
        Owner.RETAIL_OPS,
        f"{lost.why}: {name} cannot supply {', '.join(f'{n} × {sku}' for sku, n in sorted(units.items()))} of order {order.number}.",
        f"Count these SKUs in {name} in Sitoo: until then the units are not offered for sale. The order was sent elsewhere if anybody has them.",
        Work.FULFILMENTS,
        body,
        about=_about(lost),
        centra_warehouse=lost.warehouse,
        skus=[f"{sku}: {n}" for sku, n in sorted(units.items())],
    )


def _end(turn: OrderTurn, copy: Copy, lost: Lost) -> None:
    """The copy is over: cancelled in Sitoo unless it is closed; what was handed out of it stays on it."""
    kept = []
    gone = dict(lost.units)
    for row in copy.rows:
        take = min(row.units, gone.get(row.line, 0)) if row.line else 0
        gone[row.line] = gone.get(row.line, 0) - take
        if row.units > take:
            kept.append(CopyRow(row.row, row.line, row.sku, row.units - take))
    if not any(row.line for row in kept):
        if not cancel_copy(turn, copy):
            turn.keep(turn.file.with_copy(replace(copy, rows=(), state=CopyState.CANCELLED)))
        return
    turn.ctx.sitoo.put_order(copy.sitoo_order_id or 0, {"orderstateid": 10})
    record_reservation(turn, copy, reserved_until=None)
    turn.keep(turn.file.with_copy(replace(copy, rows=tuple(kept), state=CopyState.DONE)))


def _nobody_has_it(turn: OrderTurn, order: CentraOrder, lost: Lost, waiting: Mapping[int, int]) -> None:
    """The message to redrive is about the order, whichever queue the bad news came from."""
    ctx = turn.ctx
    names = {line.id: line.sku for line in order.lines}
    what = ", ".join(f"{n} × {names.get(line) or line}" for line, n in sorted(waiting.items()))
    if not order.on_hold:
        turn.hold()
        written = ctx.centra.hold(order.number, "No warehouse has the goods (store could not supply)")
        if written.errors:
            raise Refused(written.errors)
        turn.step("put on hold", note=what)
    turn.park(
        Kind.OVERSOLD,
        Owner.CUSTOMER_SERVICE,
        f"Nobody has {what} of order {order.number}: {lost.why.lower()}, and no other warehouse has it above its safety stock. The order is on hold.",
        "Offer the customer another size or product or cancel the lines in Centra; or allocate by hand once goods arrive; then resume the order.",
        Work.ORDERS,
        _look_at(order.number),
        about=_about(lost),
        lines=[f"{names.get(line) or line}: {n}" for line, n in sorted(waiting.items())],
        order_lines=[str(line) for line in sorted(waiting)],
    )


def _about(lost: Lost) -> str:
    return f"warehouse/{lost.warehouse}"


def _look_at(number: int) -> str:
    return compact({"v": 1, "source": "flow", "type": "order", "id": number})


def _reread(turn: OrderTurn, order: CentraOrder) -> CentraOrder:
    turn.hold()
    return turn.ctx.centra.orders([order.number]).get(order.number, order)
