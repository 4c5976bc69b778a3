"""Warehouses that are asked ("Direct, then confirm"): the store answers with its copy in Sitoo, and the connector passes the answer on.

Answers are irreversible and for a whole request (centra-api §4.1). A request that timed out may still be confirmed while nobody else has.
"""

from __future__ import annotations

from connector.centra.order_models import CentraOrder
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.owed import shipped_from, units_of
from connector.store.order_files import Copy

UNANSWERED = frozenset({"allocated", "sent"})
CONFIRMABLE = UNANSWERED | {"timed-out"}


def confirm_requests(turn: OrderTurn, order: CentraOrder, copy: Copy) -> CentraOrder:
    """The store has the goods of its copy in its hands: what Centra asked it is confirmed. The order as it is then."""
    warehouse = copy.warehouse
    if not (_waits(order, warehouse) or _lost(turn, order, copy)):
        return order
    confirmed = _answer(turn, order.number, warehouse, CONFIRMABLE, confirm=True)
    if not confirmed:
        return order
    turn.hold()
    return turn.ctx.centra.orders([order.number]).get(order.number, order)


def reject_requests(turn: OrderTurn, order: int, warehouse: int) -> bool:
    """The store cannot supply: Centra then re-routes by itself. False when there was nothing to reject, or it was refused."""
    return _answer(turn, order, warehouse, UNANSWERED, confirm=False)


def _answer(turn: OrderTurn, order: int, warehouse: int, statuses: frozenset[str], *, confirm: bool) -> bool:
    """Whether requests were answered, and all of them taken."""
    api = turn.ctx.order_api
    if api is None or not turn.ctx.settings.confirm_allocations:
        return False
    turn.hold()
    asked = [request for request, status, place in api.allocation_requests(order) if place == warehouse and status in statuses]
    taken = bool(asked)
    for request in asked:
        turn.hold()
        errors = api.answer_allocation_request(request, confirm=confirm)
        taken = taken and not errors
        told = "could not be" if errors else "was"
        turn.step(f"allocation request {told} {'confirmed' if confirm else 'rejected'}", note=str(request))
    return taken


def _waits(order: CentraOrder, warehouse: int) -> bool:
    return any(a.waiting for line in order.lines for a in line.allocations if a.warehouse == warehouse)


def _lost(turn: OrderTurn, order: CentraOrder, copy: Copy) -> bool:
    """Centra has given away what the copy holds: it did not wait for the store's answer."""
    shipped = shipped_from(turn.file, order, copy.warehouse)
    lines = {line.id: line.allocated_to(copy.warehouse) + shipped.get(line.id, 0) for line in order.lines}
    return any(units > lines.get(line, 0) for line, units in units_of(copy).items())
