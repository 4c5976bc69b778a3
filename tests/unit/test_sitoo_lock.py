"""One request at a time per API user; stock first, others not starved; the dead are forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.configuration import Lane
from connector.runtime.sitoo_lock import HOLD_S, LockBusy, SitooLock
from connector.store.memory.api_budget import MemoryLockStore
from sandbox.clock import VirtualTime
from tests.unit.taking_turns import T0, SharedVirtualTime

STOCK = (Lane.STOCK_RISK, Lane.STOCK)


@dataclass
class Held:
    lane: Lane
    start: float
    end: float


@dataclass
class Office:
    """Functions that call Sitoo with one API user, each `calls` times for `takes` seconds, with pauses between."""

    clock: SharedVirtualTime = field(default_factory=SharedVirtualTime)
    store: MemoryLockStore = field(default_factory=MemoryLockStore)
    held: list[Held] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    running: int = 0

    def caller(
        self, name: str, lane: Lane, calls: int, takes: float, pause: float = 0.0, starts: float = 0.0, until: float = 1e18
    ) -> Callable[[], None]:
        lock = SitooLock(self.store, "default", self.clock, name)

        def work() -> None:
            self.clock.sleep(starts)
            done = 0
            while done < calls and self.clock.now() < until:
                try:
                    with lock.request(lane):
                        assert self.running == 0, "two requests at once"
                        self.running += 1
                        start = self.clock.now()
                        self.clock.sleep(takes)
                        self.running -= 1
                        self.held.append(Held(lane, start, self.clock.now()))
                        done += 1
                except LockBusy as busy:
                    self.busy.append(busy.until)
                self.clock.sleep(pause)

        return work


callers = st.lists(
    st.tuples(st.sampled_from(tuple(Lane)), st.integers(1, 8), st.floats(0.01, 3.0), st.floats(0, 1.0), st.floats(0, 5.0)), min_size=2, max_size=5
)


@settings(max_examples=60)
@given(callers)
def test_users_of_one_api_user_never_overlap_and_all_get_through(asked: list[tuple[Lane, int, float, float, float]]) -> None:
    office = Office()
    office.clock.run([office.caller(str(i), lane, calls, takes, pause, starts) for i, (lane, calls, takes, pause, starts) in enumerate(asked)])
    assert len(office.held) == sum(calls for _, calls, _, _, _ in asked)
    ordered = sorted(office.held, key=lambda h: h.start)
    assert all(a.end <= b.start for a, b in pairwise(ordered))


def test_a_waiting_stock_pass_goes_before_others_that_waited_longer() -> None:
    office = Office()
    office.clock.run(
        [
            office.caller("holder", Lane.PRODUCTS, 1, 2.0),
            office.caller("orders", Lane.ORDERS, 1, 0.2, starts=0.1),
            office.caller("load", Lane.LOAD, 1, 0.2, starts=0.1),
            office.caller("stock", Lane.STOCK, 1, 0.2, starts=1.5),
        ]
    )
    assert [h.lane for h in office.held] == [Lane.PRODUCTS, Lane.STOCK, Lane.ORDERS, Lane.LOAD]


@pytest.mark.parametrize("takes", [0.05, 0.15, 0.5])
def test_with_others_waiting_all_the_time_stock_takes_at_most_half_of_any_ten_seconds(takes: float) -> None:
    office = Office()
    end = T0 + 60
    office.clock.run(
        [
            office.caller("stock", Lane.STOCK, 10**6, takes, until=end),
            office.caller("risk", Lane.STOCK_RISK, 10**6, takes, until=end),
            office.caller("orders", Lane.ORDERS, 10**6, takes, until=end),
            office.caller("products", Lane.PRODUCTS, 10**6, takes, until=end),
        ]
    )
    for start in range(50):
        window = (T0 + start, T0 + start + 10)
        by_stock = sum(max(0.0, min(h.end, window[1]) - max(h.start, window[0])) for h in office.held if h.lane in STOCK)
        by_others = sum(max(0.0, min(h.end, window[1]) - max(h.start, window[0])) for h in office.held if h.lane not in STOCK)
        assert by_stock <= 5.0 + takes
        assert by_stock >= 2.5
        assert by_others >= 3.0


def test_alone_stock_may_enter_again_at_once() -> None:
    office = Office()
    office.clock.run([office.caller("stock", Lane.STOCK, 100, 0.1)])
    assert office.clock.now() - T0 == pytest.approx(10.0)


def test_a_single_request_of_another_lane_waits_no_longer_than_a_few_stock_requests() -> None:
    office = Office()
    office.clock.run([office.caller("stock", Lane.STOCK, 100, 0.15), office.caller("orders", Lane.ORDERS, 1, 0.15, starts=5.0)])
    order = next(h for h in office.held if h.lane is Lane.ORDERS)
    assert order.start - T0 <= 5.0 + 2.0


def test_a_holder_that_died_is_forgotten_after_its_time() -> None:
    store, clock = MemoryLockStore(), VirtualTime()
    dead = SitooLock(store, "default", clock, "dead").request(Lane.STOCK)
    dead.__enter__()
    clock.sleep(HOLD_S - 5)
    with SitooLock(store, "default", clock, "heir").request(Lane.STOCK):
        assert clock.now() - VirtualTime().now() == pytest.approx(HOLD_S, abs=0.1)
    dead.__exit__(None, None, None)


def test_who_returns_after_its_time_does_not_free_the_lock_of_its_successor() -> None:
    store, clock = MemoryLockStore(), VirtualTime()
    late = SitooLock(store, "default", clock, "late").request(Lane.STOCK)
    late.__enter__()
    clock.sleep(HOLD_S + 1)
    with SitooLock(store, "default", clock, "heir").request(Lane.STOCK):
        late.__exit__(None, None, None)
        state = store.read("default")
        assert state is not None
        assert state.owner == "heir:1"


def test_waiting_ends_after_ten_seconds() -> None:
    store, clock = MemoryLockStore(), VirtualTime()
    holder = SitooLock(store, "default", clock, "holder")
    waiter = SitooLock(store, "default", clock, "waiter")
    with holder.request(Lane.PRODUCTS):
        state = store.read("default")
        assert state is not None
        clock.at(clock.now() + 5, lambda: prolong(store))
        began = clock.now()
        with pytest.raises(LockBusy) as busy, waiter.request(Lane.ORDERS):
            pytest.fail("entered")
        assert clock.now() - began == pytest.approx(10.0, abs=0.2)
        assert busy.value.until > clock.now()


def prolong(store: MemoryLockStore) -> None:
    """Another holder came in between."""
    state = store.read("default")
    assert state is not None
    fresh = type(state)(owner="another", fence=state.fence + 1, expires_at=state.expires_at + 20)
    assert store.swap("default", state, fresh)


def test_throttling_closes_the_api_user_for_everybody_but_no_other_api_user() -> None:
    store, clock = MemoryLockStore(), VirtualTime()
    mine, other = SitooLock(store, "default", clock, "mine"), SitooLock(store, "default", clock, "other")
    with mine.request(Lane.STOCK):
        mine.close(clock.now() + 4)
        mine.close(clock.now() + 1)
    began = clock.now()
    with other.request(Lane.STOCK):
        assert clock.now() == pytest.approx(began + 4)
    mine.close(clock.now() + 60)
    with pytest.raises(LockBusy) as busy, other.request(Lane.STOCK):
        pytest.fail("entered")
    assert busy.value.until == pytest.approx(clock.now() + 60)
    with SitooLock(store, "orders", clock, "other").request(Lane.ORDERS):
        assert clock.now() < busy.value.until


def test_without_contention_a_request_costs_two_writes_and_no_read() -> None:
    calls: list[str] = []
    lock = SitooLock(MemoryLockStore(calls.append), "default", VirtualTime(), "me")
    for _ in range(2):
        calls.clear()
        with lock.request(Lane.STOCK):
            assert calls[-1] == "sitoo_lock.swap"
    assert calls == ["sitoo_lock.swap", "sitoo_lock.swap"]


def test_a_failing_request_gives_the_lock_back() -> None:
    store, clock = MemoryLockStore(), VirtualTime()
    lock = SitooLock(store, "default", clock, "me")
    with pytest.raises(RuntimeError, match="broken"), lock.request(Lane.STOCK):
        raise RuntimeError("broken")
    with SitooLock(store, "default", clock, "next").request(Lane.LOAD):
        assert clock.now() == VirtualTime().now()
