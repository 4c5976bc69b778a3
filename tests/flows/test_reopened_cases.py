"""A discard that is taken back: the case is open, told of again, and can be redriven."""

from __future__ import annotations

import pytest

from connector.domain.exceptions import State
from connector.flows.exceptions_desk import Redrive
from connector.runtime.queues import Work
from tests.flows.desk import BODY, Desk


def test_what_was_discarded_waits_again_once_it_is_reopened() -> None:
    at = Desk()
    case = at.park()
    at.desk.discard(case.case_id, "anna", "not sold online")
    at.desk.sweep(Work.STORE_STOCK)
    assert at.dead() == []
    assert at.desk.reopen(case.case_id, "bo", "it is after all") is not None
    assert (at.state(case), at.dead()) == (State.OPEN, [BODY])
    at.desk.sweep(Work.STORE_STOCK)
    assert at.dead() == [BODY]
    assert at.desk.redrive(case.case_id, "bo") is Redrive.SENT
    assert at.waiting() == [BODY]


@pytest.mark.parametrize("state", [State.OPEN, State.RESOLVED])
def test_what_is_not_discarded_is_not_reopened(state: State) -> None:
    at = Desk()
    case = at.park()
    at.cases.move(case.case_id, state, now=at.clock.now(), by="anna")
    assert at.desk.reopen(case.case_id, "bo", "") is None
    assert (at.state(case), at.dead()) == (state, [BODY])
    assert at.desk.reopen("no-such-case", "bo", "") is None
