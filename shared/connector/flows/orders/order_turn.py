"""One order at a time: whoever works on an order holds its lease, and writes its file only as it was read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from connector.domain.exceptions import Case, Kind, Owner, Problem, State
from connector.flows.nudge_store_stock import nudge_body
from connector.flows.orders.context import OrderContext
from connector.runtime.parking import park
from connector.runtime.queues import Work
from connector.store.leases import Lease
from connector.store.order_files import Copy, CopyState, OrderFile, ShippingState
from connector.store.stock_levels import Mark

LEASE_S = 30.0
"""Longer than any two vendor calls at their time-outs; renewed before each write to a vendor."""


STAMP = "stamp"
"""A note on the Centra order, as what a problem is about: that the order went through says nothing of it."""


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
        """What was written moves stock or reservations: the drain must look at these (Centra warehouse, sku) now, as far as they are stores."""
        marks = [Mark(w, sku) for w, sku in sorted(keys) if self.ctx.store_at(w) is not None]
        if marks:
            self.ctx.levels.mark(self.ctx.site.id, marks, self.ctx.clock.now())
            self.ctx.queues.send(Work.STORE_STOCK, [nudge_body(self.ctx.site.id, "order")])

    def park(
        self, kind: Kind, owner: Owner, happened: str, todo: str, work: Work, body: str, *, about: str = "", **evidence: str | int | list[str]
    ) -> None:
        """Open the exception of this kind for this order, or for what part of it it is `about` (once), and remember it in the file.

        `about`: "warehouse/12", "delivery/71", "shipment/42" – what is discarded there says nothing of the others; "" the whole order.
        """
        problem = Problem(kind, order_entity(self.file.number, about), owner, happened, todo, {"order": self.file.number, **evidence})
        park(self.ctx.queues, self.ctx.cases, problem, work, body, self.ctx.clock, by=self.ctx.by)
        fact = _fact(kind, about)
        self.parked_now.add(fact)
        if fact not in self.file.parked:
            told_by = {**self.file.told_by, fact: self.ctx.site.id}
            file = self.file.with_step(self.ctx.clock.now(), "parked", note=fact)
            self.keep(replace(file, parked=file.parked | {fact}, told_by=told_by))

    def still_parked(self, kind: Kind, about: str = "") -> None:
        """What was told still holds: the pass that sees it again must not end it."""
        self.parked_now.add(_fact(kind, about))

    def case(self, kind: Kind, about: str = "") -> Case | None:
        """The case that this order's file remembers; None when none was opened."""
        return self.ctx.cases.find(kind, order_entity(self.file.number, about)) if _fact(kind, about) in self.file.parked else None

    def sent_back_at(self, kind: Kind, about: str = "") -> float:
        """When people sent this order's case of a kind back (unix s); 0 when they did not, or it was told again since.

        The operators' redrive puts the bare message on its queue: the case says that it was sent back, the message does not.
        """
        case = self.case(kind, about)
        if case is None or case.state is not State.REDRIVEN:
            return 0.0
        return max((step.at for step in case.history if step.what == State.REDRIVEN.value), default=0.0)

    def resolve_ours(self, *kinds: Kind) -> None:
        """The order went through for this site: what was told of another site's part of it stays."""
        others = {site.id for site in self.ctx.mapping.sites} - {self.ctx.site.id}
        theirs = {fact for fact, site in self.file.told_by.items() if site in others or _told(fact)[1] == STAMP or self._is_under_way(_told(fact)[1])}
        self._resolve({fact for fact in self.file.parked - theirs if _told(fact)[0] in kinds}, "the order went through")

    def _is_under_way(self, about: str) -> bool:
        """A store's copy that is not done with: whoever records what the store does ends what was told of it."""
        unfinished = {shipping.warehouse for shipping in self.file.shippings if shipping.state is not ShippingState.COMPLETED}
        copies = (c for c in self.file.copies if about == about_copy(c.sitoo_order_id))
        return any(copy.state is CopyState.OPEN or copy.warehouse in unfinished for copy in copies)

    def resolve(self, *kinds: Kind, about: str | None = None, note: str = "the order went through") -> None:
        """What was parked about this order (`about`: only about that part of it) no longer holds; what this very turn has told stays."""
        self._resolve({fact for fact in self.file.parked if _told(fact)[0] in kinds and about in (None, _told(fact)[1])}, note)

    def _resolve(self, facts: set[str], note: str) -> None:
        gone = facts - self.parked_now
        for fact in sorted(gone):
            kind, part = _told(fact)
            case = self.ctx.cases.find(kind, order_entity(self.file.number, part))
            if case is not None and case.state in (State.OPEN, State.REDRIVEN):
                self.ctx.cases.move(case.case_id, State.RESOLVED, now=self.ctx.clock.now(), by=self.ctx.by, note=note)
        if gone:
            told_by = {fact: site for fact, site in self.file.told_by.items() if fact not in gone}
            self.keep(replace(self.file, parked=self.file.parked - gone, told_by=told_by))


def about_copy(sitoo_order_id: int | None) -> str:
    """A copy in Sitoo, as what a problem is about."""
    return f"sitoo-order/{sitoo_order_id or 0}"


def parked_about(file: OrderFile, kind: Kind) -> list[str]:
    """What of the order its parked problems of a kind are about ("" the whole order)."""
    return [about for name, about in map(_told, sorted(file.parked)) if name is kind]


def _fact(kind: Kind, about: str) -> str:
    return f"{kind.value}/{about}" if about else kind.value


def _told(fact: str) -> tuple[Kind, str]:
    name, _, about = fact.partition("/")
    return Kind(name), about


def order_entity(number: int, about: str = "") -> str:
    """What a problem with one order is about, or with a part of it: `order/104233`, `order/104233/warehouse/12`."""
    return f"order/{number}/{about}" if about else f"order/{number}"


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
