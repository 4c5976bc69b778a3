"""Till sales as Centra orders: recorded once, paid and shipped, and nothing of it touches anybody's stock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.exceptions import Kind
from connector.domain.order_keys import sale_key, sent_key
from connector.runtime.queues import Work
from sandbox.order_story import SETTINGS, OrderStory
from sandbox.stand_ins import Crash
from tests.flows.till_story import A_TILL, CAP, RECORDING, TEE, TILL, A, begin, external_id, made_for, till_order

LONG = 700.0


def sell(story: OrderStory, units: dict[str, int], discounts: dict[str, str] | None = None) -> int:
    sold = story.world.sitoo.sell(A_TILL, units, discounts=discounts)["order_id"]
    assert sold is not None
    return sold


def test_a_sale_is_recorded_paid_shipped_and_takes_no_stock() -> None:
    story = begin(RECORDING)
    sold = sell(story, {TEE: 3, CAP: 1}, discounts={TEE: "50.00"})
    before = len(story.world.centra.commits())
    story.run(120.0)
    (order,) = made_for(story, sold)
    assert external_id(story, order) == sale_key(sold)
    assert order.status == "SHIPPED"
    assert order.mails == []
    assert order.email == TILL.email
    state = story.state(order.number)
    assert state["grand_total"] == 35_000
    assert sorted(line.quantity for line in order.lines) == [1, 1, 2]
    assert (order.payment.authorised, order.payment.captured, order.payment.name) == (35_000, 35_000, "Card")
    assert abs(order.created_at - till_order(story, sold).date) < 1.0
    assert story.physical(A, TEE) == 2
    assert story.physical(A, CAP) == 4
    moved = [c for c in story.world.centra.commits(before) if c["sku"] in (TEE, CAP)]
    assert {c["warehouse"] for c in moved} == {A}
    assert len(moved) == 2
    assert story.copies(order.number) == []
    assert story.problems() == {}
    story.run(LONG)
    assert made_for(story, sold) == [order]
    assert len(order.shipments) == 1
    assert {key: story.physical(*key) for key in story.must_be()} == story.must_be()
    assert story.world.links.open_lines([A]) == []


def test_without_the_switch_nothing_is_recorded() -> None:
    story = begin(SETTINGS)
    sold = sell(story, {TEE: 1})
    story.run(LONG)
    assert made_for(story, sold) == []
    assert story.physical(A, TEE) == 4


@pytest.mark.parametrize("fault", ["drop_after", "error_after", "drop_before", "throttle"])
@pytest.mark.parametrize("operation", ["order-api:POST order", "NameOrder", "CreateShipment", "CompleteShipment"])
def test_calls_of_unknown_outcome_are_looked_up(operation: str, fault: str) -> None:
    story = begin(RECORDING)
    story.world.centra.fault(fault, operation=operation)
    sold = sell(story, {TEE: 1})
    story.run(LONG)
    (order,) = made_for(story, sold)
    assert external_id(story, order) == sale_key(sold)
    assert len(order.shipments) == 1
    assert order.status == "SHIPPED"
    assert story.physical(A, TEE) == 4


@pytest.mark.parametrize("later", [0, 3])
def test_deaths_around_every_record_make_one_order(later: int) -> None:
    nth, died = 0, True
    while died:
        nth += 1
        story, left = begin(RECORDING), [nth, later]

        def step(operation: str, left: list[int] = left) -> None:
            if left[0] > 0 and operation == "order_files.put":
                left[0] -= 1
            if left[0] == 0 and left[1] >= 0:
                left[1] -= 1
                if left[1] < 0:
                    raise Crash

        story.world.step = step
        sold = sell(story, {TEE: 1})
        story.run(LONG)
        (order,) = made_for(story, sold)
        assert (len(order.shipments), order.status) == (1, "SHIPPED"), nth
        assert story.world.files.number_of(sold) == order.number
        died = left[1] < 0
    assert nth > 5


def test_lost_events_are_found_by_the_cursor() -> None:
    story = begin(RECORDING)
    story.world.sitoo.lose_events(1000)
    sold = [sell(story, {TEE: 1}), sell(story, {CAP: 1})]
    story.run(200.0)
    assert [len(made_for(story, s)) for s in sold] == [1, 1]


def test_what_was_sold_before_the_connector_came_is_left_alone() -> None:
    story = OrderStory.begin(settings=RECORDING)
    story.world.schedules = False
    story.world.sitoo.lose_events(1000)
    sold = sell(story, {TEE: 1})
    story.world.schedules = True
    story.run(300.0)
    assert made_for(story, sold) == []


def test_a_product_centra_does_not_know_holds_the_sale_until_it_is_mapped() -> None:
    story = begin(RECORDING)
    story.world.sitoo.add_product("BAG", stock_counted=False)
    sold = sell(story, {TEE: 1, "BAG": 1})
    story.run(200.0)
    (case,) = [c for c in story.world.cases.list(kind=Kind.UNMAPPED_SKU) if "sitoo-order" in c.problem.entity]
    assert case.problem.evidence["skus"] == ["BAG"]
    assert case.body is not None
    assert made_for(story, sold) == []
    story.world.centra.add_size("BAG")
    story.run(400.0)
    story.world.queues.send(Work.FULFILMENTS, [case.body])
    story.run(400.0)
    assert len(made_for(story, sold)) == 1
    assert [c for c in story.world.cases.list(kind=Kind.UNMAPPED_SKU) if "sitoo-order" in c.problem.entity] == []


def test_without_mail_and_country_one_exception_says_so() -> None:
    story = begin(replace(RECORDING, till_orders=replace(TILL, email="")))
    sold = [sell(story, {TEE: 1}), sell(story, {CAP: 1})]
    story.run(200.0)
    assert [made_for(story, s) for s in sold] == [[], []]
    assert len(story.problems()["UNMAPPED_NAME"]) == 1


def test_a_refund_becomes_a_return_of_the_recorded_sale() -> None:
    story = begin(RECORDING)
    sold = sell(story, {TEE: 2})
    story.run(120.0)
    (order,) = made_for(story, sold)
    story.world.sitoo.refund(sold, {0: 1})
    story.run(LONG)
    (returned,) = story.world.centra.returns.returns.values()
    assert returned.shipment.order is order
    assert sum(line.quantity for line in returned.lines) == 1
    assert story.physical(A, TEE) == 4


def test_taken_and_sent_goods_of_one_receipt_are_two_orders_that_add_up() -> None:
    story = begin(replace(RECORDING, endless_aisle=True))
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1}, taken={CAP: 2})
    story.run(300.0)
    orders = made_for(story, sold)
    assert {external_id(story, order) for order in orders} == {sale_key(sold), sent_key(sold)}
    assert sum(story.state(order.number)["grand_total"] for order in orders) == 30_000


def test_where_centra_ships_nothing_unallocated_sales_stay_recorded_and_it_is_said_once() -> None:
    story = begin(RECORDING)
    story.world.centra.modes(held_orders_ship="refused")

    def refuse(_operation: str) -> None:
        """Shipments are refused for a reason of Centra's own: the order is held as soon as it is there."""
        for order in story.world.centra.orders.orders.values():
            order.on_hold = True

    story.world.step = refuse
    sold = [sell(story, {TEE: 1}), sell(story, {CAP: 1})]
    story.run(LONG)
    orders = [made_for(story, each)[0] for each in sold]
    assert [(order.status, len(order.shipments)) for order in orders] == [("CONFIRMED", 0)] * 2
    assert story.problems() == {"SHIPMENT_UNCLEAR": ["site/1/pos_sales"]}
    assert {key: story.physical(*key) for key in story.must_be()} == story.must_be()
