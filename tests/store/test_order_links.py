"""OrderLinks: absolute writes, and closed lines that stay closed when old news comes again."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from connector.store.order_links import OpenLine, OrderLinks
from connector.store.tables import Tables
from tests.store.worlds import World

AT = 1_700_000_000.5
_orders = itertools.count(100_000)


@pytest.fixture
def links(tables: Tables) -> OrderLinks:
    return tables.links


@pytest.fixture
def order() -> int:
    return next(_orders)


@pytest.fixture
def shop(world: World) -> int:
    """A warehouse nobody else uses."""
    return 1000 + world.new_site()


def only(links: OrderLinks, shop: int) -> OpenLine:
    (line,) = links.open_lines([shop])
    return line


def test_every_write_creates_the_line_and_sets_what_it_is_about(links: OrderLinks, world: World, order: int) -> None:
    shops = [2000 + world.new_site() for _ in range(6)]
    links.seen_in_centra(order, shops[0], "A", allocated=3)
    links.shipped(order, shops[1], "A", shipment_id=7, units=2, at=AT)
    links.linked(order, shops[2], "A", sitoo_order_id=991, reserved=1, reserved_until=AT + 60)
    links.delivered(order, shops[3], "A", units=2)
    links.withhold(order, shops[4], "A", units=1, at=AT)
    links.shipping(order, shops[5], "A", since=AT)
    assert [only(links, shop) for shop in shops] == [
        OpenLine(order, shops[0], "A", allocated=3),
        OpenLine(order, shops[1], "A", shipments={7: 2}, shipped_at=AT),
        OpenLine(order, shops[2], "A", sitoo_order_id=991, reserved=1, reserved_until=AT + 60),
        OpenLine(order, shops[3], "A", delivered=2),
        OpenLine(order, shops[4], "A", withheld=1, withheld_at=AT),
        OpenLine(order, shops[5], "A", shipping_since=AT),
    ]


def test_writes_add_up_to_one_line(links: OrderLinks, shop: int, order: int) -> None:
    links.seen_in_centra(order, shop, "A", allocated=3)
    links.linked(order, shop, "A", sitoo_order_id=991, reserved=3, reserved_until=AT)
    links.shipping(order, shop, "A", since=AT)
    links.delivered(order, shop, "A", units=2)
    links.shipped(order, shop, "A", shipment_id=7, units=2, at=AT)
    links.shipped(order, shop, "A", shipment_id=8, units=1, at=AT - 5)
    links.shipping(order, shop, "A", since=None)
    links.linked(order, shop, "A", sitoo_order_id=991, reserved=0, reserved_until=None)
    links.seen_in_centra(order, shop, "A", allocated=0)
    line = only(links, shop)
    assert line == OpenLine(order, shop, "A", shipments={7: 2, 8: 1}, shipped_at=AT, sitoo_order_id=991, delivered=2)
    assert line.shipped == 3


def test_values_are_absolute(links: OrderLinks, shop: int, order: int) -> None:
    for _ in range(2):
        links.seen_in_centra(order, shop, "A", allocated=2)
        links.shipped(order, shop, "A", shipment_id=7, units=1, at=AT)
        links.withhold(order, shop, "A", units=1, at=AT)
    assert only(links, shop) == OpenLine(order, shop, "A", allocated=2, shipments={7: 1}, shipped_at=AT, withheld=1, withheld_at=AT)
    links.withhold(order, shop, "A", units=0, at=AT + 1)
    assert only(links, shop).withheld == 0


def test_a_cancelled_delivery_lowers_what_is_delivered(links: OrderLinks, shop: int, order: int) -> None:
    for units in (1, 3, 2):
        links.delivered(order, shop, "A", units=units)
    assert only(links, shop).delivered == 2


def test_lines_are_apart_by_order_warehouse_and_sku(links: OrderLinks, world: World, order: int) -> None:
    one, two = 3000 + world.new_site(), 3000 + world.new_site()
    for number, shop, sku in ((order, one, "A"), (order, one, "1#A"), (order, two, "A"), (order + 1, one, "A")):
        links.seen_in_centra(number, shop, sku, allocated=1)
    keys = {(line.order_number, line.warehouse, line.sku) for line in links.open_lines([one, two, one])}
    assert keys == {(order, one, "A"), (order, one, "1#A"), (order, two, "A"), (order + 1, one, "A")}
    assert len(links.open_lines([one, two, one])) == 4
    assert {line.warehouse for line in links.open_lines([two])} == {two}
    assert links.open_lines([]) == []


def test_a_closed_line_is_not_listed(links: OrderLinks, shop: int, order: int) -> None:
    links.seen_in_centra(order, shop, "A", allocated=1)
    line = only(links, shop)
    links.close(line)
    links.close(line)
    links.close(OpenLine(order, shop, "never seen"))
    assert links.open_lines([shop]) == []


def test_old_news_leaves_a_closed_line_closed(links: OrderLinks, shop: int, order: int) -> None:
    links.shipped(order, shop, "A", shipment_id=7, units=2, at=AT)
    links.delivered(order, shop, "A", units=2)
    links.linked(order, shop, "A", sitoo_order_id=991, reserved=0, reserved_until=None)
    links.close(only(links, shop))
    links.shipped(order, shop, "A", shipment_id=7, units=2, at=AT)
    links.seen_in_centra(order, shop, "A", allocated=0)
    links.delivered(order, shop, "A", units=2)
    links.linked(order, shop, "A", sitoo_order_id=991, reserved=0, reserved_until=None)
    links.shipping(order, shop, "A", since=None)
    assert links.open_lines([shop]) == []


def test_news_opens_a_closed_line_with_all_that_was_known(links: OrderLinks, shop: int, order: int) -> None:
    links.shipped(order, shop, "A", shipment_id=7, units=2, at=AT)
    links.delivered(order, shop, "A", units=2)
    links.close(only(links, shop))
    links.shipped(order, shop, "A", shipment_id=8, units=1, at=AT + 9)
    assert only(links, shop) == OpenLine(order, shop, "A", shipments={7: 2, 8: 1}, shipped_at=AT + 9, delivered=2)
    links.close(only(links, shop))
    links.seen_in_centra(order, shop, "A", allocated=1)
    assert only(links, shop).shipped == 3


def test_two_writers_of_one_line(world: World, shop: int, order: int) -> None:
    links = world.tables.links
    world.interpose(lambda: links.delivered(order, shop, "A", units=1))
    links.seen_in_centra(order, shop, "A", allocated=2)
    world.interpose(lambda: links.shipped(order, shop, "A", shipment_id=7, units=1, at=AT))
    links.linked(order, shop, "A", sitoo_order_id=5, reserved=0, reserved_until=None)
    assert only(links, shop) == OpenLine(order, shop, "A", allocated=2, shipments={7: 1}, shipped_at=AT, sitoo_order_id=5, delivered=1)


def test_a_write_while_the_line_is_being_closed(world: World, shop: int, order: int) -> None:
    links = world.tables.links
    links.seen_in_centra(order, shop, "A", allocated=2)
    line = only(links, shop)
    world.interpose(lambda: links.close(line))
    links.delivered(order, shop, "A", units=1)
    assert only(links, shop).delivered == 1


def test_a_line_that_changed_since_it_was_read_is_not_closed(world: World, shop: int, order: int) -> None:
    links = world.tables.links
    links.seen_in_centra(order, shop, "A", allocated=2)
    line = only(links, shop)
    world.interpose(lambda: links.delivered(order, shop, "A", units=1))
    links.close(line)
    assert only(links, shop) == OpenLine(order, shop, "A", allocated=2, delivered=1)


def test_a_closed_line_that_is_allocated_again_is_open_again(links: OrderLinks, shop: int, order: int) -> None:
    links.seen_in_centra(order, shop, "A", allocated=1)
    links.close(replace(only(links, shop), allocated=0))
    assert links.open_lines([shop]) == []
    links.seen_in_centra(order, shop, "A", allocated=1)
    assert only(links, shop).allocated == 1


def test_many_lines(links: OrderLinks, shop: int, order: int) -> None:
    for n in range(40):
        links.seen_in_centra(order + n, shop, f"SKU-{n}", allocated=n)
    assert {line.sku: line.allocated for line in links.open_lines([shop])} == {f"SKU-{n}": n for n in range(40)}
