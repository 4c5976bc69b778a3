"""The exceptions desk: adopt, redrive, discard, sweep – and consumers that heed what people decided."""

from __future__ import annotations

import json

import pytest

from connector.domain.exceptions import Case, Kind, State
from connector.flows.exceptions_desk import REDRIVE_DELAY_S, ExceptionsDesk, Redrive
from connector.runtime.parking import is_discarded
from connector.runtime.queues import QueueUnavailable, Work
from sandbox.memory_queues import MemoryQueues
from tests.flows.desk import BODY, Desk
from tests.flows.front_door import Door, sitoo_call, sitoo_event
from tests.flows.test_front_door_sitoo import receive


def test_parking_keeps_the_original_body_and_ties_it_to_its_row() -> None:
    at = Desk()
    case = at.park()
    assert (case.queue, case.body, at.dead()) == ("store_stock", BODY, [BODY])
    assert at.queues.dead[Work.STORE_STOCK][0].attributes == {"exception_id": case.case_id}


def test_the_same_problem_again_only_counts() -> None:
    at = Desk()
    at.park()
    assert (at.park().count, at.dead()) == (2, [BODY])


def test_a_row_is_there_even_when_its_letter_was_not_stored() -> None:
    at = Desk()

    def full(operation: str) -> None:
        if operation.startswith("park"):
            raise QueueUnavailable

    at.queues = MemoryQueues(at.clock, before=full)
    with pytest.raises(QueueUnavailable):
        at.park()
    (case,) = at.cases.list()
    healthy = MemoryQueues(at.clock)
    assert ExceptionsDesk(at.cases, healthy, healthy, at.clock).redrive(case.case_id, "anna") is Redrive.SENT
    assert [message.body for message in healthy.waiting[Work.STORE_STOCK]] == [BODY]


def test_redrive_sends_the_body_back_once() -> None:
    at = Desk()
    case = at.park()
    assert at.desk.redrive(case.case_id, "anna") is Redrive.SENT
    assert at.desk.redrive(case.case_id, "anna") is Redrive.NOT_OPEN
    assert at.waiting() == [BODY]
    assert at.state(case) is State.REDRIVEN
    assert at.desk.sweep(Work.STORE_STOCK) == 1
    assert at.dead() == []


def test_a_redriven_message_waits_until_its_row_says_so() -> None:
    at = Desk()
    at.desk.redrive(at.park().case_id, "anna")
    assert at.queues.receive(Work.STORE_STOCK) == []
    at.clock.sleep(REDRIVE_DELAY_S)
    assert [message.body for message in at.queues.receive(Work.STORE_STOCK)] == [BODY]


def test_a_problem_that_is_still_there_opens_the_case_again() -> None:
    at = Desk()
    case = at.park()
    at.desk.redrive(case.case_id, "anna")
    at.desk.sweep(Work.STORE_STOCK)
    assert at.park().state is State.OPEN
    assert at.dead() == [BODY]
    assert at.desk.redrive(case.case_id, "anna") is Redrive.SENT


def test_a_failure_between_sending_and_marking_is_seen() -> None:
    at = Desk()
    case = at.park()
    at.cases.before = lambda operation: fail_again(at) if operation == "exception_cases.move" else None
    assert at.desk.redrive(case.case_id, "anna") is Redrive.FAILED_AGAIN
    assert at.state(case) is State.OPEN


def fail_again(at: Desk) -> None:
    at.cases.before = lambda _operation: None
    at.park()


def redrive_and_sweep(desk: ExceptionsDesk, case: Case) -> None:
    desk.redrive(case.case_id, "anna")
    desk.sweep(Work.STORE_STOCK)


@pytest.mark.parametrize("dies_before", ["send store_stock", "exception_cases.move", "delete from dlq store_stock"])
def test_a_redrive_that_dies_anywhere_is_finished_by_the_next(dies_before: str) -> None:
    at = Desk()
    case = at.park()

    def die(operation: str) -> None:
        if operation == dies_before:
            raise QueueUnavailable

    dying_queues = MemoryQueues(at.clock, before=die)
    dying_queues.waiting, dying_queues.dead = at.queues.waiting, at.queues.dead
    at.cases.before = die
    dying = ExceptionsDesk(at.cases, dying_queues, dying_queues, at.clock)
    with pytest.raises(QueueUnavailable):
        redrive_and_sweep(dying, case)
    at.cases.before = lambda _operation: None
    at.clock.sleep(120)
    redrive_and_sweep(at.desk, case)
    assert at.state(case) is State.REDRIVEN
    assert set(at.waiting()) == {BODY}
    assert at.dead() == []


