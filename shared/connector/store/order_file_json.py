"""An order's file as compact JSON and back, by the rules of typed_json. Its number and revision are the row's, not the text's."""

from __future__ import annotations

import json
from dataclasses import replace

from connector.store.order_files import OrderFile, OrderFileUnreadable
from connector.store.typed_json import Unreadable, built, plain

_OF_THE_ROW = ("number", "rev")


def to_json(file: OrderFile) -> str:
    """Fields that have their default are left out: a file is written at every step of its order."""
    told = plain(file, lean=True)
    return json.dumps({name: one for name, one in told.items() if name not in _OF_THE_ROW}, separators=(",", ":"), ensure_ascii=False)


def from_json(text: str, *, number: int, rev: int) -> OrderFile:
    """Raises `OrderFileUnreadable`."""
    place = f"file of order {number}"
    try:
        stored = json.loads(text)
    except ValueError as error:
        raise OrderFileUnreadable(f"{place}: not JSON: {error}") from error
    if not isinstance(stored, dict):
        raise OrderFileUnreadable(f"{place}: not an object")
    try:
        file: OrderFile = built(OrderFile, {**stored, "number": number}, place)
    except Unreadable as error:
        raise OrderFileUnreadable(str(error)) from error
    return replace(file, rev=rev)


def same(one: OrderFile, other: OrderFile) -> bool:
    """Whether two files say the same, whatever their revisions."""
    return replace(one, rev=0) == replace(other, rev=0)
