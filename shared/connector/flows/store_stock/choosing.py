"""Which dirty SKUs of which warehouses this pass takes, given the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connector.domain.configuration import Lane
from connector.domain.risk import Pending, Turnout, rank
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.sitoo_orders import ORDER_TO_READ
from connector.store.stock_levels import Dirty, Key

MOST_WAREHOUSES = 8
"""Per pass: each costs a Sitoo request, and what was read grows stale while the others are read."""


MOST_LOOKS = 1
"""Warehouses per pass in which no stock moved."""
LOOKS_WAIT_S = 15
"""How long rows at which nothing moved let those go first at which something did: new web orders mark SKUs by hundreds, sales must not wait."""
LOOKS_GATHER_S = 5
"""Among many web orders, how long they gather, so that one pass takes many: a sale waits for the pass that is under way."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`rows`: the dirty rows to take now, per warehouse. `lane`: how urgent the call is. `wait_until`: nothing affordable before then (unix s)."""

    rows: dict[int, list[Dirty]]
    lane: Lane
    wait_until: float | None = None


def due_rows(dirty: Sequence[Dirty], now: float) -> list[Dirty]:
    """Rows to look at now: due, and not a raise that waits for decreases found before it."""
    by_key: dict[Key, Dirty] = {(d.warehouse, d.sku): d for d in dirty}
    return [d for d in dirty if d.warehouse != ORDER_TO_READ and d.due <= now and not _is_blocked(d, by_key)]


def next_due(dirty: Sequence[Dirty]) -> float | None:
    """When the next row can be looked at (unix s); a raise that waits is looked at with what it waits for. None when nothing is dirty."""
    by_key: dict[Key, Dirty] = {(d.warehouse, d.sku): d for d in dirty}
    return min((d.due for d in dirty if not _is_blocked(d, by_key)), default=None)


def choose(ctx: DrainContext, due: Sequence[Dirty]) -> Choice:
    """Urgent warehouses first, then the others as far as the budget of their lane goes; ≤ 200 SKUs each."""
    turnouts = _ranked(ctx, due)
    urgent = [t for t in turnouts if t.urgent]
    lane = Lane.STOCK_RISK if urgent else Lane.STOCK
    affordable = ctx.budget.mutations_left(lane)
    if affordable <= 0:
        return Choice({}, lane, wait_until=ctx.budget.available_at(lane, requests=2, mutations=1))
    calm = min(affordable, ctx.budget.mutations_left(Lane.STOCK)) if urgent else affordable
    taken = _few_looks(due, urgent[:affordable] + [t for t in turnouts if not t.urgent][: max(0, calm - len(urgent))])[:MOST_WAREHOUSES]
    by_key = {(d.warehouse, d.sku): d for d in due}
    most = ctx.mapping.stock.max_sizes_per_set_stock
    return Choice({t.warehouse: [by_key[t.warehouse, sku] for sku in t.skus[:most]] for t in taken}, lane)


def movements_first(due: Sequence[Dirty], now: float, *, gather: bool) -> list[Dirty]:
    """Of the due rows those to take now: when stock moved, a short pass for it alone; the rest when nothing moved, or when it waited long enough.

    `gather`: what did not move stays until its warehouse's oldest has waited LOOKS_GATHER_S.
    """
    moved = [d for d in due if d.delta or now - d.since >= LOOKS_WAIT_S]
    if any(d.delta for d in moved):
        return moved
    if not gather:
        return list(due)
    ripe = {d.warehouse for d in due if now - d.since >= LOOKS_GATHER_S}
    return [d for d in due if d.warehouse in ripe]


def named_orders_are_due(dirty: Sequence[Dirty], now: float, *, gather: bool) -> bool:
    """Orders that events named are read at once, but among movements or many web orders only when one has waited. Nor do they keep back what
    has waited: each reading is a pass of its own, and under constant trade there is always one more."""
    named = [d.since for d in dirty if d.warehouse == ORDER_TO_READ and d.due <= now]
    first = any(d.delta or now - d.since >= LOOKS_WAIT_S for d in due_rows(dirty, now))
    wait = LOOKS_WAIT_S if first else LOOKS_GATHER_S if gather else 0
    return bool(named) and now - min(named) >= wait


def next_ripe(dirty: Sequence[Dirty], now: float) -> float | None:
    """`next_due` while rows gather (unix s)."""
    by_key: dict[Key, Dirty] = {(d.warehouse, d.sku): d for d in dirty}
    moments = [d.due if d.delta or d.due > now else d.since + LOOKS_GATHER_S for d in dirty if not _is_blocked(d, by_key)]
    return min(moments, default=None)


def _few_looks(due: Sequence[Dirty], turnouts: Sequence[Turnout]) -> list[Turnout]:
    """Warehouses where nothing moved (orders, links and mappings mark SKUs too) come one at a time: a sale made meanwhile waits for a short pass."""
    moved = {d.warehouse for d in due if d.delta}
    looks = [t.warehouse for t in turnouts if t.warehouse not in moved][MOST_LOOKS:]
    return [t for t in turnouts if t.warehouse not in looks]


def _ranked(ctx: DrainContext, due: Sequence[Dirty]) -> list[Turnout]:
    known = ctx.levels.levels(ctx.site.id, sorted({d.sku for d in due if d.delta < 0}))
    free = {sku: {w: level.physical - level.allocated for w, level in by_warehouse.items()} for sku, by_warehouse in known.items()}
    pending = [Pending(d.warehouse, d.sku, d.since, d.delta) for d in due]
    return rank(pending, ctx.pools(), free, risk_units=ctx.mapping.stock.risk_units)


def _is_blocked(row: Dirty, by_key: dict[Key, Dirty]) -> bool:
    if row.delta < 0:
        return False
    for warehouse, version in row.blocked_by.items():
        other = by_key.get((warehouse, row.sku))
        if other is not None and other.done_version < version and not other.blocked_by:
            return True
    return False
