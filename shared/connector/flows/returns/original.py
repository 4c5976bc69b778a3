"""Which of our copies a till refunded, with what was handed out of it."""

from __future__ import annotations

from connector.centra.order_models import CentraOrder
from connector.flows.orders.order_turn import OrderTurn
from connector.mapping.refund_order import copy_rows
from connector.mapping.till_refund import Original, linked_by_hand
from connector.store.order_files import Purpose


def original_for(turn: OrderTurn, sitoo_order_id: int | None, order: CentraOrder | None, *, by_hand: bool) -> Original | None:
    """The copy as the file knows it, else as Sitoo still has it. A refund that people linked with an order may be of any of its goods."""
    ctx = turn.ctx
    if by_hand:
        return linked_by_hand(order) if order is not None else None
    copy = next((c for c in turn.file.copies if c.sitoo_order_id is not None and c.sitoo_order_id == sitoo_order_id), None)
    if copy is not None and sitoo_order_id is not None and copy.rows:
        turn.hold()
        return Original(sitoo_order_id, copy.purpose, copy.rows, ctx.sitoo.handed_out(sitoo_order_id))
    if sitoo_order_id is None or order is None:
        return None
    turn.hold()
    whole = ctx.sitoo.whole_order(sitoo_order_id)
    if whole is None:
        return None
    turn.hold()
    purpose = copy.purpose if copy is not None else Purpose.FULFIL
    return Original(sitoo_order_id, purpose, copy_rows(whole, order), ctx.sitoo.handed_out(sitoo_order_id))
