"""Open copies keep their reservation; pick-ups that nobody collects are reminded of, then released."""

from __future__ import annotations

from dataclasses import replace

from connector.flows.orders.copies import record_reservation
from connector.flows.orders.order_turn import OrderTurn
from connector.store.order_files import CopyState, Purpose

DAY_S = 86_400
LOOKED_AT_AGAIN_S = 3600


def renew_reservations(turn: OrderTurn) -> None:
    """Prolong reservations that have run half their time. Writing the same date again is harmless."""
    ctx = turn.ctx
    for copy in turn.file.copies:
        if copy.state is not CopyState.OPEN or copy.purpose is not Purpose.FULFIL or copy.sitoo_order_id is None or not turn.is_ours(copy):
            continue
        now = ctx.clock.now()
        if copy.reserved_until - now > ctx.settings.reserve_days * DAY_S / 2:
            continue
        until = now + ctx.settings.reserve_days * DAY_S
        turn.hold()
        ctx.sitoo.put_order(copy.sitoo_order_id, {"datereserved": int(until)})
        renewed = replace(copy, reserved_until=until)
        record_reservation(turn, renewed, reserved_until=until)
        turn.step("reservation renewed", note=copy.external_id)
        turn.keep(turn.file.with_copy(renewed))


def next_look(turn: OrderTurn) -> float:
    """When the order must be looked at without any event (unix s, 0 never): a reservation runs half its time, a pick-up waits too long."""
    ctx = turn.ctx
    half = ctx.settings.reserve_days * DAY_S / 2
    moments: list[float] = []
    for copy in turn.file.live_copies():
        if copy.purpose is Purpose.FULFIL and copy.reserved_until:
            moments.append(copy.reserved_until - half)
        if copy.ready_at:
            days = ctx.settings.uncollected.release_after_days if copy.reminded_at else ctx.settings.uncollected.remind_after_days
            due = copy.ready_at + days * DAY_S
            # One whose time has come and that could not be released waits for people: it is looked at now and then.
            moments.append(due if due > ctx.clock.now() else ctx.clock.now() + LOOKED_AT_AGAIN_S)
    return min(moments, default=0.0)
