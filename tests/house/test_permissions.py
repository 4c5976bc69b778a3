"""The permissions that the README asks for are those that the documents need, list by list: none is missing, none is asked for in vain."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from graphql import build_schema

from connector.centra import documents
from connector.centra.change_events import every_event_document
from connector.centra.order_documents import every_order_document
from ops.safety_stock import VARIANT_OFFSETS
from ops.schema import every_document
from ops.sizes import SIZE_BY_ID
from sandbox.centra.documents import Documents

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = build_schema((ROOT / "sandbox" / "centra" / "schema.graphql").read_text(encoding="utf-8"))
PERMISSION = re.compile(r"`([A-Z]\w*(?:\.\w+)?:(?:read|write))`")


def needed(texts: Iterable[str]) -> set[str]:
    compiled = Documents(SCHEMA)
    return {permission for text in texts for operation in compiled.get(text).operations for permission in operation.permissions}


def listed(beginning: str) -> set[str]:
    """The permissions of the README's item that begins so."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    item = re.search(rf"^\* {re.escape(beginning)}(.*?)(?=^\* |^$)", text, re.MULTILINE | re.DOTALL)
    assert item is not None, f"the README has no list of permissions {beginning!r}"
    return set(PERMISSION.findall(item[1]))


STOCK = needed([*documents.every_document().values(), VARIANT_OFFSETS, SIZE_BY_ID])
ORDERS = needed(every_order_document().values()) - STOCK
EVENTS = needed(every_event_document().values()) - STOCK - ORDERS


@pytest.mark.parametrize(
    ("beginning", "wanted"), [("for stock:", STOCK), ("for orders and returns as well:", ORDERS), ("for Centra's events", EVENTS)]
)
def test_each_list_is_what_its_documents_need(beginning: str, wanted: set[str]) -> None:
    assert wanted
    assert listed(beginning) == wanted


def test_no_document_is_left_out_of_the_lists() -> None:
    assert needed(every_document().values()) == STOCK | ORDERS | EVENTS
