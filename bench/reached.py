"""How long each movement took from Sitoo's commit to Centra's, from the two vendors' own logs of what they committed.

A movement leaves a level behind it. It has reached Centra with the first `setStock`, made since, that carries this level or one that a later
movement (made before that `setStock`) left behind: Centra then shows the movement. Which state the connector had read is not in the logs; this
takes the earliest write that fits. Holds where nothing is booked, allocated or in flight, so that the target is the level.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Key = tuple[int, str]
"""(Centra warehouse, sku)"""


@dataclass(frozen=True, slots=True)
class Movement:
    """At `at` (unix s) the level became `level` (units) by `change`. `label` tells kinds of movements apart in the result."""

    at: float
    level: int
    change: int
    label: str


@dataclass(frozen=True, slots=True)
class Reached:
    """A movement of `key` and the seconds it took."""

    key: Key
    movement: Movement
    seconds: float


@dataclass(slots=True)
class Outcome:
    """`undone`: a later movement restored what Centra held before any write was needed. `missing`: never reached Centra."""

    reached: list[Reached] = field(default_factory=list)
    undone: int = 0
    missing: list[tuple[Key, Movement]] = field(default_factory=list)

    def seconds(self, *labels: str) -> list[float]:
        """Of the movements with one of `labels`, or all."""
        return [r.seconds for r in self.reached if not labels or r.movement.label in labels]


def follow(movements: Mapping[Key, Sequence[Movement]], commits: Iterable[Mapping[str, Any]], opening: Mapping[Key, int]) -> Outcome:
    """`movements` per key, oldest first; `commits`: Centra's log; `opening`: what Centra held per key before the first movement."""
    writes: dict[Key, list[tuple[float, int]]] = {}
    for row in commits:
        if row["source"] == "setStock":
            writes.setdefault((row["warehouse"], row["sku"]), []).append((row["at"], row["physical"]))
    found = Outcome()
    for key, series in movements.items():
        _follow_one(found, key, series, writes.get(key, []), opening.get(key, 0))
    return found


def _follow_one(found: Outcome, key: Key, series: Sequence[Movement], writes: Sequence[tuple[float, int]], opening: int) -> None:
    moments = [at for at, _ in writes]
    for index, movement in enumerate(series):
        first = bisect_left(moments, movement.at)
        held = writes[first - 1][1] if first else opening
        shown = next((at for at, physical in writes[first:] if _shows(series, index, at, physical)), None)
        restored = next((later.at for later in series[index:] if max(0, later.level) == held), None)
        if restored is not None and (shown is None or restored <= shown):
            found.undone += 1
        elif shown is None:
            found.missing.append((key, movement))
        else:
            found.reached.append(Reached(key, movement, shown - movement.at))


def _shows(series: Sequence[Movement], index: int, at: float, physical: int) -> bool:
    for later in series[index:]:
        if later.at > at:
            return False
        if max(0, later.level) == physical:
            return True
    return False
