"""Bring a Centra order to where it belongs: into the stores that must fulfil it, out of those that no longer do, complete and once."""

from __future__ import annotations

from dataclasses import replace

from connector.centra.order_models import CentraOrder
from connector.domain.exceptions import Kind
from connector.flows.orders.allocations import note_allocations, readmit_stores
from connector.flows.orders.copies import cancel_copy, post_copy, settle_claim
from connector.flows.orders.drafting import draft, park_lacks
from connector.flows.orders.endings import end_what_holds_no_longer, waits_for_a_count
from connector.flows.orders.endless_aisle import is_till_sale
from connector.flows.orders.left_stores import gaps_of_left_stores, is_left, tell_left_stores
from connector.flows.orders.order_turn import OrderTurn, parked_about
from connector.flows.orders.owed import Gap, all_owed, gaps, held_by, staying
from connector.flows.orders.reroute import Lost, reroute, resume_reroutes
from connector.flows.orders.reservations import next_look, renew_reservations
from connector.flows.orders.return_copies import make_return_copy, settle_return_copy
from connector.flows.orders.shipped_first import hand_out_what_centra_shipped
from connector.flows.orders.too_late import park_changed_too_late
from connector.flows.orders.trouble import calmed
from connector.flows.orders.uncollected import chase_uncollected
from connector.flows.orders.uncollected_refund import owes_refund, refund_uncollected
from connector.mapping.order_copy import CopyDraft, Lack
from connector.mapping.order_decision import Decision, DecisionKind, decide
from connector.store.order_files import CopyState, Purpose, ShippingState

ENDED_BY_A_CLEAN_PASS = (
    Kind.INCOMPLETE_ORDER,
    Kind.UNMAPPED_SKU,
    Kind.UNMAPPED_NAME,
    Kind.UNSUPPORTED_AMOUNT,
    Kind.TOTAL_MISMATCH,
    Kind.ORDER_CHANGED_TOO_LATE,
    Kind.VENDOR_REFUSED,
    Kind.TECHNICAL,
)
"""Exceptions that hold no longer once an order went through."""


def forward_order(turn: OrderTurn, order: CentraOrder, body: str, *, redriven: bool = False) -> None:
    """Converge one order, read a moment ago. Raises what passes (trouble.PASSING) and what vendors refuse; the file tells how far it came."""
    _settle(turn, body)
    decision = decide(order, turn.ctx.settings, turn.ctx.site)
    if is_till_sale(turn.ctx, order):
        _conclude(turn, order, Decision(DecisionKind.IGNORE, "made by the connector from a till sale"))
        return
    readmit_stores(turn, order)
    note_allocations(turn, order)
    if turn.file.rerouting:
        # What it changes comes back as a message of its own.
        resume_reroutes(turn, order, body)
        _conclude(turn, order, decision)
        return
    hand_out_what_centra_shipped(turn, order, body)
    sendable = _send_what_is_missing(turn, order, decision, body, redriven=redriven)
    tell_left_stores(turn, body)
    if sendable:
        renew_reservations(turn)
        chase_uncollected(turn, order)
        refund_uncollected(turn, body)
        make_return_copy(turn, order, decision, body)
        turn.resolve_ours(*ENDED_BY_A_CLEAN_PASS)
    end_what_holds_no_longer(turn, order)
    _conclude(turn, order, decision)


def _settle(turn: OrderTurn, body: str) -> None:
    """Writes with an unknown outcome come first, also when the order no longer needs them: what is in Sitoo must be known."""
    for copy in turn.file.live_copies():
        if copy.purpose is Purpose.RETURN:
            if turn.is_ours(copy):
                settle_return_copy(turn, copy)
        elif turn.is_ours(copy):
            if copy.state is CopyState.CLAIMED:
                settle_claim(turn, copy, body)
            elif copy.state is CopyState.CANCELLING:
                cancel_copy(turn, copy)


