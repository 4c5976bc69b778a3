"""Which Centra write shows which movement in a store."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.demo.chain import Shop
from sandbox.demo.chart import chart
from sandbox.demo.journal import HeldBack, Window
from sandbox.demo.latency import Latencies, Reached, Write, by_path, figures, measure, recovered, writes_of
from sandbox.demo.timeline import OFFLINE, Step, steps

KEY = (11, "CAP")


def ours(at: float, physical: int, allocated: int = 0) -> Write:
    return Write(at, physical, allocated, ours=True)


def measured(opening: int, series: list[Step], *writes: Write, windows: tuple[Window, ...] = ()) -> Latencies:
    return measure({KEY: [Step(0.0, opening, "opening"), *series]}, {KEY: opening}, {KEY: list(writes)}, windows)


def seconds(found: Latencies) -> list[float]:
    return [round(one.seconds, 3) for one in found.reached]


def test_a_movement_is_reached_by_the_first_write_that_shows_it() -> None:
    found = measured(5, [Step(10.0, 4, "sale")], ours(11.5, 4))
    assert seconds(found) == [1.5]
    assert found.reached[0].path == "sale"


def test_one_write_shows_several_movements() -> None:
    found = measured(5, [Step(10.0, 4, "sale"), Step(11.0, 3, "sale")], ours(12.0, 3))
    assert seconds(found) == [2.0, 1.0]


def test_a_write_of_an_earlier_state_does_not_show_a_later_movement() -> None:
    found = measured(5, [Step(10.0, 4, "sale"), Step(11.0, 3, "sale")], ours(11.5, 4), ours(14.0, 3))
    assert seconds(found) == [1.5, 3.0]


def test_a_write_cannot_show_what_had_not_happened() -> None:
    found = measured(5, [Step(10.0, 4, "sale"), Step(20.0, 3, "sale")], ours(12.0, 3), ours(13.0, 4), ours(21.0, 3))
    assert seconds(found) == [3.0, 1.0]


def test_a_movement_undone_before_it_was_written_is_left_out_and_counted() -> None:
    found = measured(5, [Step(10.0, 4, "sale"), Step(11.0, 5, "refund"), Step(30.0, 4, "sale")], ours(31.0, 4))
    assert seconds(found) == [1.0]
    assert (found.undone, found.unchanged) == (1, 1)


def test_a_movement_below_what_web_orders_hold_cannot_show() -> None:
    found = measured(1, [Step(10.0, 0, "sale")])
    assert (found.reached, found.held_by_web_orders) == ([], 1)


def test_what_centra_clamps_to_the_allocated_units_shows_the_movement() -> None:
    found = measured(5, [Step(10.0, 1, "stock-take")], ours(12.0, 2, allocated=2))
    assert seconds(found) == [2.0]


def test_a_movement_that_leaves_the_target_is_no_latency() -> None:
    found = measured(0, [Step(10.0, 0, "sale")])
    assert (found.reached, found.unchanged) == ([], 1)


def test_writes_of_others_show_nothing_but_are_seen() -> None:
    shipped = Write(9.0, 4, 0, ours=False)
    found = measured(5, [Step(9.0, 4, "shipment"), Step(10.0, 3, "sale")], shipped, ours(12.0, 3))
    assert (seconds(found), found.unchanged) == ([2.0], 1)


def test_a_movement_during_an_outage_goes_on_the_outages_path_until_the_first_write_after_it() -> None:
    windows = (Window("Centra down", 9.0, 20.0), Window("a till is offline", 0.0, 50.0))
    series = [Step(10.0, 4, "sale"), Step(20.5, 3, "sale"), Step(30.0, 2, "sale")]
    found = measured(5, series, ours(22.0, 3), ours(31.0, 2), windows=windows)
    assert [(one.path, one.seconds) for one in found.reached] == [
        ("while Centra was down", 12.0),
        ("while Centra was down", 1.5),
        ("sale", 1.0),
    ]


def test_a_killed_drain_is_replaced_with_the_first_write_that_cannot_be_its_own() -> None:
    writes = {KEY: [ours(10.5, 4), ours(31.0, 3)]}
    assert [(w.start, w.end) for w in recovered([Window("drain killed", 10.0, 35.0)], writes)] == [(10.0, 31.0)]
    assert [(w.start, w.end) for w in recovered([Window("drain killed", 40.0, 65.0)], writes)] == [(40.0, 65.0)]


def test_figures_are_by_nearest_rank() -> None:
    assert figures([float(n) for n in range(1, 101)]) == {"p50": 50.0, "p95": 95.0, "max": 100.0, "n": 100}
    assert figures([2.0]) == {"p50": 2.0, "p95": 2.0, "max": 2.0, "n": 1}


def test_paths_are_listed_by_size_undisturbed_ones_first() -> None:
    reached = [Reached(KEY, 0.0, 9.0, "during the 429 storm")] * 3 + [
        Reached(KEY, 0.0, 1.0, "sale"),
        Reached(KEY, 0.0, 2.0, "receipt"),
        Reached(KEY, 0.0, 3.0, "receipt"),
    ]
    assert list(by_path(reached)) == ["receipt", "sale", "during the 429 storm"]


def commit(at: float, warehouse: int, change: int, transaction: int, kind: str = "sale") -> dict[str, Any]:
    return {"at": at, "warehouse": warehouse, "sku": "CAP", "change": change, "total": 0, "transaction_id": transaction, "kind": kind}


def test_steps_add_up_the_sellable_warehouses_less_what_is_held_back() -> None:
    shop = Shop("Lund", 11, 105, stockroom=106, not_sellable=107)
    opening = {105: {"CAP": 2}, 106: {"CAP": 1}, 107: {"CAP": 9}}
    commits = [commit(1.0, 105, -1, 1), commit(2.0, 106, 3, 2, "in"), commit(3.0, 107, -1, 3), commit(5.0, 105, -9, 4), commit(6.0, 999, -1, 5)]
    found = steps([shop], opening, commits, [HeldBack(4.0, KEY, 2, "booking")], {1: "sale", 2: "receipt"})
    assert found == {
        KEY: [Step(0.0, 3, "opening"), Step(1.0, 2, "sale"), Step(2.0, 5, "receipt"), Step(4.0, 3, "booking"), Step(5.0, 0, OFFLINE)],
    }


def test_centras_log_is_read_from_the_start_of_trade() -> None:
    rows = [
        {"at": 1.0, "warehouse": 11, "sku": "CAP", "physical": 9, "allocated": 0, "source": "put_stock", "comment": ""},
        {"at": 5.0, "warehouse": 11, "sku": "CAP", "physical": 4, "allocated": 1, "source": "setStock", "comment": ""},
        {"at": 6.0, "warehouse": 11, "sku": "CAP", "physical": 3, "allocated": 0, "source": "completeShipment", "comment": ""},
    ]
    assert writes_of(rows, 2.0) == {KEY: [Write(5.0, 4, 1, True), Write(6.0, 3, 0, False)]}


def test_the_chart_keeps_everything_inside_and_its_labels_apart() -> None:
    reached = [Reached(KEY, 100.0 + n, 0.01 * 4**n, "sale" if n % 2 else "receipt") for n in range(8)]
    windows = [Window("429 storm", 102.0, 104.0), Window("Centra down", 103.0, 200.0), Window("drain killed", 219.0, 244.0)]
    drawn = chart(reached, windows, 100.0, 220.0, ["sale", "receipt"])
    assert all(drawn.left <= dot.x <= drawn.right and drawn.top <= dot.y <= drawn.bottom for dot in drawn.dots)
    assert all(drawn.left <= band.x and band.width > 0 for band in drawn.bands)
    assert [band.row for band in drawn.bands] == [0, 1, 0]
    assert [(path, n) for _, path, n in drawn.legend] == [("sale", 4), ("receipt", 4)]
    assert len({css for css, _, _ in drawn.legend}) == 2
    higher, lower = drawn.dots[7].y, drawn.dots[3].y
    assert higher < lower
    assert [tick.label for tick in drawn.x_ticks][:2] == ["0 s", "20 s"]
    assert drawn.y_ticks[0].at == pytest.approx(drawn.bottom)
