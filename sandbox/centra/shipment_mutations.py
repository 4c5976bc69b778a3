"""What Centra's mutations of shipments do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.centra.money import given_money
from sandbox.centra.mutation_inputs import SOURCE, Input, Payload, Resolver, editable_order, named_parts, named_shipment, payload, said
from sandbox.centra.order_records import Order, Shipment
from sandbox.centra.records import Refusal
from sandbox.centra.state import CentraState


@payload("shipment")
def create_shipment(state: CentraState, input: Input) -> Payload:
    """A failing capture is a warning: the shipment is made all the same, and is not paid."""
    order = editable_order(state, input["order"])
    state.external_ids.check("Shipment", input.get("externalId"))
    info = given_info(input.get("shipmentInfo"), order)
    wants_capture = bool(input.get("capture"))
    if input.get("allocateDemand"):
        state.orders.allocate(order, [(line, line.unallocated) for line in order.lines], ())
    parts = named_parts(order, input.get("lines")) or [(line, line.on_no_shipment) for line in order.lines if line.ships]
    paid = bool(input.get("isPaid")) and not wants_capture
    shipment = state.shipping.create(order, parts, good_to_go=bool(input.get("isGoodToGo")), paid=paid)
    state.external_ids.set("Shipment", shipment.id, input.get("externalId"))
    shipment.info.update(info)
    shipment.additional_message = input.get("additionalMessage") or ""
    shipment.created_at = input.get("createdAt") or shipment.created_at
    warnings = _captured(state, shipment) if wants_capture else []
    if input.get("shippedAt") is not None:
        try:
            state.shipping.complete(shipment, input["shippedAt"], send_email=bool(input.get("sendEmail")))
        except Refusal as refusal:
            warnings.append(str(refusal))
    return {"shipment": shipment, "userWarnings": said(warnings)}


@payload("shipment")
def update_shipment(state: CentraState, id: int, input: Input) -> Payload:
    shipment = named_shipment(state, {"id": id})
    state.external_ids.check("Shipment", input.get("externalId"), id)
    info = given_info(input.get("shipmentInfo"), shipment.order)
    state.shipping.update(shipment, info, good_to_go=input.get("isGoodToGo"), paid=input.get("isPaid"))
    shipment.additional_message = input.get("additionalMessage") or shipment.additional_message
    state.external_ids.set("Shipment", id, input.get("externalId"))
    return {"shipment": shipment}


@payload("shipment")
def capture_shipment(state: CentraState, id: int) -> Payload:
    """A failed capture fails the mutation."""
    shipment = named_shipment(state, {"id": id})
    entry = state.shipping.capture(shipment, SOURCE)
    if entry is not None and entry.status == "FAILED":
        raise Refusal(f"The capture of shipment {shipment.number} failed.", ["id"])
    return {"shipment": shipment, "paymentHistoryEntry": entry}


@payload("shipment")
def complete_shipment(state: CentraState, id: int, input: Input | None = None) -> Payload:
    shipment = named_shipment(state, {"id": id})
    given = input or {}
    info = given_info(given.get("shipmentInfo"), shipment.order)
    state.shipping.complete(shipment, given.get("shippedAt"), info, send_email=bool(given.get("sendEmail")))
    shipment.additional_message = given.get("additionalMessage") or shipment.additional_message
    return {"shipment": shipment}


RESOLVERS: dict[str, Resolver] = {
    "createShipment": create_shipment,
    "updateShipment": update_shipment,
    "captureShipment": capture_shipment,
    "completeShipment": complete_shipment,
}


def given_info(wanted: Mapping[str, Any] | None, order: Order) -> dict[str, str]:
    """The members of a `ShipmentInfoInput` as text; the internal cost in sub-units."""
    found = {name: str(value) for name, value in (wanted or {}).items() if value is not None and name != "internalShippingCost"}
    cost = given_money((wanted or {}).get("internalShippingCost"), order.currency, ["input", "shipmentInfo", "internalShippingCost"])
    return found if cost is None else {**found, "internalShippingCost": str(cost)}


def _captured(state: CentraState, shipment: Shipment) -> list[str]:
    if shipment.captured_at is not None:
        return []
    try:
        entry = state.shipping.capture(shipment, SOURCE)
    except Refusal as refusal:
        return [f"Shipment {shipment.number} was not captured: {refusal}"]
    return [f"The capture of shipment {shipment.number} failed."] if entry is not None and entry.status == "FAILED" else []
