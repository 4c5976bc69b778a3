"""Whether the money for an order is there, or certain to come (centra-api §3.7)."""

from __future__ import annotations

from connector.centra.order_models import CentraOrder, PaymentEntry

SUCCESS = "SUCCESS"
MONEY = frozenset({"AUTH", "CAPTURE", "PREPAID", "MARKED_AS_PAID", "ADDITIONAL_ORDER_PAYMENT", "INVOICE"})
GIFT_CARD = frozenset({"AUTH_GIFT_CARD", "CAPTURE_GIFT_CARD"})
TAKEN_BACK = {"MARKED_AS_UNPAID": "MARKED_AS_PAID", "CANCEL": "AUTH", "CANCEL_GIFT_CARD": "AUTH_GIFT_CARD"}


def is_paid(order: CentraOrder) -> bool:
    """Something was authorised, captured, prepaid or marked as paid, and not taken back since; a gift card alone must cover the whole order.

    An order that costs nothing is paid. Kinds and statuses nobody knows prove nothing.
    """
    if order.grand_total <= 0:
        return True
    standing: list[PaymentEntry] = []
    for entry in sorted((p for p in order.payments if p.status == SUCCESS), key=lambda p: (p.created_at, p.id)):
        if entry.kind in TAKEN_BACK:
            standing = [p for p in standing if p.kind != TAKEN_BACK[entry.kind]]
        else:
            standing.append(entry)
    if any(p.kind in MONEY for p in standing):
        return True
    return max(sum(p.amount for p in standing if p.kind == kind) for kind in GIFT_CARD) >= order.grand_total


def payment_reference(order: CentraOrder) -> str:
    """The payment provider's reference of the newest payment that has one, '' when none has."""
    paid = [p for p in order.payments if p.status == SUCCESS and p.kind in MONEY | GIFT_CARD and p.reference]
    return max(paid, key=lambda p: (p.created_at, p.id)).reference if paid else ""
