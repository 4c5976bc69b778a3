"""ExceptionCases in memory."""

from __future__ import annotations

from threading import RLock

from connector.domain.exceptions import Case, Kind, Owner, Problem, State
from connector.store.case_record import case_id_of, moved, opened, reopened
from connector.store.memory.hook import Before, nothing


class MemoryExceptionCases:
    def __init__(self, before: Before = nothing) -> None:
        self.before = before
        self._lock = RLock()
        self._cases: dict[str, Case] = {}

    def open(self, problem: Problem, *, now: float, by: str, queue: str | None = None, body: str | None = None) -> tuple[Case, bool]:
        self.before("exception_cases.open")
        with self._lock:
            known = self._cases.get(case_id_of(problem.kind, problem.entity))
            case, newly = opened(known, problem, now=now, by=by, queue=queue, body=body)
            self._cases[case.case_id] = case
            return case, newly

    def get(self, case_id: str) -> Case | None:
        self.before("exception_cases.get")
        return self._cases.get(case_id)

    def find(self, kind: Kind, entity: str) -> Case | None:
        self.before("exception_cases.find")
        return self._cases.get(case_id_of(kind, entity))

    def list(self, *, state: State | None = State.OPEN, kind: Kind | None = None, owner: Owner | None = None) -> list[Case]:
        self.before("exception_cases.list")
        with self._lock:
            found = [
                case
                for case in self._cases.values()
                if (state is None or case.state is state)
                and (kind is None or case.problem.kind is kind)
                and (owner is None or case.problem.owner is owner)
            ]
        return sorted(found, key=lambda case: (case.first_seen, case.case_id))

    def move(self, case_id: str, to: State, *, now: float, by: str, note: str = "") -> Case | None:
        self.before("exception_cases.move")
        with self._lock:
            known = self._cases.get(case_id)
            case = None if known is None else moved(known, to, now=now, by=by, note=note)
            if case is not None:
                self._cases[case_id] = case
            return case

    def reopen(self, case_id: str, *, now: float, by: str, note: str = "") -> Case | None:
        self.before("exception_cases.reopen")
        with self._lock:
            known = self._cases.get(case_id)
            case = None if known is None else reopened(known, now=now, by=by, note=note)
            if case is not None:
                self._cases[case_id] = case
            return case
