"""StockLevels: no mark is lost, whoever marks, ripens or settles at the same time."""

from __future__ import annotations

import pytest

from connector.store.leases import Lease, LeaseLost
from connector.store.stock_levels import Dirty, Done, Level, Mark, Outcome, PendingWrite, Postponed, StockLevels
from connector.store.tables import Tables
from tests.store.worlds import World

NOW = 1_700_000_000.5
BASE = int(NOW * 1_000_000)


@pytest.fixture
def levels(tables: Tables) -> StockLevels:
    return tables.levels


@pytest.fixture
def lease(tables: Tables, key: str) -> Lease:
    lease = tables.leases.acquire(key, "a", NOW, 20)
    assert lease is not None
    return lease


def rows(levels: StockLevels, site: int) -> dict[tuple[int, str], Dirty]:
    found = levels.dirty(site)
    assert len({(d.warehouse, d.sku) for d in found}) == len(found)
    return {(d.warehouse, d.sku): d for d in found}


def only(levels: StockLevels, site: int) -> Dirty:
    (row,) = levels.dirty(site)
    return row


def lose(tables: Tables, lease: Lease) -> None:
    assert tables.leases.acquire(lease.key, "thief", NOW + 20, 20)


# Marks


def test_the_first_mark_makes_a_row(levels: StockLevels, site: int) -> None:
    levels.mark(site, [Mark(11, "TEE-M", -2)], NOW)
    assert only(levels, site) == Dirty(11, "TEE-M", BASE + 1, NOW, NOW, -2, BASE, 0, {})


def test_further_marks_raise_version_and_delta_and_make_it_due(levels: StockLevels, site: int) -> None:
    levels.mark(site, [Mark(11, "TEE-M", -2)], NOW)
    levels.mark(site, [Mark(11, "TEE-M", 5)], NOW + 3)
    levels.mark(site, [Mark(11, "TEE-M")], NOW + 4)
    assert only(levels, site) == Dirty(11, "TEE-M", BASE + 3, NOW, NOW + 4, 3, BASE, 0, {})


def test_marks_of_one_call_about_one_sku_count_as_one(levels: StockLevels, site: int) -> None:
    levels.mark(site, [Mark(11, "A", -1, {12: 1}), Mark(12, "A", -1), Mark(11, "A", 4, {13: 2})], NOW)
    found = rows(levels, site)
    assert found[(11, "A")] == Dirty(11, "A", BASE + 1, NOW, NOW, 3, BASE, 0, {12: 1, 13: 2})
    assert found[(12, "A")].delta == -1


def test_blocked_by_is_merged_and_the_later_version_of_a_warehouse_holds(levels: StockLevels, site: int) -> None:
    levels.mark(site, [Mark(11, "A", 1, {12: 5, 13: 6})], NOW)
    levels.mark(site, [Mark(11, "A", 1, {13: 9, 14: 1})], NOW)
    levels.mark(site, [Mark(11, "A", 1)], NOW)
    assert only(levels, site).blocked_by == {12: 5, 13: 9, 14: 1}


def test_sites_and_warehouses_and_spellings_are_apart(levels: StockLevels, world: World) -> None:
    here, there = world.new_site(), world.new_site()
    levels.mark(here, [Mark(1, "1#A"), Mark(11, "A"), Mark(1, "a"), Mark(1, "A"), Mark(1, "Ä / 38½")], NOW)
    assert set(rows(levels, here)) == {(1, "1#A"), (11, "A"), (1, "a"), (1, "A"), (1, "Ä / 38½")}
    assert levels.dirty(there) == []


def test_nothing_to_mark(levels: StockLevels, site: int) -> None:
    levels.mark(site, [], NOW)
    levels.mark_at(site, NOW, [])
    assert levels.dirty(site) == []


