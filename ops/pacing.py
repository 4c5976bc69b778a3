"""An operator's command waits for its turn where a function would hand over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from connector.centra.ports import Quota
from connector.domain.configuration import Lane
from connector.runtime.budget import Budget, BudgetExhausted
from connector.runtime.clock import Clock
from connector.runtime.patient_budget import AroundQuota
from connector.runtime.sitoo_lock import LockBusy
from connector.sitoo.ports import Turns

LONGEST_SLEEP_S = 30.0
LEAST_SLEEP_S = 0.05
TRIES_FOR_A_TURN = 30


class Limits(Budget, Quota, Protocol):
    """What a SharedBudget is: grants for flows and for the Centra client."""


class WaitingBudget(AroundQuota):
    """A Budget (and Quota) whose `take` sleeps until it is granted instead of raising. `on_wait` is told until when (unix s), once per wait."""

    def __init__(self, inner: Limits, clock: Clock, on_wait: Callable[[float], None]) -> None:
        super().__init__(inner)
        self._inner, self._clock, self._on_wait = inner, clock, on_wait

    def take(self, lane: Lane, *, requests: int = 1, mutations: int = 0) -> None:
        told = 0.0
        while True:
            try:
                return self._inner.take(lane, requests=requests, mutations=mutations)
            except BudgetExhausted as exhausted:
                if exhausted.until > told:
                    told = exhausted.until + LONGEST_SLEEP_S
                    self._on_wait(exhausted.until)
                self._clock.sleep(_pause(exhausted.until, self._clock.now()))

    def mutations_left(self, lane: Lane) -> int:
        return self._inner.mutations_left(lane)


class PatientTurns:
    """Turns to call Sitoo that are asked for again when they did not come; LockBusy only after thirty attempts."""

    def __init__(self, inner: Turns, clock: Clock) -> None:
        self._inner, self._clock = inner, clock

    @contextmanager
    def request(self, lane: Lane) -> Iterator[None]:
        with ExitStack() as held:
            for tries_left in reversed(range(TRIES_FOR_A_TURN)):
                try:
                    held.enter_context(self._inner.request(lane))
                    break
                except LockBusy as busy:
                    if not tries_left:
                        raise
                    self._clock.sleep(_pause(busy.until, self._clock.now()))
            yield

    def close(self, until: float) -> None:
        self._inner.close(until)


def _pause(until: float, now: float) -> float:
    return min(max(until - now, LEAST_SLEEP_S), LONGEST_SLEEP_S)
