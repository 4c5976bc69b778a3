"""One hour of simulated peak on an hour bucket that is empty at the start: who waits how long when there is not budget for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from bench.chain import CHARGED, SHARE, Chain, arrivals, warehouses_of
from bench.figures import Figure, percentile
from bench.reached import Key
from bench.share_check import overdraft

STORES, SKUS, PLENTY, SECONDS = 50, 300, 400, 3600.0
SALES_PER_S, RISKY_PER_S = 20.0, 0.2
LAST_UNITS = 3
RECEIPT_EVERY_S, RECEIVED = 10.0, 20
SETTLE_S = 600.0
REFILL_S = 2.0

GROWTH: Mapping[tuple[str, float], int] = {("requests", 10.0): 60, ("requests", 3600.0): 5_000, ("mutations", 10.0): 20, ("mutations", 3600.0): 1_800}
MUTATIONS_PER_S = SHARE * GROWTH["mutations", 3600.0] / 3600
FLOOR_S = STORES / (MUTATIONS_PER_S - RISKY_PER_S)

RISKY_GOAL_S, OTHERS_GOAL_S, RECEIPT_GOAL_S = 10.0, 1.2 * FLOOR_S, 300.0
OVERDRAFT_GOAL = 0.01
"""Of one call: the connector asks its budget a few milliseconds before the call arrives, and refill goes on meanwhile."""

WHAT = (
    f"one hour, {STORES} stores × {SKUS} SKUs, {SALES_PER_S:g} sales/s at random moments, of which {RISKY_PER_S:g}/s bring a SKU's pool from "
    f"{LAST_UNITS} units to {LAST_UNITS - 1}, a receipt every {RECEIPT_EVERY_S:g} s, hour bucket empty at the start; {CHARGED}"
)


def measure(told: Callable[[str], None]) -> list[Figure]:
    chain = Chain(STORES, SKUS, plenty=PLENTY, more=_last_units())
    emptied_at = _empty_the_hour(chain)
    _plan(chain)
    for minute in range(int(SECONDS / 60)):
        chain.at(60.0 * minute, partial(told, f"peak hour: minute {minute + 1} of 60"))
    chain.run(SECONDS + SETTLE_S)
    return [*_waits(chain), *_limits(chain, emptied_at)]


def _waits(chain: Chain) -> list[Figure]:
    outcome = chain.outcome()
    risky, others, receipts = outcome.seconds("risky"), outcome.seconds("sale"), outcome.seconds("receipt")
    floor = f"floor = {STORES} stores ÷ ({MUTATIONS_PER_S:g} mutations/s − {RISKY_PER_S:g} risky/s) = {FLOOR_S:g} s"
    missing = (
        f"movements that Centra does not show {SETTLE_S:g} s after the hour; {outcome.undone} were undone by a later one before they were written"
    )
    return [
        Figure("stock.peak.risky_p95", percentile(risky, 0.95), "s", len(risky), f"sales that leave two units in the pool; {WHAT}", RISKY_GOAL_S),
        Figure(
            "stock.peak.others_p95", percentile(others, 0.95), "s", len(others), f"all other sales; goal 1.2 × floor, {floor}; {WHAT}", OTHERS_GOAL_S
        ),
        Figure("stock.peak.others_p95_in_floors", percentile(others, 0.95) / FLOOR_S, "× floor", len(others), floor),
        Figure("stock.peak.others_max", max(others), "s", len(others), "the slowest of them"),
        Figure("stock.peak.receipt_max", max(receipts), "s", len(receipts), f"the slowest receipt; {WHAT}", RECEIPT_GOAL_S),
        Figure("stock.peak.not_reached", len(outcome.missing), "movements", len(outcome.reached), missing, 0),
    ]


def _limits(chain: Chain, emptied_at: float) -> list[Figure]:
    calls = [call for call in chain.centra_calls if call.at >= emptied_at]
    refused = chain.world.centra.usage()["violations"]
    figures = [
        Figure("stock.peak.centra_refused", refused, "calls", len(calls), "429 of Centra for any of its six limits", 0),
        Figure("stock.peak.sitoo_refused", chain.world.sitoo.violations(), "calls", len(calls), "`Too many connections` of Sitoo", 0),
    ]
    for (kind, window_s), quota in GROWTH.items():
        spent = [(call.at, 1 if kind == "requests" else call.mutations) for call in calls]
        capacity = SHARE * quota
        left = capacity if window_s == 10.0 else 0.0
        most = overdraft(spent, capacity=capacity, window_s=window_s, left=left, since=emptied_at)
        how = (
            f"most ever taken above a bucket of {SHARE:g} × {quota} {kind} in {window_s:g} s, empty at the start for the hour, from the log of calls"
        )
        name = f"stock.peak.{kind}_above_share_{'10s' if window_s == 10.0 else 'hour'}"
        figures.append(Figure(name, most, kind, sum(count for _, count in spent), how, OVERDRAFT_GOAL))
    movements = len(chain.outcome().reached)
    per_1000 = 1000 * sum(call.mutations for call in calls) / movements
    return [*figures, Figure("stock.peak.mutations_per_1000", per_1000, "mutations", movements, f"per 1,000 movements; {WHAT}")]


def _last_units() -> dict[Key, int]:
    """More SKUs than will be needed, each with its last three units in one store."""
    stores = warehouses_of(STORES)
    return {(stores[n % STORES], f"LAST-{n:04d}"): LAST_UNITS for n in range(int(RISKY_PER_S * SECONDS * 1.5))}


def _empty_the_hour(chain: Chain) -> float:
    """Others have used the hour up; the connector learns it from `rateLimits` as soon as that can be asked. When the bucket was empty."""
    chain.world.centra.throttle("growth", hour_left=0.0)
    emptied_at = chain.now()
    chain.run(REFILL_S)
    chain.world.context().centra.rate_limits()
    return emptied_at


def _plan(chain: Chain) -> None:
    lasts = [key for key in chain.opening if key[1].startswith("LAST")]
    chain.rng.shuffle(lasts)
    for at in arrivals(chain.rng, SALES_PER_S, SECONDS):
        if chain.rng.random() < RISKY_PER_S / SALES_PER_S:
            chain.at(at, partial(chain.sell, *lasts.pop(), "risky"))
        else:
            chain.at(at, partial(chain.sell, *chain.anything()))
    for n in range(int(SECONDS / RECEIPT_EVERY_S)):
        warehouse, sku = chain.anything()
        chain.at((n + 0.5) * RECEIPT_EVERY_S, partial(chain.receive, warehouse, {sku: RECEIVED}))
