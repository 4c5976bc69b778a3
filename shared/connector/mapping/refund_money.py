"""The money of a till refund: what its returns carry in Centra, and every reason why both systems' figures differ.

A return in Centra is worth its lines − its share of order vouchers + taxes outside prices + shipping − `returnCost` (centra-api §5.2). What the
till paid less than that is the cost, to the sub-unit. What it paid more, Centra cannot express: a person books it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.domain.money import split
from connector.domain.order_keys import return_key
from connector.domain.order_settings import TillRefund
from connector.mapping.line_worth import UnitWorths, Worth
from connector.mapping.refund_findings import amount
from connector.mapping.refund_order import Payout
from connector.mapping.refund_reasons import Cancelled, of_cancelled, of_tenders, shipping_carried
from connector.mapping.refund_rows import Matched
from connector.mapping.refund_units import Taken
from connector.sitoo.order_models import WholeOrder


@dataclass(frozen=True, slots=True)
class PartOfReturn:
    """One return of one shipment: `lines` {shipment line: units}; sub-units for createReturn: `voucher`, `shipping`, `return_cost`, all ≥ 0.

    `amount`: what the return comes to in Centra. `key`: its externalId. `made`: its id when Centra has it already.
    """

    key: str
    shipment_id: int
    lines: Mapping[int, int]
    worth: Worth
    shipping: int
    return_cost: int
    amount: int
    made: int | None = None

    @property
    def voucher(self) -> int:
        return self.worth.voucher

    @property
    def units(self) -> int:
        return sum(self.lines.values())


@dataclass(frozen=True, slots=True)
class Settled:
    """`unexpressed`: sub-units the till gave that no part carries. `reasons`: why the figures differ; empty: they agree.

    `worth`: Centra's figure for what came back, sub-units; `paid`: the till's, None when it cannot be told in the order's currency.
    """

    parts: tuple[PartOfReturn, ...]
    worth: int
    paid: int | None
    unexpressed: int
    reasons: tuple[str, ...]


def settle(
    refund: WholeOrder,
    order: CentraOrder,
    returns: Sequence[ReturnOfOrder],
    matched: Matched,
    taken: Sequence[Taken],
    cancelled: Cancelled,
    payout: Payout,
    payers: set[TillRefund],
) -> Settled:
    """`taken`: the units by shipment, oldest shipment first."""
    worths = UnitWorths(order)
    comparable = refund.currency.upper() == order.currency.upper() and not matched.inexact
    bare = _bare_parts(refund.id, returns, taken, worths)
    first = bare[0].shipment_id if bare else None
    shipping, reasons = shipping_carried(order, returns, refund.id, matched, first, worths, comparable=comparable)
    paid_back, paid_cancelled = _paid(matched, cancelled)
    parts = bare
    unexpressed = 0
    if comparable:
        parts, over = _with_cost(bare, shipping, paid_back + shipping)
        unexpressed = over + matched.shipping + matched.handling - shipping
        if over > sum(part.units for part in parts):
            reasons.append(f"the till paid {amount(over, order.currency, order.currency_decimals)} more than the articles are worth")
        elif over < 0:
            reasons.append(f"Centra's returns come to {amount(-over, order.currency, order.currency_decimals)} more than the till paid")
        reasons += of_cancelled(order, cancelled, paid_cancelled, worths, payers)
    elif matched.inexact:
        reasons.append(f"{order.currency} cannot express what the till paid")
    else:
        reasons.append(f"the till paid in {refund.currency}, the order is in {order.currency}")
    reasons += of_tenders(refund, order, returns, payout, payers)
    worth = sum(part.worth.total for part in parts) + worths.last(cancelled.now)
    paid = sum(matched.paid.values()) + matched.shipping + matched.handling
    return Settled(tuple(parts), worth, paid if comparable else None, unexpressed, tuple(reasons))


def _bare_parts(refund_id: int, returns: Sequence[ReturnOfOrder], taken: Sequence[Taken], worths: UnitWorths) -> list[PartOfReturn]:
    """One part per shipment without shipping and cost."""
    by_key = {r.external_id: r for r in returns}
    parts = []
    for shipment_id in dict.fromkeys(t.shipment_id for t in taken):
        own = [t for t in taken if t.shipment_id == shipment_id]
        worth = sum((worths.of(line, start, units) for t in own for line, start, units in t.sold), Worth())
        key = return_key(refund_id, shipment_id)
        made = by_key.get(key)
        lines = {t.shipment_line: t.units for t in own}
        parts.append(PartOfReturn(key, shipment_id, lines, worth, 0, 0, made.amount if made else worth.total, made.id if made else None))
    return parts


def _paid(matched: Matched, cancelled: Cancelled) -> tuple[int, int]:
    """Sub-units paid for returned and for cancelled units."""
    for_cancelled = 0
    for line, units in matched.units.items():
        dropped = min(units, cancelled.units(line))
        for_cancelled += split(matched.paid[line], [units - dropped, dropped])[1] if dropped else 0
    return sum(matched.paid.values()) - for_cancelled, for_cancelled


def _with_cost(parts: Sequence[PartOfReturn], shipping: int, target: int) -> tuple[list[PartOfReturn], int]:
    """The parts with shipping on the first and the cost spread so that all come to `target`, and what `target` is above their worth."""
    given = [part.worth.total + (shipping if n == 0 else 0) for n, part in enumerate(parts)]
    due = [0 if part.made is not None else value for part, value in zip(parts, given, strict=True)]
    cost = sum(due) - (target - sum(part.amount for part in parts if part.made is not None))
    charged = min(max(0, cost), sum(due))
    costs = split(charged, due) if charged else [0] * len(parts)
    done = [
        part
        if part.made is not None
        else PartOfReturn(part.key, part.shipment_id, part.lines, part.worth, value - part.worth.total, charge, value - charge)
        for part, value, charge in zip(parts, given, costs, strict=True)
    ]
    return done, charged - cost
