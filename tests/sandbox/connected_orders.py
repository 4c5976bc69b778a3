"""The connector's whole access to Centra – stock, orders, Order API – on its sandbox, in process and on one virtual clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.domain.configuration import CentraSettings
from connector.http_exchange import http_client
from connector.runtime.vendor_clients import open_centra_orders
from connector.runtime.webhook_secret import WebhookSecret
from connector.store.memory.api_budget import MemoryBudgetStore
from sandbox.centra.app import create_app
from sandbox.centra.order_api import ORDER_API
from sandbox.centra.state import CentraState
from sandbox.clock import VirtualTime
from sandbox.in_process import InProcessTransport

START = 1_800_000_000.0
HOST = "http://centra.test"


@dataclass
class CentraOrderWorld:
    """Warehouses 11 and 12 with five each of TEE-S, TEE-M, TEE-L."""

    clock: VirtualTime = field(default_factory=lambda: VirtualTime(START))

    def __post_init__(self) -> None:
        self.state = CentraState(self.clock)
        http = http_client(InProcessTransport(create_app(self.state, self.clock)))
        secret = WebhookSecret(lambda: {"token": "sandbox-token", "order_api_secret": self.state.order_api_secret}, self.clock)
        access = open_centra_orders(
            f"{HOST}/graphql", secret, CentraSettings(), MemoryBudgetStore(), self.clock, order_api_url=HOST + ORDER_API, http=http
        )
        assert access.order_api is not None
        self.stock, self.orders, self.order_api, self.budget = access.stock, access.orders, access.order_api, access.budget
        for warehouse in (11, 12):
            self.state.add_warehouse(id=warehouse, name=f"Store {warehouse}")
        self.sizes = {sku: self.state.add_size(sku=sku, ean=f"73{n}")["size_id"] for n, sku in enumerate(("TEE-S", "TEE-M", "TEE-L"))}
        for sku in self.sizes:
            for warehouse in (11, 12):
                self.state.put_stock(warehouse=warehouse, sku=sku, physical=5)

    def requests(self) -> int:
        return int(self.state.calls().get("requests", 0))
