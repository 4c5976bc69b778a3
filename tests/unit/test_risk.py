"""Which warehouses are written first."""

from __future__ import annotations

from connector.domain.risk import Pending, rank, units_left

POOLS = {1: (1, 2), 2: (1, 2), 3: (3,)}


def order(pending: list[Pending], free: dict[tuple[int, str], int]) -> list[tuple[int, bool]]:
    return [(t.warehouse, t.urgent) for t in rank(pending, POOLS, free, risk_units=2)]


def test_a_sku_about_to_sell_out_of_its_pool_goes_first() -> None:
    free = {(1, "A"): 2, (2, "A"): 1, (3, "B"): 50}
    assert order([Pending(3, "B", 100.0, -1), Pending(1, "A", 200.0, -1)], free) == [(1, True), (3, False)]


def test_stock_elsewhere_in_the_pool_makes_it_calm() -> None:
    assert order([Pending(1, "A", 100.0, -1)], {(1, "A"): 2, (2, "A"): 10}) == [(1, False)]


def test_more_sold_than_is_free_here_is_urgent_whatever_the_pool_holds() -> None:
    assert order([Pending(1, "A", 100.0, -3)], {(1, "A"): 2, (2, "A"): 100}) == [(1, True)]


def test_an_unknown_pool_is_urgent() -> None:
    assert order([Pending(1, "A", 100.0, -1)], {}) == [(1, True)]


def test_decreases_before_raises_but_an_old_raise_is_not_starved() -> None:
    free = {(1, "A"): 50, (3, "B"): 50}
    assert order([Pending(3, "B", 100.0, 5), Pending(1, "A", 110.0, -1)], free) == [(1, False), (3, False)]
    assert order([Pending(3, "B", 100.0, 5), Pending(1, "A", 140.0, -1)], free) == [(3, False), (1, False)]


def test_within_a_warehouse_the_urgent_sku_comes_first() -> None:
    free = {(1, "A"): 50, (2, "A"): 0, (1, "B"): 1, (2, "B"): 0}
    (turnout,) = rank([Pending(1, "A", 100.0, -1), Pending(1, "B", 200.0, -1)], POOLS, free, risk_units=2)
    assert turnout.skus == ("B", "A")


def test_units_left_counts_pending_decreases_but_no_pending_raises() -> None:
    assert units_left("A", (1, 2), {(1, "A"): 5, (2, "A"): 3}, {(1, "A"): -2, (2, "A"): 4}) == 6
    assert units_left("A", (1, 2), {}, {}) is None
