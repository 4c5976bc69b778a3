"""The function dies once, at any of its steps: what it had begun is found and finished, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.domain.exceptions import Kind
from connector.domain.order_settings import Uncollected
from sandbox.order_story import OrderStory
from sandbox.stand_ins import Crash
from tests.flows.order_steps import file_of, in_step, let_days_pass, story, with_settings

SOON = with_settings(uncollected=Uncollected(remind_after_days=1, release_after_days=2))
CONFIRM = with_settings(confirm_allocations=True)
MESSAGES_COME_BACK_S = 900.0


@pytest.mark.parametrize("at", range(66, 420, 17))
def test_a_paid_pick_up_that_nobody_collected(at: int) -> None:
    with story(settings=SOON) as told:
        number = _ready(told, payment="captured")
        _die(told, at)
        let_days_pass(told, 2.1)
        told.run(MESSAGES_COME_BACK_S)
        state = told.state(number)
        assert (len(state["shipments"]), len(state["returns"])) == (1, 1)
        assert len(told.world.bus.facts("order.released")) <= 1
        # Between the decision to refund and the call nobody knows whether it was made: then people are told, and it is not made again.
        parked = {Kind.UNCOLLECTED.value: [f"order/{number}/return/{state['returns'][0]['id']}"]}
        assert (state["psp"]["refunded"], told.problems()) in ((10_000, {}), (0, parked))
        in_step(told)
        assert told.world.counts.crashes == 1


@pytest.mark.parametrize("at", range(66, 130, 5))
def test_an_unpaid_pick_up_that_nobody_collected(at: int) -> None:
    with story(settings=SOON) as told:
        number = _ready(told)
        _die(told, at)
        let_days_pass(told, 2.1)
        told.run(MESSAGES_COME_BACK_S)
        state = told.state(number)
        assert (state["shipments"], state["lines"][0]["cancelled"], state["psp"]["captured"]) == ([], 1, 0)
        assert told.copies(number) == []
        assert told.physical(11, "TEE-S") == 5
        assert not file_of(told, number).is_open
        assert told.problems() == {}
        in_step(told)
        assert told.world.counts.crashes == 1


@pytest.mark.parametrize("refused", [True, False], ids=["rejected", "handed out"])
@pytest.mark.parametrize("at", range(1, 120, 9))
def test_a_store_that_answers_an_allocation_request(at: int, refused: bool) -> None:
    with story(settings=CONFIRM) as told:
        for warehouse in (11, 12):
            told.world.centra.catalogue.warehouse(warehouse).allocation_policy = "DIRECT_THEN_CONFIRM"
        number = told.order([("TEE-S", 1)], [11, 12])
        told.run(5.0)
        _die(told, at)
        copy = told.copy(number).orderid
        act: Callable[[int], object] = told.world.sitoo.pickup_rejected if refused else told.world.sitoo.deliver
        act(copy)
        told.run(MESSAGES_COME_BACK_S)
        answers = {request["warehouse"]: request["status"] for request in told.state(number)["requests"]}
        assert answers == ({11: "rejected", 12: "allocated"} if refused else {11: "confirmed"})
        assert told.held(number, 12 if refused else 11) == {"TEE-S": 1}
        assert len(told.state(number)["shipments"]) == (0 if refused else 1)
        in_step(told)
        assert told.world.counts.crashes == 1


@pytest.mark.parametrize("at", range(1, 100, 9))
def test_an_order_on_its_way_to_two_stores(at: int) -> None:
    with story({"TEE-S": 1, "TEE-M": 1, "CAP": 1}) as told:
        _die(told, at)
        number = told.order([("TEE-S", 2), ("CAP", 1)], [11, 12])
        told.run(MESSAGES_COME_BACK_S)
        assert (told.held(number, 11), told.held(number, 12)) == ({"TEE-S": 1, "CAP": 1}, {"TEE-S": 1})
        assert len(told.copies(number, live=False)) == 2
        assert told.problems() == {}
        in_step(told)
        assert told.world.counts.crashes == 1


def _ready(told: OrderStory, *, payment: str = "authorised") -> int:
    number = told.order([("TEE-S", 1)], [11], payment=payment)
    told.run(5.0)
    told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
    told.run(5.0)
    return number


def _die(told: OrderStory, at: int) -> None:
    """The function that takes this step (a call to a vendor or a table) dies."""
    left = [at]

    def step(operation: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    told.world.step = step
