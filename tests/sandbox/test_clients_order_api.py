"""The Order API client against the Centra sandbox."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connector.centra.errors import Refused, Unauthorised, Unavailable, Uncertain
from tests.sandbox.connected_orders import CentraOrderWorld


@pytest.fixture
def world() -> CentraOrderWorld:
    return CentraOrderWorld()


def asking(world: CentraOrderWorld, policy: str) -> int:
    """An order whose store 13 is asked; 14 asks too and is next."""
    for place in (13, 14):
        world.state.add_warehouse(id=place, name=f"Store {place}", allocation_policy=policy)
        world.state.put_stock(warehouse=place, sku="TEE-M", physical=2)
    return int(world.state.place_order([("TEE-M", 2)], [13, 14])["number"])


def test_a_store_confirms_what_it_was_allocated(world: CentraOrderWorld) -> None:
    number = asking(world, "DIRECT_THEN_CONFIRM")
    ((request, status, warehouse),) = world.order_api.allocation_requests(number)
    assert (status in ("sent", "allocated"), warehouse) == (True, 13)
    assert world.order_api.answer_allocation_request(request, confirm=True) == ()
    assert world.order_api.allocation_requests(number) == [(request, "confirmed", 13)]
    (allocated,) = world.orders.orders([number])[number].lines[0].allocations
    assert (allocated.warehouse, allocated.waiting) == (13, False)
    assert len(world.order_api.answer_allocation_request(request, confirm=False)) == 1


def test_a_store_rejects_and_centra_asks_the_next(world: CentraOrderWorld) -> None:
    number = asking(world, "DIRECT_THEN_CONFIRM")
    ((request, _, _),) = world.order_api.allocation_requests(number)
    assert world.order_api.answer_allocation_request(request, confirm=False) == ()
    first, second = world.order_api.allocation_requests(number)
    assert (first, second[2]) == ((request, "rejected", 13), 14)


def test_an_order_without_requests_has_none(world: CentraOrderWorld) -> None:
    asking(world, "DIRECT_THEN_CONFIRM")
    number = world.state.place_order([("TEE-M", 1)], [11])["number"]
    assert world.order_api.allocation_requests(number) == []


def test_check_first_is_accepted_once(world: CentraOrderWorld) -> None:
    number = asking(world, "CHECK_FIRST")
    assert world.order_api.answer_check_first(number, 14, accept=True) == ()
    assert world.orders.orders([number])[number].lines[0].allocated_to(14) == 2
    assert len(world.order_api.answer_check_first(number, 13, accept=True)) == 1
    assert world.order_api.answer_check_first(999, 13, accept=True) == ("orderNumber: Order 999 not found",)


SALE: dict[str, Any] = {
    "orderNumber": 5001,
    "address": {"email": "till@example.com", "country": "SE"},
    "products": [{"ean": "731", "qty": 2, "unitPrice": Decimal("99.90")}],
    "shippingValue": Decimal(0),
    "comment": "sitoo-sale-9",
    "adjustStock": False,
    "applyVouchers": False,
    "sendEmail": False,
}


def test_a_sale_becomes_an_order_once(world: CentraOrderWorld) -> None:
    assert world.order_api.create_order(SALE) == ((5001,), 0, "")
    assert world.orders.orders([5001])[5001].lines[0].value == 19_980
    assert world.orders.orders_marked("sitoo-sale-9") == [5001]
    assert world.order_api.create_order(SALE)[:2] == ((), -5)


def test_a_sale_that_cannot_be_expressed_is_refused_with_centras_code(world: CentraOrderWorld) -> None:
    assert world.order_api.create_order(SALE | {"products": []})[:2] == ((), -3)
    assert world.order_api.create_order(SALE | {"products": [{"ean": "999", "qty": 1}]})[:2] == ((), -1)


@pytest.mark.parametrize(("kind", "made"), [("drop_after", True), ("error_after", True), ("drop_before", False), ("error", False)])
def test_an_order_whose_answer_is_lost_is_uncertain_and_found_by_its_number(world: CentraOrderWorld, kind: str, made: bool) -> None:
    world.state.fault(kind=kind, operation="POST order")
    with pytest.raises(Uncertain):
        world.order_api.create_order(SALE)
    assert (5001 in world.orders.orders([5001])) is made


def test_an_answer_to_a_request_that_is_lost_is_uncertain_and_can_be_read(world: CentraOrderWorld) -> None:
    number = asking(world, "DIRECT_THEN_CONFIRM")
    ((request, _, _),) = world.order_api.allocation_requests(number)
    world.state.fault(kind="drop_after", operation="PUT allocation-request")
    with pytest.raises(Uncertain):
        world.order_api.answer_allocation_request(request, confirm=True)
    assert world.order_api.allocation_requests(number) == [(request, "confirmed", 13)]


def test_a_reading_that_broke_off_is_unavailable(world: CentraOrderWorld) -> None:
    world.state.fault(kind="drop_after", operation="GET allocation-requests")
    with pytest.raises(Unavailable):
        world.order_api.allocation_requests(101)


def test_an_endpoint_switched_off_in_the_plugin_and_a_wrong_secret_are_told_apart(world: CentraOrderWorld) -> None:
    world.state.order_api_closed = frozenset({"check-first"})
    with pytest.raises(Refused, match="settings"):
        world.order_api.answer_check_first(101, 11, accept=True)
    world.order_api.create_order(SALE)
    world.state.order_api_secret = "another"
    assert world.order_api.create_order(SALE)[1] == -5
    world.state.order_api_secret = "a third"
    with pytest.raises(Unauthorised):
        world.order_api.create_order(SALE)
