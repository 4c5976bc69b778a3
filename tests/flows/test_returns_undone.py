"""A till's refund that is cancelled or taken back in Sitoo: nobody's books keep it, and finance is told what Centra has of it."""

from __future__ import annotations

from connector.domain.exceptions import Kind
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import CANCELLED, Order
from tests.flows.return_books import books_agree, ledger_rows
from tests.flows.return_story import (
    A_TILL,
    B_TILL,
    CAP,
    PRICE,
    SETTLED_S,
    TEE,
    begin,
    case_of,
    handed_out,
    one_return,
    recorded,
    refunded,
    returns_for,
    sent,
    told,
)

AN_HOUR_S = 3_600.0


def cancel(story: OrderStory, order_id: int) -> None:
    """Somebody cancels an order in the back office."""
    book = story.world.sitoo.orderbook
    order: Order = book.order(order_id)
    book.announce(order, "update", book.set_state(order, CANCELLED))


def test_a_refund_cancelled_after_its_return_is_told_and_counts_in_no_book() -> None:
    story = begin()
    began = story.world.clock.now()
    number, copy, _ = sent(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(30.0)
    made = one_return(story, number, refund)["id"]
    cancel(story, refund)
    story.run(SETTLED_S)
    (case,) = told(story, Kind.REFUND_MISMATCH)
    assert case.problem.evidence["returns"] == [str(made)]
    assert [(row.gross, row.tenders) for row in ledger_rows(story, since=began) if row.key == f"sitoo-order-{refund}"] == [(0, {})]
    books_agree(story, since=began)
    file = story.world.files.get(number)
    assert file is not None
    assert file.watches == ()
    asked = story.world.sitoo.calls()
    story.run(AN_HOUR_S)
    assert story.world.sitoo.calls().get("GET orders", 0) - asked.get("GET orders", 0) <= 2 * AN_HOUR_S / 60.0 + 2
    assert len(told(story, Kind.REFUND_MISMATCH)) == 1


def test_a_refund_of_too_much_that_the_store_cancels_needs_nobody_any_more() -> None:
    story = begin()
    number, copy, shipment = sent(story, [(TEE, 1)])
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.world.centra.return_by_mail(shipment, refund=False)
    story.run(60.0)
    assert case_of(story, Kind.OVER_RETURN, refund) is not None
    cancel(story, refund)
    story.run(60.0)
    case = case_of(story, Kind.OVER_RETURN, refund)
    assert case is not None
    assert case.state.value == "resolved"
    assert told(story, Kind.REFUND_MISMATCH) == []
    assert returns_for(story, number, refund) == []


def test_the_parcel_that_crossed_it_is_recorded_then() -> None:
    story = begin()
    _, copy, shipment = sent(story, [(TEE, 1)])
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.world.centra.return_by_mail(shipment)
    story.run(60.0)
    assert (len(told(story, Kind.OVER_RETURN)), recorded(story, copy)) == (2, [])
    cancel(story, refund)
    story.run(60.0)
    assert len(recorded(story, copy)) == 1
    assert story.problems() == {}


def test_a_return_without_receipt_that_the_store_cancels_needs_nobody_any_more() -> None:
    story = begin()
    refund = story.world.sitoo.refund(warehouse=B_TILL, skus={TEE: 1})["order_id"]
    assert refund is not None
    story.run(30.0)
    assert len(told(story, Kind.RETURN_UNLINKED)) == 1
    cancel(story, refund)
    story.run(30.0)
    assert story.problems() == {}


def test_a_refund_that_is_taken_back_by_another_order_is_told() -> None:
    story = begin()
    began = story.world.clock.now()
    number, copy, _ = sent(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(30.0)
    back = story.world.sitoo.sell(A_TILL, {TEE: 1})["order_id"]
    assert back is not None
    story.world.sitoo.orderbook.order(back).creditorderid = refund
    story.run(SETTLED_S)
    (case,) = told(story, Kind.REFUND_MISMATCH)
    assert (case.problem.evidence["undone_by"], case.problem.evidence["order"]) == (back, number)
    assert one_return(story, number, refund)["total"] == PRICE
    books_agree(story, since=began)


def test_a_cancelled_sale_counts_in_no_book() -> None:
    story = begin()
    began = story.world.clock.now()
    sold = story.world.sitoo.sell(A_TILL, {CAP: 1})["order_id"]
    assert sold is not None
    story.run(30.0)
    assert [row.gross for row in ledger_rows(story, since=began)] == [PRICE]
    cancel(story, sold)
    story.run(30.0)
    assert [row.gross for row in ledger_rows(story, since=began)] == [0]
    books_agree(story, since=began)


def test_a_refund_that_carries_the_marks_of_the_copy_is_the_tills_all_the_same() -> None:
    """Whether Sitoo copies them is not documented."""
    story = begin()
    began = story.world.clock.now()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, B_TILL)
    book = story.world.sitoo.orderbook
    book.order(refund).additionaldata = {**book.order(copy).additionaldata, **book.order(refund).additionaldata}
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["total"] == PRICE
    books_agree(story, since=began)
    assert story.problems() == {}
