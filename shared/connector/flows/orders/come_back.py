"""A message whose work could not be done now comes back, later each time, where no order's file counts the tries; what stays unreadable is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.domain.exceptions import Kind, Owner, Problem
from connector.flows.nudge_store_stock import compact
from connector.flows.orders.context import OrderContext
from connector.flows.orders.order_turn import OrderBusy
from connector.flows.orders.till_sales import sale_entity
from connector.flows.orders.trouble import Postponed, try_again_later
from connector.runtime.parking import park
from connector.runtime.queues import Work
from connector.runtime.sitoo_lock import LockBusy
from connector.sitoo.errors import Unconfirmed
from connector.store.leases import LeaseLost
from connector.store.order_files import FileChanged

A_MOMENT = (Postponed, OrderBusy, LeaseLost, FileChanged, LockBusy, TimeoutError)
"""Somebody else is at work, or the time is known: no reason to wait longer next time."""
UNREADABLE_TOLD = 8
"""So many tries of an order that Sitoo answers but nobody can read (about ten minutes) are enough: people hear of it, and nothing loops."""


def come_back(ctx: OrderContext, work: Work, asked: Mapping[str, Any], body: str, failure: Exception) -> None:
    """Put the message back; its tries stand in it. A sweep is not put back: the next minute sends another, and kept ones would pile up.

    Raises QueueUnavailable: then the message must not be acknowledged.
    """
    if asked.get("type") == "sweep":
        return
    tries = int(asked.get("tries", 0))
    if isinstance(failure, A_MOMENT):
        try_again_later(ctx, work, body, failure)
    elif isinstance(failure, Unconfirmed) and tries >= UNREADABLE_TOLD and asked.get("source") == "sitoo":
        _tell_unreadable(ctx, work, asked)
    else:
        try_again_later(ctx, work, compact({**asked, "tries": tries + 1}), failure, troubles=tries)


def _tell_unreadable(ctx: OrderContext, work: Work, asked: Mapping[str, Any]) -> None:
    number = int(asked["id"])
    problem = Problem(
        Kind.TECHNICAL,
        sale_entity(ctx.site.id, number),
        Owner.ENGINEERING,
        f"Sitoo order {number} cannot be understood: a field is missing or unreadable. It is in no book, and no return was made of it.",
        "Compare the order in Sitoo's API with another; mend it in Sitoo or the connector's reading of it, then redrive this exception.",
        {"sitoo_order": number},
    )
    body = compact({key: value for key, value in asked.items() if key != "tries"})
    park(ctx.queues, ctx.cases, problem, work, body, ctx.clock, by=ctx.by)
