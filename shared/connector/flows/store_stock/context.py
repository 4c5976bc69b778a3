"""What a drain works with: one site, its mapping, both vendors, the tables, the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connector.centra.client import CentraClient
from connector.domain.configuration import Mapping, Site, Store
from connector.flows.store_stock.sku_lookup import SkuLookup
from connector.runtime.budget import Budget
from connector.runtime.clock import Clock
from connector.runtime.queues import Queues
from connector.sitoo.client import SitooClient
from connector.store.cursors import Cursors
from connector.store.exception_cases import ExceptionCases
from connector.store.leases import Leases
from connector.store.order_links import OrderLinks
from connector.store.stock_levels import StockLevels


@dataclass(frozen=True, slots=True)
class DrainContext:
    """Everything one drain of one site needs. `new_id` makes unique ids (owners, writes, watchdogs)."""

    site: Site
    mapping: Mapping
    clock: Clock
    centra: CentraClient
    sitoo: SitooClient
    budget: Budget
    leases: Leases
    cursors: Cursors
    levels: StockLevels
    links: OrderLinks
    skus: SkuLookup
    cases: ExceptionCases
    queues: Queues
    new_id: Callable[[], str]

    @property
    def stores(self) -> tuple[Store, ...]:
        """The stores whose stock Sitoo owns and the connector writes."""
        return tuple(s for s in self.site.stores if s.syncs_stock())

    def store_at(self, centra_warehouse: int) -> Store | None:
        return next((s for s in self.stores if s.centra_warehouse == centra_warehouse), None)

    def pools(self) -> dict[int, tuple[int, ...]]:
        """Each store warehouse's pool: the warehouses of every configured pool it is in, else all stores of the site."""
        everyone = tuple(s.centra_warehouse for s in self.stores)
        pools: dict[int, tuple[int, ...]] = {}
        for warehouse in everyone:
            shared = [p.warehouses for p in self.site.pools if warehouse in p.warehouses]
            pools[warehouse] = min(shared, key=len) if shared else everyone
        return pools
