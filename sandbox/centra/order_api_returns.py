"""The Order API about returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.centra.dates import from_text
from sandbox.centra.money import sub_units
from sandbox.centra.order_api_fulfilment import SOURCE
from sandbox.centra.order_parts import StockAction
from sandbox.centra.order_records import Return, Shipment, ShipmentLine
from sandbox.centra.records import Refusal
from sandbox.centra.return_mutations import back_into
from sandbox.centra.returns import Cost
from sandbox.centra.state import CentraState


def create_return(state: CentraState, body: Mapping[str, Any], _key: str) -> dict[str, Any]:
    """Made even if some items cannot be returned: `returnedItems` names those that were. A successful refund completes it.

    The keys of `products` are taken to be order line ids (unconfirmed).
    """
    shipment = next((s for s in state.orders.shipments.values() if s.number == body.get("shipment")), None)
    if shipment is None:
        return {"status": "no", "msg": f"Shipment {body.get('shipment')} not found"}
    parts = _parts(shipment, body.get("products") or {})
    currency = shipment.order.currency
    record = state.returns.create(
        shipment,
        parts,
        back_into(shipment, StockAction("release" if body.get("returnStock") else "remove")),
        shipping=_cost(body, "shippingCost", shipment),
        handling=_cost(body, "handlingCost", shipment),
        voucher=_cost(body, "voucherValue", shipment),
        return_cost=sub_units(body.get("returnCost") or 0, currency),
        comment=body.get("comment") or "",
        created_from=SOURCE,
        created_at=from_text(body["createdAt"]) if body.get("createdAt") else None,
    )
    answer = {"status": "ok", "return": record.id, "returnedItems": [line.line.id for line, _ in parts]}
    refund = _refund(state, record, body.get("refund") or {})
    return {**answer, "returnCompleted": record.completed, **refund}


def update_return(state: CentraState, body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """`completed`, `refundPayment`."""
    record = state.returns.returns.get(int(key)) if key.isdecimal() else None
    if record is None:
        return {"status": "no", "msg": f"Return {key} not found"}
    refund = _refund(state, record, body)
    if body.get("completed") and not record.completed:
        state.returns.complete(record)
    return {"status": "ok", "return": record.id, "returnCompleted": record.completed, **refund}


def _refund(state: CentraState, record: Return, wanted: Mapping[str, Any]) -> dict[str, Any]:
    if not wanted.get("refundPayment"):
        return {}
    try:
        entry = state.returns.refund(record, SOURCE)
    except Refusal as refusal:
        return {"refund": {"status": "no", "msg": str(refusal)}}
    if entry.status == "SUCCESS" and not record.completed:
        state.returns.complete(record)
    if wanted.get("sendEmail"):
        record.shipment.order.mails.append(("refund", state.now()))
    return {"refund": {"status": "no" if entry.status == "FAILED" else "ok"}}


def _parts(shipment: Shipment, wanted: Mapping[str, Any]) -> list[tuple[ShipmentLine, int]]:
    by_line = {str(line.line.id): line for line in shipment.lines}
    found = [(by_line[key], int(units)) for key, units in wanted.items() if key in by_line]
    return [(line, units) for line, units in found if 0 < units <= line.quantity - line.returned]


def _cost(body: Mapping[str, Any], name: str, shipment: Shipment) -> Cost | None:
    if body.get(f"{name}FromShipment"):
        return Cost(from_shipment=True)
    return None if body.get(name) is None else Cost(sub_units(body[name], shipment.order.currency))
