"""Short waits for Centra's limits are waited for: work that is half done would else be begun again, and spend its first requests twice."""

from __future__ import annotations

from collections.abc import Sequence

from connector.centra.models import RateLimitRow
from connector.centra.ports import Quota
from connector.domain.configuration import Lane
from connector.runtime.budget import BudgetExhausted
from connector.runtime.clock import Clock

LONGEST_S = 5.0
"""A wait that fits into every lease; beyond it the message waits on its queue instead."""
SHORTEST_S = 0.05


class AroundQuota:
    """A Quota that leaves everything but `take` to another one."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota

    def available_at(self, lane: Lane, *, requests: int = 1, mutations: int = 0) -> float:
        return self._quota.available_at(lane, requests=requests, mutations=mutations)

    def close(self, until: float) -> None:
        self._quota.close(until)

    def limits_due(self) -> bool:
        return self._quota.limits_due()

    def observe(self, rows: Sequence[RateLimitRow]) -> None:
        self._quota.observe(rows)


class PatientBudget(AroundQuota):
    """A Quota whose `take` sleeps up to five seconds in all before it raises BudgetExhausted."""

    def __init__(self, inner: Quota, clock: Clock) -> None:
        super().__init__(inner)
        self._clock = clock

    def take(self, lane: Lane, *, requests: int = 1, mutations: int = 0) -> None:
        deadline = self._clock.now() + LONGEST_S
        while True:
            try:
                return self._quota.take(lane, requests=requests, mutations=mutations)
            except BudgetExhausted as exhausted:
                if exhausted.until > deadline or self._clock.now() >= deadline:
                    raise
                self._clock.sleep(max(exhausted.until - self._clock.now(), SHORTEST_S))
