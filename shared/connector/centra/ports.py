"""What the Centra client asks of its surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from connector.centra.models import RateLimitRow
from connector.domain.configuration import Lane


class Clock(Protocol):
    """`now` is unix seconds (UTC)."""

    def now(self) -> float: ...


class Token(Protocol):
    """The bearer token; `newer` reads the secret again and answers None when it was read a moment ago."""

    def current(self) -> str: ...

    def newer(self) -> str | None: ...


class Quota(Protocol):
    """Grants for calls within our share of Centra's limits."""

    def take(self, lane: Lane, *, requests: int = 1, mutations: int = 0) -> None:
        """Spend, or raise without having spent anything."""
        ...

    def available_at(self, lane: Lane, *, requests: int = 1, mutations: int = 0) -> float:
        """The earliest time (unix s) at which `take` would be granted."""
        ...

    def close(self, until: float) -> None:
        """Centra throttles: nobody calls before `until` (unix s)."""
        ...

    def limits_due(self) -> bool:
        """Whether `rateLimits` was not read for so long that it is worth a look."""
        ...

    def observe(self, rows: Sequence[RateLimitRow]) -> None:
        """What Centra says is left, other integrations' use included."""
        ...
