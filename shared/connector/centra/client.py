"""The connector's view of Centra: typed calls over one GraphQL endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from connector.centra.models import RateLimitRow, ReturnRow, SetStock, SetStockAnswer, Since, SizeRow, StoresRead, WarehouseRow
from connector.domain.configuration import Lane


class CentraClient(Protocol):
    """Each call is one HTTP request unless said otherwise, and takes its grant from the budget before it is sent.

    Errors: connector.centra.errors, runtime.budget.BudgetExhausted.
    """

    def read_stores(
        self, wanted: Mapping[int, Sequence[int]], *, lane: Lane, changes_since: Since | None = None, orders: Sequence[int] = ()
    ) -> StoresRead:
        """Stock of {warehouse: size ids}, what changed since, and the named orders, in ONE request (aliased fields; ≤ 200 sizes a field)."""
        ...

    def returns(self, *, since: float, lane: Lane) -> list[ReturnRow]:
        """Every return created since (unix s): one that is not in here any more was deleted."""
        ...

    def set_stock(self, sets: Sequence[SetStock], *, lane: Lane) -> list[SetStockAnswer]:
        """Several `setStock` PHYSICAL in one request (one mutation each), answers in order.

        Raises Uncertain when it is unknown whether they were committed.
        """
        ...

    def sizes(self, *, lane: Lane, skus: Sequence[str] = (), eans: Sequence[str] = ()) -> list[SizeRow]:
        """Sizes with exactly these SKUs or EANs."""
        ...

    def all_sizes(self, *, lane: Lane) -> Iterator[SizeRow]:
        """Every product size, paged (≤ 100 products a page), ascending by id."""
        ...

    def all_stock(self, warehouse: int, *, lane: Lane) -> Iterator[dict[int, tuple[int, int]]]:
        """Every stock row of a warehouse, page by page: {size id: (physical, allocated)}."""
        ...

    def warehouses(self, *, lane: Lane) -> list[WarehouseRow]: ...

    def rate_limits(self) -> list[RateLimitRow]: ...

    def set_threshold(self, warehouse: int, threshold: int) -> tuple[str, ...]:
        """Write a warehouse's safety stock; the userErrors, empty when done."""
        ...

    def set_stock_offset(self, variant: int, offset: int) -> tuple[str, ...]:
        """Write a variant's stockOffset; the userErrors, empty when done."""
        ...
