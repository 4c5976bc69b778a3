"""Real threads against one store: nothing is lost, nobody is let in twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import count

import pytest

from connector.domain.exceptions import Kind, Owner, Problem, State
from connector.store.api_budget import BudgetState, LockState
from connector.store.leases import LeaseLost
from connector.store.stock_levels import Done, Mark, Outcome
from tests.store.worlds import World

NOW = 1_700_000_000.0
THREADS = 6


@pytest.fixture(autouse=True)
def patient(fresh: World) -> None:
    fresh.patient = True


def together(*jobs: Callable[[], object]) -> None:
    """Run all at once; the first failure is raised."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> None:
        start.wait()
        job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for future in [pool.submit(run, job) for job in jobs]:
            future.result()


def test_no_mark_is_lost_while_others_mark_and_a_drain_settles(fresh: World) -> None:
    """Every unit marked is either settled exactly once or still on its row."""
    levels, leases = fresh.tables.levels, fresh.tables.leases
    lease = leases.acquire("drain", "a", NOW, 20)
    assert lease is not None
    settled: list[int] = []
    marking = threading.Event()
    clock = count(1)

    def mark() -> None:
        for n in range(15):
            skus = ["HOT"] if n % 3 else ["HOT", "WARM"]
            levels.mark(1, [Mark(11, sku, -1) for sku in skus], NOW + next(clock))

    def drain() -> None:
        while not marking.is_set():
            rows = levels.dirty(1)
            levels.settle(1, lease, Outcome(done=[Done(d.warehouse, d.sku, d.version, d.delta) for d in rows]), NOW + next(clock))
            settled.extend(d.delta for d in rows)

    def mark_all() -> None:
        together(*[mark] * (THREADS - 1))
        marking.set()

    together(mark_all, drain)
    left = sum(d.delta for d in levels.dirty(1))
    assert sum(settled) + left == -(THREADS - 1) * (15 + 5)


def test_each_mark_for_later_ripens_once(fresh: World) -> None:
    levels = fresh.tables.levels
    levels.mark_at(1, NOW, [Mark(11, f"SKU-{n}", -1) for n in range(15)])
    ripened: list[int] = []
    together(*[lambda: ripened.append(levels.ripen(1, NOW))] * THREADS)
    assert sum(ripened) == 15
    assert {d.delta for d in levels.dirty(1)} == {-1}


def test_one_holder_at_a_time_and_no_want_is_lost(fresh: World) -> None:
    """Each thread wants a turn; it either takes the lease or tells the holder, who takes one more turn before it goes."""
    leases = fresh.tables.leases
    inside: list[str] = []
    asked, served = count(1), set[int]()
    open_requests: set[int] = set()
    guard = threading.Lock()

    def work(owner: str) -> None:
        for _ in range(8):
            with guard:
                open_requests.add(next(asked))
            while True:
                lease = leases.acquire("turn", owner, NOW, 20)
                if lease is not None:
                    break
                if leases.want("turn", NOW):
                    lease = None
                    break
            while lease is not None:
                leases.clear_wanted(lease)
                with guard:
                    inside.append(owner)
                    assert len(inside) == 1
                    served.update(open_requests)
                    open_requests.clear()
                    inside.clear()
                if leases.release_unless_wanted(lease):
                    lease = None

    together(*[partial(work, f"owner-{n}") for n in range(THREADS)])
    assert open_requests == set()
    assert len(served) == 8 * THREADS


def test_a_lease_changes_hands_once(fresh: World) -> None:
    leases = fresh.tables.leases
    dead = leases.acquire("lease", "dead", NOW, 20)
    assert dead is not None
    taken: list[str] = []

    def take(owner: str) -> None:
        if leases.acquire("lease", owner, NOW + 20, 20):
            taken.append(owner)

    together(*[partial(take, f"owner-{n}") for n in range(THREADS)])
    assert len(taken) == 1
    holder = leases.peek("lease")
    assert holder is not None
    assert (holder.owner, holder.fence) == (taken[0], 2)


