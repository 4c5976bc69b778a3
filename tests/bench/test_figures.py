"""Figures, goals and the file they are written to."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from bench.__main__ import MEASUREMENTS, chosen
from bench.demo import figures_of
from bench.figures import Figure, Op, percentile, write_results
from bench.share_check import overdraft


@pytest.mark.parametrize(
    ("value", "op", "goal", "met"),
    [
        (2.0, "<=", 2.0, True),
        (2.1, "<=", 2.0, False),
        (2.1, ">=", 2.0, True),
        (1.0, ">=", 2.0, False),
        (math.nan, "<=", 2.0, False),
        (1.0, "<=", None, None),
    ],
)
def test_a_goal_is_met_or_missed(value: float, op: Op, goal: float | None, met: bool | None) -> None:
    assert Figure("stock.x", value, "s", 1, "how", goal, op).met is met


def test_results_hold_every_key(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "results.json"
    write_results([Figure("stock.x", 1.23456, "s", 7, "how", 2.0), Figure("stock.y", math.nan, "s", 0, "how")], file)
    assert json.loads(file.read_text()) == [
        {"name": "stock.x", "value": 1.2346, "unit": "s", "goal": 2.0, "op": "<=", "met": True, "n": 7, "how": "how"},
        {"name": "stock.y", "value": None, "unit": "s", "goal": None, "op": None, "met": None, "n": 0, "how": "how"},
    ]


def test_percentiles_are_values_that_were_seen() -> None:
    assert [percentile(range(1, 101), share) for share in (0.5, 0.95, 1.0)] == [50, 95, 100]
    assert percentile([7.0], 0.95) == 7.0
    assert math.isnan(percentile([], 0.5))


def test_calls_within_the_share_overdraw_nothing() -> None:
    assert overdraft([(0.0, 16), (1.0, 1), (2.0, 2)], capacity=16, window_s=10, left=16, since=0.0) == 0.0


def test_the_worst_instant_counts() -> None:
    assert overdraft([(0.0, 17), (10.0, 1)], capacity=16, window_s=10, left=16, since=0.0) == 1.0
    assert overdraft([(0.5, 1)], capacity=1440, window_s=3600, left=0.0, since=0.0) == pytest.approx(0.8)


def test_a_bucket_never_holds_more_than_its_capacity() -> None:
    assert overdraft([(1000.0, 16), (1000.0, 2)], capacity=16, window_s=10, left=16, since=0.0) == 2.0


def test_names_choose_measurements_in_their_order() -> None:
    assert chosen([]) == list(MEASUREMENTS)
    assert chosen(["memory", "stock.burst.p50"]) == ["stock.burst", "memory"]
    assert chosen(["stock"]) == [name for name in MEASUREMENTS if name.startswith("stock.")]
    with pytest.raises(ValueError, match="nothing is measured as speed"):
        chosen(["speed"])


def test_the_demo_is_shown_path_by_path() -> None:
    summary = {"latency_s": {"429 storm": {"p50": 4.0, "p95": 9.0, "max": 11.0, "n": 12}}}
    assert [(f.name, f.value, f.n, f.met) for f in figures_of(summary)] == [
        ("stock.demo.429_storm_p50", 4.0, 12, None),
        ("stock.demo.429_storm_p95", 9.0, 12, None),
    ]
