"""The order client writes into the Centra sandbox: shipments, captures, allocations, returns."""

from __future__ import annotations

from typing import Any

import pytest

from connector.centra.order_models import CentraOrder, Written
from tests.sandbox.connected_orders import START, CentraOrderWorld

State = dict[str, Any]


@pytest.fixture
def world() -> CentraOrderWorld:
    return CentraOrderWorld()


def placed(world: CentraOrderWorld, units: int = 2, **wishes: Any) -> int:
    return int(world.state.place_order([("TEE-M", units)], [11], **wishes)["number"])


def read(world: CentraOrderWorld, number: int) -> CentraOrder:
    return world.orders.orders([number])[number]


def state(world: CentraOrderWorld, number: int) -> State:
    found: State = world.state.order_state(number)
    return found


def line_of(world: CentraOrderWorld, number: int) -> int:
    return read(world, number).lines[0].id


def shipped(world: CentraOrderWorld, units: int = 2, **wishes: Any) -> tuple[int, int, int]:
    """(order, shipment, shipment line) of an order that is captured and has left."""
    number = placed(world, units, **{"payment": "captured", **wishes})
    shipment = world.state.ship(number)["shipment_id"]
    return number, shipment, read(world, number).shipments[0].lines[0].id


# --- shipments ------------------------------------------------------------------------------------------------------


def test_a_shipment_is_made_captured_and_completed_under_our_key(world: CentraOrderWorld) -> None:
    number = placed(world, shipping_fee=4_900)
    made = world.orders.create_shipment(number, {line_of(world, number): 2}, external_id="sitoo-delivery-5", capture=True, paid=False)
    assert made.id is not None
    assert (made.errors, made.warnings) == ((), ())
    done = world.orders.complete_shipment(made.id, shipped_at=START + 3, send_email=True, carrier="PostNord", service="Home", tracking="T1")
    assert done == Written(made.id)
    (shipment,) = state(world, number)["shipments"]
    assert (shipment["external_id"], shipment["captured"], shipment["captured_value"], shipment["shipped_at"]) == (
        "sitoo-delivery-5",
        True,
        24_900,
        START + 3,
    )
    assert shipment["info"] == {"carrier": "PostNord", "service": "Home", "trackingNumber": "T1"}
    assert state(world, number)["mails"] == ["shipment"]
    (told,) = read(world, number).shipments
    assert (told.external_id, told.captured, told.paid, told.shipped_at) == ("sitoo-delivery-5", True, True, START + 3)
    assert (told.carrier, told.service, told.tracking) == ("PostNord", "Home", "T1")
    assert (read(world, number).status, world.state.snapshot()[11]["TEE-M"]["physical"]) == ("SHIPPED", 3)


def test_a_capture_that_fails_is_a_warning_at_first_and_an_error_of_its_own_later(world: CentraOrderWorld) -> None:
    number = placed(world)
    world.state.fail_captures(2)
    made = world.orders.create_shipment(number, {line_of(world, number): 2}, external_id="k", capture=True, paid=False)
    assert made.id is not None
    assert (len(made.warnings), made.errors) == (1, ())
    again = world.orders.capture_shipment(made.id)
    assert (again.id, len(again.errors)) == (None, 1)
    assert read(world, number).shipments[0].captured is False
    assert world.orders.complete_shipment(made.id, shipped_at=START, send_email=False).errors != ()
    assert world.orders.capture_shipment(made.id) == Written(made.id)
    assert world.orders.complete_shipment(made.id, shipped_at=START, send_email=False) == Written(made.id)
    assert state(world, number)["mails"] == []


def test_what_was_paid_elsewhere_is_only_marked_as_paid(world: CentraOrderWorld) -> None:
    number = placed(world, payment="paid")
    made = world.orders.create_shipment(number, {line_of(world, number): 1}, external_id="k", capture=False, paid=True, tracking="T9")
    (told,) = read(world, number).shipments
    assert (made.id, told.paid, told.captured, told.tracking, told.lines[0].units) == (told.id, True, False, "T9", 1)


def test_more_than_is_allocated_is_refused(world: CentraOrderWorld) -> None:
    number = placed(world)
    answer = world.orders.create_shipment(number, {line_of(world, number): 3}, external_id="k", capture=True, paid=False)
    assert (answer.id, len(answer.errors)) == (None, 1)
    assert read(world, number).shipments == ()


# --- orders ---------------------------------------------------------------------------------------------------------


def test_lost_units_leave_the_stock_and_are_allocated_elsewhere(world: CentraOrderWorld) -> None:
    number = placed(world)
    line = line_of(world, number)
    assert world.orders.unallocate(number, {line: 1}, 11, remove=True, comment="not found") == Written(number)
    assert world.state.snapshot()[11]["TEE-M"]["physical"] == 4
    assert world.orders.allocate(number, {line: 1}, [12], "to store 12") == Written(number)
    told = read(world, number).lines[0]
    assert (told.allocated_to(11), told.allocated_to(12)) == (1, 1)
    assert state(world, number)["history"] == ["not found", "to store 12"]


