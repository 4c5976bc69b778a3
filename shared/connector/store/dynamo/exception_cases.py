"""Exceptions.

Item: pk `open` (states open and redriven) or `closed` (resolved and discarded), sk `{case id}`; a Case's and its Problem's fields by name (`evidence`
and `history` as JSON text), `rev`, `nonce`; resolved ones `ttl` (400 days after they were last seen; discarded ones remain discarded).
"""

from __future__ import annotations

import json

from connector.domain.exceptions import Case, Kind, Owner, Problem, State, Step
from connector.store.case_record import case_id_of, moved, opened, reopened
from connector.store.dynamo.attributes import Row, real, text, whole
from connector.store.dynamo.connection import Connection
from connector.store.dynamo.shelves import Change, Place, Shelves, Stored

RESOLVED_DAYS = 400
_OPEN, _CLOSED = "open", "closed"
_IN_OPEN = (State.OPEN, State.REDRIVEN)


class DynamoExceptionCases:
    def __init__(self, connection: Connection, table: str) -> None:
        self._shelves = Shelves(connection, table)

    def open(self, problem: Problem, *, now: float, by: str, queue: str | None = None, body: str | None = None) -> tuple[Case, bool]:
        def decide(stored: Stored | None) -> tuple[Change, tuple[Case, bool]]:
            known = None if stored is None else _case(stored.row)
            case, newly = opened(known, problem, now=now, by=by, queue=queue, body=body)
            return _change(case), (case, newly)

        return self._shelves.change(_place(case_id_of(problem.kind, problem.entity)), decide)

    def get(self, case_id: str) -> Case | None:
        stored = self._shelves.read(_place(case_id))
        return None if stored is None else _case(stored.row)

    def find(self, kind: Kind, entity: str) -> Case | None:
        return self.get(case_id_of(kind, entity))

    def list(self, *, state: State | None = State.OPEN, kind: Kind | None = None, owner: Owner | None = None) -> list[Case]:
        partitions = (_OPEN, _CLOSED) if state is None else (_OPEN if state in _IN_OPEN else _CLOSED,)
        cases = [_case(row) for pk in partitions for row in self._shelves.list(pk)]
        wanted = [
            case
            for case in cases
            if (state is None or case.state is state)
            and (kind is None or case.problem.kind is kind)
            and (owner is None or case.problem.owner is owner)
        ]
        return sorted(wanted, key=lambda case: (case.first_seen, case.case_id))

    def move(self, case_id: str, to: State, *, now: float, by: str, note: str = "") -> Case | None:
        def decide(stored: Stored | None) -> tuple[Change | None, Case | None]:
            case = None if stored is None else moved(_case(stored.row), to, now=now, by=by, note=note)
            return (None if case is None else _change(case)), case

        return self._shelves.change(_place(case_id), decide)

    def reopen(self, case_id: str, *, now: float, by: str, note: str = "") -> Case | None:
        def decide(stored: Stored | None) -> tuple[Change | None, Case | None]:
            case = None if stored is None else reopened(_case(stored.row), now=now, by=by, note=note)
            return (None if case is None else _change(case)), case

        return self._shelves.change(_place(case_id), decide)


def _place(case_id: str) -> Place:
    return Place(_OPEN, _CLOSED, case_id)


def _change(case: Case) -> Change:
    problem = case.problem
    row: Row = {
        "kind": problem.kind.value,
        "entity": problem.entity,
        "owner": problem.owner.value,
        "happened": problem.happened,
        "todo": problem.todo,
        "evidence": json.dumps(problem.evidence, ensure_ascii=False),
        "state": case.state.value,
        "count": case.count,
        "first_seen": case.first_seen,
        "last_seen": case.last_seen,
        "queue": case.queue,
        "body": case.body,
        "history": json.dumps([[step.at, step.by, step.what, step.note] for step in case.history], ensure_ascii=False),
        "ttl": int(case.last_seen) + RESOLVED_DAYS * 86_400 if case.state is State.RESOLVED else None,
    }
    return Change(row, is_open=case.state in _IN_OPEN)


def _case(row: Row) -> Case:
    problem = Problem(
        kind=Kind(text(row, "kind")),
        entity=text(row, "entity"),
        owner=Owner(text(row, "owner")),
        happened=text(row, "happened"),
        todo=text(row, "todo"),
        evidence=json.loads(text(row, "evidence")),
    )
    return Case(
        case_id=text(row, "sk"),
        problem=problem,
        state=State(text(row, "state")),
        count=whole(row, "count"),
        first_seen=real(row, "first_seen"),
        last_seen=real(row, "last_seen"),
        queue=text(row, "queue") if "queue" in row else None,
        body=text(row, "body") if "body" in row else None,
        history=tuple(Step(*step) for step in json.loads(text(row, "history"))),
    )
