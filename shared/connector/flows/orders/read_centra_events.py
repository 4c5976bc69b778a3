"""Each minute, where the instance has it: what Centra's events system queued, put on our queues and only then confirmed."""

from __future__ import annotations

from dataclasses import dataclass

from connector.centra.change_events import MOST_EVENTS, ORDER, PAYMENT, RETURN, SHIPMENT, ChangeEvent
from connector.centra.errors import CentraError, Refused
from connector.domain.exceptions import Kind, Owner, Problem, State
from connector.flows.orders.context import OrderContext

CURSOR = "centra-events"
"""One for all sites: a queue of events belongs to the integration of the token."""
LEASE_S = 60.0
LISTEN_EVERY_S = 3600
MOST_PAGES = 10
REFUSED = "centra/events"


@dataclass(frozen=True, slots=True)
class Told:
    """Numbers of the orders that changed, and of those that had something returned or paid. `events`: to be confirmed once both are safe."""

    orders: frozenset[int] = frozenset()
    returns: frozenset[int] = frozenset()
    events: tuple[int, ...] = ()
    whole: bool = True


def read_events(ctx: OrderContext) -> Told | None:
    """The oldest events that wait; None when Centra does not serve them now, which people are told if it says why."""
    try:
        kinds = _kinds(ctx)
        _listen(ctx, kinds)
        events = ctx.centra_events.waiting(kinds)
    except Refused as refused:
        _tell(ctx, refused)
        return None
    except CentraError:
        return None
    return _told(events)


def confirm(ctx: OrderContext, told: Told) -> bool:
    """What is on our queues need not come again. False: it will, and stands before everything newer; who refused it must not send it each minute."""
    try:
        if told.events:
            ctx.centra_events.confirm(told.events)
    except Refused as refused:
        _tell(ctx, refused)
        _remember(ctx, (), 0.0)
        return False
    except CentraError:
        return False
    end_refusal(ctx, "Centra serves its events system again")
    return True


def _kinds(ctx: OrderContext) -> tuple[str, ...]:
    switches = ctx.mapping.switches
    return ((ORDER, SHIPMENT) if switches.sync_orders else ()) + ((RETURN, PAYMENT) if switches.sync_returns else ())


def _listen(ctx: OrderContext, kinds: tuple[str, ...]) -> None:
    """Once an hour, when the switches changed, and as long as it is refused: somebody else with the same integration may have ended it."""
    now = ctx.clock.now()
    stored = ctx.cursors.get(CURSOR)
    if stored is not None and stored["kinds"] == list(kinds) and now - stored["at"] < LISTEN_EVERY_S:
        return
    ctx.centra_events.listen(kinds)
    _remember(ctx, kinds, now)


def _remember(ctx: OrderContext, kinds: tuple[str, ...], at: float) -> None:
    lease = ctx.leases.acquire(CURSOR, ctx.new_id(), ctx.clock.now(), LEASE_S)
    if lease is not None:
        ctx.cursors.put(CURSOR, {"kinds": list(kinds), "at": int(at)}, lease)
        ctx.leases.release([lease])


def _told(events: list[ChangeEvent]) -> Told:
    """What was deleted tells no order any more: its order changed with it, or the next whole reading finds what is missing."""
    orders = frozenset(e.order for e in events if e.order is not None and e.kind in (ORDER, SHIPMENT))
    returns = frozenset(e.order for e in events if e.order is not None and e.kind in (RETURN, PAYMENT))
    return Told(orders, returns, tuple(e.id for e in events), whole=len(events) < MOST_EVENTS)


def _tell(ctx: OrderContext, refused: Refused) -> None:
    problem = Problem(
        kind=Kind.VENDOR_REFUSED,
        entity=REFUSED,
        owner=Owner.ENGINEERING,
        happened=f"Centra does not serve its events system: {'; '.join(refused.messages)}. Until it does, changes are looked up each minute instead.",
        todo="Give the token Event:read, Event:write and an integration name, or set centra.events to false in the mapping file "
        "and run `ops mapping apply`.",
    )
    ctx.cases.open(problem, now=ctx.clock.now(), by=ctx.by)


def end_refusal(ctx: OrderContext, note: str) -> None:
    """What people were told about the events system holds no longer."""
    case = ctx.cases.find(Kind.VENDOR_REFUSED, REFUSED)
    if case is not None and case.state in (State.OPEN, State.REDRIVEN):
        ctx.cases.move(case.case_id, State.RESOLVED, now=ctx.clock.now(), by=ctx.by, note=note)
