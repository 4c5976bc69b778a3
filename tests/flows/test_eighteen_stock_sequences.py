"""The eighteen sequences that break naive stock targets, each by its name, told to both sandboxes from beginning to end."""

from __future__ import annotations

import pytest

from connector.domain.exceptions import Kind, State
from connector.store.stock_levels import Mark
from sandbox.stock_story import SITE, StockStory
from tests.flows.stock_steps import A_TILL, B_TILL, C_SECOND, C_TILL, LONG, SOON, TEE, A, B, C, at_step, at_vendor_call, open_cases, settled


@pytest.fixture
def story() -> StockStory:
    return StockStory.begin(latency=0.15)


def test_sale(story: StockStory) -> None:
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(SOON)
    assert story.physical(A, TEE) == 2
    settled(story)


def test_web_allocation_then_sale(story: StockStory) -> None:
    story.web_order(TEE, 1, [A])
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(SOON)
    assert (story.physical(A, TEE), story.free(A, TEE)) == (2, 1)
    settled(story)


def test_pick_up_seen_by_sitoo_first_with_known_link(story: StockStory) -> None:
    number = story.web_order(TEE, 1, [A])
    copy = story.copy_to_store(number, A, linked=True)
    assert copy is not None
    story.run(SOON)
    assert (story.physical(A, TEE), story.free(A, TEE)) == (3, 2)
    story.pick_up(copy)
    story.run(SOON)
    assert (story.physical(A, TEE), story.free(A, TEE)) == (3, 2), "the unit handed out is still allocated in Centra"
    story.ship(number, A)
    story.run(SOON)
    assert (story.physical(A, TEE), story.free(A, TEE)) == (2, 2)
    settled(story)


def test_pick_up_seen_by_sitoo_first_without_known_link(story: StockStory) -> None:
    number = story.web_order(TEE, 3, [A])
    copy = story.copy_to_store(number, A, linked=False)
    assert copy is not None
    story.run(SOON)
    story.pick_up(copy)
    story.run(SOON)
    assert story.physical(A, TEE) == 3
    assert Kind.OVERSOLD not in open_cases(story), "a pick-up in flight is no oversell"
    story.ship(number, A)
    settled(story)
    assert story.physical(A, TEE) == 0


def test_crash_between_complete_shipment_and_its_record(story: StockStory) -> None:
    number = story.web_order(TEE, 1, [A])
    copy = story.copy_to_store(number, A, linked=True)
    assert copy is not None
    story.pick_up(copy)
    story.run(SOON)
    story.world.links.shipping(number, A, TEE, since=story.world.clock.now())
    story.ship(number, A)
    story.world.centra.webhook_faults(lose=9)
    # The fulfilment flow dies here: no record of the shipment, and its webhook is lost too. The minute's reading finds it.
    story.run(SOON)
    story.world.links.shipping(number, A, TEE, since=None)
    settled(story)
    assert (story.physical(A, TEE), story.free(A, TEE)) == (2, 2)


def test_shipment_completing_between_read_and_set_stock(story: StockStory) -> None:
    number = story.web_order(TEE, 1, [A])
    copy = story.copy_to_store(number, A, linked=True)
    assert copy is not None
    story.run(SOON)
    at_step(story, "stock_levels.record_write", lambda: story.ship(number, A))
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(SOON)
    story.pick_up(copy)
    settled(story)
    assert (story.physical(A, TEE), story.free(A, TEE)) == (1, 1)


def test_delivered_in_sitoo_then_line_cancelled_in_centra(story: StockStory) -> None:
    number = story.web_order(TEE, 1, [A])
    copy = story.copy_to_store(number, A, linked=True)
    assert copy is not None
    story.pick_up(copy)
    story.run(SOON)
    assert story.physical(A, TEE) == 3
    story.world.centra.cancel_lines(number)
    settled(story)
    assert (story.physical(A, TEE), story.free(A, TEE)) == (2, 2)


def test_tills_selling_more_than_free(story: StockStory) -> None:
    number = story.web_order(TEE, 2, [A])
    story.run(SOON)
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(SOON)
    assert (story.physical(A, TEE), story.free(A, TEE)) == (2, 0), "nothing more can be sold"
    (case,) = story.world.cases.list(state=State.OPEN, kind=Kind.OVERSOLD)
    assert case.problem.evidence["orders"] == [f"{number}: 2"]
    assert case.problem.evidence["lost_units"] == 1
    story.world.centra.unallocate(number, lines=[(TEE, 1)], policy="remove")
    settled(story)
    assert Kind.OVERSOLD not in open_cases(story)


def test_pick_up_rejected_and_not_found(story: StockStory) -> None:
    number = story.web_order(TEE, 1, [A])
    copy = story.copy_to_store(number, A, linked=True)
    assert copy is not None
    story.run(SOON)
    now = story.world.clock.now()
    story.world.links.withhold(number, A, TEE, units=1, at=now)
    story.world.sitoo.cancel_order(copy.sitoo_order)
    story.world.centra.unallocate(number, policy="remove")
    story.world.levels.mark(SITE, [Mark(A, TEE)], now)
    story.nudge()
    story.run(SOON)
    assert (story.physical(A, TEE), story.free(A, TEE)) == (2, 2), "the missing unit is not offered again"
    story.run(LONG)
    assert story.physical(A, TEE) == 2
    story.world.sitoo.count(A_TILL, {TEE: 2})
    settled(story)
    assert story.physical(A, TEE) == 2


