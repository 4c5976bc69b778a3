"""Centra's lists: which rows each one goes through, and what its `where` and `sort` may name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from graphql import GraphQLResolveInfo

from sandbox.centra.filters import Getter, Member, any_of, date_range, equal, number_range, one_of, ordered, page_of, select, text
from sandbox.centra.order_records import Order, Shipment
from sandbox.centra.records import Size, Stock, Warehouse
from sandbox.centra.state import CentraState

Where = Mapping[str, Any]
Source = Callable[[CentraState, Any, Where], Iterable[Any]]
Resolver = Callable[..., list[Any]]

DEFAULT_LIMIT = 20
CREATED, UPDATED = attrgetter("created_at"), attrgetter("updated_at")


def status(row: Any) -> str:
    return "ACTIVE" if row.active else "INACTIVE"


ID = {"id": one_of(attrgetter("id"))}


def order_of(row: Any) -> Order:
    """Of an order itself, a shipment or a return."""
    if isinstance(row, Order):
        return row
    return row.order if isinstance(row, Shipment) else row.shipment.order


def store_type(row: Any) -> str:
    return "WHOLESALE" if order_of(row).wholesale else "DIRECT_TO_CONSUMER"


SHOP = {"storeType": equal(store_type)}
STOCK: dict[str, Member] = {
    "physicalQuantity": number_range(attrgetter("physical")),
    "allocatedQuantity": number_range(attrgetter("allocated")),
    "freeToAllocateQuantity": number_range(attrgetter("free")),
    "demandQuantity": number_range(attrgetter("demand")),
    "productId": one_of(attrgetter("size.variant.product.id")),
    "productSizeId": one_of(attrgetter("size.id")),
    "productVariantId": one_of(attrgetter("size.variant.id")),
    "warehouseId": one_of(attrgetter("warehouse.id")),
}
ORDERS: dict[str, Member] = {
    **ID,
    **SHOP,
    "number": one_of(attrgetter("number")),
    "status": one_of(attrgetter("status")),
    "createdAt": date_range(CREATED),
    "orderDate": date_range(CREATED),
    "updatedAt": date_range(UPDATED),
    "otherComment": text(attrgetter("other_comment")),
    "orderHoldReason": one_of(attrgetter("hold_reason")),
    "isOnHold": equal(attrgetter("on_hold")),
    "isLocked": equal(attrgetter("locked")),
    "isInternal": equal(attrgetter("internal")),
    "isWaitingForPayment": equal(lambda row: row.hold_reason == "WAITING_FOR_PAYMENT"),
    "isWaitingForCheckFirstAllocation": equal(attrgetter("waits_for_check_first")),
    "allocatedWarehouseCount": number_range(lambda row: len({a.warehouse for line in row.lines for a in line.allocations})),
}
SHIPMENTS: dict[str, Member] = {
    **ID,
    **SHOP,
    "number": one_of(attrgetter("number")),
    "createdAt": date_range(CREATED),
    "updatedAt": date_range(UPDATED),
    "shippedAt": date_range(attrgetter("shipped_at")),
    "isGoodToGo": equal(attrgetter("good_to_go")),
    "isShipped": equal(lambda row: row.shipped_at is not None),
    "isPaid": equal(attrgetter("paid")),
    "paidAt": date_range(attrgetter("paid_at")),
    "isCaptured": equal(lambda row: row.captured_at is not None),
    "capturedAt": date_range(attrgetter("captured_at")),
    "isOnHold": equal(attrgetter("order.on_hold")),
    "trackingNumber": text(lambda row: row.info.get("trackingNumber")),
    "orderId": one_of(attrgetter("order.id")),
}
RETURNS: dict[str, Member] = {
    **ID,
    **SHOP,
    "returnStatus": one_of(lambda row: "COMPLETED" if row.completed else "PENDING"),
    "createdAt": date_range(CREATED),
    "orderId": one_of(attrgetter("shipment.order.id")),
    "orderNumber": one_of(attrgetter("shipment.order.number")),
    "shipmentId": one_of(attrgetter("shipment.id")),
    "shipmentNumber": one_of(attrgetter("shipment.number")),
    "createdFrom": one_of(attrgetter("created_from")),
}
PAYMENTS: dict[str, Member] = {
    **ID,
    "entryType": one_of(attrgetter("type")),
    "status": one_of(attrgetter("status")),
    "createdAt": date_range(CREATED),
    "orderNumber": one_of(attrgetter("order.number")),
}
EVENTS: dict[str, Member] = {
    "objectType": one_of(attrgetter("object_type")),
    "changeType": one_of(attrgetter("change_type")),
    "storeId": one_of(lambda _row: None),
}
LISTENERS: dict[str, Member] = {"objectType": one_of(attrgetter("object_type"))}
STOCK_CHANGES: dict[str, Member] = {
    **ID,
    "createdAt": date_range(CREATED),
    "comment": text(attrgetter("comment")),
    "type": one_of(attrgetter("type")),
    "warehouseId": one_of(attrgetter("warehouse.id")),
    "productVariantId": any_of(lambda row: [line.size.variant.id for line in row.lines]),
}
WAREHOUSES: dict[str, Member] = {**ID, "name": text(attrgetter("name")), "status": one_of(status)}
PRODUCTS: dict[str, Member] = {**ID, "status": one_of(status), "productNumber": text(attrgetter("number")), "updatedAt": date_range(UPDATED)}
VARIANTS: dict[str, Member] = {**ID, "status": one_of(status), "productId": one_of(attrgetter("product.id")), "updatedAt": date_range(UPDATED)}
SIZES: dict[str, Member] = {
    **ID,
    "SKU": text(attrgetter("sku")),
    "EAN": text(attrgetter("ean")),
    "UPC": text(attrgetter("upc")),
    "isActive": equal(attrgetter("active")),
    "updatedAt": date_range(UPDATED),
}
SORT_KEYS: dict[str, Getter] = {
    "id": attrgetter("id"),
    "number": attrgetter("number"),
    "createdAt": CREATED,
    "orderDate": CREATED,
    "updatedAt": UPDATED,
    "productSizeId": attrgetter("size.id"),
}


def listing(source: Source, members: Mapping[str, Member], external: tuple[str, str] | None = None) -> Resolver:
    """A resolver of `(where, sort, limit, page)`. `external`: the type in ID conversion and its key, for lists with `externalId`."""

    def known(state: CentraState) -> Mapping[str, Member]:
        if external is None:
            return members
        kind, key = external
        return {**members, "externalId": one_of(lambda row: state.external_ids.of(kind, getattr(row, key)))}

    def resolve(
        owner: Any,
        info: GraphQLResolveInfo[CentraState],
        where: Where | None = None,
        sort: Any = None,
        limit: int | None = None,
        page: int | None = 1,
    ) -> list[Any]:
        state = info.context
        where = where or {}
        found = select(source(state, owner, where), where, known(state), from_inclusive=state.modes_in_force.range_from_inclusive)
        return page_of(ordered(found, sort, SORT_KEYS), DEFAULT_LIMIT if limit is None else limit, page)

    return resolve


def stock_of_warehouse(state: CentraState, warehouse: Warehouse, where: Where) -> Iterable[Stock]:
    """Rows of a warehouse; with mode `stock_rows` all, sizes it never had as zeros."""
    rows = state.stock.rows.get(warehouse.id, {})
    every = state.modes_in_force.stock_rows == "all"
    wanted = where.get("productSizeId")
    if wanted is not None and "negate" not in where:
        sizes = [state.catalogue.sizes[i] for i in dict.fromkeys(wanted) if i in state.catalogue.sizes]
        return [rows.get(s.id) or Stock(warehouse, s) for s in sizes if every or s.id in rows]
    if every:
        return [rows.get(s.id) or Stock(warehouse, s) for s in state.catalogue.sizes.values() if s.active or s.id in rows]
    return rows.values()


def stock_of_size(state: CentraState, size: Size, where: Where) -> Iterable[Stock]:
    return [row for w in state.catalogue.warehouses.values() for row in stock_of_warehouse(state, w, {**where, "productSizeId": [size.id]})]


def all_orders(state: CentraState, _owner: Any, where: Where) -> Iterable[Order]:
    if where.get("number") is not None and "negate" not in where:
        return [state.orders.orders[n] for n in dict.fromkeys(where["number"]) if n in state.orders.orders]
    return state.orders.orders.values()


def all_sizes(state: CentraState, _owner: Any, where: Where) -> Iterable[Size]:
    if "negate" not in where and where.get("id") is not None:
        return [state.catalogue.sizes[i] for i in dict.fromkeys(where["id"]) if i in state.catalogue.sizes]
    if "negate" not in where and (where.get("SKU") or {}).get("equals") is not None:
        return state.catalogue.with_sku(where["SKU"]["equals"])
    return state.catalogue.sizes.values()
