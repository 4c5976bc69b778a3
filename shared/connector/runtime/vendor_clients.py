"""Both vendors' clients, put together: credentials, connections, Centra's budget, Sitoo's locks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from connector.centra.calls import Calls
from connector.centra.change_events import GraphQLCentraEvents
from connector.centra.graphql_client import GraphQLCentra
from connector.centra.graphql_orders import GraphQLCentraOrders
from connector.centra.order_api import RestOrderApi
from connector.centra.ports import Token
from connector.centra.transport import CentraTransport
from connector.domain.configuration import CentraSettings, Lane, SitooSettings
from connector.http_exchange import http_client
from connector.runtime.centra_budget import SharedBudget
from connector.runtime.clock import Clock
from connector.runtime.patient_budget import PatientBudget
from connector.runtime.secrets import DEFAULT_USER, CentraToken, OrderApiSecret, SitooUser
from connector.runtime.sitoo_lock import SitooLock
from connector.runtime.webhook_secret import WebhookSecret
from connector.sitoo.rest_client import RestSitoo
from connector.sitoo.rest_orders import RestSitooOrders
from connector.sitoo.transport import SitooTransport
from connector.store.api_budget import BudgetStore, LockStore


def open_centra(
    url: str, token: Token, settings: CentraSettings, store: BudgetStore, clock: Clock, *, http: httpx.Client | None = None
) -> tuple[GraphQLCentra, SharedBudget]:
    """The client and the budget it spends. `http`: another client than the usual one (tests in process)."""
    budget = SharedBudget(store, settings.plan, settings.quota_share, clock)
    return GraphQLCentra(CentraTransport(http or http_client(), url, token, clock), budget, clock), budget


@dataclass(frozen=True, slots=True)
class CentraAccess:
    """Centra's clients of one function instance: they share connection, token and budget. `order_api` None: the client does not use it."""

    stock: GraphQLCentra
    orders: GraphQLCentraOrders
    events: GraphQLCentraEvents
    order_api: RestOrderApi | None
    budget: SharedBudget


def open_centra_orders(
    url: str,
    secret: WebhookSecret,
    settings: CentraSettings,
    store: BudgetStore,
    clock: Clock,
    *,
    order_api_url: str = "",
    http: httpx.Client | None = None,
) -> CentraAccess:
    """As `open_centra`, with the order side. The Order API only with a URL and an `order_api_secret` in the secret {"token": …}."""
    http = http or http_client()
    budget = SharedBudget(store, settings.plan, settings.quota_share, clock)
    transport = CentraTransport(http, url, CentraToken(secret), clock)
    own_secret = OrderApiSecret(secret)
    order_api = RestOrderApi(http, order_api_url, own_secret, clock) if order_api_url and own_secret.known() else None
    patient = Calls(transport, PatientBudget(budget, clock), clock)
    return CentraAccess(GraphQLCentra(transport, budget, clock), GraphQLCentraOrders(patient), GraphQLCentraEvents(patient), order_api, budget)


class SitooAccess:
    """One Sitoo account: a connection, lock and backoff per API user, shared by the clients of all sites."""

    def __init__(
        self,
        base_url: str,
        secret: WebhookSecret,
        settings: SitooSettings,
        store: LockStore,
        clock: Clock,
        *,
        owner: str,
        http: httpx.Client | None = None,
    ) -> None:
        """`owner`: unique among function instances."""
        shared: dict[str, Any] = {"http": http or http_client(), "base_url": base_url, "clock": clock}
        names = {DEFAULT_USER, *settings.api_users.values()}
        self._transports = {
            name: SitooTransport(**shared, credentials=SitooUser(secret, name), turns=SitooLock(store, name, clock, owner)) for name in sorted(names)
        }
        self._lanes: Mapping[Lane, SitooTransport] = {lane: self._transports[name] for lane, name in settings.api_users.items()}

    def site(self, site_id: int) -> RestSitoo:
        return RestSitoo(site_id, self._transports[DEFAULT_USER], self._lanes)

    def orders(self, site_id: int) -> RestSitooOrders:
        """Whole orders of a site, read and written with the API user of the lane ORDERS."""
        return RestSitooOrders(site_id, self._lanes.get(Lane.ORDERS, self._transports[DEFAULT_USER]))
