"""What a warehouse's stock did since a moment: read whole, and not believed where Sitoo overlooked what was asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

from connector.sitoo.errors import Unconfirmed
from connector.sitoo.rest_orders import RestSitooOrders
from tests.sandbox.connected_sitoo import SitooWorld
from tests.unit.vendor_answers import Sitoo

SINCE = 1_800_000_000
ROW: dict[str, Any] = {"warehousetransactionid": 7, "warehouseid": 1, "datecreated": SINCE, "transactiontype": 40, "orderdeliveryid": 5, "items": []}


@pytest.fixture
def world() -> SitooWorld:
    made = SitooWorld()
    made.state.receive(1, {"TEE-S": 5, "TEE-M": 5, "TEE-L": 5})
    return made


def test_the_movements_of_a_warehouse_since_a_moment(world: SitooWorld) -> None:
    world.clock.sleep(60.0)
    since = world.clock.now()
    made = world.orders.post_transaction(1, 10, {"TEE-S": 2}, external_id="REFUND-9", description="Return 9")
    sold = world.state.sell(1, {"TEE-M": 1})["transaction_id"]
    world.state.receive(2, {"TEE-L": 5})
    found = world.orders.movements(1, since=since)
    assert [(row.id, row.type, row.external_id, row.items) for row in found] == [
        (made, 10, "REFUND-9", (("TEE-S", Decimal(2)),)),
        (sold, 30, "", (("TEE-M", Decimal(-1)),)),
    ]
    assert found[1].order_delivery_id is not None
    assert len(world.orders.movements(1, since=0.0)) == 3
    assert world.orders.movements(9, since=0.0) == []


def test_movements_are_read_page_by_page(world: SitooWorld) -> None:
    for _ in range(7):
        world.state.receive(1, {"TEE-S": 1})
    world.state.modes(max_num=3)
    found = world.orders.movements(1, since=0.0)
    assert [row.id for row in found] == sorted({row.id for row in found})
    assert len(found) == 8


@pytest.mark.parametrize(
    "answer",
    [
        {"totalcount": 1, "items": [{**ROW, "warehouseid": 2}]},
        {"totalcount": 1, "items": [{**ROW, "datecreated": SINCE - 1}]},
        {"totalcount": 1, "items": []},
        {"totalcount": 2, "items": [ROW, {**ROW, "warehousetransactionid": 6}]},
    ],
)
def test_an_overlooked_filter_is_no_answer(answer: dict[str, Any]) -> None:
    sitoo = Sitoo([httpx.Response(200, json=answer)])
    with pytest.raises(Unconfirmed):
        RestSitooOrders(1, sitoo.transport).movements(1, since=SINCE + 0.5)
