"""SkuMap: exact spelling, pointers from sizes that are never believed blindly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.store.sku_map import SkuEntry, SkuMap
from connector.store.tables import Tables
from tests.store.worlds import World


def entry(n: int, sku: str | None = None) -> SkuEntry:
    return SkuEntry(sku or f"SKU-{n}", n, n + 1000, n + 2000, f"C-{n}", f"73{n:011d}", n + 3000, f"73{n:011d}")


@pytest.fixture
def skus(tables: Tables) -> SkuMap:
    return tables.sku_map


def test_entries_come_back_as_they_were_put(skus: SkuMap, site: int) -> None:
    bare = SkuEntry("Ä/38 ½", 2, 3, 4, "")
    skus.put_many(site, [entry(1), bare])
    assert skus.get_many(site, ["SKU-1", "Ä/38 ½"]) == {"SKU-1": entry(1), "Ä/38 ½": bare}
    assert skus.of_sizes(site, [1, 2]) == {1: entry(1), 2: bare}


def test_what_is_not_there_is_left_out(skus: SkuMap, site: int) -> None:
    skus.put_many(site, [entry(1)])
    assert skus.get_many(site, ["SKU-1", "sku-1", "SKU-2", "", "SKU-1"]) == {"SKU-1": entry(1)}
    assert skus.of_sizes(site, [1, 2, 1]) == {1: entry(1)}
    assert skus.get_many(site, []) == {}
    assert skus.of_sizes(site, []) == {}


def test_spellings_are_apart(skus: SkuMap, site: int) -> None:
    upper, lower = entry(1, "TEE-M"), entry(2, "tee-m")
    skus.put_many(site, [upper, lower])
    assert skus.get_many(site, ["TEE-M", "tee-m"]) == {"TEE-M": upper, "tee-m": lower}


def test_put_overwrites_and_a_moved_size_is_not_found_under_its_old_id(skus: SkuMap, site: int) -> None:
    skus.put_many(site, [entry(1)])
    moved = replace(entry(1), size_id=9, barcode="new")
    skus.put_many(site, [moved])
    assert skus.get_many(site, ["SKU-1"]) == {"SKU-1": moved}
    assert skus.of_sizes(site, [1, 9]) == {9: moved}


def test_the_last_of_two_entries_in_one_call_holds(skus: SkuMap, site: int) -> None:
    skus.put_many(site, [entry(1), replace(entry(1), ean="last")])
    assert skus.get_many(site, ["SKU-1"])["SKU-1"].ean == "last"


def test_a_size_given_to_another_sku(skus: SkuMap, site: int) -> None:
    skus.put_many(site, [entry(1)])
    skus.put_many(site, [entry(1, "NEW")])
    assert skus.of_sizes(site, [1]) == {1: entry(1, "NEW")}
    skus.delete_many(site, ["SKU-1"])
    assert skus.of_sizes(site, [1]) == {1: entry(1, "NEW")}, "the old sku's going does not take the new one's size"
    assert skus.get_many(site, ["SKU-1"]) == {}


def test_deleted_entries_are_gone(skus: SkuMap, site: int) -> None:
    skus.put_many(site, [entry(1), entry(2)])
    skus.delete_many(site, ["SKU-1", "never"])
    assert skus.get_many(site, ["SKU-1", "SKU-2"]) == {"SKU-2": entry(2)}
    assert skus.of_sizes(site, [1, 2]) == {2: entry(2)}


def test_sites_are_apart(skus: SkuMap, world: World) -> None:
    here, there = world.new_site(), world.new_site()
    skus.put_many(here, [entry(1)])
    assert skus.get_many(there, ["SKU-1"]) == {}
    assert skus.of_sizes(there, [1]) == {}
    assert list(skus.all(there)) == []


def test_more_than_one_read_or_write_takes(skus: SkuMap, site: int) -> None:
    entries = [entry(n) for n in range(130)]
    skus.put_many(site, iter(entries))
    assert {e.sku: e for e in skus.all(site)} == {e.sku: e for e in entries}
    asked = [f"SKU-{n}" for n in range(20, 150)]
    assert set(skus.get_many(site, asked)) == {f"SKU-{n}" for n in range(20, 130)}
    assert set(skus.of_sizes(site, range(20, 150))) == set(range(20, 130))
    skus.delete_many(site, [f"SKU-{n}" for n in range(0, 130, 20)])
    assert {e.size_id for e in skus.all(site)} == set(range(130)) - set(range(0, 130, 20))
