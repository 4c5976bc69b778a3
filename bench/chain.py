"""A chain of stores that trades on a virtual clock, with the connector's real flows and clients between two sandboxes.

Vendor calls take 150 ms ± 50. What the simulation would otherwise get for nothing is charged as virtual time: each storage or queue call of the
drain STORAGE_S, and RECEIVE_S for each event call between Sitoo's dispatch and the drain's start (gateway, receiver, queue, invocation).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.reached import Key, Movement, Outcome, follow
from connector.domain.configuration import CentraSettings, Plan, Site, SitooWarehouse, Store
from connector.domain.configuration import Mapping as MappingFile
from connector.flows.store_stock.turn import site_key
from connector.store.sku_map import SkuEntry
from connector.store.stock_levels import Level
from connector.store.stock_levels import Outcome as Settled
from sandbox.rehearsal import EVENTS_PASSWORD, EVENTS_USER, Rehearsal

VENDOR_MEAN_S, VENDOR_SPREAD_S = 0.15, 0.05
STORAGE_S = 0.005
RECEIVE_S = 0.06
DISPATCH_S = 0.1
SHARE = 0.8
SITE = 1
FIRST_CENTRA, FIRST_SITOO = 11, 1001

CHARGED = (
    "virtual clock, real flows and clients on in-memory tables; "
    f"vendor calls {VENDOR_MEAN_S * 1000:.0f} ms ± {VENDOR_SPREAD_S * 1000:.0f}, Growth limits, share {SHARE}, "
    f"events dispatched after {DISPATCH_S * 1000:.0f} ms, {RECEIVE_S * 1000:.0f} ms from dispatch to the drain's start, "
    f"{STORAGE_S * 1000:.0f} ms per storage or queue call"
)


@dataclass(frozen=True, slots=True)
class VendorCall:
    """One request that reached Centra at `at` (unix s) and the mutations it carried."""

    at: float
    mutations: int


class Chain:
    """Each store has `plenty` units of `skus` ordinary SKUs, and what `more` {(Centra warehouse, sku): units} says; Centra knows it all,
    as after a first load. Trade begins when the constructor returns.
    """

    def __init__(self, stores: int, skus: int, *, plenty: int, more: Mapping[Key, int] | None = None, seed: int = 1) -> None:
        self.warehouses, self.ordinary_skus = warehouses_of(stores), skus
        self.opening: dict[Key, int] = {(w, ordinary_sku(n)): plenty for w in self.warehouses for n in range(skus)} | dict(more or {})
        site = Site(SITE, "SEK", "Europe/Stockholm", tuple(_store(w) for w in self.warehouses))
        mapping = MappingFile(version=1, sites=(site,), centra=CentraSettings(plan=Plan.GROWTH, quota_share=SHARE))
        self.world = Rehearsal(site, plan=Plan.GROWTH, limits=True, seed=seed, mapping=mapping)
        self.rng = random.Random(seed)
        self.centra_calls: list[VendorCall] = []
        self._labels: dict[int, str] = {}
        self._mutations_seen = 0
        self._sent_at = 0.0
        self._lay_in()
        self.run(1.0)
        self._charge()
        self.started = self.now()
        self._commits_before = (len(self.world.sitoo.commits()), len(self.world.centra.commits()))

    def now(self) -> float:
        return self.world.clock.now()

    def run(self, seconds: float) -> None:
        self.world.run(seconds)

    def at(self, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` that many seconds from now."""
        self.world.clock.at(self.now() + seconds, action)

    def sell(self, warehouse: int, sku: str, label: str = "sale", *, lost: bool = False) -> None:
        """A till sells one unit; with `lost` none of its events is ever sent."""
        if lost:
            self.world.sitoo.lose_events(probability=1.0)
        sold = self.world.sitoo.sell(sitoo_warehouse(warehouse), {sku: 1})
        if lost:
            self.world.sitoo.lose_events()
        self._label(sold["transaction_id"], label)

    def sell_offline(self, warehouse: int, sku: str, offline_s: float) -> None:
        """A sale at a till that comes back after `offline_s`; Sitoo commits it only then."""
        rung_at = self.now()

        def back_online() -> None:
            sold = self.world.sitoo.sell(sitoo_warehouse(warehouse), {sku: 1}, at=rung_at)
            self._label(sold["transaction_id"], "offline")

        self.at(offline_s, back_online)

    def receive(self, warehouse: int, skus: Mapping[str, int]) -> None:
        """Goods come in."""
        self._label(self.world.sitoo.receive(sitoo_warehouse(warehouse), skus), "receipt")

    def anything(self) -> tuple[int, str]:
        """Some store's Centra warehouse and one of the SKUs that are on the shelf in plenty."""
        return self.rng.choice(self.warehouses), ordinary_sku(self.rng.randrange(self.ordinary_skus))

    def outcome(self) -> Outcome:
        """What of the movements since the start has reached Centra, and when."""
        return follow(self._movements(), self.world.centra.commits(self._commits_before[1]), self.opening)

    def _movements(self) -> dict[Key, list[Movement]]:
        """What moved since the start, per Centra warehouse and SKU."""
        found: dict[Key, list[Movement]] = {}
        for row in self.world.sitoo.commits(self._commits_before[0]):
            key = (centra_warehouse(row["warehouse"]), row["sku"])
            label = self._labels.get(row["transaction_id"], "other")
            found.setdefault(key, []).append(Movement(row["at"], int(row["total"]), int(row["change"]), label))
        return found

    def _lay_in(self) -> None:
        world = self.world
        world.centra.throttle(None)
        for store in world.site.stores:
            world.centra.add_warehouse(store.centra_warehouse, store.name)
            world.sitoo.add_warehouse(store.sitoo_warehouses[0].id, store.name, store_id=store.sitoo_store)
        entries = []
        for sku in dict.fromkeys(sku for _, sku in self.opening):
            ids = world.centra.add_size(sku)
            world.sitoo.add_product(sku)
            entries.append(SkuEntry(sku, ids["size_id"], ids["product_id"], ids["variant_id"], sku))
        world.sku_map.put_many(SITE, entries)
        shelves: dict[int, dict[str, int]] = {}
        for (warehouse, sku), units in self.opening.items():
            shelves.setdefault(warehouse, {})[sku] = units
            world.centra.put_stock(warehouse, sku, units)
        for warehouse, units_of in shelves.items():
            world.sitoo.receive(sitoo_warehouse(warehouse), units_of)
        self._remember_levels()

    def _remember_levels(self) -> None:
        """What a first load leaves behind: the level of each size in each store."""
        world = self.world
        lease = world.leases.acquire(site_key(SITE), "first load", self.now(), 20.0)
        if lease is None:
            raise RuntimeError("nobody else can hold the lease yet")
        levels = {key: Level(units, 0, self.now()) for key, units in self.opening.items()}
        world.levels.settle(SITE, lease, Settled(levels=levels), self.now())
        world.leases.release([lease])

    def _charge(self) -> None:
        world = self.world
        world.centra.throttle(Plan.GROWTH.value)
        world.centra.latency(VENDOR_MEAN_S, VENDOR_SPREAD_S)
        world.sitoo.latency(VENDOR_MEAN_S, VENDOR_SPREAD_S)
        world.sitoo.events("http://connector.test", EVENTS_USER, EVENTS_PASSWORD, dispatch_delay=DISPATCH_S)
        deliver = world.sitoo.feed.sender
        if deliver is None:
            raise RuntimeError("a rehearsal has an event sender")

        def later(url: str, headers: dict[str, str], body: bytes, done: Callable[[int | None], None]) -> None:
            world.clock.at(self.now() + RECEIVE_S, lambda: deliver(url, headers, body, done))

        world.sitoo.feed.sender = later
        world.step = self._step

    def _step(self, operation: str) -> None:
        if operation == "centra.before":
            self._sent_at = self.now()
        elif operation == "centra.after":
            mutations = self.world.centra.counted["mutations"]
            self.centra_calls.append(VendorCall(self._sent_at, mutations - self._mutations_seen))
            self._mutations_seen = mutations
        elif not operation.startswith("sitoo."):
            self.world.clock.sleep(STORAGE_S)

    def _label(self, transaction: int | None, label: str) -> None:
        if transaction is not None:
            self._labels[transaction] = label


def warehouses_of(stores: int) -> tuple[int, ...]:
    """The Centra warehouses of that many stores."""
    return tuple(range(FIRST_CENTRA, FIRST_CENTRA + stores))


def ordinary_sku(number: int) -> str:
    return f"SKU-{number:04d}"


def sitoo_warehouse(centra: int) -> int:
    return centra - FIRST_CENTRA + FIRST_SITOO


def centra_warehouse(sitoo: int) -> int:
    return sitoo - FIRST_SITOO + FIRST_CENTRA


def arrivals(rng: random.Random, per_s: float, seconds: float) -> Sequence[float]:
    """Moments of a Poisson process, in seconds from now."""
    moments: list[float] = []
    at = rng.expovariate(per_s)
    while at < seconds:
        moments.append(at)
        at += rng.expovariate(per_s)
    return moments


def _store(centra: int) -> Store:
    number = centra - FIRST_CENTRA + 1
    return Store(f"Store {number}", centra, (SitooWarehouse(sitoo_warehouse(centra)),), number)
