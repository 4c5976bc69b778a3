"""The Sitoo client against the sandbox: feeds, levels, bookings, one request at a time."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from connector.domain.configuration import Lane
from connector.sitoo.errors import Refused, Throttled, Unauthorised, Unavailable
from connector.sitoo.models import OrderItemRow
from connector.store.memory.api_budget import MemoryLockStore
from sandbox.sitoo.state import SitooState
from tests.sandbox.connected_sitoo import START, SitooWorld, sitoo_client
from tests.unit.taking_turns import SharedVirtualTime

L = Lane.STOCK


@pytest.fixture
def world() -> SitooWorld:
    return SitooWorld()


def test_the_feed_tells_receipts_sales_and_counts_as_signed_changes(world: SitooWorld) -> None:
    assert world.client.newest_transaction_id(lane=L) == 0
    world.state.receive(1, {"TEE-S": 5, "TEE-M": 3})
    world.state.sell(1, {"TEE-S": 2})
    world.state.count(1, {"TEE-M": 1})
    page = world.client.transactions(from_id=1, lane=L)
    assert page.complete
    assert [(r.type, r.warehouse_id, dict(r.items)) for r in page.rows] == [
        (10, 1, {"TEE-S": Decimal(5), "TEE-M": Decimal(3)}),
        (30, 1, {"TEE-S": Decimal(-2)}),
        (50, 1, {"TEE-M": Decimal(-2)}),
    ]
    assert page.rows[1].order_delivery_id is not None
    assert world.client.newest_transaction_id(lane=L) == page.rows[-1].id
    assert world.client.transactions(from_id=page.rows[-1].id + 1, lane=L).rows == ()


@pytest.mark.parametrize("max_num", [1000, 100, 7])
def test_a_long_feed_is_read_whole_whatever_sitoos_page_size(world: SitooWorld, max_num: int) -> None:
    world.state.modes(max_num=max_num)
    for _ in range(120):
        world.state.receive(1, {"TEE-S": 1})
    page = world.client.transactions(from_id=1, lane=L)
    assert (len(page.rows), page.complete) == (120, True)
    first = world.client.transactions(from_id=1, lane=L, limit=50)
    rest = world.client.transactions(from_id=first.rows[-1].id + 1, lane=L)
    assert (len(first.rows), first.complete) == (50, False)
    assert first.rows + rest.rows == page.rows


def test_ids_with_gaps_are_no_trouble(world: SitooWorld) -> None:
    world.state.modes(id_gap=5)
    for _ in range(10):
        world.state.receive(1, {"TEE-S": 1})
    assert len(world.client.transactions(from_id=1, lane=L).rows) == 10


def test_undocumented_transfer_types_are_plain_deltas(world: SitooWorld) -> None:
    world.state.modes(unknown_transfer_types=True)
    world.state.receive(1, {"TEE-S": 5})
    world.state.move(1, 2, {"TEE-S": 2})
    rows = world.client.transactions(from_id=2, lane=L).rows
    assert sorted((r.warehouse_id, dict(r.items)["TEE-S"]) for r in rows) == [(1, Decimal(-2)), (2, Decimal(2))]


def test_levels_with_bookings_counts_and_below_zero(world: SitooWorld) -> None:
    world.state.receive(1, {"TEE-S": 5})
    world.state.book(1, {"TEE-S": 2})
    world.state.sell(1, {"TEE-M": 1})
    world.clock.sleep(60)
    world.state.count(1, {"TEE-L": 4})
    found = world.client.items(1, ["TEE-S", "TEE-M", "TEE-L", "NONE"], lane=L)
    assert {sku: (row.total, row.reserved) for sku, row in found.items()} == {
        "TEE-S": (Decimal(5), Decimal(2)),
        "TEE-M": (Decimal(-1), Decimal(0)),
        "TEE-L": (Decimal(4), Decimal(0)),
    }
    assert found["TEE-L"].stocktaken_at == START + 60
    assert found["TEE-S"].stocktaken_at == 0


@pytest.mark.parametrize("ignores_case", [False, True])
def test_skus_that_differ_in_case_only_are_kept_apart(world: SitooWorld, ignores_case: bool) -> None:
    world.state.modes(sku_filter_ignores_case=ignores_case)
    world.state.add_product("tee-s")
    world.state.receive(1, {"TEE-S": 5, "tee-s": 2})
    assert {s: r.total for s, r in world.client.items(1, ["tee-s"], lane=L).items()} == {"tee-s": Decimal(2)}


@pytest.mark.parametrize("max_num", [1000, 100])
def test_every_level_and_product_of_a_large_store(world: SitooWorld, max_num: int) -> None:
    world.state.modes(max_num=max_num)
    skus = [f"S{i:04}" for i in range(620)]
    world.state.add_products(skus)
    world.state.receive(1, dict.fromkeys(skus, 1))
    assert [row.sku for page in world.client.all_items(1, lane=Lane.LOAD) for row in page] == skus
    assert len({row.sku for page in world.client.all_products(lane=Lane.LOAD) for row in page}) == 623
    assert len(world.client.items(1, skus, lane=Lane.LOAD)) == 620


def test_open_bookings_and_parked_sales_but_no_web_orders(world: SitooWorld) -> None:
    world.state.receive(1, {"TEE-S": 5})
    booking = world.state.book(1, {"TEE-S": 1})
    parked = world.state.book(1, {"TEE-S": 2}, parked=True)
    closed = world.state.book(1, {"TEE-S": 1})
    world.state.cancel_order(closed)
    world.state.create_web_order("CENTRA-1", 1, {"TEE-S": 1}, START + 1000)
    found = world.client.open_bookings(lane=L)
    assert [(o.id, o.type, o.state, o.warehouse_id, o.items) for o in found] == [
        (booking, 100, 0, 1, (OrderItemRow(0, "TEE-S", 1),)),
        (parked, 110, 0, 1, (OrderItemRow(0, "TEE-S", 2),)),
    ]


def test_orders_by_either_id_and_their_deliveries(world: SitooWorld) -> None:
    world.state.receive(1, {"TEE-S": 5, "TEE-M": 5})
    world.state.receive(2, {"TEE-S": 5})
    number = world.state.create_web_order("CENTRA-104233", 1, {"TEE-S": 2, "TEE-M": 1}, START + 1000)
    order = world.client.orders(external_ids=["CENTRA-104233", "CENTRA-2"], lane=Lane.ORDERS)[0]
    assert (order.id, order.type, order.state, order.reserved_until) == (number, 10, 0, START + 1000)
    world.state.deliver(number, rows={0: 1}, warehouse=2)
    world.state.deliver(number)
    assert [(d.warehouse_id, d.units) for d in world.client.deliveries(number, lane=Lane.ORDERS)] == [(2, {0: 1}), (1, {0: 1, 1: 1})]
    assert world.client.orders(ids=[number, 424242], lane=Lane.ORDERS)[0].state == 10
    cancelled = world.client.deliveries(number, lane=Lane.ORDERS)[0].id
    world.state.cancel_delivery(cancelled)
    assert [d.units for d in world.client.deliveries(number, lane=Lane.ORDERS)] == [{0: 1, 1: 1}]


def test_what_the_start_up_check_reads(world: SitooWorld) -> None:
    assert [(w.id, w.type, w.store_id, w.sellable) for w in world.client.warehouses(lane=L)] == [
        (1, 10, 1, True),
        (2, 10, 2, True),
        (9, 20, None, True),
    ]
    assert world.client.settings(lane=L)["timezone"] == "Europe/Stockholm"
    assert [site["eshopid"] for site in world.client.sites(lane=L)] == [1]
    assert [(p.sku, p.stock_counted) for p in world.client.products(["TEE-S"], lane=L)] == [("TEE-S", True)]


@pytest.mark.parametrize(("header", "wait"), [("retry_after", 2.0), ("reset", 2.0), ("none", 5.0)])
def test_every_form_of_429_closes_the_api_user(world: SitooWorld, header: str, wait: float) -> None:
    world.state.modes(throttle_header=header, throttle_seconds=2.0)
    world.state.fault(kind="throttle", retry_after=2.0)
    with pytest.raises(Throttled) as throttled:
        world.client.warehouses(lane=L)
    assert throttled.value.until == pytest.approx(START + wait, abs=1.0)
    world.client.warehouses(lane=L)
    assert world.clock.now() == throttled.value.until


@pytest.mark.parametrize("shared", [True, False])
def test_functions_of_one_api_user_meet_too_many_connections_only_without_the_lock(shared: bool) -> None:
    clock = SharedVirtualTime()
    state = SitooState(clock, account=90123)
    state.add_warehouse(1, "Alpha")
    state.latency(0.15, 0.05)
    locks, refused = MemoryLockStore(), []
    credentials = {"api_users": {"default": {"api_id": "90123-1", "password": "sandbox-1"}}}

    def function(owner: str, lane: Lane) -> Callable[[], None]:
        client = sitoo_client(state, clock, locks if shared else MemoryLockStore(), lambda: credentials, owner)

        def work() -> None:
            for _ in range(20):
                try:
                    client.warehouses(lane=lane)
                except Throttled:
                    refused.append(owner)

        return work

    clock.run([function("drain", Lane.STOCK), function("orders", Lane.ORDERS), function("load", Lane.LOAD)])
    assert bool(refused) is not shared
    assert (state.too_many_connections == 0) is shared


@pytest.mark.parametrize("kind", ["error", "drop_before", "error_after", "drop_after"])
def test_a_failed_read_gives_the_turn_back(world: SitooWorld, kind: str) -> None:
    world.state.fault(kind=kind)
    with pytest.raises(Unavailable):
        world.client.warehouses(lane=L)
    began = world.clock.now()
    world.client.warehouses(lane=L)
    assert world.clock.now() == began


def test_a_rotated_password_is_picked_up_and_a_wrong_one_told(world: SitooWorld) -> None:
    world.client.warehouses(lane=L)
    world.state.api_users["90123-1"] = "rotated"
    world.clock.sleep(31)
    with pytest.raises(Unauthorised):
        world.client.warehouses(lane=L)
    world.secret["api_users"]["default"]["password"] = "rotated"
    world.clock.sleep(31)
    assert len(world.client.warehouses(lane=L)) == 3


def test_an_unknown_warehouse_is_refused_in_sitoos_words(world: SitooWorld) -> None:
    with pytest.raises(Refused) as refused:
        world.client.items(99, ["TEE-S"], lane=L)
    assert refused.value.status == 404
