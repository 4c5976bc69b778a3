"""ApiBudget: every write is a swap, so of two who saw the same state one starts again."""

from __future__ import annotations

from dataclasses import replace

from connector.store.api_budget import BudgetState, LockState
from tests.store.worlds import World

NOW = 1_700_000_000.123456
BUDGET = BudgetState(1, {"requests/10": NOW + 0.1, "mutations/3600": NOW + 1 / 3}, NOW, NOW + 5)
LOCK = LockState("a", 1, NOW + 10, NOW + 1, NOW + 2, NOW + 2.5, NOW + 3, 1.25)


def test_a_budget_nobody_wrote(fresh: World) -> None:
    assert fresh.tables.budget.read() is None


def test_the_budget_comes_back_to_the_last_digit(fresh: World) -> None:
    assert fresh.tables.budget.write(BUDGET) is True
    assert fresh.tables.budget.read() == BUDGET


def test_the_budget_moves_version_by_version(fresh: World) -> None:
    budget = fresh.tables.budget
    assert budget.write(replace(BUDGET, version=2)) is False, "nothing is stored: only 1 may come"
    assert budget.read() is None
    assert budget.write(BUDGET)
    assert budget.write(replace(BUDGET, closed_until=1.0)) is False
    assert budget.write(replace(BUDGET, version=3)) is False
    assert budget.read() == BUDGET
    second = replace(BUDGET, version=2, arrival={"requests/10": NOW + 9}, closed_until=0.0)
    assert budget.write(second)
    assert budget.read() == second


def test_of_two_who_spend_the_same_state_one_starts_again(fresh: World) -> None:
    budget = fresh.tables.budget
    budget.write(BUDGET)
    other: list[bool] = []
    fresh.interpose(lambda: other.append(budget.write(replace(BUDGET, version=2))))
    assert budget.write(replace(BUDGET, version=2)) is False, "though both would have written the same"
    assert other == [True]


def test_a_lock_nobody_took(fresh: World) -> None:
    assert fresh.tables.locks.read("default") is None


def test_a_lock_comes_back_to_the_last_digit(fresh: World) -> None:
    assert fresh.tables.locks.swap("default", None, LOCK) is True
    assert fresh.tables.locks.read("default") == LOCK
    assert fresh.tables.locks.read("orders") is None


def test_a_lock_is_swapped_only_from_what_is_stored(fresh: World) -> None:
    locks = fresh.tables.locks
    assert locks.swap("default", LOCK, replace(LOCK, fence=2)) is False, "nothing is stored"
    assert locks.swap("default", None, LOCK)
    assert locks.swap("default", None, replace(LOCK, fence=2)) is False
    for differing in (replace(LOCK, fence=9), replace(LOCK, owner="b"), replace(LOCK, expires_at=NOW)):
        assert locks.swap("default", differing, replace(LOCK, fence=2)) is False
    assert locks.read("default") == LOCK
    free = LockState("", 2, 0.0)
    assert locks.swap("default", replace(LOCK, stock_used=99.0), free), "what is not part of its identity does not matter"
    assert locks.read("default") == free


def test_of_two_who_swap_the_same_state_one_starts_again(fresh: World) -> None:
    locks = fresh.tables.locks
    locks.swap("default", None, LOCK)
    fresh.interpose(lambda: locks.swap("default", LOCK, replace(LOCK, fence=2, stock_waits_until=NOW)))
    assert locks.swap("default", LOCK, replace(LOCK, fence=2, others_wait_until=NOW)) is False, "the mark of the other waiter must not be lost"
    stored = locks.read("default")
    assert stored is not None
    assert stored.stock_waits_until == NOW
