"""A connection of the operators' command to a rehearsal: both sandboxes in process, tables and queues in memory, the drain running beside."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from typer.testing import CliRunner, Result

from connector.centra.calls import Calls
from connector.centra.graphql_client import GraphQLCentra
from connector.centra.graphql_orders import GraphQLCentraOrders
from connector.centra.transport import CentraTransport
from connector.domain.configuration import Site, SitooWarehouse, Store
from connector.runtime.centra_budget import SharedBudget
from connector.runtime.sitoo_lock import SitooLock
from connector.sitoo.rest_orders import RestSitooOrders
from connector.sitoo.transport import SitooTransport
from connector.store.memory.mappings import MemoryMappings
from connector.store.memory.order_files import MemoryOrderFiles
from ops.__main__ import app
from ops.centra_http import HttpGraphQL
from ops.connection import Connection
from ops.pacing import WaitingBudget
from ops.read_credentials import ReadApiUser, ReadToken
from sandbox.rehearsal import Rehearsal

STOCKHOLM, GOTHENBURG = 11, 12
SITE = Site(
    id=1,
    currency="SEK",
    timezone="Europe/Stockholm",
    stores=(
        Store("Stockholm", STOCKHOLM, (SitooWarehouse(3), SitooWarehouse(4, sellable=False)), sitoo_store=1),
        Store("Gothenburg", GOTHENBURG, (SitooWarehouse(5), SitooWarehouse(6)), sitoo_store=2),
    ),
)
MAPPING = """
version: 1
sites:
  - id: 1
    currency: SEK
    timezone: Europe/Stockholm
    stores:
      - name: Stockholm
        centra_warehouse: 11
        sitoo_store: 1
        sitoo_warehouses:
          - id: 3
          - {id: 4, sellable: false}
      - name: Gothenburg
        centra_warehouse: 12
        sitoo_store: 2
        sitoo_warehouses: [{id: 5}, {id: 6}]
    central:
      - {name: Central, centra_warehouse: 1, sitoo_warehouse: 2}
"""


@dataclass
class World:
    """`ops(...)` runs a command; `output` is what the last one printed."""

    rehearsal: Rehearsal
    connection: Connection
    folder: Path
    screen: io.StringIO
    shown: int = 0
    results: list[Result] = field(default_factory=list)

    def ops(self, *arguments: str, exit_code: int = 0, typed: str = "") -> str:
        """What was printed on either stream; asserts the exit code."""
        result = CliRunner().invoke(app, list(arguments), obj=self.connection, input=typed)
        text = self.screen.getvalue()[self.shown :] + result.output
        self.shown = len(self.screen.getvalue())
        assert result.exit_code == exit_code, f"{result.exit_code}: {text} {result.exception!r}"
        return text

    def mapping(self, text: str = MAPPING, name: str = "mapping.yaml") -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def apply(self, text: str = MAPPING) -> str:
        return self.ops("mapping", "apply", self.mapping(text), "--yes")

    def drain_beside(self, every_s: float = 1.0) -> None:
        """From now on queue messages are served while a command waits."""
        clock = self.rehearsal.clock

        def serve() -> None:
            self.rehearsal._serve_once()
            clock.at(clock.now() + every_s, serve)

        clock.at(clock.now() + every_s, serve)


def make_world(folder: Path, *, limits: bool = False) -> World:
    rehearsal = Rehearsal(SITE, limits=limits)
    for warehouse, name in ((1, "Central"), (STOCKHOLM, "Store Stockholm"), (GOTHENBURG, "Store Gothenburg")):
        rehearsal.centra.add_warehouse(warehouse, name)
    rehearsal.sitoo.add_warehouse(2, "Central mirror", type=20)
    for warehouse, name, store, sellable in ((3, "Floor", 1, True), (4, "Reclaims", 1, False), (5, "Floor", 2, True), (6, "Cellar", 2, True)):
        rehearsal.sitoo.add_warehouse(warehouse, name, store_id=store, sellable=sellable)
    screen = io.StringIO()
    return World(rehearsal, connect(rehearsal, Console(file=screen, width=160)), folder, screen)


def connect(rehearsal: Rehearsal, console: Console) -> Connection:
    clock, token = rehearsal.clock, ReadToken(rehearsal.centra.bearer)
    shared = SharedBudget(rehearsal.budget_store, rehearsal.mapping.centra.plan, rehearsal.mapping.centra.quota_share, clock)
    budget = WaitingBudget(shared, clock, lambda until: None)
    http, url = rehearsal._centra_http, "http://centra.test/graphql"
    transport = CentraTransport(http, url, token, clock)
    user, base_url = next(iter(rehearsal.sitoo.api_users.items())), f"http://sitoo.test/v2/accounts/{rehearsal.sitoo.account}"
    lock = SitooLock(rehearsal.locks, "default", clock, "ops")
    return Connection(
        centra=GraphQLCentra(transport, budget, clock),
        centra_orders=GraphQLCentraOrders(Calls(transport, budget, clock)),
        graphql=HttpGraphQL(http, url, token, budget, clock),
        sitoo=lambda _site: rehearsal.sitoo_client(),
        sitoo_orders=lambda site: RestSitooOrders(site, SitooTransport(rehearsal._sitoo_http, base_url, ReadApiUser(*user), lock, clock)),
        mappings=MemoryMappings(),
        sku_map=rehearsal.sku_map,
        cursors=rehearsal.cursors,
        leases=rehearsal.leases,
        levels=rehearsal.levels,
        links=rehearsal.links,
        files=MemoryOrderFiles(),
        cases=rehearsal.cases,
        queues=rehearsal.queues,
        letters=rehearsal.queues,
        budget=budget,
        clock=clock,
        console=console,
        sitoo_users=frozenset({"default"}),
        token_expires=None,
        who="ops:test",
    )
