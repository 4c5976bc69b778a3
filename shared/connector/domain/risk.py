"""Which store warehouses to write first when not all can be written at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DECREASE_HEAD_START_S = 30.0
"""A warehouse with a pending decrease counts as this much older: decreases go first, yet raises cannot starve behind them."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A SKU waiting in a warehouse: when it was first marked, and the known signed change (0: unknown)."""

    warehouse: int
    sku: str
    since: float
    delta: int


@dataclass(frozen=True, slots=True)
class Turnout:
    """A warehouse with its SKUs in the order to take them; `urgent` when one of them may sell out of its pool."""

    warehouse: int
    urgent: bool
    skus: tuple[str, ...]


def units_left(pool: Sequence[int], free: Mapping[int, int], changes: Mapping[int, int]) -> int | None:
    """Units of a SKU that `pool` can still sell: last known free units plus the pending decreases. None when no warehouse of the pool is known."""
    known = [free[w] for w in pool if w in free]
    return sum(known) + sum(min(0, delta) for w, delta in changes.items() if w in free and w in pool) if known else None


def rank(pending: Sequence[Pending], pools: Mapping[int, Sequence[int]], free: Mapping[str, Mapping[int, int]], *, risk_units: int) -> list[Turnout]:
    """Warehouses, most urgent first. `pools`: warehouse → the warehouses of its pool; `free`: sku → warehouse → last known free-to-allocate units.

    Urgent: a decrease of a SKU whose pool is down to `risk_units` or unknown, or whose warehouse may hold fewer units than are promised.
    """
    changes: dict[str, dict[int, int]] = {}
    for p in pending:
        changes.setdefault(p.sku, {})[p.warehouse] = p.delta
    # At peak dozens of stores wait with one SKU each: what is left of it in their pool is summed up once for all of them.
    lefts: dict[tuple[str, tuple[int, ...]], int | None] = {}
    by_warehouse: dict[int, list[tuple[bool, float, str]]] = {}
    for p in pending:
        urgent = False
        if p.delta < 0:
            free_of_sku, pool = free.get(p.sku, {}), tuple(pools.get(p.warehouse, (p.warehouse,)))
            if (p.sku, pool) not in lefts:
                lefts[p.sku, pool] = units_left(pool, free_of_sku, changes[p.sku])
            urgent = _urgent(p, free_of_sku.get(p.warehouse), lefts[p.sku, pool], risk_units)
        by_warehouse.setdefault(p.warehouse, []).append((not urgent, _age_key(p), p.sku))
    turnouts = []
    for warehouse, rows in by_warehouse.items():
        rows.sort()
        oldest = min(age for _, age, _ in rows)
        turnouts.append((rows[0][0], oldest, Turnout(warehouse, not rows[0][0], tuple(sku for _, _, sku in rows))))
    turnouts.sort(key=lambda t: (t[0], t[1], t[2].warehouse))
    return [turnout for _, _, turnout in turnouts]


def _age_key(p: Pending) -> float:
    return p.since - (DECREASE_HEAD_START_S if p.delta < 0 else 0.0)


def _urgent(decrease: Pending, here: int | None, left: int | None, risk_units: int) -> bool:
    """`here`: units free in its warehouse, `left`: units left in its pool; None unknown."""
    return (here is not None and here + decrease.delta < 0) or left is None or left <= risk_units
