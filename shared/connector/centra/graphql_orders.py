"""CentraOrders over GraphQL."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector.centra import order_documents as documents
from connector.centra import order_mutations as mutations
from connector.centra.answers import Malformed, Node, date_text, moment, of, whole
from connector.centra.calls import list_of, read
from connector.centra.errors import Unavailable, Unreadable
from connector.centra.order_answers import centra_order, centra_return, lists_all, merge_allocations
from connector.centra.order_lookups import OrderLookups, order_number
from connector.centra.order_models import CentraOrder, ReturnOfOrder, Written
from connector.centra.order_values import text
from connector.centra.stores_read import INCLUSIVE_S, Place
from connector.centra.transport import GraphAnswer
from connector.centra.written import written
from connector.domain.configuration import Lane

STUCK_FACTOR = 10
"""So many times more pages are read while all changes read so far are of one second: a reading that stopped there would stop there again."""


class GraphQLCentraOrders(OrderLookups):
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

    def allocate(self, order: int, lines: Mapping[int, int], warehouses: Sequence[int], comment: str) -> Written:
        given = {"order": order, "comment": comment, **_rows(lines)} | {f"w{i}": w for i, w in enumerate(warehouses)}
        return self._write(mutations.allocate_order(len(lines), len(warehouses)), given, order)

    def unallocate(self, order: int, lines: Mapping[int, int], warehouse: int, *, remove: bool, comment: str) -> Written:
        given = {"order": order, "warehouse": warehouse, "comment": comment, **_rows(lines)}
        return self._write(mutations.unallocate_order(len(lines), remove), given, order)

    def cancel_lines(self, order: int, lines: Mapping[int, int], *, remove: bool, comment: str) -> Written:
        given = {"order": order, "comment": comment, **_rows(lines)}
        return self._write(mutations.cancel_lines(len(lines), remove), given, order)

    def hold(self, order: int, reason: str) -> Written:
        return self._write(mutations.HOLD, {"order": order, "reason": reason}, order)

    def create_shipment(
        self,
        order: int,
        lines: Mapping[int, int],
        *,
        external_id: str,
        capture: bool,
        paid: bool,
        carrier: str = "",
        service: str = "",
        tracking: str = "",
    ) -> Written:
        """See CentraOrders. Sends no mail: completing does, by its own switch."""
        info = _info(carrier, service, tracking)
        given = {"order": order, "externalId": external_id, "capture": capture, "paid": paid, **_rows(lines), **info}
        return self._write(mutations.create_shipment(len(lines), bool(info)), given)

    def capture_shipment(self, shipment: int) -> Written:
        """A failing capture is an error here, unlike in `create_shipment` (centra-api §4)."""
        return self._write(mutations.CAPTURE_SHIPMENT, {"id": shipment}, shipment)

    def complete_shipment(
        self, shipment: int, *, shipped_at: float, send_email: bool, carrier: str = "", service: str = "", tracking: str = ""
    ) -> Written:
        info = _info(carrier, service, tracking)
        given = {"id": shipment, "shippedAt": date_text(shipped_at), "sendEmail": send_email, **info}
        return self._write(mutations.complete_shipment(bool(info)), given, shipment)

    def set_external_id(self, order: int, external_id: str) -> Written:
        return self._write(mutations.SET_EXTERNAL_ID, {"order": order, "externalId": external_id}, order)

    def assign_attribute(self, order: int, attribute: str, element: str, value: str) -> Written:
        given = {"order": order, "attribute": attribute, "element": element, "value": value}
        return self._write(mutations.ASSIGN_ATTRIBUTE, given, order)

    def internal_comment(self, order: int) -> str:
        answer, _ = self._calls.query(documents.INTERNAL_COMMENT, {"number": [order]}, Lane.ORDERS)
        return next((text(node, "internalComment") for node in list_of(answer, "orders")), "")

    def comment(self, order: int, internal_comment: str) -> Written:
        return self._write(mutations.COMMENT, {"order": order, "comment": internal_comment}, order)

    def create_return(
        self,
        shipment: int,
        lines: Mapping[int, int],
        *,
        external_id: str,
        return_cost: int,
        currency: str,
        decimals: int,
        comment: str,
        shipping: int = 0,
        voucher: int = 0,
    ) -> Written:
        """See CentraOrders. A negative amount is a ValueError."""
        if min(return_cost, shipping, voucher) < 0:
            raise ValueError("a return's amounts are never negative")
        amounts = [Decimal(amount).scaleb(-decimals) for amount in (return_cost, shipping, voucher)]
        given = {"shipment": shipment, "externalId": external_id, "comment": comment, "currency": currency, **_rows(lines)}
        return self._write(mutations.create_return(len(lines), *amounts), given)

    def complete_return(self, return_id: int) -> Written:
        """Sends no mail and no money (centra-api §5.4)."""
        return self._write(mutations.COMPLETE_RETURN, {"id": return_id}, return_id)

    def refund_return(self, return_id: int) -> Written:
        return self._write(mutations.REFUND_RETURN, {"id": return_id}, return_id)

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

    def _write(self, document: str, given: Mapping[str, Any], changed: int | None = None) -> Written:
        return written(self._calls.send(document, given, Lane.ORDERS, mutations=1), changed)

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


def _rows(lines: Mapping[int, int]) -> dict[str, int]:
    """Variables l{i} and q{i}. Without lines Centra would take the whole order, so that is a ValueError."""
    if not lines:
        raise ValueError("no lines")
    ids = {f"l{i}": line for i, line in enumerate(lines)}
    return ids | {f"q{i}": units for i, units in enumerate(lines.values())}


def _info(carrier: str, service: str, tracking: str) -> dict[str, str]:
    """What is known of carrier, service and tracking; a variable that is not given leaves its member out."""
    return {name: value for name, value in (("carrier", carrier), ("service", service), ("tracking", tracking)) if value}
