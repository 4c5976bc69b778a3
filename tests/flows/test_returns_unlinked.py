"""A return without a receipt: people are shown which web order it may be, name it with `ops return link`, and the return goes its way."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from connector.domain.exceptions import Kind, State
from connector.sitoo.models import TransactionRow
from connector.sitoo.rest_orders import RestSitooOrders
from ops.__main__ import app
from ops.connection import Connection
from sandbox.order_story import PICK_UP, OrderStory, story_mapping
from tests.flows.return_story import (
    A_TILL,
    B_TILL,
    CAP,
    PRICE,
    SETTLED_S,
    TEE,
    A,
    begin,
    case_of,
    handed_out,
    one_return,
    paid_back,
    refunded,
    returns_for,
    sent,
    stock_in_step,
    units,
)
from tests.ops.world import connect


class Desk:
    """An operator at the story's tables and vendors."""

    def __init__(self, story: OrderStory) -> None:
        self.story, self.screen = story, io.StringIO()
        plain = connect(story.world, Console(file=self.screen, width=160))
        self.conn: Connection = replace(plain, files=story.world.files)
        self.conn.mappings.apply(story_mapping(), expected_revision=0, by="test", now=story.world.clock.now())

    def link(self, refund: int, number: int, *rows: str, exit_code: int = 0) -> str:
        return self.types("link", str(refund), str(number), *rows, exit_code=exit_code)

    def own(self, refund: int, *rows: str, exit_code: int = 0) -> str:
        return self.types("own", str(refund), *rows, exit_code=exit_code)

    def types(self, *words: str, exit_code: int) -> str:
        before = len(self.screen.getvalue())
        result = CliRunner().invoke(app, ["return", *words], obj=self.conn)
        text = re.sub(r"[\s│╭╮╰╯─]+", " ", self.screen.getvalue()[before:] + result.output)
        assert result.exit_code == exit_code, f"{text} {result.exception!r}"
        return text


def without_receipt(story: OrderStory, skus: dict[str, int] | None = None, warehouse: int = B_TILL) -> int:
    refund = story.world.sitoo.refund(warehouse=warehouse, skus=skus or {TEE: 1})["order_id"]
    assert refund is not None
    story.run(10.0)
    return refund


def candidates(story: OrderStory, refund: int) -> list[str]:
    case = case_of(story, Kind.RETURN_UNLINKED, refund)
    assert case is not None
    found = case.problem.evidence["candidates"]
    assert isinstance(found, list)
    return found


def test_the_orders_it_may_be_are_shown_the_likeliest_first() -> None:
    story = begin()
    other, _ = handed_out(story, [(CAP, 1)])
    one, _ = handed_out(story, [(TEE, 1)])
    both, _ = handed_out(story, [(TEE, 1), (CAP, 1)])
    refund = without_receipt(story, {TEE: 1, CAP: 1})
    assert candidates(story, refund) == [
        f"order {both}: 2 of 2 article(s), same amount",
        f"order {one}: 1 of 2 article(s)",
        f"order {other}: 1 of 2 article(s)",
    ]


def test_orders_long_done_are_shown_too_those_returned_already_are_not() -> None:
    story = begin()
    done, _, _ = sent(story, [(TEE, 1)])
    back, copy, _ = sent(story, [(TEE, 1)])
    refunded(story, copy, {0: 1}, A_TILL)
    file = story.world.files.get(done)
    assert file is None or not file.is_open
    refund = without_receipt(story)
    assert candidates(story, refund) == [f"order {done}: 1 of 1 article(s), same amount"]
    assert returns_for(story, back, refund) == []


def test_a_named_order_is_returned_as_if_it_had_been_scanned() -> None:
    story = begin()
    number, _ = handed_out(story)
    refund = without_receipt(story)
    assert "its return is being made" in Desk(story).link(refund, number)
    story.run(SETTLED_S)
    made = one_return(story, number, refund)
    assert (units(made), made["total"]) == (Counter({TEE: 1}), PRICE)
    assert paid_back(story, number) == 0
    case = case_of(story, Kind.RETURN_UNLINKED, refund)
    assert case is not None
    assert case.state is State.RESOLVED
    stock_in_step(story)


def test_naming_it_twice_makes_one_return() -> None:
    story = begin()
    number, _ = handed_out(story)
    refund = without_receipt(story)
    desk = Desk(story)
    desk.link(refund, number)
    story.run(30.0)
    assert "it was linked before" in desk.link(refund, number)
    story.run(SETTLED_S)
    one_return(story, number, refund)
    other, _ = handed_out(story)
    assert f"is linked with web order {number} already" in desk.link(refund, other, exit_code=1)


