"""A trading chain with web orders: how soon a refund at a till is a return in Centra, a hand-out a shipment, and what a return costs in calls."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bench.figures import Figure, percentile
from connector.domain.configuration import Lane, SitooWarehouse, Store
from connector.domain.order_keys import refund_of
from connector.runtime.queues import Work
from connector.store.order_files import OrderFile
from connector.store.sku_map import SkuEntry
from sandbox.order_story import PICK_UP, SHIP, OrderStory
from sandbox.sitoo.records import OPEN
from sandbox.stock_story import CENTRAL, SITE

LATENCY_S, STORAGE_S, RECEIVE_S = 0.15, 0.005, 0.06
WINDOWS = {Work.ORDERS: 1.0, Work.RETURNS: 1.0, Work.FULFILMENTS: RECEIVE_S, Work.STORE_STOCK: RECEIVE_S}
"""The batching windows as the template has them; where it has none, the way to the function."""
STORES = tuple(Store(f"Store {n}", 10 + n, (SitooWarehouse(100 + n),), n) for n in range(1, 6))
SKUS = tuple(f"ITEM-{n:02d}" for n in range(60))
PLENTY = 5_000
SOLD_PER_S, WEB_PER_S, HANDED_PER_S, SENT_PER_S, BACK_PER_S, TILL_BACK_PER_S = 2.0, 0.1, 0.1, 0.05, 0.1, 0.05
TRADED_S, SETTLED_S = 600.0, 180.0
OLD, OLD_SENT = 60, 30
"""Web orders from before: handed out in a store, sent from the central warehouse."""
COUNTED = 10
P95_GOAL_S = 10.0
USERS = {Lane.ORDERS: "orders"}
HOW = (
    f"{SOLD_PER_S:g} till sales/s over {len(STORES)} stores; per minute {60 * WEB_PER_S:g} web orders, {60 * HANDED_PER_S:g} hand-outs, "
    f"{60 * SENT_PER_S:g} orders sent from the central warehouse, {60 * BACK_PER_S:g} refunds of web orders and {60 * TILL_BACK_PER_S:g} of till "
    f"sales, for {TRADED_S / 60:g} min; vendor calls {LATENCY_S:g} s ± 0.05, Growth limits, share 0.8, {RECEIVE_S:g} s from an event to its "
    f"function, {STORAGE_S * 1000:g} ms per storage call, on virtual time"
)


def measure(told: Callable[[str], None]) -> list[Figure]:
    figures = []
    for users, name in (({}, "one_user"), (USERS, "two_users")):
        told(f"ten minutes of trade, {name.replace('_', ' ')}")
        figures += _traded(dict(users), name)
    told("refunds one after the other")
    return figures + _calls()


@dataclass(slots=True)
class Shop:
    """`in_store`: {web order: when it was placed} for what stores have not handed out, `sold`: web orders customers hold, `kept`: till sales."""

    story: OrderStory
    rng: random.Random
    in_store: dict[int, float] = field(default_factory=dict)
    sold: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    handed: dict[int, tuple[int, float]] = field(default_factory=dict)
    back: dict[int, tuple[int, float]] = field(default_factory=dict)

    @classmethod
    def open(cls, users: dict[Lane, str]) -> Shop:
        story = OrderStory.begin(limits=True, latency=LATENCY_S, users=users, stores=STORES)
        world = story.world
        for number, sku in enumerate(SKUS):
            ids = world.centra.add_size(sku, ean=f"7400000000{number:03d}")
            world.sitoo.add_product(sku, barcode=f"7400000000{number:03d}")
            world.sku_map.put_many(SITE, [SkuEntry(sku, ids["size_id"], ids["product_id"], ids["variant_id"], sku)])
            for store in STORES:
                world.centra.put_stock(store.centra_warehouse, sku, PLENTY)
            world.centra.put_stock(CENTRAL, sku, PLENTY)
        for store in STORES:
            world.sitoo.receive(store.sellable_ids()[0], dict.fromkeys(SKUS, PLENTY))
        world.windows |= WINDOWS
        story.run(180.0)
        return cls(story, random.Random(7))

    @property
    def now(self) -> float:
        return self.story.world.clock.now()

    def sell(self) -> None:
        store = self.rng.choice(STORES)
        sold = self.story.world.sitoo.sell(store.sellable_ids()[0], dict.fromkeys(self.rng.sample(SKUS, self.rng.choice([1, 1, 2])), 1))
        self.kept.append(int(sold["order_id"] or 0))

    def order(self) -> None:
        number = self.story.order(self._basket(), [self.rng.choice(STORES).centra_warehouse], option=self.rng.choice([PICK_UP, SHIP]))
        self.in_store[number] = self.now

    def hand_out(self) -> None:
        """The oldest order that has lain in its store for a while."""
        for number, at in self.in_store.items():
            copies = [copy for copy in self.story.copies(number) if copy.state == OPEN]
            if copies and self.now - at >= 30.0:
                del self.in_store[number]
                self.handed[self.story.world.sitoo.deliver(copies[0].orderid)] = (number, self.now)
                return

    def send(self) -> None:
        number = self.story.order(self._basket(), [CENTRAL], option="Standard delivery")
        self.story.world.centra.capture(self.story.world.centra.ship(number)["shipment_id"])

    def take_back(self) -> None:
        """All or a part of a web order that its customer has had for a while."""
        number = self.sold.pop(self.rng.randrange(len(self.sold)))
        (copy,) = self.story.copies(number)
        goods = [row.row for row in copy.rows if row.sku in SKUS]
        rows = dict.fromkeys(self.rng.sample(goods, self.rng.randint(1, len(goods))), 1)
        refund = self.story.world.sitoo.refund(copy.orderid, rows, self.rng.choice(STORES).sellable_ids()[0])
        self.back[int(refund["order_id"] or 0)] = (number, self.now)

    def take_back_till_sale(self) -> None:
        self.story.world.sitoo.refund(self.kept.pop(self.rng.randrange(len(self.kept))))

    def sell_old(self) -> None:
        """Web orders of earlier days: with their customers, known to Sitoo."""
        for _ in range(OLD):
            self.order()
            self.story.run(2.0)
        for _ in range(OLD_SENT):
            self.send()
            self.story.run(2.0)
        self.story.run(60.0)
        while self.in_store:
            self.hand_out()
            self.story.run(4.0)
        self.story.run(120.0)
        self.sold = [number for number in self.story.orders if len(self.story.copies(number)) == 1]
        self.handed.clear()

    def trade(self, seconds: float) -> None:
        rates = {
            self.sell: SOLD_PER_S,
            self.order: WEB_PER_S,
            self.hand_out: HANDED_PER_S,
            self.send: SENT_PER_S,
            self.take_back: BACK_PER_S,
            self.take_back_till_sale: TILL_BACK_PER_S,
        }
        end = self.now + seconds
        for action, rate in rates.items():
            at = self.now + 10.0
            while (at := at + self.rng.expovariate(rate)) < end:
                self.story.world.clock.at(at, action)

    def returned(self) -> list[float | None]:
        """Seconds from each refund to its completed return."""
        return [_noted(self._file(number), "return completed", self._return_of(number, refund), at) for refund, (number, at) in self.back.items()]

    def shipped(self) -> list[float | None]:
        """Seconds from each hand-out to its completed shipment."""
        found = []
        for delivery, (number, at) in self.handed.items():
            shipment = next((s.shipment_id for s in self._file(number).shippings if s.delivery_id == delivery), None)
            found.append(_noted(self._file(number), "shipment completed", f"shipment {shipment}", at))
        return found

    def _file(self, number: int) -> OrderFile:
        return self.story.world.files.get(number) or OrderFile(number, SITE)

    def _return_of(self, number: int, refund: int) -> str:
        made = [r["id"] for r in self.story.state(number)["returns"] if (refund_of(r["external_id"] or "") or (0,))[0] == refund and r["completed"]]
        return f"return {made[0]}" if made else "none"

    def _basket(self) -> list[tuple[str, int]]:
        return [(sku, 1) for sku in self.rng.sample(SKUS, self.rng.randint(1, 3))]


def _noted(file: OrderFile, what: str, note: str, since: float) -> float | None:
    return next((step.at - since for step in file.steps if step.what == what and step.note == note), None)


def _charge(shop: Shop) -> None:
    """Each storage call of a function takes its time, as on DynamoDB and SQS."""
    world = shop.story.world

    def step(operation: str) -> None:
        if not operation.endswith((".before", ".after")):
            world.clock.sleep(STORAGE_S)

    world.step = step


def _traded(users: dict[Lane, str], name: str) -> list[Figure]:
    shop = Shop.open(users)
    shop.sell_old()
    _charge(shop)
    shop.trade(TRADED_S)
    shop.story.run(TRADED_S + SETTLED_S)
    figures = [
        *_figures(f"returns.{name}.refund_to_return", shop.returned(), "a till's refund of a web order to its completed return in Centra", "refunds"),
        *_figures(
            f"returns.{name}.hand_out_to_shipment", shop.shipped(), "goods handed out at a till to the completed shipment in Centra", "hand-outs"
        ),
    ]
    shop.story.world.close()
    return figures


def _figures(name: str, seconds: Iterable[float | None], what: str, unit: str) -> list[Figure]:
    everything = list(seconds)
    known = [one for one in everything if one is not None]
    how = f"{what}; {HOW}"
    return [
        Figure(f"{name}.p50", percentile(known, 0.5), "s", len(known), how),
        Figure(f"{name}.p95", percentile(known, 0.95), "s", len(known), how, P95_GOAL_S),
        Figure(f"{name}.max", max(known, default=float("nan")), "s", len(known), how),
        Figure(f"{name}.missing", len(everything) - len(known), unit, len(everything), f"not there {SETTLED_S:g} s after the trade ended", 0),
    ]


def _calls() -> list[Figure]:
    shop = Shop.open(USERS)
    for _ in range(COUNTED):
        shop.order()
    shop.story.run(60.0)
    while shop.in_store:
        shop.hand_out()
    shop.story.run(120.0)
    shop.sold = list(shop.story.orders)
    world = shop.story.world
    world.schedules = False
    world.consumers = {work: consume for work, consume in world.consumers.items() if work in (Work.FULFILMENTS, Work.RETURNS)}
    counted = (world.centra.calls(), sum(world.sitoo.calls().values()))
    for _ in range(COUNTED):
        shop.take_back()
        shop.story.run(20.0)
    requests, mutations = (world.centra.calls()[kind] - counted[0][kind] for kind in ("requests", "mutations"))
    sitoo = sum(world.sitoo.calls().values()) - counted[1]
    done = sum(one is not None for one in shop.returned())
    world.close()
    how = f"{COUNTED} refunds at tills, 20 s apart, of one shipment each; {done} returns completed; without what the drain and schedules ask"
    return [
        Figure("returns.calls.centra_requests", requests / COUNTED, "requests", COUNTED, how),
        Figure("returns.calls.centra_mutations", mutations / COUNTED, "mutations", COUNTED, f"of these; {how}"),
        Figure("returns.calls.sitoo_requests", sitoo / COUNTED, "requests", COUNTED, how),
    ]
