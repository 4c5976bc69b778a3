"""Where tests stop, crash or let others in: before each storage call."""

from __future__ import annotations

from collections.abc import Callable

Before = Callable[[str], None]
"""Called with the operation's name (`leases.acquire`) before it touches anything and while nothing is locked: it may raise, or call any store."""


def nothing(operation: str) -> None:
    """The default: go on."""
