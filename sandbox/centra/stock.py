"""Stock of the Centra sandbox: the quantities, their rules, and a log of every change of a physical quantity."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.centra.modes import Modes
from sandbox.centra.records import Refusal, Size, Stock, StockChange, StockChangeLine, Warehouse


@dataclass(slots=True)
class Outcome:
    """What a stock mutation did: changes made, and (message, path) of errors and warnings."""

    changes: list[StockChange] = field(default_factory=list)
    errors: list[tuple[str, list[str] | None]] = field(default_factory=list)
    warnings: list[tuple[str, list[str] | None]] = field(default_factory=list)


class StockLedger:
    """Physical = allocated + free at every moment; nothing ever drops below zero."""

    def __init__(self, now: Callable[[], float], modes: Modes) -> None:
        self._now = now
        self._modes = modes
        self._ids = itertools.count(1)
        self._line_ids = itertools.count(1)
        self.rows: dict[int, dict[int, Stock]] = {}
        self.changes: list[StockChange] = []
        self.commits: list[dict[str, Any]] = []
        self.on_increase: Callable[[Stock], None] = lambda _row: None
        self.on_record: Callable[[StockChange], None] = lambda _change: None

    def row(self, warehouse: Warehouse, size: Size) -> Stock:
        rows = self.rows.setdefault(warehouse.id, {})
        found = rows.get(size.id)
        if found is None:
            found = rows[size.id] = Stock(warehouse, size)
        return found

    def put(self, row: Stock, physical: int, source: str, comment: str = "") -> int:
        """Make `physical` true and log it; the difference. Callers have checked the rules."""
        if physical < row.allocated or physical < 0:
            raise Refusal(f"{row.size.sku} in warehouse {row.warehouse.id}: {physical} is below the {row.allocated} allocated")
        delta = physical - row.physical
        if delta:
            row.physical = physical
            self.commits.append(
                {
                    "at": self._now(),
                    "warehouse": row.warehouse.id,
                    "sku": row.size.sku,
                    "physical": physical,
                    "allocated": row.allocated,
                    "source": source,
                    "comment": comment,
                }
            )
        return delta

    def consume(self, row: Stock, units: int, source: str) -> None:
        """Allocated units leave the shelf (shipped, or removed from stock)."""
        row.allocated -= units
        self.put(row, row.physical - units, source)

    def record(self, kind: str, comment: str, warehouse: Warehouse, moved: Sequence[tuple[Size, int]]) -> StockChange:
        """Add a StockChange of `moved` (size, signed units)."""
        text = comment if self._modes.comment_stored else ""
        lines = [StockChangeLine(next(self._line_ids), size, warehouse, units) for size, units in moved]
        change = StockChange(next(self._ids), self._now(), text, kind, warehouse, lines)
        self.changes.append(change)
        self.on_record(change)
        return change

    def set_physical(self, warehouse: Warehouse, wanted: Sequence[tuple[int, Size | None, int, str]], comment: str) -> Outcome:
        """`setStock` PHYSICAL: rows of (position, size or None when unknown, quantity, reason when unknown)."""
        outcome, writes = Outcome(), list[tuple[Stock, int]]()
        for position, size, quantity, reason in wanted:
            problem = self._refusal(warehouse, size, quantity) if size is not None else reason
            if size is None or problem:
                outcome.errors.append((problem, self._path(position)))
                continue
            row = self.row(warehouse, size)
            if quantity < row.allocated:
                if self._modes.below_allocated == "clamp_warning":
                    text = f"Quantity {quantity} of {size.sku} is below the {row.allocated} allocated and was set to that."
                    outcome.warnings.append((text, self._path(position)))
                quantity = row.allocated
            writes.append((row, quantity))
        if outcome.errors and self._modes.set_stock_atomic:
            return Outcome(errors=outcome.errors)
        moved = [(row, self.put(row, quantity, "setStock", comment)) for row, quantity in writes]
        for kind, sign in (("INCREASE", 1), ("DECREASE", -1)):
            part = [(row.size, units) for row, units in moved if units * sign > 0]
            if part:
                outcome.changes.append(self.record(kind, comment, warehouse, part))
        for row, units in moved:
            if units > 0:
                self.on_increase(row)
        return outcome

    def change(self, out: Warehouse | None, into: Warehouse | None, wanted: Sequence[tuple[int, Size | None, int, str]], comment: str) -> Outcome:
        """`changeStock`: a decrease, an increase or a transfer of (position, size or None, units, reason when unknown)."""
        outcome, moves = Outcome(), list[tuple[Size, int]]()
        taken: dict[int, int] = {}
        for position, size, units, reason in wanted:
            if size is None or units < 1:
                outcome.errors.append((reason or "deliveredQuantity must be positive", self._path(position)))
                continue
            if out is not None:
                units = self._leaving(out, size, units, taken, position, outcome)
            if units:
                moves.append((size, units))
        if (outcome.errors and self._modes.change_stock_atomic) or not moves:
            return Outcome(errors=outcome.errors, warnings=[] if outcome.errors else outcome.warnings)
        for size, units in moves:
            if out is not None:
                row = self.row(out, size)
                self.put(row, row.physical - units, "changeStock", comment)
            if into is not None:
                row = self.row(into, size)
                self.put(row, row.physical + units, "changeStock", comment)
        if into is not None:
            outcome.changes.append(self.record("TRANSFER" if out is not None else "INCREASE", comment, into, moves))
            for size, _ in moves:
                self.on_increase(self.row(into, size))
        elif out is not None:
            outcome.changes.append(self.record("DECREASE", comment, out, [(size, -units) for size, units in moves]))
        return outcome

    def _leaving(self, out: Warehouse, size: Size, units: int, taken: dict[int, int], position: int, outcome: Outcome) -> int:
        """How many units may leave: what is free, less what this call already took."""
        left = self.row(out, size).free - taken.get(size.id, 0)
        if units > left:
            refused = self._modes.decrease_beyond_fta == "user_error"
            text = f"Only {left} of {size.sku} free to allocate in warehouse {out.id}, {units} asked for."
            (outcome.errors if refused else outcome.warnings).append((text, self._path(position)))
            units = 0 if refused else left
        taken[size.id] = taken.get(size.id, 0) + units
        return units

    def _refusal(self, warehouse: Warehouse, size: Size, quantity: int) -> str:
        if quantity < 0:
            return f"Quantity of {size.sku} must not be negative."
        if not size.active and self._modes.inactive_sizes == "user_error":
            return f"ProductSize {size.id} is not active."
        if self._modes.below_allocated == "user_error" and quantity < self.row(warehouse, size).allocated:
            return f"Quantity {quantity} of {size.sku} is below the allocated quantity."
        return ""

    def _path(self, position: int) -> list[str] | None:
        return ["input", "productSizes", str(position)] if self._modes.error_path == "indexed" else None
