"""A small shop on the Centra sandbox, called as the connector would: over HTTP, in process, on virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox.centra.app import create_app
from sandbox.centra.state import CentraState
from sandbox.clock import VirtualTime
from sandbox.in_process import InProcessTransport

START = 1_800_000_000.0
SET = """mutation Set($input: StockSetInput!) {
  setStock(input: $input) { stockChanges { id } userErrors { message path } userWarnings { message path } } }"""
STOCK = "{ warehouses(where: {id: [11]}) { stock(limit: 200) { physicalQuantity allocatedQuantity freeToAllocateQuantity productSize { id SKU } } } }"


@dataclass
class Shop:
    """Warehouses 11 and 12, SKUs TEE-S, TEE-M, TEE-L with 5 each in 11."""

    clock: VirtualTime = field(default_factory=lambda: VirtualTime(START))

    def __post_init__(self) -> None:
        self.state = CentraState(self.clock)
        app = create_app(self.state, self.clock)
        transport, token = InProcessTransport(app), {"Authorization": "Bearer sandbox-token"}
        self.http = httpx.Client(transport=transport, base_url="http://centra.test", headers=token, trust_env=False)
        for warehouse in (11, 12):
            self.state.add_warehouse(id=warehouse, name=f"Store {warehouse}")
        self.sizes = {sku: self.state.add_size(sku=sku, ean=f"73{n}")["size_id"] for n, sku in enumerate(("TEE-S", "TEE-M", "TEE-L"))}
        for sku in self.sizes:
            self.state.put_stock(warehouse=11, sku=sku, physical=5)

    def post(self, query: str, **variables: Any) -> httpx.Response:
        return self.http.post("/graphql", json={"query": query, "variables": variables})

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        response = self.post(query, **variables)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def set_stock(self, quantities: dict[str, int], warehouse: int = 11, description: str = "test") -> dict[str, Any]:
        """The payload of one setStock."""
        rows = [{"productSize": {"SKU": sku}, "quantity": units} for sku, units in quantities.items()]
        wanted = {"warehouse": {"id": warehouse}, "description": description, "stockQuantityType": "PHYSICAL", "productSizes": rows}
        payload: dict[str, Any] = self.ask(SET, input=wanted)["setStock"]
        return payload

    def stock(self, sku: str, warehouse: int = 11) -> tuple[int, int]:
        """(physical, allocated)."""
        row = self.state.snapshot()[warehouse][sku]
        assert row["fta"] == row["physical"] - row["allocated"] >= 0
        return row["physical"], row["allocated"]
