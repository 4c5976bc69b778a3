"""Stock levels and the ledger of warehouse transactions."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from sandbox.sitoo.modes import Modes
from sandbox.sitoo.records import (
    MOVE_IN,
    MOVE_OUT,
    REFUND,
    SALES,
    STOCK_TAKING,
    UNKNOWN_IN,
    UNKNOWN_OUT,
    VIRTUAL,
    Item,
    Movement,
    Refusal,
    Transaction,
    Warehouse,
)

_KINDS = {MOVE_IN: "in", MOVE_OUT: "out", SALES: "sale", REFUND: "refund", STOCK_TAKING: "count", UNKNOWN_OUT: "out", UNKNOWN_IN: "in"}


class StockBook:
    """Every change of a FIFO warehouse is one transaction; Virtual warehouses are set. `committed` is called with each new transaction."""

    def __init__(self, modes: Modes, now: Callable[[], float], committed: Callable[[Transaction], None]) -> None:
        self._modes, self._now, self._committed = modes, now, committed
        self._rng = random.Random(7)
        self.warehouses: dict[int, Warehouse] = {}
        self.levels: dict[int, dict[str, Item]] = {}
        self.transactions: list[Transaction] = []
        self._ids: list[int] = []
        self._hidden: list[Transaction] = []
        self._next_id = 1
        self._next_item = 1
        self.commit_log: list[dict[str, Any]] = []

    def add_warehouse(self, warehouse: Warehouse) -> None:
        if warehouse.warehouseid in self.warehouses:
            raise Refusal(400, f"Warehouse {warehouse.warehouseid} exists")
        self.warehouses[warehouse.warehouseid] = warehouse
        self.levels[warehouse.warehouseid] = {}

    def warehouse(self, warehouse_id: int) -> Warehouse:
        found = self.warehouses.get(warehouse_id)
        if found is None:
            raise Refusal(404, f"Warehouse {warehouse_id} not found")
        return found

    def change(
        self,
        warehouse_id: int,
        type_: int,
        changes: Mapping[str, Decimal],
        *,
        costs: Mapping[str, Decimal] | None = None,
        description: str = "",
        orderdeliveryid: int | None = None,
        externalid: str | None = None,
        reasoncode: str | None = None,
    ) -> Transaction:
        """Book signed changes as one transaction. Refuses Virtual warehouses."""
        if self.warehouse(warehouse_id).warehousetype == VIRTUAL:
            raise Refusal(400, "Transactions cannot be added to virtual warehouses")
        now = self._now()
        movements = []
        for sku, change in changes.items():
            item = self._item(warehouse_id, sku, now)
            cost = (costs or {}).get(sku)
            if cost is not None:
                item.unit_cost = cost
            if not self._modes.negative_totals and change < 0 and item.total + change < 0:
                change = -max(item.total, Decimal(0))
            item.total += change
            item.modified = now
            if type_ == STOCK_TAKING:
                item.counted = now
            movements.append(Movement(sku, change, item.total, item.unit_cost))
        late = bool(self._modes.late_share) and self._rng.random() < self._modes.late_share
        visible = now + self._modes.late_seconds if late else now
        row = Transaction(self._new_id(), warehouse_id, now, type_, movements, visible, description, orderdeliveryid, externalid, reasoncode)
        self.transactions.append(row)
        self._ids.append(row.warehousetransactionid)
        if late:
            self._hidden.append(row)
        self._log(row, visible if late and self._modes.late_levels else now)
        self._committed(row)
        return row

    def count(self, warehouse_id: int, counted: Mapping[str, Decimal], description: str = "") -> Transaction:
        """Stock-taking: bring these SKUs to their counted level, whatever it was."""
        known = self.levels.get(warehouse_id, {})
        changes = {sku: level - (known[sku].total if sku in known else Decimal(0)) for sku, level in counted.items()}
        return self.change(warehouse_id, STOCK_TAKING, changes, description=description)

    def set_virtual(self, warehouse_id: int, sku: str, total: Decimal, value: Decimal | None) -> None:
        if self.warehouse(warehouse_id).warehousetype != VIRTUAL:
            raise Refusal(400, "decimaltotal and moneytotal can only be set in virtual warehouses")
        now = self._now()
        item = self._item(warehouse_id, sku, now)
        change, item.total, item.modified, item.value = total - item.total, total, now, value
        if change:
            entry = {"at": now, "warehouse": warehouse_id, "sku": sku, "total": total, "change": change, "transaction_id": None, "kind": "virtual"}
            self.commit_log.append(entry)

    def shelf(self, warehouse_id: int, sku: str) -> Item:
        """The item, created with level 0 when there was none (bin locations)."""
        return self._item(warehouse_id, sku, self._now())

    def touch(self, warehouse_id: int, sku: str) -> None:
        item = self.levels.get(warehouse_id, {}).get(sku)
        if item is not None:
            item.modified = self._now()

    def visible_total(self, item: Item) -> Decimal:
        """The level as readers see it now."""
        if not self._modes.late_levels or not self._still_hidden():
            return item.total
        held = Decimal(0)
        for row in self._hidden:
            if row.warehouseid == item.warehouseid:
                held += sum((m.change for m in row.movements if m.sku == item.sku), Decimal(0))
        return item.total - held

    def visible(self, low: int | None, high: int | None, *, descending: bool) -> Iterator[Transaction]:
        """Visible transactions with low ≤ id < high, by id."""
        now = self._now()
        first = 0 if low is None else bisect_left(self._ids, low)
        last = len(self._ids) if high is None else bisect_left(self._ids, high)
        span = range(first, last)
        for index in reversed(span) if descending else span:
            row = self.transactions[index]
            if row.visible_at <= now:
                yield row

    def window(self, low: int | None, high: int | None) -> tuple[int, int] | None:
        """Index range of low ≤ id < high when everything in it is visible, else None (the caller then filters row by row)."""
        if self._still_hidden():
            return None
        return (0 if low is None else bisect_left(self._ids, low)), (len(self._ids) if high is None else bisect_left(self._ids, high))

    def transaction(self, transaction_id: int) -> Transaction:
        index = bisect_left(self._ids, transaction_id)
        if index < len(self._ids) and self._ids[index] == transaction_id and self.transactions[index].visible_at <= self._now():
            return self.transactions[index]
        raise Refusal(404, f"Warehouse transaction {transaction_id} not found")

    def _item(self, warehouse_id: int, sku: str, now: float) -> Item:
        self.warehouse(warehouse_id)
        shelf = self.levels[warehouse_id]
        item = shelf.get(sku)
        if item is None:
            item = shelf[sku] = Item(self._next_item, warehouse_id, sku, Decimal(0), now)
            self._next_item += 1
        return item

    def _new_id(self) -> int:
        if self._modes.id_gap:
            self._next_id += self._rng.randint(0, self._modes.id_gap)
        fresh = self._next_id
        self._next_id += 1
        return fresh

    def _still_hidden(self) -> bool:
        if self._hidden:
            now = self._now()
            self._hidden = [row for row in self._hidden if row.visible_at > now]
        return bool(self._hidden)

    def _log(self, row: Transaction, at: float) -> None:
        kind = _KINDS[row.type]
        for m in row.movements:
            if m.change:
                entry = {"at": at, "warehouse": row.warehouseid, "sku": m.sku, "total": m.total, "change": m.change}
                self.commit_log.append(entry | {"transaction_id": row.warehousetransactionid, "kind": kind})
