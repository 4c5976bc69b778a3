"""All tables in memory, with one hook before every call to any of them."""

from __future__ import annotations

from connector.store.memory.api_budget import MemoryBudgetStore, MemoryLockStore
from connector.store.memory.cursors import MemoryCursors
from connector.store.memory.exception_cases import MemoryExceptionCases
from connector.store.memory.hook import Before, nothing
from connector.store.memory.leases import MemoryLeases
from connector.store.memory.mappings import MemoryMappings
from connector.store.memory.order_files import MemoryOrderFiles
from connector.store.memory.order_links import MemoryOrderLinks
from connector.store.memory.sales_ledger import MemorySalesLedger
from connector.store.memory.sku_map import MemorySkuMap
from connector.store.memory.stock_levels import MemoryStockLevels


class MemoryTables:
    def __init__(self, before: Before = nothing) -> None:
        self.leases = MemoryLeases(before)
        self.cursors = MemoryCursors(self.leases, before)
        self.levels = MemoryStockLevels(self.leases, before)
        self.links = MemoryOrderLinks(before)
        self.files = MemoryOrderFiles(before)
        self.ledger = MemorySalesLedger(before)
        self.sku_map = MemorySkuMap(before)
        self.mappings = MemoryMappings(before)
        self.cases = MemoryExceptionCases(before)
        self.budget = MemoryBudgetStore(before)
        self.locks = MemoryLockStore(before)