def test_more_marks_than_a_transaction_holds(levels: StockLevels, site: int) -> None:
    marks = [Mark(warehouse, f"SKU-{n}", -1) for warehouse in (11, 12) for n in range(55)]
    levels.mark(site, marks, NOW)
    levels.mark(site, marks, NOW + 1)
    found = rows(levels, site)
    assert len(found) == 110
    assert {(d.version, d.delta, d.due) for d in found.values()} == {(BASE + 2, -2, NOW + 1)}


def test_a_mark_that_comes_while_another_is_written(world: World, site: int) -> None:
    levels = world.tables.levels
    world.interpose(lambda: levels.mark(site, [Mark(11, "A", -1), Mark(11, "B", -1)], NOW))
    levels.mark(site, [Mark(11, "A", -3)], NOW)
    found = rows(levels, site)
    assert (found[(11, "A")].version, found[(11, "A")].delta, found[(11, "B")].delta) == (BASE + 2, -4, -1)


# Marks for later


def test_a_mark_for_later_is_not_dirty_before_its_time(levels: StockLevels, site: int) -> None:
    levels.mark_at(site, NOW + 60, [Mark(11, "A", -1, {12: 3})])
    assert levels.ripen(site, NOW + 59.9) == 0
    assert levels.dirty(site) == []
    assert levels.ripen(site, NOW + 60) == 1
    assert only(levels, site) == Dirty(11, "A", BASE + 60_000_001, NOW + 60, NOW + 60, -1, BASE + 60_000_000, 0, {12: 3})
    assert levels.ripen(site, NOW + 90) == 0


def test_marks_for_several_times(levels: StockLevels, site: int) -> None:
    for at in (NOW + 10, NOW + 130, NOW + 130, NOW + 250):
        levels.mark_at(site, at, [Mark(11, "A"), Mark(12, "A")])
    assert levels.ripen(site, NOW + 130) == 4
    assert set(rows(levels, site)) == {(11, "A"), (12, "A")}
    assert levels.ripen(site, NOW + 1000) == 2


def test_ripening_adds_to_what_is_dirty(levels: StockLevels, site: int) -> None:
    levels.mark(site, [Mark(11, "A", -1)], NOW)
    levels.mark_at(site, NOW + 1, [Mark(11, "A", -2)])
    levels.ripen(site, NOW + 2)
    row = only(levels, site)
    assert (row.version, row.delta, row.since, row.due) == (BASE + 2, -3, NOW, NOW + 2)


def test_a_time_between_two_milliseconds_never_ripens_early(levels: StockLevels, site: int) -> None:
    levels.mark_at(site, NOW + 0.0004, [Mark(11, "A")])
    assert levels.ripen(site, NOW) == 0
    assert levels.ripen(site, NOW + 0.001) == 1


def test_two_ripen_at_once_and_each_mark_counts_once(world: World, site: int) -> None:
    levels = world.tables.levels
    levels.mark_at(site, NOW, [Mark(11, "A", -1), Mark(11, "B", -1)])
    other: list[int] = []
    world.interpose(lambda: other.append(levels.ripen(site, NOW)))
    assert levels.ripen(site, NOW) + other[0] == 2
    assert {(d.delta, d.version - d.done_version) for d in levels.dirty(site)} == {(-1, 1)}


def test_ripening_more_than_a_transaction_holds(levels: StockLevels, site: int) -> None:
    levels.mark_at(site, NOW, [Mark(11, f"SKU-{n}") for n in range(60)])
    levels.mark_at(site, NOW + 1, [Mark(11, f"SKU-{n}") for n in range(60)])
    assert levels.ripen(site, NOW + 1) == 120
    assert len(rows(levels, site)) == 60


# Settling


def test_a_row_that_was_dealt_with_is_cleared(levels: StockLevels, site: int, lease: Lease) -> None:
    levels.mark(site, [Mark(11, "A", -1)], NOW)
    levels.settle(site, lease, Outcome(done=[Done(11, "A", only(levels, site).version, -1)]), NOW + 1)
    assert levels.dirty(site) == []


