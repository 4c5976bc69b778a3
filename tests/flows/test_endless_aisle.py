"""Bought in a store, sent from the central warehouse: once in Centra, once back on the till's order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.exceptions import Kind, State
from connector.domain.order_keys import sent_key
from connector.runtime.queues import Work
from sandbox.order_story import SETTINGS, OrderStory
from sandbox.sitoo.records import CLOSED, OPEN
from sandbox.stand_ins import Crash
from tests.flows.till_story import A_TILL, CAP, CENTRAL, MIRROR, SENDING, TEE, A, begin, external_id, made_for, sent_rows, till_order

LONG = 1_200.0


def test_undelivered_rows_become_an_order_and_its_shipment_their_delivery() -> None:
    story = begin(SENDING)
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 2}, taken={CAP: 1})
    story.run(200.0)
    (order,) = made_for(story, sold)
    assert external_id(story, order) == sent_key(sold)
    assert [(line.size.sku, line.quantity) for line in order.lines] == [(TEE, 2)]
    assert story.allocated_at(order.number, CENTRAL) == {TEE: 2}
    assert order.shipping_address is not None
    assert order.shipping_address["address1"] == "Storgatan 1"
    assert order.mails == []
    assert sent_rows(story, sold) == {1: 1}
    story.world.centra.ship(order.number)
    story.run(LONG)
    assert sent_rows(story, sold) == {0: 2, 1: 1}
    assert till_order(story, sold).state == CLOSED
    deliveries = [d for d in story.world.sitoo.orderbook.deliveries.values() if d.orderid == sold]
    assert [d.warehouseid for d in deliveries] == [A_TILL, MIRROR]
    assert story.copies(order.number) == []
    assert story.problems() == {}
    assert {key: story.physical(*key) for key in story.must_be()} == story.must_be()
    story.run(LONG)
    assert len(deliveries) == 2
    assert made_for(story, sold) == [order]


def test_switched_off_they_are_listed_for_the_clients_process() -> None:
    story = begin(SETTINGS)
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 2})
    story.run(200.0)
    (case,) = story.world.cases.list(kind=Kind.ENDLESS_AISLE)
    assert case.problem.evidence["rows"] == [f"2 x {TEE}"]
    assert made_for(story, sold) == []


@pytest.mark.parametrize("told", [True, False], ids=["by an event", "by the sweep"])
@pytest.mark.parametrize("how", ["handed out", "closed", "cancelled"])
def test_what_was_listed_is_over_when_the_till_order_ends(how: str, told: bool) -> None:
    story = begin(SETTINGS)
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 2})
    story.run(200.0)
    (case,) = story.world.cases.list(kind=Kind.ENDLESS_AISLE)
    if not told:
        story.world.sitoo.lose_events(10)
    if how == "handed out":
        story.world.sitoo.deliver(sold)
    elif how == "cancelled":
        story.world.sitoo.cancel_order(sold)
    else:
        order, book = till_order(story, sold), story.world.sitoo.orderbook
        book.announce(order, "update", book.set_state(order, CLOSED))
    story.run(200.0)
    assert till_order(story, sold).state != OPEN
    after = story.world.cases.get(case.case_id)
    assert after is not None
    assert after.state is State.RESOLVED
    assert made_for(story, sold) == []
    assert story.problems() == {}
    assert {key: story.physical(*key) for key in story.must_be()} == story.must_be()


@pytest.mark.parametrize(("mark", "made"), [("address", 1), ("rows", 0), ("pickup", 0), ("none", 0)])
@pytest.mark.parametrize("state", [OPEN, CLOSED])
def test_however_staff_flag_it(mark: str, made: int, state: int) -> None:
    """A flagged row needs an address all the same; who collects elsewhere, or says nothing, is not sent anything."""
    story = begin(SENDING)
    story.world.sitoo.modes(away_mark=mark, away_state=state)
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1})
    story.run(200.0)
    assert len(made_for(story, sold)) == made
    kinds = {"address": set(), "rows": {"INCOMPLETE_ORDER"}, "pickup": {"ENDLESS_AISLE"}, "none": {"ENDLESS_AISLE"}}[mark]
    assert set(story.problems()) == kinds


def test_flagged_rows_are_sent_to_the_invoice_address() -> None:
    story = begin(SENDING)
    story.world.sitoo.modes(away_mark="rows")
    home = {"invoice_address": "Kyrkogatan 2", "invoice_zip": "22222", "invoice_city": "Lund", "invoice_countryid": "se"}
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1}, customer=home)
    story.run(200.0)
    (order,) = made_for(story, sold)
    assert order.shipping_address is not None
    assert order.shipping_address["address1"] == "Kyrkogatan 2"


def test_what_the_store_reserved_it_sends_itself() -> None:
    story = begin(SENDING)
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1}, from_store_stock=True)
    story.run(200.0)
    assert made_for(story, sold) == []
    assert story.problems() == {}


def test_nothing_left_in_the_central_warehouse_is_told_and_redriven() -> None:
    story = begin(SENDING, central=0)
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1})
    story.run(200.0)
    (case,) = story.world.cases.list(kind=Kind.ENDLESS_AISLE)
    assert "central warehouse" in case.problem.happened
    story.world.centra.put_stock(CENTRAL, TEE, 3)
    assert case.body is not None
    story.world.queues.send(Work.FULFILMENTS, [case.body])
    story.run(60.0)
    assert len(made_for(story, sold)) == 1
    assert story.problems() == {}


@pytest.mark.parametrize("fault", ["drop_after", "error_after", "drop_before"])
def test_a_post_of_unknown_outcome_is_looked_up(fault: str) -> None:
    story = begin(SENDING)
    story.world.centra.fault(fault, operation="order-api:POST order")
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1})
    story.run(400.0)
    (order,) = made_for(story, sold)
    assert external_id(story, order) == sent_key(sold)
    assert story.allocated_at(order.number, CENTRAL) == {TEE: 1}


def test_a_post_that_arrives_late_is_waited_for() -> None:
    story = begin(SENDING)
    story.world.centra.commit_late(40.0, operation="order-api:POST order", hang=5.0)
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1})
    story.run(600.0)
    assert len(made_for(story, sold)) == 1


@pytest.mark.parametrize("later", [0, 3])
def test_crashes_around_every_record_make_one_order_and_one_delivery(later: int) -> None:
    """The function dies before its nth record of the sale, or three calls later (its vendor call is carried out by then), for every n."""
    nth, died = 0, True
    while died:
        nth += 1
        story, died = _story_with_a_death(nth, later)
        (sold,) = [o.orderid for o in story.world.sitoo.orderbook.orders.values() if o.registerid]
        assert len(made_for(story, sold)) == 1, nth
        assert sent_rows(story, sold) == {0: 1}, nth
        assert len([d for d in story.world.sitoo.orderbook.deliveries.values() if d.orderid == sold]) == 1, nth
    assert nth > 8


def _story_with_a_death(nth: int, later: int) -> tuple[OrderStory, bool]:
    """A whole story, and whether it was long enough to hold the nth record."""
    story = begin(SENDING)
    left = [nth, later]

    def step(operation: str) -> None:
        if left[0] > 0 and operation == "order_files.put":
            left[0] -= 1
        if left[0] == 0 and left[1] >= 0:
            left[1] -= 1
            if left[1] < 0:
                raise Crash

    story.world.step = step
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1})
    story.run(300.0)
    (order,) = made_for(story, sold)
    story.world.centra.ship(order.number)
    story.run(LONG)
    return story, left[1] < 0


def test_a_cancelled_order_is_told() -> None:
    story = begin(SENDING)
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1})
    story.run(200.0)
    (order,) = made_for(story, sold)
    story.world.centra.cancel_lines(order.number)
    story.run(LONG)
    (case,) = story.world.cases.list(kind=Kind.ENDLESS_AISLE)
    assert str(order.number) in case.problem.happened
    assert sent_rows(story, sold) == {}


def test_an_order_allocated_to_a_store_is_told_and_never_sent_there() -> None:
    till = replace(SENDING.till_orders, central_rule="Norrmalm")
    story = begin(replace(SENDING, till_orders=till))
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1})
    story.run(200.0)
    (order,) = made_for(story, sold)
    assert story.allocated_at(order.number, A) == {TEE: 1}
    assert story.copies(order.number) == []
    assert "ENDLESS_AISLE" in story.problems()
