"""The whole of the Centra sandbox, and the actions by which scenarios move it (in process, or `POST /_control/<action>`)."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import isfunction
from typing import Any

from sandbox.centra.controls import Controls
from sandbox.centra.records import Order, OrderLine, Refusal, Shipment, Warehouse

Lines = Sequence[Sequence[Any]]
Units = list[tuple[OrderLine, int]]


class CentraState(Controls):
    """A refused action raises Refusal. Lines are (sku, units) pairs; None is everything possible."""

    # --- catalogue and stock ---

    def add_warehouse(self, id: int, name: str, stock_master: str = "EXTERNAL", threshold: int | None = None) -> dict[str, Any]:
        self.catalogue.add_warehouse(Warehouse(id, name, stock_master, threshold))
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

    # --- orders, as shoppers and people in the admin make them ---

    def place_order(
        self, lines: Lines, warehouses: Sequence[int] | None = None, status: str = "CONFIRMED", keep_safety: bool = False
    ) -> dict[str, Any]:
        """A web order, allocated in `warehouses` in this order (None: all); `keep_safety` leaves thresholds and offsets unsold."""
        places = [self.catalogue.warehouse(w) for w in warehouses] if warehouses is not None else list(self.catalogue.warehouses.values())
        wanted = [(self.catalogue.size(sku), int(units)) for sku, units in lines]
        return _shown(self.orders.place(wanted, places, status=status, keep_safety=keep_safety))

    def ship(self, number: int, lines: Lines | None = None, complete: bool = True, warehouse: int | None = None) -> dict[str, int]:
        """Ship what is allocated (from one warehouse, if named) and on no shipment yet."""
        order = self._order(number)
        places = [self.catalogue.warehouse(warehouse)] if warehouse is not None else []
        if lines is None:
            allocations = [a for line in order.lines for a in line.allocations if a.shipment_line is None and (not places or a.warehouse in places)]
            parts = [(line, sum(a.quantity for a in allocations if a.line is line)) for line in order.lines]
        else:
            parts = _parts(order, lines)
        shipment = self.orders.create_shipment(order, [(line, units) for line, units in parts if units], places)
        if complete:
            self.orders.complete(shipment)
        return {"shipment_id": shipment.id}

    def complete(self, shipment_id: int) -> dict[str, int]:
        self.orders.complete(self._shipment(shipment_id))
        return {"shipment_id": shipment_id}

    def cancel_lines(self, number: int, lines: Lines | None = None, policy: str = "release") -> dict[str, Any]:
        order = self._order(number)
        everything = [(x, x.unallocated + x.on_no_shipment) for x in order.lines if x.unallocated + x.on_no_shipment]
        self.orders.cancel(order, everything if lines is None else _parts(order, lines), remove=_removes(policy))
        return _shown(order)

    def unallocate(self, number: int, lines: Lines | None = None, policy: str = "release", warehouses: Sequence[int] = ()) -> dict[str, Any]:
        order = self._order(number)
        parts = [(x, x.on_no_shipment) for x in order.lines] if lines is None else _parts(order, lines)
        self.orders.unallocate(order, parts, [self.catalogue.warehouse(w) for w in warehouses], remove=_removes(policy))
        return _shown(order)

    def allocate(self, number: int, lines: Lines | None = None, warehouses: Sequence[int] = ()) -> dict[str, Any]:
        order = self._order(number)
        parts = [(x, x.unallocated) for x in order.lines] if lines is None else _parts(order, lines)
        self.orders.allocate(order, parts, [self.catalogue.warehouse(w) for w in warehouses])
        return _shown(order)

    def return_into(self, shipment_id: int, lines: Lines | None = None, warehouse: int | None = None) -> dict[str, int]:
        """Units of a shipment come back, into `warehouse` or (None) into no stock."""
        shipment = self._shipment(shipment_id)
        place = self.catalogue.warehouse(warehouse) if warehouse is not None else None
        record = self.returns.create(shipment, lines, place)
        if self.modes_in_force.order_updated_by_return:
            self.orders.touch(shipment.order)
        return {"return_id": record.id}

    def delete_return(self, return_id: int) -> dict[str, int]:
        self.returns.delete(return_id)
        return {"return_id": return_id}

    # --- what can be seen ---

    def snapshot(self) -> dict[int, dict[str, dict[str, int]]]:
        """{warehouse: {sku: physical, allocated, fta}} of every size a warehouse ever had."""
        return {
            warehouse: {row.size.sku: {"physical": row.physical, "allocated": row.allocated, "fta": row.free} for row in rows.values()}
            for warehouse, rows in self.stock.rows.items()
        }

    def orders_snapshot(self) -> list[dict[str, Any]]:
        return [_shown(order) for order in self.orders.orders.values()]

    def _order(self, number: int) -> Order:
        if number not in self.orders.orders:
            raise Refusal(f"Could not find Order with number {number}")
        return self.orders.orders[number]

    def _shipment(self, shipment_id: int) -> Shipment:
        if shipment_id not in self.orders.shipments:
            raise Refusal(f"Could not find Shipment with ID {shipment_id}")
        return self.orders.shipments[shipment_id]


def _removes(policy: str) -> bool:
    if policy not in ("release", "remove"):
        raise Refusal("policy is release or remove")
    return policy == "remove"


def _parts(order: Order, lines: Lines) -> Units:
    parts: Units = []
    for sku, units in lines:
        line = next((x for x in order.lines if x.size.sku == sku), None)
        if line is None:
            raise Refusal(f"Order {order.number} has no line with SKU {sku}.")
        parts.append((line, int(units)))
    return parts


def _shown(order: Order) -> dict[str, Any]:
    lines = [
        {
            "id": line.id,
            "sku": line.size.sku,
            "quantity": line.quantity,
            "unallocated": line.unallocated,
            "allocated": [{"warehouse": a.warehouse.id, "quantity": a.quantity, "shipped": a.shipped} for a in line.allocations],
        }
        for line in order.lines
    ]
    return {"number": order.number, "id": order.id, "status": order.status, "lines": lines}


ACTIONS = tuple(
    name
    for name, member in {**vars(Controls), **vars(CentraState)}.items()
    if isfunction(member) and not name.startswith("_") and name not in ("now", "take_late_commit")
)
