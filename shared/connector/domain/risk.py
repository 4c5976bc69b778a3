"""Which store warehouses to write first when not all can be written at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


def units_left(sku: str, warehouses: Iterable[int], free: Mapping[tuple[int, str], int], changes: Mapping[tuple[int, str], int]) -> int | None:
    """Units of `sku` the pool can still sell: last known free units plus the pending changes. None when no warehouse of the pool is known."""
    known = [free[w, sku] + min(0, changes.get((w, sku), 0)) for w in warehouses if (w, sku) in free]
    return sum(known) if known else None


def rank(
    pending: Sequence[Pending], pools: Mapping[int, Sequence[int]], free: Mapping[tuple[int, str], int], *, risk_units: int
) -> list[Turnout]:
    """Warehouses, most urgent first. `pools`: warehouse → the warehouses of its pool; `free`: last known free-to-allocate units.

    Urgent: a decrease of a SKU whose pool is down to `risk_units` or unknown, or whose warehouse may hold fewer units than are promised.
    """
    changes = {(p.warehouse, p.sku): p.delta for p in pending}
    # At peak hundreds of rows wait for one SKU each in dozens of stores: what is left of a SKU in a pool is summed up once for all of them.
    lefts: dict[tuple[str, tuple[int, ...]], int | None] = {}
    by_warehouse: dict[int, list[tuple[bool, float, str]]] = {}
    for p in pending:
        pool = tuple(pools.get(p.warehouse, (p.warehouse,)))
        if p.delta < 0 and (p.sku, pool) not in lefts:
            lefts[p.sku, pool] = units_left(p.sku, pool, free, changes)
        urgent = p.delta < 0 and _urgent(p, free.get((p.warehouse, p.sku)), lefts[p.sku, pool], risk_units)
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
