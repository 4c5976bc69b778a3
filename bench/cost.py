"""What AWS charges for bringing stock movements to Centra: list prices times what a stretch of peak trade is seen to use.

List prices of us-east-1 as of November 2025, USD, without free tier and data transfer. DynamoDB units by its rules: a write unit per begun KB of
an item, a read unit per begun 4 KB (strongly consistent), twice that for what is written in a transaction.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bench.chain import Chain, arrivals
from bench.figures import Figure
from connector.store.leases import Lease
from connector.store.memory.stock_levels import MemoryStockLevels
from connector.store.stock_levels import Dirty, Level, Mark, Outcome

GATEWAY_CALL, SQS_CALL, LAMBDA_CALL, LAMBDA_GB_S = 3.5e-6, 0.4e-6, 0.2e-6, 1.33334e-5
WRITE_UNIT, READ_UNIT = 0.625e-6, 0.125e-6
RECEIVER_GB, RECEIVER_S = 0.5, 0.015
DRAIN_GB, LEFT_WORD_S = 1.0, 0.03
GOAL_USD = 4.0

STORES, SKUS, PLENTY, SALES_PER_S, SECONDS = 50, 300, 400, 20.0, 120.0
WAREHOUSES_A_PASS = 4
DIRTY_ROW_BYTES, LEVEL_BYTES = 200, 60 + 32 * STORES

WRITES = {
    "leases.want": 1,
    "leases.acquire": 1,
    "leases.acquire_many": 4,
    "leases.renew": 4,
    "leases.release": 2,
    "leases.release_unless_wanted": 1,
    "leases.clear_wanted": 1,
    "cursors.put": 4,
    "cursors.start": 1,
    "sitoo_lock.swap": 1,
    "budget.write": 1,
    "stock_levels.record_write": 4,
}
"""Write units per call. What is fenced is a transaction of two items."""

READS = {
    "leases.peek": 1,
    "cursors.get": 1,
    "sitoo_lock.read": 1,
    "budget.read": 1,
    "stock_levels.ripen": 1,
    "stock_levels.pending_writes": 1,
    "order_links.open_lines": WAREHOUSES_A_PASS,
    "sku_map.get_many": 2,
}
"""Read units per call; open lines are a query per warehouse of the pass."""

METERED = frozenset(("stock_levels.mark", "stock_levels.dirty", "stock_levels.levels", "stock_levels.settle"))
"""Counted by the rows they touch."""


@dataclass(slots=True)
class Units:
    writes: int = 0
    reads: int = 0


class MeteredLevels(MemoryStockLevels):
    """Counts DynamoDB's units for the operations that touch many rows."""

    def __init__(self, like: MemoryStockLevels, units: Units) -> None:
        vars(self).update(vars(like))
        self._units = units

    def mark(self, site: int, marks: Sequence[Mark], now: float) -> None:
        self._units.writes += len(marks) * (2 if len(marks) > 1 else 1)
        super().mark(site, marks, now)

    def dirty(self, site: int) -> list[Dirty]:
        rows = super().dirty(site)
        self._units.reads += max(1, math.ceil(len(rows) * DIRTY_ROW_BYTES / 4096))
        return rows

    def levels(self, site: int, skus: Sequence[str]) -> dict[str, dict[int, Level]]:
        self._units.reads += len(skus) * math.ceil(LEVEL_BYTES / 4096)
        return super().levels(site, skus)

    def settle(self, site: int, lease: Lease, outcome: Outcome, now: float) -> None:
        rows = len(outcome.done) + len(outcome.postponed) + len(outcome.settled_writes)
        self._units.writes += 2 * (1 + rows + len({sku for _, sku in outcome.levels}) * math.ceil(LEVEL_BYTES / 1024))
        super().settle(site, lease, outcome, now)


def measure(told: Callable[[str], None]) -> list[Figure]:
    told("peak trade, counted")
    chain = Chain(STORES, SKUS, plenty=PLENTY)
    units, calls = Units(), Counter[str]()
    chain.world.levels = MeteredLevels(chain.world.levels, units)
    charge = chain.world.step

    def counted(operation: str) -> None:
        calls[operation] += 1
        charge(operation)

    chain.world.step = counted
    before = chain.world.sitoo.event_stats()
    for at in arrivals(chain.rng, SALES_PER_S, SECONDS):
        chain.at(at, partial(chain.sell, *chain.anything()))
    chain.run(SECONDS)
    after = chain.world.sitoo.event_stats()
    outcome = chain.outcome()
    return figures_of(
        movements=len(outcome.reached) + len(outcome.missing) + outcome.undone,
        events=after["published"] - before["published"],
        event_calls=after["calls"] - before["calls"],
        calls=calls,
        units=units,
        seconds=SECONDS,
    )


def figures_of(*, movements: int, events: int, event_calls: int, calls: Counter[str], units: Units, seconds: float) -> list[Figure]:
    """Dollars per million movements: the front door, the drain's storage, and its computing (one holder all the time, the others leave word)."""
    queue = sum(n for name, n in calls.items() if name.startswith(("send", "receive", "ack")))
    receiver = LAMBDA_CALL + RECEIVER_S * RECEIVER_GB * LAMBDA_GB_S
    door = event_calls * (GATEWAY_CALL + receiver) + queue * SQS_CALL
    writes = units.writes + sum(WRITES.get(name, 0) * n for name, n in calls.items())
    reads = units.reads + sum(READS.get(name, 0) * n for name, n in calls.items())
    storage = writes * WRITE_UNIT + reads * READ_UNIT
    left_word = calls["leases.want"] * (LAMBDA_CALL + LEFT_WORD_S * DRAIN_GB * LAMBDA_GB_S)
    drain = seconds * DRAIN_GB * LAMBDA_GB_S + left_word
    per_million = 1e6 / movements
    how = f"{SALES_PER_S:g} sales/s in {STORES} stores for {seconds:g} s, list prices us-east-1, November 2025"
    per_event = f"gateway, receivers, queues, and the drain's tables; {how}"
    return [
        Figure("cost.per_million_events", (door + storage) * 1e6 / events, "USD", events, per_event, GOAL_USD),
        Figure("cost.front_door", door * per_million, "USD/million movements", movements, f"gateway, receivers and queues; {how}"),
        Figure("cost.drain_storage", storage * per_million, "USD/million movements", movements, f"{writes} write and {reads} read units; {how}"),
        Figure(
            "cost.drain_computing", drain * per_million, "USD/million movements", movements, f"one drain at work all the time, {DRAIN_GB:g} GB; {how}"
        ),
    ]
