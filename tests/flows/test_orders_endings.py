"""What people were told about an order closes by itself once its cause is gone, and not before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.domain.exceptions import Kind, State
from sandbox.centra.documents import FIELD_PERMISSIONS, TYPE_PERMISSIONS
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import CLOSED
from tests.flows.order_steps import case_of, cases_of, file_of, in_step, on_hand, redrive, story


def test_a_rejection_is_over_when_the_store_has_counted_and_not_when_the_units_found_another_place() -> None:
    with story() as told:
        number = _rejected(told)
        told.hand_out(number)
        told.run(130.0)
        assert told.state(number)["status"] == "SHIPPED"
        assert case_of(told, Kind.FULFILMENT_REJECTED, number).state is State.OPEN, "the unit is still kept off sale"
        assert file_of(told, number).is_open

        told.world.sitoo.count(101, {"TEE-S": 5})
        told.run(190.0)
        assert case_of(told, Kind.FULFILMENT_REJECTED, number).state is State.RESOLVED
        assert told.physical(11, "TEE-S") == 5
        assert not file_of(told, number).is_open
        assert told.problems() == {}
        in_step(told)


def test_the_rest_of_a_pick_up_that_was_handed_out_in_part_is_over_when_it_is_counted() -> None:
    with story() as told:
        number = told.order([("TEE-S", 2)], [11])
        told.run(5.0)
        copy = told.copy(number)
        told.hand_out(number, {0: 1})
        told.run(20.0)
        told.world.sitoo.pickup_rejected(copy.orderid)
        told.run(130.0)
        assert copy.state == CLOSED
        told.world.sitoo.count(101, {"TEE-S": 4})
        told.run(190.0)
        assert case_of(told, Kind.FULFILMENT_REJECTED, number).state is State.RESOLVED
        assert (on_hand(told, 101, "TEE-S"), told.physical(11, "TEE-S")) == ((4, 0), 4)
        assert told.world.links.open_lines([11]) == []
        in_step(told)


def test_each_store_that_could_not_supply_counts_for_itself() -> None:
    with story() as told:
        number = _rejected(told)
        second = next(w for w in (12, 13) if told.held(number, w))
        told.world.sitoo.pickup_rejected(told.copy(number).orderid)
        told.run(130.0)
        assert set(cases_of(told, Kind.FULFILMENT_REJECTED, number)) == {"warehouse/11", f"warehouse/{second}"}
        told.world.sitoo.count(101, {"TEE-S": 5})
        told.run(190.0)
        states = {about: case.state for about, case in cases_of(told, Kind.FULFILMENT_REJECTED, number).items()}
        assert states == {"warehouse/11": State.RESOLVED, f"warehouse/{second}": State.OPEN}
        assert (told.physical(11, "TEE-S"), told.physical(second, "TEE-S")) == (5, 4)
        in_step(told)


def test_a_rejection_that_was_discarded_does_not_hide_another_stores() -> None:
    with story() as told:
        number = _rejected(told)
        told.world.cases.move(case_of(told, Kind.FULFILMENT_REJECTED, number).case_id, State.DISCARDED, now=told.world.clock.now(), by="anna")
        second = next(w for w in (12, 13) if told.held(number, w))
        told.world.sitoo.pickup_rejected(told.copy(number).orderid)
        told.run(130.0)
        assert told.problems() == {Kind.FULFILMENT_REJECTED.value: [f"order/{number}/warehouse/{second}"]}
        assert (told.held(number, 11), told.held(number, second)) == ({}, {})
        in_step(told)


def _goods_come_and_are_allocated(told: OrderStory, number: int) -> None:
    told.world.sitoo.receive(102, {"TEE-S": 1})
    told.run(10.0)
    told.world.centra.allocate(number, warehouses=[12])
    told.run(70.0)


def _line_is_cancelled(told: OrderStory, number: int) -> None:
    told.world.centra.cancel_lines(number, [("TEE-S", 1)])
    told.run(70.0)


def _everything_is_cancelled(told: OrderStory, number: int) -> None:
    told.world.centra.cancel_lines(number)
    told.run(70.0)


@pytest.mark.parametrize(
    ("mend", "sent"), [(_goods_come_and_are_allocated, ["CAP", "TEE-S"]), (_line_is_cancelled, ["CAP"]), (_everything_is_cancelled, [])]
)
def test_what_nobody_had_is_over_when_nothing_of_it_waits_and_the_order_goes_on(mend: Callable[[OrderStory, int], None], sent: list[str]) -> None:
    with story({"TEE-S": 1, "TEE-M": 1, "CAP": 1}, central=0) as told:
        for warehouse in (102, 103):
            told.world.sitoo.sell(warehouse, {"TEE-S": 1})
        told.run(70.0)
        number = told.order([("TEE-S", 1), ("CAP", 1)], [11])
        told.run(5.0)
        told.world.sitoo.pickup_rejected(told.copy(number).orderid)
        told.run(130.0)
        assert (told.state(number)["on_hold"], case_of(told, Kind.OVERSOLD, number).state) == (True, State.OPEN)

        mend(told, number)
        if sent:
            assert case_of(told, Kind.OVERSOLD, number).state is State.OPEN, "the order is still on hold"
            told.world.centra.resume(number)
            told.run(70.0)
        assert case_of(told, Kind.OVERSOLD, number).state is State.RESOLVED
        assert {w: told.held(number, w) for w in (11, 12, 13)} == {w: told.allocated_at(number, w) for w in (11, 12, 13)}
        held = [sku for w in (12, 13) for sku in told.held(number, w)]
        assert sorted(held) == sent
        in_step(told)


def _rejected(told: OrderStory) -> int:
    number = told.order([("TEE-S", 1)], [11])
    told.run(5.0)
    told.world.sitoo.pickup_rejected(told.copy(number).orderid)
    told.run(130.0)
    return number


def test_a_failed_capture_that_was_given_up_does_not_hide_the_next_deliverys() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1), ("CAP", 1)], [11])
        told.run(5.0)
        told.world.centra.fail_captures(1)
        first = told.hand_out(number, {0: 1})
        told.run(130.0)
        given_up = case_of(told, Kind.CAPTURE_FAILED, number)
        told.world.cases.move(given_up.case_id, State.DISCARDED, now=told.world.clock.now(), by="anna")
        told.world.centra.fail_captures(1)
        second = told.hand_out(number)
        told.run(130.0)
        states = {about: case.state for about, case in cases_of(told, Kind.CAPTURE_FAILED, number).items()}
        assert states == {f"delivery/{first}": State.DISCARDED, f"delivery/{second}": State.OPEN}
        assert told.delivered(number, 11) == {"TEE-S": 1, "CAP": 1}
        assert (told.state(number)["psp"]["captured"], told.shipped_from(number, 11)) == (0, {})
        in_step(told)


def test_a_count_does_not_have_an_order_that_a_vendor_refuses_tried_each_minute() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.sitoo.fault("error", times=None, status=400, operation="POST orders")
        told.world.sitoo.pickup_rejected(told.copy(number).orderid)
        told.run(130.0)
        assert Kind.VENDOR_REFUSED.value in told.problems()
        told.world.sitoo.count(101, {"TEE-S": 5})
        told.run(60.0)
        before = told.world.sitoo.calls()["POST orders"]
        told.run(600.0)
        assert told.world.sitoo.calls()["POST orders"] - before <= 1
        told.world.sitoo.clear_faults()
        redrive(told, Kind.VENDOR_REFUSED, number)
        told.run(130.0)
        assert case_of(told, Kind.FULFILMENT_REJECTED, number).state is State.RESOLVED
        in_step(told)


def test_what_centra_refuses_of_a_hand_out_stays_told_until_it_goes_through_and_is_not_tried_each_minute() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(10.0)
        told.world.centra.token(permissions=sorted({*TYPE_PERMISSIONS.values(), *FIELD_PERMISSIONS.values()} - {"Shipment:write"}))
        told.hand_out(number)
        told.run(60.0)
        requests = told.world.sitoo.calls()["GET orderdeliveries"]
        told.world.centra.comment(number, internal_comment="the order changed, and went through")
        told.run(600.0)
        case = case_of(told, Kind.VENDOR_REFUSED, number)
        assert case.state is State.OPEN
        assert [step.what for step in case.history].count("resolved") == 0
        assert told.world.sitoo.calls()["GET orderdeliveries"] - requests <= 4
        told.world.centra.token()
        told.run(1_000.0)
        assert told.state(number)["status"] == "SHIPPED"
        assert case_of(told, Kind.VENDOR_REFUSED, number).state is State.RESOLVED
        in_step(told)
