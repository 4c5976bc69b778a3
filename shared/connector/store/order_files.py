"""OrderFiles (table OrderLinks): what the connector has done about each order, and what it waits for. No personal data.

One file per Centra order number. Files are listed while they are open; each write is conditional on the revision that was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

MOST_STEPS = 80


class CopyState(StrEnum):
    """CLAIMED: about to be posted, or its outcome unknown. OPEN: in Sitoo. CANCELLING: a cancel is due or uncertain. The others are final."""

    CLAIMED = "claimed"
    OPEN = "open"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    DONE = "done"


class Purpose(StrEnum):
    """Why an order has a copy in Sitoo: the store fulfils it, or tills may validate returns against it."""

    FULFIL = "fulfil"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class CopyRow:
    """Row `row` of the copy holds `units` of Centra's order line `line` (0: a fee)."""

    row: int
    line: int
    sku: str
    units: int


@dataclass(frozen=True, slots=True)
class Copy:
    """A Sitoo order made for a Centra order and warehouse. `total`: cents. `fingerprint`: a digest of what was sent, to see later changes.

    `ready_at`: marked ready for pick-up (0: not). `reminded_at`: the customer was reminded. `returned`: {row: units} returned.
    """

    site: int
    warehouse: int
    revision: int
    purpose: Purpose
    external_id: str
    state: CopyState
    claimed_at: float
    rows: tuple[CopyRow, ...] = ()
    total: int = 0
    fingerprint: str = ""
    sitoo_order_id: int | None = None
    reserved_until: float = 0.0
    ready_at: float = 0.0
    reminded_at: float = 0.0
    fulfilment: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """Units of a SKU that were allocated to a store warehouse, not shipped, when the order was last read."""

    warehouse: int
    sku: str
    units: int


@dataclass(frozen=True, slots=True)
class Rerouting:
    """Units that a warehouse lost and that are being found elsewhere: begun, not known to be finished. `copy`: its copy's externalid, '' none."""

    warehouse: int
    lines: Mapping[int, int]
    withhold: bool
    why: str
    copy: str = ""


