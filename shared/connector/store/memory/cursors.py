"""Cursors in memory, kept as JSON text as DynamoDB keeps them: what comes out is a copy with JSON types."""

from __future__ import annotations

import json
from typing import Any

from connector.store.leases import Lease
from connector.store.memory.hook import Before, nothing
from connector.store.memory.leases import MemoryLeases


class MemoryCursors:
    def __init__(self, leases: MemoryLeases, before: Before = nothing) -> None:
        self.before = before
        self._leases = leases
        self._values: dict[str, str] = {}

    def get(self, name: str) -> dict[str, Any] | None:
        self.before("cursors.get")
        text = self._values.get(name)
        if text is None:
            return None
        value: dict[str, Any] = json.loads(text)
        return value

    def put(self, name: str, value: dict[str, Any], lease: Lease) -> None:
        self.before("cursors.put")
        text = json.dumps(value, allow_nan=False)
        with self._leases.lock:
            self._leases.check(lease)
            self._values[name] = text

    def start(self, name: str, value: dict[str, Any]) -> bool:
        self.before("cursors.start")
        text = json.dumps(value, allow_nan=False)
        with self._leases.lock:
            if name in self._values:
                return False
            self._values[name] = text
            return True
