"""What changed in Centra and touches a store's stock: orders, shipments, returns and other people's stock changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, TypeVar

from connector.centra.documents import CHANGES_PAGE
from connector.centra.models import AllocatedUnits, Changes, OrderRow, ReturnRow, ShipmentRow, Since, StockChangeRow
from connector.centra.names import OWN_MARK
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.turn import Turn
from connector.store.order_links import OpenLine
from connector.store.stock_levels import Key, Mark

OVERLAP_S = 30
CLOCK_SLACK_S = 5
SKIM_OVERLAP_S = 2
MOST_TAKEN = 2000
"""Fingerprints kept of rows that the overlap reads again; what is forgotten is only looked at once more."""
MANY_ORDERS = CHANGES_PAGE["orders"]
"""As many orders cost a second request in each pass, for as long as the overlap reaches back to them."""
WHOLE_OVERLAP_EVERY_S = 20
"""Among many orders, how often those of the whole overlap are read again: what Centra shows late is found later by so much, never missed."""

Row = TypeVar("Row", OrderRow, ShipmentRow, ReturnRow, StockChangeRow)


def centra_cursor(site: int) -> str:
    return f"centra/{site}"


def changes_since(ctx: DrainContext) -> Since:
    """From when on Centra's changes must be read: the newest reading less an overlap, or now for the first.

    Orders come in hundreds when a campaign starts, and tell only what is allocated: then most readings skip those that were read before.
    """
    stored = ctx.cursors.get(centra_cursor(ctx.site.id))
    if not stored:
        return Since(ctx.clock.now() - OVERLAP_S)
    since = stored["since"] - OVERLAP_S
    if stored.get("orders", 0) >= MANY_ORDERS and ctx.clock.now() - stored["whole_at"] < WHOLE_OVERLAP_EVERY_S:
        return Since(since, orders=stored["since"] - SKIM_OVERLAP_S)
    return Since(since, orders=min(stored.get("whole", stored["since"]) - OVERLAP_S, since))


def many_orders(ctx: DrainContext) -> bool:
    """Whether so many orders changed of late that reading them costs further requests."""
    return ((ctx.cursors.get(centra_cursor(ctx.site.id)) or {}).get("orders") or 0) >= MANY_ORDERS


def centra_is_stale(ctx: DrainContext, *, older_than_s: float) -> bool:
    stored = ctx.cursors.get(centra_cursor(ctx.site.id))
    return stored is None or ctx.clock.now() - stored["read_at"] >= older_than_s


def take_in_changes(ctx: DrainContext, turn: Turn, changes: Changes, since: Since, *, read_at: float) -> None:
    """Record what each order line is owed and has had shipped, mark the SKUs touched, then move the cursor.

    The cursor moves only through what was read whole, so that the rest of a full page is read next. What the overlap reads again
    unchanged is known from the cursor and marks nothing; a crash before the cursor moved marks it again.
    """
    name = centra_cursor(ctx.site.id)
    before = ctx.cursors.get(name) or {}
    fresh, taken = _untaken(changes, set(before.get("taken", ())))
    sizes = {u.size_id for o in fresh.orders for u in o.allocated} | {size for o in fresh.orders for size in o.loose_sizes}
    sizes |= {u.size_id for s in fresh.shipments for u in s.units}
    sizes |= {size for r in fresh.returns for size in r.size_ids} | {size for c in fresh.stock_changes for size in c.size_ids}
    skus = ctx.skus.of_sizes(sorted(sizes))
    known = ctx.links.open_lines(sorted(_store_warehouses(ctx))) if fresh.orders or fresh.shipments else []
    keys: set[Key] = set()
    for shipment in fresh.shipments:
        keys |= _take_in_shipment(ctx, shipment, known, skus)
    for order in fresh.orders:
        keys |= _take_in_order(ctx, order, known, skus)
    for returned in fresh.returns:
        keys |= _keys(ctx, returned.warehouse, returned.size_ids, skus)
    for change in fresh.stock_changes:
        keys |= _keys(ctx, change.warehouse, change.size_ids, skus)
    if keys:
        ctx.levels.mark(ctx.site.id, [Mark(w, sku) for w, sku in sorted(keys)], ctx.clock.now())
    after: dict[str, Any] = {"since": int(changes.through), "read_at": int(read_at)}
    if since.orders is not None and since.orders > since.all:
        skimmed = {key: before[key] for key in ("orders", "whole", "whole_at")}
        kept = [mark for mark in before["taken"] if mark not in set(taken)]
        after |= {**skimmed, "taken": [*kept, *taken][-MOST_TAKEN:]}
    else:
        after |= {"orders": len(changes.orders), "whole": int(changes.through), "whole_at": int(read_at), "taken": taken}
    ctx.cursors.put(name, after, turn.site)


def _untaken(changes: Changes, taken_before: set[str]) -> tuple[Changes, list[str]]:
    """The rows that were not taken in before, as they are now; and the marks of all rows that the overlap will read again."""
    again_from = changes.through - OVERLAP_S - CLOCK_SLACK_S
    foreign = tuple(c for c in changes.stock_changes if not c.comment.startswith(OWN_MARK))
    marks: list[str] = []

    def fresh(rows: Iterable[Row], moment: Callable[[Row], float]) -> tuple[Row, ...]:
        marked = [(row, _fingerprint(row)) for row in rows]
        marks.extend(mark for row, mark in marked if moment(row) >= again_from)
        return tuple(row for row, mark in marked if mark not in taken_before)

    untaken = replace(
        changes,
        orders=fresh(changes.orders, lambda o: o.updated_at),
        shipments=fresh(changes.shipments, lambda s: s.updated_at),
        returns=fresh(changes.returns, lambda r: r.created_at),
        stock_changes=fresh(foreign, lambda c: c.created_at),
    )
    return untaken, marks[-MOST_TAKEN:]


def _fingerprint(row: OrderRow | ShipmentRow | ReturnRow | StockChangeRow) -> str:
    """Changes with anything of the row: Centra's times are whole seconds, in which a row may change twice."""
    return blake2b(repr(row).encode(), digest_size=8).hexdigest()


