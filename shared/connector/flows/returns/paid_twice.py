"""Nobody pays a second time: the payment provider's refunds on returns that tills have paid are told at once."""

from __future__ import annotations

from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.flows.orders.order_turn import OrderTurn, order_entity
from connector.flows.returns.book_refund import book_refund
from connector.flows.returns.make_return import PAID_AT_TILL
from connector.flows.returns.told import tell
from connector.mapping.return_checks import is_refunded, paid_twice


def tell_paid_twice(turn: OrderTurn, order: CentraOrder, returns: list[ReturnOfOrder], body: str) -> None:
    """Once per return. What the provider paid out beside the till is booked like every refund of Centra's."""
    keys = {r.key for r in turn.file.returnings if r.inbound and r.note == PAID_AT_TILL}
    for made in returns:
        if made.external_id not in keys or not is_refunded(made):
            continue
        finding = paid_twice(order, [made], frozenset({made.id}))
        if finding is not None:
            tell(turn, f"{order_entity(order.number)}/return/{made.id}", finding, body)
        book_refund(turn.ctx, made, order)
