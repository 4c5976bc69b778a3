"""What the code reads and calls is what the template sets and allows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connector.flows.receive_centra_webhook import WORKS as CENTRA_WORKS
from connector.flows.receive_sitoo_events import WORKS as SITOO_WORKS
from connector.runtime.front_door import site_ids
from connector.runtime.queues import Work
from connector.runtime.settings import sync_store_stock_settings
from connector.runtime.sqs_queues import queue_urls

if TYPE_CHECKING:
    from tests.template.conftest import Template

ROOT = Path(__file__).resolve().parents[2]
# A transaction needs the permissions of the actions in it.
TRANSACTION = {"ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"}


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
    assert settings.max_receive_count == 5
    assert set(settings.queues) == set(settings.dead_letters) == {Work.STORE_STOCK}
    assert {key for key in told if key.startswith("TABLE_")} == {
        f"TABLE_{name}" for name in ("SKU_MAP", "MAPPINGS", "CURSORS", "ORDER_LINKS", "STOCK_LEVELS", "EXCEPTIONS", "API_BUDGET")
    }


def test_tables_are_named_after_their_resources(template: Template) -> None:
    for key, value in template.variables("SyncStoreStock").items():
        if key.startswith("TABLE_"):
            assert value == {"Ref": "".join(part.title() for part in key.removeprefix("TABLE_").split("_"))}


def test_the_drain_may_do_in_dynamodb_what_the_storage_code_does_and_no_more(template: Template) -> None:
    called = set()
    for path in (ROOT / "shared" / "connector" / "store" / "dynamo").glob("*.py"):
        for method in re.findall(r"_client\.(\w+)\(", path.read_text(encoding="utf-8")):
            called |= TRANSACTION if method == "transact_write_items" else {"".join(part.title() for part in method.split("_"))}
    assert called >= TRANSACTION
    allowed = {action for action, _ in template.granted("SyncStoreStockRole") if action.startswith("dynamodb:")}
    assert allowed == {f"dynamodb:{action}" for action in called}