def test_a_row_marked_since_it_was_read_is_kept_for_the_newer_mark(levels: StockLevels, site: int, lease: Lease) -> None:
    levels.mark(site, [Mark(11, "A", -1, {12: 4})], NOW)
    read = only(levels, site)
    levels.settle(site, lease, Outcome(postponed=[Postponed(11, "A", read.version, NOW + 60, refused=True)]), NOW)
    levels.mark(site, [Mark(11, "A", 7)], NOW + 1)
    levels.settle(site, lease, Outcome(done=[Done(11, "A", read.version, read.delta)]), NOW + 2)
    assert only(levels, site) == Dirty(11, "A", BASE + 2, NOW + 2, NOW + 1, 7, BASE + 1, 0, {12: 4})


def test_a_mark_between_read_and_settle_survives(world: World, site: int, lease: Lease) -> None:
    levels = world.tables.levels
    levels.mark(site, [Mark(11, "A", -1), Mark(11, "B", -1)], NOW)
    done = [Done(d.warehouse, d.sku, d.version, d.delta) for d in levels.dirty(site)]
    world.interpose(lambda: levels.mark(site, [Mark(11, "A", -3)], NOW + 1))
    levels.settle(site, lease, Outcome(done=done, levels={(11, "A"): Level(3, 0, NOW), (11, "B"): Level(4, 0, NOW)}), NOW + 2)
    row = only(levels, site)
    assert (row.sku, row.version, row.done_version, row.delta, row.since) == ("A", BASE + 2, BASE + 1, -3, NOW + 2)
    assert levels.levels(site, ["A", "B"]) == {"A": {11: Level(3, 0, NOW)}, "B": {11: Level(4, 0, NOW)}}


def test_a_row_cleared_and_marked_again_never_repeats_a_version(levels: StockLevels, site: int, lease: Lease) -> None:
    levels.mark(site, [Mark(11, "A")], NOW)
    first = only(levels, site)
    levels.settle(site, lease, Outcome(done=[Done(11, "A", first.version)]), NOW)
    levels.mark(site, [Mark(11, "A")], NOW + 0.001)
    again = only(levels, site)
    assert again.version > first.version
    assert again.done_version >= first.version, "whoever waits for the first mark need not wait for this one"
    levels.settle(site, lease, Outcome(done=[Done(11, "A", first.version)]), NOW)
    assert only(levels, site).version == again.version, "a stale look clears nothing"


def test_settling_a_row_that_is_gone_leaves_it_gone(levels: StockLevels, site: int, lease: Lease) -> None:
    outcome = Outcome(done=[Done(11, "A", BASE)], postponed=[Postponed(11, "B", BASE, NOW, refused=True)], levels={(11, "C"): Level(1, 0, NOW)})
    levels.settle(site, lease, outcome, NOW)
    assert levels.dirty(site) == []
    assert levels.levels(site, ["C"]) == {"C": {11: Level(1, 0, NOW)}}


def test_a_postponed_row_is_due_later_and_refusals_count(levels: StockLevels, site: int, lease: Lease) -> None:
    levels.mark(site, [Mark(11, "A", -1), Mark(11, "B", -1)], NOW)
    read = rows(levels, site)
    later = [Postponed(11, "A", read[(11, "A")].version, NOW + 30), Postponed(11, "B", read[(11, "B")].version, NOW + 60, refused=True)]
    levels.settle(site, lease, Outcome(postponed=later), NOW + 1)
    found = rows(levels, site)
    assert [(d.due, d.refusals, d.version, d.since, d.delta) for d in (found[(11, "A")], found[(11, "B")])] == [
        (NOW + 30, 0, BASE + 1, NOW, -1),
        (NOW + 60, 1, BASE + 1, NOW, -1),
    ]
    levels.settle(site, lease, Outcome(postponed=later), NOW + 2)
    assert rows(levels, site)[(11, "B")].refusals == 2


