"""Whoever breaks things on the demo's day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connector.runtime.clock import Clock
from sandbox.demo.journal import Journal, Window
from sandbox.demo.vendors import Control


class Disturber:
    """`kill_drain` kills the drain and tells how many running ones that hit."""

    def __init__(self, centra: Control, clock: Clock, kill_drain: Callable[[], int]) -> None:
        self._centra, self._clock, self._kill_drain = centra, clock, kill_drain
        self.journal = Journal()

    def cut_after_commit(self) -> None:
        self._centra.control("fault", kind="drop_after", operation="setStock", times=1)
        self._tell("Centra's next stock write takes effect, but its answer is lost")

    def throttle(self, lasts_s: float) -> None:
        self._break("429 storm", lasts_s, "Centra answers 429 to everything", kind="throttle", retry_after=2.0)

    def outage(self, lasts_s: float) -> None:
        self._break("Centra down", lasts_s, "Centra is down", kind="error", status=503)

    def kill(self) -> bool:
        """SIGKILL to the running drain; False when none was running just now."""
        if not self._kill_drain():
            return False
        now = self._clock.now()
        self.journal.kills += 1
        self.journal.windows.append(Window("drain killed", now, now + 25.0))
        self._tell("the running drain is killed")
        return True

    def _break(self, what: str, lasts_s: float, text: str, **fault: Any) -> None:
        now = self._clock.now()
        self._centra.control("fault", times=None, until=now + lasts_s, **fault)
        self.journal.windows.append(Window(what, now, now + lasts_s))
        self._tell(f"{text} for {lasts_s:.0f} s")

    def _tell(self, text: str) -> None:
        self.journal.tell(self._clock.now(), text)
