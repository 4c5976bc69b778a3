"""A SKU that somebody redrives is looked for afresh, whatever the function remembers."""

from __future__ import annotations

from connector.domain.exceptions import Kind, State, sku_entity
from connector.flows.exceptions_desk import ExceptionsDesk, Redrive
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.parked import park_skus
from connector.flows.store_stock.sku_lookup import REMEMBER_MISS_S
from connector.flows.take_stock_messages import StockMessage, take_stock_messages
from connector.runtime.queues import Work
from sandbox.stock_story import SITE, StockStory
from tests.flows.stock_steps import A_TILL, A


def take_all(story: StockStory, ctx: DrainContext) -> None:
    """One function instance, with all that it remembers, takes what is visible on the stock queue."""
    messages = story.world.queues.receive(Work.STORE_STOCK, 10)
    asked = [StockMessage(str(i), m.body) for i, m in enumerate(messages)]
    taken = take_stock_messages(asked, {SITE: ctx}.get, ends_at=story.world.clock.now() + 60.0)
    assert taken.failed == []
    for message in messages:
        story.world.queues.ack(message)


def test_a_redriven_sku_is_looked_for_at_once() -> None:
    story = StockStory.begin()
    story.world.schedules = False
    story.world.consumers.clear()
    ctx = story.world.context()
    story.world.sitoo.add_product("NEW", barcode="7350000000099")
    story.world.sitoo.receive(A_TILL, {"NEW": 4})
    park_skus(ctx, ctx.skus.find(["NEW"])[1])
    story.world.centra.add_size("NEW")
    assert ctx.skus.find(["NEW"])[0] == {}
    desk = ExceptionsDesk(story.world.cases, story.world.queues, story.world.queues, story.world.clock)
    case = story.world.cases.find(Kind.UNMAPPED_SKU, sku_entity(SITE, "NEW"))
    assert case is not None
    begun = story.world.clock.now()
    assert desk.redrive(case.case_id, by="anna") is Redrive.SENT
    story.run(6.0)
    take_all(story, ctx)
    assert story.physical(A, "NEW") == 4
    assert story.world.clock.now() - begun < REMEMBER_MISS_S / 10
    settled = story.world.cases.get(case.case_id)
    assert settled is not None
    assert settled.state is State.RESOLVED
