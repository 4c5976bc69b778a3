"""All tables on DynamoDB, by the names a function has in its environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from connector.store.dynamo.api_budget import DynamoBudgetStore, DynamoLockStore
from connector.store.dynamo.connection import Connection
from connector.store.dynamo.cursors import DynamoCursors
from connector.store.dynamo.exception_cases import DynamoExceptionCases
from connector.store.dynamo.leases import DynamoLeases
from connector.store.dynamo.mappings import DynamoMappings
from connector.store.dynamo.order_files import DynamoOrderFiles
from connector.store.dynamo.order_links import DynamoOrderLinks
from connector.store.dynamo.sales_ledger import DynamoSalesLedger
from connector.store.dynamo.sku_map import DynamoSkuMap
from connector.store.dynamo.stock_levels import DynamoStockLevels


class DynamoTables:
    """`environment` holds TABLE_CURSORS, TABLE_STOCK_LEVELS …; one that is not named there fails (KeyError) when it is used. `now` gives unix s."""

    def __init__(self, connection: Connection, environment: Mapping[str, str], now: Callable[[], float]) -> None:
        self._db, self._names, self._now = connection, environment, now

    @cached_property
    def leases(self) -> DynamoLeases:
        return DynamoLeases(self._db, self._names["TABLE_CURSORS"])

    @cached_property
    def cursors(self) -> DynamoCursors:
        return DynamoCursors(self._db, self._names["TABLE_CURSORS"])

    @cached_property
    def levels(self) -> DynamoStockLevels:
        return DynamoStockLevels(self._db, self._names["TABLE_STOCK_LEVELS"], self._names["TABLE_CURSORS"])

    @cached_property
    def links(self) -> DynamoOrderLinks:
        return DynamoOrderLinks(self._db, self._names["TABLE_ORDER_LINKS"], self._now)

    @cached_property
    def files(self) -> DynamoOrderFiles:
        return DynamoOrderFiles(self._db, self._names["TABLE_ORDER_LINKS"], self._now)

    @cached_property
    def ledger(self) -> DynamoSalesLedger:
        return DynamoSalesLedger(self._db, self._names["TABLE_SALES_LEDGER"])

    @cached_property
    def sku_map(self) -> DynamoSkuMap:
        return DynamoSkuMap(self._db, self._names["TABLE_SKU_MAP"])

    @cached_property
    def mappings(self) -> DynamoMappings:
        return DynamoMappings(self._db, self._names["TABLE_MAPPINGS"])

    @cached_property
    def cases(self) -> DynamoExceptionCases:
        return DynamoExceptionCases(self._db, self._names["TABLE_EXCEPTIONS"])

    @cached_property
    def budget(self) -> DynamoBudgetStore:
        return DynamoBudgetStore(self._db, self._names["TABLE_API_BUDGET"])

    @cached_property
    def locks(self) -> DynamoLockStore:
        return DynamoLockStore(self._db, self._names["TABLE_API_BUDGET"])
