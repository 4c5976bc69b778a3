"""Both of the connector's clients on both sandboxes, in process and on one virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from connector.centra.graphql_client import GraphQLCentra
from connector.centra.transport import CentraTransport
from connector.domain.configuration import Plan
from connector.http_exchange import http_client
from connector.runtime.centra_budget import SharedBudget
from connector.runtime.clock import Clock
from connector.runtime.secrets import CentraToken, SitooUser
from connector.runtime.sitoo_lock import SitooLock
from connector.runtime.webhook_secret import WebhookSecret
from connector.sitoo.rest_client import RestSitoo
from connector.sitoo.transport import SitooTransport
from connector.store.memory.api_budget import MemoryBudgetStore, MemoryLockStore
from sandbox.centra.app import create_app as centra_app
from sandbox.centra.state import CentraState
from sandbox.clock import SandboxClock, VirtualTime
from sandbox.in_process import InProcessTransport
from sandbox.sitoo.app import create_app as sitoo_app
from sandbox.sitoo.state import SitooState

START = 1_800_000_000.0


class ClockForBoth(Clock, SandboxClock, Protocol):
    """Time for the connector and the sandbox alike."""


@dataclass
class CentraWorld:
    """Warehouses 11 and 12; SKUs TEE-S, TEE-M, TEE-L, five of each in 11, none ever in 12."""

    clock: VirtualTime = field(default_factory=lambda: VirtualTime(START))
    share: float = 0.8

    def __post_init__(self) -> None:
        self.state = CentraState(self.clock)
        self.secret = {"token": "sandbox-token"}
        self.secret_reads: list[float] = []
        token = CentraToken(WebhookSecret(self._read_secret, self.clock))
        self.store = MemoryBudgetStore()
        self.budget = SharedBudget(self.store, Plan.GROWTH, self.share, self.clock)
        http = http_client(InProcessTransport(centra_app(self.state, self.clock)))
        self.client = GraphQLCentra(CentraTransport(http, "http://centra.test/graphql", token, self.clock), self.budget, self.clock)
        for warehouse in (11, 12):
            self.state.add_warehouse(id=warehouse, name=f"Store {warehouse}")
        self.sizes = {sku: self.state.add_size(sku=sku, ean=f"73{n}")["size_id"] for n, sku in enumerate(("TEE-S", "TEE-M", "TEE-L"))}
        for sku in self.sizes:
            self.state.put_stock(warehouse=11, sku=sku, physical=5)

    def _read_secret(self) -> dict[str, str]:
        self.secret_reads.append(self.clock.now())
        return dict(self.secret)


@dataclass
class SitooWorld:
    """Site 1 with FIFO warehouses 1 and 2, Virtual 9, products TEE-S, TEE-M, TEE-L."""

    clock: VirtualTime = field(default_factory=lambda: VirtualTime(START))

    def __post_init__(self) -> None:
        self.state = SitooState(self.clock, account=90123)
        self.secret = {"api_users": {"default": {"api_id": "90123-1", "password": "sandbox-1"}}}
        self.client = sitoo_client(self.state, self.clock, MemoryLockStore(), lambda: dict(self.secret))
        for number, name, kind in ((1, "Alpha", 10), (2, "Beta", 10), (9, "Central", 20)):
            self.state.add_warehouse(number, name, kind, store_id=number if kind == 10 else None)
        self.state.add_products(["TEE-S", "TEE-M", "TEE-L"])


def sitoo_client(
    state: SitooState, clock: ClockForBoth, locks: MemoryLockStore, secret: Callable[[], Mapping[str, Any]], owner: str = "me"
) -> RestSitoo:
    """As one function instance has it; instances that share `locks` take turns."""
    http = http_client(InProcessTransport(sitoo_app(state, clock)))
    turns = SitooLock(locks, "default", clock, owner)
    return RestSitoo(1, SitooTransport(http, "http://sitoo.test/v2/accounts/90123", SitooUser(WebhookSecret(secret, clock)), turns, clock))
