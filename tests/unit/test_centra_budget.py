"""The shared budget: one conditional write per grant, races, other integrations, throttling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.centra.models import RateLimitRow
from connector.domain.configuration import Lane, Plan
from connector.runtime.budget import BudgetExhausted
from connector.runtime.centra_budget import SharedBudget
from connector.store.api_budget import BudgetState
from connector.store.memory.api_budget import MemoryBudgetStore
from sandbox.clock import VirtualTime


class Counted(MemoryBudgetStore):
    """Counts calls; `rival` runs before each write, as another function would."""

    def __init__(self) -> None:
        super().__init__(self._note)
        self.calls: list[str] = []
        self.rivals: list[SharedBudget] = []

    def _note(self, operation: str) -> None:
        self.calls.append(operation)
        if operation == "budget.write" and self.rivals:
            self.rivals.pop().take(Lane.STOCK_RISK, mutations=1)


class Unlucky(MemoryBudgetStore):
    def write(self, state: BudgetState) -> bool:
        return False


def budget(store: MemoryBudgetStore, clock: VirtualTime, share: float = 0.8) -> SharedBudget:
    return SharedBudget(store, Plan.GROWTH, share, clock)


def rows(requests: int = 60, mutations: int = 20, hour: int = 1800, quota: int = 20) -> list[RateLimitRow]:
    return [
        RateLimitRow("REQUEST_COUNT", "TEN_SECONDS", 60, requests),
        RateLimitRow("REQUEST_COUNT", "ONE_HOUR", 5000, 5000),
        RateLimitRow("MUTATION_COUNT", "TEN_SECONDS", quota, mutations),
        RateLimitRow("MUTATION_COUNT", "ONE_HOUR", 1800, hour),
        RateLimitRow("QUERY_COMPLEXITY", "TEN_SECONDS", 250_000, 0),
        RateLimitRow("SOMETHING_NEW", "ONE_DAY", 1, 0),
    ]


def test_a_grant_of_many_is_one_conditional_write_and_no_read_once_known() -> None:
    store, clock = Counted(), VirtualTime()
    shared = budget(store, clock)
    shared.take(Lane.STOCK, requests=1, mutations=10)
    store.calls.clear()
    shared.take(Lane.STOCK_RISK, requests=1, mutations=5)
    assert store.calls == ["budget.write"]


def test_a_burst_empties_the_ten_second_window_and_the_promised_moment_is_kept() -> None:
    clock = VirtualTime()
    shared = budget(MemoryBudgetStore(), clock)
    shared.take(Lane.STOCK_RISK, mutations=16)
    with pytest.raises(BudgetExhausted) as refused:
        shared.take(Lane.STOCK_RISK, mutations=1)
    assert refused.value.until == pytest.approx(clock.now() + 10 / 16)
    assert shared.available_at(Lane.STOCK_RISK, mutations=1) == pytest.approx(refused.value.until)
    clock.move_to(refused.value.until)
    shared.take(Lane.STOCK_RISK, mutations=1)


def test_nothing_is_spent_by_a_refusal() -> None:
    store, clock = MemoryBudgetStore(), VirtualTime()
    shared = budget(store, clock)
    shared.take(Lane.STOCK, mutations=12)
    before = store.read()
    with pytest.raises(BudgetExhausted):
        shared.take(Lane.STOCK, mutations=1)
    assert store.read() == before
    shared.take(Lane.STOCK_RISK, mutations=4)


def test_more_than_a_bucket_holds_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="17 mutations"):
        budget(MemoryBudgetStore(), VirtualTime()).take(Lane.STOCK_RISK, mutations=17)


def test_a_lost_race_is_decided_again_on_what_the_winner_left() -> None:
    store, clock = Counted(), VirtualTime()
    mine, other = budget(store, clock), budget(store, clock)
    mine.take(Lane.STOCK_RISK, mutations=15)
    store.rivals.append(other)
    with pytest.raises(BudgetExhausted):
        mine.take(Lane.STOCK_RISK, mutations=1)
    assert other.mutations_left(Lane.STOCK_RISK) == 0


def test_races_lost_for_ever_spend_nothing_and_end() -> None:
    clock = VirtualTime()
    with pytest.raises(BudgetExhausted) as refused:
        budget(Unlucky(), clock).take(Lane.STOCK, mutations=1)
    assert refused.value.until == clock.now() + 0.5


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 3), st.sampled_from(tuple(Lane)), st.integers(0, 6)), max_size=80))
def test_three_functions_together_stay_within_the_share(asked: list[tuple[int, float, Lane, int]]) -> None:
    store, clock = MemoryBudgetStore(), VirtualTime()
    functions = [budget(store, clock) for _ in range(3)]
    granted: list[tuple[float, int]] = []
    for who, wait, lane, mutations in asked:
        clock.sleep(wait)
        left = functions[who].mutations_left(lane)
        if mutations > left:
            with pytest.raises(BudgetExhausted) as refused:
                functions[who].take(lane, requests=1, mutations=mutations)
            assert refused.value.until > clock.now()
        elif mutations:
            functions[who].take(lane, requests=1, mutations=mutations)
            granted.append((clock.now(), mutations))
    for i, (start, _) in enumerate(granted):
        for j in range(i, len(granted)):
            end = granted[j][0]
            assert sum(n for _, n in granted[i : j + 1]) <= 16 * (1 + (end - start) / 10) + 0.001
            assert j - i + 1 <= 48 * (1 + (end - start) / 10) + 0.001


def test_mutations_left_needs_a_request_too() -> None:
    clock = VirtualTime()
    shared = budget(MemoryBudgetStore(), clock)
    assert shared.mutations_left(Lane.STOCK) == 12
    shared.take(Lane.STOCK_RISK, requests=45)
    assert (shared.mutations_left(Lane.STOCK), shared.mutations_left(Lane.STOCK_RISK)) == (0, 16)


def test_a_closed_budget_grants_nothing_to_anybody_until_then() -> None:
    store, clock = MemoryBudgetStore(), VirtualTime()
    mine, other = budget(store, clock), budget(store, clock)
    other.take(Lane.STOCK_RISK)
    mine.close(clock.now() + 20)
    mine.close(clock.now() + 5)
    assert (mine.mutations_left(Lane.STOCK_RISK), mine.available_at(Lane.STOCK_RISK)) == (0, clock.now() + 20)
    with pytest.raises(BudgetExhausted) as refused:
        other.take(Lane.STOCK_RISK)
    assert refused.value.until == clock.now() + 20
    clock.sleep(20)
    other.take(Lane.STOCK_RISK)


def test_other_integrations_use_is_heeded_and_our_allowance_never_grows_by_it() -> None:
    clock = VirtualTime()
    shared = budget(MemoryBudgetStore(), clock)
    shared.observe(rows(mutations=5))
    assert shared.mutations_left(Lane.STOCK_RISK) == 4
    shared.observe(rows(mutations=20))
    assert shared.mutations_left(Lane.STOCK_RISK) == 4
    shared.observe(rows(requests=1))
    assert shared.mutations_left(Lane.STOCK_RISK) == 0


def test_a_temporarily_smaller_quota_is_kept_to() -> None:
    shared = budget(MemoryBudgetStore(), VirtualTime())
    shared.observe(rows(quota=10, mutations=10))
    assert shared.mutations_left(Lane.STOCK_RISK) == 8


def test_limits_are_due_every_thirty_seconds_for_all_functions_together() -> None:
    store, clock = MemoryBudgetStore(), VirtualTime()
    mine, other = budget(store, clock), budget(store, clock)
    assert mine.limits_due()
    mine.observe(rows())
    assert not mine.limits_due()
    assert not other.limits_due()
    clock.sleep(29.9)
    assert not mine.limits_due()
    clock.sleep(0.2)
    assert mine.limits_due()
