"""Orders shipped from the central warehouse get a copy that only lets tills take goods back: closed, stock-neutral, within window and volume."""

from __future__ import annotations

from typing import Any

import pytest

from connector.domain.order_settings import ReturnCopies
from sandbox.order_story import MIRROR, SHIP, OrderStory
from sandbox.sitoo.records import CLOSED
from tests.flows.order_steps import Calls, copies_total, file_of, in_step, on_hand, story, with_settings


def _copies(**changes: Any) -> ReturnCopies:
    return ReturnCopies(**{"make": True, "sitoo_warehouse": MIRROR, **changes})


def test_a_centrally_shipped_order_gets_a_closed_copy_that_moves_no_stock() -> None:
    with story() as told:
        number = told.order([("TEE-S", 2), ("CAP", 1)], [1], option=SHIP, shipping_fee=4_900)
        told.run(5.0)
        assert told.copies(number) == []
        told.world.centra.ship(number)
        told.run(130.0)
        (copy,) = told.copies(number)
        assert (copy.state, copy.delivered(), copy.warehouseid) == (CLOSED, True, MIRROR)
        assert on_hand(told, MIRROR, "TEE-S")[1] == 0
        (delivery,) = told.world.sitoo.orderbook.of_order[copy.orderid]
        assert delivery.ignored_stock
        assert copies_total(told, number) == told.state(number)["grand_total"] == 34_900
        assert not [name for name in copy.written if name.startswith("delivery_") or name in ("phone", "namefirst", "namelast")]
        assert len(told.state(number)["shipments"]) == 1, "the copy's delivery became no shipment"
        assert told.problems() == {}
        in_step(told)


@pytest.mark.parametrize("wanted", [True, False])
def test_the_customers_mail_is_on_it_only_if_the_client_wants_it(wanted: bool) -> None:
    with story(settings=with_settings(return_copies=_copies(customer_email=wanted))) as told:
        number = _shipped(told)
        assert ("email" in told.copies(number)[0].written) is wanted


def test_none_is_made_unless_it_is_switched_on() -> None:
    with story(settings=with_settings(return_copies=_copies(make=False))) as told:
        assert told.copies(_shipped(told)) == []


def test_orders_older_than_the_window_are_left_out() -> None:
    with story(settings=with_settings(return_copies=_copies(window_days=1))) as told:
        number = told.order([("TEE-S", 1)], [1], option=SHIP)
        told.world.schedules = False
        told.run(90_000.0)
        told.world.schedules = True
        told.world.centra.ship(number)
        told.run(130.0)
        assert told.copies(number) == []
        assert told.problems() == {}


def test_no_more_than_the_days_volume_are_made_and_that_is_said() -> None:
    with story(settings=with_settings(return_copies=_copies(most_per_day=1))) as told:
        first, second = _shipped(told), _shipped(told)
        assert (len(told.copies(first)), len(told.copies(second))) == (1, 0)
        file = file_of(told, second)
        assert any("no return copy" in step.what for step in file.steps)


def test_two_central_shipments_of_an_order_are_two_copies_that_sum_to_it() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1), ("CAP", 1)], [1], option=SHIP, shipping_fee=2_995, voucher={"code": "V", "amount": 777})
        told.world.centra.ship(number, [("TEE-S", 1)])
        told.run(70.0)
        told.world.centra.ship(number)
        told.run(70.0)
        assert [copy.state for copy in told.copies(number)] == [CLOSED, CLOSED]
        assert copies_total(told, number) == told.state(number)["grand_total"]


def test_an_order_from_a_store_and_the_central_warehouse_has_a_copy_for_each() -> None:
    with story({"TEE-S": 1, "TEE-M": 1, "CAP": 1}) as told:
        number = told.order([("TEE-S", 1), ("CAP", 2)], [11, 1], option=SHIP, shipping_fee=4_900)
        told.run(5.0)
        assert told.held(number, 11) == {"TEE-S": 1, "CAP": 1}
        told.world.centra.ship(number, warehouse=1)
        told.run(30.0)
        told.hand_out(number)
        told.run(130.0)
        assert sorted(copy.warehouseid or 0 for copy in told.copies(number)) == [101, MIRROR]
        assert copies_total(told, number) == told.state(number)["grand_total"]
        assert told.problems() == {}
        in_step(told)


@pytest.mark.parametrize("operation", ["POST orders", "POST orderdeliveries", "PUT orders"])
@pytest.mark.parametrize("kind", ["drop_after", "error_after", "drop_before"])
def test_a_call_that_broke_off_leaves_one_whole_copy(operation: str, kind: str) -> None:
    with story() as told:
        told.world.sitoo.fault(kind, operation=operation)
        calls = Calls(told)
        number = _shipped(told, run=260.0)
        (copy,) = told.copies(number, live=False)
        assert (copy.state, copy.delivered()) == (CLOSED, True)
        assert len(told.world.sitoo.orderbook.of_order[copy.orderid]) == 1
        assert calls.sitoo()["POST orders"] <= 2
        assert told.problems() == {}
        in_step(told)


def _shipped(told: OrderStory, *, run: float = 130.0) -> int:
    number = told.order([("TEE-S", 1)], [1], option=SHIP)
    told.run(5.0)
    told.world.centra.ship(number)
    told.run(run)
    return number
