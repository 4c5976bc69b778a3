"""A till sold what web orders were promised: the drain confirmed it, and the order that loses is chosen here. The physical sale always wins."""

from __future__ import annotations

from typing import Any

from connector.centra.order_models import CentraOrder
from connector.flows.orders.context import OrderContext
from connector.flows.orders.copies import cancel_copy
from connector.flows.orders.order_turn import LEASE_S, OrderBusy, OrderTurn, order_turn
from connector.flows.orders.owed import entitled
from connector.flows.orders.reroute import Lost, reroute
from connector.store.order_files import CopyState, Purpose

MOST_ORDERS = 10


def take_oversold(ctx: OrderContext, asked: dict[str, Any], body: str) -> int:
    """Free `units` of a SKU at a store, newest order first, leaving alone what a store has in its hands; how many found another way.

    A message older than the last one acted on is outdated: the drain looks again and says so again if it must.
    """
    warehouse, sku, lost = int(asked["warehouse"]), str(asked["sku"]), int(asked.get("units", 0))
    name = f"oversold/{warehouse}/{sku}"
    lease = ctx.leases.acquire(name, ctx.new_id(), ctx.clock.now(), LEASE_S)
    if lease is None:
        raise OrderBusy(name)
    try:
        read_at = int(asked.get("read_at", 0))
        acted = ctx.cursors.get(name) or {"at": 0, "read_at": -1, "found": 0}
        if read_at <= int(acted["at"]):
            return 0
        entries, _ = ctx.skus.find([sku])
        numbers = sorted({int(n) for n in asked.get("orders", ())}, reverse=True)[:MOST_ORDERS]
        if sku not in entries or not numbers or lost <= 0:
            return 0
        orders = ctx.centra.orders(numbers)
        # What an earlier try of this very message freed is gone from the store already.
        found = int(acted["found"]) if int(acted["read_at"]) == read_at else 0
        for number in numbers:
            if number in orders and found < lost:
                found += _free(ctx, orders[number], warehouse, entries[sku].size_id, lost - found, body)
                (lease,) = ctx.leases.renew([lease], ctx.clock.now(), LEASE_S)
                ctx.cursors.put(name, {"at": int(acted["at"]), "read_at": read_at, "found": found}, lease)
        ctx.cursors.put(name, {"at": int(ctx.clock.now()) + 1, "read_at": read_at, "found": found}, lease)
        return found
    finally:
        ctx.leases.release([lease])


def _free(ctx: OrderContext, order: CentraOrder, warehouse: int, size_id: int, units: int, body: str) -> int:
    if not any(line.size_id == size_id and line.allocated_to(warehouse) for line in order.lines):
        return 0
    with order_turn(ctx, order.number) as turn:
        lines: dict[int, int] = {}
        for line in order.lines:
            if line.size_id == size_id and units > sum(lines.values()):
                # An allocation that a shipment of another store left here is that store's to use up.
                there = min(line.allocated_to(warehouse), entitled(turn.file, order, line.id, warehouse))
                lines[line.id] = min(there, units - sum(lines.values()))
        lines = {line: n for line, n in lines.items() if n > 0}
        if not lines or not _taken_from_store(turn, warehouse):
            return 0
        reroute(turn, order, Lost(warehouse, lines, withhold=False, why="A till sold the unit first"), body)
    return sum(lines.values())


def _taken_from_store(turn: OrderTurn, warehouse: int) -> bool:
    """The store's copy is cancelled (what it still owes is posted anew); False when the store has begun, so another order must lose."""
    for copy in turn.file.live_copies():
        if copy.warehouse == warehouse and copy.purpose is Purpose.FULFIL and (copy.state is CopyState.CLAIMED or not cancel_copy(turn, copy)):
            return False
    return True
