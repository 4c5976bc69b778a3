"""Shipped in Centra's admin before the store said so: the copy is handed out by the connector, stock is taken once, nothing comes back as an echo."""

from __future__ import annotations

import pytest

from connector.domain.exceptions import Kind, Owner
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import CLOSED
from tests.flows.order_steps import Calls, case_of, in_step, on_hand, story


def test_the_copy_is_delivered_and_closed_and_the_unit_leaves_the_shelf() -> None:
    with story() as told:
        number = _in_the_store(told)
        calls = Calls(told)
        shipment = told.world.centra.ship(number)["shipment_id"]
        told.run(130.0)
        (copy,) = told.copies(number)
        assert (copy.state, copy.delivered()) == (CLOSED, True)
        (delivery,) = told.world.sitoo.orderbook.of_order[copy.orderid]
        assert (delivery.reference, delivery.ignored_stock) == (f"centra-shipment-{shipment}", False)
        assert (on_hand(told, 101, "TEE-S"), told.physical(11, "TEE-S")) == ((4, 0), 4)
        assert [s["id"] for s in told.state(number)["shipments"]] == [shipment], "the echo became no shipment"
        assert calls.sitoo()["POST orderdeliveries"] == 1
        assert "createShipment" not in calls.centra()
        assert told.problems() == {}
        in_step(told)


@pytest.mark.parametrize("shelf", [4, 5])
def test_after_a_count_the_delivery_leaves_the_stock_alone(shelf: int) -> None:
    with story() as told:
        number = _in_the_store(told)
        told.world.sitoo.events("")
        told.world.centra.webhook_faults(lose=5)
        told.world.schedules = False
        told.world.centra.ship(number)
        told.run(30.0)
        told.world.sitoo.count(101, {"TEE-S": shelf})
        told.run(5.0)
        told.world.schedules = True
        told.run(190.0)
        (copy,) = told.copies(number)
        assert (copy.state, copy.delivered()) == (CLOSED, True)
        (delivery,) = told.world.sitoo.orderbook.of_order[copy.orderid]
        assert delivery.ignored_stock
        assert delivery.reference.endswith("-counted")
        assert on_hand(told, 101, "TEE-S") == (shelf, 0)
        assert told.physical(11, "TEE-S") == shelf
        in_step(told)


def test_part_of_an_order_shipped_in_the_admin_leaves_the_rest_to_the_store() -> None:
    with story() as told:
        number = told.order([("TEE-S", 2), ("CAP", 1)], [11])
        told.run(5.0)
        told.world.centra.ship(number, [("TEE-S", 1)])
        told.run(130.0)
        copy = told.copy(number)
        assert [row.delivered for row in copy.rows] == [1, 0]
        told.hand_out(number)
        told.run(130.0)
        state = told.state(number)
        assert (len(state["shipments"]), state["status"]) == (2, "SHIPPED")
        assert told.shipped_from(number, 11) == told.delivered(number, 11) == {"TEE-S": 2, "CAP": 1}
        assert (on_hand(told, 101, "TEE-S"), on_hand(told, 101, "CAP")) == ((3, 0), (4, 0))
        in_step(told)


def test_shipped_in_the_admin_and_handed_out_by_the_store_is_for_people() -> None:
    with story() as told:
        number = _in_the_store(told)
        told.world.schedules = False
        told.world.sitoo.lose_events(5)
        told.hand_out(number)
        told.world.centra.ship(number)
        told.world.schedules = True
        told.run(190.0)
        state = told.state(number)
        assert len(state["shipments"]) == 1
        case = case_of(told, Kind.SHIPMENT_UNCLEAR, number)
        assert case.problem.owner is Owner.CUSTOMER_SERVICE
        assert told.delivered(number, 11) == {"TEE-S": 1}


def test_a_delivery_that_broke_off_after_it_was_made_is_made_once() -> None:
    with story() as told:
        number = _in_the_store(told)
        told.world.sitoo.fault("drop_after", operation="POST orderdeliveries")
        told.world.centra.ship(number)
        told.run(190.0)
        (copy,) = told.copies(number)
        assert len(told.world.sitoo.orderbook.of_order[copy.orderid]) == 1
        assert on_hand(told, 101, "TEE-S") == (4, 0)
        assert told.problems() == {}
        in_step(told)


def test_shipped_from_the_central_warehouse_concerns_no_store() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [1])
        told.world.centra.ship(number)
        told.run(130.0)
        assert told.held(number, 11) == {}
        assert told.physical(11, "TEE-S") == 5
        in_step(told)


def _in_the_store(told: OrderStory) -> int:
    number = told.order([("TEE-S", 1)], [11])
    told.run(5.0)
    assert told.held(number, 11) == {"TEE-S": 1}
    return number