def test_more_than_is_left_of_the_named_order_is_an_over_return() -> None:
    story = begin()
    number, copy = handed_out(story, [(TEE, 1)])
    refund = without_receipt(story)
    refunded(story, copy, {0: 1}, A_TILL)
    story.run(10.0)
    Desk(story).link(refund, number)
    story.run(SETTLED_S)
    assert returns_for(story, number, refund) == []
    assert case_of(story, Kind.OVER_RETURN, refund) is not None


def test_a_discarded_one_may_still_be_named() -> None:
    story = begin()
    number, _ = handed_out(story)
    refund = without_receipt(story)
    case = case_of(story, Kind.RETURN_UNLINKED, refund)
    assert case is not None
    story.world.cases.move(case.case_id, State.DISCARDED, now=story.world.clock.now(), by="somebody", note="the store's own")
    Desk(story).link(refund, number)
    story.run(SETTLED_S)
    one_return(story, number, refund)


def test_what_cannot_be_is_refused() -> None:
    story = begin()
    number, copy = handed_out(story)
    caps, _ = handed_out(story, [(CAP, 1)])
    waiting = story.order([(TEE, 1)], [A], option=PICK_UP)
    own_sale = story.world.sitoo.sell(A_TILL, {TEE: 1})["order_id"]
    assert own_sale is not None
    scanned, of_sale = refunded(story, copy, {0: 1}, A_TILL), refunded(story, own_sale)
    refund = without_receipt(story)
    desk = Desk(story)
    for asked, order, why in (
        (9_999, number, "Sitoo has no order 9999"),
        (refund, 9_999, "Centra has no order 9999"),
        (own_sale, number, "is no refund"),
        (scanned, number, f"a return of web order {number}"),
        (of_sale, number, f"the store's own sale {own_sale}"),
        (refund, caps, f"order {caps} has no {TEE}"),
        (refund, waiting, "nothing of order"),
    ):
        assert why in desk.link(asked, order, exit_code=1)
    assert story.world.files.number_of(refund) is None


def test_our_own_records_and_unfinished_refunds_are_refused() -> None:
    story = begin()
    number, _, shipment = sent(story)
    story.world.centra.return_by_mail(shipment, [(TEE, 1)])
    story.run(30.0)
    (record,) = [o.orderid for o in story.world.sitoo.orderbook.orders.values() if (o.externalid or "").startswith("CR")]
    desk = Desk(story)
    assert "records a return that was made in Centra" in desk.link(record, number, exit_code=1)
    refund = story.world.sitoo.refund(warehouse=B_TILL, skus={TEE: 1})["order_id"]
    assert refund is not None
    story.world.sitoo.orderbook.order(refund).state = 0
    assert "has not closed" in desk.link(refund, number, exit_code=1)


@pytest.mark.parametrize("refund_link", ["creditorderid", "additionaldata"])
def test_a_scanned_receipt_needs_nobody_however_sitoo_tells_it(refund_link: str) -> None:
    story = begin()
    story.world.sitoo.modes(refund_link=refund_link)
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(SETTLED_S)
    one_return(story, number, refund)
    assert story.problems() == {}


def test_the_movements_of_weeks_are_not_read_for_a_receipt_that_is_named_late(monkeypatch: pytest.MonkeyPatch) -> None:
    story = begin()
    number, _ = handed_out(story)
    refund = without_receipt(story)
    story.world.sitoo.orderbook.order(refund).date -= 20 * 86_400.0
    asked: list[float] = []
    reads = RestSitooOrders.movements

    def movements(self: RestSitooOrders, warehouse: int, *, since: float) -> list[TransactionRow]:
        asked.append(since)
        return reads(self, warehouse, since=since)

    monkeypatch.setattr(RestSitooOrders, "movements", movements)
    Desk(story).link(refund, number)
    story.run(SETTLED_S)
    one_return(story, number, refund)
    assert asked == []
    stock_in_step(story)


def test_a_refund_of_an_order_that_no_till_and_no_connector_made_is_told_and_can_be_named() -> None:
    """A web order that stood in Sitoo before the connector came, say."""
    story = begin()
    number, _ = handed_out(story)
    foreign = story.world.sitoo.create_web_order("OLD-SHOP-7", A_TILL, {TEE: 1})
    story.world.sitoo.deliver(foreign)
    refund = refunded(story, foreign, {0: 1}, B_TILL)
    story.run(30.0)
    assert len(candidates(story, refund)) == 1
    Desk(story).link(refund, number)
    story.run(SETTLED_S)
    assert units(one_return(story, number, refund)) == Counter({TEE: 1})
    assert story.problems() == {}


def test_a_refund_of_an_order_that_is_not_there_is_told() -> None:
    story = begin()
    _, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, B_TILL)
    order = story.world.sitoo.orderbook.order(refund)
    order.creditorderid = 424_242
    order.additionaldata["pos-originalsales-orderid"] = "424242"
    story.run(30.0)
    assert case_of(story, Kind.RETURN_UNLINKED, refund) is not None
