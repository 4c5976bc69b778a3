"""What the order flows work with: one site, its mapping, both vendors, the tables, the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connector.centra.change_events import CentraEvents
from connector.centra.client import CentraClient
from connector.centra.order_client import CentraOrders, OrderApi
from connector.domain.configuration import Mapping, Site, Store
from connector.domain.order_settings import OrderSettings
from connector.flows.store_stock.sku_lookup import SkuLookup
from connector.runtime.announcements import Announcer
from connector.runtime.clock import Clock
from connector.runtime.queues import Queues
from connector.sitoo.client import SitooClient
from connector.sitoo.order_client import SitooOrders
from connector.store.cursors import Cursors
from connector.store.exception_cases import ExceptionCases
from connector.store.leases import Leases
from connector.store.order_files import OrderFiles
from connector.store.order_links import OrderLinks
from connector.store.sales_ledger import SalesLedger
from connector.store.stock_levels import StockLevels


@dataclass(frozen=True, slots=True)
class OrderContext:
    """Everything the order flows of one site need. `order_api` None: the client does not use it.

    `new_id` makes unique owners of leases; `by`: the function.
    """

    site: Site
    mapping: Mapping
    clock: Clock
    centra: CentraOrders
    centra_stock: CentraClient
    centra_events: CentraEvents
    order_api: OrderApi | None
    sitoo: SitooOrders
    sitoo_stock: SitooClient
    leases: Leases
    cursors: Cursors
    files: OrderFiles
    ledger: SalesLedger
    links: OrderLinks
    levels: StockLevels
    skus: SkuLookup
    cases: ExceptionCases
    queues: Queues
    announcer: Announcer
    new_id: Callable[[], str]
    by: str = "sync_order"

    @property
    def settings(self) -> OrderSettings:
        return self.mapping.orders

    def store_at(self, centra_warehouse: int) -> Store | None:
        """The store whose Centra warehouse this is; None for the central warehouse and those of others."""
        return self.site.store_of_centra_warehouse(centra_warehouse)

    def fulfils_from(self, store: Store) -> int:
        """The Sitoo warehouse that the store's web orders are registered on: its first sellable one."""
        return store.sellable_ids()[0]
