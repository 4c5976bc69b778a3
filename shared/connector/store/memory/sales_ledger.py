"""SalesLedger in memory."""

from __future__ import annotations

from dataclasses import replace
from threading import RLock

from connector.store.memory.hook import Before, nothing
from connector.store.sales_ledger import LedgerRow


class MemorySalesLedger:
    def __init__(self, before: Before = nothing) -> None:
        self.before = before
        self._lock = RLock()
        self._rows: dict[tuple[int, str, str], LedgerRow] = {}

    def put(self, row: LedgerRow) -> None:
        self.before("sales_ledger.put")
        key = (row.site, row.day, row.key)
        with self._lock:
            known = self._rows.get(key, row)
            self._rows[key] = replace(
                row,
                centra_order=known.centra_order if row.centra_order is None else row.centra_order,
                centra_return=known.centra_return if row.centra_return is None else row.centra_return,
            )

    def day(self, site: int, day: str) -> list[LedgerRow]:
        self.before("sales_ledger.day")
        with self._lock:
            rows = [row for row in self._rows.values() if (row.site, row.day) == (site, day)]
        return sorted(rows, key=lambda row: (row.at, row.key))
