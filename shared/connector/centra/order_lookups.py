"""Whose a shipment is, and which returns are new: what an event or a poll knows only by its own id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.centra import names as n
from connector.centra.answers import Node, date_text, of, whole
from connector.centra.calls import Calls, list_of, read
from connector.centra.stores_read import INCLUSIVE_S
from connector.domain.configuration import Lane

NEW_RETURNS_PAGE = 100

OWNER_OF_SHIPMENT = """query OwnerOfShipment($id: [Int!]) { shipments(where: {id: $id}, limit: 1) { id order { number } } }"""
NEW_RETURNS = f"""query NewReturns($from: {n.DATE_TYPE}, $page: Int) {{
  returns(where: {{storeType: {n.DTC_STORE}, createdAt: {{from: $from}}}}, sort: [{n.SORT_BY_CREATION}], limit: {NEW_RETURNS_PAGE}, page: $page) {{
    id order {{ number }}
  }}
}}"""


class OrderLookups:
    """The part of CentraOrders that finds orders by what belongs to them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def order_of_shipment(self, shipment: int) -> int | None:
        answer, _ = self._calls.query(OWNER_OF_SHIPMENT, {"id": [shipment]}, Lane.ORDERS)
        found = list_of(answer, "shipments")
        return read(order_number, found[0]) if found else None

    def new_returns(self, *, since: float, until_page: int = 20) -> dict[int, int]:
        """See CentraOrders; a page (and request) holds 100. The list only grows at its end, so pages can be counted."""
        found: dict[int, int] = {}
        for page in range(1, until_page + 1):
            given: Mapping[str, Any] = {"from": date_text(since - INCLUSIVE_S), "page": page}
            answer, _ = self._calls.query(NEW_RETURNS, given, Lane.ORDERS)
            nodes = list_of(answer, "returns")
            found |= {read(lambda x: whole(of(x, "id")), node): read(order_number, node) for node in nodes}
            if len(nodes) < NEW_RETURNS_PAGE:
                break
        return found


def order_number(node: Node) -> int:
    return whole(of(node, "order", "number"))
