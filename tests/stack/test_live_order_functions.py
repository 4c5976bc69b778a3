"""The built functions of orders and returns under the emulator: they start, find settings and tables, and answer; without a mapping they rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.local_stack.stack import LocalStack
from tests.stack.built import copy_of_build, without_triggers, write
from tests.stack.conftest import ENV

pytestmark = pytest.mark.stack

FUNCTIONS = {"SyncOrder": "sync_order", "SyncFulfilment": "sync_fulfilment", "SyncReturn": "sync_return", "PollCentra": "poll_centra"}
IDLE: dict[str, dict[str, Any]] = {name: {"polled": {}} if name == "PollCentra" else {"batchItemFailures": []} for name in FUNCTIONS}
EVENTS = Path(__file__).resolve().parents[2] / "events"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("orders")
    built = copy_of_build(folder / "built")
    template = without_triggers(built, {}, *FUNCTIONS, "SyncStoreStock", "PollSitoo")
    with LocalStack(ENV, template=write(template, built), folder=folder) as stack:
        yield stack


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_built_function_takes_its_sample(stack: LocalStack, name: str) -> None:
    outcome = stack.invoke(name, json.loads((EVENTS / f"{FUNCTIONS[name]}.json").read_text(encoding="utf-8")))
    assert outcome.answer == IDLE[name], outcome


def test_the_bus_and_the_ledger_are_there(stack: LocalStack) -> None:
    assert stack.description["buses"] == {"EventBus": "local"}
    assert stack.description["tables"]["SalesLedger"]
