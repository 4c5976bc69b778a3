"""Cursors: JSON in, JSON out, written only under a lease that still holds."""

from __future__ import annotations

import pytest

from connector.store.leases import Lease, LeaseLost
from connector.store.tables import Tables
from tests.store.worlds import World

NOW = 1_700_000_000.0


@pytest.fixture
def lease(tables: Tables, key: str) -> Lease:
    lease = tables.leases.acquire(key, "a", NOW, 20)
    assert lease is not None
    return lease


def test_a_cursor_nobody_put_is_none(tables: Tables, key: str) -> None:
    assert tables.cursors.get(key) is None


def test_what_was_put_comes_back_as_a_copy(tables: Tables, key: str, lease: Lease) -> None:
    value = {"last": 10**15, "gaps": {"17": 1_700_000_000}, "seen": [1, "två", None, True], "nested": {"empty": [], "none": {}}}
    tables.cursors.put(key, value, lease)
    found = tables.cursors.get(key)
    assert found == value
    value["last"] = 0
    assert tables.cursors.get(key) == found


def test_put_replaces_the_whole_value(tables: Tables, key: str, lease: Lease) -> None:
    tables.cursors.put(key, {"last": 1, "gaps": {"2": 3}}, lease)
    tables.cursors.put(key, {"last": 2}, lease)
    assert tables.cursors.get(key) == {"last": 2}


def test_start_writes_only_the_first_time(tables: Tables, key: str, lease: Lease) -> None:
    assert tables.cursors.start(key, {"last": 5}) is True
    assert tables.cursors.start(key, {"last": 9}) is False
    assert tables.cursors.get(key) == {"last": 5}
    tables.cursors.put(key, {"last": 6}, lease)
    assert tables.cursors.start(key, {"last": 5}) is False


def test_put_after_another_took_the_lease_is_refused(tables: Tables, key: str, lease: Lease) -> None:
    tables.cursors.put(key, {"last": 1}, lease)
    assert tables.leases.acquire(lease.key, "b", NOW + 20, 20)
    with pytest.raises(LeaseLost):
        tables.cursors.put(key, {"last": 2}, lease)
    assert tables.cursors.get(key) == {"last": 1}


def test_put_after_release_is_refused(tables: Tables, key: str, lease: Lease) -> None:
    tables.leases.release([lease])
    with pytest.raises(LeaseLost):
        tables.cursors.put(key, {"last": 2}, lease)
    assert tables.cursors.get(key) is None


def test_put_under_an_expired_lease_that_nobody_took_is_written(tables: Tables, key: str, lease: Lease) -> None:
    tables.cursors.put(key, {"last": 3}, lease)
    assert tables.cursors.get(key) == {"last": 3}


def test_put_with_an_older_fence_of_the_same_owner_is_refused(tables: Tables, key: str, lease: Lease) -> None:
    again = tables.leases.acquire(lease.key, lease.owner, NOW + 20, 20)
    assert again is not None
    with pytest.raises(LeaseLost):
        tables.cursors.put(key, {"last": 2}, lease)
    tables.cursors.put(key, {"last": 3}, again)
    assert tables.cursors.get(key) == {"last": 3}


def test_a_lease_lost_just_before_the_write_refuses_it(world: World, key: str, lease: Lease) -> None:
    tables = world.tables
    world.interpose(lambda: tables.leases.acquire(lease.key, "b", NOW + 20, 20))
    with pytest.raises(LeaseLost):
        tables.cursors.put(key, {"last": 2}, lease)
    assert tables.cursors.get(key) is None


def test_values_that_are_no_json_are_refused_before_anything_is_written(tables: Tables, key: str, lease: Lease) -> None:
    with pytest.raises(TypeError):
        tables.cursors.put(key, {"at": object()}, lease)
    with pytest.raises(ValueError, match="JSON"):
        tables.cursors.start(key, {"at": float("nan")})
    assert tables.cursors.get(key) is None
