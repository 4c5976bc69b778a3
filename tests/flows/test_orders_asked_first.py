"""Warehouses that are asked: "Direct, then confirm" is answered from what the store does with its copy, "Check first" is waited for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.domain.exceptions import Kind
from sandbox.order_story import OrderStory
from tests.flows.order_steps import file_of, in_step, story, with_settings

CONFIRM = with_settings(confirm_allocations=True)


@pytest.fixture
def told() -> Iterator[OrderStory]:
    with story(settings=CONFIRM) as begun:
        _policy(begun, "DIRECT_THEN_CONFIRM", 11, 12)
        yield begun


def test_the_store_sees_the_order_before_it_is_confirmed_and_ready_confirms_it(told: OrderStory) -> None:
    number = told.order([("TEE-S", 1)], [11, 12])
    told.run(5.0)
    assert told.held(number, 11) == {"TEE-S": 1}
    assert _requests(told, number) == {11: "allocated"}
    told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
    told.run(20.0)
    assert _requests(told, number) == {11: "confirmed"}
    told.hand_out(number)
    told.run(130.0)
    assert told.shipped_from(number, 11) == {"TEE-S": 1}
    assert told.problems() == {}
    in_step(told)


def test_what_is_handed_out_at_once_is_confirmed_and_shipped(told: OrderStory) -> None:
    number = told.order([("TEE-S", 1)], [11, 12])
    told.run(5.0)
    told.hand_out(number)
    told.run(20.0)
    assert _requests(told, number) == {11: "confirmed"}
    assert told.state(number)["psp"]["captured"] == 10_000
    assert told.problems() == {}
    in_step(told)


def test_a_rejection_is_passed_on_and_centra_re_routes_by_itself(told: OrderStory) -> None:
    number = told.order([("TEE-S", 1)], [11, 12])
    told.run(5.0)
    told.world.sitoo.pickup_rejected(told.copy(number).orderid)
    told.run(130.0)
    assert _requests(told, number) == {11: "rejected", 12: "allocated"}
    assert (told.held(number, 11), told.held(number, 12)) == ({}, {"TEE-S": 1})
    assert not {"unallocateOrder", "allocateOrder"} & told.world.centra.calls().keys()
    assert told.physical(11, "TEE-S") == 4, "what could not be found is not offered"
    in_step(told)


def test_a_time_out_moves_the_order_on_and_its_copy_follows(told: OrderStory) -> None:
    number = told.order([("TEE-S", 1)], [11, 12])
    told.run(5.0)
    told.world.schedules = False
    told.run(3700.0)
    told.world.schedules = True
    told.run(130.0)
    assert _requests(told, number)[11] == "timed-out"
    assert (told.held(number, 11), told.held(number, 12)) == ({}, {"TEE-S": 1})
    in_step(told)


def test_an_answer_that_broke_off_is_not_given_twice(told: OrderStory) -> None:
    number = told.order([("TEE-S", 1)], [11, 12])
    told.run(5.0)
    told.world.centra.fault("drop_after", operation="allocation-request")
    told.hand_out(number)
    told.run(200.0)
    assert _requests(told, number) == {11: "confirmed"}
    assert told.shipped_from(number, 11) == {"TEE-S": 1}
    in_step(told)


def test_a_till_that_sold_the_unit_rejects_the_request(told: OrderStory) -> None:
    told.world.sitoo.sell(101, {"TEE-S": 5})
    number = told.order([("TEE-S", 1)], [11, 12])
    told.run(240.0)
    assert _requests(told, number)[11] == "rejected"
    assert (told.held(number, 11), told.held(number, 12)) == ({}, {"TEE-S": 1})
    in_step(told)


def test_without_the_switch_the_store_gets_the_order_only_when_it_has_confirmed_by_itself() -> None:
    with story() as told:
        _policy(told, "DIRECT_THEN_CONFIRM", 11)
        number = told.order([("TEE-S", 1)], [11])
        told.run(130.0)
        assert told.copies(number, live=False) == []
        file = file_of(told, number)
        assert "confirm" in file.awaiting
        told.world.centra.answer_request(told.state(number)["requests"][0]["id"], True)
        told.run(130.0)
        assert told.held(number, 11) == {"TEE-S": 1}


def test_an_order_that_is_offered_waits_until_a_store_accepts_it() -> None:
    with story(settings=CONFIRM) as told:
        _policy(told, "CHECK_FIRST", 11, 12)
        number = told.order([("TEE-S", 1)], [11, 12])
        told.run(130.0)
        assert told.copies(number, live=False) == []
        file = file_of(told, number)
        assert "accept" in file.awaiting
        told.world.centra.answer_offer(number, 12, True)
        told.run(130.0)
        assert (told.held(number, 11), told.held(number, 12)) == ({}, {"TEE-S": 1})
        assert told.problems() == {}
        in_step(told)


def test_an_offer_that_every_store_declines_goes_the_normal_way() -> None:
    with story(settings=CONFIRM) as told:
        _policy(told, "CHECK_FIRST", 11)
        number = told.order([("TEE-S", 1)], [11, 13])
        told.run(10.0)
        told.world.centra.answer_offer(number, 11, False)
        told.run(130.0)
        assert told.held(number, 13) == {"TEE-S": 1}


def test_an_accepted_offer_that_the_store_cannot_keep_is_re_routed() -> None:
    with story(settings=CONFIRM) as told:
        _policy(told, "CHECK_FIRST", 11)
        number = told.order([("TEE-S", 1)], [11, 13])
        told.run(10.0)
        told.world.centra.answer_offer(number, 11, True)
        told.run(10.0)
        told.world.sitoo.pickup_rejected(told.copy(number).orderid)
        told.run(130.0)
        assert told.held(number, 11) == {}
        assert sum(sum(told.held(number, w).values()) for w in (12, 13)) == 1
        assert Kind.FULFILMENT_REJECTED.value in told.problems()
        in_step(told)


def _policy(told: OrderStory, policy: str, *warehouses: int) -> None:
    for warehouse in warehouses:
        place = told.world.centra.catalogue.warehouse(warehouse)
        place.allocation_policy, place.timeout_hours = policy, 1.0


def _requests(told: OrderStory, number: int) -> dict[int, str]:
    return {request["warehouse"]: request["status"] for request in told.state(number)["requests"]}
