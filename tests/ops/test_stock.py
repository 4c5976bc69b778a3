"""`ops stock load|show` with the real drain at work beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from connector.centra.models import StockRow
from connector.domain.configuration import Lane
from connector.domain.stock_target import Target
from connector.flows.load_plan import StorePlan, cost_of
from connector.flows.load_stock import LoadStalled, LoadStock, load_cursor, loaded_at
from connector.flows.store_stock.feed import feed_cursor
from connector.runtime.queues import Work
from connector.store.sku_map import SkuEntry
from connector.store.stock_levels import Dirty, Mark, PendingWrite
from ops.stock_view import StoreView
from tests.ops.world import GOTHENBURG, SITE, STOCKHOLM, World, make_world


def sizes(world: World, *skus: str) -> None:
    for sku in skus:
        size = world.rehearsal.centra.add_size(sku)
        world.rehearsal.sitoo.add_product(sku)
        world.rehearsal.sku_map.put_many(1, [SkuEntry(sku, size["size_id"], size["product_id"], size["variant_id"], sku)])


def flow(world: World, owner: str = "test") -> LoadStock:
    conn = world.connection
    return LoadStock(
        site=SITE,
        settings=world.rehearsal.mapping.stock,
        centra=conn.centra,
        sitoo=conn.sitoo(1),
        sku_map=conn.sku_map,
        levels=conn.levels,
        links=conn.links,
        cursors=conn.cursors,
        leases=conn.leases,
        budget=conn.budget,
        queues=conn.queues,
        clock=conn.clock,
        owner=owner,
    )


def physical(world: World, warehouse: int) -> dict[str, int]:
    return {sku: row["physical"] for sku, row in world.rehearsal.centra.snapshot().get(warehouse, {}).items() if row["physical"]}


def quiet(_what: str, _count: int) -> None:
    """Nobody watches the progress."""


@pytest.fixture
def stocked(world: World) -> World:
    world.apply()
    sizes(world, "EQUAL", "HIGHER", "LOWER", "ONLY-CENTRA", "NOWHERE", "BELOW-ZERO")
    world.rehearsal.sitoo.receive(3, {"EQUAL": 5, "HIGHER": 3, "LOWER": 9})
    world.rehearsal.sitoo.receive(4, {"EQUAL": 70})
    world.rehearsal.sitoo.sell(3, {"BELOW-ZERO": 1})
    world.rehearsal.sitoo.receive(5, {"EQUAL": 1})
    world.rehearsal.sitoo.receive(6, {"EQUAL": 1})
    for sku, units in {"EQUAL": 5, "HIGHER": 8, "LOWER": 2, "ONLY-CENTRA": 4}.items():
        world.rehearsal.centra.put_stock(STOCKHOLM, sku, units)
    world.rehearsal.queues.receive(Work.STORE_STOCK)
    return world


def test_only_what_differs_is_looked_at(stocked: World) -> None:
    plans = flow(stocked).compare(SITE.stores, quiet)
    assert plans == [
        StorePlan("Stockholm", STOCKHOLM, ("HIGHER", "LOWER", "ONLY-CENTRA"), compared=4, unmapped=(), foreign_sizes=0),
        StorePlan("Gothenburg", GOTHENBURG, ("EQUAL",), compared=1, unmapped=(), foreign_sizes=0),
    ]


def test_reserved_booked_and_owed_units_are_left_to_the_drain(stocked: World) -> None:
    stocked.rehearsal.sitoo.receive(3, {"NOWHERE": 1})
    stocked.rehearsal.centra.put_stock(STOCKHOLM, "NOWHERE", 1)
    stocked.rehearsal.sitoo.book(3, {"EQUAL": 1})
    stocked.rehearsal.links.seen_in_centra(9, STOCKHOLM, "NOWHERE", allocated=1)
    (plan,) = flow(stocked).compare(SITE.stores[:1], quiet)
    assert {"EQUAL", "NOWHERE"} <= set(plan.skus)


def test_skus_and_sizes_that_nobody_maps_are_told(stocked: World) -> None:
    stocked.rehearsal.sitoo.add_product("UNMAPPED")
    stocked.rehearsal.sitoo.receive(3, {"UNMAPPED": 2})
    stocked.rehearsal.centra.add_size("FOREIGN")
    stocked.rehearsal.centra.put_stock(STOCKHOLM, "FOREIGN", 2)
    (plan,) = flow(stocked).compare(SITE.stores[:1], quiet)
    assert (plan.unmapped, plan.foreign_sizes) == (("UNMAPPED",), 1)


def test_load_brings_every_store_to_its_target(stocked: World) -> None:
    stocked.drain_beside()
    text = stocked.ops("stock", "load", "--yes")
    assert "The feed starts here: every movement from now on is seen." in text
    assert "At most 4 requests and 2 mutations of Centra: about 1 min" in text
    assert "Done: the drain has looked at every SKU that differed." in text
    assert physical(stocked, STOCKHOLM) == {"EQUAL": 5, "HIGHER": 3, "LOWER": 9, "ONLY-CENTRA": 4}
    assert physical(stocked, GOTHENBURG) == {"EQUAL": 2}
    assert stocked.rehearsal.centra.calls()["setStock"] == 2
    assert stocked.rehearsal.levels.dirty(1) == []


def test_a_second_load_finds_only_what_sitoo_does_not_know(stocked: World) -> None:
    stocked.drain_beside()
    stocked.ops("stock", "load", "--yes")
    stocked.ops("stock", "load", "--yes")
    assert stocked.rehearsal.centra.calls()["setStock"] == 2


def test_nothing_differs(stocked: World) -> None:
    stocked.drain_beside()
    stocked.ops("stock", "load", "--yes", "--store", "gothenburg")
    text = stocked.ops("stock", "load", "--yes", "--store", "gothenburg")
    assert "Nothing differs." in text
    assert physical(stocked, STOCKHOLM)["HIGHER"] == 8


def test_what_is_sold_while_the_load_reads_is_not_lost(stocked: World) -> None:
    stocked.drain_beside()
    clock = stocked.rehearsal.clock
    stocked.rehearsal.centra.latency(0.5, 0.0)
    stocked.rehearsal.sitoo.latency(0.5, 0.0)

    def sell() -> None:
        stocked.rehearsal.sitoo.sell(5, {"EQUAL": 1})

    for seconds in range(1, 12):
        clock.at(clock.now() + seconds, sell)
    stocked.rehearsal.sitoo.lose_events(probability=1.0)
    stocked.ops("stock", "load", "--yes")
    stocked.rehearsal.run(200)
    assert stocked.rehearsal.sitoo.snapshot()[5]["EQUAL"]["total"] == 1 - 11
    assert physical(stocked, GOTHENBURG) == {}


def test_the_plan_is_shown_before_anything_is_marked(stocked: World) -> None:
    text = stocked.ops("stock", "load", typed="n\n", exit_code=1)
    assert "First load" in text
    assert "Nothing was marked." in text
    assert stocked.rehearsal.levels.dirty(1) == []
    assert stocked.connection.cursors.get(feed_cursor(1)) is not None


def test_an_interrupted_load_goes_on_with_the_stores_that_are_left(stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked.drain_beside()
    load = flow(stocked)
    plans = load.compare(SITE.stores, quiet)
    marked: list[int] = []
    real = load.levels.mark

    def mark(site: int, marks: Sequence[Mark], now: float) -> None:
        if marked:
            raise KeyboardInterrupt
        marked.append(site)
        real(site, marks, now)

    monkeypatch.setattr(load.levels, "mark", mark)
    with pytest.raises(KeyboardInterrupt):
        load.mark(plans, quiet, whole_site=True)
    monkeypatch.undo()
    assert [s.name for s in flow(stocked).stores_done()] == ["Stockholm"]
    assert loaded_at(stocked.connection.cursors, 1) == {}
    text = stocked.ops("stock", "load", "--yes")
    assert "An earlier load was interrupted after Stockholm: left out now (--again compares them too)." in text
    assert physical(stocked, GOTHENBURG) == {"EQUAL": 2}
    assert flow(stocked).stores_done() == []
    assert set(loaded_at(stocked.connection.cursors, 1)) == {STOCKHOLM, GOTHENBURG}


def interrupted_after_stockholm(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A load of the whole site that dies when it comes to Gothenburg."""
    load = flow(world)
    plans = [*load.compare(SITE.stores[:1], quiet), StorePlan("Gothenburg", GOTHENBURG, ("EQUAL",), 1, (), 0)]
    real = load.levels.mark

    def mark(site: int, marks: Sequence[Mark], now: float) -> None:
        if marks[0].warehouse == GOTHENBURG:
            raise KeyboardInterrupt
        real(site, marks, now)

    with monkeypatch.context() as dying:
        dying.setattr(load.levels, "mark", mark)
        with pytest.raises(KeyboardInterrupt):
            load.mark(plans, quiet, whole_site=True)
    assert [s.name for s in load.stores_done()] == ["Stockholm"]


