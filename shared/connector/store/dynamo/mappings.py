"""Mappings.

Items: pk `mapping`, sk `current`: what is in force; sk `revision#{8 digits}`: what was, kept for ever. `mapping` (S, JSON), `revision`, `applied_at`
(N), `applied_by` (S).
"""

from __future__ import annotations

from connector.domain.configuration import Mapping
from connector.store.dynamo.actions import ABSENT, put
from connector.store.dynamo.attributes import Row, real, text, whole
from connector.store.dynamo.connection import Connection
from connector.store.mapping_json import from_json, to_json
from connector.store.mappings import Applied, MappingChanged


class DynamoMappings:
    def __init__(self, connection: Connection, table: str) -> None:
        self._db, self._table = connection, table

    def current(self) -> Applied | None:
        row = self._db.get(self._table, ("mapping", "current"))
        if row is None:
            return None
        return Applied(from_json(text(row, "mapping")), whole(row, "revision"), text(row, "applied_by"), real(row, "applied_at"))

    def apply(self, mapping: Mapping, *, expected_revision: int, by: str, now: float) -> Applied:
        applied = Applied(mapping, expected_revision + 1, by, now)
        row: Row = {"pk": "mapping", "mapping": to_json(mapping), "revision": applied.revision, "applied_by": by, "applied_at": now}
        in_force = {**row, "sk": "current"}
        condition, values = (ABSENT, {}) if expected_revision == 0 else ("#revision = :expected", {"expected": expected_revision})
        current = put(self._table, in_force, condition, values)
        refusals = self._db.write([current, put(self._table, {**row, "sk": f"revision#{applied.revision:08d}"})])
        if refusals is not None:
            raise MappingChanged(f"revision {expected_revision} is no longer in force")
        return applied
