"""Units of order lines taken from warehouses and given back: allocations and stock in step."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from sandbox.centra.modes import Modes
from sandbox.centra.order_parts import StockAction
from sandbox.centra.order_records import Allocation, Order, OrderLine
from sandbox.centra.records import Stock, Warehouse
from sandbox.centra.stock import StockLedger

RELEASE = StockAction()


class Allocator:
    """Physical stays as it is unless units are removed, sent elsewhere or shipped; what finds no stock is demand."""

    def __init__(self, modes: Modes, stock: StockLedger) -> None:
        self._modes = modes
        self._stock = stock
        self._ids = itertools.count(9001)
        self.waiting: dict[Order, None] = {}

    def allocate(self, line: OrderLine, units: int, warehouses: Sequence[Warehouse], *, keep_safety: bool = False) -> int:
        """Take `units` from the warehouses in this order; how many found no stock."""
        for warehouse in warehouses:
            if not units:
                break
            row = self._stock.row(warehouse, line.size)
            take = max(0, min(units, row.free - (row.safety() if keep_safety else 0)))
            if take:
                row.allocated += take
                line.allocations.append(Allocation(next(self._ids), line, warehouse, take))
                units -= take
        self.count_waiting(line)
        return units

    def free(self, line: OrderLine, units: int, warehouses: Sequence[Warehouse], action: StockAction, source: str) -> int:
        """Give up to `units` back that are on no shipment; how many there were not."""
        for allocation in self.split(line, units, warehouses):
            units -= allocation.quantity
            self.give_back(allocation, action, source)
        return units

    def give_back(self, allocation: Allocation, action: StockAction, source: str) -> None:
        """One whole allocation ends, its units by `action`."""
        line = allocation.line
        line.allocations.remove(allocation)
        row = self._stock.row(allocation.warehouse, line.size)
        if action.kind == "release":
            row.allocated -= allocation.quantity
        else:
            self._stock.consume(row, allocation.quantity, source)
        if action.warehouse is not None:
            there = self._stock.row(action.warehouse, line.size)
            self._stock.put(there, there.physical + allocation.quantity, source)
            self._stock.on_increase(there)
        self.count_waiting(line)

    def split(self, line: OrderLine, units: int, warehouses: Sequence[Warehouse], *, confirmed: bool = False) -> list[Allocation]:
        """Allocations on no shipment that hold together at most `units`; the last one is cut to measure."""
        chosen: list[Allocation] = []
        for allocation in list(line.allocations):
            if units <= 0:
                break
            if not allocation.free or (warehouses and allocation.warehouse not in warehouses) or (confirmed and allocation.waiting):
                continue
            if allocation.quantity > units:
                line.allocations.append(
                    Allocation(next(self._ids), line, allocation.warehouse, allocation.quantity - units, request=allocation.request)
                )
                allocation.quantity = units
            chosen.append(allocation)
            units -= allocation.quantity
        return chosen

    def has_free(self, warehouse: Warehouse, line: OrderLine, units: int) -> bool:
        return self._stock.row(warehouse, line.size).free >= units

    def count_waiting(self, line: OrderLine) -> None:
        """Demand is seen in the first warehouse of the order's rule."""
        now_waiting = line.unallocated
        if line.order.preferred:
            self._stock.row(line.order.preferred[0], line.size).demand += now_waiting - line.waiting
        line.waiting = now_waiting
        if now_waiting:
            self.waiting[line.order] = None

    def serve_waiting(self, row: Stock) -> list[Order]:
        """New stock goes to orders that wait for it (a mode); those it reached."""
        served = []
        for order in list(self.waiting) if self._modes.allocate_demand else ():
            lines = [x for x in order.lines if x.size is row.size and x.unallocated and row.warehouse in order.preferred]
            for line in lines:
                self.allocate(line, line.unallocated, [row.warehouse])
            if lines:
                served.append(order)
            if not any(x.unallocated for x in order.lines):
                self.waiting.pop(order, None)
        return served
