"""Which warehouses are written first."""

from __future__ import annotations

from connector.domain.risk import Pending, rank, units_left

POOLS = {1: (1, 2), 2: (1, 2), 3: (3,)}


def order(pending: list[Pending], free: dict[str, dict[int, int]]) -> list[tuple[int, bool]]:
    return [(t.warehouse, t.urgent) for t in rank(pending, POOLS, free, risk_units=2)]


def test_a_sku_about_to_sell_out_of_its_pool_goes_first() -> None:
    free = {"A": {1: 2, 2: 1}, "B": {3: 50}}
    assert order([Pending(3, "B", 100.0, -1), Pending(1, "A", 200.0, -1)], free) == [(1, True), (3, False)]


def test_stock_elsewhere_in_the_pool_makes_it_calm() -> None:
    assert order([Pending(1, "A", 100.0, -1)], {"A": {1: 2, 2: 10}}) == [(1, False)]


def test_more_sold_than_is_free_here_is_urgent_whatever_the_pool_holds() -> None:
    assert order([Pending(1, "A", 100.0, -3)], {"A": {1: 2, 2: 100}}) == [(1, True)]


def test_an_unknown_pool_is_urgent() -> None:
    assert order([Pending(1, "A", 100.0, -1)], {}) == [(1, True)]


def test_decreases_before_raises_but_an_old_raise_is_not_starved() -> None:
    free = {"A": {1: 50}, "B": {3: 50}}
    assert order([Pending(3, "B", 100.0, 5), Pending(1, "A", 110.0, -1)], free) == [(1, False), (3, False)]
    assert order([Pending(3, "B", 100.0, 5), Pending(1, "A", 140.0, -1)], free) == [(3, False), (1, False)]


def test_within_a_warehouse_the_urgent_sku_comes_first() -> None:
    free = {"A": {1: 50, 2: 0}, "B": {1: 1, 2: 0}}
    (turnout,) = rank([Pending(1, "A", 100.0, -1), Pending(1, "B", 200.0, -1)], POOLS, free, risk_units=2)
    assert turnout.skus == ("B", "A")


def test_units_left_counts_pending_decreases_but_no_pending_raises() -> None:
    assert units_left((1, 2), {1: 5, 2: 3}, {1: -2, 2: 4}) == 6
    assert units_left((1, 2), {}, {}) is None


def test_decreases_outside_the_pool_or_where_nothing_is_known_do_not_count() -> None:
    assert units_left((1, 2), {1: 5, 3: 9}, {2: -4, 3: -1}) == 5


def test_pools_of_one_sku_are_told_apart() -> None:
    free = {"A": {1: 9, 2: 9, 3: 2}}
    assert order([Pending(1, "A", 100.0, -1), Pending(3, "A", 200.0, -1)], free) == [(3, True), (1, False)]
