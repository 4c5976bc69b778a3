"""What must hold once a return made for a till refund is in Centra: its amount is the till's, and nobody pays it a second time."""

from __future__ import annotations

from collections.abc import Sequence

from connector.centra.order_models import CentraOrder, PaymentEntry, ReturnOfOrder
from connector.domain.exceptions import Kind, Owner
from connector.domain.order_keys import refund_of
from connector.mapping.refund_findings import Finding, amount
from connector.mapping.refund_money import PartOfReturn

_REFUSED_STATUS = "FAILED"


def made_otherwise(order: CentraOrder, part: PartOfReturn, made: ReturnOfOrder) -> Finding | None:
    """Centra made another return than was asked for. A sub-unit per unit is rounding. Read the return again before asking."""
    known = refund_of(part.key)
    if made.lines == part.lines and abs(made.amount - part.amount) <= part.units:
        return None
    told = [amount(x, order.currency, order.currency_decimals) for x in (part.amount, made.amount)]
    return Finding(
        Kind.REFUND_MISMATCH,
        Owner.FINANCE,
        f"Return {made.id} of order {order.number} came to {told[1]} in Centra; the till paid {told[0]} for it.",
        "Correct the return in Centra or book the difference. It was not refunded by Centra.",
        {
            "order": order.number,
            "return": made.id,
            "sitoo_order": known[0] if known else 0,
            "till": told[0],
            "centra": told[1],
            "asked": [f"shipment line {line}: {units}" for line, units in sorted(part.lines.items())],
            "made": [f"shipment line {line}: {units}" for line, units in sorted(made.lines.items())],
        },
        stops=False,
    )


def paid_twice(order: CentraOrder, returns: Sequence[ReturnOfOrder], paid_at_till: frozenset[int]) -> Finding | None:
    """A refund by the payment provider on returns that tills have paid (`paid_at_till`: return ids): the customer may get the money twice.

    A request counts: it can still be stopped.
    """
    twice = [(made, entry) for made in returns if made.id in paid_at_till for entry in made.refunds if is_payment(entry)]
    if not twice:
        return None
    entries = [
        f"return {made.id}: {entry.kind} {amount(entry.amount, order.currency, order.currency_decimals)}, {entry.status}" for made, entry in twice
    ]
    return Finding(
        Kind.DOUBLE_REFUND_RISK,
        Owner.FINANCE,
        f"Centra refunds a return of order {order.number} that a till has paid already.",
        "Stop the refund with the payment provider if it is still pending; if it went through, ask the customer for the money or book the loss.",
        {"order": order.number, "entries": entries},
        stops=False,
    )


def is_refunded(made: ReturnOfOrder) -> bool:
    """A request counts, a failed one does not."""
    return any(is_payment(entry) for entry in made.refunds)


def is_payment(entry: PaymentEntry) -> bool:
    """Paid out, or asked for."""
    return entry.status != _REFUSED_STATUS and "FAILED" not in entry.kind
