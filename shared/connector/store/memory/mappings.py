"""Mappings in memory."""

from __future__ import annotations

from threading import RLock

from connector.domain.configuration import Mapping
from connector.store.mapping_json import from_json, to_json
from connector.store.mappings import Applied, MappingChanged
from connector.store.memory.hook import Before, nothing


class MemoryMappings:
    def __init__(self, before: Before = nothing) -> None:
        self.before = before
        self._lock = RLock()
        self._current: Applied | None = None

    def current(self) -> Applied | None:
        self.before("mappings.current")
        return self._current

    def apply(self, mapping: Mapping, *, expected_revision: int, by: str, now: float) -> Applied:
        self.before("mappings.apply")
        with self._lock:
            revision = 0 if self._current is None else self._current.revision
            if revision != expected_revision:
                raise MappingChanged(f"revision {revision} is in force, not {expected_revision}")
            self._current = Applied(from_json(to_json(mapping)), revision + 1, by, now)
            return self._current
