"""Calls that break off, functions that die, events that are lost or doubled: a refund stays one return and at most one payment."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from connector.domain.exceptions import Kind, State
from connector.flows.orders.watches import due_watches
from sandbox.order_story import PICK_UP, OrderStory
from sandbox.stand_ins import Crash
from sandbox.stock_story import SITE
from tests.flows.return_story import (
    A_TILL,
    CAP,
    PRICE,
    SETTLED_S,
    TEE,
    A,
    begin,
    case_of,
    one_return,
    paid_back,
    recorded,
    redrive,
    refunded,
    returns_for,
    sent,
    stock_in_step,
    told,
)

READING = ["Order:read", "Shipment:read", "Return:read", "Warehouse:read", "Warehouse.stock:read", "ProductSize:read"]
FAULTS = ["error", "error_after", "drop_before", "drop_after", "throttle"]


def dies_after(story: OrderStory, steps: int) -> None:
    left = [steps]

    def step(_operation: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    story.world.step = step


@pytest.mark.parametrize("operation", ["createReturn", "completeReturn"])
@pytest.mark.parametrize("kind", FAULTS)
def test_a_step_of_unknown_outcome_is_looked_up(kind: str, operation: str) -> None:
    story = begin()
    number, copy, _ = sent(story)
    story.world.centra.fault(kind, operation=operation, times=1, status=503)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["total"] == PRICE
    assert story.world.centra.faults_played()[kind] == 1
    assert story.problems() == {}
    stock_in_step(story)


@pytest.mark.parametrize("kind", ["error_after", "drop_after"])
def test_a_refund_whose_answer_was_lost_is_found_in_the_history(kind: str) -> None:
    story = begin()
    number, copy, _ = sent(story)
    story.world.centra.fault(kind, operation="refundReturn", times=1, status=503)
    refund = refunded(story, copy, {0: 1}, A_TILL, tender="Web")
    story.run(SETTLED_S)
    assert len(one_return(story, number, refund)["refunds"]) == 1
    assert paid_back(story, number) == PRICE
    assert story.problems() == {}


def test_a_refund_that_is_not_in_the_history_is_for_finance_and_never_asked_again() -> None:
    story = begin()
    number, copy, _ = sent(story)
    story.world.centra.fault("drop_before", operation="refundReturn", times=1)
    refund = refunded(story, copy, {0: 1}, A_TILL, tender="Web")
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["refunds"] == []
    (case,) = told(story, Kind.REFUND_MISMATCH)
    assert case.problem.evidence["to_refund"] == "100.00 SEK"
    story.run(SETTLED_S)
    assert "refundReturn" not in story.world.centra.calls()
    assert paid_back(story, number) == 0


def test_a_refund_that_never_left_the_connector_is_asked_for_again() -> None:
    story = begin()
    number, copy, _ = sent(story)
    story.world.centra.fault("throttle", operation="refundReturn", times=2)
    refund = refunded(story, copy, {0: 1}, A_TILL, tender="Web")
    story.run(SETTLED_S)
    assert len(one_return(story, number, refund)["refunds"]) == 1
    assert paid_back(story, number) == PRICE
    assert story.problems() == {}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_cancellation_of_unknown_outcome_is_looked_up(kind: str) -> None:
    """Of the last unit of a line: once it is cancelled there is nothing left to cancel, which is no return of too much."""
    story = begin()
    number = story.order([(TEE, 1), (CAP, 1)], [A], option=PICK_UP)
    story.run(5.0)
    story.world.centra.fault(kind, operation="updateDirectToConsumerOrder", times=1, status=503)
    refunded(story, story.copy(number).orderid, {0: 1}, A_TILL, undelivered=True)
    story.run(SETTLED_S)
    assert [(line["quantity"], line["cancelled"]) for line in story.state(number)["lines"]] == [(0, 1), (1, 0)]
    assert story.world.centra.faults_played()[kind] == 1
    assert told(story, Kind.OVER_RETURN) == []
    assert len(told(story, Kind.REFUND_MISMATCH)) == 1
    stock_in_step(story)


def test_a_cancellation_that_is_slow_to_happen_is_not_made_twice() -> None:
    story = begin()
    number = story.order([(TEE, 3)], [A], option=PICK_UP)
    story.run(5.0)
    story.world.centra.commit_late(25.0, operation="updateDirectToConsumerOrder", hang=9.0)
    refunded(story, story.copy(number).orderid, {0: 1}, A_TILL, undelivered=True)
    story.run(SETTLED_S)
    assert [(line["quantity"], line["cancelled"]) for line in story.state(number)["lines"]] == [(2, 1)]
    stock_in_step(story)


def test_a_provider_that_refuses_later_is_told() -> None:
    story = begin()
    story.world.centra.modes(psp="asynchronous")
    number, copy, _ = sent(story)
    story.run(120.0)
    story.world.centra.payments.failing_refunds = 1
    refund = refunded(story, copy, {0: 1}, A_TILL, tender="Web")
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["refunds"][-1]["status"] == "FAILED"
    assert len(told(story, Kind.REFUND_MISMATCH)) == 1
    assert paid_back(story, number) == 0


@pytest.mark.parametrize("tender", ["Card", "Web"])
@pytest.mark.parametrize("steps", range(1, 40, 2))
def test_a_function_that_dies_anywhere_leaves_one_return_and_one_payment_at_most(steps: int, tender: str) -> None:
    story = begin()
    number, copy, _ = sent(story)
    dies_after(story, steps)
    refund = refunded(story, copy, {0: 1}, A_TILL, tender=tender)
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["total"] == PRICE
    asked = tender == "Web" and not told(story, Kind.REFUND_MISMATCH)
    assert paid_back(story, number) == (PRICE if asked else 0)
    assert story.world.centra.calls().get("refundReturn", 0) <= (1 if tender == "Web" else 0)
    stock_in_step(story)


@pytest.mark.parametrize("steps", range(1, 34, 3))
def test_a_record_of_a_parcel_is_made_once_wherever_the_function_dies(steps: int) -> None:
    story = begin()
    _, copy, shipment = sent(story)
    dies_after(story, steps)
    story.world.centra.return_by_mail(shipment, [(TEE, 1)])
    story.run(SETTLED_S)
    (record,) = recorded(story, copy)
    assert (record["state"], len(record["deliveries"])) == ("closed", 1)
    stock_in_step(story)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_record_whose_post_broke_off_is_made_once(kind: str) -> None:
    story = begin()
    _, copy, shipment = sent(story)
    story.world.sitoo.fault(kind, operation="POST orders", times=1)
    story.world.centra.return_by_mail(shipment, [(TEE, 1)])
    story.run(SETTLED_S)
    assert len(recorded(story, copy)) == 1
    assert story.world.sitoo.faults_played()[kind] == 1
    assert story.problems() == {}


def test_lost_events_are_found_by_the_cursor() -> None:
    story = begin()
    number, copy, _ = sent(story)
    story.world.sitoo.lose_events(100)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(120.0)
    one_return(story, number, refund)


def test_doubled_events_make_one_return() -> None:
    story = begin()
    number, copy, _ = sent(story)
    story.world.sitoo.double_events(100)
    story.world.centra.webhook_faults(double=100)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(SETTLED_S)
    assert len(returns_for(story, number, refund)) == 1


def test_lost_webhooks_of_parcels_are_found_by_the_poll() -> None:
    story = begin()
    _, copy, shipment = sent(story)
    story.world.centra.webhook_faults(lose=100)
    story.world.centra.return_by_mail(shipment, [(TEE, 1)])
    story.run(120.0)
    assert len(recorded(story, copy)) == 1


def test_a_refund_rung_up_offline_is_returned_when_it_arrives() -> None:
    story = begin()
    number, copy, _ = sent(story)
    now = story.world.clock.now()
    story.world.sitoo.refund(copy, {0: 1}, A_TILL, at=now - 3_600.0, offline_until=now + 120.0)
    story.run(90.0)
    assert story.state(number)["returns"] == []
    story.run(SETTLED_S)
    assert [made["completed"] for made in story.state(number)["returns"]] == [True]
    stock_in_step(story)


def test_what_centra_refuses_is_told_under_the_refund_and_goes_through_when_redriven() -> None:
    story = begin()
    number, copy, _ = sent(story)
    story.world.centra.token(permissions=READING)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(SETTLED_S)
    assert returns_for(story, number, refund) == []
    case = case_of(story, Kind.VENDOR_REFUSED, refund)
    assert case is not None
    assert case.problem.evidence["order"] == number
    story.world.centra.permissions = None
    redrive(story, case)
    story.run(SETTLED_S)
    one_return(story, number, refund)
    case = case_of(story, Kind.VENDOR_REFUSED, refund)
    assert case is not None
    assert case.state is State.RESOLVED


def test_a_return_that_somebody_deletes_half_way_is_told_and_not_made_again() -> None:
    story = begin()
    number, copy, _ = sent(story)
    story.world.centra.fault("error", operation="completeReturn", times=None, status=503)
    refund = refunded(story, copy, {0: 1}, A_TILL, tender="Web")
    story.run(20.0)
    (made,) = returns_for(story, number, refund)
    story.world.centra.delete_return(made["id"])
    story.world.centra.clear_faults()
    story.run(1_200.0)
    assert returns_for(story, number, refund) == []
    (case,) = told(story, Kind.REFUND_MISMATCH)
    assert case.problem.evidence["return"] == made["id"]
    file = story.world.files.get(number)
    assert file is not None
    assert file.awaiting == ""
    assert paid_back(story, number) == 0


def test_a_refund_is_watched_by_the_site_whose_till_it_is_though_another_had_the_order_first() -> None:
    story = begin()
    number, copy, _ = sent(story)
    file = story.world.files.get(number)
    assert file is not None
    story.world.files.put(replace(file, site=2))
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(30.0)
    one_return(story, number, refund)
    file = story.world.files.get(number)
    assert file is not None
    much_later = story.world.clock.now() + SETTLED_S
    assert due_watches(file, much_later, 2) == []
    (body,) = due_watches(file, much_later, SITE)
    assert (json.loads(body)["site"], json.loads(body)["id"]) == (SITE, refund)
