"""Bought on the web, returned at a till: who pays, how much, and what finance is told."""

from __future__ import annotations

import pytest

from connector.domain.exceptions import Kind
from tests.flows.return_story import (
    A_TILL,
    PRICE,
    SETTLED_S,
    TEE,
    begin,
    case_of,
    handed_out,
    one_return,
    paid_back,
    refunded,
    returns_for,
    sent,
    stock_in_step,
    told,
)


def test_a_tender_left_to_centra_is_refunded_once_by_the_provider() -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL, tender="Web")
    story.run(SETTLED_S)
    made = one_return(story, number, refund)
    assert [(e["type"], e["status"], e["amount"]) for e in made["refunds"]] == [("REFUND", "SUCCESS", PRICE)]
    assert paid_back(story, number) == PRICE
    assert story.problems() == {}


def test_an_unknown_tender_stops_everything_until_it_is_entered() -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL, tender="Swish")
    story.run(SETTLED_S)
    assert returns_for(story, number, refund) == []
    case = case_of(story, Kind.UNMAPPED_NAME, refund)
    assert case is not None
    assert case.problem.evidence["tenders"] == ["Swish"]
    stock_in_step(story)


@pytest.mark.parametrize(("paid", "cost"), [("60.00", 4_000), ("99.99", 1), ("0.00", PRICE)])
def test_less_than_the_goods_are_worth_is_a_return_cost_to_the_cent(paid: str, cost: int) -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL, amounts={0: paid})
    story.run(SETTLED_S)
    made = one_return(story, number, refund)
    assert (made["cost"], made["total"]) == (cost, PRICE - cost)
    assert story.problems() == {}


def test_more_than_the_goods_are_worth_is_told_to_finance_with_both_figures() -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL, amounts={0: "140.00"})
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["total"] == PRICE
    case = case_of(story, Kind.REFUND_MISMATCH, refund)
    assert case is not None
    assert (case.problem.evidence["till"], case.problem.evidence["centra"]) == ("140.00 SEK", "100.00 SEK")


def test_another_currency_is_returned_and_told() -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL, currency="EUR")
    story.run(SETTLED_S)
    made = one_return(story, number, refund)
    assert (made["cost"], made["refunds"]) == (0, [])
    assert case_of(story, Kind.REFUND_MISMATCH, refund) is not None


def test_more_than_its_worth_left_to_centra_is_not_refunded_until_finance_did_and_is_then_no_alarm() -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL, amounts={0: "140.00"}, tender="Web")
    story.run(SETTLED_S)
    made = one_return(story, number, refund)
    assert paid_back(story, number) == 0
    case = case_of(story, Kind.REFUND_MISMATCH, refund)
    assert case is not None
    assert "Centra was not told to refund" in case.problem.todo
    story.world.centra.refund_in_admin(made["id"])
    story.run(SETTLED_S)
    assert told(story, Kind.DOUBLE_REFUND_RISK) == []


def test_tenders_of_both_kinds_are_for_finance() -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 2}, A_TILL, tender={"Card": "50.00", "Web": "150.00"})
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["refunds"] == []
    assert paid_back(story, number) == 0
    assert case_of(story, Kind.REFUND_MISMATCH, refund) is not None


def test_a_gift_card_of_the_store_is_paid_at_the_till() -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL, tender="Gift Card")
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["total"] == PRICE
    assert paid_back(story, number) == 0


def test_shipping_refunded_with_the_goods_goes_onto_their_return() -> None:
    story = begin()
    number, copy, _ = sent(story, [(TEE, 1)], shipping_fee=4_900)
    refund = refunded(story, copy, {0: 1, 1: 1}, A_TILL)
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["total"] == PRICE + 4_900
    assert story.problems() == {}


def test_somebody_refunds_what_the_till_paid() -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(10.0)
    story.world.centra.refund_in_admin(one_return(story, number, refund)["id"])
    story.run(5.0)
    (case,) = told(story, Kind.DOUBLE_REFUND_RISK)
    assert case.problem.evidence["order"] == number


def test_the_second_payment_is_found_although_nothing_told_of_it() -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(60.0)
    story.world.centra.modes(order_updated_by_payment=False)
    story.world.centra.webhook_faults(lose=100)
    story.world.centra.refund_in_admin(one_return(story, number, refund)["id"])
    story.run(SETTLED_S)
    assert len(told(story, Kind.DOUBLE_REFUND_RISK)) == 1


def test_a_failed_second_payment_is_no_alarm() -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(10.0)
    story.world.centra.payments.failing_refunds = 1
    story.world.centra.refund_in_admin(one_return(story, number, refund)["id"])
    story.run(SETTLED_S)
    assert told(story, Kind.DOUBLE_REFUND_RISK) == []


def test_a_second_payment_whose_webhook_was_lost_is_found_by_the_poll() -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(30.0)
    story.world.centra.webhook_faults(lose=100)
    story.world.centra.refund_in_admin(one_return(story, number, refund)["id"])
    story.run(100.0)
    assert len(told(story, Kind.DOUBLE_REFUND_RISK)) == 1
