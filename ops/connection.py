"""What every command works with: both vendors, the tables and the queues of one stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import typer
from rich.console import Console

from connector.centra.client import CentraClient
from connector.centra.order_client import CentraOrders
from connector.domain.configuration import Lane, Site
from connector.runtime.budget import Budget
from connector.runtime.clock import Clock
from connector.runtime.dead_letters import DeadLetters
from connector.runtime.queues import Queues
from connector.sitoo.client import SitooClient
from connector.sitoo.order_client import SitooOrders
from connector.store.cursors import Cursors
from connector.store.exception_cases import ExceptionCases
from connector.store.leases import Leases
from connector.store.mappings import Applied, Mappings
from connector.store.order_files import OrderFiles
from connector.store.order_links import OrderLinks
from connector.store.sku_map import SkuMap
from connector.store.stock_levels import StockLevels
from ops.wording import pasteable


class GraphQL(Protocol):
    """One GraphQL request to Centra, paid from the budget; the whole answer (`data`, `errors`, `extensions`). Errors: connector.centra.errors."""

    def execute(self, document: str, variables: Mapping[str, Any], *, lane: Lane) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Connection:
    """`sitoo` and `sitoo_orders` give the clients of a site; `sitoo_users` are the API users its secret has. `who` signs what is changed.

    `token_expires`: when Centra's token expires (unix s), None when it does not tell. `called`: how this command was called (`ops --local`).
    """

    centra: CentraClient
    centra_orders: CentraOrders
    graphql: GraphQL
    sitoo: Callable[[int], SitooClient]
    sitoo_orders: Callable[[int], SitooOrders]
    mappings: Mappings
    sku_map: SkuMap
    cursors: Cursors
    leases: Leases
    levels: StockLevels
    links: OrderLinks
    files: OrderFiles
    cases: ExceptionCases
    queues: Queues
    letters: DeadLetters
    budget: Budget
    clock: Clock
    console: Console
    sitoo_users: frozenset[str]
    token_expires: float | None
    who: str
    called: str = "ops"

    def typed(self, text: str) -> str:
        """`text` with every `ops …` in it as it is to be typed for this stack."""
        return pasteable(text, self.called)


Connect = Callable[[], Connection]


class Refusal(Exception):
    """The command cannot do what was asked; the text says why and what to do. Exit code 1."""


def connection(ctx: typer.Context) -> Connection:
    """The connection of this invocation, made at first use."""
    chosen = ctx.find_root().obj
    if isinstance(chosen, Connection):
        return chosen
    made = cast(Connect, chosen)()
    ctx.find_root().obj = made
    return made


def applied(conn: Connection) -> Applied:
    """The mapping in force; Refusal before the first apply."""
    current = conn.mappings.current()
    if current is None:
        raise Refusal("No mapping is in force yet: write the mapping file and run `ops mapping apply FILE` first.")
    return current


def chosen_site(current: Applied, site: int | None) -> Site:
    """The site asked for, or the only one there is."""
    sites = current.mapping.sites
    if site is None and len(sites) == 1:
        return sites[0]
    found = current.mapping.site(site) if site is not None else None
    if found is None:
        names = ", ".join(str(s.id) for s in sites)
        raise Refusal(f"Say which Sitoo site with --site: {names}." if site is None else f"The mapping has no site {site}; it has {names}.")
    return found
