"""Time for the sandboxes: the machine's, or a virtual one that jumps from event to event."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol


class SandboxClock(Protocol):
    """`now` is unix seconds."""

    def now(self) -> float: ...

    async def pause(self, seconds: float) -> None:
        """Spend `seconds` inside a request (latency)."""
        ...

    def at(self, when: float, action: Callable[[], None]) -> None:
        """Run `action` at `when` (webhook retries, late-visible rows, scripted trade)."""
        ...


class RealTime:
    """The machine's clock; `at` needs a running event loop."""

    def now(self) -> float:
        return time.time()

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def at(self, when: float, action: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(max(0.0, when - self.now()), action)


class VirtualTime:
    """A clock that moves only when somebody spends time; on its way it runs what was scheduled, each at its own moment.

    It serves the connector as its Clock (`sleep`) and both sandboxes (`pause`), so that trade goes on while a vendor call takes its time.
    An action that is due while another runs, runs after it.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.move_to(self._now + max(0.0, seconds))

    async def pause(self, seconds: float) -> None:
        self.sleep(seconds)

    def at(self, when: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (when, next(self._order), action))

    def next_due(self) -> float | None:
        return self._due[0][0] if self._due else None

    def move_to(self, when: float) -> None:
        while self._due and self._due[0][0] <= when:
            moment, _, action = heapq.heappop(self._due)
            self._now = max(self._now, moment)
            action()
        self._now = max(self._now, when)
