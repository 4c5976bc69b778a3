"""The truth about orders as plain data, for assertions."""

from __future__ import annotations

from typing import Any

from sandbox.sitoo.pricing import money, net_of, order_totals
from sandbox.sitoo.records import ABANDONED, CANCELLED, CLOSED, OPEN, Delivery, OrderRow
from sandbox.sitoo.till_returns import ReturnActions

_STATES = {OPEN: "open", CLOSED: "closed", CANCELLED: "cancelled", ABANDONED: "abandoned"}


class OrderViews(ReturnActions):
    """Nothing here is hidden by modes, lags or missing permissions."""

    def order_state(self, order_id: int) -> dict[str, Any]:
        """One order: its fields, rows with what was delivered and returned, payments, deliveries, log types and refunds. Money is text."""
        order = self.orderbook.order(order_id)
        net, vat = order_totals(order.rows)
        returned = self.orderbook.returned(order_id)
        return {
            "order_id": order.orderid,
            "type": order.type,
            "state": _STATES[order.state],
            "payment_state": order.payment_state,
            "external_id": order.externalid,
            "credit_of": order.creditorderid,
            "warehouse": order.warehouseid,
            "register": order.registerid,
            "receipt": order.additionaldata.get("pos-receiptid"),
            "date": order.date,
            "currency": order.currency,
            "reserved_until": order.reserved_until,
            "net": money(net),
            "vat": money(vat),
            "total": money(net + vat),
            "marks": dict(order.additionaldata),
            "rows": [_row(row, returned.get(row.row, 0)) for row in order.rows],
            "payments": [_payment(payment) for payment in order.payments],
            "deliveries": [_delivery(delivery) for delivery in self.orderbook.of_order.get(order_id, [])],
            "log": [kind for _, kind, _, _ in order.log],
            "refunds": list(self.orderbook.refunds_of.get(order_id, [])),
        }

    def order_ids(self, external_id: str | None = None, mark: str | None = None) -> list[int]:
        """Every order, or those with this externalid, or those whose additionaldata holds the key `mark`; ascending."""
        return [
            order.orderid
            for order in self.orderbook.orders.values()
            if (external_id is None or order.externalid == external_id) and (mark is None or mark in order.additionaldata)
        ]


def _row(row: OrderRow, returned: int) -> dict[str, Any]:
    net = net_of(row.gross, row.vat)
    return {
        "row": row.row,
        "sku": row.sku,
        "quantity": row.quantity,
        "delivered": row.delivered,
        "returned": returned,
        "gross": money(row.gross),
        "net": money(net),
        "vat": money(row.gross - net),
        "vat_percent": str(row.vat),
        "marks": dict(row.additionaldata),
    }


def _payment(payment: dict[str, Any]) -> dict[str, Any]:
    marks = payment.get("additionaldata") or {}
    return {"name": payment["name"], "amount": payment["moneyamount"], "virtual": marks.get("virtual-payment") == "true"}


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.orderdeliveryid,
        "warehouse": delivery.warehouseid,
        "units": dict(delivery.units),
        "reference": delivery.reference,
        "ignored_stock": delivery.ignored_stock,
        "cancelled": delivery.cancelled is not None,
    }
