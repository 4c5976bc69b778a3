"""Exceptions: the record of everything a person must look at."""

from __future__ import annotations

from typing import Protocol

from connector.domain.exceptions import Case, Kind, Owner, Problem, State


class ExceptionCases(Protocol):
    def open(self, problem: Problem, *, now: float, by: str, queue: str | None = None, body: str | None = None) -> tuple[Case, bool]:
        """Create the case, or raise its count and last-seen; evidence, happened and todo are refreshed.

        Resolved and redriven ones re-open, discarded ones stay discarded.

        True when it is newly open (created or re-opened): the caller then parks the body, else not.
        """
        ...

    def get(self, case_id: str) -> Case | None: ...

    def find(self, kind: Kind, entity: str) -> Case | None: ...

    def list(self, *, state: State | None = State.OPEN, kind: Kind | None = None, owner: Owner | None = None) -> list[Case]:
        """Oldest first."""
        ...

    def move(self, case_id: str, to: State, *, now: float, by: str, note: str = "") -> Case | None:
        """Change state conditionally (from open or redriven only; None when it was neither, or is in state `to` already) and add to the history."""
        ...

    def reopen(self, case_id: str, *, now: float, by: str, note: str = "") -> Case | None:
        """A discard is taken back: open again, its history kept; None when it is not discarded."""
        ...
