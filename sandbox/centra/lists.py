"""Centra's lists: which rows each one goes through, and what its `where` and `sort` may name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from graphql import GraphQLResolveInfo

from sandbox.centra.filters import Getter, Member, any_of, date_range, equal, number_range, one_of, ordered, page_of, select, text
from sandbox.centra.records import Order, Size, Stock, Warehouse
from sandbox.centra.state import CentraState

Where = Mapping[str, Any]
Source = Callable[[CentraState, Any, Where], Iterable[Any]]
Resolver = Callable[..., list[Any]]

DEFAULT_LIMIT = 20
CREATED, UPDATED = attrgetter("created_at"), attrgetter("updated_at")


def status(row: Any) -> str:
    return "ACTIVE" if row.active else "INACTIVE"


def _always(value: Any) -> Getter:
    return lambda _row: value


ID = {"id": one_of(attrgetter("id"))}
SHOP = {"storeType": equal(_always("DIRECT_TO_CONSUMER"))}
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
    **{flag: equal(_always(False)) for flag in ("isOnHold", "isLocked", "isInternal")},
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
}
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


def listing(source: Source, members: Mapping[str, Member]) -> Resolver:
    """A resolver of `(where, sort, limit, page)`."""

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
        found = select(source(state, owner, where), where, members, from_inclusive=state.modes_in_force.range_from_inclusive)
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
