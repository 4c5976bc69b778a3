"""Leases in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import RLock

from connector.store.leases import Lease, LeaseLost
from connector.store.memory.hook import Before, nothing


@dataclass(slots=True)
class _Row:
    fence: int = 0
    owner: str | None = None
    expires_at: float = 0.0
    watchdog: str = ""
    wanted: bool = False


class MemoryLeases:
    """`lock` is shared with the stores that write under a lease, as DynamoDB checks the fence in the same transaction."""

    def __init__(self, before: Before = nothing) -> None:
        self.before = before
        self.lock = RLock()
        self._rows: dict[str, _Row] = {}

    def acquire(self, key: str, owner: str, now: float, ttl_s: float, watchdog: str = "") -> Lease | None:
        self.before("leases.acquire")
        with self.lock:
            return self._take(key, owner, now, ttl_s, watchdog)

    def acquire_many(self, keys: Sequence[str], owner: str, now: float, ttl_s: float) -> dict[str, Lease]:
        self.before("leases.acquire_many")
        with self.lock:
            taken = {key: self._take(key, owner, now, ttl_s, "") for key in dict.fromkeys(keys)}
        return {key: lease for key, lease in taken.items() if lease is not None}

    def renew(self, leases: Sequence[Lease], now: float, ttl_s: float) -> list[Lease]:
        self.before("leases.renew")
        with self.lock:
            rows = [self._own(lease) for lease in leases]
            for row in rows:
                row.expires_at = now + ttl_s
        return [replace(lease, expires_at=now + ttl_s) for lease in leases]

    def release(self, leases: Sequence[Lease]) -> None:
        self.before("leases.release")
        with self.lock:
            for lease in leases:
                if self._is_own(lease):
                    self._free(self._rows[lease.key])

    def release_unless_wanted(self, lease: Lease) -> bool:
        self.before("leases.release_unless_wanted")
        with self.lock:
            row = self._rows.get(lease.key)
            if row is not None and row.owner is None and row.fence == lease.fence:
                return True
            row = self._own(lease)
            if row.wanted:
                return False
            self._free(row)
            return True

    def want(self, key: str, now: float) -> bool:
        self.before("leases.want")
        with self.lock:
            row = self._rows.get(key)
            if row is None or row.owner is None or row.expires_at <= now:
                return False
            row.wanted = True
            return True

    def clear_wanted(self, lease: Lease) -> bool:
        self.before("leases.clear_wanted")
        with self.lock:
            row = self._own(lease)
            was, row.wanted = row.wanted, False
            return was

    def peek(self, key: str) -> Lease | None:
        self.before("leases.peek")
        with self.lock:
            row = self._rows.get(key)
            return None if row is None else _lease(key, row)

    def is_wanted(self, key: str) -> bool:
        self.before("leases.is_wanted")
        with self.lock:
            row = self._rows.get(key)
            return row is not None and row.wanted

    def check(self, lease: Lease) -> None:
        """Raise `LeaseLost` unless `lease` is still its holder's: the fence of writes in other tables. Called with `lock` held."""
        self._own(lease)

    def _take(self, key: str, owner: str, now: float, ttl_s: float, watchdog: str) -> Lease | None:
        row = self._rows.setdefault(key, _Row())
        if row.owner is not None and row.expires_at > now:
            return _lease(key, row) if row.owner == owner else None
        row.fence += 1
        row.owner, row.expires_at, row.watchdog, row.wanted = owner, now + ttl_s, watchdog, False
        return _lease(key, row)

    def _is_own(self, lease: Lease) -> bool:
        row = self._rows.get(lease.key)
        return row is not None and row.owner == lease.owner and row.fence == lease.fence

    def _own(self, lease: Lease) -> _Row:
        if not self._is_own(lease):
            raise LeaseLost(lease.key)
        return self._rows[lease.key]

    @staticmethod
    def _free(row: _Row) -> None:
        row.owner, row.wanted = None, False


def _lease(key: str, row: _Row) -> Lease | None:
    return None if row.owner is None else Lease(key, row.owner, row.fence, row.expires_at, row.watchdog)
