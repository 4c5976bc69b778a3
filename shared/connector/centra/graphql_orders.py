"""CentraOrders over GraphQL."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connector.centra import order_documents as documents
from connector.centra.answers import Malformed, Node, date_text, moment, of, whole
from connector.centra.calls import list_of, read
from connector.centra.errors import Unavailable, Unreadable
from connector.centra.order_answers import centra_order, centra_return, lists_all, merge_allocations
from connector.centra.order_lookups import OrderLookups, order_number
from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.centra.order_values import text
from connector.centra.order_writes import OrderWrites
from connector.centra.stores_read import INCLUSIVE_S, Place
from connector.centra.transport import GraphAnswer
from connector.domain.configuration import Lane

STUCK_FACTOR = 10
"""So many times more pages are read while all changes read so far are of one second: a reading that stopped there would stop there again."""


class GraphQLCentraOrders(OrderLookups, OrderWrites):
    """Implements connector.centra.order_client.CentraOrders. Shares its `calls` (connection, token, budget) with the stock client."""

    def orders(self, numbers: Sequence[int], *, lane: Lane = Lane.ORDERS) -> dict[int, CentraOrder]:
        """See CentraOrders; one request per 10 orders. Lines with more allocations than were shown cost one more per order and 200 of them."""
        distinct = list(dict.fromkeys(numbers))
        found: dict[int, CentraOrder] = {}
        for start in range(0, len(distinct), documents.ORDERS_AT_ONCE):
            chunk = distinct[start : start + documents.ORDERS_AT_ONCE]
            answer, _ = self._calls.query(documents.ORDERS, {"numbers": chunk, "n": len(chunk)}, lane)
            for node in list_of(answer, "orders"):
                number = read(lambda n: whole(of(n, "number")), node)
                if number in chunk:
                    self._read_on(number, node, lane)
                    found[number] = _order(number, node)
        return found

    def changed_orders(self, *, since: float, until_page: int = 20) -> tuple[dict[int, float], bool]:
        """See CentraOrders; a page (and request) holds 100. Stops early, and says so, when the budget or Centra allows no further page."""
        nodes, complete = self._changed(documents.CHANGED_ORDERS, "orders", since, until_page)
        changes: dict[int, float] = {}
        for node in nodes:
            number, at = read(lambda n: (whole(of(n, "number")), moment(of(n, "updatedAt"))), node)
            changes[number] = max(at, changes.get(number, at))
        return dict(sorted(changes.items(), key=lambda row: row[1])), complete

    def orders_marked(self, key: str) -> list[int]:
        """See CentraOrders; the comment must hold the key as a word of its own, not as the beginning of another. One request per 50 orders."""
        word = re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])")
        found: set[int] = set()
        page = 1
        while True:
            answer, _ = self._calls.query(documents.MARKED_ORDERS, {"keys": [key], "key": key, "page": page}, Lane.ORDERS)
            known, noted = list_of(answer, "known"), list_of(answer, "noted")
            marked = known + [node for node in noted if word.search(text(node, "otherComment"))]
            found |= {read(lambda n: whole(of(n, "number")), node) for node in marked}
            if max(len(known), len(noted)) < documents.MARKED_PAGE:
                return sorted(found)
            page += 1

    def changed_shipments(self, *, since: float, until_page: int = 20) -> tuple[dict[int, tuple[int, float]], bool]:
        """See CentraOrders and `changed_orders`."""
        nodes, complete = self._changed(documents.CHANGED_SHIPMENTS, "shipments", since, until_page)
        changes: dict[int, tuple[int, float]] = {}
        for node in nodes:
            shipment, order = read(lambda n: (whole(of(n, "id")), whole(of(n, "order", "number"))), node)
            changes[shipment] = order, _updated(node)
        return changes, complete

    def returns_of(self, number: int) -> list[ReturnOfOrder]:
        """See CentraOrders; one request per 50 returns."""
        answer, _ = self._calls.query(documents.RETURNS, {"number": [number], "page": 1}, Lane.ORDERS)
        return self._returns(number, answer)

    def order_with_returns(self, number: int) -> tuple[CentraOrder | None, list[ReturnOfOrder]]:
        """See CentraOrders; one request per 50 returns."""
        answer, _ = self._calls.query(documents.ORDER_WITH_RETURNS, {"number": [number], "page": 1}, Lane.ORDERS)
        order = None
        for node in list_of(answer, "orders"):
            if read(lambda n: whole(of(n, "number")), node) == number:
                self._read_on(number, node, Lane.ORDERS)
                order = _order(number, node)
        return order, self._returns(number, answer)

    def return_with_order(self, return_id: int) -> tuple[int, ReturnOfOrder] | None:
        """See CentraOrders."""
        answer, _ = self._calls.query(documents.RETURN, {"id": [return_id]}, Lane.ORDERS)
        nodes = list_of(answer, "returns")
        return (read(order_number, nodes[0]), read(centra_return, nodes[0])) if nodes else None

    def internal_comment(self, order: int) -> str:
        """See CentraOrders. What was not read must not look like an empty comment: it would be written over."""
        answer, _ = self._calls.query(documents.INTERNAL_COMMENT, {"number": [order]}, Lane.ORDERS)
        for node in list_of(answer, "orders"):
            if read(lambda n: whole(of(n, "number")), node) == order:
                return str(read(lambda n: of(n, "internalComment"), node) or "")
        raise Unavailable(f"Centra does not show order {order}")

    def _returns(self, number: int, answer: GraphAnswer) -> list[ReturnOfOrder]:
        """Those of a first page, and of the pages behind it."""
        found: dict[int, ReturnOfOrder] = {}
        page = 1
        while True:
            nodes = list_of(answer, "returns")
            found |= {row.id: row for row in (read(centra_return, node) for node in nodes)}
            if len(nodes) < documents.RETURNS_PAGE:
                return [found[key] for key in sorted(found)]
            page += 1
            answer, _ = self._calls.query(documents.RETURNS, {"number": [number], "page": page}, Lane.ORDERS)

    def _read_on(self, number: int, node: Node, lane: Lane) -> None:
        """Complete an order whose lists of allocations were cut off."""
        page = 0
        whole_lists = read(lambda n: lists_all(n, documents.ALLOCATIONS_SHOWN, documents.SHIPPED_SHOWN), node)
        while not whole_lists:
            page += 1
            answer, _ = self._calls.query(documents.ALLOCATIONS, {"number": [number], "page": page}, lane)
            further = list_of(answer, "orders")
            if not further:
                raise Unavailable(f"Centra no longer shows order {number}")
            read(lambda found: merge_allocations(node, found), further[0])
            whole_lists = read(lambda found: lists_all(found, documents.MOST_ALLOCATIONS, documents.MOST_ALLOCATIONS), further[0])

    def _changed(self, document: str, field: str, since: float, until_page: int) -> tuple[list[Node], bool]:
        """Rows by ascending updatedAt. After a full page it goes on from that page's last moment, because rows that change meanwhile move to the
        end and would pull others across the border of a counted page; pages are counted only within one second."""
        found: list[Node] = []
        place, pages = Place(since), 0
        while pages < until_page or (place.since <= since and pages < until_page * STUCK_FACTOR):
            given = {"from": date_text(place.since - INCLUSIVE_S), "page": place.page}
            if pages:
                answer = self._calls.query_if_affordable(document, given, Lane.ORDERS)
            else:
                answer, _ = self._calls.query(document, given, Lane.ORDERS)
            if answer is None:
                break
            nodes = list_of(answer, field)
            found += nodes
            if len(nodes) < documents.CHANGES_PAGE:
                return found, True
            newest = max(_updated(node) for node in nodes)
            place = Place(newest) if newest - INCLUSIVE_S > place.since else Place(place.since, place.page + 1)
            pages += 1
        return found, False


def _order(number: int, node: Node) -> CentraOrder:
    try:
        return centra_order(node)
    except Malformed as malformed:
        raise Unreadable(f"Centra's answer about order {number} cannot be read: {malformed}") from malformed


def _updated(node: Node) -> float:
    return read(lambda n: moment(of(n, "updatedAt")), node)
