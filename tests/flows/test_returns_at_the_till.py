"""Bought on the web, returned at a till: what Centra and Sitoo show of the goods at the end of every branch."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from connector.domain.order_settings import OrderStamps
from sandbox.order_story import PICK_UP
from sandbox.sitoo.records import OPEN
from tests.flows.return_story import (
    A_TILL,
    B_TILL,
    CAP,
    CENTRAL,
    IMPATIENT,
    LUND,
    LUND_RECLAIMS,
    LUND_TILL,
    PRICE,
    SETTLED_S,
    TEE,
    A,
    B,
    begin,
    handed_out,
    one_return,
    paid_back,
    refunded,
    returns_for,
    sent,
    stock_in_step,
    units,
)


def test_what_the_till_paid_is_returned_and_never_refunded_by_centra() -> None:
    story = begin()
    number, copy = handed_out(story)
    before = story.physical(B, TEE)
    refund = refunded(story, copy, {0: 1}, B_TILL)
    story.run(10.0)
    made = one_return(story, number, refund)
    assert (units(made), made["total"], made["cost"], made["refunds"]) == (Counter({TEE: 1}), PRICE, 0, [])
    story.run(SETTLED_S)
    assert paid_back(story, number) == 0
    assert story.world.sitoo.order_state(copy)["rows"][0]["returned"] == 1
    assert story.physical(B, TEE) == before + 1
    stock_in_step(story)
    assert story.problems() == {}


def test_a_centrally_sent_order_comes_back_in_a_store_the_same_way() -> None:
    story = begin()
    number, copy, _ = sent(story)
    refund = refunded(story, copy, {0: 2}, A_TILL)
    story.run(SETTLED_S)
    assert units(one_return(story, number, refund)) == Counter({TEE: 2})
    assert paid_back(story, number) == 0
    assert story.physical(A, TEE) == 7
    stock_in_step(story)


def test_the_return_says_receipt_store_and_tender() -> None:
    story = begin()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, B_TILL, tender="Cash")
    story.run(10.0)
    receipt = story.world.sitoo.order_state(refund)["receipt"]
    assert one_return(story, number, refund)["comment"] == f"Returned at a till: receipt {receipt}, Sitoo order {refund}, Haga, Cash 100.00"


def test_the_order_is_stamped_where_the_client_has_an_attribute() -> None:
    story = begin(replace(IMPATIENT, stamps=OrderStamps(attribute="store")))
    story.world.centra.configure_attribute("store", ["ready_for_pickup", "store_return"])
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, B_TILL)
    story.run(10.0)
    assert f"Sitoo order {refund}, Haga, Card 100.00" in story.state(number)["attributes"]["store"]["store_return"]


def test_goods_of_two_shipments_become_two_returns() -> None:
    story = begin()
    number = story.order([(TEE, 2)], [A], option=PICK_UP)
    story.run(5.0)
    story.hand_out(number, {0: 1})
    story.run(30.0)
    story.hand_out(number)
    story.run(30.0)
    (copy,) = story.copies(number)
    refund = refunded(story, copy.orderid, {0: 2}, A_TILL, amounts={0: "150.01"})
    story.run(SETTLED_S)
    made = returns_for(story, number, refund)
    assert [units(r) for r in made] == [Counter({TEE: 1})] * 2
    assert all(r["completed"] for r in made)
    assert len({r["shipment"] for r in made}) == 2
    assert sum(r["total"] for r in made) == 15_001
    stock_in_step(story)


def test_in_an_exchange_the_goods_come_back_and_the_purchase_stays_the_tills() -> None:
    story = begin()
    number, copy = handed_out(story)
    done = story.world.sitoo.exchange(copy, {0: 1}, {CAP: 1}, B_TILL)
    story.run(SETTLED_S)
    assert one_return(story, number, done["refund"])["total"] == PRICE
    assert paid_back(story, number) == 0
    assert len(story.world.centra.orders.orders) == 1
    stock_in_step(story)
    assert story.problems() == {}


def test_goods_that_go_to_reclaims_are_not_sold_again() -> None:
    story = begin()
    number, copy = handed_out(story)
    before = story.physical(LUND, TEE)
    refund = refunded(story, copy, {0: 1}, LUND_TILL, return_warehouses={0: LUND_RECLAIMS})
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["total"] == PRICE
    assert story.world.sitoo.snapshot()[LUND_RECLAIMS][TEE]["total"] == 1
    assert story.physical(LUND, TEE) == before
    stock_in_step(story)


def test_what_was_never_handed_out_is_cancelled() -> None:
    story = begin()
    number = story.order([(TEE, 2)], [A], option=PICK_UP)
    story.run(5.0)
    refund = refunded(story, story.copy(number).orderid, {0: 1}, A_TILL, undelivered=True)
    story.run(SETTLED_S)
    assert returns_for(story, number, refund) == []
    (line,) = story.state(number)["lines"]
    assert (line["quantity"], line["cancelled"]) == (1, 1)
    assert story.held(number, A) == {TEE: 1}
    stock_in_step(story)


def test_what_was_handed_out_a_moment_ago_waits_for_its_shipment() -> None:
    story = begin()
    number = story.order([(TEE, 1)], [A], option=PICK_UP)
    story.run(5.0)
    (copy,) = [c.orderid for c in story.copies(number) if c.state == OPEN]
    story.world.centra.fault("error", operation="createShipment", times=3, status=503)
    story.world.sitoo.deliver(copy)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(3.0)
    assert returns_for(story, number, refund) == []
    story.run(SETTLED_S)
    assert units(one_return(story, number, refund)) == Counter({TEE: 1})
    assert story.state(number)["lines"][0]["cancelled"] == 0
    stock_in_step(story)
    assert story.problems() == {}


def test_two_refunds_share_what_is_left() -> None:
    story = begin()
    number, copy = handed_out(story)
    first = refunded(story, copy, {0: 1}, A_TILL)
    second = refunded(story, copy, {0: 1}, B_TILL)
    story.run(SETTLED_S)
    assert [one_return(story, number, refund)["total"] for refund in (first, second)] == [PRICE, PRICE]
    assert story.state(number)["lines"][0]["returned"] == 2
    stock_in_step(story)


def test_a_refund_of_a_stores_own_sale_is_no_matter_of_centra() -> None:
    story = begin()
    sold = story.world.sitoo.sell(A_TILL, {TEE: 1})["order_id"]
    assert sold is not None
    refunded(story, sold)
    story.run(SETTLED_S)
    assert story.world.centra.returns.returns == {}
    assert story.problems() == {}
    stock_in_step(story)


def test_an_order_split_over_a_store_and_the_central_warehouse() -> None:
    story = begin()
    number = story.order([(TEE, 7)], [A, CENTRAL], option=PICK_UP)
    story.run(5.0)
    story.hand_out(number)
    story.run(20.0)
    story.world.centra.capture(story.world.centra.ship(number, warehouse=CENTRAL)["shipment_id"])
    story.run(30.0)
    for copy in story.copies(number):
        refunded(story, copy.orderid, {0: 2}, B_TILL)
    story.run(SETTLED_S)
    assert [units(r) for r in story.state(number)["returns"]] in ([Counter({TEE: 2})] * 2, [Counter({TEE: 4})])
    assert story.state(number)["lines"][0]["returned"] == 4
    stock_in_step(story)


def test_a_refund_is_a_completed_return_within_ten_seconds() -> None:
    story = begin(limits=True, latency=0.3)
    shipped = [sent(story, [(TEE, 1)]) for _ in range(8)]
    for number, copy, _ in shipped:
        refund = refunded(story, copy, {0: 1}, A_TILL)
        story.run(10.0)
        one_return(story, number, refund)
