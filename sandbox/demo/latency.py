"""How long each movement in a store took to reach Centra, from the two vendors' own logs of what they committed.

For a (Centra warehouse, SKU) the targets form steps (timeline.steps). A step is *reached* by the first `setStock` Centra committed at or after it
whose physical quantity is the target of this step or of a later one that had happened by then (or what is allocated, where that is more:
Centra goes no lower). Its latency is the time from Sitoo's commit to that commit. Which state the connector had read is not in the logs;
this takes the earliest write that fits.

Left out and counted: steps that did not change the target or met a Centra that held it already; steps undone by a later one before they
were written (sold and refunded, sent and received); steps below what web orders hold, which Centra cannot show.

A step reached while Centra was down or throttled, or while a killed drain had not been replaced, is counted on a path of its own: such
a window begins with the fault and ends with the first write after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.demo.journal import Key, Window
from sandbox.demo.timeline import Step

BROKEN = {"429 storm": "during the 429 storm", "Centra down": "while Centra was down", "drain killed": "after the drain was killed"}
"""Windows that break the path, and the path on which their movements are counted."""
DISTURBED = "(disturbed)"
"""Ends the names of the paths of web orders that met something broken."""
LAST_BREATH_S = 2.0
"""A write may still land this long after its drain was killed."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A movement at `at` (unix s) and the seconds until Centra showed it."""

    key: Key
    at: float
    seconds: float
    path: str


@dataclass(slots=True)
class Latencies:
    reached: list[Reached] = field(default_factory=list)
    unchanged: int = 0
    undone: int = 0
    held_by_web_orders: int = 0


@dataclass(frozen=True, slots=True)
class Write:
    """Centra holds `physical` from `at` on; `ours` when a setStock did it."""

    at: float
    physical: int
    allocated: int
    ours: bool


def writes_of(commits: Iterable[Mapping[str, Any]], since: float) -> dict[Key, list[Write]]:
    """Centra's log of physical quantities by key, oldest first, from `since` on."""
    found: dict[Key, list[Write]] = {}
    for row in commits:
        if row["at"] >= since:
            write = Write(row["at"], row["physical"], row["allocated"], row["source"] == "setStock")
            found.setdefault((row["warehouse"], row["sku"]), []).append(write)
    return found


def measure(
    timelines: Mapping[Key, Sequence[Step]], opening: Mapping[Key, int], writes: Mapping[Key, Sequence[Write]], windows: Sequence[Window]
) -> Latencies:
    """`opening`: Centra's physical per key when the day began."""
    found = Latencies()
    broken = recovered(windows, writes)
    for key, series in timelines.items():
        for index in range(1, len(series)):
            _measure_one(found, key, series, index, opening.get(key, 0), writes.get(key, ()), broken)
    found.reached.sort(key=lambda reached: reached.at)
    return found


def recovered(windows: Iterable[Window], writes: Mapping[Key, Sequence[Write]]) -> list[Window]:
    """The windows of what breaks the path, each until the first of our writes after the fault."""
    moments = sorted(write.at for series in writes.values() for write in series if write.ours)
    broken = []
    for window in windows:
        if window.what in BROKEN:
            over = window.start + LAST_BREATH_S if window.what == "drain killed" else window.end
            broken.append(replace(window, end=next((at for at in moments if at >= over), window.end)))
    return broken


def _measure_one(
    found: Latencies, key: Key, series: Sequence[Step], index: int, opening: int, writes: Sequence[Write], broken: Sequence[Window]
) -> None:
    step = series[index]
    held = next((w.physical for w in reversed(writes) if w.at <= step.at), opening)
    if step.target in (series[index - 1].target, held):
        found.unchanged += 1
        return
    write = next((w for w in writes if w.ours and w.at >= step.at and _shows(w, series, index)), None)
    back_at = next((later.at for later in series[index + 1 :] if later.target == held), None)
    if back_at is not None and (write is None or back_at <= write.at):
        found.undone += 1
    elif write is None:
        found.held_by_web_orders += 1
    else:
        hit = next((w for w in broken if w.start < write.at and step.at < w.end), None)
        found.reached.append(Reached(key, step.at, write.at - step.at, BROKEN[hit.what] if hit else step.path))


def _shows(write: Write, series: Sequence[Step], index: int) -> bool:
    return any(step.at <= write.at and write.physical == max(step.target, write.allocated) for step in series[index:])


def figures(seconds: Sequence[float]) -> dict[str, float]:
    """{p50, p95, max, n}, seconds; percentiles by nearest rank. At least one value."""
    ordered = sorted(seconds)
    return {"p50": round(_rank(ordered, 0.5), 3), "p95": round(_rank(ordered, 0.95), 3), "max": round(ordered[-1], 3), "n": len(ordered)}


def by_path(reached: Iterable[Reached]) -> dict[str, dict[str, float]]:
    """{path: figures}: undisturbed paths first, the busiest of each first."""
    grouped: dict[str, list[float]] = {}
    for one in reached:
        grouped.setdefault(one.path, []).append(one.seconds)
    return {path: figures(values) for path, values in sorted(grouped.items(), key=lambda item: (disturbed(item[0]), -len(item[1])))}


def disturbed(path: str) -> bool:
    """A movement on this path met something broken."""
    return path in BROKEN.values() or path.endswith(DISTURBED)


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
