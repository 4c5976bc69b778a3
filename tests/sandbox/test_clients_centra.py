"""The Centra client against the sandbox: what it reads, what it writes, what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from connector.centra import documents
from connector.centra.errors import Refused, Throttled, Unauthorised, Unavailable, Uncertain
from connector.centra.models import AllocatedUnits, SetStock, Since, StockRow
from connector.domain.configuration import Lane
from connector.runtime.budget import BudgetExhausted
from tests.sandbox.connected import START, CentraWorld

SCHEMA = build_schema(Path("sandbox/centra/schema.graphql").read_text("utf-8"))
EVERY = documents.every_document()


@pytest.fixture
def world() -> CentraWorld:
    return CentraWorld()


def requests(world: CentraWorld) -> int:
    return int(world.state.calls().get("requests", 0))


@pytest.mark.parametrize("name", EVERY)
def test_every_document_is_valid(name: str) -> None:
    assert validate(SCHEMA, parse(EVERY[name])) == []


@pytest.mark.parametrize("parts", [(), ("orders",), ("stockChanges",), ("shipments", "returns"), documents.CHANGE_PARTS])
@pytest.mark.parametrize("stocks", [0, 3])
@pytest.mark.parametrize("orders", [0, 2])
@pytest.mark.parametrize("limits", [False, True])
def test_every_shape_of_the_stores_read_is_valid(parts: tuple[str, ...], stocks: int, orders: int, limits: bool) -> None:
    if stocks or parts or orders or limits:
        assert validate(SCHEMA, parse(documents.read_stores(stocks, parts, orders, limits))) == []


def test_every_document_names_its_operation() -> None:
    for name, document in EVERY.items():
        assert document.lstrip().split("{")[0].split("(")[0].split() == ["mutation" if name.startswith("Set") else "query", name]


# --- reading stores -------------------------------------------------------------------------------------------------


def test_stock_changes_and_orders_are_one_request(world: CentraWorld) -> None:
    number = world.state.place_order(lines=[("TEE-M", 2)], warehouses=[11])["number"]
    before = requests(world)
    read = world.client.read_stores({11: list(world.sizes.values())}, lane=Lane.STOCK, changes_since=Since(START), orders=[number, 999])
    assert requests(world) == before + 1
    tee_m = world.sizes["TEE-M"]
    assert read.stock[11, tee_m] == StockRow(11, tee_m, physical=5, allocated=2)
    assert len(read.stock) == 3
    assert set(read.orders) == {number}
    assert read.orders[number].allocated == (AllocatedUnits(tee_m, 11, 2),)
    assert read.changes is not None
    assert [o.number for o in read.changes.orders] == [number]
    assert (read.changes.complete, read.changes.through, read.read_at) == (True, START, START)


def test_a_warehouse_or_size_that_centra_does_not_know_stays_unknown(world: CentraWorld) -> None:
    tee_s = world.sizes["TEE-S"]
    read = world.client.read_stores({11: [tee_s, 424242], 99: [tee_s]}, lane=Lane.STOCK)
    assert set(read.stock) == {(11, tee_s)}


@pytest.mark.parametrize("rows", ["touched", "all"])
def test_a_size_never_stocked_in_a_warehouse_holds_nothing_there(world: CentraWorld, rows: str) -> None:
    world.state.modes(stock_rows=rows)
    tee_s = world.sizes["TEE-S"]
    assert world.client.read_stores({12: [tee_s]}, lane=Lane.STOCK).stock == {(12, tee_s): StockRow(12, tee_s, 0, 0)}


def test_without_budget_to_ask_whether_it_exists_a_size_without_a_row_stays_unknown(world: CentraWorld) -> None:
    world.budget.take(Lane.STOCK_RISK, requests=47)
    assert world.client.read_stores({12: [world.sizes["TEE-S"]]}, lane=Lane.STOCK_RISK).stock == {}


def test_more_than_two_hundred_sizes_become_several_fields_of_one_request(world: CentraWorld) -> None:
    many = [world.state.add_size(sku=f"S{i}")["size_id"] for i in range(450)]
    for i in range(450):
        world.state.put_stock(warehouse=11, sku=f"S{i}", physical=i)
    before = requests(world)
    read = world.client.read_stores({11: many}, lane=Lane.STOCK)
    assert requests(world) == before + 1
    assert [read.stock[11, size].physical for size in many] == list(range(450))


def test_nothing_wanted_is_no_request(world: CentraWorld) -> None:
    before = requests(world)
    assert world.client.read_stores({11: []}, lane=Lane.STOCK).stock == {}
    assert requests(world) == before


@pytest.mark.parametrize("mode", ["unshipped", "all"])
def test_what_is_shipped_is_no_longer_allocated_however_centra_lists_it(world: CentraWorld, mode: str) -> None:
    world.state.modes(order_line_allocations=mode)
    number = world.state.place_order(lines=[("TEE-M", 3), ("TEE-S", 1)], warehouses=[11])["number"]
    shipment = world.state.ship(number, lines=[("TEE-M", 1)])["shipment_id"]
    pending = world.state.ship(number, lines=[("TEE-M", 1)], complete=False)["shipment_id"]
    read = world.client.read_stores({}, lane=Lane.STOCK, changes_since=Since(START), orders=[number])
    tee_m, tee_s = world.sizes["TEE-M"], world.sizes["TEE-S"]
    assert set(read.orders[number].allocated) == {AllocatedUnits(tee_m, 11, 2), AllocatedUnits(tee_s, 11, 1)}
    assert read.orders[number].loose_sizes == ()
    assert read.changes is not None
    shipments = {s.id: s for s in read.changes.shipments}
    assert (shipments[shipment].shipped_at, shipments[shipment].units) == (START, (AllocatedUnits(tee_m, 11, 1),))
    assert (shipments[pending].shipped_at, shipments[pending].order_number) == (None, number)


def test_cancelled_and_unallocated_units_are_loose(world: CentraWorld) -> None:
    cancelled = world.state.place_order(lines=[("TEE-M", 2)], warehouses=[11])["number"]
    world.state.cancel_lines(cancelled)
    waiting = world.state.place_order(lines=[("TEE-S", 7)], warehouses=[11])["number"]
    held = world.state.place_order(lines=[("TEE-L", 2)], warehouses=[11])["number"]
    read = world.client.read_stores({}, lane=Lane.STOCK, orders=[cancelled, waiting, held])
    assert (read.orders[cancelled].allocated, read.orders[cancelled].loose_sizes) == ((), (world.sizes["TEE-M"],))
    assert read.orders[waiting].loose_sizes == (world.sizes["TEE-S"],)
    assert read.orders[held].loose_sizes == ()


def test_returns_and_stock_changes_since(world: CentraWorld) -> None:
    number = world.state.place_order(lines=[("TEE-M", 2)], warehouses=[11])["number"]
    shipment = world.state.ship(number)["shipment_id"]
    world.clock.sleep(100)
    world.state.return_into(shipment, lines=[("TEE-M", 1)], warehouse=12)
    world.state.return_into(shipment, lines=[("TEE-M", 1)])
    world.state.change_stock(warehouse=11, sku="TEE-L", delta=-1, comment="by hand")
    changes = world.client.read_stores({}, lane=Lane.STOCK, changes_since=Since(START + 50)).changes
    assert changes is not None
    tee_m = world.sizes["TEE-M"]
    assert [(r.warehouse, r.size_ids, r.order_number) for r in changes.returns] == [(12, (tee_m,), number), (None, (tee_m,), number)]
    by_hand = [c for c in changes.stock_changes if c.comment == "by hand"]
    assert [(c.warehouse, c.size_ids, c.created_at) for c in by_hand] == [(11, (world.sizes["TEE-L"],), START + 100)]
    assert changes.shipments == ()


@pytest.mark.parametrize("inclusive", [True, False])
def test_a_change_in_the_very_second_is_seen(world: CentraWorld, inclusive: bool) -> None:
    world.state.modes(range_from_inclusive=inclusive)
    number = world.state.place_order(lines=[("TEE-M", 1)], warehouses=[11])["number"]
    changes = world.client.read_stores({}, lane=Lane.STOCK, changes_since=Since(START)).changes
    assert changes is not None
    assert [o.number for o in changes.orders] == [number]


@pytest.mark.parametrize("apart_s", [0.0, 0.3, 5.0])
def test_full_pages_are_read_on_until_nothing_is_missing(world: CentraWorld, apart_s: float) -> None:
    numbers = []
    for _ in range(130):
        numbers.append(world.state.place_order(lines=[("TEE-M", 1)], warehouses=[])["number"])
        world.clock.sleep(apart_s)
    changes = world.client.read_stores({}, lane=Lane.STOCK, changes_since=Since(START)).changes
    assert changes is not None
    assert sorted(o.number for o in changes.orders) == numbers
    assert changes.complete
    assert changes.through == world.clock.now()


def test_without_budget_to_read_on_the_changes_say_how_far_they_reach(world: CentraWorld) -> None:
    for _ in range(130):
        world.state.place_order(lines=[("TEE-M", 1)], warehouses=[])
        world.clock.sleep(10)
    world.budget.take(Lane.STOCK_RISK, requests=46)
    changes = world.client.read_stores({}, lane=Lane.STOCK_RISK, changes_since=Since(START)).changes
    assert changes is not None
    assert not changes.complete
    assert changes.through == max(o.updated_at for o in changes.orders)
    world.clock.sleep(60)
    seen = {o.number for o in changes.orders}
    rest = world.client.read_stores({}, lane=Lane.STOCK, changes_since=Since(changes.through)).changes
    assert rest is not None
    assert rest.complete
    assert len(seen | {o.number for o in rest.orders}) == 130


@pytest.mark.parametrize("units", [19, 20, 21, 430])
def test_a_long_stock_change_of_others_is_read_to_its_last_line(world: CentraWorld, units: int) -> None:
    many = [world.state.add_size(sku=f"S{i}")["size_id"] for i in range(units)]
    lines = [{"productSize": {"id": size}, "deliveredQuantity": 1} for size in many]
    mutation = "mutation($i: StockChangeInput!) { changeStock(input: $i) { stockChange { id } userErrors { message } } }"
    body = {"intoWarehouse": {"id": 11}, "description": "import", "productSizes": lines}
    transport = world.client._calls.transport
    assert transport.post(mutation, {"i": body}, mutation=True).data["changeStock"]["userErrors"] == []
    changes = world.client.read_stores({}, lane=Lane.STOCK, changes_since=Since(START)).changes
    assert changes is not None
    assert next(c.size_ids for c in changes.stock_changes if c.comment == "import") == tuple(many)


# --- writing --------------------------------------------------------------------------------------------------------


def test_several_warehouses_in_one_request_cost_one_mutation_each(world: CentraWorld) -> None:
    before, left = requests(world), world.budget.mutations_left(Lane.STOCK_RISK)
    tee_s, tee_m = world.sizes["TEE-S"], world.sizes["TEE-M"]
    answers = world.client.set_stock([SetStock(11, {tee_s: 1, tee_m: 0}, "a"), SetStock(12, {tee_s: 4}, "b")], lane=Lane.STOCK)
    assert [(a.warehouse, a.errors, a.warnings) for a in answers] == [(11, (), ()), (12, (), ())]
    assert requests(world) == before + 1
    assert world.budget.mutations_left(Lane.STOCK_RISK) == left - 2
    snapshot = world.state.snapshot()
    assert (snapshot[11]["TEE-S"]["physical"], snapshot[11]["TEE-M"]["physical"], snapshot[12]["TEE-S"]["physical"]) == (1, 0, 4)


@pytest.mark.parametrize(("mode", "errors", "warnings", "physical"), [("clamp_warning", 0, 1, 2), ("clamp_silent", 0, 0, 2), ("user_error", 1, 0, 5)])
def test_below_allocated_in_every_mode(world: CentraWorld, mode: str, errors: int, warnings: int, physical: int) -> None:
    world.state.modes(below_allocated=mode)
    world.state.place_order(lines=[("TEE-M", 2)], warehouses=[11])
    answer = world.client.set_stock([SetStock(11, {world.sizes["TEE-M"]: 1}, "x")], lane=Lane.STOCK)[0]
    assert (len(answer.errors), len(answer.warnings)) == (errors, warnings)
    assert world.state.snapshot()[11]["TEE-M"]["physical"] == physical


@pytest.mark.parametrize(("path", "index"), [("indexed", 1), ("none", None)])
def test_the_bad_size_of_a_batch_is_named_when_centra_names_it(world: CentraWorld, path: str, index: int | None) -> None:
    world.state.modes(error_path=path)
    answer = world.client.set_stock([SetStock(11, {world.sizes["TEE-S"]: 3, 424242: 1}, "x")], lane=Lane.STOCK)[0]
    assert len(answer.errors) == 1
    assert answer.refused_index == index


def test_a_connection_cut_after_the_write_is_uncertain_and_counts_as_spent(world: CentraWorld) -> None:
    world.state.fault(kind="drop_after", operation="setStock")
    left = world.budget.mutations_left(Lane.STOCK_RISK)
    with pytest.raises(Uncertain):
        world.client.set_stock([SetStock(11, {world.sizes["TEE-S"]: 1}, "x")], lane=Lane.STOCK)
    assert world.state.snapshot()[11]["TEE-S"]["physical"] == 1
    assert world.budget.mutations_left(Lane.STOCK_RISK) == left - 1


@pytest.mark.parametrize("kind", ["error", "drop_before", "error_after", "drop_after"])
def test_a_read_that_failed_is_unavailable(world: CentraWorld, kind: str) -> None:
    world.state.fault(kind=kind, operation="warehouses")
    with pytest.raises(Unavailable):
        world.client.read_stores({11: [world.sizes["TEE-S"]]}, lane=Lane.STOCK)


def test_an_answer_slower_than_the_lease_allows_is_not_taken(world: CentraWorld) -> None:
    world.state.fault(kind="slow", operation="setStock", seconds=9.0)
    with pytest.raises(Uncertain):
        world.client.set_stock([SetStock(11, {world.sizes["TEE-S"]: 1}, "x")], lane=Lane.STOCK)


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["delta", "epoch", "http_date", "missing"])
def test_every_form_of_429_closes_the_budget_for_all(world: CentraWorld, form: str) -> None:
    world.state.modes(retry_after=form)
    world.state.fault(kind="throttle", retry_after=3.0)
    with pytest.raises(Throttled) as throttled:
        world.client.warehouses(lane=Lane.STOCK)
    assert START + 2 <= throttled.value.until <= START + 4
    with pytest.raises(BudgetExhausted) as exhausted:
        world.client.warehouses(lane=Lane.STOCK)
    assert exhausted.value.until == throttled.value.until
    world.clock.move_to(throttled.value.until)
    assert len(world.client.warehouses(lane=Lane.STOCK)) == 2


def test_writing_as_fast_as_the_budget_allows_never_meets_a_limit(world: CentraWorld) -> None:
    world.state.throttle(plan="growth")
    written = 0
    while world.clock.now() < START + 120:
        left = world.budget.mutations_left(Lane.STOCK_RISK)
        if left == 0:
            world.clock.move_to(world.budget.available_at(Lane.STOCK_RISK, mutations=1))
            continue
        world.client.set_stock([SetStock(11, {world.sizes["TEE-S"]: written + k}, "x") for k in range(left)], lane=Lane.STOCK_RISK)
        written += left
    assert world.state.usage()["violations"] == 0
    assert written >= 16 + 110 * 1.6


def test_with_the_hour_empty_at_the_start_the_refill_is_used_and_no_limit_met(world: CentraWorld) -> None:
    world.state.throttle(plan="growth", hour_left=0.0)
    world.clock.sleep(10)
    world.client.rate_limits()
    written = 0
    while world.clock.now() < START + 600:
        if world.budget.mutations_left(Lane.STOCK_RISK):
            world.client.set_stock([SetStock(11, {world.sizes["TEE-S"]: written}, "x")], lane=Lane.STOCK_RISK)
            written += 1
        world.clock.sleep(0.5)
    assert world.state.usage()["violations"] == 0
    assert 0.4 * 590 - 5 <= written <= 0.4 * 600


def test_another_integrations_use_is_seen_without_an_extra_request(world: CentraWorld) -> None:
    world.state.throttle(plan="growth")
    world.state.spend(mutations=15)
    before = requests(world)
    world.client.read_stores({11: [world.sizes["TEE-S"]]}, lane=Lane.STOCK)
    assert requests(world) == before + 1
    assert world.budget.mutations_left(Lane.STOCK_RISK) == 4
    world.client.read_stores({11: [world.sizes["TEE-S"]]}, lane=Lane.STOCK)
    assert world.state.calls()["rateLimits"] == 1
    world.clock.sleep(31)
    world.client.read_stores({11: [world.sizes["TEE-S"]]}, lane=Lane.STOCK)
    assert world.state.calls()["rateLimits"] == 2


def test_a_read_of_fifty_stores_with_changes_fits_the_complexity_limit_once_a_second_with_an_almost_empty_hour(world: CentraWorld) -> None:
    world.state.throttle(plan="growth", hour_left=0.01)
    for warehouse in range(100, 150):
        world.state.add_warehouse(id=warehouse, name=f"Store {warehouse}")
        world.state.put_stock(warehouse=warehouse, sku="TEE-S", physical=1)
    wanted = {warehouse: [world.sizes["TEE-S"]] for warehouse in range(100, 150)}
    for _ in range(60):
        world.client.read_stores(wanted, lane=Lane.STOCK, changes_since=Since(world.clock.now() - 30))
        world.clock.sleep(1.0)
    assert world.state.usage()["violations"] == 0


# --- catalogue, warehouses, safety stock ----------------------------------------------------------------------------


def test_sizes_are_found_by_exact_sku_or_ean_only(world: CentraWorld) -> None:
    world.state.add_size(sku="tee-m", ean="7399")
    found = world.client.sizes(lane=Lane.PRODUCTS, skus=["TEE-M", "NONE"], eans=["732"])
    assert sorted(s.sku for s in found) == ["TEE-L", "TEE-M"]
    tee_m = next(s for s in found if s.sku == "TEE-M")
    assert (tee_m.size_id, tee_m.ean, tee_m.active) == (world.sizes["TEE-M"], "731", True)


def test_many_skus_are_asked_for_in_few_requests(world: CentraWorld) -> None:
    before = requests(world)
    assert world.client.sizes(lane=Lane.PRODUCTS, skus=[f"S{i}" for i in range(120)]) == []
    assert requests(world) == before + 3


def test_every_size_is_listed_once_over_all_pages(world: CentraWorld) -> None:
    for i in range(230):
        world.state.add_size(sku=f"S{i}")
    world.state.change_size("S7", active=False)
    rows = list(world.client.all_sizes(lane=Lane.LOAD))
    assert len(rows) == len({r.size_id for r in rows}) == 233
    assert [r.sku for r in rows if not r.active] == ["S7"]
    assert [r.product_id for r in rows] == sorted(r.product_id for r in rows)


def test_all_stock_of_a_warehouse_page_by_page(world: CentraWorld) -> None:
    for i in range(200):
        world.state.add_size(sku=f"S{i}")
        world.state.put_stock(warehouse=12, sku=f"S{i}", physical=i)
    pages = list(world.client.all_stock(12, lane=Lane.LOAD))
    assert [len(p) for p in pages] == [200, 0]
    with pytest.raises(Refused, match="no warehouse 99"):
        list(world.client.all_stock(99, lane=Lane.LOAD))


def test_safety_stock_is_written_and_refusals_come_back_in_words(world: CentraWorld) -> None:
    assert world.client.set_threshold(11, 2) == ()
    assert {w.id: w.threshold for w in world.client.warehouses(lane=Lane.RECONCILE)} == {11: 2, 12: None}
    variant = world.client.sizes(lane=Lane.PRODUCTS, skus=["TEE-M"])[0].variant_id
    assert world.client.set_stock_offset(variant, 3) == ()
    assert len(world.client.set_threshold(99, 2)) == 1


# --- token ----------------------------------------------------------------------------------------------------------


def test_a_rotated_token_is_picked_up(world: CentraWorld) -> None:
    world.client.warehouses(lane=Lane.STOCK)
    world.state.bearer = world.secret["token"] = "token-2"
    world.clock.sleep(31)
    assert len(world.client.warehouses(lane=Lane.STOCK)) == 2


def test_an_expired_token_is_told_and_the_secret_is_not_hammered(world: CentraWorld) -> None:
    world.client.warehouses(lane=Lane.STOCK)
    world.state.expired = True
    world.clock.sleep(31)
    world.secret_reads.clear()
    for _ in range(3):
        with pytest.raises(Unauthorised):
            world.client.warehouses(lane=Lane.STOCK)
    assert len(world.secret_reads) == 1
