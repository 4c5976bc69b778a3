"""Web orders: how soon a store has one, what it costs, and what a burst of them does to stock."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from bench.figures import Figure, percentile
from connector.domain.configuration import Lane
from connector.runtime.queues import Work
from connector.store.sku_map import SkuEntry
from sandbox.order_story import PICK_UP, SHIP, OrderStory
from sandbox.stock_story import SITE, SKUS

LATENCY_S = 0.15
RATE, SECONDS = 0.5, 180.0
BURST, PROBES, PROBE_EVERY_S = 300, 60, 3.0
STORES, SITOO_WAREHOUSES, PROBED_SITOO, WANTED = (11, 12, 13), (101, 102, 103), 102, 80
P50_GOAL_S, P95_GOAL_S, RAISED_GOAL_S = 3.0, 8.0, 1.0
WINDOW_S = 1.0
"""The batching window of the orders queue, as the template has it."""
USERS = {Lane.ORDERS: "orders"}
HOW = f"vendor calls {LATENCY_S:g} s ± 0.05, Growth limits, share 0.8, batches gather for {WINDOW_S:g} s, on virtual time"


def measure(told: Callable[[str], None]) -> list[Figure]:
    told("half an order a second")
    figures = _steady()
    told("ten orders at once")
    figures += _calls()
    for users, name in ((USERS, "two_users"), ({}, "one_user")):
        told(f"a burst of {BURST} orders, {name.replace('_', ' ')}")
        figures += _burst(dict(users), name)
    return figures


def _begin(users: dict[Lane, str] | None = None) -> OrderStory:
    story = OrderStory.begin(dict.fromkeys(SKUS, 2_000), limits=True, latency=LATENCY_S, users=users)
    story.world.windows[Work.ORDERS] = WINDOW_S
    return story


def _steady() -> list[Figure]:
    story, rng = _begin(), random.Random(5)
    placed: dict[int, float] = {}

    def place() -> None:
        lines = [(sku, 1) for sku in rng.sample(SKUS, rng.randint(1, 2))]
        number = story.order(lines, [rng.choice(STORES)], option=rng.choice([PICK_UP, SHIP]))
        placed[number] = story.world.clock.now()

    at = story.world.clock.now()
    end = at + SECONDS
    while (at := at + rng.expovariate(RATE)) < end:
        story.world.clock.at(at, place)
    story.run(SECONDS + 60.0)
    taken, missing = _taken(story, placed)
    story.world.close()
    how = f"Centra's order to Sitoo's, {RATE:g} orders/s for {SECONDS:g} s; {HOW}"
    return [
        Figure("orders.to_sitoo.p50", percentile(taken, 0.5), "s", len(taken), how, P50_GOAL_S),
        Figure("orders.to_sitoo.p95", percentile(taken, 0.95), "s", len(taken), how, P95_GOAL_S),
        Figure("orders.to_sitoo.max", max(taken), "s", len(taken), how),
        Figure("orders.to_sitoo.missing", missing, "orders", len(placed), "orders that no store has a minute later", 0),
    ]


def _taken(story: OrderStory, placed: dict[int, float]) -> tuple[list[float], int]:
    """Seconds from each order to its copy in Sitoo, and how many have none."""
    made = {number: story.copies(number) for number in placed}
    return [made[n][0].log[0][0] - at for n, at in placed.items() if made[n]], sum(not copies for copies in made.values())


def _calls() -> list[Figure]:
    story = _begin()
    story.run(5.0)
    story.world.schedules = False
    story.world.consumers = {Work.ORDERS: story.world.consumers[Work.ORDERS]}
    centra, sitoo = _requests(story)
    for _ in range(10):
        story.order([("CAP", 1)], [11])
    story.run(20.0)
    centra, sitoo = _requests(story)[0] - centra, _requests(story)[1] - sitoo
    story.world.close()
    how = "ten plain orders that come at once, by the order function alone"
    return [
        Figure("orders.calls.centra_per_batch", centra, "requests", 10, how, 2),
        Figure("orders.calls.sitoo_per_order", sitoo / 10, "requests", 10, how, 2),
    ]


def _requests(story: OrderStory) -> tuple[int, int]:
    return story.world.centra.calls().get("requests", 0), sum(story.world.sitoo.calls().values())


def _burst(users: dict[Lane, str], name: str) -> list[Figure]:
    calm, _ = _probed(users, orders=0)
    stormy, ended = _probed(users, orders=BURST)
    how = f"till sales of single SKUs, one each {PROBE_EVERY_S:g} s, while {BURST} web orders come within 10 s; {HOW}"
    raised = percentile(stormy, 0.95) - percentile(calm, 0.95)
    goal = RAISED_GOAL_S if users else None
    return [
        Figure(f"orders.burst.{name}.stock_p95", percentile(stormy, 0.95), "s", len(stormy), how),
        Figure(f"orders.burst.{name}.stock_p95_raised_by", raised, "s", len(stormy), f"against the same sales without orders; {how}", goal),
        Figure(f"orders.burst.{name}.backlog_ends", ended, "s", BURST, "from the first order until the last is in its store"),
    ]


def _probed(users: dict[Lane, str], *, orders: int) -> tuple[list[float], float]:
    """Seconds from each probe's sale to Centra, and when the last order was in its store (seconds after the first)."""
    story = _begin(users)
    world = story.world
    probes = [f"PROBE-{n:02d}" for n in range(PROBES)]
    wanted = [f"WEB-{n:02d}" for n in range(WANTED)]
    for number, sku in enumerate([*probes, *wanted]):
        ids = world.centra.add_size(sku, ean=f"7400000000{number:03d}")
        world.sitoo.add_product(sku, barcode=f"7400000000{number:03d}")
        world.sku_map.put_many(SITE, [SkuEntry(sku, ids["size_id"], ids["product_id"], ids["variant_id"], sku)])
        for warehouse in STORES:
            world.centra.put_stock(warehouse, sku, 50)
    for warehouse in SITOO_WAREHOUSES:
        world.sitoo.receive(warehouse, dict.fromkeys([*probes, *wanted], 50))
    story.run(180.0)
    begun = world.clock.now()
    first_commit = len(world.centra.commits())
    placed: dict[int, float] = {}
    sold: dict[str, float] = {}

    def place() -> None:
        placed[story.order([(wanted[len(placed) % WANTED], 1)], [STORES[len(placed) % 3]])] = world.clock.now()

    def sell(sku: str) -> None:
        world.sitoo.sell(PROBED_SITOO, {sku: 1})
        sold[sku] = world.clock.now()

    for number in range(orders):
        world.clock.at(begun + 10.0 * number / max(1, orders), place)
    for number, sku in enumerate(probes):
        world.clock.at(begun + 1.0 + number * PROBE_EVERY_S, partial(sell, sku))
    story.run(PROBES * PROBE_EVERY_S + 60.0)
    while orders and _taken(story, placed)[1] and world.clock.now() < begun + 3_600.0:
        story.run(60.0)
    shown: dict[str, float] = {}
    for commit in world.centra.commits(first_commit):
        shown.setdefault(commit["sku"], commit["at"])
    taken, _ = _taken(story, placed)
    ended = max((at - begun + took for at, took in zip(placed.values(), taken, strict=False)), default=0.0)
    world.close()
    return [shown[sku] - at for sku, at in sold.items() if sku in shown], ended
