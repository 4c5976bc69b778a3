"""The whole of the Centra sandbox, and the actions by which scenarios move it (in process, or `POST /_control/<action>`)."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import isfunction
from typing import Any

from sandbox.centra.order_actions import OrderActions
from sandbox.centra.records import Refusal, Warehouse


class CentraState(OrderActions):
    """A refused action raises Refusal. Lines are (sku, units) pairs; None is everything possible."""

    # --- catalogue and stock ---

    def add_warehouse(
        self,
        id: int,
        name: str,
        stock_master: str = "EXTERNAL",
        threshold: int | None = None,
        allocation_policy: str = "DIRECT",
        timeout_hours: float = 24.0,
    ) -> dict[str, Any]:
        """`allocation_policy`: DIRECT | DIRECT_THEN_CONFIRM | CHECK_FIRST; `timeout_hours`: how long the store may take to answer."""
        if allocation_policy not in ("DIRECT", "DIRECT_THEN_CONFIRM", "CHECK_FIRST"):
            raise Refusal(f"No allocation policy {allocation_policy}.")
        self.catalogue.add_warehouse(Warehouse(id, name, stock_master, threshold, allocation_policy, timeout_hours))
        return {"id": id}

    def add_size(
        self, sku: str, ean: str = "", size_id: int | None = None, product_id: int | None = None, variant_id: int | None = None
    ) -> dict[str, int]:
        size = self.catalogue.add_size(sku, ean, size_id, product_id, variant_id)
        return {"size_id": size.id, "product_id": size.variant.product.id, "variant_id": size.variant.id}

    def change_size(self, sku: str, active: bool | None = None, ean: str | None = None) -> dict[str, Any]:
        """Somebody edits a size in the admin."""
        size = self.catalogue.size(sku)
        size.active = size.active if active is None else active
        size.ean = size.ean if ean is None else ean
        size.updated_at = self.now()
        return {"size_id": size.id, "active": size.active, "ean": size.ean}

    def put_stock(self, warehouse: int, sku: str, physical: int) -> dict[str, int]:
        """Stock that was there before the story begins: no stock change is recorded."""
        row = self.stock.row(self.catalogue.warehouse(warehouse), self.catalogue.size(sku))
        self.stock.put(row, physical, "put_stock")
        return {"physical": row.physical, "allocated": row.allocated}

    def change_stock(self, warehouse: int, sku: str, delta: int, comment: str = "") -> dict[str, int]:
        """Somebody corrects stock in the admin (a decrease only of what is free)."""
        place, size = self.catalogue.warehouse(warehouse), self.catalogue.size(sku)
        outcome = self.stock.change(place if delta < 0 else None, None if delta < 0 else place, [(0, size, abs(delta), "")], comment)
        if outcome.errors:
            raise Refusal(outcome.errors[0][0])
        row = self.stock.row(place, size)
        return {"physical": row.physical, "allocated": row.allocated}

    # --- what can be seen, and how the outside world behaves ---

    def snapshot(self) -> dict[int, dict[str, dict[str, int]]]:
        """{warehouse: {sku: physical, allocated, fta}} of every size a warehouse ever had."""
        return {
            warehouse: {row.size.sku: {"physical": row.physical, "allocated": row.allocated, "fta": row.free} for row in rows.values()}
            for warehouse, rows in self.stock.rows.items()
        }

    def fail_captures(self, n: int = 1) -> dict[str, int]:
        """The payment provider refuses the next `n` captures."""
        self.payments.failing_captures = n
        return {"failing": n}

    def fail_refunds(self, n: int = 1) -> dict[str, int]:
        """The payment provider refuses the next `n` refunds."""
        self.payments.failing_refunds = n
        return {"failing": n}

    def settle_after(self, seconds: float) -> dict[str, float]:
        """How long an asynchronous payment provider takes to answer."""
        self.payments.settle_after = seconds
        return {"seconds": seconds}

    def close_order_api(self, endpoints: Sequence[str] = ()) -> dict[str, list[str]]:
        """Endpoints the Order API plugin has switched off (`allocation-request`, `check-first`, `order`, …)."""
        self.order_api_closed = frozenset(endpoints)
        return {"closed": sorted(self.order_api_closed)}


ACTIONS = tuple(
    name
    for owner in reversed(CentraState.__mro__)
    for name, member in vars(owner).items()
    if isfunction(member) and not name.startswith("_") and name not in ("now", "take_late_commit")
)
