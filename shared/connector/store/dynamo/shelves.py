"""Rows that are listed while they are open: two partitions, so that a strongly consistent Query reads only the open ones.

A row is in exactly one of the two. `rev` (N) guards each write, `nonce` (S) tells a repeated write of ours from another's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from connector.store.dynamo.actions import ABSENT, check, delete, put
from connector.store.dynamo.attributes import Row, whole
from connector.store.dynamo.connection import Connection, Refused, StoreBusy

_ATTEMPTS = 20
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row may be: the partition while it is open, the one when it is closed, its sk."""

    open_pk: str
    closed_pk: str
    sk: str

    def pk(self, *, is_open: bool) -> str:
        return self.open_pk if is_open else self.closed_pk


@dataclass(frozen=True, slots=True)
class Stored:
    row: Row
    is_open: bool


@dataclass(frozen=True, slots=True)
class Change:
    """`row`: the attributes to store (without keys), and where."""

    row: Row
    is_open: bool


class Shelves:
    def __init__(self, connection: Connection, table: str) -> None:
        self._db, self._table = connection, table

    def read(self, place: Place) -> Stored | None:
        """When it moves between the two reads it may be missed: `change` finds out, a mere reader sees the moment before it existed."""
        return self.read_many([place]).get(place.sk)

    def read_many(self, places: Sequence[Place]) -> dict[str, Stored]:
        """By sk, those that are there."""
        found = self._db.get_many(self._table, [(pk, place.sk) for place in places for pk in (place.open_pk, place.closed_pk)])
        stored = {}
        for place in places:
            for is_open in (False, True):
                row = found.get((place.pk(is_open=is_open), place.sk))
                if row is not None:
                    stored[place.sk] = Stored(row, is_open)
        return stored

    def list(self, pk: str) -> Iterator[Row]:
        return self._db.query(self._table, pk)

    def change(self, place: Place, decide: Callable[[Stored | None], tuple[Change | None, _Answer]]) -> _Answer:
        """Read, let `decide` say what to store (None: nothing) and what to answer, store it if nobody wrote in between, else start again."""
        for _ in range(_ATTEMPTS):
            stored = self.read(place)
            change, answer = decide(stored)
            if change is None or self._store(place, stored, change):
                return answer
        raise StoreBusy(place.sk)

    def _store(self, place: Place, stored: Stored | None, change: Change) -> bool:
        nonce = os.urandom(16).hex()
        rev = 0 if stored is None else whole(stored.row, "rev")
        row: Row = {**change.row, "pk": place.pk(is_open=change.is_open), "sk": place.sk, "rev": rev + 1, "nonce": nonce}
        other = (place.pk(is_open=not change.is_open), place.sk)
        if stored is None:
            actions = [put(self._table, row, ABSENT), check(self._table, other, ABSENT)]
        elif stored.is_open == change.is_open:
            actions = [put(self._table, row, "#rev = :rev", {"rev": rev})]
        else:
            actions = [put(self._table, row, ABSENT), delete(self._table, other, "#rev = :rev", {"rev": rev})]
        refusals = self._db.write(actions)
        return refusals is None or _is_ours(refusals[0], nonce)


def _is_ours(refused: Refused | None, nonce: str) -> bool:
    return refused is not None and refused.row is not None and refused.row.get("nonce") == nonce
