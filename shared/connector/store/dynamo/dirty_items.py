"""StockLevels' rows as items (layout: connector.store.dynamo.stock_levels)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from connector.store.dirty_rows import base_version
from connector.store.dynamo.actions import update
from connector.store.dynamo.attributes import Row, real, text, whole
from connector.store.dynamo.connection import Key
from connector.store.stock_levels import Dirty, Level, Mark

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_MARK = (
    "SET #version = if_not_exists(#version, :base) + :one, #done_version = if_not_exists(#done_version, :base), "
    "#since = if_not_exists(#since, :now), #due = :now"
)


def dirty_key(site: int, warehouse: int, sku: str) -> Key:
    return f"dirty#{site}", f"{warehouse}#{sku}"


def level_key(site: int, sku: str) -> Key:
    return f"level#{site}#{sku}", "-"


def mark_action(table: str, site: int, mark: Mark, now: float) -> TransactWriteItemTypeDef:
    blocked = _blocked(mark.blocked_by)
    expression = "".join([_MARK, *(f", #{name} = :{name}" for name in blocked), " ADD #delta :delta"])
    values: Row = {"base": base_version(now), "one": 1, "now": now, "delta": mark.delta, **blocked}
    return update(table, dirty_key(site, mark.warehouse, mark.sku), expression, values)


def dirty_of(row: Row) -> Dirty:
    warehouse, _, sku = text(row, "sk").partition("#")
    return Dirty(
        warehouse=int(warehouse),
        sku=sku,
        version=whole(row, "version"),
        since=real(row, "since"),
        due=real(row, "due"),
        delta=whole(row, "delta"),
        done_version=whole(row, "done_version"),
        refusals=whole(row, "refusals"),
        blocked_by=_by_warehouse(row, "b"),
    )


def timed_row(site: int, at_ms: int, mark: Mark) -> Row:
    return {"pk": f"timed#{site}", "sk": f"{at_ms:016d}#{mark.warehouse}#{mark.sku}", "delta": mark.delta, **_blocked(mark.blocked_by)}


def timed_at(row: Row) -> float:
    return int(text(row, "sk").split("#", 1)[0]) / 1000


def timed_mark(row: Row) -> Mark:
    _, warehouse, sku = text(row, "sk").split("#", 2)
    return Mark(int(warehouse), sku, whole(row, "delta"), _by_warehouse(row, "b"))


def level_action(table: str, site: int, sku: str, levels: Mapping[int, Level]) -> TransactWriteItemTypeDef:
    values = {f"w{warehouse}": json.dumps([level.physical, level.allocated, level.at]) for warehouse, level in levels.items()}
    return update(table, level_key(site, sku), "SET " + ", ".join(f"#{name} = :{name}" for name in values), values)


def level_of(row: Row) -> dict[int, Level]:
    return {int(name[1:]): Level(*json.loads(str(value))) for name, value in row.items() if name[0] == "w" and name[1:].isdigit()}


def _blocked(blocked_by: Mapping[int, int]) -> dict[str, int]:
    return {f"b{warehouse}": version for warehouse, version in blocked_by.items()}


def _by_warehouse(row: Row, prefix: str) -> dict[int, int]:
    return {int(name[1:]): whole(row, name) for name in row if name[0] == prefix and name[1:].isdigit()}
