"""What a function is told by its environment, read once and typed. A missing or unusable variable is an error at start-up that names them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from connector.runtime.queues import Work
from connector.runtime.sqs_queues import dead_letter_urls, queue_urls

Value = TypeVar("Value")


class BadSettings(Exception):
    """`problems`: one per variable."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Tables:
    """DynamoDB table names."""

    sku_map: str
    mappings: str
    cursors: str
    order_links: str
    stock_levels: str
    exceptions: str
    api_budget: str


@dataclass(frozen=True, slots=True)
class VendorSettings:
    """Where the vendors are and in which secrets their credentials lie. `sitoo_base_url` is `…/v2/accounts/{id}`.

    `centra_order_api_url`: '' when the client does not use the Order API.
    """

    centra_graphql_url: str
    sitoo_base_url: str
    centra_secret: str
    sitoo_secret: str
    centra_order_api_url: str = ""


@dataclass(frozen=True, slots=True)
class SyncStoreStockSettings:
    """The drain's environment."""

    tables: Tables
    vendors: VendorSettings
    sites: tuple[int, ...]
    queues: Mapping[Work, str]
    dead_letters: Mapping[Work, str]


@dataclass(frozen=True, slots=True)
class OrderFunctionSettings:
    """The environment of the functions that work on orders and returns. `event_bus`: its name."""

    tables: Tables
    vendors: VendorSettings
    sites: tuple[int, ...]
    queues: Mapping[Work, str]
    dead_letters: Mapping[Work, str]
    event_bus: str


class _Environment:
    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.problems: list[str] = []

    def read(self, name: str, parse: Callable[[str], Value], otherwise: Value) -> Value:
        raw = self._variables.get(name, "").strip()
        if not raw:
            self.problems.append(f"{name} is not set")
            return otherwise
        try:
            return parse(raw)
        except ValueError:
            self.problems.append(f"{name} cannot be read")
            return otherwise

    def text(self, name: str) -> str:
        return self.read(name, str, "")

    def optional(self, name: str, parse: Callable[[str], str]) -> str:
        return self.read(name, parse, "") if self._variables.get(name, "").strip() else ""

    def check(self) -> None:
        if self.problems:
            raise BadSettings(tuple(self.problems))


def sync_store_stock_settings(variables: Mapping[str, str]) -> SyncStoreStockSettings:
    """Raises BadSettings."""
    env = _Environment(variables)
    settings = SyncStoreStockSettings(
        tables=_tables(env),
        vendors=_vendors(env),
        sites=env.read("SITOO_SITE_IDS", _site_ids, ()),
        queues=queue_urls(variables),
        dead_letters=dead_letter_urls(variables),
    )
    env.text("QUEUE_STORE_STOCK")
    env.text("QUEUE_ORDERS")
    env.text("DLQ_STORE_STOCK")
    env.check()
    return settings


def order_function_settings(variables: Mapping[str, str]) -> OrderFunctionSettings:
    """Raises BadSettings."""
    env = _Environment(variables)
    settings = OrderFunctionSettings(
        tables=_tables(env),
        vendors=_vendors(env),
        sites=env.read("SITOO_SITE_IDS", _site_ids, ()),
        queues=queue_urls(variables),
        dead_letters=dead_letter_urls(variables),
        event_bus=env.text("EVENT_BUS"),
    )
    env.text("QUEUE_STORE_STOCK")
    env.text("QUEUE_ORDERS")
    env.check()
    return settings


def _tables(env: _Environment) -> Tables:
    return Tables(
        sku_map=env.text("TABLE_SKU_MAP"),
        mappings=env.text("TABLE_MAPPINGS"),
        cursors=env.text("TABLE_CURSORS"),
        order_links=env.text("TABLE_ORDER_LINKS"),
        stock_levels=env.text("TABLE_STOCK_LEVELS"),
        exceptions=env.text("TABLE_EXCEPTIONS"),
        api_budget=env.text("TABLE_API_BUDGET"),
    )


def _vendors(env: _Environment) -> VendorSettings:
    return VendorSettings(
        centra_graphql_url=env.read("CENTRA_GRAPHQL_URL", _url, ""),
        sitoo_base_url=env.read("SITOO_BASE_URL", _url, ""),
        centra_secret=env.text("SECRET_CENTRA"),
        sitoo_secret=env.text("SECRET_SITOO"),
        centra_order_api_url=env.optional("CENTRA_ORDER_API_URL", _url),
    )


def _url(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError(text)
    return text.rstrip("/")


def _site_ids(text: str) -> tuple[int, ...]:
    sites = tuple(int(part) for part in text.split(",") if part.strip())
    if not sites:
        raise ValueError(text)
    return sites
