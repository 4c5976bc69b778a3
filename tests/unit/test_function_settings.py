"""Settings, vendor credentials, logging: what a function is told and what it says."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connector.domain.configuration import CentraSettings, Lane, SitooSettings
from connector.http_exchange import http_client
from connector.runtime.observability import logger
from connector.runtime.queues import Work
from connector.runtime.secrets import BadSecret, CentraToken, SitooUser
from connector.runtime.settings import BadSettings, order_function_settings, sync_store_stock_settings
from connector.runtime.vendor_clients import SitooAccess, open_centra
from connector.runtime.webhook_secret import WebhookSecret
from connector.store.memory.api_budget import MemoryBudgetStore, MemoryLockStore
from sandbox.clock import VirtualTime
from sandbox.in_process import InProcessTransport
from sandbox.sitoo.app import create_app
from sandbox.sitoo.state import SitooState

TABLES = ("SKU_MAP", "MAPPINGS", "CURSORS", "ORDER_LINKS", "STOCK_LEVELS", "EXCEPTIONS", "API_BUDGET")
ENVIRONMENT = {f"TABLE_{name}": f"t-{name.lower()}" for name in TABLES} | {
    "CENTRA_GRAPHQL_URL": "https://brand.example/graphql",
    "SITOO_BASE_URL": "https://api.example/v2/accounts/90123/",
    "SECRET_CENTRA": "centra",
    "SECRET_SITOO": "sitoo",
    "SITOO_SITE_IDS": "1, 3",
    "QUEUE_STORE_STOCK": "https://sqs/store",
    "QUEUE_ORDERS": "https://sqs/orders",
    "DLQ_STORE_STOCK": "https://sqs/store-dlq",
}


def secret(document: dict[str, Any], clock: VirtualTime | None = None) -> WebhookSecret:
    return WebhookSecret(lambda: document, clock or VirtualTime())


def test_the_drains_settings_are_typed() -> None:
    settings = sync_store_stock_settings(ENVIRONMENT)
    assert settings.sites == (1, 3)
    assert settings.vendors.sitoo_base_url == "https://api.example/v2/accounts/90123"
    assert (settings.tables.sku_map, settings.tables.api_budget) == ("t-sku_map", "t-api_budget")
    assert settings.queues == {Work.STORE_STOCK: "https://sqs/store", Work.ORDERS: "https://sqs/orders"}
    assert settings.dead_letters == {Work.STORE_STOCK: "https://sqs/store-dlq"}


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_each_missing_variable_is_named(name: str) -> None:
    with pytest.raises(BadSettings) as bad:
        sync_store_stock_settings({k: v for k, v in ENVIRONMENT.items() if k != name})
    assert bad.value.problems == (f"{name} is not set",)


ORDERS = ENVIRONMENT | {"EVENT_BUS": "bus"}


@pytest.mark.parametrize(
    ("told", "url"), [({}, ""), ({"CENTRA_ORDER_API_URL": ""}, ""), ({"CENTRA_ORDER_API_URL": "https://b.test/x/"}, "https://b.test/x")]
)
def test_an_order_functions_settings_are_typed_and_the_order_api_may_be_absent(told: dict[str, str], url: str) -> None:
    settings = order_function_settings(ORDERS | told)
    assert (settings.sites, settings.event_bus, settings.vendors.centra_order_api_url) == ((1, 3), "bus", url)
    assert settings.queues[Work.ORDERS] == "https://sqs/orders"


@pytest.mark.parametrize("name", ["QUEUE_ORDERS", "QUEUE_STORE_STOCK", "EVENT_BUS", "TABLE_ORDER_LINKS"])
def test_each_variable_that_an_order_function_lacks_is_named(name: str) -> None:
    with pytest.raises(BadSettings, match=f"{name} is not set"):
        order_function_settings({k: v for k, v in ORDERS.items() if k != name})


def test_an_order_api_url_that_is_none_is_named() -> None:
    with pytest.raises(BadSettings, match="CENTRA_ORDER_API_URL cannot be read"):
        order_function_settings(ORDERS | {"CENTRA_ORDER_API_URL": "brand.example"})


def test_all_problems_are_named_at_once_without_values() -> None:
    wrong = {"SITOO_SITE_IDS": "one", "SITOO_BASE_URL": "ftp://x", "CENTRA_GRAPHQL_URL": "secret-host", "SECRET_SITOO": " "}
    with pytest.raises(BadSettings) as bad:
        sync_store_stock_settings(ENVIRONMENT | wrong)
    assert len(bad.value.problems) == 4
    assert "secret-host" not in str(bad.value)


def test_credentials_by_api_user() -> None:
    document = {"api_users": {"default": {"api_id": "1-1", "password": "a"}, "orders": {"api_id": "1-2", "password": "b"}}}
    assert SitooUser(secret(document)).current() == ("1-1", "a")
    assert SitooUser(secret(document), "orders").current() == ("1-2", "b")
    assert CentraToken(secret({"token": "t"})).current() == "t"


@pytest.mark.parametrize(
    "document", [{}, {"api_users": []}, {"api_users": {"default": {"api_id": "1-1"}}}, {"api_users": {"default": {"password": "x"}}}]
)
def test_a_secret_without_what_is_needed_is_named_without_values(document: dict[str, Any]) -> None:
    with pytest.raises(BadSecret):
        SitooUser(secret(document)).current()
    with pytest.raises(BadSecret, match="no token"):
        CentraToken(secret({"token": ""})).current()


def test_a_refused_credential_is_read_again_at_once_and_then_at_most_every_thirty_seconds() -> None:
    clock = VirtualTime()
    document = {"token": "old"}
    token = CentraToken(secret(document, clock))
    assert token.current() == "old"
    document["token"] = "new"
    assert (token.newer(), token.newer()) == ("new", None)
    clock.sleep(29)
    assert token.newer() is None
    clock.sleep(2)
    assert (token.newer(), token.newer()) == ("new", None)


def test_clients_are_put_together_by_lane() -> None:
    clock = VirtualTime()
    state = SitooState(clock)
    state.add_warehouse(1, "Alpha")
    document = {"api_users": {"default": {"api_id": "90123-1", "password": "sandbox-1"}, "stock": {"api_id": "90123-2", "password": "sandbox-2"}}}
    locks = MemoryLockStore()
    http = http_client(InProcessTransport(create_app(state, clock)))
    settings = SitooSettings({Lane.STOCK: "stock"})
    access = SitooAccess("http://sitoo.test/v2/accounts/90123", secret(document), settings, locks, clock, owner="me", http=http)
    assert len(access.site(1).warehouses(lane=Lane.STOCK)) == 1
    assert (locks.read("stock") is not None, locks.read("default") is not None) == (True, False)
    assert len(access.site(1).warehouses(lane=Lane.ORDERS)) == 1
    assert locks.read("default") is not None
    before = locks.read("stock")
    assert access.orders(1).whole_orders(ids=[1]) == []
    assert locks.read("stock") == before
    centra, budget = open_centra("http://c.test", CentraToken(secret({"token": "t"})), CentraSettings(quota_share=0.5), MemoryBudgetStore(), clock)
    assert (callable(centra.read_stores), budget.mutations_left(Lane.STOCK_RISK)) == (True, 10)


def test_what_the_library_logs_comes_out_as_the_functions_json(capsys: pytest.CaptureFixture[str]) -> None:
    logger.cache_clear()
    logger()
    logging.getLogger("connector.centra.transport").warning("deprecated: %s", "Stock.old")
    line = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert (line["level"], line["message"]) == ("WARNING", "deprecated: Stock.old")


@pytest.mark.parametrize("module", ["connector.centra.graphql_client", "connector.sitoo.rest_client", "connector.sitoo.rest_orders"])
def test_the_vendor_clients_import_only_the_standard_library_and_httpx(module: str) -> None:
    script = f"import sys; import {module}; print('\\n'.join(m for m in sys.modules))"
    environment = {"PYTHONPATH": str(Path("shared").resolve())}
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment).stdout.split()
    assert module in loaded
    heavy = {"boto3", "botocore", "pydantic", "aws_lambda_powertools", "graphql", "connector.store", "connector.runtime", "connector.flows"}
    assert heavy & set(loaded) == set()