def test_a_newer_mark_keeps_a_postponed_row_due_at_once(levels: StockLevels, site: int, lease: Lease) -> None:
    levels.mark(site, [Mark(11, "A"), Mark(11, "B")], NOW)
    read = rows(levels, site)
    levels.mark(site, [Mark(11, "A"), Mark(11, "B")], NOW + 1)
    later = [Postponed(11, "A", read[(11, "A")].version, NOW + 60), Postponed(11, "B", read[(11, "B")].version, NOW + 60, refused=True)]
    levels.settle(site, lease, Outcome(postponed=later), NOW + 2)
    assert [(d.due, d.refusals) for d in sorted(levels.dirty(site), key=lambda d: d.sku)] == [(NOW + 1, 0), (NOW + 1, 1)]


def test_a_mark_makes_a_postponed_row_due_at_once(levels: StockLevels, site: int, lease: Lease) -> None:
    levels.mark(site, [Mark(11, "A")], NOW)
    levels.settle(site, lease, Outcome(postponed=[Postponed(11, "A", BASE + 1, NOW + 500)]), NOW)
    levels.mark(site, [Mark(11, "A")], NOW + 1)
    assert only(levels, site).due == NOW + 1


def test_a_row_both_done_and_postponed_stays(levels: StockLevels, site: int, lease: Lease) -> None:
    levels.mark(site, [Mark(11, "A")], NOW)
    outcome = Outcome(done=[Done(11, "A", BASE + 1), Done(11, "A", BASE)], postponed=[Postponed(11, "A", BASE + 1, NOW + 9)])
    levels.settle(site, lease, outcome, NOW)
    assert only(levels, site).due == NOW + 9


def test_settling_nothing(levels: StockLevels, site: int, lease: Lease) -> None:
    levels.settle(site, lease, Outcome(), NOW)
    assert levels.dirty(site) == []


def test_an_outcome_larger_than_a_transaction(levels: StockLevels, site: int, lease: Lease) -> None:
    skus = [f"SKU-{n}" for n in range(60)]
    levels.mark(site, [Mark(11, sku, -1) for sku in skus], NOW)
    levels.mark(site, [Mark(11, "SKU-59", -5)], NOW)
    outcome = Outcome(done=[Done(11, sku, BASE + 1, -1) for sku in skus], levels={(11, sku): Level(n, 1, NOW) for n, sku in enumerate(skus)})
    levels.settle(site, lease, outcome, NOW)
    assert (only(levels, site).sku, only(levels, site).delta) == ("SKU-59", -5)
    assert levels.levels(site, skus) == {sku: {11: Level(n, 1, NOW)} for n, sku in enumerate(skus)}


def test_a_lost_lease_settles_nothing(tables: Tables, site: int, lease: Lease) -> None:
    levels = tables.levels
    levels.mark(site, [Mark(11, "A"), Mark(11, "B")], NOW)
    levels.record_write(site, lease, PendingWrite("w", 11, {"A": 1}, NOW))
    before = levels.dirty(site)
    lose(tables, lease)
    outcome = Outcome(
        done=[Done(11, "A", BASE + 1)],
        postponed=[Postponed(11, "B", BASE + 1, NOW + 50)],
        levels={(11, "A"): Level(1, 0, NOW)},
        settled_writes=[PendingWrite("w", 11, {"A": 1}, NOW)],
    )
    with pytest.raises(LeaseLost):
        levels.settle(site, lease, outcome, NOW)
    assert levels.dirty(site) == before
    assert levels.levels(site, ["A"]) == {}
    assert len(levels.pending_writes(site)) == 1


def test_a_lease_lost_just_before_the_writes(world: World, site: int, lease: Lease) -> None:
    levels = world.tables.levels
    levels.mark(site, [Mark(11, "A")], NOW)
    world.interpose(lambda: lose(world.tables, lease))
    with pytest.raises(LeaseLost):
        levels.settle(site, lease, Outcome(done=[Done(11, "A", BASE + 1)]), NOW)
    assert only(levels, site).version == BASE + 1