def _store_warehouses(ctx: DrainContext) -> set[int]:
    return {s.centra_warehouse for s in ctx.stores}


def _units_by_key(ctx: DrainContext, rows: Iterable[AllocatedUnits], skus: Mapping[int, str]) -> dict[Key, int]:
    units: dict[Key, int] = {}
    for row in rows:
        if ctx.store_at(row.warehouse) is not None and row.size_id in skus:
            key = (row.warehouse, skus[row.size_id])
            units[key] = units.get(key, 0) + row.units
    return units


def _take_in_shipment(ctx: DrainContext, shipment: ShipmentRow, known: Iterable[OpenLine], skus: Mapping[int, str]) -> set[Key]:
    if shipment.shipped_at is None:
        return set()
    lines = [line for line in known if line.order_number == shipment.order_number]
    placed, homeless = _placed(shipment.units, lines, skus)
    shipped = _units_by_key(ctx, placed, skus)
    for (warehouse, sku), units in shipped.items():
        ctx.links.shipped(shipment.order_number, warehouse, sku, shipment_id=shipment.id, units=units, at=shipment.shipped_at)
    return set(shipped) | {(warehouse, sku) for sku in homeless for warehouse in _store_warehouses(ctx)}


def _placed(rows: Iterable[AllocatedUnits], lines: Sequence[OpenLine], skus: Mapping[int, str]) -> tuple[list[AllocatedUnits], set[str]]:
    """Units whose warehouse Centra no longer tells (0) belong where the order's line was last seen allocated; SKUs nobody can place come second."""
    placed: list[AllocatedUnits] = []
    homeless: set[str] = set()
    for row in rows:
        candidates = [line for line in lines if line.sku == skus.get(row.size_id)]
        if row.warehouse:
            placed.append(row)
        elif candidates:
            placed.append(replace(row, warehouse=max(candidates, key=lambda line: line.allocated).warehouse))
        elif row.size_id in skus:
            homeless.add(skus[row.size_id])
    return placed, homeless


def _take_in_order(ctx: DrainContext, order: OrderRow, known: Iterable[OpenLine], skus: Mapping[int, str]) -> set[Key]:
    before = {(line.warehouse, line.sku): line.allocated for line in known if line.order_number == order.number}
    now = _units_by_key(ctx, order.allocated, skus)
    owed = before.keys() | now.keys()
    for warehouse, sku in owed:
        if before.get((warehouse, sku), 0) != now.get((warehouse, sku), 0):
            ctx.links.seen_in_centra(order.number, warehouse, sku, allocated=now.get((warehouse, sku), 0))
    loose = {skus[size] for size in order.loose_sizes if size in skus} - {sku for _, sku in owed}
    return owed | {(warehouse, sku) for sku in loose for warehouse in _store_warehouses(ctx)}


def _keys(ctx: DrainContext, warehouse: int | None, size_ids: Iterable[int], skus: Mapping[int, str]) -> set[Key]:
    if warehouse is None or ctx.store_at(warehouse) is None:
        return set()
    return {(warehouse, skus[size]) for size in size_ids if size in skus}
