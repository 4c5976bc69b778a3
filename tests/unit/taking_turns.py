"""Threads on one virtual clock: exactly one runs at a time, and the clock jumps to the next wake-up when all sleep."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Sequence

T0 = 1_800_000_000.0


class SharedVirtualTime:
    """Deterministic: equal wake-up times run in the order in which they went to sleep."""

    def __init__(self) -> None:
        self._now = T0
        self._order = itertools.count()
        self._asleep: list[tuple[float, int, threading.Event]] = []
        self._lock = threading.Lock()
        self._failures: list[BaseException] = []

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        mine = self._lie_down(seconds)
        self._wake_next()
        mine.wait()

    async def pause(self, seconds: float) -> None:
        """A sandbox spends time in a request: the other threads go on meanwhile."""
        self.sleep(seconds)

    def at(self, when: float, action: Callable[[], None]) -> None:
        raise AssertionError("threads act by themselves here, nothing is scheduled")

    def run(self, actors: Sequence[Callable[[], None]]) -> None:
        """Run all actors to their end; the first failure is raised here."""
        done = threading.Semaphore(0)

        def live(actor: Callable[[], None], start: threading.Event) -> None:
            start.wait()
            try:
                actor()
            except BaseException as failure:  # reported by `run`, which must not hang on it
                self._failures.append(failure)
            finally:
                done.release()
                self._wake_next()

        threads = [threading.Thread(target=live, args=(actor, self._lie_down(0)), daemon=True) for actor in actors]
        for thread in threads:
            thread.start()
        self._wake_next()
        for _ in threads:
            assert done.acquire(timeout=60), "an actor did not end"
        if self._failures:
            raise self._failures[0]

    def _lie_down(self, seconds: float) -> threading.Event:
        event = threading.Event()
        with self._lock:
            heapq.heappush(self._asleep, (self._now + max(0.0, seconds), next(self._order), event))
        return event

    def _wake_next(self) -> None:
        with self._lock:
            if not self._asleep:
                return
            when, _, event = heapq.heappop(self._asleep)
            self._now = max(self._now, when)
        event.set()
