"""Orders, shipments and returns in the Centra sandbox, and what each does to stock and to the lists that are read incrementally."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.centra.dates import to_iso
from sandbox.centra.records import Refusal
from tests.sandbox.centra_shop import Shop

ORDERS = """query Q($t: DateTimeTz) { orders(where: {updatedAt: {from: $t}}, sort: [updatedAt_ASC], limit: 100) {
  id number status updatedAt lines { id quantity productSize { id SKU } allocations { quantity warehouse { id } } } } }"""
SHIPMENTS = """query Q($t: DateTimeTz) { shipments(where: {updatedAt: {from: $t}}, sort: [updatedAt_ASC], limit: 100) {
  id number isShipped shippedAt order { number } lines { quantity orderLine { productSize { SKU } } allocations { quantity warehouse { id } } } } }"""
RETURNS = """query Q($t: DateTimeTz) { returns(where: {createdAt: {from: $t}}, sort: [createdAt_ASC], limit: 100) {
  id returnWarehouse { id } order { number } totalQuantity lines { quantity orderLine { productSize { SKU } } } } }"""


@pytest.fixture
def shop() -> Shop:
    return Shop()


def allocations(shop: Shop, number: int) -> list[tuple[str, int, int]]:
    data = shop.ask(
        "query Q($n: Int!) { orders(where: {number: [$n]}) { lines { productSize { SKU } allocations { quantity warehouse { id } } } } }", n=number
    )
    return [(x["productSize"]["SKU"], a["quantity"], a["warehouse"]["id"]) for x in data["orders"][0]["lines"] for a in x["allocations"]]


def test_an_order_is_allocated_in_the_order_of_its_warehouses_and_the_rest_waits(shop: Shop) -> None:
    shop.state.put_stock(warehouse=12, sku="TEE-S", physical=1)
    order = shop.state.place_order(lines=[("TEE-S", 7)], warehouses=[12, 11])
    assert allocations(shop, order["number"]) == [("TEE-S", 1, 12), ("TEE-S", 5, 11)]
    assert order["lines"][0]["unallocated"] == 1
    assert (shop.stock("TEE-S", 12), shop.stock("TEE-S", 11)) == ((1, 1), (5, 5))
    row = shop.ask("{ warehouses(where: {id: [12]}) { stock { demandQuantity availableNowQuantity freeToAllocateQuantity } } }")["warehouses"][0][
        "stock"
    ][0]
    assert row == {"demandQuantity": 1, "availableNowQuantity": -1, "freeToAllocateQuantity": 0}


def test_new_stock_goes_to_waiting_orders_only_in_that_mode(shop: Shop) -> None:
    order = shop.state.place_order(lines=[("TEE-S", 7)], warehouses=[11])
    shop.set_stock({"TEE-S": 6})
    assert shop.stock("TEE-S") == (6, 5)
    shop.state.modes(allocate_demand=True)
    shop.set_stock({"TEE-S": 9})
    assert shop.stock("TEE-S") == (9, 7)
    assert allocations(shop, order["number"]) == [("TEE-S", 5, 11), ("TEE-S", 2, 11)]


def test_shipping_takes_physical_and_allocated_together(shop: Shop) -> None:
    number = shop.state.place_order(lines=[("TEE-S", 2), ("TEE-M", 1)], warehouses=[11])["number"]
    shipment = shop.state.ship(number, lines=[("TEE-S", 1)], complete=False)["shipment_id"]
    assert shop.stock("TEE-S") == (5, 2)
    assert shop.ask(SHIPMENTS)["shipments"][0]["shippedAt"] is None
    shop.clock.sleep(5)
    shop.state.complete(shipment)
    assert shop.stock("TEE-S") == (4, 1)
    assert shop.ask(ORDERS)["orders"][0]["status"] == "PROCESSING"
    assert allocations(shop, number) == [("TEE-S", 1, 11), ("TEE-M", 1, 11)]
    with pytest.raises(Refusal, match="already shipped"):
        shop.state.complete(shipment)
    shop.state.ship(number)
    assert shop.ask(ORDERS)["orders"][0]["status"] == "SHIPPED"
    assert shop.ask(SHIPMENTS)["shipments"] == [
        {
            "id": 301,
            "number": "101-1",
            "isShipped": True,
            "shippedAt": "2027-01-15T09:00:05+01:00",
            "order": {"number": 101},
            "lines": [{"quantity": 1, "orderLine": {"productSize": {"SKU": "TEE-S"}}, "allocations": [{"quantity": 1, "warehouse": {"id": 11}}]}],
        },
        {
            "id": 302,
            "number": "101-2",
            "isShipped": True,
            "shippedAt": "2027-01-15T09:00:05+01:00",
            "order": {"number": 101},
            "lines": [
                {"quantity": 1, "orderLine": {"productSize": {"SKU": sku}}, "allocations": [{"quantity": 1, "warehouse": {"id": 11}}]}
                for sku in ("TEE-S", "TEE-M")
            ],
        },
    ]


def test_shipped_allocations_may_stay_on_order_lines(shop: Shop) -> None:
    number = shop.state.place_order(lines=[("TEE-S", 2)], warehouses=[11])["number"]
    shop.state.ship(number, lines=[("TEE-S", 1)])
    assert allocations(shop, number) == [("TEE-S", 1, 11)]
    shop.state.modes(order_line_allocations="all")
    assert allocations(shop, number) == [("TEE-S", 1, 11), ("TEE-S", 1, 11)]


def test_only_one_warehouses_part_can_be_shipped(shop: Shop) -> None:
    shop.state.put_stock(warehouse=12, sku="TEE-S", physical=2)
    number = shop.state.place_order(lines=[("TEE-S", 6)], warehouses=[11, 12])["number"]
    shop.state.ship(number, warehouse=12)
    assert (shop.stock("TEE-S", 12), shop.stock("TEE-S", 11)) == ((1, 0), (5, 5))
    with pytest.raises(Refusal, match="Nothing to ship"):
        shop.state.ship(number, warehouse=12)


def test_cancelling_releases_or_removes_and_never_touches_shipments(shop: Shop) -> None:
    first, second = (shop.state.place_order(lines=[("TEE-S", 2)], warehouses=[11])["number"] for _ in range(2))
    assert shop.state.cancel_lines(first)["status"] == "CANCELLED"
    assert shop.stock("TEE-S") == (5, 2)
    shop.state.ship(second, lines=[("TEE-S", 1)], complete=False)
    shop.state.cancel_lines(second, lines=[("TEE-S", 1)], policy="remove")
    assert shop.stock("TEE-S") == (4, 1)
    with pytest.raises(Refusal, match="Only 0"):
        shop.state.cancel_lines(second, lines=[("TEE-S", 1)])
    lines = "query Q($all: Boolean) { orders(where: {status: [CANCELLED]}) { lines(includeFullyCancelled: $all) { quantity cancelledQuantity } } }"
    assert shop.ask(lines)["orders"] == [{"lines": []}]
    assert shop.ask(lines, all=True)["orders"] == [{"lines": [{"quantity": 0, "cancelledQuantity": 2}]}]


def test_cancelling_takes_waiting_units_first(shop: Shop) -> None:
    number = shop.state.place_order(lines=[("TEE-S", 7)], warehouses=[11])["number"]
    shop.state.cancel_lines(number, lines=[("TEE-S", 3)])
    assert shop.stock("TEE-S") == (5, 4)
    row = shop.ask("{ warehouses(where: {id: [11]}) { stock { demandQuantity } } }")["warehouses"][0]["stock"][0]
    assert row == {"demandQuantity": 0}


def test_unallocating_makes_units_wait_and_another_warehouse_takes_them(shop: Shop) -> None:
    shop.state.put_stock(warehouse=12, sku="TEE-S", physical=2)
    number = shop.state.place_order(lines=[("TEE-S", 2)], warehouses=[11])["number"]
    shop.state.unallocate(number, lines=[("TEE-S", 1)], policy="remove")
    assert shop.stock("TEE-S") == (4, 1)
    shop.state.unallocate(number)
    assert shop.stock("TEE-S") == (4, 0)
    assert shop.state.allocate(number, warehouses=[12])["lines"][0]["unallocated"] == 0
    assert shop.stock("TEE-S", 12) == (2, 2)


@pytest.mark.parametrize("listed", [True, False])
def test_returns_add_to_a_warehouse_and_vanish_with_their_units(shop: Shop, listed: bool) -> None:
    shop.state.modes(returns_make_stock_changes=listed)
    number = shop.state.place_order(lines=[("TEE-S", 2)], warehouses=[11])["number"]
    shipment = shop.state.ship(number)["shipment_id"]
    first = shop.state.return_into(shipment, lines=[("TEE-S", 1)], warehouse=12)["return_id"]
    shop.state.return_into(shipment)
    assert shop.stock("TEE-S", 12) == (1, 0)
    entry: dict[str, Any] = {
        "order": {"number": number},
        "totalQuantity": 1,
        "lines": [{"quantity": 1, "orderLine": {"productSize": {"SKU": "TEE-S"}}}],
    }
    assert shop.ask(RETURNS)["returns"] == [
        {"id": first, "returnWarehouse": {"id": 12}, **entry},
        {"id": first + 1, "returnWarehouse": None, **entry},
    ]
    assert len(shop.ask("{ stockChanges(where: {type: [RETURN]}) { id } }")["stockChanges"]) == listed
    with pytest.raises(Refusal, match="Nothing to return"):
        shop.state.return_into(shipment)
    shop.state.delete_return(first)
    assert shop.stock("TEE-S", 12) == (0, 0)
    assert [r["id"] for r in shop.ask(RETURNS)["returns"]] == [first + 1]


def test_an_unshipped_shipment_takes_no_return(shop: Shop) -> None:
    number = shop.state.place_order(lines=[("TEE-S", 2)], warehouses=[11])["number"]
    with pytest.raises(Refusal, match="not shipped"):
        shop.state.return_into(shop.state.ship(number, complete=False)["shipment_id"])


@pytest.mark.parametrize("bumped", [True, False])
def test_what_moves_an_orders_updated_at_is_a_mode(shop: Shop, bumped: bool) -> None:
    shop.state.modes(order_updated_by_shipment=bumped, order_updated_by_return=bumped, order_updated_by_allocation=bumped)
    number = shop.state.place_order(lines=[("TEE-S", 3)], warehouses=[11])["number"]
    shipment = shop.state.ship(number, lines=[("TEE-S", 1)], complete=False)["shipment_id"]
    steps: list[Callable[[], object]] = [
        lambda: shop.state.unallocate(number, lines=[("TEE-S", 1)]),
        lambda: shop.state.complete(shipment),
        lambda: shop.state.return_into(shipment, warehouse=11),
    ]
    for step in steps:
        shop.clock.sleep(60)
        step()
        since = shop.clock.now() - 1
        assert bool(shop.ask(ORDERS, t=to_iso(since))["orders"]) is bumped
    shop.clock.sleep(60)
    shop.state.cancel_lines(number, lines=[("TEE-S", 1)])
    assert shop.ask(ORDERS, t=to_iso(shop.clock.now() - 1))["orders"]


def test_shipments_among_stock_changes_only_in_that_mode(shop: Shop) -> None:
    for wanted in (False, True):
        shop.state.modes(shipments_make_stock_changes=wanted)
        number = shop.state.place_order(lines=[("TEE-S", 1)], warehouses=[11])["number"]
        shop.state.ship(number)
        assert len(shop.ask("{ stockChanges(where: {type: [SHIPMENT]}) { id } }")["stockChanges"]) == wanted


def test_incremental_lists_page_by_the_moment_of_change(shop: Shop) -> None:
    numbers = []
    for _ in range(5):
        numbers.append(shop.state.place_order(lines=[("TEE-S", 1)], warehouses=[11])["number"])
        shop.clock.sleep(1)
    shop.state.cancel_lines(numbers[0])
    query = "query Q($p: Int!) { orders(sort: [updatedAt_ASC, number_DESC], limit: 2, page: $p) { number } }"
    pages = [[o["number"] for o in shop.ask(query, p=p)["orders"]] for p in (1, 2, 3)]
    assert pages == [numbers[1:3], numbers[3:5], numbers[:1]]
    by_id = shop.ask("{ orders { id } }")["orders"][0]["id"]
    assert shop.ask("query Q($i: String!) { order(id: $i) { number } }", i=by_id)["order"]["number"] in numbers
    assert shop.ask("{ counters { orders(where: {status: [CANCELLED]}) products } }")["counters"] == {"orders": 1, "products": 3}


def test_shipments_by_mutation(shop: Shop) -> None:
    order = shop.state.place_order(lines=[("TEE-S", 2)], warehouses=[11])
    create = """mutation M($i: ShipmentCreateInput!) { createShipment(input: $i) { shipment { id isShipped } userErrors { message path } } }"""
    complete = "mutation M($id: Int!) { completeShipment(id: $id) { shipment { isShipped } userErrors { message } } }"
    line = {"orderLine": {"id": order["lines"][0]["id"]}, "quantity": 1}
    named = {"number": order["number"]}
    waiting = shop.ask(create, i={"order": named, "lines": [line]})["createShipment"]["shipment"]["id"]
    assert "not good to go" in shop.ask(complete, id=waiting)["completeShipment"]["userErrors"][0]["message"]
    ready = shop.ask(create, i={"order": named, "isGoodToGo": True, "isPaid": True})["createShipment"]["shipment"]["id"]
    assert shop.ask(complete, id=ready)["completeShipment"] == {"shipment": {"isShipped": True}, "userErrors": []}
    assert shop.stock("TEE-S") == (4, 1)
    assert shop.ask(create, i={"order": named, "lines": [line]})["createShipment"]["shipment"] is None
    assert shop.ask(create, i={"order": {"number": 7}})["createShipment"]["userErrors"]
    assert shop.ask(complete, id=7)["completeShipment"]["userErrors"]


def test_allocation_by_mutation(shop: Shop) -> None:
    shop.state.put_stock(warehouse=12, sku="TEE-S", physical=1)
    order = shop.state.place_order(lines=[("TEE-S", 2)], warehouses=[11])
    unallocate = """mutation M($i: OrderUnallocateInput!) {
      unallocateOrder(input: $i) { order { number } userErrors { message } userWarnings { message } } }"""
    allocate = (
        """mutation M($i: OrderAllocateInput!) { allocateOrder(input: $i) { order { number } userErrors { message } userWarnings { message } } }"""
    )
    named, line = {"number": order["number"]}, {"orderLine": {"id": order["lines"][0]["id"]}, "quantity": 3}
    too_many = shop.ask(unallocate, i={"order": named, "unallocate": [line], "stockActionPolicy": {"removeItemsFromStock": True}})["unallocateOrder"]
    assert (too_many["userErrors"], len(too_many["userWarnings"])) == ([], 1)
    assert shop.stock("TEE-S") == (3, 0)
    short = shop.ask(allocate, i={"order": {"id": order["id"]}, "warehouses": [{"id": 12}]})["allocateOrder"]
    assert [w["message"] for w in short["userWarnings"]] == ["1 of TEE-S could not be allocated."]
    assert shop.ask(unallocate, i={"order": named, "stockActionPolicy": {}})["unallocateOrder"]["userErrors"]
