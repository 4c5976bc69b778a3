"""ApiBudget in memory: Centra's buckets and the locks of Sitoo's API users."""

from __future__ import annotations

from dataclasses import replace
from threading import RLock

from connector.store.api_budget import BudgetState, LockState
from connector.store.memory.hook import Before, nothing


class MemoryBudgetStore:
    def __init__(self, before: Before = nothing) -> None:
        self.before = before
        self._lock = RLock()
        self._state: BudgetState | None = None

    def read(self) -> BudgetState | None:
        self.before("budget.read")
        state = self._state
        return None if state is None else replace(state, arrival=dict(state.arrival))

    def write(self, state: BudgetState) -> bool:
        self.before("budget.write")
        with self._lock:
            if state.version != (0 if self._state is None else self._state.version) + 1:
                return False
            self._state = replace(state, arrival=dict(state.arrival))
            return True


class MemoryLockStore:
    def __init__(self, before: Before = nothing) -> None:
        self.before = before
        self._lock = RLock()
        self._states: dict[str, LockState] = {}

    def read(self, api_user: str) -> LockState | None:
        self.before("sitoo_lock.read")
        return self._states.get(api_user)

    def swap(self, api_user: str, expected: LockState | None, new: LockState) -> bool:
        self.before("sitoo_lock.swap")
        with self._lock:
            stored = self._states.get(api_user)
            if _identity(stored) != _identity(expected):
                return False
            self._states[api_user] = new
            return True


def _identity(state: LockState | None) -> tuple[int, str, float] | None:
    """What makes two lock states the same for `swap`."""
    return None if state is None else (state.fence, state.owner, state.expires_at)
