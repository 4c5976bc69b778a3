"""Our share of Centra's rate limits, granted through one item that all functions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connector.centra import names
from connector.centra.models import RateLimitRow
from connector.domain import quota
from connector.domain.configuration import Lane, Plan
from connector.runtime.budget import BudgetExhausted
from connector.runtime.clock import Clock
from connector.store.api_budget import BudgetState, BudgetStore

OBSERVE_EVERY_S = 30.0
MOST_LOST_RACES = 50
CONTENDED_S = 0.5

_NEVER_USED = BudgetState(version=0, arrival={})


class SharedBudget:
    """Implements runtime.budget.Budget and centra.ports.Quota.

    The last state seen is kept, so that a grant costs one conditional write while nobody else spends. That is safe, because arrival times and
    `closed_until` only grow: a stale state may promise a grant (then the write fails and the fresh state decides) but never refuses one wrongly.
    """

    def __init__(self, store: BudgetStore, plan: Plan, share: float, clock: Clock) -> None:
        self._store, self._plan, self._share, self._clock = store, plan, share, clock
        self._buckets = quota.buckets(plan, share)
        self._seen: BudgetState | None = None

    def take(self, lane: Lane, *, requests: int = 1, mutations: int = 0) -> None:
        """See Budget. Raises ValueError for more than a lane can ever be granted at once."""
        wanted = {quota.REQUESTS: requests, quota.MUTATIONS: mutations}

        def spend(state: BudgetState, now: float) -> BudgetState:
            until = self._granted_from(state, lane, wanted)
            if until > now + quota.SLACK_S:
                raise BudgetExhausted(until)
            return _next(state, quota.spend(self._buckets, state.arrival, now, wanted))

        self._change(spend)

    def mutations_left(self, lane: Lane) -> int:
        state, now = self._fresh(), self._clock.now()
        if state.closed_until > now:
            return 0
        left = {bucket.key: quota.allowed(bucket, state.arrival.get(bucket.key, 0.0), now, lane) for bucket in self._buckets}
        if min(n for key, n in left.items() if key.startswith(quota.REQUESTS)) < 2:
            return 0
        return min(n for key, n in left.items() if key.startswith(quota.MUTATIONS))

    def available_at(self, lane: Lane, *, requests: int = 1, mutations: int = 0) -> float:
        """See Budget; now when nothing stands in the way."""
        wanted = {quota.REQUESTS: requests, quota.MUTATIONS: mutations}
        return max(self._clock.now(), self._granted_from(self._fresh(), lane, wanted))

    def close(self, until: float) -> None:
        def shut(state: BudgetState, _now: float) -> BudgetState | None:
            return None if state.closed_until >= until else _next(state, state.arrival, closed_until=until)

        self._change(shut)

    def limits_due(self) -> bool:
        """Whether nobody read `rateLimits` for 30 s."""
        state = self._seen or self._fresh()
        return self._clock.now() - state.seen_at >= OBSERVE_EVERY_S

    def observe(self, rows: Sequence[RateLimitRow]) -> None:
        """Never be granted more than our share of what Centra has left for everybody.

        A quota smaller than the plan's (Centra changes limits for a time) counts from now on, as long as this function instance lives.
        """
        ours = [row for row in rows if row.kind in names.RATE_KINDS and row.interval in names.RATE_WINDOWS]
        known = [(names.RATE_KINDS[row.kind], names.RATE_WINDOWS[row.interval], row) for row in ours]
        reported = {(kind, window): float(row.quota) for kind, window, row in known if row.quota > 0}
        remaining = {(kind, window): float(row.remaining) for kind, window, row in known}
        self._buckets = quota.buckets(self._plan, self._share, reported)

        def heed(state: BudgetState, now: float) -> BudgetState:
            return _next(state, quota.heed(self._buckets, state.arrival, now, remaining), seen_at=max(now, state.seen_at))

        self._change(heed)

    def _granted_from(self, state: BudgetState, lane: Lane, wanted: Mapping[str, int]) -> float:
        return max(state.closed_until, quota.earliest(self._buckets, state.arrival, lane, wanted))

    def _fresh(self) -> BudgetState:
        self._seen = self._store.read() or _NEVER_USED
        return self._seen

    def _change(self, step: Callable[[BudgetState, float], BudgetState | None]) -> None:
        """Apply `step` to the stored state by a conditional write, again after each lost race; None from `step` writes nothing.

        Raises BudgetExhausted after 50 lost races: nothing was spent, others are spending.
        """
        state = self._seen or self._fresh()
        for _ in range(MOST_LOST_RACES):
            changed = step(state, self._clock.now())
            if changed is None:
                return
            if self._store.write(changed):
                self._seen = changed
                return
            state = self._fresh()
        raise BudgetExhausted(self._clock.now() + CONTENDED_S)


def _next(state: BudgetState, arrival: Mapping[str, float], *, seen_at: float | None = None, closed_until: float | None = None) -> BudgetState:
    return BudgetState(
        version=state.version + 1,
        arrival=dict(arrival),
        seen_at=state.seen_at if seen_at is None else seen_at,
        closed_until=state.closed_until if closed_until is None else closed_until,
    )