def test_released_units_can_be_sold_again_and_too_many_are_a_warning(world: CentraOrderWorld) -> None:
    number = placed(world)
    answer = world.orders.unallocate(number, {line_of(world, number): 5}, 11, remove=False, comment="")
    assert (answer.id, answer.errors, len(answer.warnings)) == (number, (), 1)
    assert world.state.snapshot()[11]["TEE-M"] == {"physical": 5, "allocated": 0, "fta": 5}


@pytest.mark.parametrize(("remove", "physical"), [(True, 4), (False, 5)])
def test_lines_are_cancelled(world: CentraOrderWorld, remove: bool, physical: int) -> None:
    number = placed(world)
    assert world.orders.cancel_lines(number, {line_of(world, number): 1}, remove=remove, comment="gone") == Written(number)
    told = read(world, number).lines[0]
    assert (told.quantity, told.cancelled, world.state.snapshot()[11]["TEE-M"]["physical"]) == (1, 1, physical)


def test_an_order_is_held_noted_named_and_stamped(world: CentraOrderWorld) -> None:
    number = placed(world)
    world.state.configure_attribute("sitoo", ["ready_for_pickup"])
    assert world.orders.hold(number, "no stock anywhere") == Written(number)
    assert world.orders.comment(number, "ask the customer") == Written(number)
    assert world.orders.set_external_id(number, "sitoo-sale-9") == Written(number)
    assert world.orders.assign_attribute(number, "sitoo", "ready_for_pickup", "Store 11") == Written(number)
    told = read(world, number)
    assert (told.on_hold, told.external_id, dict(told.attributes)) == (True, "sitoo-sale-9", {"sitoo.ready_for_pickup": "Store 11"})
    assert state(world, number)["internal_comment"] == world.orders.internal_comment(number) == "ask the customer"


def test_an_attribute_that_is_not_configured_is_refused(world: CentraOrderWorld) -> None:
    answer = world.orders.assign_attribute(placed(world), "sitoo", "ready", "yes")
    assert (answer.id, len(answer.errors)) == (None, 1)


@pytest.mark.parametrize("order", [999, 101])
def test_an_order_that_is_unknown_or_locked_refuses(world: CentraOrderWorld, order: int) -> None:
    world.state.modes(locked_orders="refused")
    placed(world, locked=True)
    assert world.orders.hold(order, "r").errors != ()


# --- returns --------------------------------------------------------------------------------------------------------


def back(world: CentraOrderWorld, shipment: int, line: int, units: int = 1, **amounts: int) -> Written:
    given = {"return_cost": 0, **amounts}
    return world.orders.create_return(shipment, {line: units}, external_id="sitoo-refund-7-3", currency="SEK", decimals=2, comment="till 3", **given)


def test_a_return_paid_at_a_till_is_recorded_without_stock_mail_or_money(world: CentraOrderWorld) -> None:
    number, shipment, line = shipped(world)
    made = back(world, shipment, line, return_cost=1_250)
    assert made.id is not None
    assert world.orders.complete_return(made.id) == Written(made.id)
    (told,) = world.orders.returns_of(number)
    assert (told.external_id, told.completed, told.amount, told.restocked_in, told.refunds) == ("sitoo-refund-7-3", True, 8_750, None, ())
    assert (state(world, number)["psp"]["refunded"], state(world, number)["mails"]) == (0, [])
    assert world.state.snapshot()[11]["TEE-M"]["physical"] == 3
    assert world.orders.complete_return(made.id).errors != ()


@pytest.mark.parametrize("share", [True, False])
def test_shipping_and_vouchers_of_a_return_are_what_was_said(world: CentraOrderWorld, share: bool) -> None:
    world.state.modes(return_voucher_share=share)
    number, shipment, line = shipped(world, shipping_fee=4_900, voucher={"amount": 3_000})
    back(world, shipment, line, shipping=4_900, voucher=1_499)
    assert [r.amount for r in world.orders.returns_of(number)] == [10_000 + 4_900 - 1_499]
    world.state.delete_return(world.orders.returns_of(number)[0].id)
    back(world, shipment, line)
    assert [r.amount for r in world.orders.returns_of(number)] == [10_000]


def test_more_than_was_shipped_or_is_left_of_a_cost_is_refused(world: CentraOrderWorld) -> None:
    number, shipment, line = shipped(world)
    assert back(world, shipment, line, units=3).errors != ()
    assert back(world, shipment, line, shipping=1).errors != ()
    assert world.orders.returns_of(number) == []


@pytest.mark.parametrize(("psp", "kind"), [("instant", "REFUND"), ("asynchronous", "REFUND_REQUEST")])
def test_a_refund_goes_through_the_provider_and_a_second_one_is_refused(world: CentraOrderWorld, psp: str, kind: str) -> None:
    world.state.modes(psp=psp)
    number, shipment, line = shipped(world)
    made = back(world, shipment, line).id
    assert made is not None
    assert world.orders.refund_return(made) == Written(made)
    assert [(r.kind, r.amount, r.return_id) for r in world.orders.returns_of(number)[0].refunds] == [(kind, 10_000, made)]
    assert world.orders.refund_return(made).errors != ()
