"""How dirty rows change: pure rules, the same for every store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

from connector.store.stock_levels import Dirty, Done, Key, Level, Mark, Outcome, Postponed


def base_version(now: float) -> int:
    """What a new row counts from: the time in µs, so that a row cleared and marked again never repeats a version somebody still holds."""
    return int(now * 1_000_000)


def due_at_ms(at: float) -> int:
    """A time to be marked at, in whole ms, never early."""
    return ceil(at * 1000)


def ripe_ms(now: float) -> int:
    """Marks at this ms or before are ripe at `now`."""
    return floor(now * 1000)


def merged(marks: Iterable[Mark]) -> dict[Key, Mark]:
    """One mark per SKU and warehouse: deltas add up, the later `blocked_by` of a warehouse wins."""
    found: dict[Key, Mark] = {}
    for mark in marks:
        key = (mark.warehouse, mark.sku)
        before = found.get(key)
        if before is None:
            found[key] = mark
        else:
            found[key] = replace(mark, delta=before.delta + mark.delta, blocked_by={**before.blocked_by, **mark.blocked_by})
    return found


def marked(row: Dirty | None, mark: Mark, now: float) -> Dirty:
    if row is None:
        base = base_version(now)
        return Dirty(mark.warehouse, mark.sku, base + 1, now, now, mark.delta, base, 0, dict(mark.blocked_by))
    blocked_by = {**row.blocked_by, **mark.blocked_by}
    return replace(row, version=row.version + 1, due=now, delta=row.delta + mark.delta, blocked_by=blocked_by)


def dealt_with(row: Dirty, done: Done, now: float) -> Dirty | None:
    """None: nothing newer came, the row is cleared."""
    if row.version <= done.version:
        return None
    return replace(row, done_version=done.version, delta=row.delta - done.delta, refusals=0, since=now)


def postponed(row: Dirty, to: Postponed) -> Dirty:
    """A refusal counts even when a newer mark keeps the row due at once."""
    due = to.due if row.version == to.version else row.due
    return replace(row, due=due, refusals=row.refusals + (1 if to.refused else 0))


@dataclass(frozen=True, slots=True)
class Settling:
    """An Outcome in which each row is named once: {sku: {warehouse: level}}, rows dealt with, rows that stay, ids of writes settled."""

    levels: Mapping[str, Mapping[int, Level]]
    rows: Sequence[Done | Postponed]
    write_ids: Sequence[str]


def settling(outcome: Outcome) -> Settling:
    rows: dict[Key, Done | Postponed] = {}
    for done in sorted(outcome.done, key=lambda d: d.version):
        rows[(done.warehouse, done.sku)] = done
    for later in outcome.postponed:
        rows[(later.warehouse, later.sku)] = later
    levels: dict[str, dict[int, Level]] = {}
    for (warehouse, sku), level in outcome.levels.items():
        levels.setdefault(sku, {})[warehouse] = level
    return Settling(levels, list(rows.values()), list(dict.fromkeys(w.write_id for w in outcome.settled_writes)))
