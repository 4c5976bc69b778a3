"""The SitooClient over HTTP. Sitoo ignores query parameters it does not know, so every filter is checked on the rows that come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from connector.domain.configuration import Lane
from connector.sitoo import answers
from connector.sitoo.errors import Unconfirmed
from connector.sitoo.models import Delivery, ItemRow, ProductRow, SitooOrder, TransactionPage, TransactionRow, WarehouseInfo
from connector.sitoo.paging import PAGE, check_ascending, chunks, comma_list
from connector.sitoo.transport import SitooTransport

BOOKING_TYPES = (100, 110)

Parameters = Mapping[str, str | int]
Row = TypeVar("Row")


class RestSitoo:
    """Implements connector.sitoo.client.SitooClient for one site. `transports`: by lane; lanes that are not named use `default`."""

    def __init__(self, site: int, default: SitooTransport, transports: Mapping[Lane, SitooTransport] | None = None) -> None:
        self._site, self._default, self._transports = site, default, dict(transports or {})

    def transactions(self, *, from_id: int, lane: Lane, limit: int = PAGE) -> TransactionPage:
        """See SitooClient. Pages by id, not by offset: rows that become visible meanwhile cannot shift others out of sight."""
        rows: list[TransactionRow] = []
        start = from_id
        while True:
            wanted = min(PAGE, limit - len(rows))
            filters: Parameters = {
                "warehousetransactionidfrom": start,
                "sort": "warehousetransactionid",
                "num": wanted,
                "fields": answers.TRANSACTION_FIELDS,
            }
            total, page = self._page(f"sites/{self._site}/warehousetransactions", filters, answers.transaction, lane)
            check_ascending([row.id for row in page], start)
            if not page and total:
                raise Unconfirmed(f"Sitoo counts {total} transactions but sent none")
            rows += page[:wanted]
            whole = total <= len(page) <= wanted
            if whole or len(rows) >= limit:
                return TransactionPage(tuple(rows), complete=whole)
            start = rows[-1].id + 1

    def newest_transaction_id(self, *, lane: Lane) -> int:
        filters: Parameters = {"sort": "-warehousetransactionid", "num": 1, "fields": "warehousetransactionid"}
        path = f"sites/{self._site}/warehousetransactions"
        total, page = self._page(path, filters, lambda node: answers.whole(node, "warehousetransactionid"), lane)
        if bool(total) != bool(page):
            raise Unconfirmed(f"Sitoo counts {total} transactions but sent {len(page)}")
        return max(page, default=0)

    def items(self, warehouse_id: int, skus: Sequence[str], *, lane: Lane) -> dict[str, ItemRow]:
        """See SitooClient. Rows whose SKU differs in case only are left out: they are other SKUs."""
        found: dict[str, ItemRow] = {}
        for chunk in chunks(skus):
            alike = {sku.casefold() for sku in chunk}
            filters: Parameters = {"sku": comma_list(chunk), "fields": answers.ITEM_FIELDS}
            for row in self._every(f"sites/{self._site}/warehouses/{warehouse_id}/warehouseitems", filters, answers.item, lane):
                _check_item(row, warehouse_id, alike)
                if row.sku in found:
                    raise Unconfirmed(f"Sitoo sent {row.sku} twice")
                if row.sku in chunk:
                    found[row.sku] = row
        return found

    def all_items(self, warehouse_id: int, *, lane: Lane) -> Iterator[list[ItemRow]]:
        path = f"sites/{self._site}/warehouses/{warehouse_id}/warehouseitems"
        for page in self._pages(path, {"fields": answers.ITEM_FIELDS}, answers.item, lane):
            for row in page:
                _check_item(row, warehouse_id, None)
            yield page

    def open_bookings(self, *, lane: Lane) -> list[SitooOrder]:
        filters: Parameters = {"eshopid": self._site, "orderstate": 0, "ordertype": comma_list(BOOKING_TYPES)}
        orders = self._orders_ascending(filters, lane)
        if any(order.type not in BOOKING_TYPES or order.state != 0 for order in orders):
            raise Unconfirmed("Sitoo sent orders that are no open bookings")
        return orders

    def orders(self, *, ids: Sequence[int] = (), external_ids: Sequence[str] = (), lane: Lane) -> list[SitooOrder]:
        """Orders with these ids or external ids, of whatever state, ascending; those that do not exist are left out."""
        found: dict[int, SitooOrder] = {}
        for chunk in chunks(ids):
            for order in self._orders_ascending({"orderid": comma_list(chunk)}, lane):
                if order.id not in chunk:
                    raise Unconfirmed(f"order {order.id} was not asked for")
                found[order.id] = order
        for names in chunks(external_ids):
            for order in self._orders_ascending({"externalid": comma_list(names)}, lane):
                if order.external_id not in names:
                    raise Unconfirmed(f"order {order.id} was not asked for")
                found[order.id] = order
        return [found[i] for i in sorted(found)]

    def deliveries(self, order_id: int, *, lane: Lane) -> list[Delivery]:
        path = f"sites/{self._site}/orders/{order_id}/orderdeliveries"
        rows = self._every(path, {}, lambda node: answers.delivery(node, order_id), lane)
        return [row for row in rows if row is not None]

    def products(self, skus: Sequence[str], *, lane: Lane) -> list[ProductRow]:
        """Products with exactly these SKUs, inactive ones too, and those whose SKU differs in case only."""
        found: list[ProductRow] = []
        for chunk in chunks(skus):
            alike = {sku.casefold() for sku in chunk}
            filters = {"sku": comma_list(chunk), "includeinactive": "true", "fields": answers.PRODUCT_FIELDS}
            for row in self._every(f"sites/{self._site}/products", filters, answers.product, lane):
                if row.sku.casefold() not in alike:
                    raise Unconfirmed(f"product {row.productid} was not asked for")
                found.append(row)
        return found

    def all_products(self, *, lane: Lane) -> Iterator[list[ProductRow]]:
        return self._pages(f"sites/{self._site}/products", {"includeinactive": "true", "fields": answers.PRODUCT_FIELDS}, answers.product, lane)

    def warehouses(self, *, lane: Lane) -> list[WarehouseInfo]:
        return self._every(f"sites/{self._site}/warehouses", {"fields": answers.WAREHOUSE_FIELDS}, answers.warehouse, lane)

    def settings(self, *, lane: Lane) -> dict[str, Any]:
        document = self._transport(lane).get(f"sites/{self._site}/settings", {}, lane=lane)
        if not isinstance(document, dict):
            raise Unconfirmed("Sitoo's settings are no object")
        return document

    def sites(self, *, lane: Lane) -> list[dict[str, Any]]:
        return self._every("sites", {}, dict, lane)

    def _orders_ascending(self, filters: Parameters, lane: Lane) -> list[SitooOrder]:
        """Pages by order id. The site of every order is checked where Sitoo tells it."""
        found: list[SitooOrder] = []
        start = 0
        while True:
            asked: Parameters = {**filters, "orderidfrom": start, "sort": "orderid", "num": PAGE, "fields": answers.ORDER_FIELDS}
            total, page = self._page("orders", asked, self._order, lane)
            check_ascending([order.id for order in page], start)
            if not page and total:
                raise Unconfirmed(f"Sitoo counts {total} orders but sent none")
            found += page
            if total <= len(page):
                return found
            start = page[-1].id + 1

    def _order(self, node: answers.Node) -> SitooOrder:
        if answers.whole(node, "eshopid") != self._site:
            raise Unconfirmed(f"an order of another site was among those of site {self._site}")
        return answers.order(node)

    def _every(self, path: str, filters: Parameters, parse: Callable[[answers.Node], Row], lane: Lane) -> list[Row]:
        return [row for page in self._pages(path, filters, parse, lane) for row in page]

    def _pages(self, path: str, filters: Parameters, parse: Callable[[answers.Node], Row], lane: Lane) -> Iterator[list[Row]]:
        """Pages by offset until totalcount; an empty page before that is not the end but a wrong answer."""
        start = 0
        while True:
            total, page = self._page(path, {**filters, "start": start, "num": PAGE}, parse, lane)
            start += len(page)
            if not page and start < total:
                raise Unconfirmed(f"Sitoo counts {total} rows but stopped after {start}")
            yield page
            if start >= total:
                return

    def _page(self, path: str, parameters: Parameters, parse: Callable[[answers.Node], Row], lane: Lane) -> tuple[int, list[Row]]:
        total, rows = answers.envelope(self._transport(lane).get(path, parameters, lane=lane))
        return total, [parse(row) for row in rows]

    def _transport(self, lane: Lane) -> SitooTransport:
        return self._transports.get(lane, self._default)


def _check_item(row: ItemRow, warehouse_id: int, alike: set[str] | None) -> None:
    if row.warehouse_id != warehouse_id or (alike is not None and row.sku.casefold() not in alike):
        raise Unconfirmed(f"a level of {row.sku} in warehouse {row.warehouse_id} was not asked for")
