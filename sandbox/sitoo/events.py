"""Sitoo's event feed: an ordered queue, one batch at a time, head-of-line blocking."""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from sandbox.clock import SandboxClock
from sandbox.sitoo.modes import Modes

BATCH = 10
TIMEOUT_S = 15.0
FIRST_HOUR = (10.0, 20.0, 40.0, 60.0, 120.0, 240.0, 360.0, 600.0, 900.0, 1200.0)
RETRY_DELAYS = (*FIRST_HOUR, *([3600.0] * 23))


@dataclass(slots=True)
class Subscription:
    """Where events go. `kinds` empty: all. `dispatch_delay` seconds pass between an event and its call."""

    url: str
    user: str = ""
    password: str = ""
    kinds: tuple[str, ...] = ()
    dispatch_delay: float = 0.05
    retry_delays: tuple[float, ...] = RETRY_DELAYS


class Sender(Protocol):
    """Make the call and tell `done` its HTTP status, None when there was no answer within 15 s."""

    def __call__(self, url: str, headers: dict[str, str], body: bytes, done: Callable[[int | None], None]) -> None: ...


Post = Callable[[str, dict[str, str], bytes], int]


def in_process(clock: SandboxClock, post: Post) -> Sender:
    """A sender that calls `post(url, headers, body) -> status` at once; more than 15 s of the clock, or an exception, is no answer."""

    def send(url: str, headers: dict[str, str], body: bytes, done: Callable[[int | None], None]) -> None:
        started = clock.now()
        try:
            status: int | None = post(url, headers, body)
        except Exception:  # whatever the receiver's code does, Sitoo only sees a cut connection
            status = None
        done(None if clock.now() - started > TIMEOUT_S else status)

    return send


@dataclass(slots=True)
class _Trouble:
    """What is to happen to the next events: a number of them, or a share."""

    next: int = 0
    share: float = 0.0

    def strikes(self, rng: random.Random) -> bool:
        if self.next > 0:
            self.next -= 1
            return True
        return bool(self.share) and rng.random() < self.share


@dataclass(slots=True)
class FeedCounts:
    """published = announced by Sitoo; delivered = answered 200; dropped by reason."""

    published: int = 0
    delivered: int = 0
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    calls: int = 0
    retries: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)


class EventFeed:
    """Events wait until they are delivered or dropped. Nothing is kept while nobody subscribes."""

    def __init__(self, clock: Callable[[], SandboxClock], modes: Modes, account: int) -> None:
        self._clock, self._modes, self._account = clock, modes, account
        self._rng = random.Random(11)
        self._queue: deque[dict[str, Any]] = deque()
        self._held: list[dict[str, Any]] = []
        self._in_flight = 0
        self._attempt = 0
        self._armed = False
        self.subscription: Subscription | None = None
        self.sender: Sender | None = None
        self.lose, self.double, self.reorder = _Trouble(), _Trouble(), _Trouble()
        self.counts = FeedCounts()

    def subscribe(self, subscription: Subscription | None) -> None:
        self.subscription = subscription
        if subscription is None:
            self._queue.clear()
            self._held.clear()
            self._in_flight = self._attempt = 0

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        if self.subscription is None or (self.subscription.kinds and kind not in self.subscription.kinds):
            return
        event_id = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        now = self._clock().now()
        event = {"event_id": event_id, "event_type": kind, "event_date": int(now), "account_id": self._account, "data": data}
        self.counts.published += 1
        if self.lose.strikes(self._rng):
            self.counts.lost += 1
            return
        if self.reorder.strikes(self._rng):
            self.counts.reordered += 1
            self._held.append(event)
            self._clock().at(now + 1.0, self._release)
            return
        self._queue.append(event)
        if self.double.strikes(self._rng):
            self.counts.doubled += 1
            self._queue.append(event)
        self._release()

    def stats(self) -> dict[str, Any]:
        plain = {field.name: getattr(self.counts, field.name) for field in fields(self.counts)}
        counted = {name: dict(value) if isinstance(value, Counter) else value for name, value in plain.items()}
        return counted | {"waiting": len(self._queue) + len(self._held)}

    def _release(self) -> None:
        self._queue.extend(self._held)
        self._held.clear()
        if self._queue and self.subscription is not None:
            self._arm(self.subscription.dispatch_delay)

    def _arm(self, delay: float) -> None:
        if not self._armed:
            self._armed = True
            self._clock().at(self._clock().now() + delay, self._dispatch)

    def _dispatch(self) -> None:
        target, sender = self.subscription, self.sender
        if target is None or sender is None or not self._queue:
            self._armed = False
            return
        batch = list(self._queue)[: self._in_flight or BATCH]
        self._in_flight = len(batch)
        self.counts.calls += 1
        headers = {"content-type": "application/json"}
        if target.user:
            headers["authorization"] = "Basic " + base64.b64encode(f"{target.user}:{target.password}".encode()).decode()
        sender(target.url, headers, json.dumps(batch).encode(), lambda status: self._answered(target, status))

    def _answered(self, asked: Subscription, status: int | None) -> None:
        """Remove, keep or drop the batch at the head, by the rule in force."""
        self._armed = False
        if self.subscription is not asked:
            self._in_flight = self._attempt = 0
            self._release()
            return
        self.counts.answers["none" if status is None else str(status)] += 1
        if self._temporary(status):
            if self._attempt < len(asked.retry_delays):
                self.counts.retries += 1
                self._attempt += 1
                self._arm(asked.retry_delays[self._attempt - 1])
                return
            self.counts.dropped["expired"] += self._in_flight
        elif status == 200:
            self.counts.delivered += self._in_flight
        else:
            self.counts.dropped["none" if status is None else str(status)] += self._in_flight
        for _ in range(self._in_flight):
            self._queue.popleft()
        self._in_flight = self._attempt = 0
        if self._queue:
            self._arm(0.0)

    def _temporary(self, status: int | None) -> bool:
        if status is None:
            return self._modes.retry_unanswered
        if self._modes.older_status_rule:
            return not (status == 200 or (400 <= status < 500 and status != 429))
        return status in (429, 503, 504)
