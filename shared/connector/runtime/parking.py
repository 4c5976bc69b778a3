"""Parking: what cannot be processed becomes a row people act on, and its message waits on the dead-letter queue."""

from __future__ import annotations

from connector.domain.exceptions import Case, Problem, State
from connector.runtime.clock import Clock
from connector.runtime.dead_letters import EXCEPTION_ID
from connector.runtime.queues import Queues, Work
from connector.store.exception_cases import ExceptionCases


def park(queues: Queues, cases: ExceptionCases, problem: Problem, work: Work, body: str, clock: Clock, by: str) -> Case:
    """Record the problem and, when it is newly open, put `body` unchanged on the dead-letter queue of `work`.

    The row comes first and holds the body too: a crash between the two loses nothing, the desk redrives from the row.
    A case that a person discarded stays discarded and its message is not kept. Raises QueueUnavailable.
    """
    case, newly_open = cases.open(problem, now=clock.now(), by=by, queue=work.value, body=body)
    if newly_open:
        queues.park(work, body, {EXCEPTION_ID: case.case_id})
    return case


def is_discarded(cases: ExceptionCases, exception_id: str | None) -> bool:
    """A consumer acknowledges, unread, a message that carries the id of a discarded case."""
    case = cases.get(exception_id) if exception_id else None
    return case is not None and case.state is State.DISCARDED
