"""What Sitoo's lists have in common: array filters, and ids that must come back in the order asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from connector.sitoo.errors import Unconfirmed

PAGE = 500
"""Rows asked for at a time; Sitoo's own most is (unconfirmed), so every list is followed by its totalcount."""
FILTER_VALUES = 100

Value = TypeVar("Value", int, str)


def check_ascending(ids: Sequence[int], start: int) -> None:
    """Raises Unconfirmed unless the ids ascend from `start`: sort and start parameters may have been ignored."""
    previous = start - 1
    for number in ids:
        if number <= previous:
            raise Unconfirmed(f"Sitoo ignored the order or start asked for ({number} after {previous})")
        previous = number


def comma_list(values: Sequence[Any]) -> str:
    """Array filters are comma lists; a repeated key would keep only the last."""
    return ",".join(str(value) for value in values)


def chunks(values: Sequence[Value]) -> Iterator[list[Value]]:
    """Distinct values, as many at a time as one filter takes."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), FILTER_VALUES):
        yield distinct[start : start + FILTER_VALUES]
