"""The SitooOrders over HTTP. Every filter is checked on the rows that come back; a write that may have been committed is Uncertain."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector.domain.configuration import Lane
from connector.sitoo import answers, delivery_wishes, order_answers
from connector.sitoo.errors import Refused, Uncertain, Unconfirmed
from connector.sitoo.models import TransactionRow
from connector.sitoo.order_models import DeliveryWish, HandedOut, WholeOrder
from connector.sitoo.paging import PAGE, check_ascending, chunks, comma_list
from connector.sitoo.transport import SitooTransport

Parameters = Mapping[str, str | int]

_HARMLESS = ("externalid", "currencycode")


class RestSitooOrders:
    """Implements connector.sitoo.order_client.SitooOrders for one site, with the API user of the lane ORDERS."""

    def __init__(self, site: int, transport: SitooTransport, lane: Lane = Lane.ORDERS) -> None:
        self._site, self._transport, self._lane = site, transport, lane

    def whole_orders(self, *, ids: Sequence[int] = (), external_ids: Sequence[str] = (), credit_of: int | None = None) -> list[WholeOrder]:
        """See SitooOrders; what is asked for adds up, ascending by id. Refunds that name their original in additionaldata only are not found."""
        found: dict[int, WholeOrder] = {}
        for some in chunks(ids):
            found |= self._all({"orderid": comma_list(some)}, some, lambda order: order.id)
        for names in chunks(external_ids):
            found |= self._all({"externalid": comma_list(names)}, names, lambda order: order.external_id)
        if credit_of is not None:
            found |= self._all({"creditorderid": credit_of}, [credit_of], lambda order: order.credit_of)
        return [found[number] for number in sorted(found)]

    def whole_order(self, order_id: int) -> WholeOrder | None:
        """See SitooOrders. An order that is not found is looked for in the list too: a wrong address answers 404 like a missing order."""
        document = self._single(order_id, order_answers.ORDER_FIELDS_WITH_LOG)
        if document is None:
            return None
        return self._order(document)

    def _single(self, order_id: int, fields: str) -> dict[str, Any] | None:
        """One order's document; None when there is none."""
        try:
            document = self._transport.get(f"sites/{self._site}/orders/{order_id}", {"fields": fields}, lane=self._lane)
        except Refused as refused:
            if refused.status != 404:
                raise
            if self.whole_orders(ids=[order_id]):
                raise Unconfirmed(f"Sitoo lists order {order_id} but does not answer it") from refused
            return None
        if not isinstance(document, dict):
            raise Unconfirmed("Sitoo's answer is no order")
        if answers.whole(document, "orderid") != order_id:
            raise Unconfirmed(f"order {document['orderid']} was not asked for")
        return document

    def orders_from(self, order_id: int, *, limit: int = PAGE) -> tuple[list[WholeOrder], bool]:
        """See SitooOrders. Pages by id, not by offset: orders that become visible meanwhile cannot shift others out of sight."""
        found: list[WholeOrder] = []
        start = order_id
        while True:
            wanted = min(PAGE, limit - len(found))
            total, page = self._page({"eshopid": self._site}, start, wanted)
            found += page[:wanted]
            everything = total <= len(page) <= wanted
            if everything or len(found) >= limit:
                return found, everything
            start = found[-1].id + 1

    def ids_from(self, order_id: int, *, limit: int = PAGE) -> list[int]:
        """See SitooOrders."""
        found: list[int] = []
        start = order_id
        while True:
            asked: Parameters = {"eshopid": self._site, "orderidfrom": start, "sort": "orderid", "num": PAGE, "fields": "orderid,eshopid"}
            total, rows = answers.envelope(self._transport.get("orders", asked, lane=self._lane))
            page = [answers.whole(row, "orderid") for row in rows]
            check_ascending(page, start)
            if any(answers.whole(row, "eshopid") != self._site for row in rows) or (total and not rows):
                raise Unconfirmed(f"Sitoo's list of orders of site {self._site} cannot be trusted")
            found += page
            if total <= len(page) or len(found) >= limit:
                return found[:limit]
            start = page[-1] + 1

    def newest_order(self) -> int:
        """See SitooOrders."""
        asked: Parameters = {"eshopid": self._site, "sort": "-orderid", "num": 1, "fields": "orderid,eshopid"}
        total, rows = answers.envelope(self._transport.get("orders", asked, lane=self._lane))
        if total and not rows:
            raise Unconfirmed(f"Sitoo counts {total} orders but sent none")
        return max((answers.whole(row, "orderid") for row in rows), default=0)

    def handed_out(self, order_id: int) -> list[HandedOut]:
        """See SitooOrders; ascending by id."""
        found: dict[int, HandedOut] = {}
        path = f"sites/{self._site}/orders/{order_id}/orderdeliveries"
        while True:
            parameters: Parameters = {"start": len(found), "num": PAGE, "fields": order_answers.DELIVERY_FIELDS}
            total, rows = answers.envelope(self._transport.get(path, parameters, lane=self._lane))
            page = [order_answers.handed_out(row, order_id) for row in rows]
            if len(found.keys() | {delivery.id for delivery in page}) != len(found) + len(page):
                raise Unconfirmed(f"Sitoo sent a delivery of order {order_id} twice")
            found |= {delivery.id: delivery for delivery in page}
            if len(found) >= total:
                return [found[number] for number in sorted(found)]
            if not page:
                raise Unconfirmed(f"Sitoo counts {total} deliveries but stopped after {len(found)}")

    def delivery_wish(self, order_id: int) -> DeliveryWish | None:
        """See SitooOrders."""
        document = self._single(order_id, delivery_wishes.FIELDS)
        return None if document is None else delivery_wishes.delivery_wish(document)

    def post_order(self, body: Mapping[str, Any]) -> int:
        """See SitooOrders. Sitoo does not promise that a second order with the same externalid is refused: look before repeating."""
        return _new_id(self._written("POST", f"sites/{self._site}/orders", body))

    def put_order(self, order_id: int, body: Mapping[str, Any]) -> None:
        """See SitooOrders. Uncertain like any write; repeating it is harmless."""
        if self._written("PUT", f"sites/{self._site}/orders/{order_id}", body) is not True:
            raise Uncertain(f"Sitoo did not confirm the change of order {order_id}")

    def post_delivery(self, order_id: int, warehouse_id: int, units: Mapping[int, int], *, reference: str, ignore_stock: bool) -> int:
        """See SitooOrders."""
        body: dict[str, Any] = {
            "warehouseid": warehouse_id,
            "orderdeliveryitems": [{"orderitemid": row, "quantity": quantity} for row, quantity in sorted(units.items())],
        }
        if reference:
            body["orderdeliveryref"] = reference
        parameters: Parameters = {"ignorestock": "true"} if ignore_stock else {}
        path = f"sites/{self._site}/orders/{order_id}/orderdeliveries"
        return _new_id(self._transport.send("POST", path, body, lane=self._lane, parameters=parameters))

    def post_transaction(self, warehouse_id: int, kind: int, units: Mapping[str, int], *, external_id: str, description: str) -> int:
        """See SitooOrders. Sitoo neither refuses a used externalid here nor filters by it: look through the newest transactions before repeating."""
        row = {
            "warehouseid": warehouse_id,
            "transactiontype": kind,
            "externalid": external_id,
            "description": description,
            "items": [{"sku": sku, "decimalquantity": f"{quantity}.000"} for sku, quantity in sorted(units.items())],
        }
        return self._only_row(self._transport.send("POST", f"sites/{self._site}/warehousetransactions", [row], lane=self._lane))

    def movements(self, warehouse_id: int, *, since: float) -> list[TransactionRow]:
        """See SitooOrders. Pages by id, like the change feed."""
        found: list[TransactionRow] = []
        path, start, first = f"sites/{self._site}/warehouses/{warehouse_id}/warehousetransactions", 0, int(since)
        while True:
            asked: Parameters = {
                "warehousetransactionidfrom": start,
                "datecreatedfrom": first,
                "sort": "warehousetransactionid",
                "num": PAGE,
                "fields": answers.TRANSACTION_FIELDS,
            }
            total, rows = answers.envelope(self._transport.get(path, asked, lane=self._lane))
            page = [answers.transaction(row) for row in rows]
            check_ascending([row.id for row in page], start)
            if any(row.warehouse_id != warehouse_id or row.created_at < first for row in page):
                raise Unconfirmed(f"transactions of warehouse {warehouse_id} came that were not asked for")
            if not page and total:
                raise Unconfirmed(f"Sitoo counts {total} transactions but sent none")
            found += page
            if total <= len(page):
                return found
            start = page[-1].id + 1

    def _written(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Send an order. What Sitoo says when it refuses one goes into exceptions, so the customer's data is taken out of it."""
        try:
            return self._transport.send(method, path, body, lane=self._lane)
        except Refused as refused:
            text = refused.text
            for field, value in body.items():
                if field not in _HARMLESS and isinstance(value, str) and value:
                    text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", f"({field})", text)
            raise Refused(refused.status, text) from None

    def _only_row(self, answer: Any) -> int:
        """The id in the answer to a batch of one: a list with one entry, that entry, or the bare id (sitoo-api §1.6)."""
        if isinstance(answer, list):
            if len(answer) != 1:
                raise Uncertain(f"Sitoo answered {len(answer)} rows to one")
            answer = answer[0]
        if not isinstance(answer, dict):
            return _new_id(answer)
        if answer.get("statuscode", 200) != 200 or "errortext" in answer:
            raise self._transport.row_error(answer)
        return _new_id(answer.get("return"))

    def _all(self, filters: Parameters, wanted: Sequence[int | str], named_by: Callable[[WholeOrder], int | str | None]) -> dict[int, WholeOrder]:
        found: dict[int, WholeOrder] = {}
        start = 0
        while True:
            total, page = self._page(filters, start, PAGE)
            for order in page:
                if named_by(order) not in wanted:
                    raise Unconfirmed(f"order {order.id} was not asked for")
                found[order.id] = order
            if total <= len(page):
                return found
            start = page[-1].id + 1

    def _page(self, filters: Parameters, start: int, num: int) -> tuple[int, list[WholeOrder]]:
        """(how many have an id ≥ start, the first of them); an empty page means that there are none."""
        asked: Parameters = {**filters, "orderidfrom": start, "sort": "orderid", "num": num, "fields": order_answers.ORDER_FIELDS}
        total, rows = answers.envelope(self._transport.get("orders", asked, lane=self._lane))
        page = [self._order(row) for row in rows]
        check_ascending([order.id for order in page], start)
        if not page and total:
            raise Unconfirmed(f"Sitoo counts {total} orders but sent none")
        return total, page

    def _order(self, node: answers.Node) -> WholeOrder:
        if answers.whole(node, "eshopid") != self._site:
            raise Unconfirmed(f"an order of another site was among those of site {self._site}")
        return order_answers.whole_order(node)


def _new_id(answer: Any) -> int:
    """The id that a POST answers; anything else than a positive number leaves open what was made."""
    if isinstance(answer, bool) or not isinstance(answer, int | Decimal | str):
        raise Uncertain("Sitoo answered no id")
    try:
        number = int(answer)
    except (ValueError, OverflowError) as wrong:
        raise Uncertain("Sitoo answered no id") from wrong
    if number <= 0:
        raise Uncertain("Sitoo answered no id")
    return number
