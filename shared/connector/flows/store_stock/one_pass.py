"""One pass of the drain: what is dirty, which of it now, read both systems, write the difference, settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.domain.configuration import Lane
from connector.domain.exceptions import sku_entity
from connector.flows.store_stock.bookings import bookings_are_stale, take_in_bookings
from connector.flows.store_stock.centra_changes import centra_is_stale, changes_since, many_orders, take_in_changes
from connector.flows.store_stock.choosing import choose, due_rows, movements_first, named_orders_are_due, next_due, next_ripe
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.drain_state import DrainState
from connector.flows.store_stock.feed import take_in_feed
from connector.flows.store_stock.looking import look
from connector.flows.store_stock.parked import look_again_at_what_was_told, park_skus
from connector.flows.store_stock.settling import settle_looks
from connector.flows.store_stock.sitoo_orders import take_in_named_orders
from connector.flows.store_stock.turn import Turn
from connector.flows.store_stock.watched_returns import returns_are_stale, take_in_returns
from connector.store.sku_map import SkuEntry
from connector.store.stock_levels import Dirty, Done, Outcome

SIDE_READS_EVERY_S = 60.0
"""Bookings and Centra's changes are read at least this often, also when nothing is dirty."""
LATEST_START_S = 14.0
"""A pass starts reading only with this much of the turn left: two vendor calls at their time-outs must fit before the write."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass came to: `movements` new feed rows; `sizes` in `mutations` written, `uncertain` sizes perhaps.

    `next_at`: when to look again (unix s; None: all clean).
    """

    movements: int = 0
    sizes: int = 0
    mutations: int = 0
    uncertain: int = 0
    next_at: float | None = None


def run_pass(ctx: DrainContext, turn: Turn, state: DrainState) -> Pass:
    """Run one pass under the site lease. Raises LeaseLost, the vendors' errors and BudgetExhausted; what was marked stays marked."""
    movements = take_in_feed(ctx, turn)
    if returns_are_stale(ctx):
        take_in_returns(ctx, turn)
    look_again_at_what_was_told(ctx, state)
    ctx.levels.ripen(ctx.site.id, ctx.clock.now())
    dirty = ctx.levels.dirty(ctx.site.id)
    gather = many_orders(ctx)
    if named_orders_are_due(dirty, ctx.clock.now(), gather=gather) and take_in_named_orders(ctx, turn, dirty):
        # Passes are kept short: what was sold meanwhile goes before what the orders marked.
        return Pass(movements, next_at=ctx.clock.now())
    if not due_rows(dirty, ctx.clock.now()):
        if not _side_reads(ctx, turn):
            return Pass(movements, next_at=_next_look(dirty, ctx.clock.now(), gather=gather))
        dirty = ctx.levels.dirty(ctx.site.id)
    due = movements_first(due_rows(dirty, ctx.clock.now()), ctx.clock.now(), gather=gather)
    if not due:
        return Pass(movements, next_at=_next_look(dirty, ctx.clock.now(), gather=gather))
    choice = choose(ctx, due)
    if not choice.rows or turn.time_left() < LATEST_START_S:
        return Pass(movements, next_at=choice.wait_until if choice.wait_until is not None and due else next_due(dirty))
    booked = take_in_bookings(ctx, turn)
    rows, entries = _mapped(ctx, turn, choice.rows)
    taken = turn.take_warehouses(sorted(rows))
    rows = {w: rows[w] for w in choice.rows if w in taken}
    if not rows:
        return Pass(movements, next_at=ctx.clock.now() + 1.0)
    try:
        looks = look(ctx, turn, rows, entries, booked, choice.lane)
        sizes, mutations, uncertain = settle_looks(ctx, turn, state, looks, dirty, choice.lane)
    finally:
        turn.give_back_warehouses()
    return Pass(movements, sizes, mutations, uncertain, next_at=next_due(ctx.levels.dirty(ctx.site.id)))


def _next_look(dirty: Sequence[Dirty], now: float, *, gather: bool) -> float | None:
    """When there is something to take again (unix s): what gathers, named orders too, is not asked for until it is ripe."""
    return next_ripe(dirty, now) if gather else next_due(dirty)


def _side_reads(ctx: DrainContext, turn: Turn) -> bool:
    """On a quiet minute: bookings and Centra's changes. True when something was read."""
    stale = bookings_are_stale(ctx, older_than_s=SIDE_READS_EVERY_S)
    if stale:
        take_in_bookings(ctx, turn)
    if centra_is_stale(ctx, older_than_s=SIDE_READS_EVERY_S):
        turn.hold()
        since = changes_since(ctx)
        read = ctx.centra.read_stores({}, lane=Lane.STOCK, changes_since=since)
        if read.changes is not None:
            take_in_changes(ctx, turn, read.changes, since, read_at=read.read_at)
        stale = True
    return stale


def _mapped(ctx: DrainContext, turn: Turn, rows: Mapping[int, Sequence[Dirty]]) -> tuple[dict[int, list[Dirty]], dict[str, SkuEntry]]:
    """The rows whose SKU is mapped, with their entries. The others are parked, one exception per SKU, and are dirty no more."""
    entries, problems = ctx.skus.find(sorted({d.sku for chosen in rows.values() for d in chosen}))
    if problems:
        park_skus(ctx, [p for p in problems if p.evidence["sku"] not in _fees(ctx)])
        parked = {p.entity for p in problems}
        done = [Done(d.warehouse, d.sku, d.version, d.delta) for chosen in rows.values() for d in chosen if sku_entity(ctx.site.id, d.sku) in parked]
        ctx.levels.settle(ctx.site.id, turn.site, Outcome(done=done), ctx.clock.now())
    mapped = {w: [d for d in chosen if d.sku in entries] for w, chosen in rows.items()}
    return {w: chosen for w, chosen in mapped.items() if chosen}, entries


def _fees(ctx: DrainContext) -> set[str]:
    """SKUs of fee rows on web orders: they have no stock, and no size in Centra."""
    orders = ctx.mapping.orders
    return {orders.shipping_fee_sku, orders.handling_fee_sku, orders.returns.shipping_sku}