def test_discarding_keeps_the_reason_and_ends_the_matter() -> None:
    at = Desk()
    case = at.park()
    discarded = at.desk.discard(case.case_id, "anna", " a sample, never sold ")
    assert discarded is not None
    assert (discarded.history[-1].by, discarded.history[-1].note) == ("anna", "a sample, never sold")
    at.desk.sweep(Work.STORE_STOCK)
    assert at.park().state is State.DISCARDED
    assert at.dead() == []
    assert at.desk.discard(case.case_id, "anna", "again") is None
    assert at.desk.redrive(case.case_id, "anna") is Redrive.NOT_OPEN


@pytest.mark.parametrize("reason", ["", "  "])
def test_discarding_asks_for_a_reason(reason: str) -> None:
    at = Desk()
    case = at.park()
    with pytest.raises(ValueError, match="reason"):
        at.desk.discard(case.case_id, "anna", reason)
    assert at.state(case) is State.OPEN


def test_consumers_acknowledge_what_is_discarded() -> None:
    at = Desk()
    kept, dropped = at.park("A"), at.park("B")
    at.desk.discard(dropped.case_id, "anna", "never sold")
    assert [is_discarded(at.cases, case_id) for case_id in (kept.case_id, dropped.case_id, "no-such-case", None)] == [False, True, False, False]


def test_sweeping_leaves_open_cases_and_letters_without_a_row() -> None:
    at = Desk()
    at.park()
    at.queues.park(Work.STORE_STOCK, "raw", {})
    assert at.desk.sweep(Work.STORE_STOCK) == 0
    assert at.dead() == [BODY, "raw"]


def test_a_message_that_crashed_its_function_is_adopted_with_its_body_unchanged() -> None:
    at = Desk()
    body = '{"v":1,"source":"centra","type":"order","id":2735,"action":"insert"}'
    at.crash(Work.ORDERS, body)
    assert at.dead(Work.ORDERS) == [body]
    assert at.desk.adopt("anna").messages == 1
    (case,) = at.cases.list(kind=Kind.TECHNICAL)
    assert (case.queue, case.body, case.problem.evidence["id"]) == ("orders", body, 2735)
    assert at.queues.dead[Work.ORDERS][0].attributes == {"exception_id": case.case_id}
    at.clock.sleep(120)
    assert at.desk.adopt("anna").messages == 0
    at.desk.redrive(case.case_id, "anna")
    assert at.waiting(Work.ORDERS) == [body]


def test_two_copies_of_a_crashed_message_are_one_case_and_one_letter() -> None:
    at = Desk()
    at.crash(Work.ORDERS, "{}")
    at.crash(Work.ORDERS, "{}")
    at.desk.adopt("anna")
    (case,) = at.cases.list()
    assert (case.count, len(at.dead(Work.ORDERS))) == (2, 1)


@pytest.mark.parametrize("body", ['{"v":1,"kind":"nudge","site":3,"reason":"event"}', '{"v":1,"kind":"watchdog","site":3,"id":"x"}'])
def test_nudges_are_never_kept_but_say_that_the_drain_is_stuck(body: str) -> None:
    at = Desk()
    at.crash(Work.STORE_STOCK, body)
    assert at.desk.adopt("anna").nudges == 1
    (case,) = at.cases.list(kind=Kind.DRAIN_STUCK)
    assert case.problem.entity == "site/3/store-stock"
    assert at.dead() == []
    at.desk.redrive(case.case_id, "anna")
    assert json.loads(at.waiting()[0]) == {"v": 1, "kind": "nudge", "site": 3, "reason": "redrive"}


@pytest.mark.parametrize("body", ["", "no json", "[]", '{"kind":"nudge"}', "[" * 50_000])
def test_any_body_can_be_adopted(body: str) -> None:
    at = Desk()
    at.crash(Work.STORE_STOCK, body)
    assert at.desk.adopt("anna").messages == 1
    assert at.dead() == [body]


def test_events_that_nobody_understood_become_one_case_per_kind() -> None:
    door, at = Door(), Desk()
    for _ in range(3):
        receive(door, sitoo_call([sitoo_event("gift-card", eshop_id=1), sitoo_event("order", eshop_id=9, order_id=4)]))
    at.queues.waiting[Work.UNKNOWN] = door.queues.waiting[Work.UNKNOWN]
    assert at.desk.adopt("anna").unknown == 3
    cases = {case.problem.entity: case for case in at.cases.list(kind=Kind.UNKNOWN_EVENT)}
    assert {entity: case.count for entity, case in cases.items()} == {"sitoo/gift-card": 3, "sitoo/order/site/9": 3}
    assert at.waiting(Work.UNKNOWN) == []
    assert at.desk.redrive(cases["sitoo/gift-card"].case_id, "anna") is Redrive.RESOLVED
    assert at.state(cases["sitoo/gift-card"]) is State.RESOLVED


def test_a_note_that_cannot_be_read_is_a_case_all_the_same() -> None:
    at = Desk()
    at.queues.send(Work.UNKNOWN, ["no json", '{"events": 5}'])
    assert at.desk.adopt("anna").unknown == 2
    assert [case.count for case in at.cases.list(kind=Kind.UNKNOWN_EVENT)] == [2]
