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
    POST_CUT_AFTER_COMMIT = "Sitoo answers lost after an order was taken"
    WEBHOOKS_LOST = "Centra webhooks lost"
    WEBHOOKS_DOUBLED = "Centra webhooks sent twice"
    ORDERS_PARKED = "web orders that lacked something"
    REJECTED = "web orders a store could not fulfil"
    OVER_RETURNED = "articles returned by mail and at a till at once"
    REFUNDED_TWICE = "refunds pressed after a till had paid"


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
class Placed:
    """A web order. `kind`: how a person would call it. `due_at`: since when a store may have it (unix s; inf: never).

    `parts`: {Centra warehouse of a store: {SKU: units}} it was allocated to. `secrets`: what is known of the shopper. `service`: what store staff
    do with it. `visits`: {Centra warehouse: how often staff have worked on it}; `served`: warehouses that are done with it.
    """

    number: int
    kind: str
    at: float
    due_at: float
    parts: dict[int, dict[str, int]]
    secrets: tuple[str, ...] = ()
    service: str = "hand out"
    visits: Counter[int] = field(default_factory=Counter)
    served: set[int] = field(default_factory=set)
    taken_back: bool = False


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Staff handed out or sent units of a web order: Sitoo's delivery."""

    at: float
    number: int
    warehouse: int
    delivery_id: int


@dataclass(frozen=True, slots=True)
class CameBack:
    """A return of the day. `refund`: the till's Sitoo order (None: by mail). `number`: the web order (None: nobody said which)."""

    at: float
    kind: str
    number: int | None
    refund: int | None


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
    placed: list[Placed] = field(default_factory=list)
    handed_over: list[HandedOver] = field(default_factory=list)
    came_back: list[CameBack] = field(default_factory=list)
    rejected: int = 0
    webhooks_lost: int = 0
    webhooks_doubled: int = 0
    pressed_refunds: list[int] = field(default_factory=list)
    told: list[tuple[float, str]] = field(default_factory=list)

    def tell(self, at: float, text: str) -> None:
        self.told.append((at, text))

    def broken_at(self, at: float) -> list[Window]:
        return [window for window in self.windows if window.covers(at)]
