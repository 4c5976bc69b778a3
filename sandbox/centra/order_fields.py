"""What the order types of Centra's schema answer from the sandbox's records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from sandbox.centra import money_fields
from sandbox.centra.filters import page_of
from sandbox.centra.lists import store_type
from sandbox.centra.money import Money
from sandbox.centra.money_fields import Info, Resolver, discount_percent
from sandbox.centra.order_parts import PaymentEntry
from sandbox.centra.order_records import BUNDLE, BUNDLE_ITEM, GIFT_CERTIFICATE, PRODUCT, Allocation, Order, OrderLine, Return, Shipment
from sandbox.centra.pricing import unit_price

Value = Callable[[Any], Any]
ADDRESS_TEXTS = (
    *("firstName", "lastName", "companyName", "attention", "address1", "address2", "city", "zipCode", "stateOrProvince"),
    *("email", "phoneNumber", "cellPhoneNumber", "faxNumber", "vatNumber"),
)
COUNTRIES = {"SE": "Sweden", "NO": "Norway", "DK": "Denmark", "FI": "Finland", "DE": "Germany", "US": "United States", "JP": "Japan", "KW": "Kuwait"}
STORES = {"DIRECT_TO_CONSUMER": (1, "Web shop"), "WHOLESALE": (2, "Wholesale")}


def country(code: str | None) -> dict[str, Any] | None:
    return None if not code else {"id": int(code, 36), "name": COUNTRIES.get(code, code), "code": code}


def address(given: Mapping[str, str] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    return {**{name: given.get(name) or None for name in ADDRESS_TEXTS}, "state": None, "country": country(given.get("country"))}


def customer(order: Order) -> dict[str, Any] | None:
    bill_to = order.billing_address or {}
    if not order.email:
        return None
    return {"id": 1, "email": order.email, "firstName": bill_to.get("firstName"), "lastName": bill_to.get("lastName")}


def store(row: Any) -> dict[str, Any]:
    kind = store_type(row)
    number, name = STORES[kind]
    return {"id": number, "name": name, "type": kind}


def _size_name(line: OrderLine) -> str:
    return line.size.sku.rpartition("-")[2] if line.stocked else ""


ORDER: dict[str, Value] = {
    "createdAt": attrgetter("created_at"),
    "orderDate": attrgetter("created_at"),
    "updatedAt": attrgetter("updated_at"),
    "otherComment": attrgetter("other_comment"),
    "internalComment": attrgetter("internal_comment"),
    "currencyBaseRate": lambda _row: 1.0,
    "billingAddress": lambda row: address(row.billing_address),
    "shippingAddress": lambda row: address(row.shipping_address),
    "country": lambda row: country((row.shipping_address or row.billing_address or {}).get("country")),
    "isOnHold": attrgetter("on_hold"),
    "isLocked": attrgetter("locked"),
    "isInternal": attrgetter("internal"),
    "orderHoldReason": attrgetter("hold_reason"),
    "store": store,
    "shippingPriceGroup": lambda row: None if row.shipping_option is None else {"shippingOption": row.shipping_option},
    "paymentMethod": attrgetter("payment"),
}
LINE: dict[str, Value] = {
    "cancelledQuantity": attrgetter("cancelled"),
    "returnedQuantity": attrgetter("returned"),
    "shippedQuantity": lambda row: sum(x.quantity for x in row.shipment_lines if x.shipment.shipped_at is not None),
    "productName": lambda row: row.name or row.size.variant.product.name,
    "productNumber": attrgetter("size.variant.product.number"),
    "productVariantName": attrgetter("size.variant.name"),
    "size": _size_name,
    "comment": lambda row: row.comment or None,
    "hasAnyDiscount": lambda row: unit_price(row) < row.original,
    "discountPercent": discount_percent,
    "taxPercent": lambda row: float(row.tax_percent),
}
OF_SIZE: dict[str, Value] = {
    "product": attrgetter("size.variant.product"),
    "productVariant": attrgetter("size.variant"),
    "productSize": attrgetter("size"),
}
WITHOUT_SIZE: dict[str, Value] = {"productVariant": lambda _row: None, "productSize": lambda _row: None}
FIELDS: dict[str, dict[str, Value]] = {
    "DirectToConsumerOrder": {**ORDER, "customer": customer},
    "WholesaleOrder": ORDER,
    PRODUCT: {**LINE, **OF_SIZE},
    BUNDLE_ITEM: {**LINE, **OF_SIZE, "bundleOrderLine": attrgetter("bundle")},
    BUNDLE: {**LINE, **WITHOUT_SIZE, "product": attrgetter("size.variant.product")},
    GIFT_CERTIFICATE: {**LINE, **WITHOUT_SIZE, "product": lambda _row: None},
    "MonetaryValue": {
        "valueInCents": attrgetter("cents"),
        "formattedValue": lambda row: f"{row.text} {row.currency.code}",
        "conversionRate": lambda _row: 1.0,
    },
    "Allocation": {"orderLine": attrgetter("line"), "isWaitingForConfirmation": attrgetter("waiting")},
    "DirectToConsumerShipment": {
        "createdAt": attrgetter("created_at"),
        "updatedAt": attrgetter("updated_at"),
        "shippedAt": attrgetter("shipped_at"),
        "isGoodToGo": attrgetter("good_to_go"),
        "isShipped": lambda row: row.shipped_at is not None,
        "isPaid": attrgetter("paid"),
        "isOnHold": attrgetter("order.on_hold"),
        "isPrinted": lambda _row: False,
        "trackingNumber": lambda row: row.info.get("trackingNumber"),
        "returnTrackingNumber": lambda row: row.info.get("returnTrackingNumber"),
        "numberOfPackages": lambda row: int(row.info["packagesNumber"]) if "packagesNumber" in row.info else None,
        "internalShippingCost": lambda row: _cost(row),
        "additionalMessage": lambda row: row.additional_message or None,
        "paidAt": attrgetter("paid_at"),
        "isCaptured": lambda row: row.captured_at is not None,
        "capturedAt": attrgetter("captured_at"),
        "capturedValue": lambda row: None if row.captured_at is None else Money(row.captured_value, row.order.currency),
        "currencyBaseRate": lambda _row: 1.0,
        "usedFallbackTax": lambda _row: False,
        "carrierInformation": lambda row: {"carrierName": row.info.get("carrier"), "serviceName": row.info.get("service")},
        "shippingAddress": lambda row: address(row.order.shipping_address),
    },
    "ShipmentLine": {"returnedQuantity": attrgetter("returned"), "orderLine": attrgetter("line")},
    "DirectToConsumerReturn": {
        "returnStatus": lambda row: "COMPLETED" if row.completed else "PENDING",
        "createdAt": attrgetter("created_at"),
        "totalQuantity": lambda row: sum(line.quantity for line in row.lines),
        "returnedToStock": lambda row: row.warehouse is not None,
        "returnWarehouse": attrgetter("warehouse"),
        "order": attrgetter("shipment.order"),
        "comment": lambda row: row.comment or None,
        "createdFrom": attrgetter("created_from"),
        "currencyBaseRate": lambda _row: 1.0,
        "usedFallbackTax": lambda _row: False,
        "refundPaymentHistory": attrgetter("refunds"),
        "customer": lambda row: customer(row.shipment.order),
        "store": lambda row: store(row.shipment.order),
    },
    "ReturnLine": {"orderLine": attrgetter("shipment_line.line"), "shipmentLine": attrgetter("shipment_line")},
    "PaymentHistoryEntry": {
        "createdAt": attrgetter("created_at"),
        "entryType": attrgetter("type"),
        "externalReference": attrgetter("reference"),
        "paymentMethod": attrgetter("order.payment.name"),
        "value": lambda row: Money(row.amount, row.order.currency),
        "paramsJSON": lambda _row: "{}",
        "currencyBaseRate": lambda _row: 1.0,
        "return": attrgetter("return_"),
    },
}


def _cost(shipment: Shipment) -> Money | None:
    given = shipment.info.get("internalShippingCost")
    return None if given is None else Money(int(given), shipment.order.currency)


def _order_lines(order: Order, _info: Info, **asked: bool | None) -> list[OrderLine]:
    return [line for line in order.lines if line.quantity or asked.get("includeFullyCancelled")]


def _allocations_of_line(line: OrderLine, info: Info, limit: int | None = None, page: int = 1) -> list[Allocation]:
    everything = info.context.modes_in_force.order_line_allocations == "all"
    return page_of([a for a in line.allocations if everything or not a.shipped], limit, page)


def _attributes(order: Order, info: Info) -> list[dict[str, Any]]:
    rows = []
    for name, values in order.attributes.items():
        elements = [{"key": key, "description": key, "kind": "INPUT", "value": value} for key, value in values.items()]
        rows.append({"type": {"name": name, "isMapped": False}, "description": name, "objectType": "Order", "elements": elements})
    return rows


def _payment_history(order: Order, _info: Info, where: Mapping[str, Any] | None = None) -> list[PaymentEntry]:
    types = (where or {}).get("entryType")
    return [e for e in order.payment.history if types is None or e.type in types]


def _returns_of(order: Order, info: Info) -> list[Return]:
    return [r for r in info.context.returns.returns.values() if r.shipment.order is order]


def _external(kind: str, key: str) -> Resolver:
    return lambda row, info: info.context.external_ids.of(kind, getattr(row, key))


_ORDER: dict[str, Resolver] = {
    **money_fields.ORDER,
    "lines": _order_lines,
    "attributes": _attributes,
    "paymentHistory": _payment_history,
    "returns": _returns_of,
    "externalId": _external("Order", "number"),
}
_LINE: dict[str, Resolver] = {**money_fields.LINE, "allocations": _allocations_of_line}
RESOLVERS: dict[str, dict[str, Resolver]] = {
    "DirectToConsumerOrder": _ORDER,
    "WholesaleOrder": _ORDER,
    PRODUCT: _LINE,
    BUNDLE: _LINE,
    BUNDLE_ITEM: _LINE,
    GIFT_CERTIFICATE: _LINE,
    "DirectToConsumerShipment": {**money_fields.SHIPMENT, "externalId": _external("Shipment", "id")},
    "ShipmentLine": {**money_fields.PART, "allocations": lambda row, _info, limit=None, page=1: page_of(row.allocations, limit, page)},
    "DirectToConsumerReturn": {**money_fields.RETURN, "externalId": _external("Return", "id")},
    "ReturnLine": money_fields.PART,
}
