"""The functions of orders and returns as Lambda runs them: what they are connected to, what they hand on, what they answer."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from aws_lambda_powertools.logging import Logger
from moto import mock_aws

from connector.domain.configuration import Mapping, Site, Switches
from connector.flows.orders import wiring
from connector.flows.orders.take_order_messages import OrderMessage
from connector.flows.orders.wiring import OrderFunction
from connector.runtime import aws_clients
from connector.runtime.event_bus import EventBus
from connector.store.dynamo.connection import Connection
from connector.store.dynamo.mappings import DynamoMappings
from sandbox.clock import VirtualTime
from tests.flows.function_modules import load_function
from tests.store.worlds import create_table

EVENTS = Path(__file__).resolve().parents[2] / "events"
NOW, REGION = 1_796_000_000.0, "eu-north-1"
CONSUMERS = {"sync_order": "take_order_messages", "sync_fulfilment": "take_fulfilment_messages", "sync_return": "take_return_messages"}
TABLES = ("SKU_MAP", "MAPPINGS", "CURSORS", "ORDER_LINKS", "STOCK_LEVELS", "EXCEPTIONS", "API_BUDGET", "SALES_LEDGER")
ENVIRONMENT = {f"TABLE_{name}": name.lower() for name in TABLES} | {
    "CENTRA_GRAPHQL_URL": "https://centra.test/graphql",
    "CENTRA_ORDER_API_URL": "https://centra.test/order-api",
    "SITOO_BASE_URL": "https://sitoo.test/v2/accounts/1",
    "SECRET_CENTRA": "centra",
    "SECRET_SITOO": "sitoo",
    "SITOO_SITE_IDS": "1,2",
    "QUEUE_ORDERS": "https://sqs/orders",
    "QUEUE_STORE_STOCK": "https://sqs/store-stock",
    "EVENT_BUS": "bus",
}
MAPPING = Mapping(1, (Site(1, "SEK", "Europe/Stockholm", ()), Site(2, "EUR", "Europe/Berlin", ())), switches=Switches(sync_orders=True))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> VirtualTime:
    clock = VirtualTime(NOW)
    monkeypatch.setattr(wiring, "SystemClock", lambda: clock)
    return clock


@pytest.fixture
def mappings(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoMappings]:
    """The function's AWS: its tables and secrets."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    clients = (aws_clients.sqs_client, aws_clients.dynamodb_client, aws_clients.secrets_client, aws_clients.events_client)
    with mock_aws():
        for client in clients:
            client.cache_clear()
        session = botocore.session.get_session()
        secrets: Any = session.create_client("secretsmanager", region_name=REGION)
        secrets.create_secret(Name="centra", SecretString=json.dumps({"token": "t", "order_api_secret": "o"}))
        secrets.create_secret(Name="sitoo", SecretString=json.dumps({"api_users": {"default": {"api_id": "1-1", "password": "p"}}}))
        create_table(aws_clients.dynamodb_client(), "mappings")
        yield DynamoMappings(Connection(aws_clients.dynamodb_client()), "mappings")
        for client in clients:
            client.cache_clear()


def function(**told: str) -> OrderFunction:
    return OrderFunction(ENVIRONMENT | told, by="sync_order", wanted=lambda switches: switches.sync_orders)


def test_a_site_has_everything_its_flows_need(clock: VirtualTime, mappings: DynamoMappings) -> None:
    mappings.apply(MAPPING, expected_revision=0, by="anna", now=NOW)
    made = function()
    first, second = made.context_of(1), made.context_of(2)
    assert first is not None
    assert second is not None
    assert (first.site.currency, second.site.currency, first.by, made.sites) == ("SEK", "EUR", "sync_order", (1, 2))
    assert first.order_api is not None
    assert isinstance(first.announcer, EventBus)
    assert first.new_id() != first.new_id()
    assert made.context_of(3) is None
    assert made.context_of(1) is first


