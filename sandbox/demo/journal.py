"""What the demo did, as far as the vendors' own logs do not tell: why a transaction came about, what was booked, when something was broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

Key = tuple[int, str]
"""(Centra warehouse, SKU)"""


class Mishap(StrEnum):
    """Every kind of fault the day brings; each must show in the summary."""

    EVENTS_LOST = "Sitoo events lost"
    EVENTS_DOUBLED = "Sitoo events sent twice"
    OFFLINE_SALES = "sales of an offline till"
    CUT_AFTER_COMMIT = "Centra answers lost after the write"
    THROTTLED = "429 answers of the storm"
    OUTAGE = "calls during Centra's outage"
    DRAIN_KILLED = "drain killed"
    UNMAPPED = "unmapped SKU"
    OVERSOLD = "units sold twice"


@dataclass(slots=True)
class Window:
    """While something is broken, from `start` to `end` (unix s)."""

    what: str
    start: float
    end: float

    def covers(self, at: float) -> bool:
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class HeldBack:
    """From `at` on `units` more (or fewer) of what lies in the store may not be sold online: a booking made or ended, a web order shipped."""

    at: float
    key: Key
    units: int
    path: str


@dataclass(slots=True)
class Journal:
    """`paths`: Sitoo transaction id → how a person would call that movement. `told`: sentences for the progress view, with their moment."""

    started_at: float = 0.0
    ended_at: float = 0.0
    sales: Counter[int] = field(default_factory=Counter)
    paths: dict[int, str] = field(default_factory=dict)
    held_back: list[HeldBack] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    web_orders: int = 0
    wanted_sold_out: int = 0
    sold_out_in_time: int = 0
    offline_sales: int = 0
    kills: int = 0
    told: list[tuple[float, str]] = field(default_factory=list)

    def tell(self, at: float, text: str) -> None:
        self.told.append((at, text))

    def broken_at(self, at: float) -> list[Window]:
        return [window for window in self.windows if window.covers(at)]
