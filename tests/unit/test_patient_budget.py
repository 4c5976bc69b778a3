"""Short waits for Centra's limits are waited for; long ones are left to the queue."""

from __future__ import annotations

import pytest

from connector.domain.configuration import Lane, Plan
from connector.runtime.budget import BudgetExhausted
from connector.runtime.centra_budget import SharedBudget
from connector.runtime.patient_budget import LONGEST_S, PatientBudget
from connector.store.memory.api_budget import MemoryBudgetStore
from sandbox.clock import VirtualTime


@pytest.fixture
def clock() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def shared(clock: VirtualTime) -> SharedBudget:
    return SharedBudget(MemoryBudgetStore(), Plan.GROWTH, 1.0, clock)


def test_a_limit_that_opens_soon_is_waited_for(clock: VirtualTime, shared: SharedBudget) -> None:
    patient, began = PatientBudget(shared, clock), clock.now()
    for _ in range(22):
        patient.take(Lane.STOCK_RISK, mutations=1)
    assert clock.now() - began == pytest.approx(1.0, abs=0.2)


def test_a_limit_that_stays_closed_is_told_at_once(clock: VirtualTime, shared: SharedBudget) -> None:
    patient, began = PatientBudget(shared, clock), clock.now()
    patient.close(began + LONGEST_S + 1.0)
    with pytest.raises(BudgetExhausted) as told:
        patient.take(Lane.ORDERS)
    assert told.value.until == began + LONGEST_S + 1.0
    assert clock.now() == began


def test_others_may_not_make_it_wait_for_ever(clock: VirtualTime, shared: SharedBudget) -> None:
    class Greedy(VirtualTime):
        def sleep(self, seconds: float) -> None:
            clock.sleep(seconds)
            shared.close(clock.now() + 1.0)

        def now(self) -> float:
            return clock.now()

    began = clock.now()
    shared.close(began + 1.0)
    with pytest.raises(BudgetExhausted):
        PatientBudget(shared, Greedy()).take(Lane.ORDERS)
    assert LONGEST_S - 1.0 <= clock.now() - began <= LONGEST_S + 1.0


def test_everything_else_is_the_shared_budgets_own(clock: VirtualTime, shared: SharedBudget) -> None:
    patient = PatientBudget(shared, clock)
    assert patient.limits_due() == shared.limits_due()
    assert patient.available_at(Lane.ORDERS) == shared.available_at(Lane.ORDERS)
    patient.observe([])
    assert not patient.limits_due()
