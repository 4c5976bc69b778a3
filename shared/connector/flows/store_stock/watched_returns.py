"""Returns that put units into a store's warehouse in Centra: watched for some days, because a deleted one takes them out again unannounced."""

from __future__ import annotations

from connector.centra.errors import Throttled
from connector.domain.configuration import Lane
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.turn import Turn
from connector.runtime.budget import BudgetExhausted
from connector.store.stock_levels import Mark

READ_EVERY_S = 600.0
TRY_AGAIN_S = 60.0
DAY_S = 86_400.0


def returns_cursor(site: int) -> str:
    return f"returns/{site}"


def returns_are_stale(ctx: DrainContext) -> bool:
    stored = ctx.cursors.get(returns_cursor(ctx.site.id))
    return stored is None or ctx.clock.now() - stored["read_at"] >= READ_EVERY_S


def take_in_returns(ctx: DrainContext, turn: Turn) -> None:
    """Read the returns of the last days again; mark the SKUs of those that are new or gone since the last reading."""
    now = ctx.clock.now()
    turn.hold()
    since = now - ctx.mapping.stock.returns_window_days * DAY_S
    stored = ctx.cursors.get(returns_cursor(ctx.site.id)) or {"seen": {}}
    try:
        found = ctx.centra.returns(since=since, lane=Lane.RECONCILE)
    except (BudgetExhausted, Throttled):
        ctx.cursors.put(returns_cursor(ctx.site.id), stored | {"read_at": int(now - READ_EVERY_S + TRY_AGAIN_S)}, turn.site)
        return
    rows = [r for r in found if r.warehouse is not None and ctx.store_at(r.warehouse) is not None]
    skus = ctx.skus.of_sizes(sorted({size for r in rows for size in r.size_ids}))
    seen = {str(r.id): [r.warehouse, int(r.created_at), [skus[size] for size in r.size_ids if size in skus]] for r in rows}
    before = {key: value for key, value in stored["seen"].items() if value[1] >= since}
    changed = [seen[key] for key in seen.keys() - before.keys()] + [before[key] for key in before.keys() - seen.keys()]
    marks = [Mark(warehouse, sku) for warehouse, _, of_return in changed for sku in of_return]
    if marks:
        ctx.levels.mark(ctx.site.id, marks, now)
    ctx.cursors.put(returns_cursor(ctx.site.id), {"seen": seen, "read_at": int(now)}, turn.site)
