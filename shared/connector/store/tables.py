"""All tables together, so that what is wired to DynamoDB in functions is wired to memory in tests."""

from __future__ import annotations

from typing import Protocol

from connector.store.api_budget import BudgetStore, LockStore
from connector.store.cursors import Cursors
from connector.store.exception_cases import ExceptionCases
from connector.store.leases import Leases
from connector.store.mappings import Mappings
from connector.store.order_files import OrderFiles
from connector.store.order_links import OrderLinks
from connector.store.sales_ledger import SalesLedger
from connector.store.sku_map import SkuMap
from connector.store.stock_levels import StockLevels


class Tables(Protocol):
    """`DynamoTables` and `MemoryTables` have these."""

    @property
    def leases(self) -> Leases: ...
    @property
    def cursors(self) -> Cursors: ...
    @property
    def levels(self) -> StockLevels: ...
    @property
    def links(self) -> OrderLinks: ...
    @property
    def files(self) -> OrderFiles: ...
    @property
    def ledger(self) -> SalesLedger: ...
    @property
    def sku_map(self) -> SkuMap: ...
    @property
    def mappings(self) -> Mappings: ...
    @property
    def cases(self) -> ExceptionCases: ...
    @property
    def budget(self) -> BudgetStore: ...
    @property
    def locks(self) -> LockStore: ...
