"""OrderFiles in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import RLock

from connector.store.memory.hook import Before, nothing
from connector.store.order_file_json import same
from connector.store.order_files import FileChanged, OrderFile, OrderFileUnreadable


class MemoryOrderFiles:
    """`spoilt`: {number: why} of files that cannot be read."""

    def __init__(self, before: Before = nothing) -> None:
        self.before = before
        self._lock = RLock()
        self._files: dict[int, OrderFile] = {}
        self.spoilt: dict[int, str] = {}
        self._numbers: dict[int, int] = {}

    def get(self, number: int) -> OrderFile | None:
        self.before("order_files.get")
        if number in self.spoilt:
            raise OrderFileUnreadable(self.spoilt[number])
        return self._files.get(number)

    def get_many(self, numbers: list[int]) -> dict[int, OrderFile]:
        self.before("order_files.get_many")
        with self._lock:
            return {number: self._files[number] for number in numbers if number in self._files.keys() - self.spoilt.keys()}

    def put(self, file: OrderFile) -> OrderFile:
        self.before("order_files.put")
        with self._lock:
            stored = self._files.get(file.number)
            rev = 0 if stored is None else stored.rev
            if stored is not None and rev == file.rev + 1 and same(stored, file):
                return stored
            if rev != file.rev:
                raise FileChanged(f"order {file.number}: revision {rev} is stored, {file.rev} was read")
            self._files[file.number] = replace(file, rev=rev + 1)
            return self._files[file.number]

    def open_files(self, unreadable: Callable[[int, OrderFileUnreadable], None] | None = None) -> Iterator[OrderFile]:
        self.before("order_files.open_files")
        if unreadable is not None:
            for number, why in self.spoilt.items():
                unreadable(number, OrderFileUnreadable(why))
        with self._lock:
            return iter([file for file in self._files.values() if file.is_open and file.number not in self.spoilt])

    def know_sitoo_order(self, sitoo_order_id: int, number: int) -> None:
        self.before("order_files.know_sitoo_order")
        with self._lock:
            self._numbers[sitoo_order_id] = number

    def number_of(self, sitoo_order_id: int) -> int | None:
        self.before("order_files.number_of")
        return self._numbers.get(sitoo_order_id)
