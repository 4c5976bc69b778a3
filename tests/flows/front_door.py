"""A front door on memory queues and virtual time, and the calls that vendors make to it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connector.centra.webhook import signature
from connector.runtime.front_door import FrontDoor
from connector.runtime.queues import Work
from connector.runtime.webhook_secret import WebhookSecret
from sandbox.clock import VirtualTime
from sandbox.memory_queues import MemoryQueues

CENTRA_SECRET = "test123"
SITOO_USER = ("events", "sesam")


@dataclass
class Door:
    """`secret` is what Secrets Manager holds now; `reads` counts how often it was asked."""

    clock: VirtualTime = field(default_factory=VirtualTime)
    secret: dict[str, Any] = field(
        default_factory=lambda: {"webhook_secret": CENTRA_SECRET, "events_user": SITOO_USER[0], "events_password": SITOO_USER[1]}
    )
    sites: tuple[int, ...] = (1, 2)
    reads: int = 0

    def __post_init__(self) -> None:
        self.queues = MemoryQueues(self.clock)
        self.front_door = FrontDoor(WebhookSecret(self._read, self.clock), self.queues, self.sites, self.clock)

    def _read(self) -> Mapping[str, Any]:
        self.reads += 1
        return dict(self.secret)

    def stored(self, work: Work) -> list[dict[str, Any]]:
        return [json.loads(message.body) for message in self.queues.waiting[work]]

    def stored_in_all(self) -> int:
        return sum(len(messages) for messages in self.queues.waiting.values())


def gateway_event(headers: Mapping[str, str], body: bytes, *, binary: bool = True) -> dict[str, Any]:
    """As API Gateway hands it over with binary media types */*, or as text."""
    text = base64.b64encode(body).decode() if binary else body.decode()
    return {"httpMethod": "POST", "headers": dict(headers), "body": text, "isBase64Encoded": binary}


def centra_body(events: object) -> bytes:
    return ("payload=" + quote(json.dumps({"events": events}), safe="")).encode()


def centra_headers(body: bytes, at: float, secret: str = CENTRA_SECRET) -> dict[str, str]:
    stamp = str(int(at))
    return {"X-Centra-Signature": f"t={stamp},v1={signature(secret, stamp, body)}", "Content-Type": "application/x-www-form-urlencoded"}


def centra_call(events: object, at: float, secret: str = CENTRA_SECRET) -> dict[str, Any]:
    body = centra_body(events)
    return gateway_event(centra_headers(body, at, secret), body)


def basic(user: str = SITOO_USER[0], password: str = SITOO_USER[1]) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def sitoo_call(events: object, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    return gateway_event(basic() if headers is None else headers, json.dumps(events).encode())


def sitoo_event(kind: str, **data: object) -> dict[str, Any]:
    return {"event_id": "6f1d1a4e-0000-4000-8000-000000000001", "event_type": kind, "event_date": 1_800_000_000, "account_id": 90319, "data": data}
