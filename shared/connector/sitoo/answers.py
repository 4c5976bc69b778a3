"""From Sitoo's JSON to the connector's rows: unknown fields are ignored, a missing or unreadable needed one raises Unconfirmed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.sitoo.errors import Unconfirmed
from connector.sitoo.models import Delivery, ItemRow, OrderItemRow, ProductRow, SitooOrder, TransactionRow, WarehouseInfo

Node = Mapping[str, Any]

TRANSACTION_FIELDS = "warehousetransactionid,warehouseid,datecreated,transactiontype,orderdeliveryid,externalid,items"
ITEM_FIELDS = "warehouseid,sku,decimaltotal,decimalreserved,datelaststocktaking"
ORDER_FIELDS = "orderid,eshopid,externalid,ordertypeid,orderstateid,warehouseid,datereserved,orderitems,additionaldata"
PRODUCT_FIELDS = "productid,sku,barcode,barcodealiases,stockcountenable"
WAREHOUSE_FIELDS = "warehouseid,warehousetype,storeid,sellable,name"


def nodes(value: Any) -> list[Node]:
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise Unconfirmed("Sitoo's answer lacks a list of objects")
    return value


def envelope(document: Any) -> tuple[int, list[Node]]:
    """(totalcount, items); a bare array counts as whole."""
    if isinstance(document, list):
        return len(document), nodes(document)
    if not isinstance(document, dict):
        raise Unconfirmed("Sitoo's answer is no list")
    rows = nodes(document.get("items"))
    total = whole(document, "totalcount")
    if total < len(rows):
        raise Unconfirmed(f"Sitoo counts {total} rows but sent {len(rows)}")
    return total, rows


def whole(node: Node, field: str) -> int:
    value = node.get(field)
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Unconfirmed(f"{field} is missing")
    try:
        number = Decimal(value)
        if number != int(number):
            raise Unconfirmed(f"{field} is no whole number")
    except (InvalidOperation, ValueError, OverflowError) as wrong:
        raise Unconfirmed(f"{field} is no number") from wrong
    return int(number)


def optional_whole(node: Node, field: str) -> int | None:
    return None if node.get(field) in (None, "") else whole(node, field)


def quantity(node: Node, field: str) -> Decimal:
    """A decimal; Sitoo sends text with three decimals."""
    value = node.get(field)
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Unconfirmed(f"{field} is missing")
    try:
        number = Decimal(value)
    except InvalidOperation as wrong:
        raise Unconfirmed(f"{field} is no number") from wrong
    if not number.is_finite():
        raise Unconfirmed(f"{field} is no number")
    return number


def text(node: Node, field: str) -> str:
    """'' when absent or null."""
    value = node.get(field)
    return "" if value is None else str(value)


def needed_text(node: Node, field: str) -> str:
    if not text(node, field):
        raise Unconfirmed(f"{field} is missing")
    return text(node, field)


def transaction(node: Node) -> TransactionRow:
    items = tuple((needed_text(item, "sku"), quantity(item, "decimalquantity")) for item in nodes(node.get("items")))
    return TransactionRow(
        id=whole(node, "warehousetransactionid"),
        warehouse_id=whole(node, "warehouseid"),
        created_at=float(whole(node, "datecreated")),
        type=whole(node, "transactiontype"),
        items=items,
        order_delivery_id=optional_whole(node, "orderdeliveryid"),
        external_id=text(node, "externalid"),
    )


def item(node: Node) -> ItemRow:
    return ItemRow(
        warehouse_id=whole(node, "warehouseid"),
        sku=needed_text(node, "sku"),
        total=quantity(node, "decimaltotal"),
        reserved=quantity(node, "decimalreserved"),
        stocktaken_at=float(optional_whole(node, "datelaststocktaking") or 0),
    )


def order(node: Node) -> SitooOrder:
    """Rows without an orderitemid take their position, which is what Sitoo documents it to be."""
    rows = enumerate(nodes(node.get("orderitems")))
    marks = node.get("additionaldata")
    reserved = optional_whole(node, "datereserved")
    return SitooOrder(
        id=whole(node, "orderid"),
        type=whole(node, "ordertypeid"),
        state=whole(node, "orderstateid"),
        external_id=text(node, "externalid"),
        warehouse_id=optional_whole(node, "warehouseid"),
        reserved_until=None if not reserved else float(reserved),
        items=tuple(OrderItemRow(row_index(row, position), text(row, "sku"), whole(row, "quantity")) for position, row in rows),
        marks={str(k): str(v) for k, v in marks.items()} if isinstance(marks, dict) else {},
    )


def row_index(node: Node, position: int) -> int:
    """A row without an orderitemid takes its position, which is what Sitoo documents it to be."""
    given = optional_whole(node, "orderitemid")
    return position if given is None else given


def delivery(node: Node, order_id: int) -> Delivery | None:
    """None for a cancelled one."""
    if optional_whole(node, "datecancelled"):
        return None
    if optional_whole(node, "orderid") not in (None, order_id):
        raise Unconfirmed(f"a delivery of another order was among those of {order_id}")
    units: dict[int, int] = {}
    for row in nodes(node.get("orderdeliveryitems")):
        units[whole(row, "orderitemid")] = units.get(whole(row, "orderitemid"), 0) + whole(row, "quantity")
    return Delivery(whole(node, "orderdeliveryid"), order_id, whole(node, "warehouseid"), units)


def product(node: Node) -> ProductRow:
    counted = node.get("stockcountenable")
    if not isinstance(counted, bool):
        raise Unconfirmed("stockcountenable is missing")
    aliases = node.get("barcodealiases")
    others = tuple(str(a) for a in aliases if a) if isinstance(aliases, list) else ()
    return ProductRow(whole(node, "productid"), needed_text(node, "sku"), text(node, "barcode"), counted, others)


def warehouse(node: Node) -> WarehouseInfo:
    sellable = node.get("sellable")
    if not isinstance(sellable, bool):
        raise Unconfirmed("sellable is missing")
    return WarehouseInfo(whole(node, "warehouseid"), text(node, "name"), whole(node, "warehousetype"), optional_whole(node, "storeid"), sellable)
