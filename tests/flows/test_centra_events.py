"""Where the instance has Centra's events system, it tells what changed: nothing is lost, nothing is asked for that was told, and it may fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from connector.centra.change_events import MOST_EVENTS
from connector.domain.configuration import Switches
from connector.domain.exceptions import Kind, State
from connector.flows.orders.read_centra_events import REFUSED
from sandbox.centra.documents import FIELD_PERMISSIONS, TYPE_PERMISSIONS
from sandbox.order_story import OrderStory
from sandbox.stand_ins import Crash
from tests.flows.order_steps import Calls, in_step
from tests.flows.order_steps import story as any_story

ALL = {*TYPE_PERMISSIONS.values(), *FIELD_PERMISSIONS.values()}


@contextmanager
def story(*, produced: bool = True, switches: Switches | None = None) -> Iterator[OrderStory]:
    """`produced`: whether Centra has switched the system on. No webhook arrives."""
    with any_story() as told:
        mapping = told.world.mapping
        told.world.mapping = replace(mapping, centra=replace(mapping.centra, events=True), switches=switches or mapping.switches)
        told.world.centra.modes(events=produced)
        told.run(100.0)
        told.world.centra.webhook_faults(lose=1_000_000)
        yield told


def refused(told: OrderStory) -> State | None:
    case = told.world.cases.find(Kind.VENDOR_REFUSED, REFUSED)
    return case.state if case else None


def test_an_order_and_its_shipment_are_told_within_two_minutes_and_confirmed() -> None:
    with story() as told:
        number = told.order([("TEE-S", 2)], [11])
        told.run(120.0)
        assert told.held(number, 11) == {"TEE-S": 2}
        told.world.centra.ship(number)
        told.run(120.0)
        assert told.delivered(number, 11) == {"TEE-S": 2}
        in_step(told)
        told.run(120.0)
        assert told.world.centra.events.waiting == {}


def test_a_quiet_minute_costs_one_request_and_the_lists_are_not_read() -> None:
    with story() as told:
        told.run(120.0)
        calls = Calls(told)
        told.run(600.0)
        spent = calls.centra()
        assert spent["events"] == 10
        assert not spent.keys() & {"setEventListeners", "confirmEvents"}
        assert spent["orders"] == spent["shipments"] == spent["stockChanges"], "somebody beside the drain reads the lists"


def test_a_return_made_in_centra_is_told() -> None:
    with story() as told:
        number = told.order([("TEE-S", 2)], [11])
        told.run(120.0)
        told.hand_out(number)
        told.run(120.0)
        (shipment,) = told.state(number)["shipments"]
        told.world.centra.return_by_mail(shipment["id"], [("TEE-S", 1)])
        told.run(150.0)
        (copy,) = told.copies(number, live=False)
        assert told.world.sitoo.orderbook.refunds_of[copy.orderid]
        in_step(told)


def test_more_events_than_one_reading_holds() -> None:
    with story() as told:
        for _ in range(MOST_EVENTS + 30):
            told.world.centra.events.note("order", "update", 1)
        number = told.order([("TEE-S", 1)], [11])
        told.run(70.0)
        assert told.held(number, 11) == {"TEE-S": 1}
        assert told.world.centra.events.waiting == {}


def test_what_was_deleted_is_confirmed_too() -> None:
    with story() as told:
        told.world.centra.events.note("shipment", "delete", 999_999)
        told.world.centra.events.note("return", "delete", 999_999)
        told.run(70.0)
        assert told.world.centra.events.waiting == {}
        assert told.problems() == {}


@pytest.mark.parametrize(("died_at", "nth"), [("send orders", 1), *((f"centra.{when}", nth) for when in ("before", "after") for nth in range(1, 6))])
def test_who_dies_before_the_confirmation_is_told_again(died_at: str, nth: int) -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        left = [nth]

        def step(operation: str) -> None:
            if operation == died_at:
                left[0] -= 1
                if left[0] == 0:
                    raise Crash

        told.world.step = step
        told.run(600.0)
        assert left[0] <= 0, "nobody died: the test would show nothing"
        assert told.held(number, 11) == {"TEE-S": 1}
        assert len(told.copies(number)) == 1
        assert told.world.centra.events.waiting == {}


def test_a_confirmation_that_is_lost_costs_another_look() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.world.centra.fault("drop_after", operation="ConfirmEvents")
        told.run(150.0)
        assert len(told.copies(number)) == 1
        assert told.world.centra.events.waiting == {}


def test_a_system_nobody_switched_on_costs_a_quarter_of_an_hour_and_no_order() -> None:
    with story(produced=False) as told:
        told.run(120.0)
        number = told.order([("TEE-S", 1)], [11])
        told.run(960.0)
        assert told.held(number, 11) == {"TEE-S": 1}


def test_the_lists_do_not_send_again_what_was_told() -> None:
    with story() as told:
        for _ in range(3):
            told.order([("CAP", 1)], [11])
        told.run(200.0)
        polled = len(told.world.polled)
        told.run(900.0)
        assert [p["orders"] for p in told.world.polled[polled:] if p["orders"]] == []


@pytest.mark.parametrize("blip", [False, True])
def test_nor_do_they_for_shipments_or_because_the_events_could_not_be_read_once(blip: bool) -> None:
    with story() as told:
        several = [told.order([("CAP", 1)], [11]) for _ in range(3)]
        told.run(70.0)
        for number in several:
            told.world.centra.ship(number)
        told.run(200.0)
        polled = len(told.world.polled)
        if blip:
            told.world.centra.fault("error", status=503, operation="WaitingEvents")
        told.run(900.0)
        assert [p["orders"] for p in told.world.polled[polled:] if p["orders"]] == []


def test_without_the_permission_the_lists_are_read_each_minute_and_people_are_told_until_it_is_given() -> None:
    with story() as told:
        told.world.centra.token(permissions=sorted(ALL - {"Event:read", "Event:write"}))
        number = told.order([("TEE-S", 1)], [11])
        told.run(120.0)
        assert told.held(number, 11) == {"TEE-S": 1}
        assert refused(told) is State.OPEN
        told.world.centra.token()
        told.run(120.0)
        assert refused(told) is State.RESOLVED


def test_people_who_do_without_the_events_system_are_told_no_more() -> None:
    with story() as told:
        told.world.centra.token(permissions=sorted(ALL - {"Event:read", "Event:write"}))
        told.run(70.0)
        assert refused(told) is State.OPEN
        told.world.mapping = replace(told.world.mapping, centra=replace(told.world.mapping.centra, events=False))
        told.run(70.0)
        assert refused(told) is State.RESOLVED


def test_events_that_cannot_be_confirmed_are_not_sent_each_minute_and_the_lists_are_read_meanwhile() -> None:
    with story() as told:
        first = told.order([("TEE-S", 1)], [11])
        told.world.centra.token(permissions=sorted(ALL - {"Event:write"}))
        told.run(120.0)
        assert told.held(first, 11) == {"TEE-S": 1}
        assert refused(told) is State.OPEN
        second = told.order([("TEE-S", 1)], [11])
        polled = len(told.world.polled)
        told.run(600.0)
        assert told.held(second, 11) == {"TEE-S": 1}
        assert refused(told) is State.OPEN
        assert sum(p["orders"] for p in told.world.polled[polled:]) <= 4
        told.world.centra.token()
        told.run(120.0)
        assert refused(told) is State.RESOLVED
        assert told.world.centra.events.waiting == {}


@pytest.mark.parametrize(
    ("switches", "kinds"),
    [
        (Switches(sync_orders=True), {"Order", "Shipment"}),
        (Switches(sync_returns=True), {"Return", "PaymentHistoryEntry"}),
        (Switches(sync_orders=True, sync_returns=True), {"Order", "Shipment", "Return", "PaymentHistoryEntry"}),
    ],
)
def test_only_what_is_wanted_is_listened_to(switches: Switches, kinds: set[str]) -> None:
    with story(switches=switches) as told:
        assert set(told.world.centra.events.listeners) == kinds


def test_a_listener_that_somebody_removed_is_set_again_within_the_hour() -> None:
    with story() as told:
        told.world.centra.events.ignore("Order", None)
        told.run(3_700.0)
        assert "Order" in told.world.centra.events.listeners
