"""Leases: one holder at a time, fences that only grow, wanted that is never lost between two holders."""

from __future__ import annotations

import pytest

from connector.store.leases import Lease, LeaseLost
from connector.store.tables import Tables
from tests.store.worlds import World

NOW = 1_700_000_000.25


def taken(tables: Tables, key: str, owner: str = "a", now: float = NOW, ttl_s: float = 20, watchdog: str = "") -> Lease:
    lease = tables.leases.acquire(key, owner, now, ttl_s, watchdog)
    assert lease is not None
    return lease


def test_a_free_lease_is_taken_with_owner_expiry_and_watchdog(tables: Tables, key: str) -> None:
    assert tables.leases.acquire(key, "a", NOW, 20, "w-1") == Lease(key, "a", 1, NOW + 20, "w-1")
    assert tables.leases.peek(key) == Lease(key, "a", 1, NOW + 20, "w-1")


def test_a_held_lease_is_refused_to_others_until_the_moment_it_expires(tables: Tables, key: str) -> None:
    taken(tables, key)
    assert tables.leases.acquire(key, "b", NOW + 19.999, 20) is None
    second = tables.leases.acquire(key, "b", NOW + 20, 20)
    assert second == Lease(key, "b", 2, NOW + 40)


def test_the_holder_asking_again_gets_what_it_holds(tables: Tables, key: str) -> None:
    first = taken(tables, key, watchdog="w")
    assert tables.leases.acquire(key, "a", NOW + 1, 20) == first


def test_the_fence_grows_with_each_holder_and_survives_release(tables: Tables, key: str) -> None:
    fences = []
    for n in range(4):
        lease = taken(tables, key, f"owner-{n}")
        fences.append(lease.fence)
        tables.leases.release([lease])
    assert fences == [1, 2, 3, 4]


def test_the_same_owner_gets_a_new_fence_after_release_and_after_expiry(tables: Tables, key: str) -> None:
    lease = taken(tables, key)
    tables.leases.release([lease])
    assert taken(tables, key).fence == 2
    assert taken(tables, key, now=NOW + 21).fence == 3


def test_acquiring_clears_wanted(tables: Tables, key: str) -> None:
    taken(tables, key)
    assert tables.leases.want(key, NOW + 1)
    taken(tables, key, "b", NOW + 20)
    assert not tables.leases.is_wanted(key)


def test_peek_tells_a_dead_holder_from_nobody(tables: Tables, key: str) -> None:
    assert tables.leases.peek(key) is None
    dead = taken(tables, key)
    assert tables.leases.peek(key) == dead, "expired long ago or not: it was never released"
    tables.leases.release([dead])
    assert tables.leases.peek(key) is None


def test_want_is_set_only_while_somebody_holds_the_lease(tables: Tables, key: str) -> None:
    assert not tables.leases.want(key, NOW)
    lease = taken(tables, key)
    assert not tables.leases.want(key, NOW + 20), "expired is free"
    assert not tables.leases.is_wanted(key)
    assert tables.leases.want(key, NOW + 19)
    assert tables.leases.is_wanted(key)
    tables.leases.release([lease])
    assert not tables.leases.want(key, NOW + 1)


def test_clear_wanted_tells_whether_it_was_set(tables: Tables, key: str) -> None:
    lease = taken(tables, key)
    assert tables.leases.clear_wanted(lease) is False
    tables.leases.want(key, NOW)
    assert tables.leases.clear_wanted(lease) is True
    assert tables.leases.clear_wanted(lease) is False
    assert not tables.leases.is_wanted(key)


def test_clear_wanted_of_a_lost_lease_leaves_the_new_holders_wanted(tables: Tables, key: str) -> None:
    lost = taken(tables, key)
    taken(tables, key, "b", NOW + 30)
    tables.leases.want(key, NOW + 31)
    with pytest.raises(LeaseLost):
        tables.leases.clear_wanted(lost)
    assert tables.leases.is_wanted(key)


def test_release_unless_wanted(tables: Tables, key: str) -> None:
    lease = taken(tables, key)
    tables.leases.want(key, NOW)
    assert tables.leases.release_unless_wanted(lease) is False
    assert tables.leases.peek(key) == lease
    tables.leases.clear_wanted(lease)
    assert tables.leases.release_unless_wanted(lease) is True
    assert tables.leases.peek(key) is None
    assert tables.leases.release_unless_wanted(lease) is True, "again, and nobody took it since"


def test_release_unless_wanted_of_a_lost_lease(tables: Tables, key: str) -> None:
    lost = taken(tables, key)
    held = taken(tables, key, "b", NOW + 20)
    with pytest.raises(LeaseLost):
        tables.leases.release_unless_wanted(lost)
    tables.leases.release([held])
    with pytest.raises(LeaseLost):
        tables.leases.release_unless_wanted(lost)


