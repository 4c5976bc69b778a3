"""Dirty SKUs from Sitoo's warehouse-transaction feed: cursor by id, gaps waited for, nothing skipped."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal

from connector.domain.configuration import Lane
from connector.domain.exceptions import Kind, Owner, Problem
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.turn import Turn
from connector.sitoo.models import TransactionRow
from connector.store.stock_levels import Dirty, Mark

GAP_LOOK_EVERY_S = 5.0
MOST_GAPS = 500
PAGE = 500

Gap = list[int]
"""[first missing id, last missing id, missing since (unix s)]"""


def feed_cursor(site: int) -> str:
    return f"feed/{site}"


def take_in_feed(ctx: DrainContext, turn: Turn) -> int:
    """Read every new transaction, mark what it moved, then move the cursor; how many rows were new.

    Ids can become visible out of order: a missing id is looked for again until `gap_s` has passed. The cursor moves only after the
    marks are stored, so a crash between the two reads the same rows again, which is harmless.
    """
    name = feed_cursor(ctx.site.id)
    cursor = ctx.cursors.get(name)
    if cursor is None:
        turn.hold()
        ctx.cursors.start(name, {"last": ctx.sitoo.newest_transaction_id(lane=Lane.STOCK), "gaps": [], "looked": 0})
        return 0
    new_rows = 0
    while True:
        now = int(ctx.clock.now())
        last, gaps = int(cursor["last"]), list(cursor["gaps"])
        look_back = bool(gaps) and now - cursor["looked"] >= GAP_LOOK_EVERY_S
        turn.hold()
        page = ctx.sitoo.transactions(from_id=gaps[0][0] if look_back else last + 1, lane=Lane.STOCK, limit=PAGE)
        rows = [r for r in page.rows if r.id > last or _in_gap(r.id, gaps)]
        mark_movements(ctx, rows)
        newest = max([last, *(r.id for r in rows)])
        seen = {r.id for r in rows}
        if look_back:
            # A gap is given up only by a look that came late enough and reached past it.
            reached = math.inf if page.complete else newest
            gaps = [g for g in gaps if now - g[2] < ctx.mapping.stock.gap_s or g[1] > reached]
        gaps = _bounded(_without(gaps, seen) + _missing(last, seen, now))
        after = {"last": newest, "gaps": gaps, "looked": now if look_back or not gaps else cursor["looked"]}
        if after != cursor:
            ctx.cursors.put(name, after, turn.site)
        cursor, new_rows = after, new_rows + len(rows)
        if page.complete:
            return new_rows


def mark_movements(ctx: DrainContext, rows: Iterable[TransactionRow]) -> None:
    """Mark each moved SKU of a store. Decreases first: a raise must know the decreases of its SKU that were pending when it was found."""
    net: dict[tuple[int, str], Decimal] = {}
    for row in rows:
        store = ctx.site.store_of_sitoo_warehouse(row.warehouse_id)
        if store is None:
            _report_unknown_warehouse(ctx, row.warehouse_id)
        elif store.syncs_stock() and row.warehouse_id in store.sellable_ids():
            for sku, change in row.items:
                key = (store.centra_warehouse, sku)
                net[key] = net.get(key, Decimal(0)) + change
    now = ctx.clock.now()
    decreases = [Mark(w, sku, _units(change)) for (w, sku), change in net.items() if change <= 0]
    raises = [(w, sku, _units(change)) for (w, sku), change in net.items() if change > 0]
    if decreases:
        ctx.levels.mark(ctx.site.id, decreases, now)
    if raises:
        pending = ctx.levels.dirty(ctx.site.id)
        ctx.levels.mark(ctx.site.id, [Mark(w, sku, units, blockers(pending, w, sku)) for w, sku, units in raises], now)


def blockers(pending: Iterable[Dirty], warehouse: int, sku: str) -> dict[int, int]:
    """{warehouse: version} of the decreases of `sku` pending elsewhere: a raise waits for these, and only these."""
    return {d.warehouse: d.version for d in pending if d.sku == sku and d.warehouse != warehouse and d.delta < 0}


def _units(change: Decimal) -> int:
    return int(change.to_integral_value(ROUND_FLOOR))


def _bounded(gaps: list[Gap]) -> list[Gap]:
    """At most MOST_GAPS: the oldest are joined, rows between them included, which are then marked again for nothing."""
    surplus = len(gaps) - MOST_GAPS
    if surplus <= 0:
        return gaps
    joined = gaps[: surplus + 1]
    return [[joined[0][0], joined[-1][1], joined[-1][2]], *gaps[surplus + 1 :]]


def _in_gap(row_id: int, gaps: Iterable[Gap]) -> bool:
    return any(g[0] <= row_id <= g[1] for g in gaps)


def _missing(last: int, seen: set[int], now: int) -> list[Gap]:
    gaps: list[Gap] = []
    previous = last
    for row_id in sorted(i for i in seen if i > last):
        if row_id > previous + 1:
            gaps.append([previous + 1, row_id - 1, now])
        previous = row_id
    return gaps


def _without(gaps: Iterable[Gap], seen: set[int]) -> list[Gap]:
    left: list[Gap] = []
    for first, final, since in gaps:
        found = sorted(i for i in seen if first <= i <= final)
        start = first
        for row_id in found:
            if row_id > start:
                left.append([start, row_id - 1, since])
            start = row_id + 1
        if start <= final:
            left.append([start, final, since])
    return left


def _report_unknown_warehouse(ctx: DrainContext, warehouse_id: int) -> None:
    if any(c.sitoo_warehouse == warehouse_id for c in ctx.site.central):
        return
    problem = Problem(
        kind=Kind.UNMAPPED_NAME,
        entity=f"site/{ctx.site.id}/sitoo-warehouse/{warehouse_id}",
        owner=Owner.RETAIL_OPS,
        happened=f"Stock moved in Sitoo warehouse {warehouse_id}, which the mapping file does not name, so its stock reaches no web shop.",
        todo="Add the warehouse to its store in the mapping file (sellable: false if it must not count), then run `ops mapping apply`.",
        evidence={"sitoo_warehouse": warehouse_id},
    )
    ctx.cases.open(problem, now=ctx.clock.now(), by="sync_store_stock")
