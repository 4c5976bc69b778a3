"""A small Sitoo account in process: two stores, a central Virtual warehouse, a few products, one receiver of events."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox.clock import VirtualTime
from sandbox.in_process import InProcessTransport
from sandbox.sitoo.app import create_app
from sandbox.sitoo.state import SitooState

ALPHA, BETA, RECLAIMS, CENTRAL = 1, 2, 3, 9
SKUS = ("TEE-S", "TEE-M", "TEE-L", "CAP")


@dataclass
class Receiver:
    """Answers event calls with `statuses` in turn, then 200."""

    clock: VirtualTime
    statuses: list[int] = field(default_factory=list)
    calls: list[tuple[float, list[dict[str, Any]]]] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    react: Callable[[], None] = lambda: None

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> int:
        assert url == "https://hook.example/sitoo/events"
        self.calls.append((self.clock.now(), json.loads(body)))
        self.credentials.append(base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode())
        self.react()
        return self.statuses.pop(0) if self.statuses else 200

    def events(self) -> list[dict[str, Any]]:
        return [event for _, batch in self.calls for event in batch]


@dataclass
class Account:
    state: SitooState
    clock: VirtualTime
    http: httpx.Client
    receiver: Receiver

    def get(self, path: str, **query: Any) -> Any:
        return self.good("GET", path, params=query)

    def good(self, method: str, path: str, **sent: Any) -> Any:
        answer = self.http.request(method, path, **sent)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, **sent: Any) -> tuple[int, str]:
        answer = self.http.request(method, path, **sent)
        body = answer.json()
        assert body["statuscode"] == answer.status_code
        return answer.status_code, body["errortext"]

    def level(self, warehouse: int, sku: str) -> dict[str, Any]:
        rows = self.get(f"/sites/1/warehouses/{warehouse}/warehouseitems.json", sku=sku)["items"]
        assert len(rows) == 1
        row: dict[str, Any] = rows[0]
        return row

    def user(self, number: int) -> httpx.Client:
        return client(self.state, self.clock, number)


def client(state: SitooState, clock: VirtualTime, number: int = 1) -> httpx.Client:
    transport = InProcessTransport(create_app(state, clock))
    return httpx.Client(transport=transport, base_url="https://sitoo.example/v2/accounts/90123", auth=(f"90123-{number}", f"sandbox-{number}"))


def open_account(*, events: bool = True, **modes: Any) -> Account:
    clock = VirtualTime()
    state = SitooState(clock)
    state.modes(**modes)
    state.add_warehouse(ALPHA, "Alpha", store_id=1)
    state.add_warehouse(BETA, "Beta", store_id=2)
    state.add_warehouse(RECLAIMS, "Alpha reclaims", store_id=1, sellable=False)
    state.add_warehouse(CENTRAL, "Central", type=20)
    for sku in SKUS:
        state.add_product(sku, barcode=f"73{sku}")
    state.add_product("BAG", stock_counted=False)
    receiver = Receiver(clock)
    if events:
        state.events(url="https://hook.example/sitoo", user="sitoo", password="word", post=receiver)
    return Account(state, clock, client(state, clock), receiver)
