"""What people are told about an order holds until it is mended, and sending it back does what the case says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.centra.graphql_orders import GraphQLCentraOrders
from connector.domain.exceptions import Kind, State
from connector.flows.exceptions_desk import Redrive
from connector.flows.orders.order_turn import order_entity
from connector.runtime.queues import Work
from connector.sitoo.order_models import WholeOrder
from connector.sitoo.rest_orders import RestSitooOrders
from sandbox.order_story import OrderStory
from sandbox.stand_ins import Crash
from sandbox.stock_story import SKUS, STORES
from tests.flows.order_steps import case_of, redrive
from tests.flows.order_steps import story as told

SKU, LUND, OTHER = SKUS[0], STORES[0].centra_warehouse, STORES[1].centra_warehouse


@pytest.fixture
def story() -> Iterator[OrderStory]:
    with told(dict.fromkeys(SKUS, 1), central=0) as begun:
        yield begun


def look_at(story: OrderStory, number: int) -> None:
    story.world.queues.send(Work.ORDERS, [json.dumps({"v": 1, "source": "poll", "type": "order", "id": number})])
    story.run(5)


def test_an_order_whose_total_does_not_fit_is_posted_once_until_people_send_it_back(story: OrderStory, monkeypatch: pytest.MonkeyPatch) -> None:
    read = RestSitooOrders.whole_orders

    def rounded(self: RestSitooOrders, *args: Any, **wishes: Any) -> list[WholeOrder]:
        return [replace(order, total=order.total + Decimal("0.01")) for order in read(self, *args, **wishes)]

    with monkeypatch.context() as otherwise:
        otherwise.setattr(RestSitooOrders, "whole_orders", rounded)
        number = story.order([(SKU, 1)], [LUND])
        story.run(5)
        for _ in range(4):
            look_at(story, number)
            assert story.problems() == {"TOTAL_MISMATCH": [order_entity(number, f"warehouse/{LUND}")]}
        assert len(story.copies(number, live=False)) == 1
        assert redrive(story, Kind.TOTAL_MISMATCH, number) is Redrive.SENT
        assert case_of(story, Kind.TOTAL_MISMATCH, number).state is State.OPEN
        assert len(story.copies(number, live=False)) == 2
    look_at(story, number)
    assert story.copies(number) == []
    assert redrive(story, Kind.TOTAL_MISMATCH, number) is Redrive.SENT
    assert story.copy(number).externalid == f"C{number}-W{LUND}-R3"
    assert case_of(story, Kind.TOTAL_MISMATCH, number).state is State.RESOLVED


def test_an_order_that_nobody_can_supply_is_sent_back_under_its_own_number(story: OrderStory) -> None:
    for store in STORES:
        if store.centra_warehouse != LUND:
            story.world.sitoo.count(store.sellable_ids()[0], {SKU: 0})
    story.run(60)
    number = story.order([(SKU, 1)], [LUND])
    story.run(10)
    story.world.sitoo.pickup_rejected(story.copy(number).orderid)
    story.run(60)
    case = case_of(story, Kind.OVERSOLD, number)
    assert case.body is not None
    assert (case.queue, json.loads(case.body)["type"], json.loads(case.body)["id"]) == ("orders", "order", number)
    assert redrive(story, Kind.OVERSOLD, number) is Redrive.SENT
    assert story.state(number)["on_hold"] is True


@pytest.mark.parametrize("crashes", [False, True])
def test_money_is_asked_for_once_per_redrive(story: OrderStory, monkeypatch: pytest.MonkeyPatch, *, crashes: bool) -> None:
    asked: list[int] = []
    ask = GraphQLCentraOrders.capture_shipment

    def counted(self: GraphQLCentraOrders, shipment_id: int) -> Any:
        asked.append(shipment_id)
        if crashes:
            raise Crash
        return ask(self, shipment_id)

    monkeypatch.setattr(GraphQLCentraOrders, "capture_shipment", counted)
    story.world.centra.fail_captures(1)
    number = story.order([(SKU, 1)], [LUND])
    story.run(10)
    story.hand_out(number)
    story.run(200)
    assert (case_of(story, Kind.CAPTURE_FAILED, number).state, asked) == (State.OPEN, [])
    assert redrive(story, Kind.CAPTURE_FAILED, number, run=900) is Redrive.SENT
    assert len(asked) == 1
    assert case_of(story, Kind.CAPTURE_FAILED, number).state is (State.OPEN if crashes else State.RESOLVED)
    assert [s["shipped_at"] is not None for s in story.state(number)["shipments"]] == [not crashes]


def test_a_rejected_unit_is_for_sale_again_once_it_is_counted(story: OrderStory) -> None:
    place = STORES[0].sellable_ids()
    number = story.order([(SKU, 1)], [LUND])
    story.run(5)
    story.world.sitoo.pickup_rejected(story.copy(number).orderid)
    story.run(60)
    assert story.physical(LUND, SKU) == 0
    for warehouse in place:
        story.world.sitoo.count(warehouse, {SKU: 1 if warehouse == place[0] else 0})
    story.run(60)
    assert story.physical(LUND, SKU) == 1
    assert case_of(story, Kind.FULFILMENT_REJECTED, number).state is State.RESOLVED
    assert story.problems() == {}


def test_money_taken_by_hand_lets_the_shipment_go_on(story: OrderStory) -> None:
    story.world.centra.fail_captures(1)
    number = story.order([(SKU, 1)], [LUND])
    story.run(5)
    handed = story.hand_out(number)
    story.run(100)
    assert story.problems() == {"CAPTURE_FAILED": [order_entity(number, f"delivery/{handed}")]}
    story.world.centra.capture(story.state(number)["shipments"][0]["id"])
    story.run(300)
    assert story.problems() == {}
    assert story.shipped_from(number, LUND) == {SKU: 1}


@pytest.fixture
def full_shelves() -> Iterator[OrderStory]:
    with told() as begun:
        yield begun


def moved_away_and_handed_out(story: OrderStory) -> int:
    """An order that was moved to another store while its first one had it ready, and handed out there all the same."""
    number = story.order([(SKU, 1)], [LUND])
    story.run(5)
    begun = story.copy(number).orderid
    story.world.sitoo.ready_for_pickup(begun)
    story.run(5)
    story.world.centra.reallocate(number, OTHER)
    story.run(20)
    assert list(story.problems()) == ["ORDER_CHANGED_TOO_LATE"]
    story.world.sitoo.deliver(begun)
    story.run(60)
    assert set(story.problems()) == {"ORDER_CHANGED_TOO_LATE", "SHIPMENT_UNCLEAR"}
    return number


def test_goods_that_centra_had_given_away_are_shipped_once_they_are_allocated_again(full_shelves: OrderStory) -> None:
    story = full_shelves
    number = moved_away_and_handed_out(story)
    story.world.centra.reallocate(number, LUND)
    story.run(30)
    assert redrive(story, Kind.SHIPMENT_UNCLEAR, number) is Redrive.SENT
    story.run(100)
    assert story.problems() == {}
    assert story.shipped_from(number, LUND) == {SKU: 1}


def test_goods_that_cannot_be_allocated_again_are_shipped_from_where_they_are(story: OrderStory) -> None:
    number = moved_away_and_handed_out(story)
    story.world.centra.ship(number, warehouse=OTHER)
    story.run(120)
    assert len(story.copies(number)) == 2
    assert story.shipped_from(number, OTHER) == {SKU: 1}
    for warehouse in STORES[1].sellable_ids():
        story.world.sitoo.count(warehouse, {SKU: 1 if warehouse == STORES[1].sellable_ids()[0] else 0})
    story.run(60)
    assert (story.physical(OTHER, SKU), story.physical(LUND, SKU)) == (1, 0)
    (delivery,) = [d.orderdeliveryid for d in story.world.sitoo.orderbook.deliveries.values() if not d.reference.startswith("centra-shipment-")]
    assert story.problems() == {"SHIPMENT_UNCLEAR": [order_entity(number, f"delivery/{delivery}")]}
