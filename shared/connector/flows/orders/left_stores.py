"""Orders that stand in a store which the mapping file names no longer: the store may finish what it has, people are told, nothing more goes there."""

from __future__ import annotations

from dataclasses import replace

from connector.centra.order_models import CentraOrder
from connector.domain.exceptions import Kind, Owner
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.owed import Gap, gaps
from connector.runtime.queues import Work
from connector.store.order_files import Copy, Purpose


def gaps_of_left_stores(turn: OrderTurn, order: CentraOrder) -> list[Gap]:
    """What their open copies hold and Centra no longer wants from there. What it wants beyond that is missing nowhere: they get no new copy."""
    places = sorted({copy.warehouse for copy in _left_copies(turn)})
    owed = {place: {line.id: units for line in order.lines if (units := line.allocated_to(place))} for place in places}
    return [replace(gap, missing={}) for gap in gaps(turn.file, order, owed, places)]


def tell_left_stores(turn: OrderTurn, body: str) -> None:
    """One exception for each such store that still has the order open."""
    for copy in _left_copies(turn):
        turn.park(
            Kind.UNMAPPED_NAME,
            Owner.RETAIL_OPS,
            f"Order {turn.file.number} is open in Sitoo (order {copy.sitoo_order_id or 0}) for Centra warehouse {copy.warehouse}, "
            "which is no store of the mapping file any more.",
            f"Put the store back into the mapping file until its orders are done. Or allocate order {turn.file.number} to another store in Centra: "
            "it is then taken out of this one by itself, unless the store has begun with it. Then redrive this exception.",
            Work.ORDERS,
            body,
            about=f"warehouse/{copy.warehouse}",
            centra_warehouse=copy.warehouse,
            sitoo_order=copy.sitoo_order_id or 0,
        )


def is_left(turn: OrderTurn, warehouse: int) -> bool:
    """Whether a warehouse that had a copy is no store of the site any more."""
    return turn.ctx.store_at(warehouse) is None


def _left_copies(turn: OrderTurn) -> list[Copy]:
    return [c for c in turn.file.live_copies() if c.purpose is Purpose.FULFIL and turn.is_ours(c) and is_left(turn, c.warehouse)]