def test_booking_of_the_last_unit(story: StockStory) -> None:
    story.world.sitoo.sell(A_TILL, {TEE: 2})
    story.run(SOON)
    booking = story.world.sitoo.book(A_TILL, {TEE: 1})
    story.bookings.append(booking)
    story.run(SOON)
    assert story.physical(A, TEE) == 0
    story.world.sitoo.cancel_order(booking)
    settled(story)
    assert story.physical(A, TEE) == 1


@pytest.mark.parametrize("bookings_reserve", [True, False])
def test_our_reservation_expiring_beside_a_booking(story: StockStory, bookings_reserve: bool) -> None:
    story.world.sitoo.modes(bookings_reserve=bookings_reserve)
    number = story.web_order(TEE, 1, [A])
    story.copy_to_store(number, A, linked=True, reserve_s=30.0)
    story.bookings.append(story.world.sitoo.book(A_TILL, {TEE: 1}))
    story.run(SOON)
    assert story.physical(A, TEE) == 2, "3 on hand, 1 booked; our own reservation is allocated in Centra already"
    story.run(60.0)
    assert story.physical(A, TEE) == 2, "our reservation has expired, the booking has not"
    settled(story)


def test_shipped_in_centras_admin_first_then_a_stock_take(story: StockStory) -> None:
    number = story.web_order(TEE, 1, [A])
    story.run(SOON)
    story.ship(number, A)
    story.run(SOON)
    assert story.physical(A, TEE) == 2, "Sitoo still counts the unit that has left"
    story.run(2.0)
    story.world.sitoo.count(A_TILL, {TEE: 2})
    settled(story)
    assert (story.physical(A, TEE), story.free(A, TEE)) == (2, 2), "the count has taken it out: it is not subtracted twice"


def test_return_released_into_a_store_warehouse_by_hand(story: StockStory) -> None:
    number = story.web_order(TEE, 1, [A])
    copy = story.copy_to_store(number, A, linked=True)
    assert copy is not None
    story.pick_up(copy)
    shipment = story.ship(number, A)
    story.run(SOON)
    story.world.centra.return_into(shipment, warehouse=B)
    story.run(LONG)
    assert story.physical(B, TEE) == 3, "the store's till has not seen the unit"
    story.world.sitoo.receive(B_TILL, {TEE: 1})
    settled(story)
    assert story.physical(B, TEE) == 4


def test_transfer_with_a_429_between_its_halves(story: StockStory) -> None:
    highest = [0]

    def watch(_operation: str) -> None:
        highest[0] = max(highest[0], story.physical(A, TEE) + story.physical(B, TEE))

    story.world.step = watch
    story.world.centra.fault("throttle", operation="setStock", times=1, retry_after=8.0)
    story.world.sitoo.transfer_out(A_TILL, {TEE: 2})
    story.world.sitoo.transfer_in(B_TILL, {TEE: 2})
    story.run(4.0)
    assert story.physical(B, TEE) == 3, "the raise waits for the decrease that Centra has not taken yet"
    settled(story)
    assert (story.physical(A, TEE), story.physical(B, TEE)) == (1, 5)
    assert highest[0] == 6, "the units were never for sale twice"


def test_receipt_from_central(story: StockStory) -> None:
    story.world.centra.change_stock(1, TEE, -5, "dispatch 77")
    story.world.sitoo.receive(A_TILL, {TEE: 5})
    settled(story)
    assert (story.physical(A, TEE), story.physical(1, TEE)) == (8, 95)


def test_two_sitoo_warehouses_with_one_negative(story: StockStory) -> None:
    story.world.sitoo.sell(C_SECOND, {TEE: 1})
    story.run(SOON)
    assert story.physical(C, TEE) == 2, "3 in one warehouse, -1 in the other"
    story.world.sitoo.sell(C_TILL, {TEE: 3})
    settled(story)
    assert story.physical(C, TEE) == 0


def test_store_b_delivering_as_allocation(story: StockStory) -> None:
    number = story.web_order(TEE, 1, [A])
    copy = story.copy_to_store(number, A, linked=True)
    assert copy is not None
    story.run(SOON)
    story.pick_up(copy, warehouse=B_TILL)
    story.run(SOON)
    assert story.physical(B, TEE) == 2
    assert story.free(A, TEE) == 3, "A keeps all its units: B has handed one out for it"
    story.ship(number, A)
    settled(story)
    assert (story.physical(A, TEE), story.physical(B, TEE)) == (3, 2)


def test_our_order_post_landing_between_two_reads(story: StockStory) -> None:
    number = story.web_order(TEE, 1, [A])
    story.run(SOON)
    at_vendor_call(story, "sitoo.before", 3, lambda: story.copy_to_store(number, A, linked=True))
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(SOON)
    settled(story)
    assert (story.physical(A, TEE), story.free(A, TEE)) == (2, 1)
