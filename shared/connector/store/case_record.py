"""How a row of `Exceptions` changes: pure rules, the same for every store."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from connector.domain.exceptions import Case, Kind, Problem, State, Step

SEEN_AGAIN = "seen again"
KEPT_STEPS = 200
"""Steps of history kept beside the first: an exception that flaps for years must not outgrow its row."""


def case_id_of(kind: Kind, entity: str) -> str:
    """The same (kind, entity) always gives the same id, short enough to type: `unmapped-sku-3f9a1c2b7d4e`."""
    digest = hashlib.sha256(f"{kind.value}|{entity}".encode()).hexdigest()[:12]
    return f"{kind.value.lower().replace('_', '-')}-{digest}"


def opened(case: Case | None, problem: Problem, *, now: float, by: str, queue: str | None, body: str | None) -> tuple[Case, bool]:
    """The row after `problem` was met at `now`, and whether it is newly open (its body is then to be parked)."""
    if case is None:
        step = Step(now, by, "opened")
        return Case(case_id_of(problem.kind, problem.entity), problem, State.OPEN, 1, now, now, queue, body, (step,)), True
    seen = replace(case, problem=problem, count=case.count + 1, last_seen=max(case.last_seen, now))
    if case.state in (State.OPEN, State.DISCARDED):
        return replace(seen, history=_seen_again(case.history, now, by)), False
    return replace(seen, state=State.OPEN, queue=queue, body=body, history=_added(case.history, Step(now, by, "opened"))), True


def moved(case: Case, to: State, *, now: float, by: str, note: str) -> Case | None:
    """The row in state `to`; None when it may not go there (closed already, or there already)."""
    if case.state not in (State.OPEN, State.REDRIVEN) or case.state is to:
        return None
    what = "opened" if to is State.OPEN else to.value
    return replace(case, state=to, history=_added(case.history, Step(now, by, what, note)))


def reopened(case: Case, *, now: float, by: str, note: str) -> Case | None:
    """The row after a discard was taken back; None when it was not discarded."""
    if case.state is not State.DISCARDED:
        return None
    return replace(case, state=State.OPEN, history=_added(case.history, Step(now, by, "reopened", note)))


def _seen_again(history: tuple[Step, ...], now: float, by: str) -> tuple[Step, ...]:
    """A stretch of repetitions is one line: the count is on the row, and a fault each minute must not fill the history."""
    kept = history[:-1] if history and history[-1].what == SEEN_AGAIN else history
    return _added(kept, Step(now, by, SEEN_AGAIN))


def _added(history: tuple[Step, ...], step: Step) -> tuple[Step, ...]:
    return (*history[:1], *history[1:][-(KEPT_STEPS - 1) :], step)
