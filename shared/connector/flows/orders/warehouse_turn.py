"""The lease that every call changing Centra's physical stock of a store warehouse holds, so that it does not cross a stock write of the drain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connector.flows.orders.context import OrderContext
from connector.flows.orders.trouble import Postponed
from connector.flows.store_stock.turn import LEASE_S, warehouse_key

TRIES, PAUSE_S = 30, 0.2
"""Shorter than what a busy drain does between giving its warehouses back and taking the next: reading its feed, and bookings."""


@contextmanager
def warehouse_turn(ctx: OrderContext, warehouse: int) -> Iterator[None]:
    """Hold the warehouse for one vendor call. The drain holds it for the seconds of a pass; raises Postponed when it takes longer."""
    owner = ctx.new_id()
    for _ in range(TRIES):
        lease = ctx.leases.acquire(warehouse_key(warehouse), owner, ctx.clock.now(), LEASE_S)
        if lease is not None:
            break
        ctx.clock.sleep(PAUSE_S)
    else:
        raise Postponed(2.0, f"the stock of warehouse {warehouse} is being written")
    try:
        yield
    finally:
        ctx.leases.release([lease])