def test_a_want_that_lands_before_the_release_stops_it(world: World, key: str) -> None:
    leases = world.tables.leases
    lease = taken(world.tables, key)
    world.interpose(lambda: leases.want(key, NOW))
    assert leases.release_unless_wanted(lease) is False


def test_a_release_that_lands_before_the_want_refuses_it(world: World, key: str) -> None:
    leases = world.tables.leases
    lease = taken(world.tables, key)
    world.interpose(lambda: leases.release_unless_wanted(lease))
    assert leases.want(key, NOW) is False


def test_two_owners_at_the_same_moment(world: World, key: str) -> None:
    leases = world.tables.leases
    world.interpose(lambda: leases.acquire(key, "b", NOW, 20))
    assert leases.acquire(key, "a", NOW, 20) is None
    assert leases.peek(key) == Lease(key, "b", 1, NOW + 20)


def test_renew_prolongs_all(world: World) -> None:
    leases = world.tables.leases
    held = [taken(world.tables, world.new_name()) for _ in range(3)]
    renewed = leases.renew(held, NOW + 10, 20)
    assert [(one.key, one.fence, one.expires_at) for one in renewed] == [(one.key, 1, NOW + 30) for one in held]
    assert [leases.peek(one.key) for one in held] == renewed


def test_renew_prolongs_none_when_one_is_lost(world: World) -> None:
    leases = world.tables.leases
    held = [taken(world.tables, world.new_name()) for _ in range(3)]
    leases.acquire(held[1].key, "b", NOW + 20, 20)
    with pytest.raises(LeaseLost, match=held[1].key):
        leases.renew(held, NOW + 20, 20)
    assert leases.peek(held[0].key) == held[0]


def test_an_expired_lease_that_nobody_took_may_be_renewed(tables: Tables, key: str) -> None:
    lease = taken(tables, key)
    (renewed,) = tables.leases.renew([lease], NOW + 100, 20)
    assert renewed.expires_at == NOW + 120
    assert tables.leases.acquire(key, "b", NOW + 101, 20) is None


def test_renew_after_release_is_lost(tables: Tables, key: str) -> None:
    lease = taken(tables, key)
    tables.leases.release([lease])
    with pytest.raises(LeaseLost):
        tables.leases.renew([lease], NOW, 20)


def test_renew_of_the_same_owner_with_an_older_fence_is_lost(tables: Tables, key: str) -> None:
    old = taken(tables, key)
    new = taken(tables, key, now=NOW + 20)
    with pytest.raises(LeaseLost):
        tables.leases.renew([old], NOW + 21, 20)
    assert tables.leases.peek(key) == new


def test_release_leaves_lost_leases_alone_and_frees_the_rest(world: World) -> None:
    leases = world.tables.leases
    held = [taken(world.tables, world.new_name()) for _ in range(3)]
    stolen = leases.acquire(held[0].key, "b", NOW + 20, 20)
    leases.release(held)
    assert [leases.peek(one.key) for one in held] == [stolen, None, None]
    leases.release(held)
    leases.release([])
    assert leases.peek(held[0].key) == stolen


def test_acquire_many_takes_what_is_free(world: World) -> None:
    leases = world.tables.leases
    keys = [world.new_name() for _ in range(5)]
    taken(world.tables, keys[1], "b")
    taken(world.tables, keys[3], "c", NOW - 20)
    mine = taken(world.tables, keys[4], "a")
    obtained = leases.acquire_many([*keys, keys[0]], "a", NOW, 20)
    assert obtained == {
        keys[0]: Lease(keys[0], "a", 1, NOW + 20),
        keys[2]: Lease(keys[2], "a", 1, NOW + 20),
        keys[3]: Lease(keys[3], "a", 2, NOW + 20),
        keys[4]: mine,
    }
    assert {key: leases.peek(key) for key in obtained} == obtained


def test_acquire_many_of_nothing_and_of_what_others_hold(world: World) -> None:
    leases = world.tables.leases
    keys = [taken(world.tables, world.new_name(), "b").key for _ in range(3)]
    assert leases.acquire_many(keys, "a", NOW, 20) == {}
    assert leases.acquire_many([], "a", NOW, 20) == {}


def test_acquire_many_leaves_out_what_another_takes_meanwhile(world: World) -> None:
    leases = world.tables.leases
    keys = [world.new_name() for _ in range(3)]
    world.interpose(lambda: leases.acquire(keys[0], "b", NOW, 20))
    assert set(leases.acquire_many(keys, "a", NOW, 20)) == set(keys[1:])


def test_acquire_renew_and_release_more_than_a_transaction_holds(world: World) -> None:
    leases = world.tables.leases
    keys = [world.new_name() for _ in range(103)]
    obtained = leases.acquire_many(keys, "a", NOW, 20)
    assert set(obtained) == set(keys)
    renewed = leases.renew(list(obtained.values()), NOW + 5, 20)
    assert {one.expires_at for one in renewed} == {NOW + 25}
    leases.release(renewed)
    assert [key for key in keys if leases.peek(key) is not None] == []
