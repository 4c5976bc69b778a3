"""The first load of a site's store stock: fix the feed cursor, compare every store, mark what differs, let the drain write it.

Only the drain writes store stock into Centra, so that its leases, targets and limits hold here too. What is marked is a superset of what
differs: a SKU with anything reserved, booked or owed is left to the drain to judge. Comparing and marking again is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TypeVar

from connector.centra import errors as centra
from connector.centra.client import CentraClient
from connector.domain.configuration import Lane, Site, StockSettings, Store
from connector.flows.load_plan import StorePlan
from connector.flows.nudge_store_stock import nudge_store_stock
from connector.flows.store_stock.feed import feed_cursor
from connector.runtime.budget import Budget
from connector.runtime.clock import Clock
from connector.runtime.queues import Queues
from connector.sitoo import errors as sitoo
from connector.sitoo.client import SitooClient
from connector.store.cursors import Cursors
from connector.store.leases import Lease, Leases
from connector.store.order_links import OrderLinks
from connector.store.sku_map import SkuEntry, SkuMap
from connector.store.stock_levels import Mark, StockLevels

LEASE_S = 300.0
LOOK_EVERY_S = 2.0
NUDGE_EVERY_S = 30.0
STALLED_AFTER_S = 600.0
BACKLOG_CHUNKS = 2
"""How many chunks may wait for the drain at once: what tills sell meanwhile must not queue behind the load."""

TRIES = 5
RETRY_AFTER_S = 5.0

Answer = TypeVar("Answer")

Progress = Callable[[str, int], None]
"""Told (what, how many so far)."""


class LoadRunning(Exception):
    """Somebody else loads this site now."""


class LoadStalled(Exception):
    """The drain has not worked off anything for ten minutes; what was marked stays marked."""


def load_cursor(site: int) -> str:
    """The lease of the load that runs, and a cursor: `marked` (Centra warehouses that an unfinished load of the whole site has marked),
    `finished_at` ({Centra warehouse: unix s} of the stores that were loaded to the end, by whichever load)."""
    return f"load/{site}"


def loaded_at(cursors: Cursors, site: int) -> dict[int, float]:
    """{Centra warehouse: unix s}: when the stores that were ever loaded were loaded last."""
    stored = cursors.get(load_cursor(site)) or {}
    return {int(warehouse): at for warehouse, at in stored.get("finished_at", {}).items()}


@dataclass(frozen=True, slots=True)
class LoadStock:
    """Bound to one site. `centra` must wait for its budget instead of raising (a listing cut short starts from its first page again)."""

    site: Site
    settings: StockSettings
    centra: CentraClient
    sitoo: SitooClient
    sku_map: SkuMap
    levels: StockLevels
    links: OrderLinks
    cursors: Cursors
    leases: Leases
    budget: Budget
    queues: Queues
    clock: Clock
    owner: str

    def fix_cursor(self) -> bool:
        """Start the feed at the newest transaction, so that whatever moves from now on is seen; False when it runs already."""
        newest = self.sitoo.newest_transaction_id(lane=Lane.LOAD)
        return self.cursors.start(feed_cursor(self.site.id), {"last": newest, "gaps": [], "looked": 0})

    def stores(self) -> list[Store]:
        """The stores whose stock the connector writes."""
        return [store for store in self.site.stores if store.syncs_stock()]

    def stores_done(self) -> list[Store]:
        """The stores that an earlier, unfinished load of the whole site has marked; none when it has marked all (then all are compared again)."""
        marked = (self.cursors.get(load_cursor(self.site.id)) or {}).get("marked", [])
        done = [store for store in self.stores() if store.centra_warehouse in marked]
        return done if len(done) < len(self.stores()) else []

    def compare(self, stores: Sequence[Store], progress: Progress) -> list[StorePlan]:
        """Read both systems' stock of these stores and tell what differs; nothing is written.

        A store whose reading broke off (throttled, unreachable) is read again; after five times the vendor's error passes through.
        """
        entries = {entry.sku: entry for entry in self.sku_map.all(self.site.id)}
        booked = self._patiently(lambda: self._booked(stores))
        return [self._patiently(partial(self._compare_store, store, entries, booked, progress)) for store in stores]

    def mark(self, plans: Sequence[StorePlan], progress: Progress, *, whole_site: bool) -> None:
        """Mark the plans' SKUs chunk by chunk as the budget's lowest lane allows; `progress` counts SKUs the drain has dealt with.

        Plans of which nothing differs belong here too: they are finished with. Raises LoadRunning, LoadStalled. With `whole_site` each marked
        store is remembered, so that a load that is interrupted goes on with the others; when it is through, the next load begins anew.
        """
        lease = self.leases.acquire(load_cursor(self.site.id), self.owner, self.clock.now(), LEASE_S)
        if lease is None:
            raise LoadRunning(f"site {self.site.id} is being loaded by somebody else")
        try:
            self._mark_all(plans, progress, lease, whole_site)
        finally:
            self.leases.release([lease])

    def _patiently(self, read: Callable[[], Answer]) -> Answer:
        for _ in range(TRIES - 1):
            try:
                return read()
            except (centra.Throttled, sitoo.Throttled) as throttled:
                self.clock.sleep(throttled.until - self.clock.now())
            except (centra.Unavailable, sitoo.Unavailable, sitoo.Unconfirmed):
                self.clock.sleep(RETRY_AFTER_S)
        return read()

    def _booked(self, stores: Sequence[Store]) -> set[tuple[int, str]]:
        """(Centra warehouse, sku) with an open booking or owed to a web order: only the drain knows their target."""
        keys = {(line.warehouse, line.sku) for line in self.links.open_lines([s.centra_warehouse for s in stores])}
        for booking in self.sitoo.open_bookings(lane=Lane.LOAD):
            store = self.site.store_of_sitoo_warehouse(booking.warehouse_id) if booking.warehouse_id is not None else None
            if store is not None:
                keys |= {(store.centra_warehouse, item.sku) for item in booking.items}
        return keys

    def _compare_store(self, store: Store, entries: dict[str, SkuEntry], booked: set[tuple[int, str]], progress: Progress) -> StorePlan:
        on_hand: dict[str, Decimal] = {}
        reserved: set[str] = set()
        for warehouse in store.sellable_ids():
            for page in self.sitoo.all_items(warehouse, lane=Lane.LOAD):
                for row in page:
                    on_hand[row.sku] = on_hand.get(row.sku, Decimal(0)) + row.total
                    if row.reserved:
                        reserved.add(row.sku)
                progress(f"{store.name}: levels in Sitoo", len(on_hand))
        physical: dict[int, int] = {}
        for stock in self.centra.all_stock(store.centra_warehouse, lane=Lane.LOAD):
            physical |= {size: levels[0] for size, levels in stock.items()}
            progress(f"{store.name}: levels in Centra", len(physical))
        compared, differing = 0, []
        for sku, entry in entries.items():
            wanted, held = max(Decimal(0), on_hand.get(sku, Decimal(0))), physical.get(entry.size_id, 0)
            open_units = sku in reserved or (store.centra_warehouse, sku) in booked
            if wanted or held or open_units:
                compared += 1
                if wanted != held or open_units:
                    differing.append(sku)
        return StorePlan(
            store=store.name,
            warehouse=store.centra_warehouse,
            skus=tuple(sorted(differing)),
            compared=compared,
            unmapped=tuple(sorted(sku for sku, total in on_hand.items() if total > 0 and sku not in entries)),
            foreign_sizes=sum(units > 0 for units in _without(physical, (e.size_id for e in entries.values())).values()),
        )

    def _mark_all(self, plans: Sequence[StorePlan], progress: Progress, lease: Lease, whole_site: bool) -> None:
        own = [plan.warehouse for plan in plans]
        stored = self.cursors.get(load_cursor(self.site.id)) or {}
        marked = [warehouse for warehouse in stored.get("marked", []) if warehouse not in own]
        finished = dict(stored.get("finished_at", {}))
        waiting: set[tuple[int, str]] = set()
        done = 0
        for plan in plans:
            for at in range(0, len(plan.skus), self.settings.max_sizes_per_set_stock):
                chunk = plan.skus[at : at + self.settings.max_sizes_per_set_stock]
                room = BACKLOG_CHUNKS * self.settings.max_sizes_per_set_stock - len(chunk)
                done, lease = self._wait(waiting, done, progress, lease, until=room)
                self._wait_for_budget()
                self.levels.mark(self.site.id, [Mark(plan.warehouse, sku) for sku in chunk], self.clock.now())
                waiting |= {(plan.warehouse, sku) for sku in chunk}
                self._nudge()
            lease = self._renewed(lease)
            if whole_site:
                marked.append(plan.warehouse)
                self.cursors.put(load_cursor(self.site.id), {"marked": marked, "finished_at": finished}, lease)
        done, lease = self._wait(waiting, done, progress, lease, until=0)
        finished |= {str(warehouse): self.clock.now() for warehouse in (marked + own if whole_site else own)}
        left = [] if whole_site else stored.get("marked", [])
        self.cursors.put(load_cursor(self.site.id), {"marked": left, "finished_at": finished}, self._renewed(lease))

    def _wait(self, waiting: set[tuple[int, str]], done: int, progress: Progress, lease: Lease, *, until: int) -> tuple[int, Lease]:
        """Wait until at most `until` of the marked SKUs are still dirty."""
        moved_at = nudged_at = self.clock.now()
        while True:
            lease = self._renewed(lease)
            gone = waiting - {(d.warehouse, d.sku) for d in self.levels.dirty(self.site.id)} if waiting else set()
            if gone:
                waiting -= gone
                done, moved_at = done + len(gone), self.clock.now()
                progress("SKUs dealt with", done)
            now = self.clock.now()
            if len(waiting) <= until:
                return done, lease
            if now - moved_at > STALLED_AFTER_S:
                raise LoadStalled(f"{len(waiting)} SKUs of site {self.site.id} wait for the drain, which has done none for {STALLED_AFTER_S:.0f} s")
            if now - nudged_at >= NUDGE_EVERY_S:
                self._nudge()
                nudged_at = now
            self.clock.sleep(LOOK_EVERY_S)

    def _wait_for_budget(self) -> None:
        while (at := self.budget.available_at(Lane.LOAD, requests=2, mutations=1)) > self.clock.now():
            self.clock.sleep(min(at - self.clock.now(), LEASE_S / 3))

    def _renewed(self, lease: Lease) -> Lease:
        now = self.clock.now()
        return lease if lease.expires_at - now > LEASE_S / 2 else self.leases.renew([lease], now, LEASE_S)[0]

    def _nudge(self) -> None:
        nudge_store_stock(self.queues, [self.site.id], "load")


def _without(levels: dict[int, int], sizes: Iterable[int]) -> dict[int, int]:
    mapped = set(sizes)
    return {size: units for size, units in levels.items() if size not in mapped}
