"""What movements cost in calls when many of them are visible at one reading of the feed."""

from __future__ import annotations

from collections.abc import Callable

from bench.chain import Chain, ordinary_sku
from bench.figures import Figure
from connector.flows.nudge_store_stock import nudge_store_stock

MOVEMENTS = 1_000
MUTATIONS_GOAL = 5
SETTLE_S = 120.0


def measure(told: Callable[[str], None]) -> list[Figure]:
    told("a thousand movements at once")
    chain = _moved(undone=False)
    missing = len(chain.outcome().missing)
    requests, mutations = len(chain.centra_calls), sum(call.mutations for call in chain.centra_calls)
    how = f"{MOVEMENTS} sales of {MOVEMENTS} SKUs in one store, all there when the feed is read; {missing} did not reach Centra"
    told("a thousand movements that leave the target as it was")
    undone = _moved(undone=True)
    same = f"{MOVEMENTS} SKUs of one store sold and taken back before the feed is read"
    return [
        Figure("stock.calls.mutations_per_1000", mutations, "mutations", MOVEMENTS - missing, how, MUTATIONS_GOAL),
        Figure("stock.calls.requests_per_1000", requests, "requests", MOVEMENTS - missing, f"{how}; the mutations' requests included"),
        Figure("stock.calls.not_reached", missing, "movements", MOVEMENTS, how, 0),
        Figure("stock.calls.mutations_when_equal", sum(call.mutations for call in undone.centra_calls), "mutations", MOVEMENTS, same, 0),
    ]


def _moved(*, undone: bool) -> Chain:
    """One store moves everything in one instant, then the drain is nudged and all settles."""
    chain = Chain(1, MOVEMENTS, plenty=10)
    (warehouse,) = chain.warehouses
    for number in range(MOVEMENTS):
        chain.sell(warehouse, ordinary_sku(number), lost=True)
        if undone:
            chain.receive(warehouse, {ordinary_sku(number): 1})
    nudge_store_stock(chain.world.queues, [chain.world.site.id], "event")
    chain.run(SETTLE_S)
    return chain
