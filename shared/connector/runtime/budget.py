"""Centra's rate limits, shared by all functions through ApiBudget."""

from __future__ import annotations

from typing import Protocol

from connector.domain.configuration import Lane


class BudgetExhausted(Exception):
    """No grant before `until` (unix s) without exceeding the configured share of a limit. Nothing was spent."""

    def __init__(self, until: float) -> None:
        super().__init__(f"no Centra budget before {until:.1f}")
        self.until = until


class Budget(Protocol):
    def take(self, lane: Lane, *, requests: int = 1, mutations: int = 0) -> None:
        """Spend, or raise BudgetExhausted. One conditional write per grant."""
        ...

    def mutations_left(self, lane: Lane) -> int:
        """How many mutations `lane` could take right now (0 while closed), given also one request for the call."""
        ...

    def available_at(self, lane: Lane, *, requests: int = 1, mutations: int = 0) -> float:
        """The earliest time at which `take` would be granted if nobody else spends."""
        ...

    def close(self, until: float) -> None:
        """A 429 came: nobody calls before `until`."""
        ...
