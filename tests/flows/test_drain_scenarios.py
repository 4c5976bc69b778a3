"""The drain around the edges: deaths, faults of vendors and of our own, deleted returns, SKUs nobody can map."""

from __future__ import annotations

import pytest

from connector.domain.exceptions import Kind, State
from connector.flows.exceptions_desk import ExceptionsDesk
from connector.flows.store_stock.parked import sku_message
from connector.runtime.queues import Work
from connector.store.sku_map import SkuEntry
from connector.store.stock_levels import Mark
from sandbox.centra.documents import FIELD_PERMISSIONS, TYPE_PERMISSIONS
from sandbox.stand_ins import Crash
from sandbox.stock_story import SITE, StockStory
from tests.flows.stock_steps import A_TILL, B_TILL, LONG, SOON, TEE, A, B, at_step, open_cases, settled

READ_ONLY = sorted({*TYPE_PERMISSIONS.values(), *(p for p in FIELD_PERMISSIONS.values() if p.endswith(":read"))})


@pytest.fixture
def story() -> StockStory:
    return StockStory.begin(latency=0.15)


def test_a_holder_that_dies_is_followed_within_25_seconds(story: StockStory) -> None:
    def die() -> None:
        story.world.step = lambda _operation: None
        raise Crash

    at_step(story, "stock_levels.record_write", die)
    story.world.schedules = False
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(3.0)
    assert story.physical(A, TEE) == 3
    story.run(25.0)
    assert story.physical(A, TEE) == 2


def test_a_return_into_a_store_that_is_deleted_again(story: StockStory) -> None:
    number = story.web_order(TEE, 1, [A])
    copy = story.copy_to_store(number, A, linked=True)
    assert copy is not None
    story.pick_up(copy)
    shipment = story.ship(number, A)
    returned = story.world.centra.return_into(shipment, warehouse=B)["return_id"]
    story.run(700.0)
    assert story.physical(B, TEE) == 3
    story.world.centra.modes(returns_make_stock_changes=False)
    story.world.centra.delete_return(returned)
    assert story.physical(B, TEE) == 2
    story.run(700.0)
    settled(story)
    assert story.physical(B, TEE) == 3


def test_a_drain_that_keeps_failing_is_one_exception_and_resolves_itself(story: StockStory) -> None:
    story.world.centra.token(expired=True)
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(LONG)
    (case,) = story.world.cases.list(state=State.OPEN)
    assert (case.problem.kind, case.problem.entity) == (Kind.CREDENTIALS, "site/1/store-stock")
    story.world.centra.token(expired=False)
    settled(story)
    assert (story.physical(A, TEE), open_cases(story)) == (2, [])


def test_a_fault_of_our_own_is_told_too_and_no_nudge_is_parked(story: StockStory) -> None:
    def fail() -> None:
        raise RuntimeError("a bug")

    story.world.step = lambda operation: fail() if operation == "stock_levels.pending_writes" else None
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(LONG)
    (case,) = story.world.cases.list(state=State.OPEN)
    assert case.problem.kind is Kind.DRAIN_STUCK
    assert "the connector itself" in case.problem.happened
    story.world.step = lambda _operation: None
    settled(story)
    assert (story.physical(A, TEE), open_cases(story)) == (2, [])
    assert not story.world.queues.dead[Work.STORE_STOCK]


def test_a_case_without_a_message_is_resolved_by_a_discard_and_opens_again(story: StockStory) -> None:
    desk = ExceptionsDesk(story.world.cases, story.world.queues, story.world.queues, story.world.clock)
    story.world.sitoo.add_warehouse(199, "Not in the mapping")
    story.world.sitoo.receive(199, {TEE: 1})
    story.run(SOON)
    (case,) = story.world.cases.list(state=State.OPEN, kind=Kind.UNMAPPED_NAME)
    desk.discard(case.case_id, by="anna", reason="a new store, not live yet")
    assert open_cases(story) == []
    story.world.sitoo.receive(199, {TEE: 1})
    story.run(SOON)
    assert open_cases(story) == [Kind.UNMAPPED_NAME]


