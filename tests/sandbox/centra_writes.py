"""Centra's mutations and whole objects, as tests of its sandbox ask for them."""

from __future__ import annotations

from typing import Any

import httpx

from tests.sandbox.centra_shop import Shop

SAID = "userErrors { message path } userWarnings { message }"
ENTRY = "id entryType status value { valueInCents } externalReference paymentMethod source return { id }"
SHIPMENT = (
    "id number isGoodToGo isShipped isPaid ... on DirectToConsumerShipment { externalId isCaptured capturedValue { valueInCents } "
    "grandTotal { valueInCents } trackingNumber carrierInformation { carrierName serviceName } }"
)
RETURN = (
    "id returnStatus totalQuantity ... on DirectToConsumerReturn { externalId createdFrom comment grandTotal { valueInCents } "
    "totals { lineValues { valueInCents } discounts { valueInCents } returnCost { valueInCents } shipping { valueInCents } } "
    f"refundPaymentHistory {{ {ENTRY} }} }}"
)
CREATE_SHIPMENT = f"mutation M($i: ShipmentCreateInput!) {{ done: createShipment(input: $i) {{ shipment {{ {SHIPMENT} }} {SAID} }} }}"
UPDATE_SHIPMENT = (
    f"mutation M($id: Int!, $i: ShipmentUpdateInput!) {{ done: updateShipment(id: $id, input: $i) {{ shipment {{ {SHIPMENT} }} {SAID} }} }}"
)
CAPTURE_SHIPMENT = (
    f"mutation M($id: Int!) {{ done: captureShipment(id: $id) {{ shipment {{ {SHIPMENT} }} paymentHistoryEntry {{ {ENTRY} }} {SAID} }} }}"
)
COMPLETE_SHIPMENT = (
    f"mutation M($id: Int!, $i: ShipmentCompleteInput) {{ done: completeShipment(id: $id, input: $i) {{ shipment {{ {SHIPMENT} }} {SAID} }} }}"
)
UPDATE_ORDER = f"""mutation M($o: OrderInput!, $i: DirectToConsumerOrderUpdateInput!) {{
  done: updateDirectToConsumerOrder(order: $o, input: $i) {{ order {{ number externalId isOnHold }} {SAID} }} }}"""
CANCEL_ORDER = f"""mutation M($id: String!, $i: DirectToConsumerOrderCancelInput!) {{
  done: cancelDirectToConsumerOrder(id: $id, input: $i) {{ order {{ status }} paymentHistoryEntry {{ {ENTRY} }} {SAID} }} }}"""
CREATE_RETURN = f"mutation M($i: ReturnCreateInput!) {{ done: createReturn(input: $i) {{ return {{ {RETURN} }} {SAID} }} }}"
REFUND_RETURN = f"mutation M($id: Int!) {{ done: refundReturn(id: $id) {{ return {{ {RETURN} }} paymentHistoryEntries {{ {ENTRY} }} {SAID} }} }}"
REMOVE = {"removeItemsFromStock": True}
RELEASE = {"releaseItemsBackToWarehouse": True}


def on_return(field: str) -> str:
    """completeReturn, uncompleteReturn or deleteReturn."""
    return f"mutation M($id: Int!) {{ done: {field}(id: $id) {{ return {{ {RETURN} }} {SAID} }} }}"


def on_order(field: str, more: str = "") -> str:
    """A mutation that takes the order alone."""
    return f"mutation M($o: OrderInput!) {{ done: {field}(order: $o) {{ order {{ number status isOnHold }} {more} {SAID} }} }}"


def write(shop: Shop, document: str, **variables: Any) -> dict[str, Any]:
    """The payload of the document's one mutation."""
    payload: dict[str, Any] = shop.ask(document, **variables)["done"]
    return payload


def refused(shop: Shop, document: str, **variables: Any) -> str:
    """The message of a mutation's one user error."""
    payload = write(shop, document, **variables)
    assert len(payload["userErrors"]) == 1, payload
    return str(payload["userErrors"][0]["message"])


def done(shop: Shop, document: str, **variables: Any) -> dict[str, Any]:
    """The payload of a mutation that was done without a remark."""
    payload = write(shop, document, **variables)
    assert payload["userErrors"] == payload["userWarnings"] == [], payload
    return payload


def parts(rows: list[tuple[int, int]], member: str = "orderLine") -> list[dict[str, Any]]:
    return [{member: {"id": key}, "quantity": units} for key, units in rows]


def shipped(shop: Shop, number: int) -> dict[str, Any]:
    """Everything ready is shipped; the shipment as order_state shows it."""
    shop.state.ship(number)
    shipment: dict[str, Any] = shop.state.order_state(number)["shipments"][-1]
    return shipment


def rest(shop: Shop, method: str, endpoint: str, body: Any = None, secret: str = "order-api-secret") -> httpx.Response:
    return shop.http.request(method, f"/api/order-api/{endpoint}", json=body, headers={"API-Authorization": secret})