def test_an_interrupted_load_is_over_when_the_stores_that_are_left_do_not_differ(stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked.drain_beside()
    stocked.rehearsal.centra.put_stock(GOTHENBURG, "EQUAL", 2)
    interrupted_after_stockholm(stocked, monkeypatch)
    text = stocked.ops("stock", "load", "--yes")
    assert "left out now" in text
    assert "Nothing differs." in text
    stocked.rehearsal.run(60)
    stocked.rehearsal.centra.put_stock(STOCKHOLM, "HIGHER", 50)
    text = stocked.ops("stock", "load", "--yes")
    assert "left out" not in text
    assert physical(stocked, STOCKHOLM)["HIGHER"] == 3


def test_again_compares_every_store_and_begins_anew(stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked.drain_beside()
    interrupted_after_stockholm(stocked, monkeypatch)
    stocked.rehearsal.run(60)
    stocked.rehearsal.centra.put_stock(STOCKHOLM, "HIGHER", 50)
    assert "left out" not in stocked.ops("stock", "load", "--yes", "--again")
    assert physical(stocked, STOCKHOLM)["HIGHER"] == 3
    assert flow(stocked).stores_done() == []


def test_a_load_of_one_store_leaves_nothing_out_of_the_next_load_of_all(stocked: World) -> None:
    stocked.drain_beside()
    stocked.ops("stock", "load", "--yes", "--store", "Stockholm")
    assert set(loaded_at(stocked.connection.cursors, 1)) == {STOCKHOLM}
    stocked.rehearsal.centra.put_stock(STOCKHOLM, "HIGHER", 50)
    text = stocked.ops("stock", "load", "--yes")
    assert "left out" not in text
    assert physical(stocked, STOCKHOLM)["HIGHER"] == 3


def test_a_load_of_one_store_does_not_forget_an_interrupted_load_of_all(stocked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked.drain_beside()
    interrupted_after_stockholm(stocked, monkeypatch)
    stocked.ops("stock", "load", "--yes", "--store", "Stockholm")
    assert [s.name for s in flow(stocked).stores_done()] == ["Stockholm"]


def test_one_load_at_a_time(stocked: World) -> None:
    lease = stocked.connection.leases.acquire(load_cursor(1), "somebody", stocked.connection.clock.now(), 300)
    assert lease is not None
    assert "is being loaded by somebody else" in stocked.ops("stock", "load", "--yes", exit_code=1)
    assert stocked.rehearsal.levels.dirty(1) == []


def test_a_drain_that_stands_still_ends_the_load_without_loss(stocked: World) -> None:
    stocked.rehearsal.schedules = False
    with pytest.raises(LoadStalled):
        flow(stocked).mark(flow(stocked).compare(SITE.stores, quiet), quiet, whole_site=True)
    assert len(stocked.rehearsal.levels.dirty(1)) == 4
    assert "run the command again to go on" in stocked.ops("stock", "load", "--yes", "--again", exit_code=1)
    stocked.drain_beside()
    stocked.ops("stock", "load", "--yes", "--again")
    assert physical(stocked, GOTHENBURG) == {"EQUAL": 2}


def test_tills_are_not_made_to_wait_behind_the_load(world: World) -> None:
    world.apply()
    skus = [f"S-{n:03}" for n in range(650)]
    sizes(world, *skus)
    world.rehearsal.sitoo.receive(3, dict.fromkeys(skus, 2))
    most = 0
    clock = world.rehearsal.clock

    def watch() -> None:
        nonlocal most
        most = max(most, len(world.rehearsal.levels.dirty(1)))
        clock.at(clock.now() + 0.25, watch)

    world.rehearsal.sitoo.lose_events(probability=1.0)
    clock.at(clock.now(), watch)
    world.drain_beside()
    world.ops("stock", "load", "--yes")
    assert physical(world, STOCKHOLM) == dict.fromkeys(skus, 2)
    assert 200 <= most <= 400
    assert world.rehearsal.centra.calls()["setStock"] == 4


def test_the_load_takes_what_its_lane_may_take(stocked: World) -> None:
    """The lowest lane leaves half of every limit to the others: with less than that free it waits."""
    stocked.drain_beside()
    clock, budget = stocked.connection.clock, stocked.connection.budget
    while budget.mutations_left(Lane.LOAD) > 0:
        budget.take(Lane.STOCK_RISK, mutations=1)
    begun = clock.now()
    free_at = budget.available_at(Lane.LOAD, requests=2, mutations=1)
    assert free_at > begun
    flow(stocked).mark(flow(stocked).compare(SITE.stores, quiet), quiet, whole_site=True)
    first = min(c["at"] for c in stocked.rehearsal.centra.commits() if c["source"] == "setStock")
    assert first >= free_at


@pytest.mark.parametrize("vendor", ["centra", "sitoo"])
def test_a_vendor_that_stumbles_while_it_is_read_is_asked_again(stocked: World, vendor: str) -> None:
    sandbox = stocked.rehearsal.centra if vendor == "centra" else stocked.rehearsal.sitoo
    for kind in ("throttle", "error"):
        sandbox.fault(kind, times=2)
    assert [len(p.skus) for p in flow(stocked).compare(SITE.stores, quiet)] == [3, 1]


def test_a_vendor_that_stays_down_ends_the_command_in_words(stocked: World) -> None:
    stocked.rehearsal.centra.fault("error", times=None)
    assert "Centra did not answer as it should" in stocked.ops("stock", "load", "--yes", exit_code=1)


def test_an_empty_map_is_told(world: World) -> None:
    world.apply()
    assert "run `ops sku-map build` first" in world.ops("stock", "load", "--yes", exit_code=1)


@pytest.mark.parametrize(("store", "told"), [("Malmö", "The mapping has no store 'Malmö'; it has Stockholm, Gothenburg.")])
def test_a_store_nobody_knows(stocked: World, store: str, told: str) -> None:
    assert told in stocked.ops("stock", "load", "--store", store, exit_code=1)


def test_cost() -> None:
    plans = [StorePlan("A", 1, ("x",) * 201, 201, (), 0), StorePlan("B", 2, (), 5, (), 0), StorePlan("C", 3, ("x",), 1, (), 0)]
    cost = cost_of(plans, sizes_per_mutation=200, mutations_per_hour=1.5, requests_per_hour=4.0)
    assert (cost.requests, cost.mutations, cost.hours) == (6, 3, 2.0)


def test_show_explains_a_store_that_is_right_and_one_that_differs(stocked: World) -> None:
    text = stocked.ops("stock", "show", "EQUAL")
    assert "Stockholm: right" in text
    assert "70 on hand, 0 reserved, not sellable: does not count" in text
    assert "5 physical, 0 allocated, 5 free to allocate" in text
    assert "Gothenburg: differs, and nothing is under way: look again in two minutes; if it stays so, `ops stock load --store Gothenburg`" in text
    assert "2 = 2 on hand, never below 0" in text


def test_show_tells_what_stands_in_the_way(stocked: World) -> None:
    stocked.drain_beside()
    stocked.ops("stock", "load", "--yes")
    stocked.rehearsal.sitoo.book(3, {"EQUAL": 2})
    text = stocked.ops("stock", "show", "EQUAL")
    assert "3 = 5 on hand, -2 booked in the store, never below 0" in text
    stocked.rehearsal.run(70)
    order = stocked.rehearsal.centra.place_order([("EQUAL", 3)], [STOCKHOLM])
    stocked.rehearsal.run(70)
    stocked.rehearsal.sitoo.sell(3, {"EQUAL": 1})
    stocked.rehearsal.run(70)
    text = stocked.ops("stock", "show", "EQUAL")
    assert "Stockholm: promised to more web orders than the store has" in text
    assert f"web order {order['number']}" in text
    assert "3 allocated, 0 shipped, 0 handed out (no known copy in Sitoo)" in text


def test_show_knows_the_unknown(stocked: World) -> None:
    text = stocked.ops("stock", "show", "ONLY-CENTRA")
    assert "Stockholm: unknown in Sitoo: never moved or counted in a sellable warehouse" in text
    assert "Gothenburg: nothing there: never moved or counted in Sitoo, 0 in Centra" in text
    assert "no row" in text
    assert "NOT-MAPPED is not in the SKU map" in stocked.ops("stock", "show", "NOT-MAPPED", exit_code=1)


def a_view(**parts: Any) -> StoreView:
    whole = Target(3, 3, 0, 0, 0, 0)
    row = StockRow(STOCKHOLM, 1, 3, 0)
    given: dict[str, Any] = {"items": {}, "centra": row, "target": whole, "lines": (), "booked": 0, "dirty": None, "pending": ()}
    return StoreView(**({"store": SITE.stores[0]} | given | parts))


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ({}, "right"),
        ({"store": replace(SITE.stores[0], sync_stock=False)}, "not synchronised: switched off in the mapping, or Centra owns the stock"),
        ({"pending": (PendingWrite("w", STOCKHOLM, {"A": 1}, 0.0),)}, "a write is not confirmed yet"),
        ({"dirty": Dirty(STOCKHOLM, "A", 1, 0.0, 0.0, 0)}, "waits for the drain"),
        ({"centra": None}, "unknown in Centra"),
        ({"target": None}, "unknown in Sitoo: never moved or counted in a sellable warehouse"),
        ({"centra": StockRow(STOCKHOLM, 1, 5, 5)}, "promised to more web orders than the store has"),
        (
            {"centra": StockRow(STOCKHOLM, 1, 5, 4)},
            "differs, and nothing is under way: look again in two minutes; if it stays so, `ops stock load --store Stockholm`",
        ),
        (
            {"centra": StockRow(STOCKHOLM, 1, 5, 4), "waiting": 7},
            "differs; 7 SKUs of this store wait for their turn: look again when they are through",
        ),
        ({"dirty": Dirty(STOCKHOLM, "A", 1, 0.0, 0.0, 0), "waiting": 1}, "waits for the drain; 1 SKU of this store waits for its turn"),
    ],
)
def test_the_verdict_on_one_store(parts: dict[str, Any], verdict: str) -> None:
    assert a_view(**parts).verdict == verdict


LEVELS = st.dictionaries(st.sampled_from(["A", "B", "C", "D"]), st.integers(0, 4))


@settings(max_examples=15, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(LEVELS, LEVELS, LEVELS, LEVELS, st.sets(st.sampled_from(["A", "B", "C", "D"])))
def test_whatever_both_systems_hold_the_load_ends_at_the_targets(
    floor: dict[str, int], cellar: dict[str, int], stockholm: dict[str, int], gothenburg: dict[str, int], sold: set[str]
) -> None:
    with TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        world.apply()
        sizes(world, "A", "B", "C", "D")
        sitoo, centra = world.rehearsal.sitoo, world.rehearsal.centra
        for warehouse, levels in ((3, stockholm), (5, floor), (6, cellar)):
            for sku, units in levels.items():
                if units:
                    sitoo.receive(warehouse, {sku: units})
        for sku in sold:
            sitoo.sell(6, {sku: 2})
        for sku, units in gothenburg.items():
            centra.put_stock(GOTHENBURG, sku, units)
        world.drain_beside()
        world.ops("stock", "load", "--yes")
        known = {sku for levels in (floor, cellar) for sku, units in levels.items() if units} | sold
        cellar_now = {sku: cellar.get(sku, 0) - (2 if sku in sold else 0) for sku in known}
        targets = {sku: max(0, floor.get(sku, 0) + cellar_now[sku]) for sku in known}
        left_alone = {sku: units for sku, units in gothenburg.items() if sku not in known}
        assert physical(world, GOTHENBURG) == {sku: units for sku, units in (targets | left_alone).items() if units}
        assert physical(world, STOCKHOLM) == {sku: units for sku, units in stockholm.items() if units}
