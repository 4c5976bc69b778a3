"""Refunded at a till before it was handed out or shipped: there is nothing to return, so the lines are cancelled in Centra."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

from connector.centra.errors import Refused
from connector.centra.order_models import CentraOrder
from connector.domain.order_keys import return_key
from connector.flows.orders.copies import SETTLE_S
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.trouble import NOT_SENT, Postponed
from connector.flows.orders.warehouse_turn import warehouse_turn
from connector.flows.returns.make_return import CLAIMED, DONE
from connector.mapping.refund_units import CANCELLATION
from connector.store.order_files import Returning


def settle_cancellation(turn: OrderTurn, order: CentraOrder, refund_id: int) -> None:
    """Before anything is planned: a cancellation that broke off has happened, or certainly has not. Raises Postponed while it may still happen.

    Cancelling names units, not a result: repeated too early it would cancel twice.
    """
    known = _claim(turn, refund_id)
    if known is None or known.state != CLAIMED:
        return
    if _is_done(order, known):
        # Centra no longer tells where these units were allocated.
        stores = [store.centra_warehouse for store in turn.ctx.site.stores]
        turn.touch_stock({(warehouse, sku) for warehouse in stores for sku in _skus(order, known.lines)})
        turn.step("lines found cancelled", note=f"refund {refund_id}")
        turn.keep(turn.file.with_returning(replace(known, state=DONE)))
        return
    left = known.at + SETTLE_S - turn.ctx.clock.now()
    if left > 0:
        raise Postponed(left + 1.0, f"the cancellation for refund {refund_id} may still happen in Centra")


def cancel_refunded(turn: OrderTurn, order: CentraOrder, refund_id: int, units: Mapping[int, int]) -> None:
    """Cancel {order line: units} once (`settle_cancellation` comes first)."""
    known = _claim(turn, refund_id)
    if known is not None and known.state == DONE:
        return
    ctx, key = turn.ctx, return_key(refund_id, CANCELLATION)
    claim = Returning(key, True, CLAIMED, refund_id, CANCELLATION, units, 0, ctx.clock.now(), note=_cancelled(order, units))
    turn.keep(replace(turn.file.with_returning(claim), is_open=True))
    places = {a.warehouse for line in order.lines if line.id in units for a in line.allocations if ctx.store_at(a.warehouse) is not None}
    try:
        with ExitStack() as held:
            for place in sorted(places):
                held.enter_context(warehouse_turn(ctx, place))
            turn.hold()
            written = ctx.centra.cancel_lines(order.number, units, remove=False, comment="refunded at a till before it was handed out")
        if written.errors:
            raise Refused(written.errors)
    except (*NOT_SENT, Refused):
        turn.keep(turn.file.without_returning(key))
        raise
    turn.step("lines cancelled", note=f"refund {refund_id}")
    turn.touch_stock({(place, sku) for place in places for sku in _skus(order, units)})
    turn.keep(turn.file.with_returning(replace(claim, state=DONE)))


def _claim(turn: OrderTurn, refund_id: int) -> Returning | None:
    key = return_key(refund_id, CANCELLATION)
    return next((r for r in turn.file.returnings if r.key == key), None)


def _cancelled(order: CentraOrder, units: Mapping[int, int]) -> str:
    """How much of these lines was cancelled before the call: `line:units,…`."""
    return ",".join(f"{line.id}:{line.cancelled}" for line in order.lines if line.id in units)


def _is_done(order: CentraOrder, claim: Returning) -> bool:
    before = {int(line): int(count) for line, _, count in (part.partition(":") for part in claim.note.split(",") if part)}
    return all(line.cancelled >= before.get(line.id, 0) + claim.lines[line.id] for line in order.lines if line.id in claim.lines)


def _skus(order: CentraOrder, units: Mapping[int, int]) -> set[str]:
    return {line.sku for line in order.lines if line.id in units}
