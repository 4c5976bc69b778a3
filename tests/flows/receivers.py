"""The receiver functions as Lambda runs them, on AWS clients that fail on demand."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from connector.runtime import front_door
from connector.runtime.queues import Work
from tests.flows.front_door import CENTRA_SECRET, SITOO_USER, centra_call, sitoo_call, sitoo_event
from tests.flows.function_modules import load_function

Entries = list[dict[str, Any]]
Answer = dict[str, Any]


def confirm(_call: int, entries: Entries) -> Answer:
    return {"Successful": [{"Id": entry["Id"]} for entry in entries]}


@dataclass
class FakeSqs:
    """`answers` is given the number of the call and its entries; what it confirms is kept in `stored` as (queue, body)."""

    answers: Callable[[int, Entries], Answer] = confirm
    calls: int = 0
    stored: list[tuple[str, str]] = field(default_factory=list)

    def send_message_batch(self, **call: Any) -> Answer:
        self.calls += 1
        assert 1 <= len(call["Entries"]) <= 10
        answer = self.answers(self.calls, call["Entries"])
        confirmed = {entry["Id"] for entry in answer.get("Successful", [])}
        self.stored += [(call["QueueUrl"], entry["MessageBody"]) for entry in call["Entries"] if entry["Id"] in confirmed]
        return answer


@dataclass
class FakeSecrets:
    """Raises `failure` when it is set."""

    secret: str = ""
    failure: Exception | None = None

    def get_secret_value(self, **_call: Any) -> Answer:
        if self.failure is not None:
            raise self.failure
        return {"SecretString": self.secret}


@dataclass
class Aws:
    sqs: FakeSqs
    secrets: FakeSecrets


SECRET = {"webhook_secret": CENTRA_SECRET, "events_user": SITOO_USER[0], "events_password": SITOO_USER[1]}


def fake_aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Environment and clients of both receivers."""
    aws = Aws(FakeSqs(), FakeSecrets(json.dumps(SECRET)))
    monkeypatch.setattr(front_door, "sqs_client", lambda: aws.sqs)
    monkeypatch.setattr(front_door, "secrets_client", lambda: aws.secrets)
    for work in Work:
        monkeypatch.setenv(f"QUEUE_{work.name}", work.value)
    for name, value in (("SECRET_CENTRA", "centra"), ("SECRET_SITOO", "sitoo"), ("SITOO_SITE_IDS", "1")):
        monkeypatch.setenv(name, value)
    return aws


def start(vendor: str) -> ModuleType:
    """A fresh instance of a receiver: its module is executed anew."""
    return load_function(f"{vendor}_webhook")


def good_call(vendor: str) -> Answer:
    """An authentic call whose events make two messages: a nudge and an order."""
    if vendor == "centra":
        return centra_call([{"type": "order", "action": "update", "id": 1}], time.time())
    return sitoo_call([sitoo_event("order", eshop_id=1, order_id=1, order_event_type="update")])
