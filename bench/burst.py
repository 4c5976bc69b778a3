"""Two minutes of brisk trade with a full hour bucket: how soon a sale shows in Centra, and what a lost event costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.chain import CHARGED, Chain, arrivals
from bench.figures import Figure, percentile

STORES, SKUS, PLENTY, SALES_PER_S, SECONDS = 5, 300, 40, 2.0, 120.0
OFFLINE_SALES, OFFLINE_S = 10, 40.0
LOST_SHARE = 0.03
DEAF_S = 90.0
IDLE_SALES, IDLE_S = 10, 187.0
"""Not a multiple of a minute, so that the sales fall on every part of it."""

P50_GOAL_S, P95_GOAL_S, LOST_TRADING_GOAL_S, LOST_IDLE_GOAL_S = 2.0, 5.0, 40.0, 130.0


def measure(told: Callable[[str], None]) -> list[Figure]:
    told("two minutes of trade")
    chain = _trade()
    outcome = chain.outcome()
    sales = outcome.seconds("sale")
    how = f"Sitoo's commit to Centra's, {STORES} stores × {SKUS} SKUs, {SALES_PER_S:g} sales/s for {SECONDS:g} s at random moments; {CHARGED}"
    figures = [
        Figure("stock.burst.p50", percentile(sales, 0.5), "s", len(sales), how, P50_GOAL_S),
        Figure("stock.burst.p95", percentile(sales, 0.95), "s", len(sales), how, P95_GOAL_S),
        Figure("stock.burst.max", max(sales), "s", len(sales), how),
        Figure("stock.burst.not_reached", len(outcome.missing), "movements", len(sales), "movements that Centra does not show a minute later", 0),
        Figure("stock.burst.refused", chain.world.centra.usage()["violations"], "calls", len(sales), "429 of Centra for its limits", 0),
    ]
    for label, told_as in (
        ("offline", "sales of a till that was offline, from the moment Sitoo has them"),
        ("lost", "sales none of whose events came"),
    ):
        taken = outcome.seconds(label)
        figures.append(Figure(f"stock.burst.{label}_p95", percentile(taken, 0.95), "s", len(taken), f"{told_as}, amid the trade"))
    return [*figures, *_calls(chain), _deaf_while_trading(told), _deaf_when_idle(told)]


def _trade() -> Chain:
    chain = Chain(STORES, SKUS, plenty=PLENTY)
    for at in arrivals(chain.rng, SALES_PER_S, SECONDS):
        lost = chain.rng.random() < LOST_SHARE
        chain.at(at, partial(chain.sell, *chain.anything(), "lost" if lost else "sale", lost=lost))
    for number in range(OFFLINE_SALES):
        chain.at(SECONDS * number / OFFLINE_SALES / 2, partial(chain.sell_offline, *chain.anything(), OFFLINE_S))
    chain.run(SECONDS + 60.0)
    return chain


def _calls(chain: Chain) -> list[Figure]:
    movements = len(chain.outcome().seconds())
    how = f"in the two-minute burst, per 1,000 movements ({movements} were made, each nearly a pass of its own)"
    requests, mutations = len(chain.centra_calls), sum(call.mutations for call in chain.centra_calls)
    return [
        Figure("stock.burst.requests_per_1000", 1000 * requests / movements, "requests", movements, how),
        Figure("stock.burst.mutations_per_1000", 1000 * mutations / movements, "mutations", movements, how),
    ]


def _deaf_while_trading(told: Callable[[str], None]) -> Figure:
    """No event comes any more while trade goes on."""
    told("events lost while trading")
    chain = Chain(STORES, SKUS, plenty=PLENTY, seed=2)
    for at in arrivals(chain.rng, SALES_PER_S, DEAF_S + 20.0):
        chain.at(at, partial(chain.sell, *chain.anything(), "lost" if at > 20.0 else "sale", lost=at > 20.0))
    chain.run(DEAF_S + 150.0)
    taken = chain.outcome().seconds("lost")
    how = f"slowest sale of {DEAF_S:g} s of trade during which every event is lost, after 20 s in which they came; {CHARGED}"
    return Figure("stock.lost_event.trading_max", max(taken), "s", len(taken), how, LOST_TRADING_GOAL_S)


def _deaf_when_idle(told: Callable[[str], None]) -> Figure:
    """One sale in three minutes, and its events are lost."""
    told("events lost on an idle day")
    chain = Chain(STORES, SKUS, plenty=PLENTY, seed=3)
    for number in range(IDLE_SALES):
        chain.at((number + 1) * IDLE_S, partial(chain.sell, *chain.anything(), "lost", lost=True))
    chain.run((IDLE_SALES + 2) * IDLE_S)
    taken = chain.outcome().seconds("lost")
    how = f"slowest of single sales {IDLE_S:g} s apart whose events are all lost; {CHARGED}"
    return Figure("stock.lost_event.idle_max", max(taken), "s", len(taken), how, LOST_IDLE_GOAL_S)
