"""Pick-ups that nobody collects: a reminder, then the goods go back on sale and the customer's money back."""

from __future__ import annotations

from dataclasses import replace

from connector.centra.order_models import CentraOrder
from connector.domain.exceptions import Kind, Owner
from connector.flows.orders.copies import record_reservation
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.owed import units_of
from connector.flows.orders.payments import paid_in_full
from connector.flows.orders.reservations import DAY_S
from connector.flows.orders.warehouse_turn import warehouse_turn
from connector.runtime.queues import Work
from connector.sitoo.order_models import CANCELLED, OPEN
from connector.store.order_files import Copy, CopyState, Purpose


def chase_uncollected(turn: OrderTurn, order: CentraOrder, body: str) -> None:
    """For each copy that was marked ready long ago and is still open."""
    ctx = turn.ctx
    rules = ctx.settings.uncollected
    for copy in turn.file.copies:
        if copy.state is not CopyState.OPEN or copy.purpose is not Purpose.FULFIL or not copy.ready_at or not turn.is_ours(copy):
            continue
        waited = ctx.clock.now() - copy.ready_at
        if waited >= rules.release_after_days * DAY_S:
            _release(turn, order, copy, body)
        elif waited >= rules.remind_after_days * DAY_S and not copy.reminded_at:
            ctx.announcer.announce(
                "order.reminder",
                {"order": order.number, "site": ctx.site.id, "centra_warehouse": copy.warehouse, "ready_at": int(copy.ready_at)},
                key=f"{copy.external_id}-reminder",
            )
            turn.step("reminded", note=copy.external_id)
            turn.keep(turn.file.with_copy(replace(copy, reminded_at=ctx.clock.now())))


def _release(turn: OrderTurn, order: CentraOrder, copy: Copy, body: str) -> None:
    """Uncaptured money: the lines are cancelled and the units go back on sale. Captured money must be refunded, which people start."""
    ctx = turn.ctx
    order_id = copy.sitoo_order_id
    if order_id is None:
        return
    turn.hold()
    whole = ctx.sitoo.whole_order(order_id)
    turn.hold()
    if whole is None or whole.state != OPEN or any(not d.cancelled for d in ctx.sitoo.handed_out(order_id)):
        return
    if paid_in_full(order):
        _ask_for_refund(turn, copy, body)
        return
    units = {line: min(n, _allocated(order, line, copy.warehouse)) for line, n in units_of(copy).items()}
    units = {line: n for line, n in units.items() if n}
    if units:
        with warehouse_turn(ctx, copy.warehouse):
            turn.hold()
            ctx.centra.cancel_lines(order.number, units, remove=False, comment="not collected")
    turn.keep(turn.file.with_copy(replace(copy, state=CopyState.CANCELLING)))
    turn.hold()
    ctx.sitoo.put_order(order_id, {"orderstateid": CANCELLED})
    record_reservation(turn, copy, reserved_until=None)
    ctx.announcer.announce(
        "order.released", {"order": order.number, "site": ctx.site.id, "centra_warehouse": copy.warehouse}, key=f"{copy.external_id}-released"
    )
    turn.step("released, because nobody collected it", note=copy.external_id)
    turn.keep(turn.file.with_copy(replace(copy, state=CopyState.CANCELLED)))


def _allocated(order: CentraOrder, line_id: int, warehouse: int) -> int:
    line = order.line(line_id)
    return line.allocated_to(warehouse) if line is not None else 0


def _ask_for_refund(turn: OrderTurn, copy: Copy, body: str) -> None:
    turn.park(
        Kind.UNCOLLECTED,
        Owner.CUSTOMER_SERVICE,
        f"Order {turn.file.number} waits for its customer since it was ready for pick-up, longer than the mapping allows; it is paid already.",
        "Agree with the customer. To give the money back: ship it in Centra, make a return and refund it there; the connector follows in Sitoo.",
        Work.ORDERS,
        body,
        centra_warehouse=copy.warehouse,
        sitoo_order=copy.sitoo_order_id or 0,
    )
