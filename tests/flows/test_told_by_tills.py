"""What a till tells goes where its work is: sales into the books, what concerns others on to them, and nothing is done twice for being told twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.configuration import Switches
from connector.domain.order_settings import OrderSettings
from connector.flows.nudge_store_stock import compact
from connector.flows.orders.context import OrderContext
from connector.flows.orders.take_order_messages import OrderMessage
from connector.flows.orders.till_orders import read_new_till_orders
from connector.flows.returns.take_return_messages import TakenReturns, take_return_messages
from connector.runtime.queues import Work
from sandbox.order_story import SETTINGS, OrderStory
from sandbox.stock_story import SITE
from tests.flows.return_books import ledger_rows
from tests.flows.return_story import SETTLED_S, handed_out, one_return, refunded
from tests.flows.return_story import begin as begin_returns
from tests.flows.till_story import A_TILL, RECORDING, SENDING, TEE, begin

SOLD = {"action": "add", "state": "closed"}


def message(order: int, **more: str) -> OrderMessage:
    return OrderMessage("m", compact({"v": 1, "source": "sitoo", "type": "order", "site": SITE, "id": order, **more}))


def take(story: OrderStory, ctx: OrderContext, *messages: OrderMessage) -> TakenReturns:
    return take_return_messages(messages, {SITE: ctx}.get, [SITE], ends_at=story.world.clock.now() + 60.0)


def alone(settings: OrderSettings, switches: Switches) -> tuple[OrderStory, OrderContext]:
    """A shop in which nothing runs but what the test calls, and no event comes."""
    story = begin(settings)
    story.world.schedules, story.world.consumers = False, {}
    story.world.sitoo.lose_events(100_000)
    ctx = story.world.order_context("sync_return")
    return story, replace(ctx, mapping=replace(ctx.mapping, switches=switches))


def passed_on(story: OrderStory) -> int:
    return len(story.world.queues.waiting[Work.FULFILMENTS])


def sell(story: OrderStory) -> int:
    sold = story.world.sitoo.sell(A_TILL, {TEE: 1})["order_id"]
    assert sold is not None
    return sold


BOTH, ORDERS_ONLY, RETURNS_ONLY = Switches(sync_orders=True, sync_returns=True), Switches(sync_orders=True), Switches(sync_returns=True)


@pytest.mark.parametrize(
    ("settings", "switches", "passed", "booked"),
    [
        (SETTINGS, BOTH, 0, 1),
        (SETTINGS, ORDERS_ONLY, 0, 0),
        (SETTINGS, RETURNS_ONLY, 0, 1),
        (RECORDING, BOTH, 1, 0),
        (RECORDING, ORDERS_ONLY, 1, 0),
        (RECORDING, RETURNS_ONLY, 0, 1),
        (SENDING, BOTH, 1, 0),
    ],
)
def test_a_sale_is_booked_or_handed_on(settings: OrderSettings, switches: Switches, passed: int, booked: int) -> None:
    story, ctx = alone(settings, switches)
    before = passed_on(story)
    taken = take(story, ctx, message(sell(story), **SOLD))
    assert (passed_on(story) - before, taken.passed_on, taken.failed) == (passed, passed, [])
    assert len(ledger_rows(story, since=story.world.clock.now() - 60.0)) == booked


def test_what_was_handed_on_is_booked_when_the_fulfilments_flow_is_done() -> None:
    story = begin(RECORDING)
    sold = sell(story)
    story.run(10.0)
    assert [row.key for row in ledger_rows(story, since=story.world.clock.now() - 60.0)] == [f"sitoo-order-{sold}"]
    assert story.problems() == {}


def test_a_refund_whose_sale_is_no_order_in_centra_yet_waits_for_it_and_ends() -> None:
    """Both are told at once: the refund is handed on, its sale recorded, and only then the refund is looked at."""
    story = begin(RECORDING)
    story.world.sitoo.lose_events(3)
    sold = sell(story)
    refund = refunded(story, sold)
    story.run(60.0)
    (number,) = [n for n, order in story.world.centra.orders.orders.items() if order.other_comment == f"sitoo-sale-{sold}"]
    assert one_return(story, number, refund)["completed"]
    assert story.problems() == {}


def test_a_refund_told_again_costs_no_request_about_its_order() -> None:
    story = begin_returns()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(10.0)
    made = one_return(story, number, refund)
    ctx = story.world.order_context("sync_return")
    story.world.schedules, story.world.consumers = False, {}
    centra, sitoo = story.world.centra.calls()["requests"], dict(story.world.sitoo.calls())
    read_new_till_orders(ctx)
    assert [m.body for m in story.world.queues.waiting[Work.RETURNS] if f'"id":{refund}' in m.body] == [message(refund).body]
    assert take(story, ctx, message(refund), message(refund, **SOLD)).done == 1
    assert story.world.centra.calls()["requests"] == centra
    asked = {kind: n - sitoo.get(kind, 0) for kind, n in story.world.sitoo.calls().items() if n != sitoo.get(kind, 0)}
    assert asked == {"GET orders": 2}
    assert one_return(story, number, refund) == made


def test_when_its_goods_move_late_a_refund_is_looked_at_again() -> None:
    story = begin_returns()
    _, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(SETTLED_S)
    before = story.world.centra.calls()["requests"]
    ctx = story.world.order_context("sync_return")
    assert take(story, ctx, message(refund, action="moved")).done == 1
    assert story.world.centra.calls()["requests"] > before


def test_centras_word_of_our_own_return_costs_one_request() -> None:
    story = begin_returns()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(10.0)
    made = one_return(story, number, refund)["id"]
    ctx = story.world.order_context("sync_return")
    told = OrderMessage("m", compact({"v": 1, "source": "centra", "type": "return", "id": made, "action": "update"}))
    before = story.world.centra.calls()["requests"]
    assert take(story, ctx, told).ignored == 1
    assert story.world.centra.calls()["requests"] == before + 1
