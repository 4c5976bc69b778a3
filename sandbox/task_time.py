"""Virtual time on which several functions run at once: each in a thread of its own, one at a time, handing over where it would wait."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from sandbox.clock import VirtualTime
from sandbox.stand_ins import Crash


class Task:
    """A running function. `wake`: when it goes on."""

    def __init__(self, wake: float, number: int, work: Callable[[], None], back: threading.Semaphore) -> None:
        self.wake, self.number = wake, number
        self._back = back
        self.go = threading.Semaphore(0)
        self.ended = self.killed = False
        self.failure: BaseException | None = None
        self._work = work
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.go.acquire()
        try:
            if not self.killed:
                self._work()
        except BaseException as failure:
            self.failure = failure
        self.ended = True
        self._back.release()


class TaskTime(VirtualTime):
    """A task that sleeps lets the others and the scheduled actions go on; whoever wakes first, runs first. Deterministic."""

    def __init__(self) -> None:
        super().__init__()
        self._tasks: list[Task] = []
        self._numbers = itertools.count()
        self._back = threading.Semaphore(0)
        self.current: Task | None = None

    def spawn(self, work: Callable[[], None]) -> Task:
        task = Task(self.now(), next(self._numbers), work, self._back)
        task.thread.start()
        self._tasks.append(task)
        return task

    def sleep(self, seconds: float) -> None:
        task = self.current
        if task is None or threading.current_thread() is not task.thread:
            super().sleep(seconds)
            return
        task.wake = self.now() + max(0.0, seconds)
        self._back.release()
        task.go.acquire()
        if task.killed:
            raise Crash

    def next_wake(self) -> float | None:
        return min((task.wake for task in self._tasks), default=None)

    def run_ready(self) -> bool:
        """Let every task go on whose moment has come; False when there was none. Raises what a task failed with, unless it crashed."""
        ready = sorted((t for t in self._tasks if t.wake <= self.now()), key=lambda t: (t.wake, t.number))
        for task in ready:
            self._resume(task)
        return bool(ready)

    def kill_all(self) -> None:
        """The rehearsal is over: what still waits will never go on."""
        for task in list(self._tasks):
            task.killed = True
            while task in self._tasks:
                self._resume(task)

    def _resume(self, task: Task) -> None:
        before, self.current = self.current, task
        task.go.release()
        self._back.acquire()
        self.current = before
        if task.ended:
            self._tasks.remove(task)
            if task.failure is not None and not isinstance(task.failure, Crash):
                raise task.failure
