"""The event bus in memory: what was announced, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Announced:
    """One event as a listener gets it."""

    what: str
    detail: Mapping[str, str | int]
    key: str


def _no_hook(operation: str) -> None:
    return None


class MemoryBus:
    """Implements `Announcer`. `before(operation)` runs before each event and may raise AnnouncementFailed or interleave others."""

    def __init__(self, before: Callable[[str], None] = _no_hook) -> None:
        self.before = before
        self.announced: list[Announced] = []

    def announce(self, what: str, detail: Mapping[str, str | int], *, key: str) -> None:
        self.before(f"announce {what}")
        self.announced.append(Announced(what, dict(detail), key))

    def facts(self, what: str | None = None) -> list[Announced]:
        """What a listener that drops doubled keys acts on, of one kind or of all."""
        first: dict[str, Announced] = {}
        for event in self.announced:
            if what in (None, event.what):
                first.setdefault(event.key, event)
        return list(first.values())
