"""Each minute: what Centra changed and no webhook told of, and everything the connector itself must look at again.

Centra's events system tells the changes where the instance has it; then the lists of what changed are only read now and then, to be sure.
"""

from __future__ import annotations

from typing import Any

from connector.flows.nudge_store_stock import compact
from connector.flows.orders.context import OrderContext
from connector.flows.orders.read_centra_events import MOST_PAGES, confirm, end_refusal, read_events
from connector.flows.orders.sweep import sweep_body
from connector.runtime.queues import Work

LEASE_S = 60.0
OVERLAP_S = 30
CLOCK_SLACK_S = 5
FIRST_S = 120
"""How far back the very first reading goes."""

WITH_EVENTS_EVERY_S = 900
"""How often the lists are read beside the events: an events system that somebody switched off costs so much, not everything."""

Rows = dict[str, dict[str, tuple[int, float]]]
"""{kind: {id: (order number, time of the change)}}"""


def poll_centra(ctx: OrderContext) -> dict[str, int]:
    """Read what changed since the last reading and send the orders concerned, each change once; then let the site be swept.

    {"orders", "returns": messages sent, "complete": 0 or 1}. Raises the vendor's errors: the next minute reads on from the same place.
    """
    ctx.queues.send(Work.FULFILMENTS, [sweep_body(ctx.site.id)])
    told = None
    if ctx.mapping.centra.events:
        told = _by_events(ctx)
    else:
        end_refusal(ctx, "the mapping file does without Centra's events system")
    # With orders switched off their cursor stands still: what comes meanwhile is found once they are switched on.
    name = f"poll-centra/{ctx.site.id}" if ctx.mapping.switches.sync_orders else f"poll-returns/{ctx.site.id}"
    lease = ctx.leases.acquire(name, ctx.new_id(), ctx.clock.now(), LEASE_S)
    if lease is None:
        return {"orders": 0, "returns": 0, "complete": 0}
    try:
        stored = ctx.cursors.get(name) or {"since": ctx.clock.now() - FIRST_S, "seen": []}
        if told is not None and ctx.clock.now() - stored.get("read_at", 0) < WITH_EVENTS_EVERY_S:
            return told
        rows, through, complete = _read(ctx, float(stored["since"]) - OVERLAP_S)
        seen = set(stored["seen"])
        fresh = {kind: {number for key, (number, at) in found.items() if _mark(kind, key, at) not in seen} for kind, found in rows.items()}
        orders = fresh["order"] | fresh["shipment"]
        if ctx.mapping.centra.events:
            # The lists then reach far back, also when the events could not be read just now.
            orders = _unknown(ctx, orders, _last_changes(rows))
        orders, returns = _send(ctx, orders, fresh["return"])
        again_from = through - OVERLAP_S - CLOCK_SLACK_S
        kept = [_mark(kind, key, at) for kind, found in rows.items() for key, (_, at) in found.items() if at >= again_from]
        value: dict[str, Any] = {"since": int(through), "seen": sorted(kept), "read_at": int(ctx.clock.now())}
        ctx.cursors.put(name, value, lease)
        return {"orders": len(orders), "returns": len(returns), "complete": int(complete)}
    finally:
        ctx.leases.release([lease])


def _by_events(ctx: OrderContext) -> dict[str, int] | None:
    """What poll_centra answers; None when the events cannot be read or confirmed, and the lists must be read."""
    orders: set[int] = set()
    returns: set[int] = set()
    whole = False
    for _ in range(MOST_PAGES):
        told = read_events(ctx)
        if told is None:
            return None
        sent = _send(ctx, set(told.orders), set(told.returns))
        orders, returns, whole = orders | sent[0], returns | sent[1], told.whole
        if not confirm(ctx, told):
            return None
        if whole:
            break
    return {"orders": len(orders), "returns": len(returns), "complete": int(whole)}


def _send(ctx: OrderContext, orders: set[int], returns: set[int]) -> tuple[set[int], set[int]]:
    """One message for each order, and for each whose returns must be looked at; which they were."""
    returns = returns | _with_returns(ctx, orders) if ctx.mapping.switches.sync_returns else set()
    if orders:
        ctx.queues.send(Work.ORDERS, [compact({"v": 1, "source": "poll", "type": "order", "id": number}) for number in sorted(orders)])
    if returns:
        ctx.queues.send(Work.RETURNS, [compact({"v": 1, "source": "poll", "type": "returns_of", "id": number}) for number in sorted(returns)])
    return orders, returns


def _last_changes(rows: Rows) -> dict[int, float]:
    """{order: when it or a shipment of it changed last}."""
    changes = [change for kind in ("order", "shipment") for change in rows[kind].values()]
    return dict(sorted(changes, key=lambda change: change[1]))


def _unknown(ctx: OrderContext, numbers: set[int], changed: dict[int, float]) -> set[int]:
    """Those that nobody has read since they changed."""
    files = ctx.files.get_many(sorted(numbers))
    return {number for number in numbers if number not in files or files[number].centra_updated_at < changed[number]}


def _with_returns(ctx: OrderContext, numbers: set[int]) -> set[int]:
    """Those with returns of tills: a refund in Centra changes the order or its shipment at most, and its webhook may be lost."""
    return {number for number, file in ctx.files.get_many(sorted(numbers)).items() if any(r.inbound for r in file.returnings)}


def _read(ctx: OrderContext, since: float) -> tuple[Rows, float, bool]:
    """The changes, and up to when (unix s) they are known to be whole."""
    begun = ctx.clock.now()
    orders, orders_whole = ctx.centra.changed_orders(since=since) if ctx.mapping.switches.sync_orders else ({}, True)
    shipments, shipments_whole = ctx.centra.changed_shipments(since=since) if ctx.mapping.switches.sync_orders else ({}, True)
    returns = ctx.centra.new_returns(since=since) if ctx.mapping.switches.sync_returns else {}
    ends = [begun]
    ends += [] if orders_whole else [max(orders.values(), default=since)]
    ends += [] if shipments_whole else [max((at for _, at in shipments.values()), default=since)]
    rows: Rows = {
        "order": {str(number): (number, at) for number, at in orders.items()},
        "shipment": {str(shipment): of_order for shipment, of_order in shipments.items()},
        "return": {str(made): (number, begun) for made, number in returns.items()},
    }
    return rows, min(ends), orders_whole and shipments_whole


def _mark(kind: str, key: str, at: float) -> str:
    """What tells a change from one seen before. A return never changes its time, so its id must do."""
    return f"{kind}/{key}" if kind == "return" else f"{kind}/{key}/{int(at)}"
