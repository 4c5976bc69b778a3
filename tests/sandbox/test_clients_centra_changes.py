"""What the order client finds in the Centra sandbox without knowing an order's number: by time, by our mark, by what belongs to it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.connected_orders import START, CentraOrderWorld


@pytest.fixture
def world() -> CentraOrderWorld:
    return CentraOrderWorld()


def placed(world: CentraOrderWorld, *lines: Any, warehouses: tuple[int, ...] = (11,), **wishes: Any) -> int:
    return int(world.state.place_order(lines or [("TEE-M", 2)], warehouses, **wishes)["number"])


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("apart_s", [0.0, 0.3, 5.0])
def test_every_changed_order_and_shipment_is_found(world: CentraOrderWorld, apart_s: float, inclusive: bool) -> None:
    world.state.modes(range_from_inclusive=inclusive)
    numbers, shipments = [], {}
    for _ in range(130):
        numbers.append(placed(world, ("TEE-M", 1)))
        if world.state.snapshot()[11]["TEE-M"]["fta"] == 0:
            world.state.put_stock(warehouse=11, sku="TEE-M", physical=200)
            world.state.allocate(numbers[-1])
        shipments[world.state.ship(numbers[-1])["shipment_id"]] = numbers[-1]
        world.clock.sleep(apart_s)
    placed(world, b2b=True, warehouses=())
    changed, complete = world.orders.changed_orders(since=START)
    assert (sorted(changed), complete) == (numbers, True)
    assert list(changed.values()) == sorted(changed.values())
    found, complete = world.orders.changed_shipments(since=START)
    assert ({shipment: order for shipment, (order, _) in found.items()}, complete) == (shipments, True)
    assert dict(found.values()) == changed


def test_without_budget_the_rest_is_read_next_time(world: CentraOrderWorld) -> None:
    for _ in range(130):
        placed(world, warehouses=())
        world.clock.sleep(1)
    first, complete = world.orders.changed_orders(since=START, until_page=1)
    assert (len(first), complete) == (100, False)
    rest, complete = world.orders.changed_orders(since=max(first.values()))
    assert complete
    assert len(first | rest) == 130


def test_orders_are_found_by_our_mark(world: CentraOrderWorld) -> None:
    named, noted = placed(world, external_id="sitoo-sale-7", warehouses=()), placed(world, other_comment="till 3: sitoo-sale-7", warehouses=())
    placed(world, other_comment="sitoo-sale-71", external_id="sitoo-sale-71", warehouses=())
    assert world.orders.orders_marked("sitoo-sale-7") == [named, noted]
    assert world.orders.orders_marked("sitoo-sale-8") == []


def test_shipments_and_returns_lead_to_their_order(world: CentraOrderWorld) -> None:
    number = placed(world)
    shipment = world.state.ship(number)["shipment_id"]
    back = world.state.return_into(shipment, [("TEE-M", 1)])["return_id"]
    found = world.orders.return_with_order(back)
    assert found is not None
    assert (world.orders.order_of_shipment(shipment), found[0], found[1].id) == (number, number, back)
    assert (world.orders.order_of_shipment(999), world.orders.return_with_order(999)) == (None, None)


def test_every_new_return_is_found(world: CentraOrderWorld) -> None:
    world.state.put_stock(warehouse=11, sku="TEE-M", physical=200)
    number = placed(world, ("TEE-M", 130))
    shipment = world.state.ship(number)["shipment_id"]
    made = [world.state.return_into(shipment, [("TEE-M", 1)])["return_id"] for _ in range(129)]
    assert world.orders.new_returns(since=START) == dict.fromkeys(made, number)
    world.clock.sleep(60)
    late = world.state.return_into(shipment, [("TEE-M", 1)])["return_id"]
    assert world.orders.new_returns(since=START + 30) == {late: number}