def test_an_unmapped_sku_is_parked_and_the_others_go_on(story: StockStory) -> None:
    story.world.sitoo.add_product("NEW", barcode="7350000000099")
    story.world.sitoo.receive(A_TILL, {"NEW": 4})
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(SOON)
    assert story.physical(A, TEE) == 2
    (case,) = story.world.cases.list(state=State.OPEN, kind=Kind.UNMAPPED_SKU)
    assert case.problem.entity == "site/1/sku/NEW"
    ids = story.world.centra.add_size("NEW")
    story.world.sku_map.put_many(SITE, [SkuEntry("NEW", ids["size_id"], ids["product_id"], ids["variant_id"], "NEW")])
    desk = ExceptionsDesk(story.world.cases, story.world.queues, story.world.queues, story.world.clock)
    desk.redrive(case.case_id, by="anna")
    desk.redrive(case.case_id, by="anna")
    settled(story)
    assert (story.physical(A, "NEW"), open_cases(story)) == (4, [])


def test_stock_unknown_in_sitoo_leaves_centra_alone_and_resolves_after_a_count(story: StockStory) -> None:
    ids = story.world.centra.add_size("SCARF")
    story.world.sitoo.add_product("SCARF", barcode="7350000000098")
    story.world.sku_map.put_many(SITE, [SkuEntry("SCARF", ids["size_id"], ids["product_id"], ids["variant_id"], "SCARF")])
    story.world.centra.put_stock(A, "SCARF", 4)
    story.world.levels.mark(SITE, [Mark(A, "SCARF")], story.world.clock.now())
    story.nudge()
    story.run(SOON)
    assert (story.physical(A, "SCARF"), open_cases(story)) == (4, [Kind.UNKNOWN_STOCK])
    story.world.sitoo.count(A_TILL, {"SCARF": 1})
    story.run(SOON)
    assert (story.physical(A, "SCARF"), open_cases(story)) == (1, [])


def test_a_size_centra_refuses_holds_no_other_and_resolves_when_accepted(story: StockStory) -> None:
    story.world.centra.modes(inactive_sizes="user_error", set_stock_atomic=True, error_path="none")
    story.world.centra.change_size(TEE, active=False)
    story.world.sitoo.sell(A_TILL, {TEE: 1, "CAP": 1, "TEE-S": 2})
    story.run(60.0)
    assert (story.physical(A, "CAP"), story.physical(A, "TEE-S"), story.physical(A, TEE)) == (2, 1, 3)
    (case,) = story.world.cases.list(state=State.OPEN)
    assert case.problem.kind is Kind.VENDOR_REFUSED
    story.world.centra.change_size(TEE, active=True)
    ExceptionsDesk(story.world.cases, story.world.queues, story.world.queues, story.world.clock).redrive(case.case_id, by="anna")
    settled(story)
    assert (story.physical(A, TEE), open_cases(story)) == (2, [])
    redriven = story.world.cases.get(case.case_id)
    assert redriven is not None
    assert redriven.state is State.RESOLVED


def test_a_lost_event_costs_forty_seconds_while_trading(story: StockStory) -> None:
    story.world.schedules = False
    story.world.sitoo.sell(A_TILL, {"CAP": 1})
    story.run(SOON)
    story.world.sitoo.lose_events(99)
    sold_at = story.world.clock.now()
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    while story.physical(A, TEE) == 3 and story.world.clock.now() < sold_at + 300:
        story.run(1.0)
    assert story.world.clock.now() - sold_at <= 40


def test_a_lost_event_costs_130_seconds_on_an_idle_day(story: StockStory) -> None:
    story.run(300.0)
    story.world.sitoo.lose_events(99)
    sold_at = story.world.clock.now()
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    while story.physical(A, TEE) == 3 and story.world.clock.now() < sold_at + 300:
        story.run(1.0)
    assert story.world.clock.now() - sold_at <= 130


