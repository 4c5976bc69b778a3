"""Centra's webhook plugin (version "Integration API"): signed form posts, few retries, then the call is dropped."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from sandbox.centra.dates import webhook_date
from sandbox.clock import SandboxClock


class Sender(Protocol):
    """Makes one call and tells `done` its HTTP status, None when there was no answer; at once or later."""

    def __call__(self, url: str, headers: dict[str, str], body: bytes, done: Callable[[int | None], None]) -> None: ...


def in_process(post: Callable[[str, dict[str, str], bytes], int]) -> Sender:
    """A sender that calls `post(url, headers, body) -> status` at once."""

    def send(url: str, headers: dict[str, str], body: bytes, done: Callable[[int | None], None]) -> None:
        done(post(url, headers, body))

    return send


def form_body(events: list[dict[str, Any]]) -> bytes:
    """`payload=` and the percent-encoded JSON."""
    return b"payload=" + quote(json.dumps({"events": events}, separators=(",", ":")), safe="").encode()


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The X-Centra-Signature header of a raw body."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """The plugin's form; `url` '' is switched off. `dispatch_delay`: seconds from a change to its call."""

    url: str = ""
    secret: str = ""
    timeout: float = 5.0
    retries: int = 0
    max_events: int = 100
    dispatch_delay: float = 0.05

    def __post_init__(self) -> None:
        if not (1 <= self.timeout <= 60 and 0 <= self.retries <= 3 and 1 <= self.max_events <= 100):
            raise ValueError("timeout 1–60 s, retries 0–3, events per call 1–100")


@dataclass(slots=True)
class Mishap:
    """Befalls the next `amount` events (a whole number), or each with probability `amount` (a fraction)."""

    amount: int | float = 0
    rng: random.Random = field(default_factory=lambda: random.Random(2))

    def strikes(self) -> bool:
        if isinstance(self.amount, int):
            struck = self.amount > 0
            self.amount -= struck
            return struck
        return self.rng.random() < self.amount


@dataclass(slots=True)
class Webhooks:
    """One call at a time; a call that keeps failing is dropped and the queue moves on. `lose`, `double`, `swap`: what befalls events on their way."""

    clock: Callable[[], SandboxClock]
    sender: Sender | None = None
    settings: WebhookSettings = field(default_factory=WebhookSettings)
    lose: Mishap = field(default_factory=Mishap)
    double: Mishap = field(default_factory=Mishap)
    swap: Mishap = field(default_factory=Mishap)
    counts: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    _queue: deque[dict[str, Any]] = field(default_factory=deque)
    _busy: bool = False
    _planned: bool = False

    def emit(self, kind: str, action: str, object_id: int, data: dict[str, Any] | None = None) -> None:
        """Queue an event for the next call."""
        if not self.settings.url:
            return
        event: dict[str, Any] = {"type": kind, "action": action, "date": webhook_date(self.clock().now()), "id": object_id}
        if data is not None:
            event["data"] = data
        self.counts["emitted"] += 1
        if self.lose.strikes():
            self.counts["lost"] += 1
            return
        self._queue.append(event)
        if self.double.strikes():
            self.counts["doubled"] += 1
            self._queue.append(event)
        self._plan()

    @property
    def waiting(self) -> int:
        """Events that no call has taken yet."""
        return len(self._queue)

    def _plan(self) -> None:
        if self._queue and not self._busy and not self._planned:
            self._planned = True
            clock = self.clock()
            clock.at(clock.now() + self.settings.dispatch_delay, self._dispatch)

    def _dispatch(self) -> None:
        self._planned = False
        if self._busy or not self._queue:
            return
        if len(self._queue) > 1 and self.swap.strikes():
            self.counts["reordered"] += 1
            self._queue[0], self._queue[1] = self._queue[1], self._queue[0]
        events = [self._queue.popleft() for _ in range(min(self.settings.max_events, len(self._queue)))]
        self._busy = True
        self._send(form_body(events), len(events), self.settings.retries, 1.0)

    def _send(self, body: bytes, events: int, retries_left: int, delay: float) -> None:
        clock, settings = self.clock(), self.settings
        started = clock.now()

        def done(status: int | None) -> None:
            self.answers["none" if status is None else str(status)] += 1
            late = clock.now() - started > settings.timeout
            if status is not None and 200 <= status < 300 and not late:
                self.counts["delivered"] += events
            elif retries_left > 0:
                self.counts["retries"] += 1
                clock.at(clock.now() + delay, lambda: self._send(body, events, retries_left - 1, delay * 2))
                return
            else:
                self.counts["dropped"] += events
            self._busy = False
            self._plan()

        if self.sender is None:
            done(None)
            return
        self.counts["calls"] += 1
        header = signature(settings.secret, int(started), body)
        self.sender(settings.url, {"Content-Type": "application/x-www-form-urlencoded", "X-Centra-Signature": header}, body, done)