def test_a_lease_lost_between_two_chunks_applies_nothing_more(world: World, site: int, lease: Lease) -> None:
    levels = world.tables.levels
    levels.mark(site, [Mark(11, f"SKU-{n}") for n in range(110)], NOW)
    world.interpose(lambda: world.interpose(lambda: lose(world.tables, lease)))
    with pytest.raises(LeaseLost):
        levels.settle(site, lease, Outcome(done=[Done(11, f"SKU-{n}", BASE + 1) for n in range(110)]), NOW)
    assert len(levels.dirty(site)) == 11


def test_a_released_lease_settles_nothing(tables: Tables, site: int, lease: Lease) -> None:
    tables.levels.mark(site, [Mark(11, "A")], NOW)
    tables.leases.release([lease])
    with pytest.raises(LeaseLost):
        tables.levels.settle(site, lease, Outcome(done=[Done(11, "A", BASE + 1)]), NOW)
    assert len(tables.levels.dirty(site)) == 1


# Levels


def test_levels_of_what_is_known(levels: StockLevels, site: int, lease: Lease) -> None:
    levels.settle(site, lease, Outcome(levels={(11, "A"): Level(3, 1, NOW), (12, "A"): Level(0, 0, NOW + 0.125)}), NOW)
    levels.settle(site, lease, Outcome(levels={(12, "A"): Level(9, 2, NOW + 1)}), NOW)
    assert levels.levels(site, ["A", "A", "B"]) == {"A": {11: Level(3, 1, NOW), 12: Level(9, 2, NOW + 1)}}
    assert levels.levels(site, []) == {}


def test_levels_of_more_skus_than_one_read_takes(levels: StockLevels, site: int, lease: Lease) -> None:
    known = {f"SKU-{n}": {11: Level(n, 0, NOW)} for n in range(0, 250, 2)}
    levels.settle(site, lease, Outcome(levels={(11, sku): level[11] for sku, level in known.items()}), NOW)
    assert levels.levels(site, [f"SKU-{n}" for n in range(250)]) == known


def test_levels_of_sites_are_apart(levels: StockLevels, world: World, lease: Lease) -> None:
    here, there = world.new_site(), world.new_site()
    levels.settle(here, lease, Outcome(levels={(11, "A"): Level(3, 1, NOW)}), NOW)
    assert levels.levels(there, ["A"]) == {}


# Writes not settled


def test_a_write_is_recorded_until_it_is_settled(levels: StockLevels, site: int, lease: Lease) -> None:
    first, second = PendingWrite("w-1", 11, {"A": 0, "Ä/38": 12}, NOW), PendingWrite("w-2", 12, {"A": 4}, NOW + 1)
    levels.record_write(site, lease, first)
    levels.record_write(site, lease, second)
    assert sorted(levels.pending_writes(site), key=lambda w: w.write_id) == [first, second]
    levels.settle(site, lease, Outcome(settled_writes=[first, first]), NOW)
    assert levels.pending_writes(site) == [second]
    levels.settle(site, lease, Outcome(settled_writes=[first]), NOW)
    assert levels.pending_writes(site) == [second]


def test_a_write_is_not_recorded_under_a_lost_lease(world: World, site: int, lease: Lease) -> None:
    levels = world.tables.levels
    world.interpose(lambda: lose(world.tables, lease))
    with pytest.raises(LeaseLost):
        levels.record_write(site, lease, PendingWrite("w", 11, {"A": 1}, NOW))
    assert levels.pending_writes(site) == []


def test_writes_of_sites_are_apart(levels: StockLevels, world: World, lease: Lease) -> None:
    here, there = world.new_site(), world.new_site()
    levels.record_write(here, lease, PendingWrite("w", 11, {"A": 1}, NOW))
    assert levels.pending_writes(there) == []
