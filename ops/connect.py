"""Build the connection to one stack: AWS clients, tables, queues, and both vendors with the stack's own credentials, budget and locks."""

from __future__ import annotations

import getpass
import os
import uuid
from collections.abc import Mapping
from typing import Any

import boto3
from rich.console import Console

from connector.centra.calls import Calls
from connector.centra.graphql_client import GraphQLCentra
from connector.centra.graphql_orders import GraphQLCentraOrders
from connector.centra.transport import CentraTransport
from connector.domain.configuration import CentraSettings, Lane, SitooSettings
from connector.http_exchange import http_client
from connector.runtime.centra_budget import SharedBudget
from connector.runtime.clock import SystemClock
from connector.runtime.sitoo_lock import SitooLock
from connector.runtime.sqs_dead_letters import SqsDeadLetters
from connector.runtime.sqs_queues import SqsQueues
from connector.runtime.webhook_secret import secret_reader
from connector.sitoo.rest_client import RestSitoo
from connector.sitoo.rest_orders import RestSitooOrders
from connector.sitoo.transport import SitooTransport
from connector.store.dynamo.api_budget import DynamoBudgetStore, DynamoLockStore
from connector.store.dynamo.connection import Connection as Dynamo
from connector.store.dynamo.cursors import DynamoCursors
from connector.store.dynamo.exception_cases import DynamoExceptionCases
from connector.store.dynamo.leases import DynamoLeases
from connector.store.dynamo.mappings import DynamoMappings
from connector.store.dynamo.order_files import DynamoOrderFiles
from connector.store.dynamo.order_links import DynamoOrderLinks
from connector.store.dynamo.sku_map import DynamoSkuMap
from connector.store.dynamo.stock_levels import DynamoStockLevels
from ops.centra_http import HttpGraphQL, expiry_of
from ops.connection import Connection, Refusal
from ops.pacing import PatientTurns, WaitingBudget
from ops.read_credentials import ReadApiUser, ReadToken
from ops.stack import Stack
from ops.wording import clock_time


def connect(stack: Stack, console: Console, called: str = "ops") -> Connection:
    """Reads both secrets and the mapping in force; raises Refusal when a secret lacks what is needed. `called`: how printed commands begin."""
    os.environ.update(stack.variables)
    clock, who = SystemClock(), f"ops:{getpass.getuser()}"
    secrets: Any = boto3.client("secretsmanager")
    centra_secret = secret_reader(secrets, stack.secrets["centra"])()
    sitoo_secret = secret_reader(secrets, stack.secrets["sitoo"])()
    token = ReadToken(_needed(centra_secret, "token", stack.secrets["centra"]))
    users = _api_users(sitoo_secret, stack.secrets["sitoo"])
    tables, dynamo, sqs = stack.tables, Dynamo(boto3.client("dynamodb")), boto3.client("sqs")
    mappings = DynamoMappings(dynamo, tables["Mappings"])
    current = mappings.current()
    centra_settings = current.mapping.centra if current else CentraSettings()
    sitoo_settings = current.mapping.sitoo if current else SitooSettings()
    shared = SharedBudget(DynamoBudgetStore(dynamo, tables["ApiBudget"]), centra_settings.plan, centra_settings.quota_share, clock)
    budget = WaitingBudget(shared, clock, lambda until: console.print(f"[dim]waits for Centra's limits until {clock_time(until)}[/dim]"))
    http = http_client()
    locks, instance = DynamoLockStore(dynamo, tables["ApiBudget"]), f"{who}:{uuid.uuid4().hex[:8]}"
    transports = {
        name: SitooTransport(http, stack.sitoo_base_url, user, PatientTurns(SitooLock(locks, name, clock, instance), clock), clock)
        for name, user in users.items()
    }
    by_lane: dict[Lane, SitooTransport] = {lane: transports[name] for lane, name in sitoo_settings.api_users.items() if name in transports}
    transport = CentraTransport(http, stack.centra_graphql_url, token, clock)
    return Connection(
        centra=GraphQLCentra(transport, budget, clock),
        centra_orders=GraphQLCentraOrders(Calls(transport, budget, clock)),
        graphql=HttpGraphQL(http, stack.centra_graphql_url, token, budget, clock),
        sitoo=lambda site: RestSitoo(site, transports["default"], by_lane),
        sitoo_orders=lambda site: RestSitooOrders(site, by_lane.get(Lane.ORDERS, transports["default"])),
        mappings=mappings,
        sku_map=DynamoSkuMap(dynamo, tables["SkuMap"]),
        cursors=DynamoCursors(dynamo, tables["Cursors"]),
        leases=DynamoLeases(dynamo, tables["Cursors"]),
        levels=DynamoStockLevels(dynamo, tables["StockLevels"], tables["Cursors"]),
        links=DynamoOrderLinks(dynamo, tables["OrderLinks"], clock.now),
        files=DynamoOrderFiles(dynamo, tables["OrderLinks"], clock.now),
        cases=DynamoExceptionCases(dynamo, tables["Exceptions"]),
        queues=SqsQueues(sqs, stack.queues, stack.dead_letter_queues),
        letters=SqsDeadLetters(sqs, stack.queues, stack.dead_letter_queues),
        budget=budget,
        clock=clock,
        console=console,
        sitoo_users=frozenset(users),
        token_expires=expiry_of(token.token),
        who=who,
        called=called,
    )


def _needed(secret: Mapping[str, Any], key: str, name: str) -> str:
    value = secret.get(key)
    if not isinstance(value, str) or not value:
        raise Refusal(f"The secret {name} has no {key!r}.")
    return value


def _api_users(secret: Mapping[str, Any], name: str) -> dict[str, ReadApiUser]:
    users = secret.get("api_users")
    if not isinstance(users, dict) or "default" not in users:
        raise Refusal(f"The secret {name} has no API user named default under 'api_users'.")
    return {str(user): ReadApiUser(_needed(values, "api_id", name), _needed(values, "password", name)) for user, values in users.items()}