def test_raises_in_two_stores_that_find_each_other_do_not_wait_for_ever(story: StockStory) -> None:
    story.world.centra.put_stock(A, TEE, 0)
    story.world.centra.put_stock(B, TEE, 0)
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.world.sitoo.sell(B_TILL, {TEE: 1})
    story.run(SOON)
    assert (story.physical(A, TEE), story.physical(B, TEE)) == (2, 2)


def test_decreases_and_raises_crossing_during_an_outage(story: StockStory) -> None:
    story.world.centra.fault("error", times=9, status=503)
    for till, change, seconds in ((B_TILL, -1, 4.0), (A_TILL, 1, 5.0), (A_TILL, -2, 6.0), (B_TILL, 1, 6.0)):
        if change > 0:
            story.world.sitoo.receive(till, {TEE: change})
        else:
            story.world.sitoo.sell(till, {TEE: -change})
        story.run(seconds)
    settled(story)
    assert (story.physical(A, TEE), story.physical(B, TEE)) == (2, 3)


def test_an_id_that_shows_late_is_found_although_sitoo_was_down_meanwhile(story: StockStory) -> None:
    story.world.sitoo.modes(late_share=1.0, late_seconds=30.0, late_levels=True)
    story.world.sitoo.sell(B_TILL, {TEE: 1})
    story.world.sitoo.modes(late_share=0.0)
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(5.0)
    story.world.sitoo.fault("error", times=None, until=story.world.clock.now() + 150, status=503)
    story.run(160.0)
    settled(story)
    assert (story.physical(A, TEE), story.physical(B, TEE)) == (2, 2)


def test_a_delivery_cancelled_in_sitoo_leaves_no_phantom_unit(story: StockStory) -> None:
    number = story.web_order(TEE, 1, [A])
    copy = story.copy_to_store(number, A, linked=True)
    assert copy is not None
    story.run(SOON)
    delivery = story.world.sitoo.deliver(copy.sitoo_order)
    story.run(SOON)
    assert story.free(A, TEE) == 2
    story.world.sitoo.cancel_delivery(delivery)
    settled(story)
    assert (story.physical(A, TEE), story.free(A, TEE)) == (3, 2)


def test_a_dead_holders_watchdog_works_beside_a_message_that_fails(story: StockStory) -> None:
    def die() -> None:
        story.world.step = lambda _operation: None
        raise Crash

    story.world.schedules = False
    at_step(story, "stock_levels.record_write", die)
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(1.5)
    story.world.centra.fault("error", operation="FindSizes", times=None, until=story.world.clock.now() + 60, status=503)
    story.world.queues.send(Work.STORE_STOCK, [sku_message(SITE, "NO-SUCH")], delay_s=20)
    story.run(30.0)
    assert story.physical(A, TEE) == 2


def test_a_lost_event_costs_forty_seconds_also_when_a_write_was_throttled(story: StockStory) -> None:
    story.run(61.0)
    story.world.centra.fault("throttle", operation="setStock", times=1, retry_after=1.0)
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(4.0)
    story.world.sitoo.lose_events(9)
    sold_at = story.world.clock.now()
    story.world.sitoo.sell(B_TILL, {TEE: 1})
    while story.physical(B, TEE) == 3 and story.world.clock.now() < sold_at + 100:
        story.run(0.5)
    assert story.world.clock.now() - sold_at <= 40


def test_a_request_centra_refuses_whole_is_one_exception_and_resolves(story: StockStory) -> None:
    story.world.centra.token(permissions=READ_ONLY)
    story.world.sitoo.sell(A_TILL, {TEE: 1, "CAP": 1})
    story.run(30.0)
    (case,) = story.world.cases.list(state=State.OPEN)
    assert (case.problem.kind, case.problem.entity) == (Kind.VENDOR_REFUSED, f"site/1/warehouse/{A}/sku/*")
    story.world.centra.token()
    settled(story)
    assert (story.physical(A, TEE), open_cases(story)) == (2, [])
