"""What the functions for orders and returns run on: tables, queues, the bus and both vendors' clients, kept between invocations."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from connector.domain.configuration import Mapping as MappingFile
from connector.domain.configuration import Switches
from connector.flows.orders.context import OrderContext
from connector.flows.refresh_sku_map import RefreshSkuMap
from connector.flows.store_stock.sku_lookup import SkuLookup
from connector.runtime.applied_mapping import AppliedMapping
from connector.runtime.aws_clients import dynamodb_client, events_client, secrets_client, sqs_client
from connector.runtime.clock import SystemClock
from connector.runtime.event_bus import EventBus
from connector.runtime.settings import order_function_settings
from connector.runtime.sqs_queues import SqsQueues
from connector.runtime.vendor_clients import SitooAccess, open_centra_orders
from connector.runtime.webhook_secret import WebhookSecret, secret_reader
from connector.store.dynamo.connection import Connection
from connector.store.dynamo.sales_ledger import DynamoSalesLedger
from connector.store.dynamo.tables import DynamoTables

MARGIN_S = 1.0
"""Kept from the function's time to report and answer."""


class OrderFunction:
    """One per function instance. `by`: its name in histories. `wanted`: whether the mapping's switches turn its work on."""

    def __init__(self, environment: Mapping[str, str], *, by: str, wanted: Callable[[Switches], bool]) -> None:
        self._settings = order_function_settings(environment)
        self._by = by
        self.clock = SystemClock()
        database = Connection(dynamodb_client())
        self._tables = DynamoTables(database, environment, self.clock.now)
        # Only the functions that keep the ledger are told its table; in the others a use of it fails.
        self._ledger = DynamoSalesLedger(database, environment.get("TABLE_SALES_LEDGER", ""))
        self._instance = uuid.uuid4().hex
        self._applied = AppliedMapping(self._tables.mappings, self.clock, lambda mapping: wanted(mapping.switches), self._build)

    @property
    def sites(self) -> tuple[int, ...]:
        return self._settings.sites

    def context_of(self, site: int) -> OrderContext | None:
        """The site's context; None when no mapping is applied, or it does not have the site, or the function's work is switched off."""
        return self._applied.of(site)

    def ends_at(self, remaining_ms: int) -> float:
        """When (unix s) an invocation that has this much time left must have its answer ready."""
        return self.clock.now() + remaining_ms / 1000 - MARGIN_S

    def _build(self, mapping: MappingFile) -> dict[int, OrderContext]:
        settings, tables, vendors = self._settings, self._tables, self._settings.vendors
        centra_secret = WebhookSecret(secret_reader(secrets_client(), vendors.centra_secret), self.clock)
        sitoo_secret = WebhookSecret(secret_reader(secrets_client(), vendors.sitoo_secret), self.clock)
        order_api_url = vendors.centra_order_api_url
        centra = open_centra_orders(vendors.centra_graphql_url, centra_secret, mapping.centra, tables.budget, self.clock, order_api_url=order_api_url)
        access = SitooAccess(vendors.sitoo_base_url, sitoo_secret, mapping.sitoo, tables.locks, self.clock, owner=self._instance)
        queues = SqsQueues(sqs_client(), settings.queues, settings.dead_letters)
        announcer = EventBus(events_client, settings.event_bus)
        contexts = {}
        for site in mapping.sites:
            sitoo_stock = access.site(site.id)
            refresh = RefreshSkuMap(site.id, centra.stock, sitoo_stock, tables.sku_map, tables.cases).refresh
            contexts[site.id] = OrderContext(
                site=site,
                mapping=mapping,
                clock=self.clock,
                centra=centra.orders,
                centra_stock=centra.stock,
                centra_events=centra.events,
                order_api=centra.order_api,
                sitoo=access.orders(site.id),
                sitoo_stock=sitoo_stock,
                leases=tables.leases,
                cursors=tables.cursors,
                files=tables.files,
                links=tables.links,
                levels=tables.levels,
                ledger=self._ledger,
                skus=SkuLookup(site.id, tables.sku_map, refresh, self.clock),
                cases=tables.cases,
                queues=queues,
                announcer=announcer,
                new_id=lambda: uuid.uuid4().hex,
                by=self._by,
            )
        return contexts
