"""When a movement counts as having reached Centra."""

from __future__ import annotations

from typing import Any

import pytest

from bench.reached import Movement, follow

KEY = (11, "TEE")


def sold(at: float, level: int) -> Movement:
    return Movement(at, level, -1, "sale")


def write(at: float, physical: int, source: str = "setStock") -> dict[str, Any]:
    return {"at": at, "warehouse": 11, "sku": "TEE", "physical": physical, "source": source}


def test_the_first_write_that_carries_the_level_shows_it() -> None:
    found = follow({KEY: [sold(10.0, 4), sold(20.0, 3)]}, [write(11.5, 4), write(23.0, 3)], {KEY: 5})
    assert [r.seconds for r in found.reached] == [1.5, 3.0]


def test_a_write_of_a_later_level_shows_the_earlier_movements_too() -> None:
    found = follow({KEY: [sold(10.0, 4), sold(10.5, 3)]}, [write(12.0, 3)], {KEY: 5})
    assert [r.seconds for r in found.reached] == [2.0, 1.5]


def test_a_write_read_before_the_movement_does_not_show_it() -> None:
    found = follow({KEY: [sold(10.0, 4), sold(11.0, 3)]}, [write(11.2, 4), write(12.0, 3)], {KEY: 5})
    assert [r.seconds for r in found.reached] == [pytest.approx(1.2), 1.0]


def test_a_level_that_comes_only_later_is_not_credited_to_an_earlier_write() -> None:
    series = [sold(10.0, 4), Movement(20.0, 9, 5, "receipt")]
    found = follow({KEY: series}, [write(11.0, 9), write(15.0, 4), write(21.0, 9)], {KEY: 5})
    assert [r.seconds for r in found.reached] == [5.0, 1.0]


def test_changes_that_are_not_ours_show_nothing() -> None:
    found = follow({KEY: [sold(10.0, 4)]}, [write(11.0, 4, "changeStock")], {KEY: 5})
    assert (found.reached, found.missing) == ([], [(KEY, sold(10.0, 4))])


def test_what_is_undone_before_it_was_written_is_no_miss() -> None:
    series = [sold(10.0, 4), Movement(10.5, 5, 1, "refund")]
    found = follow({KEY: series}, [], {KEY: 5})
    assert (found.undone, found.missing, found.reached) == (2, [], [])


def test_what_is_undone_only_after_it_was_written_counts() -> None:
    series = [sold(10.0, 4), Movement(20.0, 5, 1, "refund")]
    found = follow({KEY: series}, [write(12.0, 4), write(22.0, 5)], {KEY: 5})
    assert [r.seconds for r in found.reached] == [2.0, 2.0]


def test_below_zero_centra_shows_zero() -> None:
    found = follow({KEY: [sold(10.0, -1)]}, [write(12.0, 0)], {KEY: 1})
    assert [r.seconds for r in found.reached] == [2.0]


def test_labels_tell_kinds_apart() -> None:
    series = [sold(10.0, 4), Movement(11.0, 8, 4, "receipt")]
    found = follow({KEY: series}, [write(10.5, 4), write(14.0, 8)], {KEY: 5})
    assert (found.seconds("sale"), found.seconds("receipt"), found.seconds()) == ([0.5], [3.0], [0.5, 3.0])
