"""The CentraClient over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.centra import answers, documents, names
from connector.centra.calls import Calls, list_of, read
from connector.centra.errors import Refused, Unavailable
from connector.centra.models import (
    RateLimitRow,
    ReturnRow,
    SetStock,
    SetStockAnswer,
    Since,
    SizeRow,
    StockRow,
    StoresRead,
    WarehouseRow,
)
from connector.centra.ports import Clock, Quota
from connector.centra.set_stock_answers import answer_of, input_of
from connector.centra.stores_read import ChangeReader, questions, stock_of, variables
from connector.centra.transport import CentraTransport
from connector.domain.configuration import Lane

MOST_CHANGE_PAGES = 20
SIZES_AT_ONCE = 50


class GraphQLCentra:
    """Implements connector.centra.client.CentraClient. One per function instance."""

    def __init__(self, transport: CentraTransport, quota: Quota, clock: Clock) -> None:
        self._calls, self._quota, self._clock = Calls(transport, quota, clock), quota, clock

    def read_stores(
        self, wanted: Mapping[int, Sequence[int]], *, lane: Lane, changes_since: Since | None = None, orders: Sequence[int] = ()
    ) -> StoresRead:
        """See CentraClient. Full pages of changes are read on at once, as far as the budget allows; that and sizes that Centra lists in no row
        (never stocked there, or unknown to Centra) cost further requests, all else is one."""
        asked = questions(wanted)
        numbers = sorted(set(orders))
        chunks = [numbers[i : i + documents.MOST_PER_LIST] for i in range(0, len(numbers), documents.MOST_PER_LIST)]
        reader = None if changes_since is None else ChangeReader(changes_since, self._clock.now())
        places = reader.more() if reader else {}
        if not asked and not places and not chunks:
            return StoresRead(self._clock.now())
        limits = self._quota.limits_due()
        document = documents.read_stores(len(asked), tuple(places), len(chunks), limits)
        answer, read_at = self._calls.query(document, variables(asked, places, chunks), lane)
        try:
            if limits and answer.data.get("limits") is not None:
                self._quota.observe(answers.limit_rows(answer.data["limits"]))
            stock, absent = stock_of(asked, answer)
            found = {row.number: row for i in range(len(chunks)) for row in map(answers.order_row, list_of(answer, f"o{i}"))}
            if reader:
                reader.take(answer, names.OWN_MARK)
                self._read_on(reader, lane)
        except answers.Malformed as malformed:
            raise Unavailable(f"Centra's answer cannot be read: {malformed}") from malformed
        unread = {(q.warehouse, size) for q in asked for size in q.sizes} - stock.keys() - absent
        empty, unsure = self._never_stocked(absent, lane)
        return StoresRead(read_at, stock | empty, reader.result() if reader else None, found, frozenset(unread | unsure))

    def returns(self, *, since: float, lane: Lane) -> list[ReturnRow]:
        """See CentraClient; one request per 100 returns."""
        reader = ChangeReader(Since(since), self._clock.now(), ("returns",))
        while places := reader.more():
            document = documents.read_stores(0, tuple(places), 0, False, full_pages=True)
            answer, _ = self._calls.query(document, variables((), places, ()), lane)
            read(lambda found: reader.take(found, names.OWN_MARK, full_pages=True), answer)
        return list(reader.result().returns)

    def set_stock(self, sets: Sequence[SetStock], *, lane: Lane) -> list[SetStockAnswer]:
        """See CentraClient. Refused only when Centra refused the request before it began."""
        if not sets:
            return []
        given = {f"i{k}": input_of(each) for k, each in enumerate(sets)}
        answer = self._calls.send(documents.set_stock(len(sets)), given, lane, mutations=len(sets))
        return [answer_of(each, answer, f"m{k}") for k, each in enumerate(sets)]

    def sizes(self, *, lane: Lane, skus: Sequence[str] = (), eans: Sequence[str] = ()) -> list[SizeRow]:
        """See CentraClient; one request per 50 SKUs and EANs."""
        found: dict[int, SizeRow] = {}
        terms = [("s", sku) for sku in dict.fromkeys(skus) if sku] + [("e", ean) for ean in dict.fromkeys(eans) if ean]
        for start in range(0, len(terms), SIZES_AT_ONCE):
            chunk = terms[start : start + SIZES_AT_ONCE]
            some_skus, some_eans = [v for k, v in chunk if k == "s"], [v for k, v in chunk if k == "e"]
            given = {f"s{i}": v for i, v in enumerate(some_skus)} | {f"e{i}": v for i, v in enumerate(some_eans)}
            answer, _ = self._calls.query(documents.find_sizes(len(some_skus), len(some_eans)), given, lane)
            for field in given:
                for node in list_of(answer, field):
                    if not answers.is_bundle(node):
                        row = read(answers.size_row, node)
                        found[row.size_id] = row
        exactly = (set(skus), set(eans) - {""})
        return [row for row in found.values() if row.sku in exactly[0] or row.ean in exactly[1]]

    def all_sizes(self, *, lane: Lane) -> Iterator[SizeRow]:
        """See CentraClient; ascending by product id."""
        for products in self._pages(documents.ALL_SIZES, {}, "products", documents.PRODUCTS_PAGE, lane):
            for product in products:
                yield from read(lambda p: list(answers.product_sizes(p)), product)

    def all_stock(self, warehouse: int, *, lane: Lane) -> Iterator[dict[int, tuple[int, int]]]:
        """See CentraClient. Raises Refused when there is no such warehouse."""
        page = 1
        while True:
            answer, _ = self._calls.query(documents.ALL_STOCK, {"warehouse": [warehouse], "page": page}, lane)
            found = list_of(answer, "warehouses")
            if not found:
                raise Refused((f"Centra has no warehouse {warehouse}",))
            rows = read(lambda node: answers.nodes(answers.of(node, "stock")), found[0])
            yield read(answers.stock_levels, rows)
            if len(rows) < documents.MOST_PER_LIST:
                return
            page += 1

    def warehouses(self, *, lane: Lane) -> list[WarehouseRow]:
        pages = self._pages(documents.WAREHOUSES, {}, "warehouses", documents.MOST_PER_LIST, lane)
        return [read(answers.warehouse_row, node) for page in pages for node in page]

    def rate_limits(self) -> list[RateLimitRow]:
        """What Centra says is left; the budget takes notice."""
        answer, _ = self._calls.query(documents.RATE_LIMITS, {}, Lane.STOCK_RISK)
        rows = read(answers.limit_rows, list_of(answer, "limits"))
        self._quota.observe(rows)
        return rows

    def set_threshold(self, warehouse: int, threshold: int) -> tuple[str, ...]:
        return self._save(documents.SET_THRESHOLD, warehouse, {names.THRESHOLD: threshold})

    def set_stock_offset(self, variant: int, offset: int) -> tuple[str, ...]:
        return self._save(documents.SET_STOCK_OFFSET, variant, {names.STOCK_OFFSET: offset})

    def _save(self, document: str, subject: int, members: Mapping[str, int]) -> tuple[str, ...]:
        answer = self._calls.send(document, {"id": subject, "input": dict(members)}, Lane.PRODUCTS, mutations=1)
        return answer_of(SetStock(subject, {}, ""), answer, "saved").errors

    def _read_on(self, reader: ChangeReader, lane: Lane) -> None:
        """Read the pages after full ones. Stops quietly when it cannot go on: the answer then says that it is not complete."""
        for _ in range(MOST_CHANGE_PAGES):
            places = reader.more()
            if not places:
                break
            document = documents.read_stores(0, tuple(places), 0, False, full_pages=True)
            answer = self._calls.query_if_affordable(document, variables((), places, ()), lane)
            if answer is None:
                return
            reader.take(answer, names.OWN_MARK, full_pages=True)
        for change in reader.long_changes:
            page, sizes = 0, documents.MOST_PER_LIST
            while sizes >= documents.MOST_PER_LIST:
                page += 1
                lines = self._lines_of(change, page, lane)
                reader.add_sizes(change, answers.change_sizes(lines))
                sizes = len(lines)

    def _lines_of(self, change: int, page: int, lane: Lane) -> list[answers.Node]:
        answer, _ = self._calls.query(documents.CHANGE_LINES, {"id": [change], "page": page}, lane)
        found = list_of(answer, "stockChanges")
        return answers.nodes(answers.of(found[0], "lines")) if found else []

    def _never_stocked(self, absent: set[tuple[int, int]], lane: Lane) -> tuple[dict[tuple[int, int], StockRow], set[tuple[int, int]]]:
        """Sizes without a stock record in a warehouse hold nothing there, provided that Centra knows them; else they stay unknown."""
        ids = sorted({size for _, size in absent})
        known: set[int] = set()
        answered: set[int] = set()
        for start in range(0, len(ids), documents.MOST_PER_LIST):
            chunk = ids[start : start + documents.MOST_PER_LIST]
            answer = self._calls.query_if_affordable(documents.KNOWN_SIZES, {"ids": chunk, "n": len(chunk)}, lane)
            if answer is not None:
                answered |= set(chunk)
                known |= {read(lambda node: answers.whole(answers.of(node, "id")), node) for node in list_of(answer, "sizes")}
        rows = {(warehouse, size): StockRow(warehouse, size, 0, 0) for warehouse, size in absent if size in known}
        return rows, {pair for pair in absent if pair[1] not in answered}

    def _pages(self, document: str, given: Mapping[str, Any], field: str, full: int, lane: Lane) -> Iterator[list[answers.Node]]:
        page = 1
        while True:
            answer, _ = self._calls.query(document, {**given, "page": page}, lane)
            found = list_of(answer, field)
            yield found
            if len(found) < full:
                return
            page += 1
