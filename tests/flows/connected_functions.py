"""The functions of orders and returns as they are deployed: own wiring, told what the template tells them and no more; AWS in moto, both vendors'
sandboxes in process, one virtual clock.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import botocore.session
import httpx
import pytest
import yaml
from aws_lambda_powertools.logging import Logger
from moto import mock_aws
from starlette.applications import Starlette

from connector.domain.configuration import Mapping as MappingFile
from connector.domain.configuration import Site, SitooWarehouse, Store, Switches
from connector.domain.order_settings import Fulfilment, OrderSettings, ShippingMethod
from connector.flows.orders import wiring
from connector.http_exchange import http_client
from connector.runtime import aws_clients, vendor_clients
from connector.runtime.queues import Work
from connector.store.dynamo.connection import Connection
from connector.store.dynamo.tables import DynamoTables
from connector.store.sku_map import SkuEntry
from sandbox.centra.app import create_app as centra_app
from sandbox.centra.state import CentraState
from sandbox.clock import VirtualTime
from sandbox.in_process import InProcessTransport
from sandbox.moto_dynamodb import mend_dynamodb
from sandbox.sitoo.app import create_app as sitoo_app
from sandbox.sitoo.state import SitooState
from tests.flows.function_modules import load_function
from tests.store.worlds import TABLES, create_table
from tests.template.conftest import Template, TemplateLoader

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

REGION, BUS = "eu-north-1", "bus"
STOCKHOLM, FLOOR = 11, 3
MAPPING = MappingFile(
    version=1,
    sites=(Site(1, "SEK", "Europe/Stockholm", (Store("Stockholm", STOCKHOLM, (SitooWarehouse(FLOOR),), 1),)),),
    orders=OrderSettings(shipping_methods=(ShippingMethod("Pick up in store", Fulfilment.PICK_UP),)),
    switches=Switches(sync_orders=True, sync_returns=True),
)
TEMPLATE = Template(yaml.load((Path(__file__).resolve().parents[2] / "template.yaml").read_text(encoding="utf-8"), TemplateLoader))
CLIENTS = (aws_clients.sqs_client, aws_clients.dynamodb_client, aws_clients.secrets_client, aws_clients.events_client)


class ByHost(httpx.BaseTransport):
    """Each vendor's host leads to its sandbox."""

    def __init__(self, apps: Mapping[str, Starlette]) -> None:
        self._transports = {host: InProcessTransport(app) for host, app in apps.items()}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._transports[request.url.host].handle_request(request)


class MinuteLeft:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclass
class Stage:
    """`urls`: queues by name (`orders`, `orders-dlq`). `logged`: what the functions wrote."""

    clock: VirtualTime
    centra: CentraState
    sitoo: SitooState
    sqs: SQSClient
    urls: dict[str, str]
    environment: dict[str, str]
    tables: DynamoTables
    logged: io.StringIO

    def function(self, name: str) -> ModuleType:
        """A fresh instance."""
        app = load_function(name)
        told = TEMPLATE.variables("".join(word.title() for word in name.split("_")))
        vars(app)["os"] = SimpleNamespace(environ={key: self.environment[key] for key in told})
        vars(app)["logger"] = lambda: Logger(service=f"{name} {id(app)}", stream=self.logged)
        return app

    def run(self, name: str, *bodies: Mapping[str, Any]) -> Any:
        """One invocation with these messages (or a tick of the schedule, when there are none)."""
        records = [{"messageId": str(n), "body": json.dumps({"v": 1, **body}), "messageAttributes": {}} for n, body in enumerate(bodies)]
        return self.function(name).handler({"Records": records} if records else {"source": "schedule"}, MinuteLeft())

    def waiting(self, queue: str) -> list[dict[str, Any]]:
        """The messages on a queue, which are taken from it."""
        messages = self.sqs.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=self.urls[queue], ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    def pass_on(self, queue: str, function: str) -> list[dict[str, Any]]:
        """Hand what waits on a queue to its function; what that was."""
        bodies = self.waiting(queue)
        if bodies:
            assert self.run(function, *bodies) == {"batchItemFailures": []}
        return bodies


@contextmanager
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A store with five tees in both systems, the mapping applied."""
    clock = VirtualTime()
    centra, sitoo = CentraState(clock), SitooState(clock, site=1)
    transport = ByHost({"centra.test": centra_app(centra, clock), "sitoo.test": sitoo_app(sitoo, clock)})
    monkeypatch.setattr(wiring, "SystemClock", lambda: clock)
    monkeypatch.setattr(vendor_clients, "http_client", lambda: http_client(transport))
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    mend_dynamodb()
    with mock_aws():
        for client in CLIENTS:
            client.cache_clear()
        yield _stage(clock, centra, sitoo)
        for client in CLIENTS:
            client.cache_clear()


def _stage(clock: VirtualTime, centra: CentraState, sitoo: SitooState) -> Stage:
    session = botocore.session.get_session()
    sqs = cast("SQSClient", session.create_client("sqs", region_name=REGION))
    cast("EventBridgeClient", session.create_client("events", region_name=REGION)).create_event_bus(Name=BUS)
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for work in Work for name in (work.value, f"{work.value}-dlq")}
    api_id, password = next(iter(sitoo.api_users.items()))
    secrets: Any = session.create_client("secretsmanager", region_name=REGION)
    secrets.create_secret(Name="centra", SecretString=json.dumps({"token": centra.bearer}))
    secrets.create_secret(Name="sitoo", SecretString=json.dumps({"api_users": {"default": {"api_id": api_id, "password": password}}}))
    environment = {
        **{f"TABLE_{name}": name.lower() for name in TABLES},
        **{f"QUEUE_{work.name}": urls[work.value] for work in Work},
        **{f"DLQ_{work.name}": urls[f"{work.value}-dlq"] for work in Work},
        "CENTRA_GRAPHQL_URL": "http://centra.test/graphql",
        "CENTRA_ORDER_API_URL": "",
        "SITOO_BASE_URL": f"http://sitoo.test/v2/accounts/{sitoo.account}",
        "SECRET_CENTRA": "centra",
        "SECRET_SITOO": "sitoo",
        "SITOO_SITE_IDS": "1",
        "EVENT_BUS": BUS,
    }
    database = aws_clients.dynamodb_client()
    for name in TABLES:
        create_table(database, name.lower())
    tables = DynamoTables(Connection(database), environment, clock.now)
    tables.mappings.apply(MAPPING, expected_revision=0, by="test", now=clock.now())
    centra.add_warehouse(STOCKHOLM, "Stockholm")
    sitoo.add_warehouse(FLOOR, "Floor", store_id=1)
    size = centra.add_size("TEE-M")
    sitoo.add_product("TEE-M")
    centra.put_stock(STOCKHOLM, "TEE-M", 5)
    sitoo.receive(FLOOR, {"TEE-M": 5})
    tables.sku_map.put_many(1, [SkuEntry("TEE-M", size["size_id"], size["product_id"], size["variant_id"], "TEE-M")])
    return Stage(clock, centra, sitoo, sqs, urls, environment, tables, io.StringIO())
