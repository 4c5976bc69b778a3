"""What the clients read and write for till orders: where goods are to be sent, the newest order, orders marked as ours."""

from __future__ import annotations

import pytest

from connector.centra.errors import Unavailable
from tests.sandbox.connected_orders import CentraOrderWorld
from tests.sandbox.connected_sitoo import SitooWorld


@pytest.fixture
def world() -> SitooWorld:
    made = SitooWorld()
    made.state.receive(1, {"TEE-S": 5})
    return made


def test_a_wish_tells_address_and_customer(world: SitooWorld) -> None:
    number = world.state.sell_for_delivery(1, {"TEE-S": 1})
    wish = world.orders.delivery_wish(number)
    assert wish is not None
    assert (wish.first_name, wish.last_name, wish.email, wish.phone) == ("Erik", "Example", "erik@example.test", "+46700000000")
    assert (wish.address1, wish.zip_code, wish.city, wish.country, wish.addressed) == ("Storgatan 1", "11122", "Stockholm", "SE", True)
    assert wish.rows == frozenset()


def test_a_flagged_row_falls_back_on_the_invoice_address(world: SitooWorld) -> None:
    world.state.modes(away_mark="rows")
    number = world.state.sell_for_delivery(1, {"TEE-S": 1}, customer={"invoice_address": "Kyrkogatan 2", "invoice_countryid": "no"})
    wish = world.orders.delivery_wish(number)
    assert wish is not None
    assert (wish.address1, wish.country, wish.addressed, wish.rows) == ("Kyrkogatan 2", "NO", False, frozenset({0}))


def test_an_order_that_is_not_there_has_no_wish(world: SitooWorld) -> None:
    assert world.orders.delivery_wish(99) is None


def test_the_newest_order_of_the_site(world: SitooWorld) -> None:
    assert world.orders.newest_order() == 0
    first, second = (world.state.sell(1, {"TEE-S": 1})["order_id"] for _ in range(2))
    assert first is not None
    assert world.orders.newest_order() == second


def test_orders_are_found_by_external_id_and_by_comment() -> None:
    world = CentraOrderWorld()
    named = int(world.state.place_order([("TEE-M", 1)], (11,))["number"])
    told = int(world.state.place_order([("TEE-M", 1)], (11,), other_comment="sitoo-sale-7")["number"])
    world.state.place_order([("TEE-M", 1)], (11,), other_comment="a gift")
    assert world.orders.orders_marked("sitoo-sale-7") == [told]
    assert world.orders.set_external_id(named, "sitoo-sale-7").errors == ()
    assert world.orders.orders_marked("sitoo-sale-7") == [named, told]
    assert world.orders.set_external_id(told, "sitoo-sale-8").id == told
    assert world.orders.orders([told])[told].external_id == "sitoo-sale-8"


def test_what_cannot_be_read_whole_is_not_taken_for_nothing() -> None:
    world = CentraOrderWorld()
    world.state.fault("drop_after", operation="MarkedOrders")
    with pytest.raises(Unavailable):
        world.orders.orders_marked("sitoo-sale-7")
