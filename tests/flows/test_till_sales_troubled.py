"""Till orders in Centra while functions die and both vendors fail: one order each, one delivery each, and no name left anywhere."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from connector.domain.order_keys import sale_key, sent_key
from connector.flows.orders.endless_aisle import is_till_sale
from connector.flows.orders.till_sales import sale_file
from connector.runtime.queues import Work
from sandbox.stand_ins import Crash
from tests.flows.till_story import A_TILL, CAP, RECORDING, SENDING, TEE, A, begin, external_id, made_for, sent_rows

BOTH = replace(RECORDING, endless_aisle=True)
FAULTS = ("drop_after", "error_after", "drop_before", "error", "throttle")
SEEDED = {
    "namefirst": "Zebulon-Seed",
    "email": "zebulon.seed@mail.test",
    "phone": "+46709998877",
    "delivery_address": "Seedgatan 77",
    "delivery_zip": "11122",
    "delivery_city": "Umeå",
    "delivery_countryid": "se",
}


@pytest.mark.parametrize("seed", range(12))
def test_every_sale_is_there_once_whatever_fails(seed: int) -> None:
    chance = random.Random(seed)
    story = begin(BOTH)
    deaths = [chance.randrange(20, 900) for _ in range(6)]
    count = 0

    def step(_operation: str) -> None:
        nonlocal count
        count += 1
        if count in deaths:
            raise Crash

    story.world.step = step
    for _ in range(4):
        story.world.centra.fault(chance.choice(FAULTS), operation=chance.choice(["order-api:POST order", "NameOrder", "Shipment", "WholeOrders"]))
        story.world.sitoo.fault(chance.choice(FAULTS), operation=chance.choice(["orderdeliveries", "orders"]))
    sold = [story.world.sitoo.sell(A_TILL, {TEE: 1})["order_id"], story.world.sitoo.sell(A_TILL, {CAP: 2})["order_id"]]
    away = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1}, taken={CAP: 1})
    story.run(900.0)
    sent = next(order for order in made_for(story, away) if order.other_comment == sent_key(away))
    story.world.centra.ship(sent.number)
    story.run(2_000.0)
    for each in sold:
        assert each is not None
        (order,) = made_for(story, each)
        assert (external_id(story, order), order.status, len(order.shipments)) == (sale_key(each), "SHIPPED", 1)
    orders = made_for(story, away)
    assert sorted(external_id(story, order) or "" for order in orders) == [sale_key(away), sent_key(away)]
    assert sent_rows(story, away) == {0: 1, 1: 1}
    assert len([d for d in story.world.sitoo.orderbook.deliveries.values() if d.orderid == away]) == 2
    assert {key: story.physical(*key) for key in story.must_be()} == story.must_be()
    assert sum(story.world.centra.faults_played().values()) + sum(story.world.sitoo.faults_played().values()) > 4
    assert story.world.counts.crashes > 0
    assert not [file for file in story.world.files.open_files() if file.number < 0]


def test_an_order_is_ours_before_it_has_its_external_id_and_a_shoppers_comment_proves_nothing() -> None:
    story = begin(replace(SENDING, till_orders=replace(SENDING.till_orders, central_rule="Norrmalm")))
    story.world.centra.fault("drop_after", operation="order-api:POST order")
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1})
    while not made_for(story, sold):
        story.run(1.0)
    (made,) = made_for(story, sold)
    shopper = story.order([(TEE, 1)], [A], other_comment="sitoo-sale-4711")
    ctx = story.world.order_context()
    orders = ctx.centra.orders([made.number, shopper])
    assert orders[made.number].external_id == ""
    assert is_till_sale(ctx, orders[made.number])
    assert not is_till_sale(ctx, orders[shopper])


def test_a_shipment_wakes_the_sale_that_waits_for_it() -> None:
    story = begin(SENDING)
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1})
    story.run(200.0)
    (made,) = made_for(story, sold)
    ctx = story.world.order_context()
    waiting = ctx.files.get(sale_file(sold))
    assert waiting is not None
    assert is_till_sale(ctx, ctx.centra.orders([made.number])[made.number])
    assert ctx.files.get(sale_file(sold)) == waiting
    story.world.centra.ship(made.number)
    assert is_till_sale(ctx, ctx.centra.orders([made.number])[made.number])
    story.run(70.0)
    assert sent_rows(story, sold) == {0: 1}


def test_nobodys_name_or_address_stays_with_the_connector() -> None:
    story = begin(BOTH)
    story.world.sitoo.modes(away_mark="none")
    story.world.centra.fault("drop_after", operation="order-api:POST order")
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1}, customer=SEEDED)
    lacking = story.world.sitoo.sell_for_delivery(A_TILL, {CAP: 1}, customer=SEEDED | {"delivery_city": ""})
    story.run(400.0)
    (made,) = made_for(story, sold)
    assert made.shipping_address is not None
    assert made.shipping_address["address1"] == "Seedgatan 77"
    assert made_for(story, lacking) == []
    world = story.world
    kept = [repr([world.files.get(n) for n in (sale_file(sold), sale_file(lacking), made.number)]), repr(world.cases.list(state=None))]
    kept += [repr(world.cursors.get("till-orders/1")), repr(world.links.open_lines([A])), repr(world.bus.announced)]
    world.clock.move_to(world.clock.now() + 900.0)
    kept += [message.body for work in Work for message in world.queues.receive(work, 10)]
    for word in ("Zebulon", "zebulon", "9998877", "Seedgatan"):
        assert not [text for text in kept if word in text]
