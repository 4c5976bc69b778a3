"""Centra's order changed after the store had begun with it: Sitoo cannot follow, so people must."""

from __future__ import annotations

from connector.centra.order_models import CentraOrder
from connector.domain.exceptions import Kind, Owner
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.owed import Gap
from connector.runtime.queues import Work
from connector.store.order_files import Copy


def park_changed_too_late(turn: OrderTurn, order: CentraOrder, copy: Copy, gap: Gap, body: str) -> None:
    """What Centra no longer wants from the store, or wants otherwise, while the goods are ready or gone."""
    store = turn.ctx.store_at(copy.warehouse)
    name = store.name if store is not None else f"warehouse {copy.warehouse}"
    if gap.surplus:
        names = {line.id: line.sku for line in order.lines}
        what = ", ".join(f"{n} × {names.get(line) or line}" for line, n in sorted(gap.surplus.items()))
        change = f"Centra no longer wants {what} from it (cancelled, on hold, or moved)"
    else:
        change = "its address, message or rows changed in Centra"
    turn.park(
        Kind.ORDER_CHANGED_TOO_LATE,
        Owner.CUSTOMER_SERVICE,
        f"{name} has begun with order {order.number}, and {change}.",
        f"Call {name}: either they put the goods back and cancel the order in Sitoo, or you undo the change in Centra. Then redrive this exception.",
        Work.ORDERS,
        body,
        about=f"warehouse/{copy.warehouse}",
        centra_warehouse=copy.warehouse,
        sitoo_order=copy.sitoo_order_id or 0,
    )
