"""What a vendor refuses for good is told once, waits for people, and keeps nothing else from going its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connector.centra.errors import Refused
from connector.centra.graphql_orders import GraphQLCentraOrders
from connector.domain.exceptions import Kind, State
from connector.domain.order_keys import stock_in_key
from connector.domain.order_settings import OrderStamps
from sandbox.centra.records import Refusal as CentraRefusal
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import Refusal as SitooRefusal
from tests.flows.return_story import (
    A_TILL,
    B_TILL,
    CAP,
    IMPATIENT,
    PRICE,
    SETTLED_S,
    STOCK_LOOKED_AT_S,
    TEE,
    begin,
    case_of,
    handed_out,
    one_return,
    recorded,
    redrive,
    refunded,
    returns_for,
    sent,
    told,
)

AN_HOUR_S = 3_600.0


class Refusing:
    """Stands before a method and refuses while it is on, for calls that `about` picks; counts those."""

    def __init__(self, method: Callable[..., Any], refusal: Exception, about: Callable[..., bool] = lambda *_, **__: True) -> None:
        self.method, self.refusal, self.about = method, refusal, about
        self.on, self.calls = True, 0

    def __call__(self, *arguments: Any, **how: Any) -> Any:
        if self.on and self.about(*arguments, **how):
            self.calls += 1
            raise self.refusal
        return self.method(*arguments, **how)


def no_returns(story: OrderStory, monkeypatch: pytest.MonkeyPatch) -> Refusing:
    desk = story.world.centra.returns
    refusing = Refusing(desk.create, CentraRefusal("No returns today."))
    monkeypatch.setattr(desk, "create", refusing)
    return refusing


def test_what_centra_refuses_is_not_asked_for_ever_again(monkeypatch: pytest.MonkeyPatch) -> None:
    story = begin()
    number, copy, _ = sent(story)
    refusing = no_returns(story, monkeypatch)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(30.0)
    case = case_of(story, Kind.VENDOR_REFUSED, refund)
    assert case is not None
    asked = refusing.calls
    story.run(AN_HOUR_S)
    assert refusing.calls == asked
    refusing.on = False
    redrive(story, case)
    story.run(SETTLED_S)
    assert one_return(story, number, refund)["total"] == PRICE
    assert story.problems() == {}


def test_what_was_discarded_stays_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    story = begin()
    number, copy, _ = sent(story)
    refusing = no_returns(story, monkeypatch)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(30.0)
    case = case_of(story, Kind.VENDOR_REFUSED, refund)
    assert case is not None
    story.world.cases.move(case.case_id, State.DISCARDED, now=story.world.clock.now(), by="somebody", note="made by hand")
    refusing.on = False
    story.run(AN_HOUR_S)
    assert returns_for(story, number, refund) == []


def test_one_return_that_sitoo_does_not_take_keeps_no_other_from_the_tills(monkeypatch: pytest.MonkeyPatch) -> None:
    story = begin()
    _, copy, shipment = sent(story, [(TEE, 1), (CAP, 1)])
    first = story.world.centra.return_into(shipment, [(TEE, 1)])["return_id"]
    book = story.world.sitoo.orderbook
    of_first = f"CR{first}-S{shipment}"
    refusing = Refusing(book.create, SitooRefusal(400, "No such article"), lambda order: order.externalid == of_first)
    monkeypatch.setattr(book, "create", refusing)
    story.world.centra.return_into(shipment, [(CAP, 1)])
    story.run(SETTLED_S)
    assert [record["external_id"] for record in recorded(story, copy)] == [f"CR{first + 1}-S{shipment}"]
    assert len(told(story, Kind.VENDOR_REFUSED)) == 1
    asked = refusing.calls
    story.run(AN_HOUR_S)
    assert refusing.calls == asked


def test_a_stamp_that_centra_refuses_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    story = begin(replace(IMPATIENT, stamps=OrderStamps(attribute="store")))
    number, copy = handed_out(story)

    def refuses(*_: object, **__: object) -> None:
        raise Refused(("You need Attribute:write permission",))

    monkeypatch.setattr(GraphQLCentraOrders, "assign_attribute", refuses)
    refund = refunded(story, copy, {0: 1}, B_TILL)
    story.run(SETTLED_S)
    one_return(story, number, refund)
    assert story.problems() == {}


def test_goods_that_sitoo_does_not_take_in_are_told_and_a_second_payment_is_watched_for_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    story = begin()
    story.world.sitoo.modes(ignored_delivery_covers_returns=True)
    number, copy, _ = sent(story)
    stock = story.world.sitoo.stock
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(STOCK_LOOKED_AT_S - 30.0)
    story.world.sitoo.fault("error", operation="POST warehousetransactions", times=None, status=400)
    story.run(SETTLED_S)
    assert [t for t in stock.transactions if t.externalid == stock_in_key(refund)] == []
    assert case_of(story, Kind.VENDOR_REFUSED, refund) is not None
    story.world.centra.webhook_faults(lose=100)
    story.world.centra.refund_in_admin(one_return(story, number, refund)["id"])
    story.run(AN_HOUR_S)
    assert len(told(story, Kind.DOUBLE_REFUND_RISK)) == 1