def _send_what_is_missing(turn: OrderTurn, order: CentraOrder, decision: Decision, body: str, *, redriven: bool) -> bool:
    """Nothing of an order is sent unless everything that stores need of it can be: then one exception tells all that is wrong, and False."""
    found = _gaps(turn, order, decision)
    drafts: dict[int, CopyDraft] = {}
    lacks: list[Lack] = []
    for gap in found:
        wanted = all_owed(gap)
        if wanted and not is_left(turn, gap.warehouse):
            made = draft(turn, order, gap.warehouse, wanted, staying(turn.file, gap), decision)
            if isinstance(made, CopyDraft):
                drafts[gap.warehouse] = made
            else:
                lacks += made
    if lacks and any(gap.missing for gap in found):
        _take_back_surplus(turn, order, found, drafts, body)
        park_lacks(turn, lacks, body)
        return False
    _take_back_surplus(turn, order, found, drafts, body)
    left = _gaps(turn, order, decision)
    # What a store that has begun still holds must not go to a second one: the customer would get it twice.
    elsewhere = {line for gap in left if gap.copies for line in gap.surplus}
    for gap in left:
        if gap.missing and gap.warehouse in turn.file.excluded:
            still = decision.fulfil.get(gap.warehouse, {})
            units = {line: min(n, still.get(line, 0)) for line, n in gap.missing.items() if still.get(line)}
            if units:
                reroute(turn, order, Lost(gap.warehouse, units, withhold=False, why="The store had rejected the order"), body)
        elif gap.missing and not gap.surplus and not _must_wait(gap) and not elsewhere & gap.missing.keys():
            made = draft(turn, order, gap.warehouse, gap.missing, held_by(turn.file, gap.warehouse), decision)
            if not isinstance(made, CopyDraft):
                park_lacks(turn, made, body)
                return False
            about = f"warehouse/{gap.warehouse}"
            if redriven or turn.sent_back_at(Kind.TOTAL_MISMATCH, about) or not _known_to_mismatch(turn, gap.warehouse, made):
                post_copy(turn, gap.warehouse, made, body)
            else:
                # What was told still holds: a clean pass must not end it, or the next one would post again.
                turn.still_parked(Kind.TOTAL_MISMATCH, about)
    return True


def _gaps(turn: OrderTurn, order: CentraOrder, decision: Decision) -> list[Gap]:
    stores = [store.centra_warehouse for store in turn.ctx.site.stores]
    return gaps(turn.file, order, decision.fulfil, stores) + gaps_of_left_stores(turn, order)


def _take_back_surplus(turn: OrderTurn, order: CentraOrder, found: list[Gap], drafts: dict[int, CopyDraft], body: str) -> None:
    """Sitoo cannot change rows: a copy that holds too much, too little or something else is cancelled, and made anew – unless the store has begun."""
    for gap in found:
        wanted = drafts.get(gap.warehouse)
        outdated = [c for c in gap.copies if wanted is not None and not gap.missing and not gap.surplus and c.fingerprint != wanted.fingerprint]
        replaced = list(gap.copies) if gap.surplus or (gap.missing and gap.copies) else outdated if len(gap.copies) == 1 else []
        for copy in replaced:
            if not cancel_copy(turn, copy):
                park_changed_too_late(turn, order, copy, gap, body)


def _must_wait(gap: Gap) -> bool:
    """A store that has begun with its copy gets what was added later once that is done: two open copies of one order would confuse it."""
    return any(c.state is CopyState.OPEN for c in gap.copies)


def _known_to_mismatch(turn: OrderTurn, warehouse: int, made: CopyDraft) -> bool:
    """A copy whose total did not fit is not posted again as it was, except when people sent the order back."""
    cancelled = {c.fingerprint for c in turn.file.copies if c.state is CopyState.CANCELLED}
    return f"warehouse/{warehouse}" in parked_about(turn.file, Kind.TOTAL_MISMATCH) and made.fingerprint in cancelled


def _conclude(turn: OrderTurn, order: CentraOrder, decision: Decision) -> None:
    """Say what the order waits for, and whether anything is left to do."""
    file = turn.file
    live = file.live_copies()
    shipping = [s for s in file.shippings if s.state is not ShippingState.COMPLETED]
    awaiting = decision.awaiting or ("the store" if live else "") or ("the shipment" if shipping else "")
    changed = replace(
        calmed(file, turn.ctx.site.id),
        decision=decision.summary,
        awaiting=awaiting,
        is_open=bool(live or shipping or decision.awaiting or file.rerouting or owes_refund(file) or waits_for_a_count(file)),
        look_at=next_look(turn),
        centra_updated_at=order.updated_at,
    )
    if changed != turn.stored or not file.rev:
        turn.keep(changed)
