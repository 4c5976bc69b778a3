"""Returns in the Centra sandbox: what comes back of a shipment, and into which stock."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.centra.modes import Modes
from sandbox.centra.records import Refusal, Return, ReturnLine, Shipment, ShipmentLine, Warehouse
from sandbox.centra.stock import StockLedger


class ReturnDesk:
    """Stock moves when a return is made, and back when it is deleted; completing moves nothing."""

    def __init__(self, now: Callable[[], float], modes: Modes, stock: StockLedger, emit: Callable[[str, str, int], None]) -> None:
        self._now = now
        self._modes = modes
        self._stock = stock
        self._emit = emit
        self._ids = itertools.count(201)
        self._line_ids = itertools.count(2001)
        self.returns: dict[int, Return] = {}

    def create(self, shipment: Shipment, lines: Sequence[Sequence[Any]] | None, warehouse: Warehouse | None) -> Return:
        """Units of a shipped shipment come back as (sku, units), None being all that are left: into `warehouse`, or into none."""
        if shipment.shipped_at is None:
            raise Refusal(f"Shipment {shipment.id} is not shipped.")
        parts = _parts(shipment, lines)
        for line, units in parts:
            if not 0 < units <= line.quantity - line.returned:
                raise Refusal(f"Only {line.quantity - line.returned} of shipment line {line.id} can be returned.")
        if not parts:
            raise Refusal("Nothing to return.")
        record = Return(next(self._ids), shipment, self._now(), warehouse, [ReturnLine(next(self._line_ids), line, n) for line, n in parts])
        self.returns[record.id] = record
        self._move(record, 1)
        self._emit("return", "create", record.id)
        return record

    def delete(self, return_id: int) -> None:
        """The return never was: its units leave the warehouse again (Refusal when they are no longer free)."""
        record = self.returns.get(return_id)
        if record is None:
            raise Refusal(f"Could not find Return with ID {return_id}")
        for line in record.lines:
            size = line.shipment_line.line.size
            if record.warehouse is not None and self._stock.row(record.warehouse, size).free < line.quantity:
                raise Refusal(f"The units of {size.sku} are no longer free in warehouse {record.warehouse.id}.")
        self._move(record, -1)
        del self.returns[record.id]
        self._emit("return", "update", record.id)

    def _move(self, record: Return, sign: int) -> None:
        moved = []
        for line in record.lines:
            line.shipment_line.returned += sign * line.quantity
            line.shipment_line.line.returned += sign * line.quantity
            moved.append((line.shipment_line.line.size, sign * line.quantity))
        if record.warehouse is None:
            return
        for size, units in moved:
            row = self._stock.row(record.warehouse, size)
            self._stock.put(row, row.physical + units, "return")
            if units > 0:
                self._stock.on_increase(row)
        if self._modes.returns_make_stock_changes:
            self._stock.record("RETURN", f"Return {record.id}", record.warehouse, moved)


def _parts(shipment: Shipment, lines: Sequence[Sequence[Any]] | None) -> list[tuple[ShipmentLine, int]]:
    if lines is None:
        return [(line, line.quantity - line.returned) for line in shipment.lines if line.quantity > line.returned]
    by_sku = {line.line.size.sku: line for line in shipment.lines}
    for sku, _ in lines:
        if sku not in by_sku:
            raise Refusal(f"Shipment {shipment.id} has no line with SKU {sku}.")
    return [(by_sku[sku], int(units)) for sku, units in lines]
