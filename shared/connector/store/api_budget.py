"""ApiBudget: how much of Centra's shared rate limits this connector has used, and who may call Sitoo now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BudgetState:
    """Theoretical arrival times (unix s) of the four GCRA buckets, keyed `requests/10`, `requests/3600`, `mutations/10`, `mutations/3600`.

    `version` guards the conditional write. `seen_at`: when `rateLimits` was last read. `closed_until`: no call before then (429 Retry-After).
    """

    version: int
    arrival: dict[str, float]
    seen_at: float = 0.0
    closed_until: float = 0.0


class BudgetStore(Protocol):
    def read(self) -> BudgetState | None: ...

    def write(self, state: BudgetState) -> bool:
        """Store `state` if the stored version is `state.version - 1` (or nothing is stored and it is 1). False: somebody else was first."""
        ...


@dataclass(frozen=True, slots=True)
class LockState:
    """Who may call Sitoo with one API user (`owner` "" = nobody). Every write raises `fence` by one, marks of waiters too.

    `stock_waits_until`, `others_wait_until`: somebody of that kind waits. `stock_used`: seconds the stock lanes held it, decayed at `window_start`.
    """

    owner: str
    fence: int
    expires_at: float
    closed_until: float = 0.0
    stock_waits_until: float = 0.0
    others_wait_until: float = 0.0
    window_start: float = 0.0
    stock_used: float = 0.0


class LockStore(Protocol):
    """One item per Sitoo API user. `swap` is the only write."""

    def read(self, api_user: str) -> LockState | None: ...

    def swap(self, api_user: str, expected: LockState | None, new: LockState) -> bool:
        """Write `new` if what is stored still equals `expected` (compared by fence and owner and expires_at; None: nothing stored)."""
        ...