def test_a_client_without_the_order_api_has_none(clock: VirtualTime, mappings: DynamoMappings) -> None:
    mappings.apply(MAPPING, expected_revision=0, by="anna", now=NOW)
    context = function(CENTRA_ORDER_API_URL="").context_of(1)
    assert context is not None
    assert context.order_api is None


def test_what_the_mapping_does_not_switch_on_is_not_worked_on(clock: VirtualTime, mappings: DynamoMappings) -> None:
    mappings.apply(replace(MAPPING, switches=Switches()), expected_revision=0, by="anna", now=NOW)
    assert function().context_of(1) is None


def test_a_second_is_kept_of_the_time_that_is_left(clock: VirtualTime, mappings: DynamoMappings) -> None:
    assert function().ends_at(60_000) == NOW + 59


@dataclass
class FakeFunction:
    """`found`: the contexts of its sites."""

    sites: tuple[int, ...] = (1, 2)
    found: dict[int, Any] = field(default_factory=dict)

    def context_of(self, site: int) -> Any:
        return self.found.get(site)

    def ends_at(self, remaining_ms: int) -> float:
        return NOW + remaining_ms / 1000


@dataclass
class Taken:
    failed: list[str]
    done: int = 1
    later: int = 2
    ignored: int = 3
    passed_on: int = 4


class SecondsLeft:
    def get_remaining_time_in_millis(self) -> int:
        return 45_000


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_batch_is_handed_on_whole_and_what_failed_comes_again(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app, written, fake = load_function(name), io.StringIO(), FakeFunction()
    taken: list[Any] = []

    def take(messages: Sequence[OrderMessage], context_of: Any, sites: Sequence[int], *, ends_at: float) -> Taken:
        taken.extend([*messages, context_of, sites, ends_at])
        return Taken([messages[-1].message_id])

    monkeypatch.setattr(app, "_function", lambda: fake)
    monkeypatch.setattr(app, CONSUMERS[name], take)
    monkeypatch.setattr(app, "logger", lambda: Logger(service=f"handed on by {name}", stream=written))
    event = sample(name)
    redriven = {
        **event["Records"][0],
        "messageId": "redriven",
        "messageAttributes": {"exception_id": {"stringValue": "total-mismatch-1", "dataType": "String"}},
    }
    answer = app.handler({"Records": [*event["Records"], redriven]}, SecondsLeft())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "redriven"}]}
    body = event["Records"][0]["body"]
    own = OrderMessage(event["Records"][0]["messageId"], body, None)
    assert taken == [own, OrderMessage("redriven", body, "total-mismatch-1"), fake.context_of, (1, 2), NOW + 45]
    line = json.loads(written.getvalue())
    assert (line["failed"], line["done"], line["later"], line["ignored"]) == (1, 1, 2, 3)
    assert body not in written.getvalue()


def test_every_site_that_is_served_is_polled(monkeypatch: pytest.MonkeyPatch) -> None:
    app, written = load_function("poll_centra"), io.StringIO()
    context = type("Context", (), {"site": MAPPING.sites[1]})()
    monkeypatch.setattr(app, "_function", lambda: FakeFunction(found={2: context}))
    monkeypatch.setattr(app, "poll_centra", lambda ctx: {"orders": 5 if ctx is context else 0})
    monkeypatch.setattr(app, "logger", lambda: Logger(service="polled", stream=written))
    assert app.handler(sample("poll_centra"), None) == {"polled": {"2": {"orders": 5}}}
    assert json.loads(written.getvalue())["sites"] == {"2": {"orders": 5}}


@pytest.mark.parametrize("name", [*CONSUMERS, "poll_centra"])
def test_a_function_is_imported_without_its_environment(name: str) -> None:
    """Settings are read at the first invocation: a missing one is an error people see in the log, not a function that never starts."""
    assert callable(load_function(name).handler)
