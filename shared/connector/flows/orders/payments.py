"""What an order's payment history says about money taken (centra-api §3.7). Pure; unknown kinds and statuses prove nothing."""

from __future__ import annotations

from connector.centra.order_models import CentraOrder

TAKEN = frozenset({"CAPTURE", "CAPTURE_GIFT_CARD", "PREPAID", "MARKED_AS_PAID", "ADDITIONAL_ORDER_PAYMENT"})
ASKED = frozenset({"CAPTURE_REQUEST", "CAPTURE_PENDING"})
ANSWERED = frozenset({"CAPTURE", "CAPTURE_FAILED"})
SUCCESS, PENDING = "SUCCESS", "PENDING"


def paid_in_full(order: CentraOrder) -> bool:
    """Everything the order costs has been taken already (direct capture, prepaid, marked as paid)."""
    return sum(p.amount for p in order.payments if p.kind in TAKEN and p.status == SUCCESS) >= order.grand_total


def capture_pending(order: CentraOrder, *, since: float) -> bool:
    """A capture was asked for at or after `since` (unix s), and its provider has not answered: that may take days."""
    asked = [p for p in order.payments if (p.kind in ASKED or p.status == PENDING) and p.created_at >= since - 5.0]
    answered = [p for p in order.payments if p.kind in ANSWERED and p.status != PENDING and p.created_at >= since - 5.0]
    return len(asked) > len(answered)
