"""An order of a till that Sitoo answers and nobody can read: it holds up no other, is told once, and a vendor's outage leaves no crowd behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connector.domain.exceptions import Kind
from connector.flows.orders.till_sales import sale_entity
from connector.runtime.queues import Work
from connector.sitoo import order_answers
from connector.sitoo.answers import Node
from connector.sitoo.errors import Unconfirmed
from connector.sitoo.order_models import WholeOrder
from sandbox.order_story import OrderStory
from sandbox.stock_story import SITE
from tests.flows.return_story import A_TILL, CAP, PRICE, SETTLED_S, begin, one_return, redrive, refunded, sent, told
from tests.flows.till_story import RECORDING, made_for

TEN_MINUTES_S = 600.0


@contextmanager
def unreadable(wanted: set[int]) -> Iterator[None]:
    """Sitoo answers these orders without their payments."""
    reads = order_answers.whole_order

    def misses(node: Node) -> WholeOrder:
        if int(node["orderid"]) in wanted:
            raise Unconfirmed("payments is missing")
        return reads(node)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_answers, "whole_order", misses)
        yield


def sold(story: OrderStory) -> int:
    number = story.world.sitoo.sell(A_TILL, {CAP: 1})["order_id"]
    assert number is not None
    return number


@pytest.mark.parametrize("lost", [False, True])
def test_the_others_of_its_batch_go_their_way(lost: bool) -> None:
    story = begin()
    number, copy, _ = sent(story)
    if lost:
        story.world.sitoo.lose_events(100)
    with unreadable({sold(story)}):
        refund = refunded(story, copy, {0: 1}, A_TILL)
        later = sold(story)
        story.run(120.0)
        assert one_return(story, number, refund)["total"] == PRICE
        assert [row.key for row in story.world.ledger.day(SITE, "2027-01-15")].count(f"sitoo-order-{later}") == 1


def test_it_is_told_once_and_asked_for_ever_more_rarely() -> None:
    story = begin()
    bad = sold(story)
    with unreadable({bad}):
        before = story.world.sitoo.calls()["GET orders"]
        story.run(TEN_MINUTES_S)
        (case,) = told(story, Kind.TECHNICAL)
        assert case.problem.entity == sale_entity(SITE, bad)
        assert case.body is not None
        assert '"tries"' not in case.body
        assert story.world.sitoo.calls()["GET orders"] - before <= 120
        story.run(SETTLED_S)
        assert len(told(story, Kind.TECHNICAL)) == 1
    redrive(story, case)
    story.run(30.0)
    assert told(story, Kind.TECHNICAL) == []
    assert [row.key for row in story.world.ledger.day(SITE, "2027-01-15")] == [f"sitoo-order-{bad}"]


def test_orders_behind_it_are_found_though_events_are_lost() -> None:
    """However long it stands in the overlap."""
    story = begin()
    story.world.sitoo.lose_events(1_000)
    bad = sold(story)
    with unreadable({bad}):
        for _ in range(4):
            story.run(70.0)
            several = [sold(story) for _ in range(20)]
        story.run(130.0)
        booked = {row.key for row in story.world.ledger.day(SITE, "2027-01-15")}
        assert {f"sitoo-order-{number}" for number in several} <= booked
        assert len(booked) == 80


def test_when_no_order_can_be_read_it_is_not_the_orders() -> None:
    story = begin()
    several = [sold(story) for _ in range(3)]
    story.world.sitoo.lose_events(100)
    with unreadable(set(several)):
        story.run(30.0)
    story.run(TEN_MINUTES_S)
    assert story.problems() == {}
    assert {f"sitoo-order-{number}" for number in several} == {row.key for row in story.world.ledger.day(SITE, "2027-01-15")}


def test_an_outage_leaves_no_crowd_of_sweeps_behind() -> None:
    story = begin()
    _, copy, _ = sent(story)
    story.world.sitoo.fault("error", times=None, status=503)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(1_800.0)
    waiting = [message.body for message in story.world.queues.waiting[Work.FULFILMENTS]]
    assert sum('"sweep"' in body for body in waiting) <= 1
    story.world.sitoo.clear_faults()
    story.run(SETTLED_S)
    one_return(story, story.orders[0], refund)


@pytest.mark.parametrize("lost", [False, True])
def test_once_it_can_be_read_it_goes_where_its_event_would_have_taken_it(lost: bool) -> None:
    """Into Centra, where till sales become orders there; the cursor is all that tells of it when its event was lost."""
    story = begin(RECORDING)
    story.run(70.0)
    if lost:
        story.world.sitoo.lose_events(100)
    bad = sold(story)
    with unreadable({bad}):
        sold(story)
        story.run(150.0)
    story.run(TEN_MINUTES_S)
    assert story.problems() == {}
    assert [row.key for row in story.world.ledger.day(SITE, "2027-01-15")].count(f"sitoo-order-{bad}") == 1
    assert len(made_for(story, bad)) == 1
