"""In-store bookings and parked sales: they have no feed, so the open ones are read and compared with the last reading."""

from __future__ import annotations

from collections.abc import Iterable

from connector.domain.configuration import Lane
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.turn import Turn
from connector.sitoo.models import SitooOrder
from connector.store.stock_levels import Key, Mark

Booked = dict[Key, int]
"""Units booked per (Centra warehouse, sku)."""


def bookings_cursor(site: int) -> str:
    return f"bookings/{site}"


def take_in_bookings(ctx: DrainContext, turn: Turn) -> Booked:
    """Read the open bookings, mark every SKU whose booked units changed, store the new reading; the units booked now."""
    turn.hold()
    booked = units_booked(ctx, ctx.sitoo.open_bookings(lane=Lane.STOCK))
    name = bookings_cursor(ctx.site.id)
    stored = ctx.cursors.get(name) or {"booked": []}
    before: Booked = {(w, sku): units for w, sku, units in stored["booked"]}
    changed = {key for key in before.keys() | booked.keys() if before.get(key, 0) != booked.get(key, 0)}
    if changed:
        ctx.levels.mark(ctx.site.id, [Mark(w, sku, before.get((w, sku), 0) - booked.get((w, sku), 0)) for w, sku in sorted(changed)], ctx.clock.now())
    ctx.cursors.put(name, {"booked": [[w, sku, units] for (w, sku), units in sorted(booked.items())], "read_at": int(ctx.clock.now())}, turn.site)
    return booked


def bookings_are_stale(ctx: DrainContext, *, older_than_s: float) -> bool:
    stored = ctx.cursors.get(bookings_cursor(ctx.site.id))
    return stored is None or ctx.clock.now() - stored["read_at"] >= older_than_s


def units_booked(ctx: DrainContext, bookings: Iterable[SitooOrder]) -> Booked:
    booked: Booked = {}
    for booking in bookings:
        store = ctx.site.store_of_sitoo_warehouse(booking.warehouse_id) if booking.warehouse_id is not None else None
        if store is None or not store.syncs_stock() or booking.warehouse_id not in store.sellable_ids():
            continue
        for item in booking.items:
            if item.sku and item.quantity > 0:
                key = (store.centra_warehouse, item.sku)
                booked[key] = booked.get(key, 0) + item.quantity
    return booked
