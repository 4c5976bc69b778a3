"""StockLevels in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from connector.store.dirty_rows import dealt_with, due_at_ms, marked, merged, postponed, ripe_ms, settling
from connector.store.leases import Lease
from connector.store.memory.hook import Before, nothing
from connector.store.memory.leases import MemoryLeases
from connector.store.stock_levels import Dirty, Done, Key, Level, Mark, Outcome, PendingWrite, Postponed


class MemoryStockLevels:
    """`chunk`: how many rows of an outcome land together; between two chunks the hook runs as `stock_levels.settle` again."""

    def __init__(self, leases: MemoryLeases, before: Before = nothing, chunk: int = 99) -> None:
        self.before = before
        self._leases = leases
        self._chunk = chunk
        self._dirty: defaultdict[int, dict[Key, Dirty]] = defaultdict(dict)
        self._timed: defaultdict[int, dict[tuple[int, int, str], Mark]] = defaultdict(dict)
        self._levels: defaultdict[int, dict[str, dict[int, Level]]] = defaultdict(dict)
        self._writes: defaultdict[int, dict[str, PendingWrite]] = defaultdict(dict)

    def mark(self, site: int, marks: Sequence[Mark], now: float) -> None:
        self.before("stock_levels.mark")
        with self._leases.lock:
            self._mark(site, marks, now)

    def mark_at(self, site: int, at: float, marks: Sequence[Mark]) -> None:
        self.before("stock_levels.mark_at")
        with self._leases.lock:
            for key, mark in merged(marks).items():
                self._timed[site][(due_at_ms(at), *key)] = replace(mark, blocked_by=dict(mark.blocked_by))

    def ripen(self, site: int, now: float) -> int:
        self.before("stock_levels.ripen")
        with self._leases.lock:
            timed = self._timed[site]
            ripe = sorted(key for key in timed if key[0] <= ripe_ms(now))
            self._mark(site, [timed.pop(key) for key in ripe], now)
            return len(ripe)

    def timed(self, site: int) -> list[tuple[float, Mark]]:
        self.before("stock_levels.timed")
        with self._leases.lock:
            return [(key[0] / 1000, mark) for key, mark in sorted(self._timed[site].items(), key=lambda item: item[0])]

    def dirty(self, site: int) -> list[Dirty]:
        self.before("stock_levels.dirty")
        with self._leases.lock:
            return list(self._dirty[site].values())

    def levels(self, site: int, skus: Sequence[str]) -> dict[str, dict[int, Level]]:
        self.before("stock_levels.levels")
        with self._leases.lock:
            return {sku: dict(self._levels[site][sku]) for sku in skus if sku in self._levels[site]}

    def record_write(self, site: int, lease: Lease, write: PendingWrite) -> None:
        self.before("stock_levels.record_write")
        with self._leases.lock:
            self._leases.check(lease)
            self._writes[site][write.write_id] = replace(write, quantities=dict(write.quantities))

    def pending_writes(self, site: int) -> list[PendingWrite]:
        self.before("stock_levels.pending_writes")
        with self._leases.lock:
            return list(self._writes[site].values())

    def settle(self, site: int, lease: Lease, outcome: Outcome, now: float) -> None:
        todo = settling(outcome)
        steps: list[tuple[str, dict[int, Level]] | Done | Postponed | str] = [(sku, dict(levels)) for sku, levels in todo.levels.items()]
        steps += [*todo.rows, *todo.write_ids]
        for start in range(0, len(steps), self._chunk):
            self.before("stock_levels.settle")
            with self._leases.lock:
                self._leases.check(lease)
                for step in steps[start : start + self._chunk]:
                    self._apply(site, step, now)

    def _mark(self, site: int, marks: Sequence[Mark], now: float) -> None:
        rows = self._dirty[site]
        for key, mark in merged(marks).items():
            rows[key] = marked(rows.get(key), mark, now)

    def _apply(self, site: int, step: tuple[str, dict[int, Level]] | Done | Postponed | str, now: float) -> None:
        if isinstance(step, str):
            self._writes[site].pop(step, None)
        elif isinstance(step, tuple):
            self._levels[site].setdefault(step[0], {}).update(step[1])
        else:
            key = (step.warehouse, step.sku)
            row = self._dirty[site].get(key)
            if row is None:
                return
            after = dealt_with(row, step, now) if isinstance(step, Done) else postponed(row, step)
            if after is None:
                del self._dirty[site][key]
            else:
                self._dirty[site][key] = after
