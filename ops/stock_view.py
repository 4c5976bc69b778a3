"""One SKU in every store: what both systems hold, what Centra should hold and why, and what stands in the way. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR
from shlex import quote

from connector.centra.models import StockRow
from connector.domain.configuration import Lane, Site, Store
from connector.domain.stock_target import OnHand, Target, target
from connector.flows.store_stock.looking import owed_line
from connector.sitoo.models import ItemRow
from connector.store.order_links import OpenLine
from connector.store.sku_map import SkuEntry
from connector.store.stock_levels import Dirty, PendingWrite
from ops.connection import Connection
from ops.wording import clock_time

SOON_S = 600.0
"""A SKU that is looked at within this time has only to be waited for; a reservation that ends in days explains nothing now."""


@dataclass(frozen=True, slots=True)
class StoreView:
    """`items`: Sitoo's row per warehouse, None where it has none. `target` None: no sellable warehouse has a row, so the stock is unknown.

    `later`: when the SKU is looked at again at the latest (unix s), None when that is not soon. `waiting`: how many SKUs of the store wait for that.
    """

    store: Store
    items: dict[int, ItemRow | None]
    centra: StockRow | None
    target: Target | None
    lines: tuple[OpenLine, ...]
    booked: int
    dirty: Dirty | None
    pending: tuple[PendingWrite, ...]
    later: float | None = None
    waiting: int = 0

    @property
    def verdict(self) -> str:
        """In words: does Centra hold what it should, and if not, what happens next."""
        if not self.store.syncs_stock():
            return "not synchronised: switched off in the mapping, or Centra owns the stock"
        if self.target is None and self.centra is not None and self.centra.physical == 0:
            return "nothing there: never moved or counted in Sitoo, 0 in Centra"
        if self.target is None:
            return "unknown in Sitoo: never moved or counted in a sellable warehouse"
        if self.pending:
            return "a write is not confirmed yet"
        if self.dirty is not None:
            return f"waits for the drain{self._queue()}"
        if self.centra is None:
            return "unknown in Centra"
        if self.centra.physical == self.target.quantity:
            return "right"
        if self.centra.physical == self.centra.allocated > self.target.quantity:
            return "promised to more web orders than the store has"
        if self.later is not None:
            return f"waits its turn, is looked at again at {clock_time(self.later)} at the latest (a mapping change, or a reservation that ends)"
        if self.waiting:
            return f"differs{self._queue()}: look again when they are through"
        return f"differs, and nothing is under way: look again in two minutes; if it stays so, `ops stock load --store {quote(self.store.name)}`"

    def _queue(self) -> str:
        waits = "SKU of this store waits" if self.waiting == 1 else "SKUs of this store wait"
        return f"; {self.waiting} {waits} for {'its' if self.waiting == 1 else 'their'} turn" if self.waiting else ""


def views(conn: Connection, site: Site, entry: SkuEntry) -> list[StoreView]:
    """One view per store of the site, read in the drain's order: bookings, Sitoo's levels, Centra's."""
    sitoo, sku = conn.sitoo(site.id), entry.sku
    stores = site.stores
    lines = [line for line in conn.links.open_lines([s.centra_warehouse for s in stores]) if line.sku == sku]
    booked: dict[int, int] = {}
    for booking in sitoo.open_bookings(lane=Lane.RECONCILE):
        if booking.warehouse_id is not None:
            units = sum(item.quantity for item in booking.items if item.sku == sku)
            booked[booking.warehouse_id] = booked.get(booking.warehouse_id, 0) + units
    items = {w.id: sitoo.items(w.id, [sku], lane=Lane.RECONCILE).get(sku) for store in stores for w in store.sitoo_warehouses}
    read = conn.centra.read_stores({store.centra_warehouse: [entry.size_id] for store in stores}, lane=Lane.RECONCILE)
    soon = conn.clock.now() + SOON_S
    all_dirty, timed = conn.levels.dirty(site.id), [(at, mark) for at, mark in conn.levels.timed(site.id) if at <= soon]
    dirty = {d.warehouse: d for d in all_dirty if d.sku == sku}
    waiting = {(d.warehouse, d.sku) for d in all_dirty} | {(mark.warehouse, mark.sku) for _, mark in timed}
    later = {mark.warehouse: at for at, mark in reversed(timed) if mark.sku == sku}
    pending = [write for write in conn.levels.pending_writes(site.id) if sku in write.quantities]
    found = []
    for store in stores:
        w = store.centra_warehouse
        own_lines = tuple(line for line in lines if line.warehouse == w)
        own_booked = sum(booked.get(i, 0) for i in store.sellable_ids())
        own_items = {row.id: items[row.id] for row in store.sitoo_warehouses}
        found.append(
            StoreView(
                store=store,
                items=own_items,
                centra=read.stock.get((w, entry.size_id)),
                target=_target(conn, store, own_items, own_booked, own_lines),
                lines=own_lines,
                booked=own_booked,
                dirty=dirty.get(w),
                pending=tuple(write for write in pending if write.warehouse == w),
                later=later.get(w),
                waiting=sum(warehouse == w for warehouse, _ in waiting),
            )
        )
    return found


def _target(conn: Connection, store: Store, items: dict[int, ItemRow | None], booked: int, lines: tuple[OpenLine, ...]) -> Target | None:
    rows = [row for i in store.sellable_ids() if (row := items[i]) is not None]
    if not rows:
        return None
    on_hand = [OnHand(r.warehouse_id, int(r.total.to_integral_value(ROUND_FLOOR)), int(r.reserved), r.stocktaken_at) for r in rows]
    return target(on_hand, booked, [owed_line(line) for line in lines], now=conn.clock.now())
