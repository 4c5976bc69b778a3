"""Every sample under events/ is input that its function takes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.logging import Logger

from connector.runtime import front_door
from connector.runtime.queues import Work
from connector.store.sku_map import SkuEntry
from functions.poll_sitoo import app as poll_sitoo
from sandbox.clock import VirtualTime
from sandbox.rehearsal import Rehearsal
from tests.flows.function_modules import load_function
from tests.flows.receivers import Aws, FakeSqs, fake_aws, start
from tests.ops.world import SITE, STOCKHOLM

EVENTS = Path(__file__).resolve().parents[2] / "events"
SIGNED_AT = 1_796_000_000
DEVELOPMENT = {"webhook_secret": "dev-webhook-secret", "events_user": "dev-events", "events_password": "dev-events-password"}


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Both receivers' surroundings, at the moment the samples were signed."""
    fake = fake_aws(monkeypatch)
    fake.secrets.secret = json.dumps(DEVELOPMENT)
    clock = VirtualTime(SIGNED_AT)
    monkeypatch.setattr(front_door, "SystemClock", lambda: clock)
    return fake


RECEIVED = {
    "centra_webhook_order": {"store_stock": 1, "orders": 1, "fulfilments": 1},
    "centra_webhook_allocation": {"store_stock": 1, "fulfilments": 1},
    "sitoo_webhook_order": {"store_stock": 1, "fulfilments": 2},
    "sitoo_webhook_stock": {"store_stock": 1, "fulfilments": 1},
}


@pytest.mark.parametrize("name", RECEIVED)
def test_a_receiver_stores_its_sample(name: str, aws: Aws) -> None:
    assert start(name.split("_")[0]).handler(sample(name), None)["statusCode"] == 200
    queues = [queue for queue, _ in aws.sqs.stored]
    assert {queue: queues.count(queue) for queue in queues} == RECEIVED[name]


def test_the_poll_takes_its_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = FakeSqs()
    monkeypatch.setattr(poll_sitoo, "sqs_client", lambda: sqs)
    monkeypatch.setenv("QUEUE_STORE_STOCK", "store_stock")
    monkeypatch.setenv("SITOO_SITE_IDS", "1")
    poll_sitoo._queues.cache_clear()
    assert poll_sitoo.handler(sample("poll_sitoo"), None) == {"nudged": [1]}
    assert [queue for queue, _ in sqs.stored] == ["store_stock"]


class OneMinuteLeft:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Rehearsed:
    """What the drain's function runs on, in a rehearsal of one site."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.clock = rehearsal.clock
        self.context_of = {rehearsal.site.id: rehearsal.context()}.get


def test_the_drain_takes_its_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal = Rehearsal(SITE)
    rehearsal.centra.add_warehouse(STOCKHOLM, "Stockholm")
    rehearsal.sitoo.add_warehouse(3, "Floor", store_id=1)
    size = rehearsal.centra.add_size("TEE-M")
    rehearsal.sitoo.add_product("TEE-M")
    rehearsal.sku_map.put_many(1, [SkuEntry("TEE-M", size["size_id"], size["product_id"], size["variant_id"], "TEE-M")])
    function = Rehearsed(rehearsal)
    app = load_function("sync_store_stock")
    written = io.StringIO()
    monkeypatch.setattr(app, "_function", lambda: function)
    monkeypatch.setattr(app, "logger", lambda: Logger(service="sampled", stream=written))
    rehearsal.queues.receive(Work.STORE_STOCK)
    assert app.handler(sample("sync_store_stock"), OneMinuteLeft()) == {"batchItemFailures": []}
    rehearsal.sitoo.receive(3, {"TEE-M": 4})
    assert app.handler(sample("sync_store_stock"), OneMinuteLeft()) == {"batchItemFailures": []}
    assert rehearsal.centra.snapshot()[STOCKHOLM]["TEE-M"]["physical"] == 4
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(line["message"], line["ended"]) for line in lines] == [("drained", "drained")] * 2


def test_no_sample_is_left_out() -> None:
    """Those of the order functions are taken in test_order_functions."""
    order_functions = {"poll_centra", "sync_order", "sync_fulfilment", "sync_return"}
    assert {path.stem for path in EVENTS.glob("*.json")} == {*RECEIVED, "poll_sitoo", "sync_store_stock", *order_functions}
