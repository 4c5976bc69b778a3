"""What the connector has stored about an order and cannot read any more: that order waits for engineers, the others go on."""

from __future__ import annotations

from connector.domain.exceptions import Kind, Owner, Problem
from connector.flows.nudge_store_stock import compact
from connector.flows.orders.context import OrderContext
from connector.flows.orders.order_turn import order_entity
from connector.runtime.parking import park
from connector.runtime.queues import Work
from connector.store.order_files import OrderFileUnreadable


def tell_unreadable(ctx: OrderContext, number: int, why: OrderFileUnreadable) -> None:
    """One exception per file, which holds nothing about people. Files of till sales have negative numbers, and nothing to send back."""
    name = f"order {number}" if number > 0 else f"till order {-number}"
    problem = Problem(
        Kind.TECHNICAL,
        order_entity(number, "file") if number > 0 else f"sitoo-order/{-number}/file",
        Owner.ENGINEERING,
        f"What the connector has stored about {name} cannot be read: {str(why)[:200]}. Nothing is done about {name} meanwhile.",
        "Deploy the version that wrote it, if an older one runs now; else correct the row in the table OrderLinks. Then redrive this exception.",
        {"row": f"file#open {number}"},
    )
    if number > 0:
        park(ctx.queues, ctx.cases, problem, Work.ORDERS, compact({"v": 1, "source": "poll", "type": "order", "id": number}), ctx.clock, by=ctx.by)
    else:
        ctx.cases.open(problem, now=ctx.clock.now(), by=ctx.by)
