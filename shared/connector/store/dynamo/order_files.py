"""OrderFiles, in table OrderLinks.

* files: pk `file#open` or `file#closed`, sk `{order number}`; `file` (S, JSON), `rev` (the file's own revision), `nonce`; closed ones `ttl`;
* Sitoo orders: pk `sitoo#{order id}`, sk `-`; `number`, `ttl`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from connector.store.dynamo.actions import put
from connector.store.dynamo.attributes import Row, text, whole
from connector.store.dynamo.connection import Connection
from connector.store.dynamo.shelves import Change, Place, Shelves, Stored
from connector.store.order_file_json import from_json, same, to_json
from connector.store.order_files import FileChanged, OrderFile, OrderFileUnreadable

KEPT_DAYS = 400
"""After an order is closed: returns come late."""
_OPEN, _CLOSED = "file#open", "file#closed"


class DynamoOrderFiles:
    """`now` gives unix s; it only dates the clearing of what is closed."""

    def __init__(self, connection: Connection, table: str, now: Callable[[], float]) -> None:
        self._db, self._table, self._now = connection, table, now
        self._shelves = Shelves(connection, table)

    def get(self, number: int) -> OrderFile | None:
        stored = self._shelves.read(_place(number))
        return None if stored is None else _file(stored.row)

    def get_many(self, numbers: list[int]) -> dict[int, OrderFile]:
        found = self._shelves.read_many([_place(number) for number in numbers])
        return {file.number: file for file in _readable((stored.row for stored in found.values()), None)}

    def put(self, file: OrderFile) -> OrderFile:
        return self._shelves.change(_place(file.number), lambda stored: self._decide(stored, file))

    def open_files(self, unreadable: Callable[[int, OrderFileUnreadable], None] | None = None) -> Iterator[OrderFile]:
        return _readable(self._shelves.list(_OPEN), unreadable)

    def know_sitoo_order(self, sitoo_order_id: int, number: int) -> None:
        self._db.write([put(self._table, {"pk": f"sitoo#{sitoo_order_id}", "sk": "-", "number": number, "ttl": self._cleared_at()})])

    def number_of(self, sitoo_order_id: int) -> int | None:
        row = self._db.get(self._table, (f"sitoo#{sitoo_order_id}", "-"))
        return None if row is None else whole(row, "number")

    def _decide(self, stored: Stored | None, file: OrderFile) -> tuple[Change | None, OrderFile]:
        rev = 0 if stored is None else whole(stored.row, "rev")
        after = replace(file, rev=file.rev + 1)
        if stored is not None and rev == after.rev and same(_file(stored.row), file):
            return None, after
        if rev != file.rev:
            raise FileChanged(f"order {file.number}: revision {rev} is stored, {file.rev} was read")
        row: Row = {"file": to_json(file), "ttl": None if file.is_open else self._cleared_at()}
        return Change(row, is_open=file.is_open), after

    def _cleared_at(self) -> int:
        return int(self._now()) + KEPT_DAYS * 86_400


def _place(number: int) -> Place:
    return Place(_OPEN, _CLOSED, str(number))


def _readable(rows: Iterable[Row], unreadable: Callable[[int, OrderFileUnreadable], None] | None) -> Iterator[OrderFile]:
    for row in rows:
        try:
            yield _file(row)
        except OrderFileUnreadable as why:
            if unreadable is not None:
                unreadable(int(text(row, "sk")), why)


def _file(row: Row) -> OrderFile:
    return from_json(text(row, "file"), number=int(text(row, "sk")), rev=whole(row, "rev"))
