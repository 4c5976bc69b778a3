"""Faults a sandbox can be told to play, and the count of those it played."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class FaultKind(StrEnum):
    """What goes wrong with one request.

    `error`: answer HTTP `status` without doing anything. `error_after`: do it, then answer `status`. `drop_before`: cut the connection
    without doing it. `drop_after`: commit, then cut the connection. `throttle`: answer 429 with `retry_after`. `slow`: wait `seconds` more.
    """

    ERROR = "error"
    ERROR_AFTER = "error_after"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    THROTTLE = "throttle"
    SLOW = "slow"


@dataclass(slots=True)
class Fault:
    """Plays on the next `times` requests (None: until `until`, unix s) whose operation contains `operation` ('' = every one)."""

    kind: FaultKind
    operation: str = ""
    times: int | None = 1
    until: float | None = None
    status: int = 500
    retry_after: float = 1.0
    seconds: float = 0.0


class ConnectionDropped(Exception):
    """The sandbox cuts the connection instead of answering (in process: an httpx.ReadError reaches the caller)."""


@dataclass(slots=True)
class Faults:
    """The faults waiting to be played. `played` counts by kind."""

    waiting: list[Fault] = field(default_factory=list)
    played: Counter[str] = field(default_factory=Counter)

    def add(self, fault: Fault) -> None:
        self.waiting.append(fault)

    def clear(self) -> None:
        self.waiting.clear()

    def take(self, operation: str, now: float) -> Fault | None:
        """The first fault that matches this request; used up ones are dropped."""
        self.waiting = [f for f in self.waiting if (f.times is None or f.times > 0) and (f.until is None or now < f.until)]
        for fault in self.waiting:
            if fault.operation in operation:
                if fault.times is not None:
                    fault.times -= 1
                self.played[fault.kind] += 1
                return fault
        return None


@dataclass(slots=True)
class Latency:
    """How long a request takes: `mean` ± `spread` seconds, uniformly, from a seeded source; (0, 0) is no latency."""

    mean: float = 0.0
    spread: float = 0.0
    rng: random.Random = field(default_factory=lambda: random.Random(1))

    def draw(self) -> float:
        return self.rng.uniform(self.mean - self.spread, self.mean + self.spread) if self.mean else 0.0
