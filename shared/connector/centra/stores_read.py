"""One request that reads many warehouses, what changed, and named orders: its variables and its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from connector.centra import answers, documents
from connector.centra.errors import Refused
from connector.centra.models import Changes, OrderRow, ReturnRow, ShipmentRow, Since, StockChangeRow, StockRow
from connector.centra.transport import GraphAnswer

Row = TypeVar("Row", OrderRow, ShipmentRow, ReturnRow, StockChangeRow)

INCLUSIVE_S = 1
"""Whether a date range includes its own start is (unconfirmed), and Centra's dates are whole seconds: always ask from one second earlier."""


@dataclass(frozen=True, slots=True)
class StockQuestion:
    """Up to 200 sizes of one warehouse."""

    warehouse: int
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where to read a list of changes on: from a moment (unix s), page 1, 2 … of it."""

    since: float
    page: int = 1


def questions(wanted: Mapping[int, Sequence[int]]) -> list[StockQuestion]:
    """At most 200 sizes each; warehouses without sizes are left out."""
    asked = []
    for warehouse, sizes in wanted.items():
        distinct = tuple(sorted(set(sizes)))
        chunks = range(0, len(distinct), documents.MOST_PER_LIST)
        asked += [StockQuestion(warehouse, distinct[i : i + documents.MOST_PER_LIST]) for i in chunks]
    return asked


def variables(asked: Sequence[StockQuestion], places: Mapping[str, Place], order_chunks: Sequence[Sequence[int]]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for i, question in enumerate(asked):
        given |= {f"w{i}": [question.warehouse], f"s{i}": list(question.sizes), f"n{i}": len(question.sizes)}
    for part, place in places.items():
        given |= {f"{part}From": answers.date_text(place.since - INCLUSIVE_S), f"{part}Page": place.page}
    for i, numbers in enumerate(order_chunks):
        given |= {f"o{i}": list(numbers), f"m{i}": len(numbers)}
    return given


def stock_of(asked: Sequence[StockQuestion], answer: GraphAnswer) -> tuple[dict[tuple[int, int], StockRow], set[tuple[int, int]]]:
    """The rows, and the (warehouse, size) pairs that a wholly answered list left out: sizes without any stock record there.

    A warehouse that failed or does not exist contributes nothing to either: it stays unknown. Refused when every one of them failed.
    """
    rows: dict[tuple[int, int], StockRow] = {}
    absent: set[tuple[int, int]] = set()
    failures: list[str] = []
    for i, question in enumerate(asked):
        found, failed = answer.data.get(f"w{i}"), answer.refused(f"w{i}")
        failures += failed
        if found is None or failed:
            continue
        for node in answers.nodes(found):
            if answers.whole(answers.of(node, "id")) != question.warehouse:
                continue
            levels = answers.stock_levels(answers.of(node, "stock"))
            for size in question.sizes:
                if size in levels:
                    rows[question.warehouse, size] = StockRow(question.warehouse, size, *levels[size])
                else:
                    absent.add((question.warehouse, size))
    if failures and not rows and not absent:
        raise Refused(tuple(failures))
    return rows, absent


class ChangeReader:
    """Collects lists of changes (by default all four) over as many requests as their pages need. `more()` is empty when all was read."""

    def __init__(self, since: Since, sent_at: float, parts: Sequence[str] = documents.CHANGE_PARTS) -> None:
        self._through, self._full = sent_at, False
        self._places = {part: Place(since.all) for part in parts}
        if since.orders is not None and "orders" in self._places:
            self._places["orders"] = Place(since.orders)
        self._orders: dict[int, OrderRow] = {}
        self._shipments: dict[int, ShipmentRow] = {}
        self._returns: dict[int, ReturnRow] = {}
        self._stock_changes: dict[int, StockChangeRow] = {}
        self.long_changes: list[int] = []
        """Stock changes of others with more lines than were shown."""

    def more(self) -> dict[str, Place]:
        return dict(self._places)

    def take(self, answer: GraphAnswer, own_mark: str, *, full_pages: bool = False) -> None:
        """Raises Refused for an error on any of the lists: changes that cannot be read must not look like none.

        `full_pages`: as the document was made. What comes after a first, short page is to be asked for in full ones.
        """
        self._full = full_pages
        self._take(answer, "orders", self._orders, answers.order_row, lambda r: r.number, lambda r: r.updated_at)
        self._take(answer, "shipments", self._shipments, answers.shipment_row, lambda r: r.id, lambda r: r.updated_at)
        self._take(answer, "returns", self._returns, answers.return_row, lambda r: r.id, lambda r: r.created_at)

        def stock_change(node: answers.Node) -> StockChangeRow:
            lines = answers.nodes(answers.of(node, "lines"))
            row = answers.stock_change_row(node, answers.change_sizes(lines))
            if len(lines) >= documents.CHANGE_LINES_SHOWN and not row.comment.startswith(own_mark):
                self.long_changes.append(row.id)
            return row

        self._take(answer, "stockChanges", self._stock_changes, stock_change, lambda r: r.id, lambda r: r.created_at)

    def add_sizes(self, change: int, sizes: set[int]) -> None:
        """More sizes of a long stock change."""
        row = self._stock_changes[change]
        merged = tuple(sorted(sizes.union(row.size_ids)))
        self._stock_changes[change] = StockChangeRow(row.id, row.created_at, row.warehouse, row.comment, merged)

    def result(self) -> Changes:
        """`through` falls back to the place where an unread list goes on."""
        return Changes(
            tuple(sorted(self._orders.values(), key=lambda r: r.updated_at)),
            tuple(sorted(self._shipments.values(), key=lambda r: r.updated_at)),
            tuple(sorted(self._returns.values(), key=lambda r: r.created_at)),
            tuple(sorted(self._stock_changes.values(), key=lambda r: r.created_at)),
            complete=not self._places,
            through=min([self._through, *(place.since for place in self._places.values())]),
        )

    def _take(
        self,
        answer: GraphAnswer,
        part: str,
        into: dict[int, Row],
        row_of: Callable[[answers.Node], Row],
        key: Callable[[Row], int],
        at: Callable[[Row], float],
    ) -> None:
        place = self._places.pop(part, None)
        if place is None:
            return
        if refusals := answer.refused(part):
            raise Refused(refusals)
        page = [row_of(node) for node in answers.nodes(answer.data.get(part))]
        into |= {key(row): row for row in page}
        if len(page) >= (documents.FULL_PAGE if self._full else documents.CHANGES_PAGE)[part]:
            newest = max(at(row) for row in page)
            moved = newest - INCLUSIVE_S > place.since
            self._places[part] = Place(newest) if moved else Place(place.since, place.page + 1 if self._full else 1)
