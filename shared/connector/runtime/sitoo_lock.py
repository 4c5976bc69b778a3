"""One request at a time per Sitoo API user, across all functions: stock goes first, yet takes no more than half of any ten seconds from others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from connector.domain.configuration import Lane
from connector.runtime.clock import Clock
from connector.store.api_budget import LockState, LockStore

HOLD_S = 10.0
"""HTTP timeout 8 s + 2 s: a holder that died is forgotten after that."""
WAIT_S = 10.0
MARK_S = 0.6
"""How long a waiter counts as waiting after its last look; renewed while it waits."""

STOCK_BURST_S = 1.0
STOCK_SHARE = 0.4
STOCK_MOST_S = 2.0
"""Stock's use is a leaking bucket: held seconds flow in, 0.4 flow out per second. Above 1 s it stands back while others wait, so that within any
10 s with others waiting it holds the lock at most 1 + 0.4 · 10 = 5 s plus the request that was running. Filled to 2 s at most: use from times
when nobody waited is soon forgotten."""

_POLL_S = {Lane.STOCK_RISK: 0.05, Lane.STOCK: 0.05, Lane.ORDERS: 0.08, Lane.PRODUCTS: 0.15, Lane.RECONCILE: 0.2, Lane.LOAD: 0.2}
_STOCK_LANES = frozenset({Lane.STOCK_RISK, Lane.STOCK})
_NOBODY = ""
_FIRST = LockState(owner=_NOBODY, fence=0, expires_at=0.0)


class LockBusy(Exception):
    """The turn did not come within 10 s, or Sitoo throttles for longer than that. Nothing was sent; try again from `until` (unix s)."""

    def __init__(self, until: float) -> None:
        super().__init__(f"no turn to call Sitoo before {until:.1f}")
        self.until = until


class SitooLock:
    """Implements sitoo.ports.Turns for one API user. `owner` must be unique among function instances.

    The state last written is kept: without contention a request costs two conditional writes and no read. Each write raises the fence, so that
    a stale state loses the race and is read again.
    """

    def __init__(self, store: LockStore, api_user: str, clock: Clock, owner: str) -> None:
        self._store, self._api_user, self._clock, self._owner = store, api_user, clock, owner
        self._seen: LockState | None = None
        self._known = False
        self._turns = 0

    @contextmanager
    def request(self, lane: Lane) -> Iterator[None]:
        """Held around one request. Raises LockBusy."""
        self._turns += 1
        token = f"{self._owner}:{self._turns}"
        taken_at = self._acquire(lane, token)
        try:
            yield
        finally:
            self._release(lane, token, taken_at)

    def close(self, until: float) -> None:
        """Nobody calls before `until`; never shortened."""
        while True:
            state = self._read() or _FIRST
            if state.closed_until >= until or self._swap(state, replace(state, closed_until=until)):
                return

    def _acquire(self, lane: Lane, token: str) -> float:
        deadline = self._clock.now() + WAIT_S
        fresh = not self._known
        state = self._read() if fresh else self._seen
        while True:
            now, current = self._clock.now(), state or _FIRST
            if _may_enter(current, lane, now):
                if self._swap(current, _entered(current, lane, token, now)):
                    return now
                state, fresh = self._read(), True
                continue
            if not fresh:
                state, fresh = self._read(), True
                continue
            if now >= deadline or current.closed_until > deadline:
                raise LockBusy(max(current.closed_until, now + _POLL_S[lane]))
            if _should_mark(current, lane, now) and not self._swap(current, _marked(current, lane, now)):
                state = self._read()
                continue
            self._clock.sleep(_pause(current, lane, now, deadline))
            state = self._read()

    def _release(self, lane: Lane, token: str, taken_at: float) -> None:
        """Give the turn back; one that expired and was taken by somebody else is left alone."""
        state = self._seen
        while state is not None and state.owner == token:
            now = self._clock.now()
            used = _stock_used(state, now) + (now - taken_at if lane in _STOCK_LANES else 0.0)
            freed = replace(state, owner=_NOBODY, expires_at=now, window_start=now, stock_used=min(used, STOCK_MOST_S))
            if self._swap(state, freed):
                return
            state = self._read()

    def _read(self) -> LockState | None:
        self._seen, self._known = self._store.read(self._api_user), True
        return self._seen

    def _swap(self, current: LockState, new: LockState) -> bool:
        written = replace(new, fence=current.fence + 1)
        expected = None if current.fence == 0 else current
        if not self._store.swap(self._api_user, expected, written):
            return False
        self._seen, self._known = written, True
        return True


def _stock_used(state: LockState, now: float) -> float:
    return max(0.0, state.stock_used - STOCK_SHARE * max(0.0, now - state.window_start))


def _may_enter(state: LockState, lane: Lane, now: float) -> bool:
    held = state.owner != _NOBODY and state.expires_at > now
    if held or state.closed_until > now:
        return False
    stock_had_enough = _stock_used(state, now) > STOCK_BURST_S
    if lane in _STOCK_LANES:
        return not stock_had_enough or state.others_wait_until <= now
    return stock_had_enough or state.stock_waits_until <= now


def _entered(state: LockState, lane: Lane, token: str, now: float) -> LockState:
    """The waiter's own kind of mark goes: who else waits of that kind marks again at its next look."""
    if lane in _STOCK_LANES:
        return replace(state, owner=token, expires_at=now + HOLD_S, stock_waits_until=0.0)
    return replace(state, owner=token, expires_at=now + HOLD_S, others_wait_until=0.0)


def _should_mark(state: LockState, lane: Lane, now: float) -> bool:
    marked_until = state.stock_waits_until if lane in _STOCK_LANES else state.others_wait_until
    return marked_until < now + MARK_S / 2


def _marked(state: LockState, lane: Lane, now: float) -> LockState:
    return replace(state, stock_waits_until=now + MARK_S) if lane in _STOCK_LANES else replace(state, others_wait_until=now + MARK_S)


def _pause(state: LockState, lane: Lane, now: float, deadline: float) -> float:
    """Until the next look: the lane's poll interval, or the end of a throttling that is longer than that."""
    return min(max(_POLL_S[lane], state.closed_until - now), max(0.0, deadline - now))
