"""StockLevels.

* dirty rows: pk `dirty#{site}`, sk `{warehouse}#{sku}`; `version`, `done_version`, `since`, `due`, `delta`, `refusals` (N), `b{warehouse}` (N):
  blocked by that version of that warehouse's row;
* marks for later: pk `timed#{site}`, sk `{ms, 16 digits}#{warehouse}#{sku}`; `delta`, `b{warehouse}`;
* last known levels: pk `level#{site}#{sku}`, sk `-`; `w{warehouse}` (S): JSON [physical, allocated, at];
* writes not settled: pk `write#{site}`, sk `{write id}`; `warehouse`, `called_at` (N), `quantities` (S): JSON {sku: units}.

A mark is one unconditional update (or a transaction of them), so none is lost; what is settled goes into transactions with a check of the lease.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from connector.store.dirty_rows import due_at_ms, merged, ripe_ms
from connector.store.dynamo.actions import PRESENT, delete, put
from connector.store.dynamo.attributes import Row, real, text, whole
from connector.store.dynamo.connection import MAX_ACTIONS, Connection, chunks
from connector.store.dynamo.dirty_items import dirty_of, level_key, level_of, mark_action, timed_at, timed_mark, timed_row
from connector.store.dynamo.leases import fenced
from connector.store.dynamo.settling import steps
from connector.store.leases import Lease, LeaseLost
from connector.store.stock_levels import Dirty, Level, Mark, Outcome, PendingWrite


class DynamoStockLevels:
    """`leases_table`: the name of table Cursors, whose leases fence the writes."""

    def __init__(self, connection: Connection, table: str, leases_table: str) -> None:
        self._db, self._table, self._leases_table = connection, table, leases_table

    def mark(self, site: int, marks: Sequence[Mark], now: float) -> None:
        for chunk in chunks(merged(marks).values(), MAX_ACTIONS):
            self._db.write([mark_action(self._table, site, mark, now) for mark in chunk])

    def mark_at(self, site: int, at: float, marks: Sequence[Mark]) -> None:
        for chunk in chunks(merged(marks).values(), MAX_ACTIONS):
            self._db.write([put(self._table, timed_row(site, due_at_ms(at), mark)) for mark in chunk])

    def ripen(self, site: int, now: float) -> int:
        """A mark for later and the dirty row it becomes change in one transaction; one that somebody else ripened first is left out."""
        ripened = 0
        for chunk in chunks(self._db.query(self._table, f"timed#{site}", below=f"{ripe_ms(now) + 1:016d}"), MAX_ACTIONS // 2):
            left = chunk
            while left:
                marks = merged(timed_mark(row) for row in left)
                deletes = [delete(self._table, (text(row, "pk"), text(row, "sk")), PRESENT) for row in left]
                refusals = self._db.write([*deletes, *(mark_action(self._table, site, mark, now) for mark in marks.values())])
                if refusals is None:
                    ripened += len(left)
                    break
                left = [row for row, refused in zip(left, refusals, strict=False) if refused is None]
        return ripened

    def timed(self, site: int) -> list[tuple[float, Mark]]:
        return [(timed_at(row), timed_mark(row)) for row in self._db.query(self._table, f"timed#{site}")]

    def dirty(self, site: int) -> list[Dirty]:
        return [dirty_of(row) for row in self._db.query(self._table, f"dirty#{site}")]

    def levels(self, site: int, skus: Sequence[str]) -> dict[str, dict[int, Level]]:
        keys = {level_key(site, sku): sku for sku in skus}
        return {keys[key]: level_of(row) for key, row in self._db.get_many(self._table, keys).items()}

    def record_write(self, site: int, lease: Lease, write: PendingWrite) -> None:
        quantities = json.dumps(dict(write.quantities), separators=(",", ":"))
        row: Row = {"pk": f"write#{site}", "sk": write.write_id, "warehouse": write.warehouse, "called_at": write.called_at, "quantities": quantities}
        if self._db.write([fenced(self._leases_table, lease), put(self._table, row)]) is not None:
            raise LeaseLost(lease.key)

    def pending_writes(self, site: int) -> list[PendingWrite]:
        rows = self._db.query(self._table, f"write#{site}")
        return [PendingWrite(text(row, "sk"), whole(row, "warehouse"), json.loads(text(row, "quantities")), real(row, "called_at")) for row in rows]

    def settle(self, site: int, lease: Lease, outcome: Outcome, now: float) -> None:
        """Each step is conditional on its own row; a refused one is replaced by what then holds, and the rest is sent again with it."""
        fence = fenced(self._leases_table, lease)
        for chunk in chunks(steps(self._table, site, outcome, now), MAX_ACTIONS - 1):
            left = chunk
            while left:
                refusals = self._db.write([fence, *(step.action for step in left)])
                if refusals is None:
                    break
                if refusals[0] is not None:
                    raise LeaseLost(lease.key)
                after = [step if refused is None else step.instead(refused) for step, refused in zip(left, refusals[1:], strict=True)]
                left = [step for step in after if step is not None]
