"""OrderLinks in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import RLock

from connector.store.memory.hook import Before, nothing
from connector.store.order_line_changes import Change, LineKey, allocate, begin_shipping, deliver, link, may_close, ship, withhold
from connector.store.order_links import OpenLine


class MemoryOrderLinks:
    def __init__(self, before: Before = nothing) -> None:
        self.before = before
        self._lock = RLock()
        self._open: dict[LineKey, OpenLine] = {}
        self._closed: dict[LineKey, OpenLine] = {}

    def open_lines(self, warehouses: Sequence[int]) -> list[OpenLine]:
        self.before("order_links.open_lines")
        with self._lock:
            return [line for line in self._open.values() if line.warehouse in warehouses]

    def seen_in_centra(self, order_number: int, warehouse: int, sku: str, *, allocated: int) -> None:
        self._change("seen_in_centra", (order_number, warehouse, sku), allocate(allocated))

    def shipped(self, order_number: int, warehouse: int, sku: str, *, shipment_id: int, units: int, at: float) -> None:
        self._change("shipped", (order_number, warehouse, sku), ship(shipment_id, units, at))

    def linked(self, order_number: int, warehouse: int, sku: str, *, sitoo_order_id: int, reserved: int, reserved_until: float | None) -> None:
        self._change("linked", (order_number, warehouse, sku), link(sitoo_order_id, reserved, reserved_until))

    def delivered(self, order_number: int, warehouse: int, sku: str, *, units: int) -> None:
        self._change("delivered", (order_number, warehouse, sku), deliver(units))

    def withhold(self, order_number: int, warehouse: int, sku: str, *, units: int, at: float) -> None:
        self._change("withhold", (order_number, warehouse, sku), withhold(units, at))

    def shipping(self, order_number: int, warehouse: int, sku: str, *, since: float | None) -> None:
        self._change("shipping", (order_number, warehouse, sku), begin_shipping(since))

    def close(self, line: OpenLine) -> None:
        self.before("order_links.close")
        key = (line.order_number, line.warehouse, line.sku)
        with self._lock:
            stored = self._open.get(key)
            if stored is not None and may_close(stored, line):
                self._closed[key] = replace(self._open.pop(key), allocated=0)

    def _change(self, operation: str, key: LineKey, change: Change) -> None:
        self.before(f"order_links.{operation}")
        with self._lock:
            known = self._open.get(key) or self._closed.get(key)
            after = change(known or OpenLine(*key))
            if key in self._open or after != known:
                self._closed.pop(key, None)
                self._open[key] = after
