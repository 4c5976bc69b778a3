"""Cursors. Item: pk `cursor#{name}`, sk `-`; `value` (S, JSON)."""

from __future__ import annotations

import json
from typing import Any

from connector.store.dynamo.actions import ABSENT, put
from connector.store.dynamo.attributes import Row, text
from connector.store.dynamo.connection import Connection, Key
from connector.store.dynamo.leases import fenced
from connector.store.leases import Lease, LeaseLost


class DynamoCursors:
    """`table`: the name of table Cursors, which also holds the leases."""

    def __init__(self, connection: Connection, table: str) -> None:
        self._db, self._table = connection, table

    def get(self, name: str) -> dict[str, Any] | None:
        stored = self._db.get(self._table, _key(name))
        if stored is None:
            return None
        value: dict[str, Any] = json.loads(text(stored, "value"))
        return value

    def put(self, name: str, value: dict[str, Any], lease: Lease) -> None:
        if self._db.write([fenced(self._table, lease), put(self._table, _row(name, value))]) is not None:
            raise LeaseLost(lease.key)

    def start(self, name: str, value: dict[str, Any]) -> bool:
        return self._db.write([put(self._table, _row(name, value), ABSENT)]) is None


def _key(name: str) -> Key:
    return f"cursor#{name}", "-"


def _row(name: str, value: dict[str, Any]) -> Row:
    pk, sk = _key(name)
    return {"pk": pk, "sk": sk, "value": json.dumps(value, allow_nan=False, separators=(",", ":"))}
