"""One order at a time: whoever works on an order holds its lease, and writes its file only as it was read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from connector.domain.exceptions import Kind, Owner, Problem, State
from connector.flows.nudge_store_stock import nudge_body
from connector.flows.orders.context import OrderContext
from connector.runtime.parking import park
from connector.runtime.queues import Work
from connector.store.leases import Lease
from connector.store.order_files import Copy, OrderFile
from connector.store.stock_levels import Mark

LEASE_S = 30.0
"""Longer than any two vendor calls at their time-outs; renewed before each write to a vendor."""


class OrderBusy(Exception):
    """Another function works on this order: try again in a moment."""


class OrderTurn:
    """The lease on one order and its file. Every change goes through `keep`, which stores it before and after each call to a vendor."""

    def __init__(self, ctx: OrderContext, lease: Lease, file: OrderFile) -> None:
        self.ctx, self._lease, self.file = ctx, lease, file
        self.stored = file
        self.parked_now: set[str] = set()

    def hold(self) -> None:
        """Prolong the lease before a vendor call. Raises LeaseLost: stop, somebody else goes on."""
        (self._lease,) = self.ctx.leases.renew([self._lease], self.ctx.clock.now(), LEASE_S)

    def keep(self, file: OrderFile) -> None:
        """Store the file; it stays open while a return is watched. Raises FileChanged (impossible while the lease holds) and leaves this turn's
        file as it was."""
        self.file = self.stored = self.ctx.files.put(replace(file, is_open=file.is_open or bool(file.watches)))

    def step(self, what: str, *, note: str = "", since: float | None = None) -> None:
        """Add a line to the order's story without storing it yet: the next `keep` does. `since` (unix s) gives the duration."""
        now = self.ctx.clock.now()
        ms = 0 if since is None else round((now - since) * 1000)
        self.file = self.file.with_step(now, what, ms=ms, note=note)

    def is_ours(self, copy: Copy) -> bool:
        """Whether the copy belongs to this site (an order may be split over stores of several sites)."""
        return copy.site == self.ctx.site.id

    def touch_stock(self, keys: set[tuple[int, str]]) -> None:
        """What was written moves stock or reservations: the drain must look at these (Centra warehouse, sku) now."""
        if keys:
            self.ctx.levels.mark(self.ctx.site.id, [Mark(w, sku) for w, sku in sorted(keys)], self.ctx.clock.now())
            self.ctx.queues.send(Work.STORE_STOCK, [nudge_body(self.ctx.site.id, "order")])

    def park(self, kind: Kind, owner: Owner, happened: str, todo: str, work: Work, body: str, **evidence: str | int | list[str]) -> None:
        """Open the exception of this kind for this order (once), and remember it in the file."""
        problem = Problem(kind, order_entity(self.file.number), owner, happened, todo, {"order": self.file.number, **evidence})
        park(self.ctx.queues, self.ctx.cases, problem, work, body, self.ctx.clock, by=self.ctx.by)
        self.parked_now.add(kind.value)
        if kind.value not in self.file.parked:
            self.keep(replace(self.file.with_step(self.ctx.clock.now(), "parked", note=kind.value), parked=self.file.parked | {kind.value}))

    def sent_back_at(self, kind: Kind) -> float:
        """When people sent this order's case of a kind back (unix s); 0 when they did not, or it was told again since.

        The operators' redrive puts the bare message on its queue: the case says that it was sent back, the message does not.
        """
        case = self.ctx.cases.find(kind, order_entity(self.file.number)) if kind.value in self.file.parked else None
        if case is None or case.state is not State.REDRIVEN:
            return 0.0
        return max((step.at for step in case.history if step.what == State.REDRIVEN.value), default=0.0)

    def resolve(self, *kinds: Kind) -> None:
        """What was parked about this order no longer holds."""
        gone = {kind.value for kind in kinds} & self.file.parked
        for name in sorted(gone):
            case = self.ctx.cases.find(Kind(name), order_entity(self.file.number))
            if case is not None and case.state in (State.OPEN, State.REDRIVEN):
                self.ctx.cases.move(case.case_id, State.RESOLVED, now=self.ctx.clock.now(), by=self.ctx.by, note="the order went through")
        if gone:
            self.keep(replace(self.file, parked=self.file.parked - gone))


def order_entity(number: int) -> str:
    """What a problem with one order is about."""
    return f"order/{number}"


def order_key(number: int) -> str:
    """The lease under which one order is worked on."""
    return f"order/{number}"


@contextmanager
def order_turn(ctx: OrderContext, number: int) -> Iterator[OrderTurn]:
    """Work on an order alone. Raises OrderBusy when another function does: its message comes back in a moment."""
    lease = ctx.leases.acquire(order_key(number), ctx.new_id(), ctx.clock.now(), LEASE_S)
    if lease is None:
        raise OrderBusy(f"order {number}")
    try:
        yield OrderTurn(ctx, lease, ctx.files.get(number) or OrderFile(number, ctx.site.id))
    finally:
        ctx.leases.release([lease])
