"""The work queues in memory, with SQS's delay, visibility, receive counts and dead-letter queues on an injected clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connector.runtime.clock import Clock
from connector.runtime.dead_letters import EXCEPTION_ID, HIDDEN_S, Letter
from connector.runtime.queues import Work


@dataclass(slots=True)
class Message:
    """`receipt` changes with every receive: an older one no longer deletes the message."""

    work: Work
    body: str
    visible_at: float
    attributes: dict[str, str] = field(default_factory=dict)
    receive_count: int = 0
    receipt: str = ""


def _no_hook(operation: str) -> None:
    return None


class MemoryQueues:
    """Implements `Queues` and `DeadLetters`. `before(operation)` runs before each call and may raise or interleave others.

    A message received `max_receives` times and not acknowledged goes to its dead-letter queue at the next receive, as on SQS.
    """

    def __init__(self, clock: Clock, *, max_receives: int = 5, visibility_s: float = 360.0, before: Callable[[str], None] = _no_hook) -> None:
        self._clock, self._max_receives, self._visibility_s, self._before = clock, max_receives, visibility_s, before
        self._receipts = itertools.count(1)
        self.waiting: dict[Work, list[Message]] = {work: [] for work in Work}
        self.dead: dict[Work, list[Message]] = {work: [] for work in Work}

    def send(self, work: Work, bodies: Sequence[str], delay_s: int = 0) -> None:
        self._before(f"send {work}")
        visible_at = self._clock.now() + delay_s
        self.waiting[work] += [Message(work, body, visible_at) for body in bodies]

    def park(self, work: Work, body: str, attributes: Mapping[str, str]) -> None:
        self._before(f"park {work}")
        self.dead[work].append(Message(work, body, self._clock.now(), dict(attributes)))

    def receive(self, work: Work, max_messages: int = 10) -> list[Message]:
        """Up to `max_messages` visible messages, oldest first, hidden from now on for the visibility time."""
        self._before(f"receive {work}")
        now = self._clock.now()
        worn_out = [m for m in self.waiting[work] if m.visible_at <= now and m.receive_count >= self._max_receives]
        self.dead[work] += worn_out
        self.waiting[work] = [m for m in self.waiting[work] if all(m is not gone for gone in worn_out)]
        received = [m for m in self.waiting[work] if m.visible_at <= now][:max_messages]
        for message in received:
            message.receive_count += 1
            message.receipt = str(next(self._receipts))
            message.visible_at = now + self._visibility_s
        return received

    def ack(self, message: Message) -> None:
        self._before(f"ack {message.work}")
        self.waiting[message.work] = [m for m in self.waiting[message.work] if m is not message]

    def nack(self, message: Message, after_s: float = 0.0) -> None:
        """Visible again after `after_s` (on Lambda a failed message waits for the rest of its visibility time)."""
        message.visible_at = self._clock.now() + after_s

    def next_visible_at(self, work: Work) -> float | None:
        """When the next message can be received (a time that passed already if one can be now); None when the queue is empty."""
        return min((message.visible_at for message in self.waiting[work]), default=None)

    def letters(self, work: Work) -> Iterator[Letter]:
        return self._read(self.dead[work], f"dlq {work}")

    def not_understood(self) -> Iterator[Letter]:
        return self._read(self.waiting[Work.UNKNOWN], f"queue {Work.UNKNOWN}")

    def delete(self, letter: Letter) -> None:
        self._before(f"delete from {letter.queue}")
        for queues in (self.dead, self.waiting):
            for work, messages in queues.items():
                queues[work] = [m for m in messages if m.receipt != letter.receipt]

    def _read(self, messages: list[Message], queue: str) -> Iterator[Letter]:
        self._before(f"read {queue}")
        now = self._clock.now()
        for message in [m for m in messages if m.visible_at <= now]:
            message.visible_at = now + HIDDEN_S
            message.receipt = str(next(self._receipts))
            yield Letter(message.body, message.attributes.get(EXCEPTION_ID), queue, message.receipt)