def test_overlapping_sets_of_leases_are_split(fresh: World) -> None:
    leases = fresh.tables.leases
    keys = [f"warehouse/{n}" for n in range(6)]
    obtained: list[str] = []

    def take(owner: str, wanted: list[str]) -> None:
        obtained.extend(leases.acquire_many(wanted, owner, NOW, 20))

    together(*[partial(take, f"owner-{n}", keys[n:] + keys[:n]) for n in range(4)])
    assert len(obtained) == len(set(obtained)), "no lease was given twice"
    assert {key for key in keys if leases.peek(key) is not None} == set(obtained)


def test_only_the_newest_holder_writes_the_cursor(fresh: World) -> None:
    leases, cursors = fresh.tables.leases, fresh.tables.cursors
    lost: list[str] = []

    def take_over(n: int) -> None:
        lease = leases.acquire("drain", f"owner-{n}", NOW + 100 * n, 20)
        if lease is not None:
            try:
                cursors.put("feed", {"fence": lease.fence}, lease)
            except LeaseLost:
                lost.append(lease.owner)

    together(*[partial(take_over, n) for n in range(THREADS)])
    holder, cursor = leases.peek("drain"), cursors.get("feed")
    assert holder is not None
    assert cursor == {"fence": holder.fence}


def test_every_grant_is_one_version(fresh: World) -> None:
    budget = fresh.tables.budget

    def spend() -> None:
        granted = 0
        while granted < 5:
            state = budget.read() or BudgetState(0, {"requests/10": 0.0})
            granted += budget.write(replace(state, version=state.version + 1, arrival={"requests/10": state.arrival["requests/10"] + 1}))

    together(*[spend] * THREADS)
    assert budget.read() == BudgetState(5 * THREADS, {"requests/10": 5.0 * THREADS})


def test_a_lock_is_held_by_one(fresh: World) -> None:
    locks = fresh.tables.locks
    won: list[str] = []

    def take(owner: str) -> None:
        if locks.swap("default", None, LockState(owner, 1, NOW)):
            won.append(owner)

    together(*[partial(take, f"owner-{n}") for n in range(THREADS)])
    state = locks.read("default")
    assert state is not None
    assert won == [state.owner]


def test_an_exception_is_newly_open_for_one_and_counts_all(fresh: World) -> None:
    cases = fresh.tables.cases
    problem = Problem(Kind.UNMAPPED_SKU, "site/1/sku/A", Owner.MERCHANDISING, "Unknown.", "Add it.")
    newly: list[bool] = []
    together(*[lambda: newly.append(cases.open(problem, now=NOW, by="drain")[1])] * THREADS)
    case = cases.find(problem.kind, problem.entity)
    assert case is not None
    assert (newly.count(True), case.count) == (1, THREADS)
    moved: list[object] = []
    together(*[lambda: moved.append(cases.move(case.case_id, State.REDRIVEN, now=NOW, by="anna"))] * THREADS)
    assert sum(one is not None for one in moved) == 1


def test_all_writes_to_one_order_line_land(fresh: World) -> None:
    links = fresh.tables.links
    together(
        lambda: links.seen_in_centra(1, 11, "A", allocated=2),
        lambda: links.shipped(1, 11, "A", shipment_id=7, units=1, at=NOW),
        lambda: links.shipped(1, 11, "A", shipment_id=8, units=1, at=NOW + 1),
        lambda: links.linked(1, 11, "A", sitoo_order_id=991, reserved=2, reserved_until=NOW),
        lambda: links.delivered(1, 11, "A", units=2),
        lambda: links.shipping(1, 11, "A", since=NOW),
    )
    (line,) = links.open_lines([11])
    assert (line.allocated, line.shipped, line.shipped_at, line.sitoo_order_id, line.delivered, line.shipping_since) == (2, 2, NOW + 1, 991, 2, NOW)
