"""The latency plot: one dot per movement, seconds until Centra showed it over the time of day; as SVG that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.demo.journal import Window
from sandbox.demo.latency import BROKEN, Reached

WIDTH, HEIGHT = 960, 360
LEFT, RIGHT, TOP, BOTTOM = 52, 26, 18, 34
LABEL_ROW, LETTER = 14, 6.2
"""Pixels of one row of labels above the plot, and of a letter in them."""
LOWEST_S = 0.1
TICKS_S = (0.1, 0.3, 1, 3, 10, 30, 100, 300)
CLASSES = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    css: str
    title: str


@dataclass(frozen=True, slots=True)
class Band:
    """Something was broken between `x` and `x + width`; `row` staggers labels that would overlap. `thin`: it did not break the path.

    The label begins at `label_x`, which lies left of `x` where it would leave the picture.
    """

    x: float
    width: float
    label: str
    label_x: float
    row: int
    thin: bool


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the template draws, in pixels. `legend`: (css class, path, movements)."""

    dots: Sequence[Dot]
    bands: Sequence[Band]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    legend: Sequence[tuple[str, str, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    label_row: int = LABEL_ROW
    bottom: int = HEIGHT - BOTTOM


def chart(reached: Sequence[Reached], windows: Sequence[Window], start: float, end: float, paths: Sequence[str]) -> Chart:
    """`start`, `end`: when trade began and ended (unix s); `paths`: in the order of the legend."""
    longest = max([10.0, *(one.seconds for one in reached)])
    top_s = next((tick for tick in TICKS_S if tick >= longest), longest)
    span = max(end - start, 1.0)

    def x(at: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(max((at - start) / span, 0.0), 1.0), 1)

    def y(seconds: float) -> float:
        share = math.log(max(seconds, LOWEST_S) / LOWEST_S) / math.log(top_s / LOWEST_S)
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - top) * share, 1)

    bands = _bands(windows, x)
    top = TOP + LABEL_ROW * max((band.row + 1 for band in bands), default=0)

    css = {path: CLASSES[min(number, len(CLASSES) - 1)] for number, path in enumerate(paths)}
    dots = [Dot(x(one.at), y(one.seconds), css[one.path], f"{one.key[1]}: {one.seconds:.2f} s, {one.path}") for one in reached]
    step = 10 if span <= 60 else 20 if span <= 150 else 60
    return Chart(
        dots=dots,
        bands=bands,
        x_ticks=[Tick(x(start + second), f"{second} s") for second in range(0, int(span) + 1, step)],
        y_ticks=[Tick(y(tick), f"{tick:g} s") for tick in TICKS_S if tick <= top_s],
        legend=[(css[path], path, sum(one.path == path for one in reached)) for path in paths],
        top=top,
    )


def _bands(windows: Sequence[Window], place: Callable[[float], float]) -> list[Band]:
    found: list[Band] = []
    for window in sorted(windows, key=lambda w: w.start):
        left, right = place(window.start), place(window.end)
        length = LETTER * len(window.what) + LETTER
        label = round(min(left + 3, WIDTH - RIGHT - length), 1)
        overlaps = {band.row for band in found if band.label_x + LETTER * len(band.label) + LETTER > label}
        row = next(number for number in range(len(found) + 1) if number not in overlaps)
        found.append(Band(left, round(max(right - left, 2.0), 1), window.what, label, row, window.what not in BROKEN))
    return found
