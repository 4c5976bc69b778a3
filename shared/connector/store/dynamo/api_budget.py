"""ApiBudget.

* Centra's buckets: pk `centra`, sk `-`; `version`, `seen_at`, `closed_until` (N), `arrival` (S): JSON {bucket: unix s};
* locks of Sitoo's API users: pk `sitoo#{api user}`, sk `-`; a LockState's fields by name.

Both have a `nonce` (S): a write that the client repeated because its answer was lost finds its own, and has succeeded.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict

from connector.store.api_budget import BudgetState, LockState
from connector.store.dynamo.actions import ABSENT, put
from connector.store.dynamo.attributes import Row, real, text, whole
from connector.store.dynamo.connection import Connection

_SAME_LOCK = "#fence = :fence AND #owner = :owner AND #expires_at = :expires_at"


class DynamoBudgetStore:
    def __init__(self, connection: Connection, table: str) -> None:
        self._db, self._table = connection, table

    def read(self) -> BudgetState | None:
        row = self._db.get(self._table, ("centra", "-"))
        if row is None:
            return None
        return BudgetState(whole(row, "version"), json.loads(text(row, "arrival")), real(row, "seen_at"), real(row, "closed_until"))

    def write(self, state: BudgetState) -> bool:
        row: Row = {**asdict(state), "pk": "centra", "sk": "-", "arrival": json.dumps(state.arrival)}
        if state.version == 1:
            return _put(self._db, self._table, row, ABSENT, {})
        return _put(self._db, self._table, row, "#version = :before", {"before": state.version - 1})


class DynamoLockStore:
    def __init__(self, connection: Connection, table: str) -> None:
        self._db, self._table = connection, table

    def read(self, api_user: str) -> LockState | None:
        row = self._db.get(self._table, (f"sitoo#{api_user}", "-"))
        if row is None:
            return None
        return LockState(
            owner=text(row, "owner"),
            fence=whole(row, "fence"),
            expires_at=real(row, "expires_at"),
            closed_until=real(row, "closed_until"),
            stock_waits_until=real(row, "stock_waits_until"),
            others_wait_until=real(row, "others_wait_until"),
            window_start=real(row, "window_start"),
            stock_used=real(row, "stock_used"),
        )

    def swap(self, api_user: str, expected: LockState | None, new: LockState) -> bool:
        row: Row = {**asdict(new), "pk": f"sitoo#{api_user}", "sk": "-"}
        if expected is None:
            return _put(self._db, self._table, row, ABSENT, {})
        stored: Row = {"fence": expected.fence, "owner": expected.owner, "expires_at": expected.expires_at}
        return _put(self._db, self._table, row, _SAME_LOCK, stored)


def _put(db: Connection, table: str, row: Row, condition: str, values: Row) -> bool:
    nonce = os.urandom(16).hex()
    refusals = db.write([put(table, {**row, "nonce": nonce}, condition, values)])
    refused = None if refusals is None else refusals[0]
    return refused is None or (refused.row is not None and refused.row.get("nonce") == nonce)
