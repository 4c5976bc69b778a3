"""The connector's Sitoo clients on their sandbox, in process and on one virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from connector.http_exchange import http_client
from connector.runtime.clock import Clock
from connector.runtime.secrets import SitooUser
from connector.runtime.sitoo_lock import SitooLock
from connector.runtime.webhook_secret import WebhookSecret
from connector.sitoo.order_client import SitooOrders
from connector.sitoo.rest_client import RestSitoo
from connector.sitoo.rest_orders import RestSitooOrders
from connector.sitoo.transport import SitooTransport
from connector.store.memory.api_budget import MemoryLockStore
from sandbox.clock import SandboxClock, VirtualTime
from sandbox.in_process import InProcessTransport
from sandbox.sitoo.app import create_app
from sandbox.sitoo.state import SitooState

START = 1_800_000_000.0


class ClockForBoth(Clock, SandboxClock, Protocol):
    """Time for the connector and the sandbox alike."""


@dataclass
class SitooWorld:
    """Site 1 with FIFO warehouses 1 and 2, Virtual 9, products TEE-S, TEE-M, TEE-L."""

    clock: VirtualTime = field(default_factory=lambda: VirtualTime(START))

    def __post_init__(self) -> None:
        self.state = SitooState(self.clock, account=90123)
        self.secret = {"api_users": {"default": {"api_id": "90123-1", "password": "sandbox-1"}}}
        transport = sitoo_transport(self.state, self.clock, MemoryLockStore(), lambda: dict(self.secret))
        self.client = RestSitoo(1, transport)
        self.orders: SitooOrders = RestSitooOrders(1, transport)
        for number, name, kind in ((1, "Alpha", 10), (2, "Beta", 10), (9, "Central", 20)):
            self.state.add_warehouse(number, name, kind, store_id=number if kind == 10 else None)
        self.state.add_products(["TEE-S", "TEE-M", "TEE-L"])


def sitoo_client(
    state: SitooState, clock: ClockForBoth, locks: MemoryLockStore, secret: Callable[[], Mapping[str, Any]], owner: str = "me"
) -> RestSitoo:
    """As one function instance has it; instances that share `locks` take turns."""
    return RestSitoo(1, sitoo_transport(state, clock, locks, secret, owner))


def sitoo_transport(
    state: SitooState, clock: ClockForBoth, locks: MemoryLockStore, secret: Callable[[], Mapping[str, Any]], owner: str = "me"
) -> SitooTransport:
    http = http_client(InProcessTransport(create_app(state, clock)))
    turns = SitooLock(locks, "default", clock, owner)
    return SitooTransport(http, "http://sitoo.test/v2/accounts/90123", SitooUser(WebhookSecret(secret, clock)), turns, clock)
