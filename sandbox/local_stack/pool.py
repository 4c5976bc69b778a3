"""A function of the stack: as many execution environments as calls run at once, grown on demand."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.local_stack.emulator import Emulator, EmulatorFailed, Tools
from sandbox.local_stack.outcome import Outcome, OutcomeKind
from sandbox.local_stack.template import FunctionSpec


@dataclass(slots=True)
class FunctionStats:
    """What one function did. `init_ms`: each successful INIT; `duration_ms`: the last 10,000 invocations as their callers saw them."""

    invocations: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    init_ms: list[float] = field(default_factory=list)
    duration_ms: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))
    peak_memory_kb: int = 0
    environments: int = 0

    def as_data(self) -> dict[str, Any]:
        errors = self.invocations - self.outcomes[OutcomeKind.OK]
        return {
            "invocations": self.invocations,
            "errors": errors,
            "outcomes": {str(kind): number for kind, number in self.outcomes.items()},
            "init_ms": list(self.init_ms),
            "peak_memory_mb": round(self.peak_memory_kb / 1024, 1),
            "environments": self.environments,
        }


class FunctionPool:
    """Invocations of one function.

    `limit`: how many environments this machine is asked to run; calls above it wait, as a cold start would make them wait. A reserved concurrency
    (of the template, or set by `throttle`) refuses instead, as Lambda does.
    """

    def __init__(self, spec: FunctionSpec, tools: Tools, log: Path, limit: int = 10) -> None:
        self.spec, self._tools, self._limit = spec, tools, limit
        self.stats = FunctionStats()
        self._reserved = spec.reserved
        self._changed = threading.Condition()
        self._idle: list[Emulator] = []
        self._busy: set[Emulator] = set()
        self._starting = 0
        self._closed = False
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log, self._log_lock = log.open("a", encoding="utf-8"), threading.Lock()

    def invoke(self, event: Any) -> Outcome:
        """Run the handler with `event` (JSON data) and wait for its end."""
        payload = json.dumps(event).encode()
        try:
            emulator = self._take()
        except (EmulatorFailed, OSError) as failed:
            return self._count(Outcome(OutcomeKind.CRASH, None, "Sandbox.NotStarted", str(failed)))
        if emulator is None:
            return self._count(Outcome(OutcomeKind.THROTTLED, None, "TooManyRequestsException", "Rate Exceeded."))
        try:
            outcome = emulator.invoke(payload)
        finally:
            self._give_back(emulator)
        return self._count(outcome)

    def kill(self) -> int:
        """SIGKILL the function wherever it runs; how many invocations that cut off. Idle environments go as well, unnoticed as on AWS."""
        with self._changed:
            busy, idle, self._idle = list(self._busy), self._idle, []
        killed = sum(emulator.kill_runtime() for emulator in busy)
        for emulator in idle:
            emulator.stop()
        return killed

    def throttle(self, reserved: int | None) -> None:
        """Refuse calls above `reserved` at once (0: every one; None: as the template says)."""
        with self._changed:
            self._reserved = self.spec.reserved if reserved is None else reserved

    def close(self) -> None:
        with self._changed:
            self._closed = True
            left = [*self._idle, *self._busy]
            self._idle = []
            self._changed.notify_all()
        for emulator in left:
            emulator.stop()
        with self._changed:
            self._changed.wait_for(lambda: not self._busy and not self._starting, timeout=5)
        with self._log_lock:
            self._log.close()

    def _take(self) -> Emulator | None:
        with self._changed:
            while True:
                running = len(self._busy) + self._starting
                if self._closed or (self._reserved is not None and running >= self._reserved):
                    return None
                while self._idle:
                    emulator = self._idle.pop()
                    if emulator.alive:
                        self._busy.add(emulator)
                        return emulator
                if running < self._limit:
                    break
                self._changed.wait()
            self._starting += 1
        return self._grow()

    def _grow(self) -> Emulator | None:
        started: Emulator | None = None
        try:
            started = Emulator(self.spec, self._tools, self._write, self.stats.init_ms.append)
        finally:
            with self._changed:
                self._starting -= 1
                if started is not None and not self._closed:
                    self._busy.add(started)
                    self.stats.environments += 1
                self._changed.notify_all()
        if started not in self._busy:
            started.stop()
            return None
        return started

    def _give_back(self, emulator: Emulator) -> None:
        with self._changed:
            self._busy.discard(emulator)
            self.stats.peak_memory_kb = max(self.stats.peak_memory_kb, emulator.peak_memory_kb)
            if emulator.alive and not self._closed:
                self._idle.append(emulator)
            self._changed.notify()

    def _count(self, outcome: Outcome) -> Outcome:
        with self._changed:
            self.stats.invocations += 1
            self.stats.outcomes[outcome.kind] += 1
            self.stats.duration_ms.append(outcome.duration_s * 1000)
        if not outcome.ok:
            self._write(f"[STACK] {self.spec.logical} {outcome.kind}: {outcome.error_type} {outcome.message} after {outcome.duration_s:.2f} s\n")
        return outcome

    def _write(self, line: str) -> None:
        with self._log_lock:
            if not self._log.closed:
                self._log.write(line)
                self._log.flush()
