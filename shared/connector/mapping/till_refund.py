"""What a refund made at a till becomes in Centra: one return per shipment with units and money, or the reasons why a person must look first.

Who owns what: the till's order says what came back and what was paid; Centra says what is left to return and what it is worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.domain.order_keys import shipment_key
from connector.domain.order_settings import OrderSettings, TillRefund
from connector.mapping.order_kinds import is_goods
from connector.mapping.refund_findings import Candidate, Finding, amount, mismatch, over_return, part_of_bundle, unknown_tenders, unlinked
from connector.mapping.refund_money import PartOfReturn, Settled, settle
from connector.mapping.refund_order import Nature, exchange_of, nature, original_of, payers, payout_of, recorded_return_of, total_back
from connector.mapping.refund_reasons import Cancelled
from connector.mapping.refund_rows import match
from connector.mapping.refund_units import cancelled_by, left_by_line, slots, spread
from connector.sitoo.order_models import HandedOut, WholeOrder
from connector.store.order_files import CopyRow, Purpose, Returning


class Decision(StrEnum):
    """NOTHING: no refund, a cancelled one, or our own (confirm it). WAIT: `awaiting` must happen first. PARK: a finding stops it."""

    NOTHING = "nothing"
    WAIT = "wait"
    PARK = "park"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Original:
    """The copy that was refunded. `rows`: store.order_files.Copy.rows, or refund_order.copy_rows where they are lost.
    `handed_out`: its deliveries: they only matter while Centra has not shipped all of the order."""

    sitoo_order_id: int | None
    purpose: Purpose
    rows: Sequence[CopyRow]
    handed_out: Sequence[HandedOut] = ()


def linked_by_hand(order: CentraOrder) -> Original:
    """For a refund without a sale that people linked with an order: any of its goods may have come back, and all of them had been shipped."""
    return Original(None, Purpose.RETURN, [CopyRow(n, line.id, line.sku, line.quantity) for n, line in enumerate(order.lines) if is_goods(line)])


@dataclass(frozen=True, slots=True)
class ReturnPlan:
    """What to do about a refund. `parts`: one return per shipment, oldest first, those already made among them. `cancel`: {order line: units}
    never shipped and never handed out. `refund_in_centra`: call refundReturn for each part. `tenders`, `virtual`: what was given at the till.
    `unexpressed`: sub-units the till gave that no part carries (rounding, or named in a finding). `exchange`: the purchase of the same visit,
    a sale of its own. `recorded_return`: the Centra return that an order of ours records."""

    refund_id: int
    decision: Decision
    nature: Nature
    original: int | None = None
    order_number: int | None = None
    parts: tuple[PartOfReturn, ...] = ()
    cancel: Mapping[int, int] = field(default_factory=dict)
    refund_in_centra: bool = False
    tenders: Mapping[str, Decimal] = field(default_factory=dict)
    virtual: Decimal = Decimal(0)
    unexpressed: int = 0
    exchange: int | None = None
    recorded_return: int | None = None
    findings: tuple[Finding, ...] = ()
    awaiting: str = ""


def plan_return(
    refund: WholeOrder,
    original: Original | None,
    order: CentraOrder | None,
    returns: Sequence[ReturnOfOrder],
    settings: OrderSettings,
    *,
    returnings: Sequence[Returning] = (),
    candidates: Sequence[Candidate] = (),
) -> ReturnPlan:
    """`original` None: the refund names no sale, or one that is no web order's; `order` then is None too, and `candidates` are told instead.

    `returns`: every return of the order in Centra, read after the order. `returnings`: those of the order's file. Planning again with what was
    made meanwhile gives the rest of the same plan.
    """
    kind = nature(refund)
    payout = payout_of(refund)
    plan = ReturnPlan(
        refund.id,
        Decision.RETURN,
        kind,
        original.sitoo_order_id if original else original_of(refund),
        order.number if order else None,
        tenders=payout.tenders,
        virtual=payout.virtual,
        exchange=exchange_of(refund),
        recorded_return=recorded_return_of(refund),
    )
    if kind is Nature.UNFINISHED:
        return replace(plan, decision=Decision.WAIT, awaiting="the till has to close the refund")
    if kind is not Nature.REFUND:
        return replace(plan, decision=Decision.NOTHING)
    back = [row for row in refund.rows if row.quantity < 0]
    who, unknown = payers(payout, settings.returns.tenders)
    if original is None or order is None:
        return _parked(plan, unlinked(refund, back, candidates))
    free = slots(order, returns, returnings, refund.id)
    left = left_by_line(order, free)
    matched = match(refund, original.rows, order, left, settings)
    before = cancelled_by(returnings, refund.id)
    wanted = {line: units - before.get(line, 0) for line, units in matched.units.items() if units > before.get(line, 0)}
    found = spread(order, wanted, free)
    stops = []
    if matched.unmatched:
        stops.append(unlinked(refund, matched.unmatched, candidates))
    if unknown:
        stops.append(unknown_tenders(refund, unknown))
    if found is None:
        stops.append(part_of_bundle(refund, order))
        return _parked(plan, *stops)
    never_shipped = _not_shipped(order, original, found.missing)
    if never_shipped.beyond:
        stops.append(over_return(refund, order, {x: (wanted[x], wanted[x] - n) for x, n in never_shipped.beyond.items()}))
    if stops:
        return _parked(plan, *stops)
    if never_shipped.coming:
        return replace(plan, decision=Decision.WAIT, awaiting="Centra has to ship what the store handed out before it came back")
    settled = settle(refund, order, returns, matched, found.taken, Cancelled(never_shipped.cancel, before), payout, who)
    return _with_money(plan, refund, order, settled, who, never_shipped.cancel)


@dataclass(frozen=True, slots=True)
class _NotShipped:
    """{order line: units} that no shipment covers: handed out by the store but not shipped in Centra yet, never sent, or more than there is."""

    coming: Mapping[int, int]
    cancel: Mapping[int, int]
    beyond: Mapping[int, int]


def _not_shipped(order: CentraOrder, original: Original, missing: Mapping[int, int]) -> _NotShipped:
    """A copy that only validates returns is of goods that were shipped before: nothing of it can be on its way or cancelled."""
    coming, cancel, beyond = {}, {}, {}
    for line_id, units in missing.items():
        line = order.line(line_id)
        unshipped = max(0, line.quantity - order.shipped_units(line_id)) if line and original.purpose is Purpose.FULFIL else 0
        on_its_way = min(unshipped, _handed_out_unshipped(order, original, line_id))
        coming[line_id] = min(units, on_its_way)
        cancel[line_id] = min(units - coming[line_id], unshipped - on_its_way)
        beyond[line_id] = units - coming[line_id] - cancel[line_id]
    return _NotShipped(*({line: units for line, units in part.items() if units} for part in (coming, cancel, beyond)))


def _handed_out_unshipped(order: CentraOrder, original: Original, line_id: int) -> int:
    """Units of deliveries whose Centra shipment is not there, or not completed."""
    rows = {row.row for row in original.rows if row.line == line_id}
    shipped = {s.external_id for s in order.shipments if s.shipped_at is not None}
    open_deliveries = [d for d in original.handed_out if not d.cancelled and shipment_key(d.id) not in shipped]
    return sum(units for delivery in open_deliveries for row, units in delivery.units.items() if row in rows)


def _with_money(
    plan: ReturnPlan, refund: WholeOrder, order: CentraOrder, settled: Settled, who: set[TillRefund], cancel: Mapping[int, int]
) -> ReturnPlan:
    """A difference is told and stops only the money: what came back is recorded all the same, and Centra refunds nothing."""
    wanted = TillRefund.REFUND_IN_CENTRA in who
    findings: tuple[Finding, ...] = ()
    if settled.reasons:
        decimals = order.currency_decimals
        told = amount(settled.paid, order.currency, decimals) if settled.paid is not None else f"{total_back(refund.rows)} {refund.currency}"
        worth = amount(settled.worth, order.currency, decimals)
        findings = (mismatch(refund, order, settled.reasons, paid=told, worth=worth, refund_wanted=wanted),)
    return replace(
        plan,
        parts=settled.parts,
        cancel=cancel,
        refund_in_centra=wanted and not settled.reasons and bool(settled.parts),
        unexpressed=settled.unexpressed,
        findings=findings,
    )


def _parked(plan: ReturnPlan, *findings: Finding) -> ReturnPlan:
    return replace(plan, decision=Decision.PARK, findings=findings)
