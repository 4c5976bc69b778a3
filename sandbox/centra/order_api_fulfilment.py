"""The Order API about fulfilment: allocation requests, check-first offers, shipments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.centra.dates import to_iso
from sandbox.centra.order_parts import OPEN_REQUEST, AllocationRequest
from sandbox.centra.order_records import Order
from sandbox.centra.records import Refusal
from sandbox.centra.requests import lines_of
from sandbox.centra.state import CentraState

PAGE = 100
ACTIONABLE = (*OPEN_REQUEST, "timed-out")
EVERY_STATUS = ("allocated", "sent", "failed", "confirmed", "rejected", "timed-out", "outdated")
SOURCE = "Order API"
INFO = {"carrier": "carrier", "service": "service", "trackingNr": "trackingNumber", "returnTrackingNr": "returnTrackingNumber"}


def order_named(state: CentraState, wanted: Any) -> Order:
    """By number or id."""
    found = state.orders.by_id.get(str(wanted))
    if found is None and str(wanted).isdecimal():
        found = state.orders.orders.get(int(wanted))
    if found is None:
        raise Refusal(f"Order {wanted} not found")
    return found


def allocation_requests(state: CentraState, query: Mapping[str, Any], _key: str) -> dict[str, Any]:
    """A page of 100, the actionable ones unless `status` says otherwise (a comma list, or `all`)."""
    asked = query.get("status") or ",".join(ACTIONABLE)
    statuses = EVERY_STATUS if asked == "all" else tuple(asked.split(","))
    unknown = [s for s in statuses if s not in EVERY_STATUS]
    if unknown:
        raise Refusal(f"Unknown status {unknown[0]}")
    rows = [r for r in state.orders.questions.requests.values() if r.status in statuses]
    if query.get("order"):
        rows = [r for r in rows if query["order"] in (str(r.order.number), r.order.id)]
    if query.get("warehouse"):
        rows = [r for r in rows if str(r.warehouse.id) == query["warehouse"]]
    page = int(query["page"]) if str(query.get("page", "")).isdecimal() else 1
    return {"status": "ok", "allocation_requests": [_shown(r) for r in rows[(page - 1) * PAGE : page * PAGE]]}


def answer_request(state: CentraState, body: Mapping[str, Any], _key: str) -> dict[str, Any]:
    """Irreversible, and all or nothing; says `success` instead of a status."""
    request = state.orders.questions.requests.get(body.get("id") or 0)
    status = body.get("status")
    if request is None or status not in ("confirmed", "rejected"):
        problem = f"Allocation request {body.get('id')} not found" if request is None else "status must be confirmed or rejected"
        return {"success": False, "errorMessages": [problem]}
    try:
        (state.orders.questions.confirm if status == "confirmed" else state.orders.questions.reject)(request)
    except Refusal as refusal:
        return {"success": False, "errorMessages": [str(refusal)]}
    return {"success": True, "errorMessages": []}


def answer_check_first(state: CentraState, body: Mapping[str, Any], _key: str) -> dict[str, Any]:
    missing = {name: "This field is missing." for name in ("orderNumber", "warehouseId", "accepted") if name not in body}
    if missing:
        return {"status": "no", "msg": missing}
    order = state.orders.orders.get(body["orderNumber"])
    if order is None:
        return {"status": "no", "msg": {"orderNumber": f"Order {body['orderNumber']} not found"}}
    state.orders.questions.answer(order, body["warehouseId"], bool(body["accepted"]))
    return {"status": "ok"}


def create_shipment(state: CentraState, body: Mapping[str, Any], _key: str) -> dict[str, Any]:
    """`order`, `products` {order line id: units} (none: everything), `gtg`, `paid`, `shipped`, `capture`, carrier and tracking.

    The names of `order`, `products`, `paid` and of the carrier's fields, and of what is answered, are (unconfirmed).
    """
    order = order_named(state, body.get("order"))
    parts = [(line, line.on_no_shipment) for line in order.lines if line.ships]
    if body.get("products"):
        parts = []
        for key, units in body["products"].items():
            line = order.line(int(key))
            if line is None:
                raise Refusal(f"Order line {key} not found")
            parts.append((line, int(units)))
    shipment = state.shipping.create(order, parts, good_to_go=bool(body.get("gtg")), paid=bool(body.get("paid")))
    shipment.info.update({ours: str(body[theirs]) for theirs, ours in INFO.items() if body.get(theirs)})
    captured = True
    if body.get("capture"):
        entry = state.shipping.capture(shipment, SOURCE)
        captured = entry is None or entry.status != "FAILED"
    if body.get("shipped"):
        state.shipping.complete(shipment, send_email=bool(body.get("email")))
    return {"status": "ok", "shipment": shipment.number, **({} if captured else {"captureError": "The capture failed."})}


def _shown(request: AllocationRequest) -> dict[str, Any]:
    return {
        "id": request.id,
        "status": request.status,
        "warehouseId": request.warehouse.id,
        "warehouseName": request.warehouse.name,
        "expirationDate": to_iso(request.expires_at),
        "order": {"id": request.order.id, "number": request.order.number},
        "lines": lines_of(request),
        "createdAt": to_iso(request.created_at),
    }
