"""An Outcome as conditional writes: each step knows what to do instead when its row has changed since it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.store import dirty_rows
from connector.store.dynamo.actions import PRESENT, delete, update
from connector.store.dynamo.connection import Refused
from connector.store.dynamo.dirty_items import dirty_key, level_action
from connector.store.stock_levels import Done, Outcome, Postponed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


def _nothing(_: Refused) -> Step | None:
    """The row is gone: there is nothing left to settle."""
    return None


@dataclass(frozen=True, slots=True)
class Step:
    """`instead` gives the step to take when this one's condition did not hold; None: drop it."""

    action: TransactWriteItemTypeDef
    instead: Callable[[Refused], Step | None] = _nothing


def steps(table: str, site: int, outcome: Outcome, now: float) -> Iterator[Step]:
    """Levels first, then rows, settled writes last: what is cut off in between is only looked at once more."""
    todo = dirty_rows.settling(outcome)
    for sku, levels in todo.levels.items():
        yield Step(level_action(table, site, sku, levels))
    for row in todo.rows:
        yield _dealt_with(table, site, row, now) if isinstance(row, Done) else _postponed(table, site, row)
    for write_id in todo.write_ids:
        yield Step(delete(table, (f"write#{site}", write_id)))


def _dealt_with(table: str, site: int, done: Done, now: float) -> Step:
    """Clear the row unless a newer mark came; then keep it for that mark."""
    key = dirty_key(site, done.warehouse, done.sku)
    keep = Step(
        update(
            table,
            key,
            "SET #done_version = :version, #refusals = :zero, #since = :now ADD #delta :covered",
            {"version": done.version, "zero": 0, "now": now, "covered": -done.delta},
            PRESENT,
        )
    )
    clear = delete(table, key, "#version <= :version", {"version": done.version})
    return Step(clear, lambda refused: keep if refused.row is not None else None)


def _postponed(table: str, site: int, later: Postponed) -> Step:
    """Move `due` unless a newer mark made it due at once; a refusal counts either way."""
    key = dirty_key(site, later.warehouse, later.sku)
    count = {"refusal": 1 if later.refused else 0}
    counted = Step(update(table, key, "ADD #refusals :refusal", count, PRESENT))
    moved = update(table, key, "SET #due = :due ADD #refusals :refusal", {"due": later.due, "version": later.version, **count}, "#version = :version")
    return Step(moved, lambda refused: counted if refused.row is not None and later.refused else None)
