"""Two minutes of brisk trade with a full hour bucket: how soon a sale shows in Centra."""

from __future__ import annotations

from collections.abc import Callable

from bench.chain import Chain, arrivals
from bench.figures import Figure, percentile
from bench.reached import follow

STORES, SKUS, SALES_PER_S, SECONDS = 5, 300, 2.0, 120.0
OFFLINE_SALES, OFFLINE_S = 10, 40.0
LOST_SHARE = 0.03


def measure(told: Callable[[str], None]) -> list[Figure]:
    chain = Chain(STORES, {(11 + store, f"SKU-{n:03d}"): 40 for store in range(STORES) for n in range(SKUS)})
    for at in arrivals(chain.rng, SALES_PER_S, SECONDS):
        warehouse, sku = chain.rng.choice(chain.warehouses), f"SKU-{chain.rng.randrange(SKUS):03d}"
        lost = chain.rng.random() < LOST_SHARE
        chain.at(at, lambda w=warehouse, s=sku, lost=lost: chain.sell(w, s, label="lost" if lost else "sale", lost=lost))  # type: ignore[misc]
    told("two minutes of trade")
    chain.run(SECONDS + 60.0)
    outcome = follow(chain.movements(), chain.centra_commits(), chain.opening)
    sales = outcome.seconds("sale")
    print(len(sales), percentile(sales, .5), percentile(sales, .95), max(sales), outcome.undone, outcome.missing, outcome.seconds("lost"))
    print(chain.world.counts.ended, chain.world.counts.invocations, chain.world.centra.usage(), chain.world.centra.calls(), chain.world.sitoo.calls(), chain.world.sitoo.violations())
    return []
