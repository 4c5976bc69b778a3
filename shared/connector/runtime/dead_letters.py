"""Reading what waits for a person: the dead-letter queues and `unknown`. Only the exceptions desk does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from connector.runtime.queues import Work

EXCEPTION_ID = "exception_id"
"""The message attribute that ties a parked message to its row in `Exceptions`. A message without it was moved there by the queue's redrive policy."""

HIDDEN_S = 60
"""How long a letter that was read is hidden from other readers, unless it is deleted."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A waiting message. `queue` and `receipt` say where it lies, for `delete`."""

    body: str
    exception_id: str | None
    queue: str
    receipt: str


class DeadLetters(Protocol):
    """All methods raise QueueUnavailable."""

    def letters(self, work: Work) -> Iterator[Letter]:
        """Every letter on the dead-letter queue of `work` that nobody else is reading, each once."""
        ...

    def not_understood(self) -> Iterator[Letter]:
        """Every message on the queue `unknown` itself, which no function consumes."""
        ...

    def delete(self, letter: Letter) -> None: ...


def exception_id_of(attributes: Mapping[str, Mapping[str, Any]]) -> str | None:
    """From a message's attributes, as SQS gives them to a function (`stringValue`) or to a reader (`StringValue`)."""
    attribute = attributes.get(EXCEPTION_ID, {})
    value = attribute.get("stringValue") or attribute.get("StringValue")
    return str(value) if value else None
