"""When a vendor, a lease or the budget stands in the way: the order is looked at again soon, later each time; nothing is lost, nobody is blamed."""

from __future__ import annotations

import json
import math
from dataclasses import replace

from connector.centra import errors as centra_errors
from connector.domain.exceptions import Kind, Owner
from connector.flows.orders.context import OrderContext
from connector.flows.orders.order_turn import OrderBusy, OrderTurn
from connector.runtime.announcements import AnnouncementFailed
from connector.runtime.budget import BudgetExhausted
from connector.runtime.queues import Work
from connector.runtime.sitoo_lock import LockBusy
from connector.sitoo import errors as sitoo_errors
from connector.store.leases import LeaseLost
from connector.store.order_files import FileChanged, OrderFile


class Postponed(Exception):
    """The order cannot go on now, for a reason that passes: an outcome that must settle, a lease another holds. `wait_s` until the next try."""

    def __init__(self, wait_s: float, why: str) -> None:
        super().__init__(why)
        self.wait_s = wait_s


PASSING = (
    Postponed,
    centra_errors.Unavailable,
    centra_errors.Throttled,
    centra_errors.Uncertain,
    centra_errors.Unauthorised,
    sitoo_errors.Unavailable,
    sitoo_errors.Throttled,
    sitoo_errors.Uncertain,
    sitoo_errors.Unauthorised,
    sitoo_errors.Unconfirmed,
    BudgetExhausted,
    LockBusy,
    OrderBusy,
    LeaseLost,
    FileChanged,
    AnnouncementFailed,
)
"""Failures that say nothing about the order: the same call may go through later."""
NOT_SENT = (
    centra_errors.Unavailable,
    centra_errors.Throttled,
    centra_errors.Unauthorised,
    sitoo_errors.Unavailable,
    sitoo_errors.Throttled,
    sitoo_errors.Unauthorised,
    BudgetExhausted,
    LockBusy,
)
"""Of a write: it certainly was not made, so that its claim can be taken back and nothing has to settle."""
REFUSED = (centra_errors.Refused, sitoo_errors.Refused)

SHORTEST_WAIT_S, LONGEST_WAIT_S = 2.0, 300.0
TROUBLES_TOLD = 10
"""So many failures in a row (after some 18 minutes) are told to people; the tries go on."""


def wait_after(ctx: OrderContext, failure: Exception, troubles: int) -> float:
    """Seconds until the next try: what the failure says, or doubling from 2 s to 5 min."""
    if isinstance(failure, Postponed):
        return failure.wait_s
    until = getattr(failure, "until", None)
    told = 0.0 if until is None else float(until) - ctx.clock.now()
    return min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S * 2.0 ** min(troubles, 8), told))


def try_again_later(ctx: OrderContext, work: Work, body: str, failure: Exception, *, troubles: int = 0) -> None:
    """Put the message back, hidden for a while. The one at hand may then be acknowledged. Raises QueueUnavailable: then it must not be."""
    ctx.queues.send(work, [body], delay_s=min(900, math.ceil(wait_after(ctx, failure, troubles))))


def postpone(turn: OrderTurn, work: Work, body: str, failure: Exception) -> None:
    """Remember that this order waits for a vendor, tell people when it lasts, and put its message back – unless one waits that comes no later.

    However many events and sites there are, a subject of an order so has one waiting message. The sweep finds the order even if that one is lost.
    """
    ctx, file, now = turn.ctx, turn.file, turn.ctx.clock.now()
    count = file.troubles if isinstance(failure, Postponed) else file.troubles + 1
    wait = wait_after(ctx, failure, count)
    waiting = {about: at for about, at in file.waiting.items() if at > now}
    comes = waiting.get(_subject(work, body), math.inf) <= now + wait + 1.0
    if not comes:
        waiting[_subject(work, body)] = now + wait
    turn.keep(
        replace(
            file,
            is_open=True,
            troubles=count,
            troubled_site=ctx.site.id,
            waiting=waiting,
            look_at=now + wait + 30.0,
            awaiting=f"another try: {failure}"[:200],
        )
    )
    if count == TROUBLES_TOLD and count > file.troubles:
        turn.park(
            Kind.TECHNICAL,
            Owner.ENGINEERING,
            f"Order {file.number} could not be worked on {count} times in a row; the last time: {type(failure).__name__}.",
            "Run `ops doctor`: it tells whether a vendor, a credential or a limit stands in the way. The connector goes on trying.",
            work,
            body,
        )
    if not comes:
        try_again_later(ctx, work, body, failure, troubles=count)


def calmed(file: OrderFile, site: int) -> OrderFile:
    """The order went through for a site: its troubles are over, those of another site are not."""
    return replace(file, troubles=0, troubled_site=0) if file.troubled_site in (0, site) else file


def _subject(work: Work, body: str) -> str:
    """What a message makes somebody look at: the order, or one Sitoo order of it."""
    asked = json.loads(body)
    return f"{work.value}/{asked['id']}" if work is not Work.ORDERS and asked.get("source") == "sitoo" else work.value
