"""Returned by mail: Sitoo's copy shows it without money or stock, tills see what is left, and what crosses is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector.domain.exceptions import Kind
from sandbox.order_story import PICK_UP
from sandbox.sitoo.records import Refusal
from tests.flows.return_story import (
    A_TILL,
    B_TILL,
    CAP,
    CENTRAL,
    PRICE,
    SETTLED_S,
    TEE,
    A,
    begin,
    case_of,
    handed_out,
    one_return,
    paid_back,
    recorded,
    redrive,
    refunded,
    returns_for,
    sent,
    stock_in_step,
    told,
)


def test_a_parcel_that_came_back_stands_on_the_copy_without_money_and_stock() -> None:
    story = begin()
    number, copy, shipment = sent(story)
    before = story.world.sitoo.snapshot()
    made = story.world.centra.return_by_mail(shipment, [(TEE, 1)])["return_id"]
    story.run(SETTLED_S)
    (record,) = recorded(story, copy)
    assert (record["external_id"], record["state"], record["credit_of"], record["total"]) == (f"CR{made}-S{shipment}", "closed", copy, "-100.00")
    assert record["marks"]["centra-return"] == str(made)
    assert record["payments"] == [{"name": "Web", "amount": "-100.00", "virtual": True}]
    assert [d["ignored_stock"] for d in record["deliveries"]] == [True]
    assert story.world.sitoo.snapshot()[A_TILL] == before[A_TILL]
    assert paid_back(story, number) == PRICE
    assert len(story.state(number)["returns"]) == 1
    stock_in_step(story)
    assert story.problems() == {}


def test_the_till_then_refuses_what_is_no_longer_left() -> None:
    story = begin()
    number, copy, shipment = sent(story)
    story.world.centra.return_by_mail(shipment, [(TEE, 1)])
    story.run(30.0)
    with pytest.raises(Refusal, match="not returned"):
        story.world.sitoo.refund(copy, {0: 2}, A_TILL)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["total"] == PRICE
    assert paid_back(story, number) == PRICE
    stock_in_step(story)


def test_goods_collected_in_a_store_and_sent_back_by_mail_stand_on_the_stores_copy() -> None:
    story = begin()
    number, copy = handed_out(story)
    shipment = story.state(number)["shipments"][0]["id"]
    story.world.centra.return_by_mail(shipment, [(TEE, 2)])
    story.run(SETTLED_S)
    assert [record["total"] for record in recorded(story, copy)] == ["-200.00"]
    stock_in_step(story)


def test_shipping_that_centra_gave_back_stands_on_the_record() -> None:
    story = begin()
    _, copy, shipment = sent(story, [(TEE, 1)], shipping_fee=4_900)
    story.world.centra.return_by_mail(shipment, shipping=True)
    story.run(SETTLED_S)
    assert [record["total"] for record in recorded(story, copy)] == ["-149.00"]


@pytest.mark.parametrize("lost", [False, True])
def test_a_return_is_recorded_when_it_is_completed_whether_told_or_not(lost: bool) -> None:
    story = begin()
    _, copy, shipment = sent(story)
    if lost:
        story.world.centra.webhook_faults(lose=1_000)
    made = story.world.centra.return_into(shipment, [(TEE, 1)])["return_id"]
    record = story.world.centra.returns.returns[made]
    story.world.centra.returns.uncomplete(record)
    story.run(120.0)
    assert recorded(story, copy) == []
    story.world.centra.returns.complete(record)
    story.run(SETTLED_S)
    assert len(recorded(story, copy)) == 1


def test_a_recorded_return_never_becomes_a_return_in_centra() -> None:
    story = begin()
    number, copy, shipment = sent(story)
    story.world.centra.return_by_mail(shipment, [(TEE, 1)])
    story.world.sitoo.double_events(20)
    story.run(SETTLED_S)
    assert len(recorded(story, copy)) == 1
    assert len(story.state(number)["returns"]) == 1


def test_the_till_was_faster_than_the_record() -> None:
    """Both gave the one article back: the second is recorded nowhere twice, and finance is told of both sides."""
    story = begin()
    number, copy, shipment = sent(story, [(TEE, 1)])
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.world.centra.return_by_mail(shipment)
    story.run(SETTLED_S)
    assert returns_for(story, number, refund) == []
    assert recorded(story, copy) == []
    assert case_of(story, Kind.OVER_RETURN, refund) is not None
    assert len(told(story, Kind.OVER_RETURN)) == 2
    stock_in_step(story)


def test_what_centra_refuses_because_a_parcel_came_meanwhile_is_an_over_return(monkeypatch: pytest.MonkeyPatch) -> None:
    story = begin()
    number, copy, shipment = sent(story, [(TEE, 1)])
    create, races = story.world.centra.returns.create, [True]

    def overtaken(*arguments: Any, **how: Any) -> Any:
        if races:
            races.clear()
            story.world.centra.return_by_mail(shipment, refund=False)
        return create(*arguments, **how)

    monkeypatch.setattr(story.world.centra.returns, "create", overtaken)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(SETTLED_S)
    assert returns_for(story, number, refund) == []
    assert case_of(story, Kind.OVER_RETURN, refund) is not None


def test_a_deleted_mistake_lets_the_refund_through_on_redrive() -> None:
    story = begin()
    number, copy, shipment = sent(story, [(TEE, 1)])
    made = story.world.centra.return_into(shipment)["return_id"]
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(60.0)
    case = case_of(story, Kind.OVER_RETURN, refund)
    assert case is not None
    story.world.centra.delete_return(made)
    redrive(story, case)
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["total"] == PRICE
    again = case_of(story, Kind.OVER_RETURN, refund)
    assert again is not None
    assert again.state.value == "resolved"


def test_refunds_that_name_their_sale_in_marks_only_count_as_taken_back() -> None:
    story = begin()
    story.world.sitoo.modes(refund_link="additionaldata")
    number, copy, shipment = sent(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(30.0)
    assert one_return(story, number, refund)["total"] == PRICE
    story.world.centra.return_by_mail(shipment, [(TEE, 1)], refund=False)
    story.run(SETTLED_S)
    assert len(recorded(story, copy)) == 1
    assert story.problems() == {}


def test_refund_rows_that_name_no_row_count_by_their_article() -> None:
    story = begin()
    _, copy, shipment = sent(story, [(TEE, 2), (CAP, 1)])
    refund = refunded(story, copy, {1: 1}, A_TILL)
    for row in story.world.sitoo.orderbook.order(refund).rows:
        row.additionaldata.clear()
    story.run(30.0)
    story.world.centra.return_by_mail(shipment, [(TEE, 2)], refund=False)
    story.run(SETTLED_S)
    (record,) = recorded(story, copy)
    assert [(row["sku"], row["quantity"]) for row in record["rows"]] == [(TEE, -2)]
    assert story.problems() == {}


def test_a_parcel_booked_into_a_stores_warehouse_by_hand_is_corrected() -> None:
    story = begin()
    _, copy, shipment = sent(story)
    before = story.physical(A, TEE)
    story.world.centra.return_by_mail(shipment, [(TEE, 1)], warehouse=A)
    assert story.physical(A, TEE) == before + 1
    story.run(SETTLED_S)
    assert story.physical(A, TEE) == before
    assert len(recorded(story, copy)) == 1
    stock_in_step(story)


def test_a_part_of_an_order_that_the_store_still_holds_is_recorded_once_the_store_is_done() -> None:
    story = begin()
    number = story.order([(TEE, 2)], [A], option=PICK_UP)
    story.run(5.0)
    copy = story.copy(number).orderid
    story.hand_out(number, {0: 1})
    story.run(30.0)
    story.world.centra.return_by_mail(story.state(number)["shipments"][0]["id"], refund=False)
    story.run(60.0)
    assert recorded(story, copy) == []
    story.hand_out(number)
    story.run(SETTLED_S)
    assert [record["total"] for record in recorded(story, copy)] == ["-100.00"]
    stock_in_step(story)


def test_goods_of_a_copy_in_the_making_are_recorded_when_it_is_there() -> None:
    story = begin()
    number = story.order([(TEE, 1)], [CENTRAL], option="Standard delivery")
    story.world.sitoo.fault("error", times=30, status=503)
    shipment = story.world.centra.ship(number)["shipment_id"]
    story.world.centra.return_by_mail(shipment, refund=False)
    story.run(20.0)
    story.world.sitoo.clear_faults()
    story.run(SETTLED_S)
    (copy,) = story.copies(number)
    assert len(recorded(story, copy.orderid)) == 1


def test_both_at_once_share_two_articles() -> None:
    story = begin()
    number, copy, shipment = sent(story)
    refund = refunded(story, copy, {0: 1}, B_TILL)
    story.world.centra.return_by_mail(shipment, [(TEE, 1)])
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["refunds"] == []
    assert len(recorded(story, copy)) == 1
    assert paid_back(story, number) == PRICE
    stock_in_step(story)
    assert story.problems() == {}


def test_a_recorded_return_that_is_deleted_in_centra_is_told() -> None:
    story = begin()
    _, copy, shipment = sent(story)
    made = story.world.centra.return_by_mail(shipment, [(TEE, 1)], refund=False)["return_id"]
    story.run(SETTLED_S)
    (record,) = recorded(story, copy)
    story.world.centra.delete_return(made)
    story.run(SETTLED_S)
    (case,) = told(story, Kind.REFUND_MISMATCH)
    assert case.problem.evidence["return"] == made
    assert case.problem.evidence["sitoo_order"] == story.world.sitoo.orderbook.by_externalid[record["external_id"]][0]
    assert len(story.problems()) == 1


def test_a_return_completed_after_a_week_is_recorded_though_nothing_tells_of_it() -> None:
    story = begin()
    _, copy, shipment = sent(story)
    made = story.world.centra.return_into(shipment, [(TEE, 1)])["return_id"]
    record = story.world.centra.returns.returns[made]
    story.world.centra.returns.uncomplete(record)
    story.run(60.0)
    story.world.centra.webhook_faults(lose=1_000)
    file = story.world.files.get(story.orders[0])
    assert file is not None
    waited = file.watch_of(0)
    assert waited is not None
    week_ago = story.world.clock.now() - 7 * 86_400.0
    record.created_at = week_ago
    story.world.files.put(file.with_watch(replace(waited, since=week_ago)))
    story.run(120.0)
    file = story.world.files.get(story.orders[0])
    assert file is not None
    waited = file.watch_of(0)
    assert waited is not None
    assert 3_600.0 < waited.look_at - story.world.clock.now() <= 86_400.0
    story.world.centra.returns.complete(record)
    story.world.files.put(file.with_watch(replace(waited, look_at=story.world.clock.now())))
    story.run(120.0)
    assert len(recorded(story, copy)) == 1
