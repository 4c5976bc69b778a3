"""Read both systems for the chosen SKUs, in the order that can only understate: Sitoo orders, Sitoo items, Centra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR

from connector.centra.models import StockRow, StoresRead
from connector.domain.configuration import Lane
from connector.domain.stock_target import OnHand, OwedLine, Target, target
from connector.flows.store_stock.bookings import Booked
from connector.flows.store_stock.centra_changes import changes_since, take_in_changes
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.sitoo_orders import reread_copies
from connector.flows.store_stock.turn import Turn
from connector.sitoo.models import ItemRow
from connector.store.order_links import OpenLine
from connector.store.sku_map import SkuEntry
from connector.store.stock_levels import Dirty, Key


@dataclass(frozen=True, slots=True)
class Look:
    """One SKU of one store as both systems stand.

    `target` None: Sitoo has no row for it, so its stock is unknown. `stock` None: Centra gave none, so it is unknown there.
    `reread`: the (order, key) pairs whose Sitoo copies were read in this pass. `unsure`: Centra could not be asked about it.
    `complete`: every change in Centra up to the reading is known; else a shipment may be missing, and nothing may be raised.
    """

    row: Dirty
    entry: SkuEntry
    target: Target | None
    stock: StockRow | None
    lines: tuple[OpenLine, ...]
    on_hand: tuple[OnHand, ...]
    booked: int
    read_at: float
    reread: frozenset[tuple[int, Key]] = frozenset()
    unsure: bool = False
    complete: bool = True

    @property
    def key(self) -> Key:
        return self.row.warehouse, self.row.sku

    @property
    def physical(self) -> int:
        return self.stock.physical if self.stock else 0

    @property
    def allocated(self) -> int:
        return self.stock.allocated if self.stock else 0

    @property
    def counted_at(self) -> float:
        """When every warehouse of the store had been counted last (unix s, 0 = never)."""
        return min((level.stocktaken_at for level in self.on_hand), default=0.0)


def look(
    ctx: DrainContext, turn: Turn, rows: Mapping[int, Sequence[Dirty]], entries: Mapping[str, SkuEntry], booked: Booked, lane: Lane
) -> list[Look]:
    """Both systems' state for the chosen rows (all mapped). Centra's changes since the last reading ride along in the same request."""
    lines = _owed(ctx, rows)
    moved = {(d.warehouse, d.sku) for chosen in rows.values() for d in chosen if d.delta}
    copies, read_orders = reread_copies(ctx, turn, [line for of_key in lines.values() for line in of_key], moved)
    lines |= _by_key(copies)
    reread = frozenset((line.order_number, (line.warehouse, line.sku)) for line in copies if line.order_number in read_orders)
    items = {store_id: _read_items(ctx, turn, store_id, [d.sku for d in chosen]) for store_id, chosen in rows.items()}
    turn.hold()
    wanted = {warehouse: [entries[d.sku].size_id for d in chosen] for warehouse, chosen in rows.items()}
    numbers = sorted({line.order_number for of_key in lines.values() for line in of_key if line.allocated or line.delivered > line.shipped})
    since = changes_since(ctx)
    read = ctx.centra.read_stores(wanted, lane=lane, changes_since=since, orders=numbers)
    if read.changes is not None:
        take_in_changes(ctx, turn, read.changes, since, read_at=read.read_at)
        lines = _with_shipments(lines, _owed(ctx, rows))
    return [
        replace(_one(ctx, row, entries[row.sku], items[warehouse], lines.get((warehouse, row.sku), []), booked, read), reread=reread)
        for warehouse, chosen in rows.items()
        for row in chosen
    ]


def with_copies_reread(ctx: DrainContext, turn: Turn, suspects: Sequence[Look]) -> dict[Key, Look]:
    """The looks again, with the Sitoo copies re-read of those web orders that became known only by Centra's answer.

    A pick-up Centra has not heard of looks like an oversell, and is none.
    """
    unread = [line for k in suspects for line in k.lines if line.allocated and (line.order_number, k.key) not in k.reread]
    fresh = {(line.order_number, line.warehouse, line.sku): line for line in (reread_copies(ctx, turn, unread)[0] if unread else ())}
    again = {}
    for k in suspects:
        lines = tuple(fresh.get((line.order_number, line.warehouse, line.sku), line) for line in k.lines)
        again[k.key] = replace(k, lines=lines, target=_target(ctx, k.on_hand, k.booked, lines))
    return again


def _by_key(lines: Sequence[OpenLine]) -> dict[Key, list[OpenLine]]:
    by_key: dict[Key, list[OpenLine]] = {}
    for line in lines:
        by_key.setdefault((line.warehouse, line.sku), []).append(line)
    return by_key


def _target(ctx: DrainContext, on_hand: Sequence[OnHand], booked: int, lines: Sequence[OpenLine]) -> Target:
    return target(on_hand, booked, [owed_line(line) for line in lines], now=ctx.clock.now())


def _owed(ctx: DrainContext, rows: Mapping[int, Sequence[Dirty]]) -> dict[Key, list[OpenLine]]:
    wanted = {(d.warehouse, d.sku) for chosen in rows.values() for d in chosen}
    return _by_key([line for line in ctx.links.open_lines(sorted(rows)) if (line.warehouse, line.sku) in wanted])


def _with_shipments(before: dict[Key, list[OpenLine]], after: dict[Key, list[OpenLine]]) -> dict[Key, list[OpenLine]]:
    """`after` holds what Centra just told (shipments, allocations); what Sitoo told a moment ago (deliveries, reservations) is recorded in it."""
    vanished = {key: of_key for key, of_key in before.items() if key not in after}
    return vanished | after


def _read_items(ctx: DrainContext, turn: Turn, centra_warehouse: int, skus: Sequence[str]) -> dict[str, list[ItemRow]]:
    """{sku: rows of the store's sellable warehouses}. A row missing in one of several warehouses is asked for once more before it counts as none."""
    store = ctx.store_at(centra_warehouse)
    found: dict[str, list[ItemRow]] = {}
    if store is None:
        return found
    for warehouse_id in store.sellable_ids():
        turn.hold()
        rows = ctx.sitoo.items(warehouse_id, skus, lane=Lane.STOCK)
        missing = [sku for sku in skus if sku not in rows]
        if missing and len(store.sellable_ids()) > 1:
            turn.hold()
            rows = rows | ctx.sitoo.items(warehouse_id, missing, lane=Lane.STOCK)
        for sku, row in rows.items():
            found.setdefault(sku, []).append(row)
    return found


def _one(
    ctx: DrainContext, row: Dirty, entry: SkuEntry, items: Mapping[str, list[ItemRow]], lines: Sequence[OpenLine], booked: Booked, read: StoresRead
) -> Look:
    on_hand = tuple(OnHand(i.warehouse_id, _floor(i), int(i.reserved), i.stocktaken_at) for i in items.get(row.sku, []))
    now_allocated = tuple(replace(line, allocated=_allocated(read, line, entry)) for line in lines)
    units_booked = booked.get((row.warehouse, row.sku), 0)
    goal = _target(ctx, on_hand, units_booked, now_allocated) if on_hand else None
    pair = (row.warehouse, entry.size_id)
    return Look(
        row,
        entry,
        goal,
        read.stock.get(pair),
        now_allocated,
        on_hand,
        units_booked,
        read.read_at,
        unsure=pair in read.unsure,
        complete=read.changes is None or read.changes.complete,
    )


def _floor(item: ItemRow) -> int:
    return int(item.total.to_integral_value(ROUND_FLOOR))


def _allocated(read: StoresRead, line: OpenLine, entry: SkuEntry) -> int:
    order = read.orders.get(line.order_number)
    if order is None:
        return line.allocated
    return sum(u.units for u in order.allocated if u.warehouse == line.warehouse and u.size_id == entry.size_id)


def owed_line(line: OpenLine) -> OwedLine:
    return OwedLine(
        line.order_number,
        line.allocated,
        line.shipped,
        line.shipped_at,
        line.delivered,
        line.reserved,
        line.reserved_until,
        line.withheld,
        line.withheld_at,
    )
