"""What is measured: a figure, the goal beside it, and the file and table they end up in."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.table import Table

Op = Literal["<=", ">="]


@dataclass(frozen=True, slots=True)
class Figure:
    """`n`: how many observations it rests on. `how`: what was measured, in words. `goal` None: for information. A `value` of NaN misses any goal."""

    name: str
    value: float
    unit: str
    n: int
    how: str
    goal: float | None = None
    op: Op = "<="

    @property
    def met(self) -> bool | None:
        """None without a goal."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.op == "<=" else self.value >= self.goal

    def as_data(self) -> dict[str, Any]:
        value = None if math.isnan(self.value) else round(self.value, 4)
        return {
            "name": self.name,
            "value": value,
            "unit": self.unit,
            "goal": self.goal,
            "op": self.op if self.goal is not None else None,
            "met": self.met,
            "n": self.n,
            "how": self.how,
        }


def percentile(values: Iterable[float], share: float) -> float:
    """By nearest rank; NaN of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def write_results(figures: Sequence[Figure], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([figure.as_data() for figure in figures], indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def table(figures: Sequence[Figure]) -> Table:
    shown = Table(title="Measured", title_justify="left")
    shown.add_column("figure", overflow="fold")
    shown.add_column("value", justify="right", no_wrap=True)
    shown.add_column("unit", overflow="fold")
    shown.add_column("goal", justify="right", no_wrap=True)
    shown.add_column("", no_wrap=True)
    shown.add_column("n", justify="right", no_wrap=True)
    for figure in figures:
        goal = "" if figure.goal is None else f"{figure.op} {figure.goal:g}"
        verdict = {None: "", True: "[green]met[/]", False: "[bold red]MISSED[/]"}[figure.met]
        shown.add_row(figure.name, _short(figure.value), figure.unit, goal, verdict, str(figure.n))
    return shown


def _short(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
