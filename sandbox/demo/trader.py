"""Plays the day: staff at tills, shoppers on the web, and whoever breaks things. Acts through the sandboxes' control actions only."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Mapping

from connector.runtime.clock import Clock
from sandbox.demo.chain import SHOPS, SKUS, UNMAPPED, Shop
from sandbox.demo.disturber import Disturber
from sandbox.demo.journal import HeldBack, Key, Placed, Window
from sandbox.demo.people import person
from sandbox.demo.script import Act
from sandbox.demo.shelves import Shelves
from sandbox.demo.vendors import Control
from sandbox.demo.web_floor import WebFloor

EVENTS_OF_A_SALE = 3
"""A till sale is announced as an order, a warehouse transaction and a delivery."""
KILL_AGAIN_S = 0.15
BESTSELLERS, BESTSELLER_SHARE = 60, 0.6
LATEST_WEB_TRY_S = 30.0


class Trader(Disturber):
    """`stock` is the opening stock per Sitoo warehouse; `kill_drain` kills the drain and tells how many running ones that hit."""

    def __init__(
        self, centra: Control, sitoo: Control, clock: Clock, kill_drain: Callable[[], int], stock: Mapping[int, Mapping[str, int]], seed: int
    ) -> None:
        super().__init__(centra, clock, kill_drain)
        self._sitoo = sitoo
        self._rng = random.Random(seed)
        self._shelves = Shelves(stock)
        self._sold_out: list[tuple[float, Key]] = []
        self._on_the_road: tuple[Shop, dict[str, int]] | None = None
        self._bookings: list[tuple[int, Key]] = []
        self._to_ship: list[tuple[int, Key]] = []
        self._bestsellers = self._rng.sample(SKUS, BESTSELLERS)
        self.web = WebFloor(centra, sitoo, clock, self.journal, self._shelves, seed)

    def play(self, acts: list[Act], seconds: float, tick: Callable[[], None]) -> None:
        """Each act at its moment; `tick` is called in between, several times a second."""
        self.journal.started_at = started = self._clock.now()
        waiting = list(acts)
        heapq.heapify(waiting)
        while waiting or self._clock.now() < started + seconds:
            now = self._clock.now()
            if waiting and started + waiting[0].at <= now:
                act = heapq.heappop(waiting)
                if getattr(self, act.what.value)(**act.arguments) is False:
                    heapq.heappush(waiting, Act(now - started + KILL_AGAIN_S, act.what, act.arguments))
                continue
            until = started + (waiting[0].at if waiting else seconds)
            self._clock.sleep(min(0.1, max(0.0, until - now)))
            tick()
        self.journal.ended_at = self._clock.now()

    # --- in the stores ---

    def sell(self) -> None:
        self._ring_up("sale")

    def sell_unheard(self) -> None:
        """A sale of which no event arrives."""
        self._sitoo.control("lose_events", n=EVENTS_OF_A_SALE)
        self._ring_up("sale (events lost)")
        self._sitoo.control("lose_events", n=0)

    def sell_offline(self, until_s: float) -> None:
        """The till of the third store has no network: Sitoo learns of the sale when it is back."""
        shop = SHOPS[2]
        if not any(w.what == "a till is offline" for w in self.journal.windows):
            self.journal.windows.append(Window("a till is offline", self._clock.now(), self.journal.started_at + until_s))
            self._tell(f"the till in {shop.name} loses its network")
        basket = self._basket(shop)
        if basket:
            self._sitoo.control("sell", warehouse=shop.till, skus=basket, at=self._clock.now(), offline_until=self.journal.started_at + until_s)
            self._take(shop, basket)
            self.journal.offline_sales += 1

    def receive(self, lines: int) -> None:
        shop = self._rng.choice(SHOPS)
        goods = {sku: self._rng.randint(2, 12) for sku in self._rng.sample(SKUS, lines)}
        self._label(self._sitoo.control("receive", warehouse=shop.till, skus=goods), "receipt")
        self._shelves.on_hand[shop.till].update(goods)
        self._tell(f"{shop.name} receives {sum(goods.values())} units of {lines} SKUs")

    def send(self, lines: int) -> None:
        source, target = self._rng.sample(SHOPS, 2)
        goods = {sku: self._rng.randint(1, 2) for sku in self._rng.sample([sku for sku in SKUS if self._shelves.free(source, sku) >= 2], lines)}
        self._label(self._sitoo.control("transfer_out", warehouse=source.till, skus=goods), "transfer")
        self._shelves.on_hand[source.till].subtract(goods)
        self._on_the_road = (target, goods)
        self._tell(f"{source.name} sends {sum(goods.values())} units to {target.name}")

    def arrive(self) -> None:
        if self._on_the_road is not None:
            target, goods = self._on_the_road
            self._label(self._sitoo.control("transfer_in", warehouse=target.till, skus=goods), "transfer")
            self._shelves.on_hand[target.till].update(goods)
            self._tell(f"the transfer reaches {target.name}")

    def book(self) -> None:
        """A customer has the last unit put aside."""
        shop = self._rng.choice(SHOPS[:4])
        last = [sku for sku in SKUS if self._shelves.on_hand[shop.till][sku] == 1 and self._shelves.free(shop, sku) == 1]
        if last:
            sku = self._rng.choice(last)
            key = (shop.centra, sku)
            number = self._sitoo.control("book", warehouse=shop.till, skus={sku: 1})
            self.journal.held_back.append(HeldBack(self._clock.now(), key, 1, "booking"))
            self._shelves.set_aside[key] += 1
            self._bookings.append((number, key))
            self._tell(f"a customer books the last {sku} in {shop.name}")

    def unbook(self) -> None:
        if self._bookings:
            number, key = self._bookings.pop(0)
            self._sitoo.control("cancel_order", order_id=number)
            self.journal.held_back.append(HeldBack(self._clock.now(), key, -1, "booking"))
            self._shelves.set_aside[key] -= 1
            self._tell(f"a booking of {key[1]} is cancelled")

    def count(self, lines: int) -> None:
        """Staff count some shelves of the fourth store and find a unit more or less here and there."""
        shop = SHOPS[3]
        untouched = [sku for sku in SKUS if not self._shelves.set_aside[shop.centra, sku]]
        found = {sku: max(0, self._shelves.on_hand[shop.till][sku] + self._rng.choice((-1, -1, 0, 1))) for sku in self._rng.sample(untouched, lines)}
        self._label(self._sitoo.control("count", warehouse=shop.till, skus=found), "stock-take")
        self._shelves.on_hand[shop.till].update({sku: units - self._shelves.on_hand[shop.till][sku] for sku, units in found.items()})
        self._tell(f"{shop.name} takes stock of {lines} SKUs")

    def new_article(self) -> None:
        """Two stores get an article that nobody has made in Centra, and sell one."""
        self._sitoo.control("add_product", sku=UNMAPPED, barcode="7359999999999")
        for shop in SHOPS[:2]:
            self._label(self._sitoo.control("receive", warehouse=shop.till, skus={UNMAPPED: 10}), "receipt")
        self._label(self._sitoo.control("sell", warehouse=SHOPS[0].till, skus={UNMAPPED: 1})["transaction_id"], "sale")
        self.journal.sales[SHOPS[0].centra] += 1
        self._tell(f"{UNMAPPED} arrives in two stores; Centra does not know it")

    # --- on the web ---

    def order(self) -> None:
        """Every other shopper wants what a till sold out a moment ago, if there is such a thing; the others anything a store has several of."""
        now = self._clock.now()
        self._sold_out = [(at, key) for at, key in self._sold_out if now - at < LATEST_WEB_TRY_S]
        if self._sold_out and self.journal.web_orders % 2:
            self.journal.wanted_sold_out += 1
            self.journal.sold_out_in_time += self._place(self._sold_out.pop(0)[1]) is None
            return
        shop = self._rng.choice(SHOPS)
        sku = self._rng.choice([sku for sku in SKUS if self._shelves.free(shop, sku) > 1])
        number = self._place((shop.centra, sku))
        if number is not None:
            self._to_ship.append((number, (shop.centra, sku)))

    def race(self) -> None:
        """A shopper and a customer in the store take the same last unit."""
        shop = self._rng.choice(SHOPS[:4])
        last = [sku for sku in SKUS if self._shelves.on_hand[shop.till][sku] == 1 and self._shelves.free(shop, sku) == 1]
        for sku in self._rng.sample(last, min(5, len(last))):
            if self._place((shop.centra, sku), "last-unit race") is not None:
                self._sell(shop, {sku: 1}, "sale")
                self._tell(f"the last {sku} in {shop.name} is sold on the web and at the till")
                return

    def ship(self) -> None:
        """Somebody completes a shipment in Centra's admin; the store has not handed the goods out in Sitoo yet."""
        if self._to_ship:
            number, _ = self._to_ship.pop(0)
            self._centra.control("ship", number=number)
            self._tell(f"web order {number} is shipped in Centra")

    # --- helpers of the above ---

    def _ring_up(self, path: str) -> None:
        shop = self._rng.choice(SHOPS)
        basket = self._basket(shop)
        if basket:
            self._sell(shop, basket, path)

    def _sell(self, shop: Shop, basket: dict[str, int], path: str) -> None:
        self._label(self._sitoo.control("sell", warehouse=shop.till, skus=basket)["transaction_id"], path)
        self._take(shop, basket)

    def _take(self, shop: Shop, basket: dict[str, int]) -> None:
        self.journal.sales[shop.centra] += 1
        self._shelves.on_hand[shop.till].subtract(basket)
        now = self._clock.now()
        self._sold_out += [
            (now, (shop.centra, sku)) for sku in basket if self._shelves.free(shop, sku) <= 0 and not self._shelves.set_aside[shop.centra, sku]
        ]

    def _basket(self, shop: Shop) -> dict[str, int]:
        """One or two articles that lie in the store and are nobody's."""
        among = self._bestsellers if self._rng.random() < BESTSELLER_SHARE else SKUS
        there = [sku for sku in among if self._shelves.free(shop, sku) > 0 and self._shelves.on_hand[shop.till][sku] > 0]
        return dict.fromkeys(self._rng.sample(there, min(len(there), self._rng.choice((1, 1, 2)))), 1)

    def shop(self, index: int) -> None:
        self.web.shop(index)

    def follow_up(self, index: int) -> None:
        self.web.follow_up(index)

    def walk(self) -> None:
        self.web.walk()

    def take_back(self, index: int) -> None:
        self.web.take_back(index)

    def _place(self, key: Key, kind: str = "plain") -> int | None:
        """A web order for one unit from one store; its number when the unit was there."""
        self.journal.web_orders += 1
        who = person(self._rng)
        order = self._centra.control(
            "place_order",
            lines=[[key[1], 1]],
            warehouses=[key[0]],
            address=who.address,
            billing_address=who.address,
            email=who.email,
            phone=who.phone,
        )
        now, parts = self._clock.now(), {key[0]: {key[1]: 1}} if order["lines"][0]["allocated"] else {}
        self.journal.placed.append(Placed(int(order["number"]), kind, now, now, parts, who.secrets, "nothing"))
        if not order["lines"][0]["allocated"]:
            return None
        self._shelves.set_aside[key] += 1
        return int(order["number"])

    def _label(self, transaction_id: int | None, path: str) -> None:
        if transaction_id is not None:
            self.journal.paths[transaction_id] = path
