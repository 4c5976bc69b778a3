"""Cursors: how far each feed has been read. Values are small JSON documents."""

from __future__ import annotations

from typing import Any, Protocol

from connector.store.leases import Lease


class Cursors(Protocol):
    def get(self, name: str) -> dict[str, Any] | None:
        """Strongly consistent; None when never put."""
        ...

    def put(self, name: str, value: dict[str, Any], lease: Lease) -> None:
        """Write under the lease: raises `LeaseLost` when the lease item's owner and fence are no longer `lease`'s.

        JSON types only (ints, str, lists, dicts, None, bool).
        """
        ...

    def start(self, name: str, value: dict[str, Any]) -> bool:
        """Write only if the cursor does not exist yet (first load). False when it exists."""
        ...
