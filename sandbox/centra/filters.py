"""`where`, `sort`, `limit` and `page` of Centra's lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

Getter = Callable[[Any], Any]
Check = Callable[[Any], bool]
Member = tuple[str, Getter]


def one_of(getter: Getter) -> Member:
    return "one_of", getter


def any_of(getter: Getter) -> Member:
    """The getter gives several values."""
    return "any_of", getter


def equal(getter: Getter) -> Member:
    return "equal", getter


def text(getter: Getter) -> Member:
    return "text", getter


def number_range(getter: Getter) -> Member:
    return "number_range", getter


def date_range(getter: Getter) -> Member:
    return "date_range", getter


def select(rows: Iterable[Any], where: Mapping[str, Any] | None, members: Mapping[str, Member], *, from_inclusive: bool = True) -> list[Any]:
    """The rows that satisfy every member of `where`; names in `negate` are inverted, those in `notNull` must have a value."""
    if not where:
        return list(rows)
    inverted = _known(where.get("negate"), members)
    asked = {name: wanted for name, wanted in where.items() if name in members and wanted is not None}
    checks = [(_check(*members[name], wanted, from_inclusive), name in inverted) for name, wanted in asked.items()]
    present = [members[name][1] for name in _known(where.get("notNull"), members)]
    return [r for r in rows if all(check(r) != inv for check, inv in checks) and all(get(r) is not None for get in present)]


def ordered(rows: list[Any], sort: Sequence[str] | None, keys: Mapping[str, Getter]) -> list[Any]:
    """Stable sort by `<field>_ASC|_DESC` names, the first the most significant."""
    for name in reversed(sort or ()):
        key, _, direction = name.rpartition("_")
        rows = sorted(rows, key=keys[key], reverse=direction == "DESC")
    return rows


def page_of(rows: list[Any], limit: int | None, page: int | None) -> list[Any]:
    """One page, the first unless told; the limit must be 1–200. None is everything (lists whose limit is optional)."""
    if limit is None:
        return rows
    page = 1 if page is None else page
    if not 1 <= limit <= 200:
        raise GraphQLError("Limit must be in range 1 – 200.")
    if page < 1:
        raise GraphQLError("Page must be 1 or more.")
    return rows[(page - 1) * limit : page * limit]


def _known(names: Sequence[str] | None, members: Mapping[str, Member]) -> Sequence[str]:
    for name in names or ():
        if name not in members:
            raise GraphQLError(f"Unknown filter field {name}.")
    return names or ()


def _check(kind: str, get: Getter, wanted: Any, from_inclusive: bool) -> Check:
    if kind == "one_of":
        values = set(wanted)
        return lambda row: get(row) in values
    if kind == "any_of":
        values = set(wanted)
        return lambda row: any(value in values for value in get(row))
    if kind == "equal":
        return lambda row: bool(get(row) == wanted)
    if kind == "text":
        return _text_check(get, wanted)
    low, high = wanted.get("from"), wanted.get("to")
    if kind == "number_range":
        return lambda row: (low is None or get(row) >= low) and (high is None or get(row) <= high)

    def in_time(row: Any) -> bool:
        if (value := get(row)) is None:
            return False
        second = int(value)
        return (low is None or second > low or (from_inclusive and second == low)) and (high is None or second <= high)

    return in_time


def _text_check(get: Getter, wanted: Mapping[str, str | None]) -> Check:
    tests: dict[str, Callable[[str, str], bool]] = {
        "equals": lambda value, part: value == part,
        "contains": lambda value, part: part in value,
        "startsWith": str.startswith,
        "endsWith": str.endswith,
    }
    pairs = [(tests[name], part) for name, part in wanted.items() if part is not None]
    return lambda row: all(test(get(row) or "", part) for test, part in pairs)
