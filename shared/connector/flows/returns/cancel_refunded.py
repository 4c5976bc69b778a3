"""Refunded at a till before it was handed out or shipped: there is nothing to return, so the lines are cancelled in Centra."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

from connector.centra.errors import Refused
from connector.centra.order_models import CentraOrder
from connector.domain.order_keys import return_key
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.warehouse_turn import warehouse_turn
from connector.flows.returns.make_return import CLAIMED, DONE
from connector.mapping.refund_units import CANCELLATION
from connector.store.order_files import Returning


def cancel_refunded(turn: OrderTurn, order: CentraOrder, refund_id: int, units: Mapping[int, int]) -> None:
    """Cancel {order line: units} once: the claim remembers how many were left before, so that a repeat sees what the first call did."""
    key = return_key(refund_id, CANCELLATION)
    known = next((r for r in turn.file.returnings if r.key == key), None)
    if known is not None and known.state == DONE:
        return
    ctx = turn.ctx
    if known is None:
        known = Returning(key, True, CLAIMED, refund_id, CANCELLATION, units, 0, ctx.clock.now(), note=_left(order, units))
        turn.keep(replace(turn.file.with_returning(known), is_open=True))
    if known.note == _left(order, known.lines):
        places = {a.warehouse for line in order.lines if line.id in known.lines for a in line.allocations}
        with ExitStack() as held:
            for place in sorted(w for w in places if ctx.store_at(w) is not None):
                held.enter_context(warehouse_turn(ctx, place))
            turn.hold()
            written = ctx.centra.cancel_lines(order.number, known.lines, remove=False, comment="refunded at a till before it was handed out")
        if written.errors:
            turn.keep(turn.file.without_returning(key))
            raise Refused(written.errors)
        turn.step("lines cancelled", note=f"refund {refund_id}")
        turn.touch_stock({(w, line.sku) for line in order.lines if line.id in known.lines for w in places if ctx.store_at(w) is not None})
    turn.keep(turn.file.with_returning(replace(known, state=DONE)))


def _left(order: CentraOrder, units: Mapping[int, int]) -> str:
    """What is left unshipped of these lines."""
    found = ((line, order.line(line)) for line in sorted(units))
    return ",".join(f"{number}:{line.quantity - order.shipped_units(number)}" for number, line in found if line is not None)
