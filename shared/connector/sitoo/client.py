"""The connector's view of Sitoo: typed calls, one request at a time per API user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from connector.domain.configuration import Lane
from connector.sitoo.models import Delivery, ItemRow, ProductRow, SitooOrder, TransactionPage, WarehouseInfo


class SitooClient(Protocol):
    """Bound to one site. Each call holds the API user's lock for its request (errors: connector.sitoo.errors, runtime.sitoo_lock.LockBusy)."""

    def transactions(self, *, from_id: int, lane: Lane, limit: int = 500) -> TransactionPage:
        """Transactions with id ≥ from_id, ascending, at most `limit` (several requests when Sitoo pages smaller)."""
        ...

    def newest_transaction_id(self, *, lane: Lane) -> int:
        """0 when there is none."""
        ...

    def items(self, warehouse_id: int, skus: Sequence[str], *, lane: Lane) -> dict[str, ItemRow]:
        """Levels of these SKUs (chunks of ≤ 100 a request). Missing SKUs are left out. Raises Unconfirmed when the filter was ignored."""
        ...

    def all_items(self, warehouse_id: int, *, lane: Lane) -> Iterator[list[ItemRow]]:
        """Every level of a warehouse, page by page."""
        ...

    def open_bookings(self, *, lane: Lane) -> list[SitooOrder]:
        """All open orders of type 100 and 110 of the site."""
        ...

    def orders(self, *, ids: Sequence[int] = (), external_ids: Sequence[str] = (), lane: Lane) -> list[SitooOrder]: ...

    def deliveries(self, order_id: int, *, lane: Lane) -> list[Delivery]: ...

    def products(self, skus: Sequence[str], *, lane: Lane) -> list[ProductRow]: ...

    def all_products(self, *, lane: Lane) -> Iterator[list[ProductRow]]: ...

    def warehouses(self, *, lane: Lane) -> list[WarehouseInfo]: ...

    def settings(self, *, lane: Lane) -> dict[str, Any]: ...

    def sites(self, *, lane: Lane) -> list[dict[str, Any]]: ...
