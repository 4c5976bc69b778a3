"""A store handed goods out that Centra had given away: what people then ship by hand stands for that delivery, and nothing waits for ever."""

from __future__ import annotations

from connector.domain.exceptions import Kind, State
from connector.flows.exceptions_desk import ExceptionsDesk
from connector.store.order_files import ShippingState
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import CLOSED, OPEN
from tests.flows.order_steps import Calls, case_of, file_of, in_step, on_hand, story


def test_units_allocated_again_and_shipped_by_hand_are_the_deliverys() -> None:
    with story() as told:
        number, delivery = _given_away_and_handed_out(told, 1)
        calls = Calls(told)
        told.world.centra.reallocate(number, 11)
        shipment = told.world.centra.ship(number)["shipment_id"]
        told.run(190.0)
        assert _shippings(told, number) == {delivery: (ShippingState.COMPLETED, shipment)}
        assert case_of(told, Kind.SHIPMENT_UNCLEAR, number).state is State.RESOLVED
        assert [s["id"] for s in told.state(number)["shipments"]] == [shipment]
        assert told.shipped_from(number, 11) == told.delivered(number, 11) == {"TEE-S": 1}
        assert not {"createShipment", "captureShipment"} & calls.centra().keys()
        assert "POST orderdeliveries" not in calls.sitoo()
        assert (on_hand(told, 101, "TEE-S"), told.physical(11, "TEE-S")) == ((4, 0), 4)
        assert not file_of(told, number).is_open
        assert told.problems() == {}
        in_step(told)
        calls = Calls(told)
        told.run(190.0)
        assert "GET orderdeliveries" not in calls.sitoo(), "nobody looks at it any more"


def test_what_the_store_still_has_is_not_handed_out_for_it() -> None:
    with story() as told:
        number, delivery = _given_away_and_handed_out(told, 2)
        told.world.centra.reallocate(number, 11)
        shipment = told.world.centra.ship(number, [("TEE-S", 1)])["shipment_id"]
        told.run(190.0)
        assert _shippings(told, number)[delivery] == (ShippingState.COMPLETED, shipment)
        copy = told.copy(number)
        assert (copy.state, copy.rows[0].delivered) == (OPEN, 1), "the second unit lies in the store"
        assert told.problems() == {}
        in_step(told)

        told.hand_out(number)
        told.run(130.0)
        assert [(s["id"] == shipment, bool(s["external_id"])) for s in told.state(number)["shipments"]] == [(True, False), (False, True)]
        assert told.shipped_from(number, 11) == told.delivered(number, 11) == {"TEE-S": 2}
        assert (on_hand(told, 101, "TEE-S"), told.state(number)["status"]) == ((3, 0), "SHIPPED")
        in_step(told)


def test_shipped_from_where_it_was_moved_to_and_given_up_ends_the_delivery() -> None:
    with story() as told:
        number, delivery = _given_away_and_handed_out(told, 1)
        shipment = told.world.centra.ship(number, warehouse=12)["shipment_id"]
        told.run(190.0)
        assert case_of(told, Kind.SHIPMENT_UNCLEAR, number).state is State.OPEN, "nobody but people knows which store the goods left"
        told.world.sitoo.count(102, {"TEE-S": 5})
        _discard(told, number)
        told.run(190.0)
        assert _shippings(told, number) == {delivery: (ShippingState.COMPLETED, shipment)}
        assert (told.delivered(number, 11), told.shipped_from(number, 12)) == ({"TEE-S": 1}, {"TEE-S": 1})
        assert (told.physical(11, "TEE-S"), told.physical(12, "TEE-S")) == (4, 5)
        assert not file_of(told, number).is_open
        assert told.problems() == {}
        in_step(told)


def test_shipped_in_the_admin_and_handed_out_as_well_is_over_when_people_say_so() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.schedules = False
        told.world.sitoo.lose_events(5)
        delivery = told.hand_out(number)
        shipment = told.world.centra.ship(number)["shipment_id"]
        told.world.schedules = True
        told.run(190.0)
        assert told.problems() == {Kind.SHIPMENT_UNCLEAR.value: [f"order/{number}/shipment/{shipment}"]}
        _discard(told, number)
        told.run(190.0)
        assert _shippings(told, number) == {delivery: (ShippingState.COMPLETED, shipment)}
        assert [copy.state for copy in told.copies(number)] == [CLOSED]
        assert len(told.world.sitoo.orderbook.of_order[told.copies(number)[0].orderid]) == 1
        assert len(told.state(number)["shipments"]) == 1
        assert not file_of(told, number).is_open
        in_step(told)


def _given_away_and_handed_out(told: OrderStory, units: int) -> tuple[int, int]:
    """An order that was moved to another store while its first one had it ready, and of which that one handed out a unit: (order, delivery)."""
    number = told.order([("TEE-S", units)], [11])
    told.run(5.0)
    begun = told.copy(number).orderid
    told.world.sitoo.ready_for_pickup(begun)
    told.run(5.0)
    told.world.centra.reallocate(number, 12)
    told.run(20.0)
    delivery = told.world.sitoo.deliver(begun, {0: 1})
    told.run(60.0)
    assert told.problems()[Kind.SHIPMENT_UNCLEAR.value] == [f"order/{number}/delivery/{delivery}"]
    return number, delivery


def _shippings(told: OrderStory, number: int) -> dict[int, tuple[ShippingState, int | None]]:
    return {s.delivery_id: (s.state, s.shipment_id) for s in file_of(told, number).shippings}


def _discard(told: OrderStory, number: int) -> None:
    desk = ExceptionsDesk(told.world.cases, told.world.queues, told.world.queues, told.world.clock)
    desk.discard(case_of(told, Kind.SHIPMENT_UNCLEAR, number).case_id, "anna", "agreed with the customer")
