"""Writes of the order client that broke off: the sandbox committed them or not, the client never guesses, and their keys find them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.centra.errors import Throttled, Unavailable, Uncertain
from connector.domain.configuration import Lane
from tests.sandbox.connected_orders import CentraOrderWorld


@pytest.fixture
def world() -> CentraOrderWorld:
    return CentraOrderWorld()


def partly_shipped(world: CentraOrderWorld) -> tuple[int, int, int]:
    """(order, shipment, shipment line): one of two units has left."""
    number = int(world.state.place_order([("TEE-M", 2)], [11], payment="captured")["number"])
    shipment = world.state.ship(number, [("TEE-M", 1)])["shipment_id"]
    return number, shipment, world.orders.orders([number])[number].shipments[0].lines[0].id


WRITES: dict[str, Callable[[CentraOrderWorld, int, int, int], object]] = {
    "updateDirectToConsumerOrder": lambda w, number, shipment, line: w.orders.comment(number, "done"),
    "createReturn": lambda w, number, shipment, line: w.orders.create_return(
        shipment, {line: 1}, external_id="k", return_cost=0, currency="SEK", decimals=2, comment=""
    ),
    "createShipment": lambda w, number, shipment, line: w.orders.create_shipment(
        number, {w.orders.orders([number])[number].lines[0].id: 1}, external_id="k", capture=False, paid=True
    ),
}


def trace(world: CentraOrderWorld, number: int) -> tuple[str, int, int]:
    """What each of the writes leaves behind."""
    now = world.state.order_state(number)
    return now["internal_comment"], len(now["returns"]), len(now["shipments"])


@pytest.mark.parametrize("field", WRITES)
@pytest.mark.parametrize(("kind", "committed"), [("drop_after", True), ("error_after", True), ("drop_before", False), ("error", False)])
def test_a_write_that_broke_off_is_uncertain_whether_it_was_committed_or_not(world: CentraOrderWorld, field: str, kind: str, committed: bool) -> None:
    number, shipment, line = partly_shipped(world)
    before, left = trace(world, number), world.budget.mutations_left(Lane.ORDERS)
    world.state.fault(kind=kind, operation=field)
    with pytest.raises(Uncertain):
        WRITES[field](world, number, shipment, line)
    assert (trace(world, number) != before) is committed
    assert world.budget.mutations_left(Lane.ORDERS) == left - 1


@pytest.mark.parametrize("field", WRITES)
@pytest.mark.parametrize("done", [True, False])
def test_a_field_that_failed_inside_centra_is_uncertain(world: CentraOrderWorld, field: str, done: bool) -> None:
    number, shipment, line = partly_shipped(world)
    before = trace(world, number)
    world.state.break_field(field, done=done)
    with pytest.raises(Uncertain):
        WRITES[field](world, number, shipment, line)
    assert (trace(world, number) != before) is done


@pytest.mark.parametrize("field", WRITES)
def test_an_uncertain_write_is_found_by_its_key(world: CentraOrderWorld, field: str) -> None:
    number, shipment, line = partly_shipped(world)
    world.state.fault(kind="drop_after", operation=field)
    with pytest.raises(Uncertain):
        WRITES[field](world, number, shipment, line)
    found = {
        "createReturn": [r.external_id for r in world.orders.returns_of(number)] == ["k"],
        "createShipment": "k" in [s.external_id for s in world.orders.orders([number])[number].shipments],
        "updateDirectToConsumerOrder": world.state.order_state(number)["internal_comment"] == "done",
    }
    assert [name for name, there in found.items() if there] == [field]


def test_a_throttled_write_was_not_made(world: CentraOrderWorld) -> None:
    number, _, _ = partly_shipped(world)
    world.state.fault(kind="throttle", retry_after=3.0)
    with pytest.raises(Throttled):
        world.orders.comment(number, "done")
    assert world.state.order_state(number)["internal_comment"] == ""


def test_a_reading_of_returns_that_broke_off_may_be_repeated(world: CentraOrderWorld) -> None:
    world.state.fault(kind="drop_after", operation="returns")
    with pytest.raises(Unavailable):
        world.orders.returns_of(101)
