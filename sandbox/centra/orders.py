"""Orders, allocations and shipments of the Centra sandbox, and what they do to stock."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Sequence

from sandbox.centra.modes import Modes
from sandbox.centra.records import (
    Allocation,
    Order,
    OrderLine,
    Refusal,
    Shipment,
    ShipmentLine,
    Size,
    Stock,
    Warehouse,
)
from sandbox.centra.stock import StockLedger

Emit = Callable[[str, str, int], None]
Part = tuple[OrderLine, int]


class OrderBook:
    """Every change goes through here: it keeps allocations and stock in step and tells the webhook (`emit(type, action, id)`)."""

    def __init__(self, now: Callable[[], float], modes: Modes, stock: StockLedger, emit: Emit) -> None:
        self._now = now
        self._modes = modes
        self._stock = stock
        self._emit = emit
        self._numbers = itertools.count(101)
        self._line_ids = itertools.count(5001)
        self._allocation_ids = itertools.count(9001)
        self._shipment_ids = itertools.count(301)
        self._shipment_line_ids = itertools.count(8001)
        self.orders: dict[int, Order] = {}
        self.by_id: dict[str, Order] = {}
        self.shipments: dict[int, Shipment] = {}
        self._waiting: dict[int, None] = {}
        stock.on_increase = self._allocate_waiting

    def place(
        self, lines: Sequence[tuple[Size, int]], preferred: Sequence[Warehouse], *, status: str = "CONFIRMED", keep_safety: bool = False
    ) -> Order:
        """A shopper's order: each line is allocated in the order of `preferred`; what finds no stock is demand."""
        number, now = next(self._numbers), self._now()
        order = Order(uuid.uuid5(uuid.NAMESPACE_OID, str(number)).hex, number, status, now, now, list(preferred))
        for size, units in lines:
            if units < 1:
                raise Refusal("quantity must be positive")
            order.lines.append(OrderLine(next(self._line_ids), order, size, units))
        self.orders[number] = self.by_id[order.id] = order
        for line in order.lines:
            self._allocate(line, line.ordered, preferred, keep_safety=keep_safety)
        self._emit("order", "insert", number)
        return order

    def allocate(self, order: Order, parts: Sequence[Part], warehouses: Sequence[Warehouse]) -> list[str]:
        """Allocate units that wait; sentences about what found no stock."""
        short = []
        for line, units in parts:
            missing = self._allocate(line, min(units, line.unallocated), warehouses or order.preferred)
            if missing:
                short.append(f"{missing} of {line.size.sku} could not be allocated.")
        self._changed(order, allocation=True)
        return short

    def unallocate(self, order: Order, parts: Sequence[Part], warehouses: Sequence[Warehouse], *, remove: bool) -> list[str]:
        """Free units of an order (they wait again), back to stock or removed from it; sentences about what was too many."""
        short = []
        for line, units in parts:
            missing = self._free(line, units, warehouses, "unallocate" if remove else "")
            if missing:
                short.append(f"{missing} of {line.size.sku} were not allocated there.")
        self._changed(order, allocation=True)
        return short

    def cancel(self, order: Order, parts: Sequence[Part], *, remove: bool) -> None:
        """Cancel units that are on no shipment: waiting ones first, then allocated ones (released or removed from stock)."""
        for line, units in parts:
            on_shipments = sum(a.quantity for a in line.allocations if a.shipment_line is not None)
            if units > line.quantity - on_shipments:
                raise Refusal(f"Only {line.quantity - on_shipments} of {line.size.sku} can be cancelled.")
            self._free(line, max(0, units - line.unallocated), (), "cancel" if remove else "")
            line.cancelled += units
            self._count_waiting(line)
        if all(line.quantity == 0 for line in order.lines):
            order.status = "CANCELLED"
        else:
            self._finish(order)
        self._changed(order)

    def create_shipment(
        self, order: Order, parts: Sequence[Part], warehouses: Sequence[Warehouse] = (), *, good_to_go: bool = True, paid: bool = True
    ) -> Shipment:
        """A shipment of allocated units that are on none yet."""
        if order.status in ("PENDING", "CANCELLED"):
            raise Refusal(f"Order {order.number} is {order.status}.")
        now = self._now()
        shipment = Shipment(next(self._shipment_ids), f"{order.number}-{len(order.shipments) + 1}", order, now, now, good_to_go, paid)
        for line, units in parts:
            free = [a for a in line.allocations if a.shipment_line is None and (not warehouses or a.warehouse in warehouses)]
            if units > sum(a.quantity for a in free):
                raise Refusal(f"Only {sum(a.quantity for a in free)} of {line.size.sku} are allocated and on no shipment.")
        for line, units in parts:
            entry = ShipmentLine(next(self._shipment_line_ids), shipment, line, units)
            for allocation in self._split(line, units, warehouses):
                allocation.shipment_line = entry
                entry.allocations.append(allocation)
            if units:
                shipment.lines.append(entry)
        if not shipment.lines:
            raise Refusal("Nothing to ship.")
        order.shipments.append(shipment)
        self.shipments[shipment.id] = shipment
        order.status = "PROCESSING"
        self._emit("shipment", "create", shipment.id)
        if good_to_go:
            self._emit("shipment", "good_to_go", shipment.id)
        self._changed(order)
        return shipment

    def complete(self, shipment: Shipment, shipped_at: float | None = None) -> None:
        """Units leave the shelf: physical and allocated fall together."""
        if shipment.shipped_at is not None:
            raise Refusal(f"Shipment {shipment.id} is already shipped.")
        if not (shipment.good_to_go and shipment.paid):
            raise Refusal(f"Shipment {shipment.id} is not good to go and paid.")
        shipment.shipped_at = self._now() if shipped_at is None else shipped_at
        shipment.updated_at = self._now()
        gone: dict[int, tuple[Warehouse, list[tuple[Size, int]]]] = {}
        for line in shipment.lines:
            for allocation in line.allocations:
                self._stock.consume(self._stock.row(allocation.warehouse, line.line.size), allocation.quantity, "completeShipment")
                gone.setdefault(allocation.warehouse.id, (allocation.warehouse, []))[1].append((line.line.size, -allocation.quantity))
        if self._modes.shipments_make_stock_changes:
            for warehouse, moved in gone.values():
                self._stock.record("SHIPMENT", f"Shipment {shipment.number}", warehouse, moved)
        self._finish(shipment.order)
        self._emit("shipment", "update", shipment.id)
        self._changed(shipment.order, shipment=True)

    def touch(self, order: Order) -> None:
        """Something about the order changed."""
        order.updated_at = self._now()

    def _allocate(self, line: OrderLine, units: int, warehouses: Sequence[Warehouse], *, keep_safety: bool = False) -> int:
        for warehouse in warehouses:
            row = self._stock.row(warehouse, line.size)
            take = max(0, min(units, row.free - (row.safety() if keep_safety else 0)))
            if take:
                row.allocated += take
                line.allocations.append(Allocation(next(self._allocation_ids), line, warehouse, take))
                units -= take
        self._count_waiting(line)
        return units

    def _free(self, line: OrderLine, units: int, warehouses: Sequence[Warehouse], removed_as: str) -> int:
        for allocation in self._split(line, units, warehouses):
            line.allocations.remove(allocation)
            row = self._stock.row(allocation.warehouse, line.size)
            units -= allocation.quantity
            if removed_as:
                self._stock.consume(row, allocation.quantity, removed_as)
            else:
                row.allocated -= allocation.quantity
        self._count_waiting(line)
        return units

    def _split(self, line: OrderLine, units: int, warehouses: Sequence[Warehouse]) -> list[Allocation]:
        """Allocations on no shipment that hold together at most `units`; the last one is cut to measure."""
        chosen: list[Allocation] = []
        for allocation in list(line.allocations):
            if units <= 0:
                break
            if allocation.shipment_line is not None or (warehouses and allocation.warehouse not in warehouses):
                continue
            if allocation.quantity > units:
                rest = Allocation(next(self._allocation_ids), line, allocation.warehouse, allocation.quantity - units)
                line.allocations.append(rest)
                allocation.quantity = units
            chosen.append(allocation)
            units -= allocation.quantity
        return chosen

    def _count_waiting(self, line: OrderLine) -> None:
        now_waiting = line.unallocated
        if line.order.preferred:
            self._stock.row(line.order.preferred[0], line.size).demand += now_waiting - line.waiting
        line.waiting = now_waiting
        if now_waiting:
            self._waiting[line.order.number] = None

    def _allocate_waiting(self, row: Stock) -> None:
        if not self._modes.allocate_demand:
            return
        for number in list(self._waiting):
            order = self.orders[number]
            lines = [x for x in order.lines if x.size is row.size and x.unallocated and row.warehouse in order.preferred]
            for line in lines:
                self._allocate(line, line.unallocated, [row.warehouse])
            if lines:
                self._changed(order, allocation=True)
            if not any(x.unallocated for x in order.lines):
                del self._waiting[number]

    def _finish(self, order: Order) -> None:
        shipped = sum(a.quantity for line in order.lines for a in line.allocations if a.shipped)
        if shipped and shipped == sum(line.quantity for line in order.lines):
            order.status = "SHIPPED"

    def _changed(self, order: Order, *, allocation: bool = False, shipment: bool = False) -> None:
        quiet = (allocation and not self._modes.order_updated_by_allocation) or (shipment and not self._modes.order_updated_by_shipment)
        if not quiet:
            self.touch(order)
        self._emit("order", "update", order.number)
