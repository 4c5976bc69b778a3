"""Tell the drain which units of an order each store owes now, and let it look where that changed; see where others allocated again."""

from __future__ import annotations

from dataclasses import replace

from connector.centra.order_models import CentraOrder
from connector.flows.orders.order_turn import OrderTurn
from connector.store.order_files import Owed


def note_allocations(turn: OrderTurn, order: CentraOrder) -> None:
    """Compare what is allocated in the stores with what was when the order was last read: its webhook may be all that tells of the change."""
    ctx = turn.ctx
    ours = {store.centra_warehouse for store in ctx.site.stores}
    before, now = _seen(turn), _allocated(turn, order)
    changed = {key for key in before.keys() | now.keys() if before.get(key, 0) != now.get(key, 0)}
    if not changed:
        return
    for warehouse, sku in sorted(changed):
        ctx.links.seen_in_centra(order.number, warehouse, sku, allocated=now.get((warehouse, sku), 0))
    turn.touch_stock(changed)
    others = tuple(o for o in turn.file.owed if o.warehouse not in ours)
    owed = others + tuple(Owed(warehouse, sku, units) for (warehouse, sku), units in sorted(now.items()))
    turn.file = replace(turn.file, owed=owed)


def readmit_stores(turn: OrderTurn, order: CentraOrder) -> None:
    """A store that is left out for this order has more of it allocated than when the order was last read: people want it there after all.

    The connector never allocates to such a store, and what Centra left there after its last re-route stands in the file: neither looks like this.
    """
    if not turn.file.excluded or turn.file.rerouting:
        return
    before, now = _seen(turn), _allocated(turn, order)
    again = {warehouse for (warehouse, sku), units in now.items() if units > before.get((warehouse, sku), 0)} & turn.file.excluded
    if again:
        turn.step("allocated again by others", note=f"warehouses {', '.join(map(str, sorted(again)))}")
        turn.keep(replace(turn.file, excluded=turn.file.excluded - again))


def _seen(turn: OrderTurn) -> dict[tuple[int, str], int]:
    """{(store's warehouse, sku): units} as the file remembers them."""
    ours = {store.centra_warehouse for store in turn.ctx.site.stores}
    return {(o.warehouse, o.sku): o.units for o in turn.file.owed if o.warehouse in ours}


def _allocated(turn: OrderTurn, order: CentraOrder) -> dict[tuple[int, str], int]:
    """{(store's warehouse, sku): units} as Centra says now."""
    ours = {store.centra_warehouse for store in turn.ctx.site.stores}
    skus = turn.ctx.skus.of_sizes(sorted({line.size_id for line in order.lines if line.size_id is not None}))
    now: dict[tuple[int, str], int] = {}
    for line in order.lines:
        sku = skus.get(line.size_id) if line.size_id is not None else None
        for allocation in line.allocations if sku is not None else ():
            if allocation.warehouse in ours and sku is not None:
                now[allocation.warehouse, sku] = now.get((allocation.warehouse, sku), 0) + allocation.units
    return now
