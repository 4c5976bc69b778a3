"""Units a store does not have after all: withheld or not, freed, found elsewhere, or told; the store is left out from then on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.domain.exceptions import Kind, Owner
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import CANCELLED, CLOSED
from tests.flows.order_steps import Calls, case_of, file_of, in_step, on_hand, story, with_settings


def test_a_rejected_pick_up_is_withheld_and_goes_to_the_store_that_has_most_of_it() -> None:
    with story({"TEE-S": 2, "TEE-M": 2, "CAP": 2}) as told:
        told.world.sitoo.receive(103, {"TEE-S": 3})
        told.run(5.0)
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.sitoo.pickup_rejected(told.copy(number).orderid)
        told.run(130.0)
        assert (told.held(number, 11), told.held(number, 13)) == ({}, {"TEE-S": 1})
        assert {copy.externalid: copy.state for copy in told.copies(number, live=False)}[f"C{number}-W11-R1"] == CANCELLED
        assert on_hand(told, 101, "TEE-S") == (2, 0)
        assert told.physical(11, "TEE-S") == 1, "what could not be found is not offered"
        assert told.problems() == {Kind.FULFILMENT_REJECTED.value: [f"order/{number}/warehouse/11"]}
        assert case_of(told, Kind.FULFILMENT_REJECTED, number).problem.owner is Owner.RETAIL_OPS
        in_step(told)

        told.world.sitoo.count(101, {"TEE-S": 1})
        told.run(130.0)
        assert told.physical(11, "TEE-S") == 1, "the count says what is there"
        in_step(told)


def test_a_count_that_finds_the_unit_puts_it_on_sale_again() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.sitoo.pickup_rejected(told.copy(number).orderid)
        told.run(70.0)
        assert told.physical(11, "TEE-S") == 4
        told.world.sitoo.count(101, {"TEE-S": 5})
        told.run(130.0)
        assert told.physical(11, "TEE-S") == 5
        in_step(told)


def test_what_no_store_has_is_sent_from_the_central_warehouse() -> None:
    with story({"TEE-S": 0, "TEE-M": 0, "CAP": 0}) as told:
        told.world.sitoo.receive(101, {"TEE-S": 1})
        told.run(10.0)
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.sitoo.pickup_rejected(told.copy(number).orderid)
        told.run(130.0)
        assert told.allocated_at(number, 1) == {"TEE-S": 1}
        assert told.copies(number) == []
        in_step(told)


def test_the_client_may_prefer_the_central_warehouse() -> None:
    with story(settings=with_settings(central_first=True)) as told:
        number = _rejected(told)
        assert (told.allocated_at(number, 1), told.allocated_at(number, 12)) == ({"TEE-S": 1}, {})


def test_the_client_may_re_allocate_by_hand() -> None:
    with story(settings=with_settings(reallocate=False)) as told:
        number = _rejected(told)
        assert told.state(number)["lines"][0]["unallocated"] == 1
        assert told.state(number)["on_hold"]
        assert case_of(told, Kind.OVERSOLD, number).problem.owner is Owner.CUSTOMER_SERVICE


def test_what_nobody_has_holds_the_order_and_goes_to_customer_service() -> None:
    with story({"TEE-S": 1, "TEE-M": 1, "CAP": 1}, central=0) as told:
        for warehouse in (102, 103):
            told.world.sitoo.sell(warehouse, {"TEE-S": 1})
        told.run(70.0)
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.sitoo.pickup_rejected(told.copy(number).orderid)
        told.run(130.0)
        state = told.state(number)
        assert (state["on_hold"], state["lines"][0]["unallocated"]) == (True, 1)
        assert told.copies(number) == []
        case = case_of(told, Kind.OVERSOLD, number)
        assert case.problem.owner is Owner.CUSTOMER_SERVICE
        assert case.problem.evidence["lines"] == ["TEE-S: 1"]
        in_step(told)


def test_only_the_units_left_are_lost_when_part_was_handed_out() -> None:
    with story() as told:
        number = told.order([("TEE-S", 2)], [11])
        told.run(5.0)
        copy = told.copy(number)
        told.hand_out(number, {0: 1})
        told.run(20.0)
        told.world.sitoo.pickup_rejected(copy.orderid)
        told.run(130.0)
        assert copy.state == CLOSED
        assert told.shipped_from(number, 11) == {"TEE-S": 1}
        elsewhere = [w for w in (12, 13) if told.held(number, w)]
        assert [told.held(number, w) for w in elsewhere] == [{"TEE-S": 1}]
        in_step(told)


def _staff_cancel(told: OrderStory, order_id: int) -> None:
    told.world.sitoo.cancel_order(order_id)


def _doubled_rejection(told: OrderStory, order_id: int) -> None:
    told.world.sitoo.double_events(3)
    told.world.sitoo.pickup_rejected(order_id)
    told.world.sitoo.pickup_rejected(order_id)


@pytest.mark.parametrize("refuse", [_staff_cancel, _doubled_rejection])
def test_each_way_of_refusing_moves_the_order_once(refuse: Callable[[OrderStory, int], None]) -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        calls = Calls(told)
        refuse(told, told.copy(number).orderid)
        told.run(130.0)
        assert (calls.centra()["unallocateOrder"], calls.centra()["allocateOrder"]) == (1, 1)
        assert told.held(number, 11) == {}
        assert sum(sum(told.held(number, w).values()) for w in (12, 13)) == 1
        in_step(told)


def test_a_store_that_rejected_an_order_does_not_get_it_again_from_the_connector() -> None:
    with story({"TEE-S": 2, "TEE-M": 2, "CAP": 2}, central=0) as told:
        told.world.sitoo.sell(103, {"TEE-S": 2})
        told.run(70.0)
        number = _rejected(told)
        assert told.held(number, 12) == {"TEE-S": 1}
        told.world.sitoo.pickup_rejected(told.copy(number).orderid)
        told.run(130.0)
        assert (told.held(number, 11), told.held(number, 12)) == ({}, {})
        assert told.state(number)["on_hold"], "both stores have one more unit, and neither gets the order again"
        assert file_of(told, number).excluded == {11, 12}
        in_step(told)


@pytest.mark.parametrize("counted", [False, True])
def test_a_store_that_rejected_an_order_gets_it_again_from_people(counted: bool) -> None:
    with story() as told:
        number = _rejected(told)
        (second,) = told.copies(number)
        if counted:
            told.world.sitoo.count(101, {"TEE-S": 5})
            told.run(10.0)
        told.world.centra.reallocate(number, 11)
        told.run(130.0)
        assert second.state == CANCELLED
        assert told.copy(number).externalid == f"C{number}-W11-R2"
        assert told.held(number, 11) == told.allocated_at(number, 11) == {"TEE-S": 1}
        assert file_of(told, number).excluded == frozenset()
        told.hand_out(number)
        told.run(130.0)
        assert told.shipped_from(number, 11) == told.delivered(number, 11) == {"TEE-S": 1}
        assert told.problems() == ({} if counted else {Kind.FULFILMENT_REJECTED.value: [f"order/{number}/warehouse/11"]})
        in_step(told)


def test_a_store_that_rejects_it_a_second_time_is_left_out_a_second_time() -> None:
    with story() as told:
        number = _rejected(told)
        told.world.centra.reallocate(number, 11)
        told.run(70.0)
        told.world.sitoo.pickup_rejected(told.copy(number).orderid)
        told.run(130.0)
        assert told.held(number, 11) == {}
        assert sum(sum(told.held(number, w).values()) for w in (12, 13)) == 1
        assert file_of(told, number).excluded == {11}
        in_step(told)


@pytest.mark.parametrize("latency", [0.0, 0.2])
def test_the_last_unit_sold_at_the_till_and_online_at_once_goes_to_the_till(latency: float) -> None:
    with story({"TEE-S": 1, "TEE-M": 1, "CAP": 1}, latency=latency) as told:
        told.world.sitoo.sell(101, {"TEE-S": 1})
        number = told.order([("TEE-S", 1)], [11])
        told.run(240.0)
        assert told.held(number, 11) == {}
        assert [told.held(number, w) for w in (12, 13) if told.held(number, w)] == [{"TEE-S": 1}]
        assert (on_hand(told, 101, "TEE-S"), told.physical(11, "TEE-S")) == ((0, 0), 0)
        assert Kind.FULFILMENT_REJECTED.value not in told.problems(), "nothing is withheld: the till took it"
        file = file_of(told, number)
        assert 11 in file.excluded
        in_step(told)


def test_a_till_sale_does_not_take_what_a_store_holds_ready() -> None:
    with story({"TEE-S": 1, "TEE-M": 1, "CAP": 1}) as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
        told.run(5.0)
        told.world.sitoo.sell(101, {"TEE-S": 1})
        told.run(240.0)
        assert told.held(number, 11) == {"TEE-S": 1}
        told.hand_out(number)
        told.run(130.0)
        assert told.shipped_from(number, 11) == {"TEE-S": 1}
        in_step(told)


def _rejected(told: OrderStory) -> int:
    number = told.order([("TEE-S", 1)], [11])
    told.run(5.0)
    told.world.sitoo.pickup_rejected(told.copy(number).orderid)
    told.run(130.0)
    return number
