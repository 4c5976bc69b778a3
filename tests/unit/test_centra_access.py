"""Centra's clients of one function instance, put together."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connector.centra.errors import Throttled
from connector.domain.configuration import CentraSettings, Lane
from connector.http_exchange import http_client
from connector.runtime.budget import BudgetExhausted
from connector.runtime.secrets import BadSecret, OrderApiSecret
from connector.runtime.vendor_clients import CentraAccess, open_centra_orders
from connector.runtime.webhook_secret import WebhookSecret
from connector.store.memory.api_budget import MemoryBudgetStore
from sandbox.clock import VirtualTime
from tests.unit.vendor_answers import Answer, Vendor

BOTH = {"token": "t", "order_api_secret": "s"}


def opened(vendor: Vendor, document: dict[str, Any], order_api_url: str = "", clock: VirtualTime | None = None) -> CentraAccess:
    clock = clock or VirtualTime()
    secret = WebhookSecret(lambda: document, clock)
    http = http_client(httpx.MockTransport(vendor))
    return open_centra_orders("https://c.test/graphql", secret, CentraSettings(), MemoryBudgetStore(), clock, order_api_url=order_api_url, http=http)


@pytest.mark.parametrize(
    ("document", "url", "there"),
    [(BOTH, "https://c.test/api/order", True), (BOTH, "", False), ({"token": "t"}, "https://c.test/api/order", False)],
)
def test_the_order_api_is_used_only_with_a_url_and_a_secret(document: dict[str, Any], url: str, there: bool) -> None:
    assert (opened(Vendor([]), document, url).order_api is not None) is there


def test_a_throttled_order_call_stops_the_stock_client_too() -> None:
    answers: list[Answer] = [httpx.Response(429, headers={"Retry-After": "5"})]
    access = opened(Vendor(answers), BOTH)
    with pytest.raises(Throttled):
        access.orders.hold(101, "r")
    with pytest.raises(BudgetExhausted):
        access.stock.warehouses(lane=Lane.STOCK)


def test_each_api_has_its_own_credential() -> None:
    answers: list[Answer] = [httpx.Response(200, json={"data": {"orders": []}}), httpx.Response(200, json={"status": "ok"})]
    vendor = Vendor(answers)
    access = opened(vendor, BOTH, "https://c.test/api/order")
    assert access.orders.orders([101]) == {}
    assert access.order_api is not None
    assert access.order_api.answer_check_first(101, 11, accept=True) == ()
    assert vendor.requests[0].headers["authorization"] == "Bearer t"
    assert vendor.requests[1].headers["api-authorization"] == "s"
    assert "authorization" not in vendor.requests[1].headers


def test_a_rotated_order_api_secret_is_read_again() -> None:
    document, clock = dict(BOTH), VirtualTime()
    secret = OrderApiSecret(WebhookSecret(lambda: dict(document), clock))
    assert (secret.known(), secret.current()) == (True, "s")
    document["order_api_secret"] = "s2"
    assert (secret.newer(), secret.newer(), secret.current()) == ("s2", None, "s2")


def test_a_secret_that_was_taken_away_is_named_without_its_value() -> None:
    with pytest.raises(BadSecret, match="order_api_secret"):
        OrderApiSecret(WebhookSecret(lambda: {"token": "t"}, VirtualTime())).current()
