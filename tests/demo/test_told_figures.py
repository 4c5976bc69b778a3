"""The figures that people read after a day: they add up, and a sentence says only what happened."""

from __future__ import annotations

import pytest

from sandbox.demo.chart import LETTER, RIGHT, WIDTH, chart
from sandbox.demo.journal import Window
from sandbox.demo.report import _told
from sandbox.demo.summary import _shoppers, _sold_twice


@pytest.mark.parametrize(
    ("wanted", "told", "sentence"),
    [
        (12, 9, "Of 31 shoppers on the web, 12 wanted what a till had just sold out: 9 were told so, 3 were promised a unit that was gone."),
        (12, 12, "Of 31 shoppers on the web, 12 wanted what a till had just sold out: all of them were told so."),
        (0, 0, "None of 31 shoppers on the web wanted what a till had just sold out."),
    ],
)
def test_nobody_is_said_to_have_been_promised_what_is_gone_who_was_not(wanted: int, told: int, sentence: str) -> None:
    assert _shoppers({"web_orders": 31, "web_orders_for_what_was_just_sold_out": wanted, "of_these_told_so": told}) == sentence


def test_units_sold_twice_are_counted_by_themselves() -> None:
    assert _sold_twice({"units_sold_twice": 0, "shelves_sold_twice": 0}) == "In the end no unit is promised that is not there."
    assert _sold_twice({"units_sold_twice": 1, "shelves_sold_twice": 1}).startswith("In the end 1 unit is promised that is not there, on 1 shelf:")
    assert _sold_twice({"units_sold_twice": 7, "shelves_sold_twice": 6}).startswith(
        "In the end 7 units are promised that are not there, on 6 shelves:"
    )


def test_commands_in_texts_are_set_as_code_and_nothing_else_becomes_markup() -> None:
    assert _told("Run `ops doctor` <now>.") == "Run <code>ops doctor</code> &lt;now&gt;."


def test_labels_above_the_plot_neither_overlap_nor_leave_it() -> None:
    windows = [Window("a till is offline", 10, 70), Window("429 storm", 12, 20), Window("drain killed", 15, 16), Window("Centra down", 118, 120)]
    drawn = chart([], windows, 0.0, 120.0, [])
    spans = [(band.row, band.label_x, band.label_x + LETTER * len(band.label)) for band in drawn.bands]
    assert all(end <= WIDTH - RIGHT for _, _, end in spans)
    assert not [(a, b) for a in spans for b in spans if a is not b and a[0] == b[0] and a[1] < b[2] and b[1] < a[2]]
    assert all(drawn.top - 5 - drawn.label_row * band.row >= 12 for band in drawn.bands)
