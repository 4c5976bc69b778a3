"""The executable schema: what each field of the SDL answers from the sandbox's records."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

from ariadne import InterfaceType, MutationType, ObjectType, QueryType, ScalarType, UnionType, make_executable_schema
from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, StringValueNode, ValueNode

from sandbox.centra import event_mutations, lists, mutations, order_fields, order_mutations, return_mutations, shipment_mutations
from sandbox.centra.dates import from_text, to_iso
from sandbox.centra.filters import page_of
from sandbox.centra.order_parts import PaymentEntry
from sandbox.centra.order_records import Order, Return, Shipment
from sandbox.centra.records import StockChange
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
    **order_fields.FIELDS,
    "EventListener": {
        "integrationName": lambda _row: "sandbox",
        "objectType": attrgetter("object_type"),
        "changeTypes": attrgetter("change_types"),
        "createdAt": attrgetter("created_at"),
        "updatedAt": attrgetter("updated_at"),
    },
    "Event": {"objectType": attrgetter("object_type"), "changeType": attrgetter("change_type"), "createdAt": attrgetter("created_at")},
}
EVENT_OBJECTS: dict[str, Callable[[CentraState, int], Any]] = {
    "Order": lambda state, number: state.orders.orders.get(number),
    "Shipment": lambda state, key: state.orders.shipments.get(key),
    "Return": lambda state, key: state.returns.returns.get(key),
    "PaymentHistoryEntry": lambda state, key: state.payments.entries.get(key),
    "StockChange": lambda state, key: next((c for c in state.stock.changes if c.id == key), None),
}
EVENT_TARGETS = {
    Shipment: "DirectToConsumerShipment",
    Return: "DirectToConsumerReturn",
    PaymentEntry: "PaymentHistoryEntry",
    StockChange: "StockChange",
}


def _order_type(row: Any, *_: Any) -> str:
    return "WholesaleOrder" if row.wholesale else "DirectToConsumerOrder"


INTERFACES: dict[str, Callable[..., str]] = {
    "Order": _order_type,
    "OrderLine": lambda row, *_: str(row.kind),
    "Shipment": lambda *_: "DirectToConsumerShipment",
    "Return": lambda *_: "DirectToConsumerReturn",
    "OrderDiscount": lambda row, *_: "AppliedVoucher" if "code" in row else "AdminDiscount",
    "AttributeElement": lambda *_: "AttributeStringElement",
}


def build_schema() -> GraphQLSchema:
    """The SDL with its resolvers; `info.context` is the CentraState."""
    types = {name: ObjectType(name) for name in FIELDS}
    for name, fields in FIELDS.items():
        for field, value in fields.items():
            types[name].set_field(field, _plain(value))
    _set_lists(types)
    dates = ScalarType("DateTimeTz", serializer=to_iso, value_parser=_date, literal_parser=_date_literal)
    abstract = [*(InterfaceType(name, kind) for name, kind in INTERFACES.items()), UnionType("EventTarget", _event_target)]
    return make_executable_schema(SCHEMA.read_text("utf-8"), _queries(), _mutations(), dates, *abstract, *types.values())


def _set_lists(types: dict[str, ObjectType]) -> None:
    types["Warehouse"].set_field("stock", lists.listing(lists.stock_of_warehouse, lists.STOCK))
    changes = lists.listing(lambda state, owner, _where: [c for c in state.stock.changes if c.warehouse is owner], lists.STOCK_CHANGES)
    types["Warehouse"].set_field("stockChanges", changes)
    types["ProductSize"].set_field("stock", lists.listing(lists.stock_of_size, lists.STOCK))
    types["StockChange"].set_field("lines", lambda row, _info, limit=None, page=1: page_of(row.lines, limit, page))
    types["Event"].set_field("objectReference", lambda row, _info: row.reference)
    types["Event"].set_field("store", lambda _row, _info: None)
    types["Event"].set_field("object", lambda row, info: EVENT_OBJECTS[row.object_type](info.context, row.reference))
    for name, fields in order_fields.RESOLVERS.items():
        for field, resolve in fields.items():
            types[name].set_field(field, resolve)


def _queries() -> QueryType:
    query = QueryType()
    query.set_field("order", lambda _root, info, **wanted: info.context.orders.by_id.get(wanted["id"]))
    orders = lists.listing(lists.all_orders, lists.ORDERS, ("Order", "number"))
    query.set_field("orders", orders)
    shipments = lists.listing(lambda state, _owner, _where: state.orders.shipments.values(), lists.SHIPMENTS, ("Shipment", "id"))
    returns = lists.listing(lambda state, _owner, _where: state.returns.returns.values(), lists.RETURNS, ("Return", "id"))
    payments = lists.listing(lambda state, _owner, _where: state.payments.entries.values(), lists.PAYMENTS)
    events = lists.listing(lambda state, _owner, _where: state.events.waiting.values(), lists.EVENTS)
    listeners = lists.listing(lambda state, _owner, _where: state.events.listeners.values(), lists.LISTENERS)
    for name, resolve in (("shipments", shipments), ("returns", returns), ("orderPaymentHistory", payments), ("events", events)):
        query.set_field(name, resolve)
    query.set_field("eventListeners", lambda root, info, where=None: listeners(root, info, where, limit=200))
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
    for module in (mutations, order_mutations, shipment_mutations, return_mutations, event_mutations):
        for name, resolver in module.RESOLVERS.items():
            mutation.set_field(name, resolver)
    return mutation


def _plain(value: Value) -> Callable[[Any, GraphQLResolveInfo[CentraState]], Any]:
    return lambda row, _info: value(row)


def _event_target(row: Any, *_: Any) -> str:
    return _order_type(row) if isinstance(row, Order) else EVENT_TARGETS[type(row)]


def _count(rows: lists.Resolver) -> Callable[..., int]:
    return lambda info, where=None: len(rows(None, info, where))


def _rate_limits(_root: None, info: GraphQLResolveInfo[CentraState], where: dict[str, list[str] | None] | None = None) -> list[dict[str, Any]]:
    rows = info.context.limits.rows(info.context.now())
    for member, values in (where or {}).items():
        rows = [row for row in rows if values is None or row[member] in values]
    return rows


def _date(value: Any) -> float:
    try:
        return from_text(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"DateTimeTz cannot represent {value!r}.") from None


def _date_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> float:
    return _date(node.value if isinstance(node, StringValueNode) else None)