class ShippingState(StrEnum):
    """CLAIMED: createShipment is due or uncertain. CREATED: captured and completed next. CAPTURE_FAILED waits for people. COMPLETED is final."""

    CLAIMED = "claimed"
    CREATED = "created"
    CAPTURED = "captured"
    CAPTURE_FAILED = "capture_failed"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Shipping:
    """A Sitoo delivery on its way to become a Centra shipment. `lines`: {Centra order line: units}."""

    delivery_id: int
    warehouse: int
    state: ShippingState
    lines: Mapping[int, int]
    external_id: str
    at: float
    tracking: str = ""
    shipment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Returning:
    """A Sitoo refund on its way to become a Centra return of one shipment, or (inbound False) a Centra return on its way to Sitoo.

    `state`: claimed | created | completed | refunding | refunded | done | parked. `amount`: cents paid at the till. `lines`: {shipment line: units}.
    """

    key: str
    inbound: bool
    state: str
    sitoo_order_id: int | None
    shipment_id: int
    lines: Mapping[int, int]
    amount: int
    at: float
    return_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReturnWatch:
    """Returns to look at again at `look_at` (unix s), first seen at `since`: a till's refund order, or (`refund` 0) the order's returns in Centra.
    `site`: the till's (0: the file's). `looks`: how often a finished one was looked at. `moving`: externalid of a stock transaction under way."""

    refund: int
    since: float
    look_at: float
    why: str = ""
    looks: int = 0
    moving: str = ""
    moving_at: float = 0.0
    site: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done or seen: when (unix s), what, how long it took (ms, 0 when not measured), which ids."""

    at: float
    what: str
    ms: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class OrderFile:
    """`awaiting`: what is waited for, in plain words ('' nothing). `excluded`: warehouses that rejected it. `look_at`: when to look again (0: never).

    `troubles`: how often in a row a vendor stood in the way, of `troubled_site` last; the next try waits longer each time. `waiting`: {what a message
    is about: when the one that was put back comes (unix s)}. `told_by`: {what is parked: site that told it}. `rev` 0: not stored yet.
    """

    number: int
    site: int
    rev: int = 0
    is_open: bool = True
    decision: str = ""
    awaiting: str = ""
    look_at: float = 0.0
    troubles: int = 0
    troubled_site: int = 0
    waiting: Mapping[str, float] = field(default_factory=dict)
    centra_updated_at: float = 0.0
    owed: tuple[Owed, ...] = ()
    copies: tuple[Copy, ...] = ()
    shippings: tuple[Shipping, ...] = ()
    returnings: tuple[Returning, ...] = ()
    watches: tuple[ReturnWatch, ...] = ()
    rerouting: tuple[Rerouting, ...] = ()
    excluded: frozenset[int] = frozenset()
    handled: frozenset[str] = frozenset()
    parked: frozenset[str] = frozenset()
    told_by: Mapping[str, int] = field(default_factory=dict)
    steps: tuple[Step, ...] = field(default=())

    def with_copy(self, copy: Copy) -> OrderFile:
        """The copy added, or in the place of the one with its externalid."""
        others = tuple(c for c in self.copies if c.external_id != copy.external_id)
        return replace(self, copies=(*others, copy))

    def with_shipping(self, shipping: Shipping) -> OrderFile:
        others = tuple(s for s in self.shippings if s.delivery_id != shipping.delivery_id)
        return replace(self, shippings=(*others, shipping))

    def with_returning(self, returning: Returning) -> OrderFile:
        return replace(self, returnings=(*(r for r in self.returnings if r.key != returning.key), returning))

    def without_returning(self, key: str) -> OrderFile:
        return replace(self, returnings=tuple(r for r in self.returnings if r.key != key))

    def with_watch(self, watch: ReturnWatch) -> OrderFile:
        """The watch added, or in the place of the one for its refund; the file is open while it has one."""
        return replace(self, is_open=True, watches=(*(w for w in self.watches if w.refund != watch.refund), watch))

    def without_watch(self, refund: int) -> OrderFile:
        return replace(self, watches=tuple(w for w in self.watches if w.refund != refund))

    def watch_of(self, refund: int) -> ReturnWatch | None:
        return next((w for w in self.watches if w.refund == refund), None)

    def with_step(self, at: float, what: str, *, ms: int = 0, note: str = "") -> OrderFile:
        return replace(self, steps=(*self.steps, Step(at, what, ms, note))[-MOST_STEPS:])

    def live_copies(self) -> tuple[Copy, ...]:
        """Copies that are, or may be, open in Sitoo."""
        return tuple(c for c in self.copies if c.state in (CopyState.CLAIMED, CopyState.OPEN, CopyState.CANCELLING))


class FileChanged(Exception):
    """Somebody else wrote the file since it was read: start over."""


class OrderFileUnreadable(ValueError):
    """The stored file does not have the shape this version knows (a newer one wrote it); `str()` names the place."""


class OrderFiles(Protocol):
    def get(self, number: int) -> OrderFile | None:
        """Strongly consistent. Raises OrderFileUnreadable."""
        ...

    def get_many(self, numbers: list[int]) -> dict[int, OrderFile]:
        """Those that can be read. Strongly consistent."""
        ...

    def put(self, file: OrderFile) -> OrderFile:
        """Store it if nobody wrote since `file.rev`; the stored file (next rev). Raises FileChanged. Writing one's own write again is harmless."""
        ...

    def open_files(self, unreadable: Callable[[int, OrderFileUnreadable], None] | None = None) -> Iterator[OrderFile]:
        """Every open file that can be read; one that cannot does not hold up the others, and `unreadable` hears of it: (number, why)."""
        ...

    def know_sitoo_order(self, sitoo_order_id: int, number: int) -> None:
        """Remember which Centra order a Sitoo order belongs to (absolute, repeatable), so that its events cost no look-up."""
        ...

    def number_of(self, sitoo_order_id: int) -> int | None:
        """The Centra order number of a Sitoo order the connector made; None when it is not known here."""
        ...
