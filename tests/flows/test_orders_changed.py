"""What changes in Centra after the transfer: converged by taking copies back and making them anew, refused once the store has begun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connector.domain.exceptions import Kind, Owner, State
from sandbox.order_story import PICK_UP, SHIP, OrderStory
from sandbox.sitoo.records import CANCELLED, OPEN
from tests.flows.order_steps import Calls, case_of, copies_total, file_of, in_step, let_days_pass, on_hand, redrive, story, with_settings


def test_a_cancelled_order_leaves_the_store() -> None:
    with story() as told:
        number = told.order([("TEE-S", 2)], [11])
        told.run(5.0)
        told.world.centra.cancel_lines(number)
        told.run(130.0)
        assert told.copies(number) == []
        assert on_hand(told, 101, "TEE-S") == (5, 0)
        assert told.state(number)["lines"][0]["cancelled"] == 2
        assert told.physical(11, "TEE-S") == 5
        file = file_of(told, number)
        assert not file.is_open
        assert told.problems() == {}
        in_step(told)


def test_a_cancelled_line_makes_the_copy_anew_without_it() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1), ("CAP", 2)], [11])
        told.run(5.0)
        told.world.centra.cancel_lines(number, [("CAP", 1)])
        told.run(30.0)
        states = {copy.externalid: copy.state for copy in told.copies(number, live=False)}
        assert states == {f"C{number}-W11-R1": CANCELLED, f"C{number}-W11-R2": OPEN}
        assert told.held(number, 11) == {"TEE-S": 1, "CAP": 1}
        assert copies_total(told, number) == told.state(number)["grand_total"] == 20_000
        in_step(told)


def test_an_edited_address_reaches_the_store_on_a_new_copy() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11], option=SHIP)
        told.run(5.0)
        told.world.centra.edit_address(number, address1="Nygatan 7")
        told.run(30.0)
        assert told.copy(number).written["delivery_address"] == "Nygatan 7"
        assert told.copy(number).externalid == f"C{number}-W11-R2"
        assert told.world.sitoo.snapshot()[101]["TEE-S"] == {"total": 5, "reserved": 1}


def test_a_change_that_the_store_does_not_see_writes_nothing() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        calls = Calls(told)
        told.world.centra.comment(number, internal_comment="called the customer")
        told.run(30.0)
        assert told.copy(number).externalid == f"C{number}-W11-R1"
        assert not {"POST orders", "PUT orders"} & calls.sitoo().keys()


def test_an_order_on_hold_is_taken_back_and_sent_again_when_it_is_resumed() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.centra.hold(number, "asked by the customer")
        told.run(30.0)
        assert told.copies(number) == []
        assert told.state(number)["on_hold"]
        told.world.centra.resume(number)
        told.run(30.0)
        assert told.copy(number).externalid == f"C{number}-W11-R2"
        assert told.held(number, 11) == {"TEE-S": 1}
        assert told.problems() == {}
        in_step(told)


def test_a_re_allocated_order_moves_to_the_other_store() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1), ("CAP", 1)], [11])
        told.run(5.0)
        told.world.centra.reallocate(number, 12, [("CAP", 1)])
        told.run(130.0)
        assert (told.held(number, 11), told.held(number, 12)) == ({"TEE-S": 1}, {"CAP": 1})
        assert copies_total(told, number) == told.state(number)["grand_total"]
        assert (on_hand(told, 101, "CAP"), on_hand(told, 102, "CAP")) == ((5, 0), (5, 1))
        in_step(told)


def _cancel(told: OrderStory, number: int) -> Any:
    return told.world.centra.cancel_lines(number)


def _hold(told: OrderStory, number: int) -> Any:
    return told.world.centra.hold(number, "asked by the customer")


def _move(told: OrderStory, number: int) -> Any:
    return told.world.centra.reallocate(number, 12)


def _edit(told: OrderStory, number: int) -> Any:
    return told.world.centra.edit_address(number, address1="Nygatan 7")


@pytest.mark.parametrize("change", [_cancel, _hold, _move, _edit])
def test_once_the_store_has_begun_nothing_is_changed_and_people_are_told(change: Callable[[OrderStory, int], Any]) -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11], option=SHIP if change is _edit else PICK_UP)
        told.run(5.0)
        told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
        told.run(5.0)
        calls = Calls(told)
        change(told, number)
        told.run(130.0)
        assert told.copy(number).externalid == f"C{number}-W11-R1"
        assert not {"POST orders", "PUT orders", "POST orderdeliveries"} & calls.sitoo().keys()
        assert not {"createShipment", "allocateOrder", "unallocateOrder"} & calls.centra().keys()
        assert told.problems() == {Kind.ORDER_CHANGED_TOO_LATE.value: [f"order/{number}/warehouse/11"]}
        assert case_of(told, Kind.ORDER_CHANGED_TOO_LATE, number).problem.owner is Owner.CUSTOMER_SERVICE


def test_a_change_that_is_undone_after_the_store_began_goes_through() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
        told.run(5.0)
        told.world.centra.hold(number, "asked by the customer")
        told.run(10.0)
        assert case_of(told, Kind.ORDER_CHANGED_TOO_LATE, number).state is State.OPEN
        told.world.centra.resume(number)
        told.run(10.0)
        assert case_of(told, Kind.ORDER_CHANGED_TOO_LATE, number).state is State.RESOLVED
        told.hand_out(number)
        told.run(10.0)
        assert told.shipped_from(number, 11) == {"TEE-S": 1}
        in_step(told)


def test_a_store_that_puts_the_goods_back_lets_the_cancellation_through() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        copy = told.copy(number)
        told.world.sitoo.ready_for_pickup(copy.orderid)
        told.run(5.0)
        told.world.centra.cancel_lines(number)
        told.run(10.0)
        told.world.sitoo.cancel_order(copy.orderid)
        redrive(told, Kind.ORDER_CHANGED_TOO_LATE, number, run=130.0)
        assert told.copies(number) == []
        assert case_of(told, Kind.ORDER_CHANGED_TOO_LATE, number).state is State.RESOLVED
        assert told.state(number)["lines"][0]["cancelled"] == 1
        assert Kind.OVERSOLD.value not in told.problems()


def test_a_reservation_is_renewed_after_half_its_time() -> None:
    with story(settings=with_settings(reserve_days=2)) as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        before = told.copy(number).reserved_until
        let_days_pass(told, 0.9)
        assert told.copy(number).reserved_until == before
        let_days_pass(told, 0.2)
        after = told.copy(number).reserved_until
        assert before is not None
        assert after == pytest.approx(before + 1.1 * 86_400, abs=400)
        assert on_hand(told, 101, "TEE-S") == (5, 1)
        in_step(told)
