"""What happens on the demo's day, and when: a plan made beforehand from a seed, in seconds from the start of trade."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.demo.web_plan import EVERY_S, FIRST_S, ORDERS, RETURNS

STANDARD_S = 120.0
"""The times below are those of a day of this length; other lengths stretch or squeeze them."""
CALM_SALES_PER_S = 1.5
BURSTS = ((28.0, 34.0), (86.0, 92.0))
BURST_SALES_PER_S = 6.0
LAST_SALE_S = 112.0
LOST_EVERY = 12
"""Of so many sales one has all its events lost."""


class What(StrEnum):
    """The kinds of acts; trader.Trader has a method of this name for each."""

    SELL = "sell"
    SELL_UNHEARD = "sell_unheard"
    SELL_OFFLINE = "sell_offline"
    RECEIVE = "receive"
    SEND = "send"
    ARRIVE = "arrive"
    BOOK = "book"
    UNBOOK = "unbook"
    COUNT = "count"
    ORDER = "order"
    RACE = "race"
    SHIP = "ship"
    SHOP = "shop"
    FOLLOW_UP = "follow_up"
    WALK = "walk"
    TAKE_BACK = "take_back"
    NEW_ARTICLE = "new_article"
    CUT_AFTER_COMMIT = "cut_after_commit"
    THROTTLE = "throttle"
    OUTAGE = "outage"
    KILL = "kill"


@dataclass(frozen=True, slots=True, order=True)
class Act:
    at: float
    what: What = field(compare=False)
    arguments: dict[str, Any] = field(compare=False, default_factory=dict)


def script(seed: int, seconds: float) -> list[Act]:
    """All acts in order. The same seed plans the same day."""
    rng = random.Random(seed)
    acts = [*_sales(rng), *_goods(rng), *_web(rng), *_mishaps()]
    stretch = seconds / STANDARD_S
    return sorted(Act(act.at * stretch, act.what, {k: v * stretch if k.endswith("_s") else v for k, v in act.arguments.items()}) for act in acts)


def _sales(rng: random.Random) -> list[Act]:
    moments = [rng.uniform(0.0, LAST_SALE_S) for _ in range(int(CALM_SALES_PER_S * LAST_SALE_S))]
    for start, end in BURSTS:
        moments += [rng.uniform(start, end) for _ in range(int(BURST_SALES_PER_S * (end - start)))]
    acts = [Act(at, What.SELL_UNHEARD if number % LOST_EVERY == 0 else What.SELL) for number, at in enumerate(sorted(moments), start=1)]
    acts += [Act(rng.uniform(40.0, 80.0), What.SELL_OFFLINE, {"until_s": 88.0}) for _ in range(14)]
    # The day ends with a sale that nobody hears of: only the connector's own looking finds it.
    return [*acts, Act(118.0, What.SELL_UNHEARD)]


def _goods(rng: random.Random) -> list[Act]:
    receipts = [Act(at, What.RECEIVE, {"lines": rng.randint(6, 12)}) for at in (12.0, 44.0, 70.0, 104.0)]
    transfer = [Act(20.0, What.SEND, {"lines": 6}), Act(29.0, What.ARRIVE)]
    bookings = [Act(at, What.BOOK) for at in (17.0, 27.0, 57.0)]
    return [*receipts, *transfer, *bookings, Act(88.0, What.UNBOOK), Act(59.0, What.COUNT, {"lines": 15}), Act(16.0, What.NEW_ARTICLE)]


def _web(rng: random.Random) -> list[Act]:
    orders = [Act(at + rng.uniform(0.0, 2.0), What.ORDER) for at in range(3, 112, 8)]
    races = [Act(at, What.RACE) for at in (14.0, 33.0, 93.0)]
    return [*orders, *races, Act(40.0, What.SHIP), Act(108.0, What.SHIP), *_planned(rng), *_returns()]


def _planned(rng: random.Random) -> list[Act]:
    """The orders of the plan, in its order, with what happens to them next; and the staff's walks through the stores."""
    acts: list[Act] = []
    for index, wanted in enumerate(ORDERS):
        at = FIRST_S + EVERY_S * index + rng.uniform(0.0, 0.5)
        acts.append(Act(at, What.SHOP, {"index": index}))
        if wanted.then:
            acts.append(Act(at + wanted.after_s, What.FOLLOW_UP, {"index": index}))
    return [*acts, *(Act(float(at), What.WALK) for at in range(6, 119, 2))]


def _returns() -> list[Act]:
    return [Act(back.at, What.TAKE_BACK, {"index": index}) for index, back in enumerate(RETURNS)]


def _mishaps() -> list[Act]:
    return [
        Act(8.0, What.CUT_AFTER_COMMIT),
        Act(18.0, What.THROTTLE, {"lasts_s": 8.0}),
        Act(36.0, What.KILL),
        Act(65.0, What.OUTAGE, {"lasts_s": 20.0}),
        Act(96.0, What.KILL),
    ]
