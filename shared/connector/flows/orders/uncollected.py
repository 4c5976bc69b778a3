"""Pick-ups that nobody collects: a reminder, then the goods go back on sale and the customer's money back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector.centra.errors import Refused as CentraRefused
from connector.centra.order_models import CentraOrder
from connector.flows.nudge_store_stock import compact
from connector.flows.orders.copies import cancel_copy, given_up, is_given_up, record_reservation
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.payments import paid_in_full
from connector.flows.orders.reservations import DAY_S
from connector.flows.orders.uncollected_refund import NOT_COLLECTED
from connector.flows.orders.warehouse_turn import warehouse_turn
from connector.runtime.queues import Work
from connector.sitoo.errors import Refused
from connector.sitoo.order_models import CLOSED, OPEN, HandedOut
from connector.store.order_files import Copy, CopyRow, CopyState, Purpose


def chase_uncollected(turn: OrderTurn, order: CentraOrder) -> None:
    """For each copy that was marked ready long ago and is still open. Orders on hold wait: somebody is looking at them."""
    ctx = turn.ctx
    rules = ctx.settings.uncollected
    for copy in turn.file.copies:
        if copy.state is not CopyState.OPEN or copy.purpose is not Purpose.FULFIL or not copy.ready_at or not turn.is_ours(copy):
            continue
        store = ctx.store_at(copy.warehouse)
        if store is None:
            # The store left the mapping: people are told, and look after its pick-ups.
            continue
        waited = ctx.clock.now() - copy.ready_at
        if is_given_up(turn, copy) or (waited >= rules.release_after_days * DAY_S and not order.on_hold):
            _release(turn, order, copy, ctx.fulfils_from(store))
        elif waited >= rules.remind_after_days * DAY_S and not copy.reminded_at:
            ctx.announcer.announce(
                "order.reminder",
                {"order": order.number, "site": ctx.site.id, "centra_warehouse": copy.warehouse, "ready_at": int(copy.ready_at)},
                key=f"{copy.external_id}-reminder",
            )
            turn.step("reminded", note=copy.external_id)
            turn.keep(turn.file.with_copy(replace(copy, reminded_at=ctx.clock.now())))


def _release(turn: OrderTurn, order: CentraOrder, copy: Copy, place: int) -> None:
    """What was collected stays so. The rest: uncaptured, its lines are cancelled; captured, it is shipped and returned (see NOT_COLLECTED)."""
    ctx, order_id = turn.ctx, copy.sitoo_order_id
    if order_id is None:
        return
    turn.hold()
    whole = ctx.sitoo.whole_order(order_id)
    if whole is None or whole.state != OPEN:
        return
    turn.hold()
    deliveries = [d for d in ctx.sitoo.handed_out(order_id) if not d.cancelled]
    if not is_given_up(turn, copy):
        turn.keep(replace(turn.file, handled=turn.file.handled | {given_up(copy)}))
    if paid_in_full(order):
        if not _give_to_nobody(turn, copy, order_id, place, deliveries):
            return
    else:
        _cancel(turn, order, copy, order_id, deliveries)
    ctx.announcer.announce(
        "order.released", {"order": order.number, "site": ctx.site.id, "centra_warehouse": copy.warehouse}, key=f"{copy.external_id}-released"
    )


def _cancel(turn: OrderTurn, order: CentraOrder, copy: Copy, order_id: int, deliveries: Sequence[HandedOut]) -> None:
    ctx = turn.ctx
    left = _left(copy, deliveries)
    units: dict[int, int] = {}
    for row in copy.rows:
        if row.line and row.sku and left[row.row]:
            units[row.line] = units.get(row.line, 0) + left[row.row]
    allocated = {line.id: line.allocated_to(copy.warehouse) for line in order.lines}
    units = {line: n for line in units if (n := min(units[line], allocated.get(line, 0)))}
    if units:
        with warehouse_turn(ctx, copy.warehouse):
            turn.hold()
            written = ctx.centra.cancel_lines(order.number, units, remove=False, comment="not collected")
        if written.errors:
            raise CentraRefused(written.errors)
        turn.step("released, because nobody collected it", note=copy.external_id)
    if not deliveries:
        cancel_copy(turn, copy)
        return
    kept = tuple(CopyRow(row.row, row.line, row.sku, row.units - left[row.row]) for row in copy.rows if row.units > left[row.row])
    rest = replace(copy, rows=kept)
    turn.keep(turn.file.with_copy(rest))
    turn.hold()
    ctx.sitoo.put_order(order_id, {"orderstateid": CLOSED})
    record_reservation(turn, copy, reserved_until=None)
    turn.keep(turn.file.with_copy(replace(rest, state=CopyState.DONE)))


def _give_to_nobody(turn: OrderTurn, copy: Copy, order_id: int, place: int, deliveries: Sequence[HandedOut]) -> bool:
    """Handed out without moving stock, and closed: from now on no till gives it to anybody. Its shipment and return follow from that delivery.

    False: the customer came at the last moment.
    """
    ctx = turn.ctx
    left = {row: n for row, n in _left(copy, deliveries).items() if n}
    if left and not any(d.reference == NOT_COLLECTED for d in deliveries):
        turn.hold()
        try:
            ctx.sitoo.post_delivery(order_id, place, left, reference=NOT_COLLECTED, ignore_stock=True)
        except Refused:
            turn.hold()
            if any(_left(copy, [d for d in ctx.sitoo.handed_out(order_id) if not d.cancelled]).values()):
                raise
            return False
    turn.hold()
    ctx.sitoo.put_order(order_id, {"orderstateid": CLOSED})
    turn.step("given up, because nobody collected it", note=copy.external_id)
    turn.keep(turn.file)
    nudge = {"v": 1, "source": "sitoo", "type": "order", "site": ctx.site.id, "id": order_id, "action": "update"}
    ctx.queues.send(Work.FULFILMENTS, [compact(nudge)])
    return True


def _left(copy: Copy, deliveries: Sequence[HandedOut]) -> dict[int, int]:
    """{row: units} that nobody got."""
    return {row.row: row.units - sum(d.units.get(row.row, 0) for d in deliveries) for row in copy.rows}
