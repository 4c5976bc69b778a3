"""One hour of simulated peak on an hour bucket that is empty at the start: who waits how long when there is not budget for all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.chain import FIRST_CENTRA, SHARE, Chain, arrivals
from bench.figures import Figure, percentile
from bench.reached import Key, follow
from bench.share_check import overdraft

STORES, SKUS, SECONDS = 50, 300, 3600.0
SALES_PER_S, RISKY_PER_S = 20.0, 0.2
PLENTY = 400
LAST_UNITS = 3
RECEIPT_EVERY_S, RECEIVED = 10.0, 20
SETTLE_S = 600.0
GROWTH = {"requests": {10.0: 60, 3600.0: 5_000}, "mutations": {10.0: 20, 3600.0: 1_800}}
MUTATIONS_PER_S = SHARE * 1_800 / 3600
FLOOR_S = STORES / (MUTATIONS_PER_S - RISKY_PER_S)
OVERDRAFT_GOAL = 0.01


def measure(told: Callable[[str], None]) -> list[Figure]:
    chain = _chain()
    _empty_the_hour(chain)
    left = {(row["type"], row["intervalSeconds"]): row["remainingQuota"] for row in chain.world.centra.limits.rows(chain.now())}
    since = chain.now()
    _plan(chain)
    for minute in range(60):
        told(f"minute {minute + 1} of 60")
        chain.run(SECONDS / 60)
    told("what is left")
    chain.run(SETTLE_S)
    outcome = follow(chain.movements(), chain.centra_commits(), chain.opening)
    for label in ("risky", "sale", "receipt"):
        s = outcome.seconds(label)
        print(label, len(s), percentile(s, .5), percentile(s, .95), max(s))
    print(outcome.undone, len(outcome.missing), outcome.missing[:5])
    calls = [c for c in chain.centra_calls if c.at >= since]
    for window in (10.0, 3600.0):
        for kind in ("requests", "mutations"):
            cap = SHARE * GROWTH[kind][window]
            print(kind, window, overdraft([(c.at, 1 if kind == "requests" else c.mutations) for c in calls], capacity=cap, window_s=window, left=cap if window == 10 else 0.0, since=since-2.0))
    print(left)
    for d in chain.world.counts.drained:
        if d.error: print(d.ended, d.passes, d.mutations, d.error)
    print(chain.world.counts.ended, chain.world.counts.invocations, chain.world.centra.usage(), chain.world.centra.calls(), chain.world.sitoo.calls(), chain.world.sitoo.violations())
    return []


def _chain() -> Chain:
    """Every store holds plenty of the ordinary SKUs; each risky SKU has its last three units in one store."""
    opening: dict[Key, int] = {(FIRST_CENTRA + store, f"SKU-{n:03d}"): PLENTY for store in range(STORES) for n in range(SKUS)}
    risky = int(RISKY_PER_S * SECONDS * 1.5)
    opening |= {(FIRST_CENTRA + n % STORES, f"LAST-{n:04d}"): LAST_UNITS for n in range(risky)}
    return Chain(STORES, opening)


def _empty_the_hour(chain: Chain) -> None:
    """Others have used the hour up; the connector learns it from `rateLimits`."""
    chain.world.centra.throttle("growth", hour_left=0.0)
    chain.run(2.0)
    chain.world.context().centra.rate_limits()


def _plan(chain: Chain) -> None:
    lasts = iter(sorted(key for key in chain.opening if key[1].startswith("LAST")), )
    lasts = iter(chain.rng.sample(sorted(key for key in chain.opening if key[1].startswith("LAST")), int(RISKY_PER_S * SECONDS * 1.5)))
    for at in arrivals(chain.rng, SALES_PER_S, SECONDS):
        if chain.rng.random() < RISKY_PER_S / SALES_PER_S:
            warehouse, sku = next(lasts)
            chain.at(at, partial(chain.sell, warehouse, sku, label="risky"))
        else:
            chain.at(at, partial(chain.sell, chain.rng.choice(chain.warehouses), f"SKU-{chain.rng.randrange(SKUS):03d}"))
    for n in range(int(SECONDS / RECEIPT_EVERY_S)):
        key = (chain.rng.choice(chain.warehouses), f"SKU-{chain.rng.randrange(SKUS):03d}")
        chain.at((n + 0.5) * RECEIPT_EVERY_S, partial(chain.receive, key[0], {key[1]: RECEIVED}))
