"""What one webhook call becomes: messages per queue, sites to nudge, and a note of what was not understood."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.flows.nudge_store_stock import compact, nudge_store_stock
from connector.runtime.http_event import Request
from connector.runtime.queues import Queues, Work

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_MAX_NOTED = 20
_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """The HTTP status to answer, why, and what was stored (messages per queue)."""

    status: int
    verdict: str
    stored: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class SortedEvents:
    """Filled while the events are read. Bodies are kept once: several events of one object in a call are one message.

    `orders_to_read`: per site the Sitoo orders whose SKUs the drain must look at, because no feed tells of their reservations.
    """

    source: str
    messages: dict[Work, dict[str, None]] = field(default_factory=dict)
    nudges: set[int] = field(default_factory=set)
    orders_to_read: dict[int, set[int]] = field(default_factory=dict)
    not_understood: list[dict[str, Any]] = field(default_factory=list)
    ignored: int = 0

    def read(self, body: bytes, parse: Callable[[bytes], list[Any]], unparsable: type[Exception], sort: Callable[[object], None]) -> None:
        """`sort` each event of a call's body; a body that cannot be read (`parse` raises `unparsable`) is set aside whole."""
        try:
            events = parse(body)
        except unparsable as error:
            self.set_aside(f"unparsable body: {error}")
            return
        for event in events:
            sort(event)

    def put(self, work: Work, message: Mapping[str, Any]) -> None:
        self.messages.setdefault(work, {})[compact({"v": 1, "source": self.source, **message})] = None

    def set_aside(self, reason: str, event: object = None, site: int | None = None) -> None:
        """Note what kind of event it was: type, id and the names of its fields, never their values, which could be anything."""
        note: dict[str, Any] = {"reason": reason, "site": site}
        if isinstance(event, dict):
            note["type"] = word(event.get("type", event.get("event_type")))
            note["id"] = whole_number(event.get("id"))
            note["fields"] = sorted(name for name in map(word, event) if name)[:_MAX_NOTED]
        self.not_understood.append({name: value for name, value in note.items() if value})

    def store(self, queues: Queues, request: Request, nudge_reason: str) -> None:
        """Put everything on its queue, stock first; raises QueueUnavailable unless every message is confirmed."""
        nudge_store_stock(queues, self.nudges, nudge_reason, self.orders_to_read)
        for work, bodies in self.messages.items():
            queues.send(work, list(bodies))
        if self.not_understood:
            queues.send(Work.UNKNOWN, [compact(self._envelope(request))])

    def counts(self) -> dict[str, int]:
        """How many messages went where, for the log."""
        found = {str(work): len(bodies) for work, bodies in self.messages.items()}
        return found | {"nudges": len(self.nudges), "unknown": len(self.not_understood), "ignored": self.ignored}

    def _envelope(self, request: Request) -> dict[str, Any]:
        return {
            "v": 1,
            "source": self.source,
            "sha256": hashlib.sha256(request.body).hexdigest(),
            "size": len(request.body),
            "content_type": _media_type(request.headers.get("content-type", "")),
            "events": self.not_understood[:_MAX_NOTED],
            "count": len(self.not_understood),
        }


def word(value: object) -> str:
    """`value` when it is a plain identifier of at most 40 characters, else ''. Only such text is ever stored."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def whole_number(value: object) -> int | None:
    """A positive 64-bit id, given as a number or as digits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_ID:
        return value
    return None


def _media_type(header: str) -> str:
    kind, _, subtype = header.partition(";")[0].strip().partition("/")
    return f"{word(kind)}/{word(subtype)}" if word(kind) and word(subtype) else ""
