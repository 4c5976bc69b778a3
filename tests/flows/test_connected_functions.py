"""The functions of orders and returns wired as they are deployed: a web order goes to its store and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from connector.store.order_files import CopyState
from connector.store.sales_ledger import LedgerKind
from tests.flows.connected_functions import FLOOR, STOCKHOLM, Stage, connected


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with connected(monkeypatch) as stage:
        yield stage


def ordered(stage: Stage) -> int:
    order = stage.centra.place_order([("TEE-M", 2)], [STOCKHOLM], shipping_option="Pick up in store", other_comment="Grattis!")
    number: int = order["number"]
    return number


def test_an_order_goes_to_its_store_once(stage: Stage) -> None:
    number = ordered(stage)
    for _ in range(2):
        assert stage.run("sync_order", {"source": "centra", "type": "order", "id": number}) == {"batchItemFailures": []}
    file = stage.tables.files.get(number)
    assert file is not None
    (copy,) = file.copies
    assert (copy.state, copy.warehouse) == (CopyState.OPEN, STOCKHOLM)
    assert [o.externalid for o in stage.sitoo.orderbook.orders.values()] == [f"C{number}-W{STOCKHOLM}-R1"]
    assert copy.sitoo_order_id is not None
    assert stage.tables.files.number_of(copy.sitoo_order_id) == number
    assert '"done":1' in stage.logged.getvalue()
    assert "Grattis" not in stage.logged.getvalue()


def test_what_the_store_hands_out_is_shipped_in_centra(stage: Stage) -> None:
    number = ordered(stage)
    stage.run("sync_order", {"source": "centra", "type": "order", "id": number})
    file = stage.tables.files.get(number)
    assert file is not None
    sitoo_order = file.copies[0].sitoo_order_id
    assert sitoo_order is not None
    stage.sitoo.deliver(sitoo_order)
    event = {"source": "sitoo", "type": "order-delivery", "site": 1, "id": sitoo_order, "action": ""}
    assert stage.run("sync_fulfilment", event) == {"batchItemFailures": []}
    (shipment,) = stage.centra.orders.orders[number].shipments
    assert shipment.shipped_at is not None
    closed = stage.tables.files.get(number)
    assert closed is not None
    assert closed.copies[0].state is CopyState.DONE


def test_an_order_whose_webhook_was_lost_is_found_by_the_poll(stage: Stage) -> None:
    number = ordered(stage)
    assert stage.run("poll_centra")["polled"]["1"]["orders"] == 1
    assert [body["id"] for body in stage.pass_on("orders", "sync_order")] == [number]
    assert stage.tables.files.get(number) is not None
    assert stage.pass_on("fulfilments", "sync_fulfilment")


def test_a_sale_at_a_till_is_in_the_ledger(stage: Stage) -> None:
    sold = stage.sitoo.sell(FLOOR, {"TEE-M": 1})
    event = {"source": "sitoo", "type": "order", "site": 1, "id": sold["order_id"], "action": "add", "state": "closed"}
    assert stage.run("sync_return", event) == {"batchItemFailures": []}
    day = datetime.fromtimestamp(stage.clock.now(), ZoneInfo("Europe/Stockholm")).date().isoformat()
    (row,) = stage.tables.ledger.day(1, day)
    assert (row.kind, row.store, row.tenders) == (LedgerKind.POS_SALE, STOCKHOLM, {"Card": row.gross})
