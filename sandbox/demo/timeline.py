"""From Sitoo's log of levels to what Centra should have held, moment by moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.demo.chain import Shop
from sandbox.demo.journal import HeldBack, Key

OFFLINE = "sale (offline till)"


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` (unix s) on the store has `target` units for the web, because of a movement called `path`."""

    at: float
    target: int
    path: str


def steps(
    shops: Sequence[Shop],
    opening: Mapping[int, Mapping[str, int]],
    commits: Iterable[Mapping[str, Any]],
    held_back: Iterable[HeldBack],
    paths: Mapping[int, str],
) -> dict[Key, list[Step]]:
    """{key: its steps in order, the first one being the opening level} for every key that moved.

    `opening`: {Sitoo warehouse: {sku: level}} when the day began; `commits`: Sitoo's log since then. The target is the sum over the store's
    sellable warehouses less what is held back, never below 0. A movement keeps its step when it leaves the target as it was.
    """
    shop_of = {warehouse: shop for shop in shops for warehouse in shop.sellable}
    changes: list[tuple[float, Key, int, int, str]] = []
    for row in commits:
        shop = shop_of.get(row["warehouse"])
        if shop is not None:
            path = paths.get(row["transaction_id"], OFFLINE if row["kind"] == "sale" else str(row["kind"]))
            changes.append((row["at"], (shop.centra, row["sku"]), int(row["change"]), 0, path))
    changes += [(held.at, held.key, 0, held.units, held.path) for held in held_back]
    on_hand = {(shop.centra, sku): _level(opening, shop, sku) for shop in shops for sku in {s for w in shop.sellable for s in opening.get(w, {})}}
    held: dict[Key, int] = {}
    found: dict[Key, list[Step]] = {}
    for at, key, moved, held_more, path in sorted(changes, key=lambda change: change[0]):
        series = found.setdefault(key, [Step(0.0, max(0, on_hand.get(key, 0)), "opening")])
        on_hand[key] = on_hand.get(key, 0) + moved
        held[key] = held.get(key, 0) + held_more
        series.append(Step(at, max(0, on_hand[key] - held[key]), path))
    return found


def _level(opening: Mapping[int, Mapping[str, int]], shop: Shop, sku: str) -> int:
    return sum(opening.get(warehouse, {}).get(sku, 0) for warehouse in shop.sellable)
