"""What the drain runs on: tables, queues and both vendors' clients, kept between invocations."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from connector.domain.configuration import Mapping as MappingFile
from connector.flows.refresh_sku_map import RefreshSkuMap
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.sku_lookup import SkuLookup
from connector.runtime.applied_mapping import AppliedMapping
from connector.runtime.aws_clients import dynamodb_client, secrets_client, sqs_client
from connector.runtime.clock import SystemClock
from connector.runtime.secrets import CentraToken
from connector.runtime.settings import sync_store_stock_settings
from connector.runtime.sqs_queues import SqsQueues
from connector.runtime.vendor_clients import SitooAccess, open_centra
from connector.runtime.webhook_secret import WebhookSecret, secret_reader
from connector.store.dynamo.api_budget import DynamoBudgetStore, DynamoLockStore
from connector.store.dynamo.connection import Connection
from connector.store.dynamo.cursors import DynamoCursors
from connector.store.dynamo.exception_cases import DynamoExceptionCases
from connector.store.dynamo.leases import DynamoLeases
from connector.store.dynamo.mappings import DynamoMappings
from connector.store.dynamo.order_links import DynamoOrderLinks
from connector.store.dynamo.sku_map import DynamoSkuMap
from connector.store.dynamo.stock_levels import DynamoStockLevels


class StockFunction:
    """One per function instance."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._settings = sync_store_stock_settings(environment)
        self.clock = SystemClock()
        self._db = Connection(dynamodb_client())
        self._instance = uuid.uuid4().hex
        mappings = DynamoMappings(self._db, self._settings.tables.mappings)
        self._applied = AppliedMapping(mappings, self.clock, lambda mapping: mapping.switches.sync_store_stock, self._build)

    def context_of(self, site: int) -> DrainContext | None:
        """The site's context; None when no mapping is applied, or it does not have the site, or store stock is switched off."""
        return self._applied.of(site)

    def _build(self, mapping: MappingFile) -> dict[int, DrainContext]:
        settings, tables, vendors = self._settings, self._settings.tables, self._settings.vendors
        centra_secret = WebhookSecret(secret_reader(secrets_client(), vendors.centra_secret), self.clock)
        sitoo_secret = WebhookSecret(secret_reader(secrets_client(), vendors.sitoo_secret), self.clock)
        budget_store = DynamoBudgetStore(self._db, tables.api_budget)
        centra, budget = open_centra(vendors.centra_graphql_url, CentraToken(centra_secret), mapping.centra, budget_store, self.clock)
        locks = DynamoLockStore(self._db, tables.api_budget)
        access = SitooAccess(vendors.sitoo_base_url, sitoo_secret, mapping.sitoo, locks, self.clock, owner=self._instance)
        sku_map, cases = DynamoSkuMap(self._db, tables.sku_map), DynamoExceptionCases(self._db, tables.exceptions)
        contexts = {}
        for site in mapping.sites:
            sitoo = access.site(site.id)
            refresh = RefreshSkuMap(site.id, centra, sitoo, sku_map, cases).refresh
            contexts[site.id] = DrainContext(
                site=site,
                mapping=mapping,
                clock=self.clock,
                centra=centra,
                sitoo=sitoo,
                budget=budget,
                leases=DynamoLeases(self._db, tables.cursors),
                cursors=DynamoCursors(self._db, tables.cursors),
                levels=DynamoStockLevels(self._db, tables.stock_levels, tables.cursors),
                links=DynamoOrderLinks(self._db, tables.order_links, self.clock.now),
                skus=SkuLookup(site.id, sku_map, refresh, self.clock),
                cases=cases,
                queues=SqsQueues(sqs_client(), settings.queues, settings.dead_letters),
                new_id=lambda: uuid.uuid4().hex,
            )
        return contexts
