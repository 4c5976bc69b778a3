"""What scenarios and checks see of an order of the Centra sandbox: plain data."""

from __future__ import annotations

from typing import Any

from sandbox.centra.controls import Controls
from sandbox.centra.order_parts import PaymentEntry
from sandbox.centra.order_records import BUNDLE_ITEM, Order, OrderLine, Return, Shipment
from sandbox.centra.pricing import bill, line_value


def shown(order: Order) -> dict[str, Any]:
    """Identity, lines and allocations."""
    lines = [
        {
            "id": line.id,
            "sku": line.size.sku,
            "quantity": line.quantity,
            "unallocated": line.unallocated,
            "allocated": [{"warehouse": a.warehouse.id, "quantity": a.quantity, "shipped": a.shipped} for a in line.allocations],
        }
        for line in order.lines
    ]
    return {"number": order.number, "id": order.id, "status": order.status, "lines": lines}


def order_state(state: Controls, order: Order) -> dict[str, Any]:
    """Everything, amounts in sub-units: totals, lines, shipments with captures, returns, the provider's money, hold, mails.

    `psp`: what really happened to the money. `mails`: kinds of mails the customer got, oldest first.
    """
    costs, payment = bill(order), order.payment
    taxes = costs.goods + costs.fees
    returns = [r for r in state.returns.returns.values() if r.shipment.order is order]
    return {
        "number": order.number,
        "id": order.id,
        "status": order.status,
        "external_id": state.external_ids.of("Order", order.number),
        "on_hold": order.on_hold,
        "hold_reason": order.hold_reason,
        "locked": order.locked,
        "currency": order.currency.code,
        "grand_total": costs.total,
        "totals": {
            "lines": costs.goods.value,
            "discounts": costs.goods.discount,
            "shipping": costs.shipping.value,
            "handling": costs.handling.value,
            "tax_included": taxes.included,
            "tax_added": taxes.added,
            "tax_deducted": taxes.deducted,
        },
        "lines": [_line(line) for line in order.lines],
        "shipments": [_shipment(state, s) for s in order.shipments],
        "returns": [_return(state, r) for r in returns],
        "payments": [_entry(e) for e in payment.history],
        "psp": {"authorised": payment.authorised, "captured": payment.captured, "capturing": payment.capturing, "refunded": payment.refunded},
        "requests": [
            {"id": r.id, "warehouse": r.warehouse.id, "status": r.status} for r in state.orders.questions.requests.values() if r.order is order
        ],
        "offers": {x.warehouse.id: x.status for x in order.offers},
        "attributes": {kind: dict(values) for kind, values in order.attributes.items()},
        "internal_comment": order.internal_comment,
        "other_comment": order.other_comment,
        "history": list(order.history),
        "mails": [kind for kind, _ in order.mails],
    }


def _line(line: OrderLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "kind": line.kind,
        "sku": line.size.sku,
        "quantity": line.quantity,
        "cancelled": line.cancelled,
        "returned": line.returned,
        "shipped": sum(x.quantity for x in line.shipment_lines if x.shipment.shipped_at is not None),
        "unallocated": line.unallocated,
        "value": 0 if line.kind == BUNDLE_ITEM else line_value(line),
        "allocated": [{"warehouse": a.warehouse.id, "quantity": a.quantity, "shipped": a.shipped, "waiting": a.waiting} for a in line.allocations],
    }


def _shipment(state: Controls, shipment: Shipment) -> dict[str, Any]:
    return {
        "id": shipment.id,
        "number": shipment.number,
        "external_id": state.external_ids.of("Shipment", shipment.id),
        "good_to_go": shipment.good_to_go,
        "paid": shipment.paid,
        "captured": shipment.captured_at is not None,
        "captured_value": shipment.captured_value,
        "shipped_at": shipment.shipped_at,
        "total": shipment.total,
        "info": dict(shipment.info),
        "lines": [
            {
                "id": x.id,
                "sku": x.line.size.sku,
                "quantity": x.quantity,
                "returned": x.returned,
                "warehouses": [a.warehouse.id for a in x.allocations],
            }
            for x in shipment.lines
        ],
    }


def _return(state: Controls, record: Return) -> dict[str, Any]:
    return {
        "id": record.id,
        "external_id": state.external_ids.of("Return", record.id),
        "shipment": record.shipment.id,
        "completed": record.completed,
        "total": record.total,
        "cost": record.cost,
        "warehouse": None if record.warehouse is None else record.warehouse.id,
        "lines": [{"shipment_line": x.shipment_line.id, "sku": x.shipment_line.line.size.sku, "quantity": x.quantity} for x in record.lines],
        "refunds": [_entry(e) for e in record.refunds],
        "comment": record.comment,
    }


def _entry(entry: PaymentEntry) -> dict[str, Any]:
    return {"id": entry.id, "type": entry.type, "status": entry.status, "amount": entry.amount, "source": entry.source}
