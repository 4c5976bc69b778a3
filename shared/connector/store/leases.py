"""Leases (table Cursors): who may do a thing right now, with a fence against those who only think they may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease held by `owner` until `expires_at` (unix s). `fence` grows by one with each new holder; never reused."""

    key: str
    owner: str
    fence: int
    expires_at: float
    watchdog: str = ""


class LeaseLost(Exception):
    """A write or renewal was refused because somebody else holds (or held) the lease since. Stop at once; write nothing more."""


class Leases(Protocol):
    """A lease is free when released or when `expires_at <= now`. All writes are conditional; no get-then-write."""

    def acquire(self, key: str, owner: str, now: float, ttl_s: float, watchdog: str = "") -> Lease | None:
        """Take a free lease (fence + 1, wanted cleared); None when another holds it.

        One that `owner` holds already is returned as it is (a repeated call).
        """
        ...

    def acquire_many(self, keys: Sequence[str], owner: str, now: float, ttl_s: float) -> dict[str, Lease]:
        """Take as many of `keys` as are free (one transaction where possible); the answer holds those obtained."""
        ...

    def renew(self, leases: Sequence[Lease], now: float, ttl_s: float) -> list[Lease]:
        """Prolong all to now + ttl_s, or raise `LeaseLost` if any has another owner or fence by now (an expired one nobody took may be renewed)."""
        ...

    def release(self, leases: Sequence[Lease]) -> None:
        """Give back; leases lost meanwhile are left alone without error."""
        ...

    def release_unless_wanted(self, lease: Lease) -> bool:
        """Release only while `wanted` is clear. False: it is set, the lease is still held. Raises `LeaseLost`.

        Releasing again what nobody took since is True.
        """
        ...

    def want(self, key: str, now: float) -> bool:
        """Set `wanted`, only while somebody holds the lease at `now`. False: it is free, try to acquire it."""
        ...

    def clear_wanted(self, lease: Lease) -> bool:
        """Clear `wanted` and tell whether it was set. Raises `LeaseLost`."""
        ...

    def peek(self, key: str) -> Lease | None:
        """The current holder: None when it was released or never taken; an expired, unreleased lease is returned (its holder died).

        Strongly consistent.
        """
        ...

    def is_wanted(self, key: str) -> bool: ...
