"""Hundreds of web orders at once: a till's sale goes before them, nothing they change is missed, and they are looked at once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from connector.centra.models import AllocatedUnits, Changes, OrderRow, Since
from connector.flows.store_stock.centra_changes import changes_since, many_orders, take_in_changes
from connector.flows.store_stock.choosing import LOOKS_GATHER_S, movements_first, named_orders_are_due, next_due, next_ripe
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.drain_state import load_state
from connector.flows.store_stock.one_pass import run_pass
from connector.flows.store_stock.sitoo_orders import ORDER_TO_READ, orders_to_read
from connector.flows.store_stock.turn import Turn, site_key
from connector.sitoo import answers
from connector.sitoo.errors import Unconfirmed
from connector.sitoo.models import SitooOrder
from connector.store.stock_levels import Dirty, Done, Mark, Outcome
from sandbox.stock_story import SITE, SKUS, StockStory
from tests.flows.stock_steps import A_TILL, CAP, TEE, A, open_cases, settled

MANY = 130
NOW = 1_000.0


def turn_of(ctx: DrainContext) -> Turn:
    lease = ctx.leases.acquire(site_key(SITE), "a test", ctx.clock.now(), 600.0)
    assert lease is not None
    return Turn(ctx.leases, ctx.clock, lease, ctx.clock.now() + 600.0)


def read(ctx: DrainContext, turn: Turn, orders: Sequence[OrderRow]) -> Since:
    """What one reading told, the cursor moved to now; from when on it was asked for."""
    since, now = changes_since(ctx), ctx.clock.now()
    take_in_changes(ctx, turn, Changes(tuple(orders), through=now), since, read_at=now)
    return since


def rows(count: int, at: float, size: int) -> list[OrderRow]:
    return [OrderRow(number, "PENDING", at, (AllocatedUnits(size, A, 1),)) for number in range(1, count + 1)]


def size_of(story: StockStory, sku: str) -> int:
    return story.world.context().skus.find([sku])[0][sku].size_id


@pytest.fixture
def story() -> StockStory:
    return StockStory.begin(dict.fromkeys(SKUS, 500), latency=0.15)


def test_a_sale_goes_before_the_web_orders_that_came_with_it(story: StockStory) -> None:
    for _ in range(MANY):
        story.web_order(CAP, 1, [A])
    story.run(2.0)
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    sold_at, commits = story.world.clock.now(), len(story.world.centra.commits())
    story.run(10.0)
    written = [c["at"] - sold_at for c in story.world.centra.commits(commits) if c["sku"] == TEE]
    assert len(written) == 1
    assert written[0] < 3.0
    settled(story)


def test_of_few_orders_every_reading_covers_the_whole_overlap(story: StockStory) -> None:
    ctx = story.world.context()
    turn = turn_of(ctx)
    now = ctx.clock.now()
    read(ctx, turn, rows(49, now, size_of(story, CAP)))
    assert changes_since(ctx) == Since(now - 30.0, orders=now - 30.0)
    assert not many_orders(ctx)


def test_of_many_orders_most_readings_skip_those_read_before_and_some_cover_all_since_the_last_that_did(story: StockStory) -> None:
    ctx = story.world.context()
    turn = turn_of(ctx)
    begun, size = ctx.clock.now(), size_of(story, CAP)
    read(ctx, turn, rows(50, begun, size))
    assert many_orders(ctx)
    asked = []
    for _ in range(6):
        ctx.clock.sleep(5.0)
        since = read(ctx, turn, [])
        assert since.orders is not None
        asked.append((ctx.clock.now() - begun, since.all - begun, since.orders - begun))
    assert asked == [(5, -30, -2), (10, -25, 3), (15, -20, 8), (20, -15, -30), (25, -10, -10), (30, -5, -5)]
    assert not many_orders(ctx)


def test_a_named_order_that_gathers_causes_no_passes_meanwhile(story: StockStory) -> None:
    ctx = story.world.context()
    turn = turn_of(ctx)
    read(ctx, turn, rows(50, ctx.clock.now(), size_of(story, CAP)))
    story.world.levels.settle(SITE, turn.site, Outcome(done=[Done(d.warehouse, d.sku, d.version) for d in ctx.levels.dirty(SITE)]), ctx.clock.now())
    run_pass(ctx, turn, load_state(ctx))
    ctx.levels.mark(SITE, orders_to_read([77]), ctx.clock.now())
    named_at = ctx.clock.now()
    assert run_pass(ctx, turn, load_state(ctx)).next_at == named_at + LOOKS_GATHER_S


def test_what_the_whole_overlap_reads_again_marks_nothing_and_what_came_late_does(story: StockStory) -> None:
    ctx = story.world.context()
    turn = turn_of(ctx)
    begun, size = ctx.clock.now(), size_of(story, CAP)
    orders = rows(60, begun, size)
    read(ctx, turn, orders)
    first = ctx.levels.dirty(SITE)
    assert [(d.warehouse, d.sku) for d in first] == [(A, CAP)]
    for _ in range(3):
        ctx.clock.sleep(5.0)
        read(ctx, turn, [])
    ctx.clock.sleep(5.0)
    late = OrderRow(999, "PENDING", begun - 25.0, (AllocatedUnits(size_of(story, TEE), A, 1),))
    since = read(ctx, turn, [late, *orders])
    assert since.orders is not None
    assert since.orders <= late.updated_at
    assert [(d.sku, d.version) for d in ctx.levels.dirty(SITE) if d.sku == CAP] == [(d.sku, d.version) for d in first]
    assert {d.sku for d in ctx.levels.dirty(SITE)} == {CAP, TEE}


def deliveries_read(story: StockStory) -> int:
    return story.world.sitoo.calls().get("GET orderdeliveries", 0)


def test_copies_known_to_be_handed_out_whole_are_not_read_again_until_their_stock_moves(story: StockStory) -> None:
    for _ in range(5):
        copy = story.copy_to_store(story.web_order(CAP, 1, [A]), A, linked=True)
        assert copy is not None
        story.pick_up(copy)
    story.run(60.0)
    before = deliveries_read(story)
    story.world.levels.mark(SITE, [Mark(A, CAP)], story.world.clock.now())
    story.nudge()
    story.run(10.0)
    assert deliveries_read(story) == before
    story.world.sitoo.sell(A_TILL, {CAP: 1})
    story.run(10.0)
    assert deliveries_read(story) == before + 5
    for number in story.orders:
        story.ship(number)
    settled(story)


# --- which rows a pass takes ----------------------------------------------------------------------------------------


def row(sku: str, *, warehouse: int = A, since: float = NOW, delta: int = 0, due: float = NOW) -> Dirty:
    return Dirty(warehouse, sku, 1, since, due, delta)


def test_what_moved_goes_alone_until_the_rest_has_waited() -> None:
    sale, look, old = row("sold", delta=-1), row("looked at"), row("waited", since=NOW - 15.0)
    assert movements_first([sale, look], NOW, gather=False) == [sale]
    assert movements_first([sale, look, old], NOW, gather=True) == [sale, old]


def test_without_movements_everything_goes_unless_it_gathers() -> None:
    young, other, ripe = row("a"), row("b", warehouse=12), row("c", warehouse=12, since=NOW - 5.0)
    assert movements_first([young, other, ripe], NOW, gather=False) == [young, other, ripe]
    assert movements_first([young, other, ripe], NOW, gather=True) == [other, ripe]
    assert movements_first([young], NOW, gather=True) == []


@pytest.mark.parametrize(
    ("waited", "moved", "gather", "due"),
    [(0, False, False, True), (4, False, True, False), (5, False, True, True), (14, True, False, False), (15, True, True, True)],
)
def test_named_orders_wait_for_movements_and_for_each_other(waited: float, moved: bool, gather: bool, due: bool) -> None:
    dirty = [row("77", warehouse=ORDER_TO_READ, since=NOW - waited), *([row("sold", delta=-1)] if moved else [])]
    assert named_orders_are_due(dirty, NOW, gather=gather) is due


def test_named_orders_let_what_has_waited_go_first() -> None:
    """Each marks SKUs and asks for another pass: under constant trade rows without a movement would never be looked at."""
    named, aged = row("77", warehouse=ORDER_TO_READ, since=NOW - 14.0), row("a", since=NOW - 15.0)
    assert not named_orders_are_due([named, aged], NOW, gather=False)
    assert not named_orders_are_due([named, aged], NOW, gather=True)
    assert named_orders_are_due([row("77", warehouse=ORDER_TO_READ, since=NOW - 15.0), aged], NOW, gather=True)


def test_no_named_order_is_due_where_there_is_none() -> None:
    assert not named_orders_are_due([row("a", since=NOW - 99.0)], NOW, gather=False)


def test_the_next_pass_comes_when_the_oldest_has_gathered_or_something_falls_due() -> None:
    young, later = row("a", since=NOW - 2.0), row("b", due=NOW + 1.0)
    assert next_ripe([young], NOW) == NOW + 3.0
    assert next_ripe([young, later], NOW) == NOW + 1.0
    assert next_ripe([], NOW) is None
    raise_waiting = Dirty(A, "c", 1, NOW, NOW, 1, blocked_by={12: 1})
    decrease = Dirty(12, "c", 1, NOW, NOW + 60.0, -1)
    assert next_ripe([raise_waiting, decrease], NOW) == next_due([raise_waiting, decrease]) == NOW + 60.0


def test_a_named_order_that_cannot_be_read_stops_no_other_and_is_looked_at_later(story: StockStory, monkeypatch: pytest.MonkeyPatch) -> None:
    reads, bad = answers.order, [0]

    def order(node: answers.Node) -> SitooOrder:
        if node["orderid"] == bad[0]:
            raise Unconfirmed("quantity is missing")
        return reads(node)

    monkeypatch.setattr(answers, "order", order)
    several = [story.world.sitoo.create_web_order(f"X{n}", A_TILL, {TEE: 1}, reserved_until=None) for n in range(3)]
    bad[0] = several[1]
    story.world.levels.mark(SITE, orders_to_read(several), story.world.clock.now())
    story.nudge()
    story.run(5.0)
    assert [d.sku for d in story.world.levels.dirty(SITE)] == [str(bad[0])]
    story.world.sitoo.sell(A_TILL, {CAP: 1})
    story.run(10.0)
    assert story.physical(A, CAP) == 499
    bad[0] = 0
    settled(story)
    assert open_cases(story) == []
