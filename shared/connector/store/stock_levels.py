"""StockLevels: which SKUs of which store warehouse must be looked at, what was last known, and which writes are not settled.

`warehouse` is always the *Centra* warehouse id of a store; `sku` is Sitoo's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from connector.store.leases import Lease

Key = tuple[int, str]
"""(Centra warehouse id, Sitoo sku)"""


@dataclass(frozen=True, slots=True)
class Mark:
    """A reason to look at a SKU. `delta`: signed units when a movement caused it, else 0 (unknown direction).

    `blocked_by`: for raises, {Centra warehouse: version} of decreases of the same SKU pending when the mark was made.
    """

    warehouse: int
    sku: str
    delta: int = 0
    blocked_by: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dirty:
    """A SKU that must be looked at. `version` grows with each mark, also across a clearing (a new row starts at the time in µs, never at a used one);
    `since` is the first mark not yet dealt with; not before `due`.

    `delta` sums the marks' deltas; `done_version`: marks up to it were covered by a confirmed look; `refusals` counts refused writes.
    """

    warehouse: int
    sku: str
    version: int
    since: float
    due: float
    delta: int
    done_version: int = 0
    refusals: int = 0
    blocked_by: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Level:
    """What Centra was last known to hold for a SKU in a warehouse, in units, and when (unix s)."""

    physical: int
    allocated: int
    at: float


@dataclass(frozen=True, slots=True)
class PendingWrite:
    """A `setStock` that was (or may have been) sent: recorded before the call, removed when its outcome is settled."""

    write_id: str
    warehouse: int
    quantities: Mapping[str, int]
    called_at: float


@dataclass(frozen=True, slots=True)
class Done:
    """A Dirty dealt with up to `version`: cleared if nothing newer came, else kept with done_version = version, refusals 0 and since = now.

    `delta` is `Dirty.delta` as it was read: it is taken off a row that is kept, so that only newer marks count.
    """

    warehouse: int
    sku: str
    version: int
    delta: int = 0


@dataclass(frozen=True, slots=True)
class Postponed:
    """A Dirty that stays, looked at again at `due` unless a new mark makes it due at once."""

    warehouse: int
    sku: str
    version: int
    due: float
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one pass settles, applied under the fence. Chunks of one transaction may land separately (each is safe alone).

    A SKU both done and postponed is postponed.
    """

    done: Sequence[Done] = ()
    postponed: Sequence[Postponed] = ()
    levels: Mapping[Key, Level] = field(default_factory=dict)
    settled_writes: Sequence[PendingWrite] = ()


class StockLevels(Protocol):
    def mark(self, site: int, marks: Sequence[Mark], now: float) -> None:
        """Make SKUs dirty: version + 1, delta added, since = first mark, due = now, blocked_by merged (a warehouse named again: the later version).

        Several marks of one SKU in a call count as one. Safe for anybody, no lease needed. Must not lose a concurrent mark.
        """
        ...

    def mark_at(self, site: int, at: float, marks: Sequence[Mark]) -> None:
        """Make SKUs dirty at a later time (reservations expire then). The same SKU at the same time again changes nothing more."""
        ...

    def ripen(self, site: int, now: float) -> int:
        """Turn `mark_at` marks whose time has come into dirty rows, each exactly once whoever calls; how many."""
        ...

    def timed(self, site: int) -> list[tuple[float, Mark]]:
        """The `mark_at` marks that are not ripened yet, with their time (unix s), soonest first."""
        ...

    def dirty(self, site: int) -> list[Dirty]:
        """All dirty rows, due or not. Strongly consistent."""
        ...

    def levels(self, site: int, skus: Sequence[str]) -> dict[str, dict[int, Level]]:
        """{sku: {warehouse: level}} of what is known."""
        ...

    def record_write(self, site: int, lease: Lease, write: PendingWrite) -> None:
        """Before the call. Raises `LeaseLost`."""
        ...

    def pending_writes(self, site: int) -> list[PendingWrite]: ...

    def settle(self, site: int, lease: Lease, outcome: Outcome, now: float) -> None:
        """Apply an Outcome under the fence; raises `LeaseLost` and applies nothing more. Rows that are gone are left gone."""
        ...
