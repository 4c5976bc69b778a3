"""What people do with parked work: adopt what only the queues know, send it back, or discard it.

The row in `Exceptions` is the truth; a letter on a dead-letter queue is its copy, there so that the queue's own redrive works too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connector.domain.exceptions import Case, State
from connector.flows.adopted_letters import Adoption, nudged_site, stuck_drain, technical_failure, unknown_events
from connector.flows.nudge_store_stock import nudge_body
from connector.runtime.clock import Clock
from connector.runtime.dead_letters import EXCEPTION_ID, DeadLetters, Letter
from connector.runtime.parking import park
from connector.runtime.queues import Queues, Work
from connector.store.exception_cases import ExceptionCases

REDRIVE_DELAY_S = 5
"""A redriven message is hidden this long, so that its row says `redriven` before a consumer can fail on it again."""


class Redrive(StrEnum):
    """What became of one redrive."""

    SENT = "sent back"
    FAILED_AGAIN = "sent back, and failed again meanwhile"
    RESOLVED = "nothing to send back: resolved, opens again if it happens again"
    NOT_OPEN = "not open"


@dataclass(frozen=True, slots=True)
class ExceptionsDesk:
    """All methods raise QueueUnavailable; whatever was done until then holds, and doing it again is harmless."""

    cases: ExceptionCases
    queues: Queues
    dead_letters: DeadLetters
    clock: Clock

    def redrive(self, case_id: str, by: str) -> Redrive:
        """Send the original body back to its queue and mark the row; a second redrive of the same case does nothing.

        Sent before it is marked: a crash between the two leaves it open and at worst doubles the message, which consumers bear.
        """
        case = self.cases.get(case_id)
        if case is None or case.state is not State.OPEN:
            return Redrive.NOT_OPEN
        if case.queue is None or case.body is None:
            self.cases.move(case_id, State.RESOLVED, now=self.clock.now(), by=by, note="nothing to send back")
            return Redrive.RESOLVED
        self.queues.send(Work(case.queue), [case.body], delay_s=REDRIVE_DELAY_S)
        moved = self.cases.move(case_id, State.REDRIVEN, now=self.clock.now(), by=by)
        if moved is not None and moved.count != case.count:
            self.cases.move(case_id, State.OPEN, now=self.clock.now(), by=by, note="failed again while it was redriven")
            return Redrive.FAILED_AGAIN
        return Redrive.SENT

    def discard(self, case_id: str, by: str, reason: str) -> Case | None:
        """Give the case up for good: its messages are acknowledged unread from now on.

        A case without a message (the drain is stuck, a name is unmapped) is resolved instead: should it happen again, people must hear of it.
        None when it was settled already. Raises ValueError without a reason.
        """
        if not reason.strip():
            raise ValueError("a discard needs a reason")
        case = self.cases.get(case_id)
        to = State.RESOLVED if case is not None and case.body is None else State.DISCARDED
        return self.cases.move(case_id, to, now=self.clock.now(), by=by, note=reason.strip())

    def reopen(self, case_id: str, by: str, note: str) -> Case | None:
        """Take a discard back: the case is open, and its message waits on the dead-letter queue again. None when it is not discarded.

        The letter goes first: a crash between the two leaves one too many, which the next sweep removes.
        """
        case = self.cases.get(case_id)
        if case is None or case.state is not State.DISCARDED:
            return None
        if case.queue is not None and case.body is not None:
            self.queues.park(Work(case.queue), case.body, {EXCEPTION_ID: case.case_id})
        return self.cases.reopen(case_id, now=self.clock.now(), by=by, note=note)

    def sweep(self, work: Work) -> int:
        """Delete the letters of `work` whose case is no longer open; how many."""
        return sum(self._drop_settled(letter) for letter in self.dead_letters.letters(work))

    def _drop_settled(self, letter: Letter) -> bool:
        """A letter whose case is no longer open has nothing left to say, and would keep the alarm ringing."""
        case = self.cases.get(letter.exception_id) if letter.exception_id else None
        if case is None or case.state is State.OPEN:
            return False
        self.dead_letters.delete(letter)
        return True

    def adopt(self, by: str) -> Adoption:
        """Give a row to every letter that has none (its function crashed or timed out too often) and to every event that nobody understood.

        Letters whose case is settled are deleted.
        """
        adopted = Adoption()
        for work in Work:
            for letter in self.dead_letters.letters(work):
                if letter.exception_id:
                    self._drop_settled(letter)
                    continue
                site = nudged_site(work, letter.body)
                if site is None:
                    park(self.queues, self.cases, technical_failure(work, letter.body), work, letter.body, self.clock, by)
                    adopted.messages += 1
                else:
                    nudge = nudge_body(site, "redrive")
                    self.cases.open(stuck_drain(site), now=self.clock.now(), by=by, queue=work.value, body=nudge)
                    adopted.nudges += 1
                self.dead_letters.delete(letter)
        for letter in self.dead_letters.not_understood():
            for problem in unknown_events(letter.body):
                self.cases.open(problem, now=self.clock.now(), by=by)
            self.dead_letters.delete(letter)
            adopted.unknown += 1
        return adopted
