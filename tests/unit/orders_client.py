"""The order client of a Centra that answers what a test says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from connector.centra.calls import Calls
from connector.centra.graphql_orders import GraphQLCentraOrders
from connector.centra.transport import CentraTransport
from sandbox.clock import VirtualTime
from tests.unit.centra_order_nodes import Node
from tests.unit.vendor_answers import Answer, Grants, Secret, Vendor


@dataclass
class Orders:
    """A client of a Centra that gives `answers`."""

    answers: list[Answer]
    token: str = "token-1"
    rotated: str | None = None

    def __post_init__(self) -> None:
        self.clock, self.grants, self.vendor = VirtualTime(), Grants(), Vendor(self.answers)
        transport = CentraTransport(self.vendor.client(), "https://brand.example/graphql", Secret(self.token, self.rotated), self.clock)
        self.client = GraphQLCentraOrders(Calls(transport, self.grants, self.clock))

    def sent(self, position: int = -1) -> tuple[str, dict[str, Any]]:
        """(document, variables) of a request."""
        body = json.loads(self.vendor.requests[position].content)
        return body["query"], body["variables"]


def data(**fields: Any) -> httpx.Response:
    return httpx.Response(200, json={"data": fields})


def saved(payload: Node | None = None, *errors: Node) -> httpx.Response:
    return httpx.Response(200, json={"data": {"saved": payload}} | ({"errors": list(errors)} if errors else {}))
