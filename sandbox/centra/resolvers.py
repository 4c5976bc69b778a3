"""The executable schema: what each field of the SDL answers from the sandbox's records."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

from ariadne import InterfaceType, MutationType, ObjectType, QueryType, ScalarType, make_executable_schema
from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, StringValueNode, ValueNode

from sandbox.centra import lists, mutations
from sandbox.centra.dates import from_text, to_iso
from sandbox.centra.filters import page_of
from sandbox.centra.records import Allocation, Order, OrderLine
from sandbox.centra.state import CentraState

SCHEMA = Path(__file__).with_name("schema.graphql")

Value = Callable[[Any], Any]
FIELDS: dict[str, dict[str, Value]] = {
    "Product": {
        "productNumber": attrgetter("number"),
        "status": lists.status,
        "isBundle": lambda _row: False,
        "createdAt": attrgetter("created_at"),
        "updatedAt": attrgetter("updated_at"),
    },
    "ProductVariant": {
        "status": lists.status,
        "stockOffset": attrgetter("stock_offset"),
        "productSizes": attrgetter("sizes"),
        "updatedAt": attrgetter("updated_at"),
    },
    "ProductSize": {
        "id": attrgetter("id"),
        "description": attrgetter("sku"),
        "SKU": attrgetter("sku"),
        "EAN": lambda row: row.ean or None,
        "UPC": lambda row: row.upc or None,
        "isActive": attrgetter("active"),
        "productVariant": attrgetter("variant"),
        "updatedAt": attrgetter("updated_at"),
    },
    "Warehouse": {
        "status": lists.status,
        "stockMaster": attrgetter("stock_master"),
        "stockOwnership": lambda _row: "OWN",
        "allocationPolicy": attrgetter("allocation_policy"),
        "isHiddenFromStockView": lambda _row: False,
        "isConsignation": lambda _row: False,
    },
    "Stock": {
        "physicalQuantity": attrgetter("physical"),
        "allocatedQuantity": attrgetter("allocated"),
        "freeToAllocateQuantity": attrgetter("free"),
        "demandQuantity": attrgetter("demand"),
        "availableNowQuantity": lambda row: row.free - row.demand,
        "unshippedQuantity": attrgetter("allocated"),
        "productSize": attrgetter("size"),
        "warehouse": attrgetter("warehouse"),
    },
    "StockChange": {"createdAt": attrgetter("created_at")},
    "StockChangeLine": {"deliveredQuantity": attrgetter("delivered"), "productSize": attrgetter("size")},
    "DirectToConsumerOrder": {
        "createdAt": attrgetter("created_at"),
        "orderDate": attrgetter("created_at"),
        "updatedAt": attrgetter("updated_at"),
        "otherComment": lambda _row: "",
        "isOnHold": lambda _row: False,
        "isLocked": lambda _row: False,
        "isInternal": lambda _row: False,
    },
    "ProductOrderLine": {
        "cancelledQuantity": attrgetter("cancelled"),
        "returnedQuantity": attrgetter("returned"),
        "productSize": attrgetter("size"),
    },
    "Allocation": {"orderLine": attrgetter("line"), "isWaitingForConfirmation": lambda _row: False},
    "DirectToConsumerShipment": {
        "createdAt": attrgetter("created_at"),
        "updatedAt": attrgetter("updated_at"),
        "shippedAt": attrgetter("shipped_at"),
        "isGoodToGo": attrgetter("good_to_go"),
        "isShipped": lambda row: row.shipped_at is not None,
        "isPaid": attrgetter("paid"),
    },
    "ShipmentLine": {"returnedQuantity": attrgetter("returned"), "orderLine": attrgetter("line")},
    "DirectToConsumerReturn": {
        "returnStatus": lambda row: "COMPLETED" if row.completed else "PENDING",
        "createdAt": attrgetter("created_at"),
        "totalQuantity": lambda row: sum(line.quantity for line in row.lines),
        "returnedToStock": lambda row: row.warehouse is not None,
        "returnWarehouse": attrgetter("warehouse"),
        "order": attrgetter("shipment.order"),
    },
    "ReturnLine": {"orderLine": attrgetter("shipment_line.line"), "shipmentLine": attrgetter("shipment_line")},
}
INTERFACES = {
    "Order": "DirectToConsumerOrder",
    "OrderLine": "ProductOrderLine",
    "Shipment": "DirectToConsumerShipment",
    "Return": "DirectToConsumerReturn",
}


def build_schema() -> GraphQLSchema:
    """The SDL with its resolvers; `info.context` is the CentraState."""
    types = {name: ObjectType(name) for name in FIELDS}
    for name, fields in FIELDS.items():
        for field, value in fields.items():
            types[name].set_field(field, _plain(value))
    _set_lists(types)
    dates = ScalarType("DateTimeTz", serializer=to_iso, value_parser=_date, literal_parser=_date_literal)
    interfaces = [InterfaceType(name, _named(concrete)) for name, concrete in INTERFACES.items()]
    return make_executable_schema(SCHEMA.read_text("utf-8"), _queries(), _mutations(), dates, *interfaces, *types.values())


def _set_lists(types: dict[str, ObjectType]) -> None:
    types["Warehouse"].set_field("stock", lists.listing(lists.stock_of_warehouse, lists.STOCK))
    changes = lists.listing(lambda state, owner, _where: [c for c in state.stock.changes if c.warehouse is owner], lists.STOCK_CHANGES)
    types["Warehouse"].set_field("stockChanges", changes)
    types["ProductSize"].set_field("stock", lists.listing(lists.stock_of_size, lists.STOCK))
    types["StockChange"].set_field("lines", lambda row, _info, limit=None, page=1: page_of(row.lines, limit, page))
    types["DirectToConsumerOrder"].set_field("lines", _order_lines)
    types["ProductOrderLine"].set_field("allocations", _allocations_of_line)
    types["ShipmentLine"].set_field("allocations", lambda row, _info, limit=None, page=1: page_of(row.allocations, limit, page))


def _queries() -> QueryType:
    query = QueryType()
    query.set_field("order", lambda _root, info, **wanted: info.context.orders.by_id.get(wanted["id"]))
    orders = lists.listing(lists.all_orders, lists.ORDERS)
    query.set_field("orders", orders)
    query.set_field("shipments", lists.listing(lambda state, _owner, _where: state.orders.shipments.values(), lists.SHIPMENTS))
    query.set_field("returns", lists.listing(lambda state, _owner, _where: state.returns.returns.values(), lists.RETURNS))
    query.set_field("stockChanges", lists.listing(lambda state, _owner, _where: state.stock.changes, lists.STOCK_CHANGES))
    query.set_field("warehouses", lists.listing(lambda state, _owner, _where: state.catalogue.warehouses.values(), lists.WAREHOUSES))
    products = lists.listing(lambda state, _owner, _where: state.catalogue.products.values(), lists.PRODUCTS)
    query.set_field("products", products)
    query.set_field("productVariants", lists.listing(lambda state, _owner, _where: state.catalogue.variants.values(), lists.VARIANTS))
    query.set_field("productSizes", lists.listing(lists.all_sizes, lists.SIZES))
    query.set_field("counters", lambda _root, _info: {"orders": _count(orders), "products": _count(products)})
    query.set_field("rateLimits", _rate_limits)
    return query


def _mutations() -> MutationType:
    mutation = MutationType()
    for name, resolver in mutations.RESOLVERS.items():
        mutation.set_field(name, resolver)
    return mutation


def _plain(value: Value) -> Callable[[Any, GraphQLResolveInfo[CentraState]], Any]:
    return lambda row, _info: value(row)


def _named(concrete: str) -> Callable[..., str]:
    return lambda *_: concrete


def _count(rows: lists.Resolver) -> Callable[..., int]:
    return lambda info, where=None: len(rows(None, info, where))


def _rate_limits(_root: None, info: GraphQLResolveInfo[CentraState], where: dict[str, list[str] | None] | None = None) -> list[dict[str, Any]]:
    rows = info.context.limits.rows(info.context.now())
    for member, values in (where or {}).items():
        rows = [row for row in rows if values is None or row[member] in values]
    return rows


def _order_lines(order: Order, _info: GraphQLResolveInfo[CentraState], **asked: bool | None) -> list[OrderLine]:
    return [line for line in order.lines if line.quantity or asked.get("includeFullyCancelled")]


def _allocations_of_line(line: OrderLine, info: GraphQLResolveInfo[CentraState], limit: int | None = None, page: int = 1) -> list[Allocation]:
    everything = info.context.modes_in_force.order_line_allocations == "all"
    return page_of([a for a in line.allocations if everything or not a.shipped], limit, page)


def _date(value: Any) -> float:
    try:
        return from_text(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"DateTimeTz cannot represent {value!r}.") from None


def _date_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> float:
    return _date(node.value if isinstance(node, StringValueNode) else None)
