"""What the code reads and calls is what the template sets and allows."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connector.flows.receive_centra_webhook import WORKS as CENTRA_WORKS
from connector.flows.receive_sitoo_events import WORKS as SITOO_WORKS
from connector.runtime.front_door import site_ids
from connector.runtime.queues import Work
from connector.runtime.settings import order_function_settings, sync_store_stock_settings
from connector.runtime.sqs_queues import queue_urls

if TYPE_CHECKING:
    from tests.template.conftest import Template

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "shared"
DYNAMO = SHARED / "connector" / "store" / "dynamo"
MODULES = {
    "SkuMap": ("sku_map",),
    "Cursors": ("cursors", "leases"),
    "OrderLinks": ("order_links", "order_files", "shelves"),
    "StockLevels": ("stock_levels", "settling", "dirty_items"),
    "Exceptions": ("exception_cases", "shelves"),
    "ApiBudget": ("api_budget",),
    "SalesLedger": ("sales_ledger",),
}
"""The storage modules of each table. `fenced`, wherever it is used, checks an item of Cursors."""
NOT_THE_DRAINS = {"order_files", "sales_ledger"}
"""Storage modules that the drain does not use."""
ORDER_FUNCTIONS = {
    "SyncOrder": {Work.ORDERS, Work.STORE_STOCK, Work.FULFILMENTS},
    "SyncFulfilment": {Work.FULFILMENTS, Work.STORE_STOCK, Work.ORDERS, Work.RETURNS},
    "SyncReturn": {Work.RETURNS, Work.STORE_STOCK, Work.ORDERS, Work.FULFILMENTS},
    "PollCentra": {Work.STORE_STOCK, Work.ORDERS, Work.FULFILMENTS, Work.RETURNS},
}
"""Those that work on orders and returns, and where they send."""
FLOWS = {
    "SyncOrder": "orders.take_order_messages",
    "SyncFulfilment": "orders.take_fulfilment_messages",
    "SyncReturn": "returns.take_return_messages",
    "PollCentra": "orders.poll_centra",
}
CALLED = {
    "GetItem": r"_db\.get\(",
    "BatchGetItem": r"_db\.get_many\(",
    "Query": r"_db\.query\(",
    "BatchWriteItem": r"_db\.put_many\(",
    "PutItem": r"(?<![\w.])(?<!def )put\(",
    "UpdateItem": r"(?<![\w.])update\(",
    "DeleteItem": r"(?<![\w.])delete\(",
    "ConditionCheckItem": r"(?<![\w.])check\(",
}
"""A write needs the permission of its kind, alone or in a transaction."""


def environment(template: Template, function: str) -> dict[str, str]:
    """As the function will see it: parameters by their defaults, resources by their ids."""

    def plain(value: Any) -> str:
        if isinstance(value, dict):
            name = value["Ref"]
            return str(template.parameters[name]["Default"]) if name in template.parameters else f"https://sqs/{name}"
        return str(value)

    variables = template.document["Globals"]["Function"]["Environment"]["Variables"] | template.variables(function)
    return {key: plain(value) for key, value in variables.items()}


@pytest.mark.parametrize(("function", "works"), [("CentraWebhook", CENTRA_WORKS), ("SitooWebhook", SITOO_WORKS), ("PollSitoo", (Work.STORE_STOCK,))])
def test_a_sender_knows_the_queues_it_sends_to_and_no_others(template: Template, function: str, works: tuple[Work, ...]) -> None:
    told = environment(template, function)
    assert set(queue_urls(told)) == set(works)
    assert site_ids(told) == (1,)


def test_the_drain_finds_all_its_settings(template: Template) -> None:
    told = environment(template, "SyncStoreStock")
    settings = sync_store_stock_settings(told)
    assert set(settings.queues) == {Work.STORE_STOCK, Work.ORDERS}
    assert set(settings.dead_letters) == {Work.STORE_STOCK}
    assert {key for key in told if key.startswith("TABLE_")} == {
        f"TABLE_{name}" for name in ("SKU_MAP", "MAPPINGS", "CURSORS", "ORDER_LINKS", "STOCK_LEVELS", "EXCEPTIONS", "API_BUDGET")
    }


@pytest.mark.parametrize("function", ORDER_FUNCTIONS)
def test_an_order_function_finds_all_its_settings(template: Template, function: str) -> None:
    told = environment(template, function)
    settings = order_function_settings(told)
    assert set(settings.queues) == ORDER_FUNCTIONS[function]
    assert settings.event_bus
    assert settings.vendors.centra_order_api_url == ""
    assert ("TABLE_SALES_LEDGER" in told) == (function in ("SyncFulfilment", "SyncReturn"))


def works_named(module: str, seen: set[str]) -> set[str]:
    """The kinds of work that a flow, and every flow it imports, names: where it sends and parks."""
    path = SHARED.joinpath(*module.split(".")).with_suffix(".py")
    if module in seen or not path.is_file():
        return set()
    seen.add(module)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    named = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "Work"}
    return named.union(*(works_named(one, seen) for one in imported if one.startswith("connector.flows")))


@pytest.mark.parametrize(("function", "flow"), FLOWS.items())
def test_an_order_function_is_told_the_queues_that_its_flows_name_and_no_others(function: str, flow: str) -> None:
    assert works_named(f"connector.flows.{flow}", set()) == {work.name for work in ORDER_FUNCTIONS[function]}


@pytest.mark.parametrize("function", ["SyncStoreStock", *ORDER_FUNCTIONS])
def test_tables_are_named_after_their_resources(template: Template, function: str) -> None:
    for key, value in template.variables(function).items():
        if key.startswith("TABLE_"):
            assert value == {"Ref": "".join(part.title() for part in key.removeprefix("TABLE_").split("_"))}


def called(modules: set[str]) -> set[str]:
    """The actions that these storage modules call."""
    source = "".join((DYNAMO / f"{module}.py").read_text(encoding="utf-8") for module in modules)
    return {f"dynamodb:{action}" for action, pattern in CALLED.items() if re.search(pattern, source)}


def granted_on(template: Template, function: str, table: str) -> set[str]:
    return {action for action, resource in template.granted(template.role_of(function)) if resource == f"{table}.Arn"}


@pytest.mark.parametrize("table", MODULES)
def test_the_drain_may_do_to_a_table_what_its_storage_code_does_and_no_more(template: Template, table: str) -> None:
    modules = set(MODULES[table]) - NOT_THE_DRAINS
    assert bool(called(modules)) == bool(modules)
    assert granted_on(template, "SyncStoreStock", table) == called(modules)


@pytest.mark.parametrize("table", MODULES)
@pytest.mark.parametrize("function", ORDER_FUNCTIONS)
def test_an_order_function_may_do_to_a_table_what_its_storage_code_does_and_no_more(template: Template, function: str, table: str) -> None:
    told = {value["Ref"] for key, value in template.variables(function).items() if key.startswith("TABLE_")}
    assert granted_on(template, function, table) == (called(set(MODULES[table])) if table in told else set())


@pytest.mark.parametrize("function", ["SyncStoreStock", *ORDER_FUNCTIONS])
def test_functions_only_read_the_mapping(template: Template, function: str) -> None:
    assert granted_on(template, function, "Mappings") == {"dynamodb:GetItem"}


def test_every_storage_module_belongs_to_a_table() -> None:
    plumbing = {"__init__", "actions", "attributes", "connection", "tables", "mappings"}
    assert {path.stem for path in DYNAMO.glob("*.py")} - plumbing == {module for modules in MODULES.values() for module in modules}
