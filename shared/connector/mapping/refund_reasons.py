"""Why the figures of a till refund and of Centra differ: shipping, cancelled units, tenders, gift cards. Half-sentences for finance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.domain.order_keys import refund_of
from connector.domain.order_settings import TillRefund
from connector.mapping.line_worth import UnitWorths
from connector.mapping.order_paid import GIFT_CARD, SUCCESS
from connector.mapping.refund_findings import amount
from connector.mapping.refund_order import Payout
from connector.mapping.refund_rows import Matched
from connector.sitoo.order_models import WholeOrder

CASH_ROUNDING = Decimal(1)
"""Tenders may differ from rows by less than this: cash is rounded, and Sitoo's own example does not add up (sitoo-api §2.6)."""
COARSE_CASH = {"HUF": Decimal(3)}
"""Where the smallest coin is more than one unit (5 forint): as much more than half of it."""
_TAKEN = frozenset({"CAPTURE", "CAPTURE_GIFT_CARD", "MARKED_AS_PAID", "PREPAID"})


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Units that never were shipped: `now` {order line: units} still to cancel, `before` those that this refund has cancelled already."""

    now: Mapping[int, int]
    before: Mapping[int, int]

    def units(self, line: int) -> int:
        return self.now.get(line, 0) + self.before.get(line, 0)


def shipping_carried(
    order: CentraOrder,
    returns: Sequence[ReturnOfOrder],
    refund_id: int,
    matched: Matched,
    oldest_returned: int | None,
    worths: UnitWorths,
    *,
    comparable: bool,
) -> tuple[int, list[str]]:
    """Shipping that the first part can carry, and why not all of it.

    Centra takes it only with a return of the shipment that was charged with it: the connector's first one, and Centra's by default (centra-api §4).
    """
    reasons = []
    if matched.handling and comparable:
        reasons.append(f"the till refunded a handling fee of {amount(matched.handling, order.currency, order.currency_decimals)}")
    if not matched.shipping or not comparable:
        return 0, reasons
    oldest = min((s.id for s in order.shipments if s.shipped_at is not None), default=None)
    carries = oldest is not None and oldest_returned == oldest and not (order.amounts.tax_added or order.amounts.tax_deducted)
    left = max(0, order.amounts.shipping - _shipping_returned(order, returns, refund_id, worths)) if carries else 0
    given = min(left, matched.shipping)
    if matched.shipping > given:
        beyond = amount(matched.shipping - given, order.currency, order.currency_decimals)
        reasons.append(f"the till refunded {beyond} of shipping that Centra has not left to give back with these articles")
    return given, reasons


def _shipping_returned(order: CentraOrder, returns: Sequence[ReturnOfOrder], refund_id: int, worths: UnitWorths) -> int:
    """At most this much shipping was given back: Centra tells only a return's total, so what it is above its lines counts as shipping."""
    line_of = {line.id: line.order_line for shipment in order.shipments for line in shipment.lines}
    total = 0
    for other in returns:
        known = refund_of(other.external_id)
        if known is not None and known[0] == refund_id:
            continue
        lines = [(line_of[line], units) for line, units in other.lines.items() if line in line_of]
        total += max(0, other.amount - sum(worths.of(line, 0, units).total for line, units in lines))
    return total


def of_cancelled(
    order: CentraOrder,
    cancelled: Cancelled,
    paid: int,
    worths: UnitWorths,
    payers: set[TillRefund],
) -> list[str]:
    """A cancellation carries no cost and moves no money: it must be worth what the till paid, and the money must have been taken by then.

    What it was worth Centra shows only before it is made; the rest holds afterwards too, should the call's answer have been lost.
    """
    if not cancelled.now and not cancelled.before:
        return []
    reasons = []
    worth = worths.last(cancelled.now)
    if not cancelled.before and abs(paid - worth) > sum(cancelled.now.values()):
        told = [amount(x, order.currency, order.currency_decimals) for x in (paid, worth)]
        reasons.append(f"the till paid {told[0]} for articles that never were sent, which are worth {told[1]}")
    captured = sum(p.amount for p in order.payments if p.kind in _TAKEN and p.status == SUCCESS)
    if captured and captured >= order.grand_total:
        if TillRefund.REFUND_IN_CENTRA in payers:
            reasons.append("cancelled articles were paid for already, and Centra refunds only returns")
    elif TillRefund.PAID_AT_TILL in payers:
        reasons.append("the till paid for articles that never were sent, whose money may not have been taken from the customer")
    return reasons


def of_tenders(refund: WholeOrder, order: CentraOrder, returns: Sequence[ReturnOfOrder], payout: Payout, payers: set[TillRefund]) -> list[str]:
    reasons = []
    back = -sum((row.gross for row in refund.rows if row.quantity < 0), Decimal(0))
    if abs(payout.total - back) >= COARSE_CASH.get(refund.currency.upper(), CASH_ROUNDING):
        reasons.append(f"the tenders come to {payout.total} {refund.currency}, the rows to {back}")
    if len(payers) > 1:
        reasons.append("a part was paid at the till and a part is to be refunded by Centra")
    if payout.credit and TillRefund.REFUND_IN_CENTRA in payers:
        reasons.append(f"the till gave {payout.credit} {refund.currency} as store credit, which Centra would pay out again")
    gift_cards = max(sum(p.amount for p in order.payments if p.kind == kind and p.status == SUCCESS) for kind in GIFT_CARD)
    money = payout.total - payout.credit - payout.virtual - payout.in_kind
    before = sum(r.amount for r in returns if (refund_of(r.external_id) or (0,))[0] != refund.id)
    if gift_cards and payers == {TillRefund.PAID_AT_TILL} and before + money.scaleb(order.currency_decimals) > order.grand_total - gift_cards:
        told = amount(gift_cards, order.currency, order.currency_decimals)
        reasons.append(f"{told} of the order was paid with gift cards, and the till gave it back as money")
    return reasons
