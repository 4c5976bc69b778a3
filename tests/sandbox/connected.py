"""The connector's Centra client on its sandbox, in process and on one virtual clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.centra.graphql_client import GraphQLCentra
from connector.centra.transport import CentraTransport
from connector.domain.configuration import Plan
from connector.http_exchange import http_client
from connector.runtime.centra_budget import SharedBudget
from connector.runtime.secrets import CentraToken
from connector.runtime.webhook_secret import WebhookSecret
from connector.store.memory.api_budget import MemoryBudgetStore
from sandbox.centra.app import create_app as centra_app
from sandbox.centra.state import CentraState
from sandbox.clock import VirtualTime
from sandbox.in_process import InProcessTransport

START = 1_800_000_000.0


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
