"""New orders of tills: told by events, found by the cursor when events are lost, each booked or told once more at most."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from connector.domain.order_settings import OrderSettings
from connector.flows.orders.context import OrderContext
from connector.flows.orders.till_orders import OVERLAP, is_tills, read_new_till_orders, take_till_order
from connector.runtime.queues import Work
from sandbox.order_story import SETTINGS, OrderStory
from tests.flows.return_books import ledger_rows
from tests.flows.till_story import A_TILL, CAP, SENDING, TEE

NOTHING: OrderSettings = SETTINGS


def quiet(settings: OrderSettings = NOTHING) -> tuple[OrderStory, OrderContext]:
    """A shop in which nothing runs by itself; the cursor has been started."""
    story = OrderStory.begin(settings=settings)
    story.world.schedules = False
    story.world.sitoo.lose_events(100_000)
    story.run(60.0)
    ctx = story.world.order_context()
    read_new_till_orders(ctx)
    return story, ctx


def told(story: OrderStory, work: Work) -> list[int]:
    """The Sitoo orders named by the messages of a queue, which are taken off it."""
    named = []
    story.world.clock.move_to(story.world.clock.now() + 70.0)
    while messages := story.world.queues.receive(work, 10):
        for message in messages:
            named.append(int(json.loads(message.body)["id"]))
            story.world.queues.ack(message)
    return sorted(named)


def sell(story: OrderStory, sku: str = TEE) -> int:
    sold = story.world.sitoo.sell(A_TILL, {sku: 1})["order_id"]
    assert sold is not None
    return sold


def booked(story: OrderStory) -> list[int]:
    """The Sitoo orders in the sales ledger."""
    return sorted(int(row.key.rpartition("-")[2]) for row in ledger_rows(story, since=story.world.clock.now() - 3_600.0))


def test_each_sale_is_booked_and_each_refund_is_told_to_the_returns_flow_once() -> None:
    story, ctx = quiet()
    first = sell(story)
    refund = story.world.sitoo.refund(first)["order_id"]
    assert read_new_till_orders(ctx) == 1
    assert (booked(story), told(story, Work.RETURNS)) == ([first], [refund])
    second = sell(story, CAP)
    assert read_new_till_orders(ctx) == 0
    assert (booked(story), told(story, Work.RETURNS)) == ([first, second], [])
    assert told(story, Work.FULFILMENTS) == []


def test_bookings_parked_sales_and_our_own_orders_are_nothing() -> None:
    story, ctx = quiet()
    story.world.sitoo.book(A_TILL, {TEE: 1})
    story.world.sitoo.book(A_TILL, {TEE: 1}, parked=True)
    story.world.sitoo.create_web_order("C1-W11-R1", A_TILL, {TEE: 1}, additionaldata={"centra-order": "1"})
    story.world.sitoo.create_web_order("other-shop-1", A_TILL, {TEE: 1})
    orders = ctx.sitoo.orders_from(0)[0]
    assert [take_till_order(ctx, order, "{}") for order in orders if not is_tills(order)] == [0, 0, 0, 0]
    assert read_new_till_orders(ctx) == 0


def test_an_order_that_becomes_visible_late_is_found_within_the_overlap() -> None:
    story, ctx = quiet()
    late = sell(story)
    book = story.world.sitoo.orderbook.orders
    hidden = book.pop(late)
    newer = [sell(story, CAP) for _ in range(3)]
    read_new_till_orders(ctx)
    assert booked(story) == newer
    book[late] = hidden
    read_new_till_orders(ctx)
    assert booked(story) == [late, *newer]
    stored = ctx.cursors.get(f"till-orders/{ctx.site.id}")
    assert stored is not None
    assert max(stored["seen"]) - min(stored["seen"]) <= OVERLAP


def test_an_order_still_open_is_booked_when_it_has_ended() -> None:
    story, ctx = quiet()
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1})
    read_new_till_orders(ctx)
    assert (booked(story), told(story, Work.FULFILMENTS)) == ([], [sold])
    assert read_new_till_orders(ctx) == 0
    story.world.sitoo.deliver(sold)
    read_new_till_orders(ctx)
    assert booked(story) == [sold]
    assert read_new_till_orders(ctx) == 0


def test_a_second_reader_leaves_it_to_the_first() -> None:
    story, ctx = quiet()
    story.world.sitoo.refund(sell(story))
    lease = ctx.leases.acquire(f"till-orders/{ctx.site.id}", "somebody else", ctx.clock.now(), 60.0)
    assert lease is not None
    assert read_new_till_orders(ctx) == 0
    ctx.leases.release([lease])
    assert read_new_till_orders(ctx) == 1


def test_without_the_returns_flow_nothing_is_told_to_it() -> None:
    story, ctx = quiet()
    ctx = replace(ctx, mapping=replace(ctx.mapping, switches=replace(ctx.mapping.switches, sync_returns=False)))
    story.world.sitoo.refund(sell(story))
    assert read_new_till_orders(ctx) == 0
    assert booked(story) == []


@pytest.mark.parametrize(("settings", "asked"), [(NOTHING, 0), (SENDING, 1)])
def test_closed_sales_cost_a_look_only_when_goods_are_sent(settings: OrderSettings, asked: int) -> None:
    story, ctx = quiet(settings)
    sell(story)
    read_new_till_orders(ctx)
    assert len(told(story, Work.FULFILMENTS)) == asked


def test_what_a_till_has_just_sold_is_looked_at_a_minute_later() -> None:
    """Handing over is a step of its own at the till: it may follow the sale."""
    story, ctx = quiet(SENDING)
    sold = story.world.sitoo.sell_for_delivery(A_TILL, {TEE: 1})
    (order,) = ctx.sitoo.whole_orders(ids=[sold])
    assert take_till_order(ctx, order, "{}") == 1
    assert ctx.files.number_of(sold) is None
    assert told(story, Work.FULFILMENTS) == [sold]
    take_till_order(ctx, order, "{}")
    assert ctx.files.number_of(sold) is not None
