"""One receipt, goods of several purchases: people name the rows, and each order takes back its own."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.exceptions import Kind, State
from connector.domain.order_keys import stock_in_key
from connector.mapping.refund_parts import OWN_SALE, parts_by_order
from sandbox.order_story import OrderStory
from tests.flows.return_books import books_agree, ledger_rows
from tests.flows.return_story import (
    A_TILL,
    B_TILL,
    CAP,
    PRICE,
    SETTLED_S,
    TEE,
    B,
    begin,
    case_of,
    handed_out,
    one_return,
    paid_back,
    refunded,
    returns_for,
    sent,
    stock_in_step,
    told,
    units,
)
from tests.flows.test_returns_unlinked import Desk, without_receipt
from tests.unit.return_stories import paid, row, till_refund

BOTH = {TEE: 1, CAP: 1}


def scanned(story: OrderStory, copy: int, skus: dict[str, int]) -> int:
    """Staff scan one order and take back more; the first row names the order's first row."""
    refund = story.world.sitoo.refund(warehouse=B_TILL, skus=skus)["order_id"]
    assert refund is not None
    order = story.world.sitoo.orderbook.order(refund)
    order.creditorderid = copy
    order.rows[0].additionaldata["pos-originalsales-orderitemid"] = "0"
    story.run(10.0)
    return refund


def test_rows_of_two_web_orders_become_a_return_of_each() -> None:
    story = begin()
    began = story.world.clock.now()
    one, _ = handed_out(story, [(TEE, 1)])
    other, _ = handed_out(story, [(CAP, 1)])
    before = story.physical(B, TEE), story.physical(B, CAP)
    refund = without_receipt(story, BOTH)
    desk = Desk(story)
    assert f"Row 0 of Sitoo order {refund} belongs to web order {one}; its return is being made" in desk.link(refund, one, "--row", "0")
    story.run(30.0)
    assert units(one_return(story, one, refund)) == Counter({TEE: 1})
    case = case_of(story, Kind.RETURN_UNLINKED, refund)
    assert case is not None
    assert case.state is not State.RESOLVED
    desk.link(refund, other, "--row", "1")
    story.run(SETTLED_S)
    assert [(made["total"], made["cost"], units(made)) for made in returns_for(story, other, refund)] == [(PRICE, 0, Counter({CAP: 1}))]
    assert len(returns_for(story, one, refund)) == 1
    assert (paid_back(story, one), paid_back(story, other)) == (0, 0)
    assert (story.physical(B, TEE), story.physical(B, CAP)) == (before[0] + 1, before[1] + 1)
    assert story.problems() == {}
    stock_in_step(story)
    books_agree(story, since=began)


def test_the_same_article_of_two_orders_is_told_apart() -> None:
    story = begin()
    one, _ = handed_out(story, [(TEE, 1)])
    other, _ = handed_out(story, [(TEE, 1)])
    refund = without_receipt(story, {TEE: 1})
    order = story.world.sitoo.orderbook.order(refund)
    order.rows.append(story.world.sitoo.row_of_product(1, TEE, -1))
    order.payments[0]["moneyamount"] = "-200.00"
    desk = Desk(story)
    desk.link(refund, other, "--row", "1")
    desk.link(refund, one, "--row", "0")
    story.run(SETTLED_S)
    assert [one_return(story, number, refund)["total"] for number in (one, other)] == [PRICE, PRICE]
    assert story.problems() == {}


def test_the_scanned_order_takes_back_its_own_once_the_others_are_named() -> None:
    story = begin()
    one, copy = handed_out(story, [(TEE, 2)])
    other, _, _ = sent(story, [(CAP, 1)])
    refund = scanned(story, copy, BOTH)
    assert returns_for(story, one, refund) == []
    assert case_of(story, Kind.RETURN_UNLINKED, refund) is not None
    desk = Desk(story)
    assert "Name single rows with --row" in desk.link(refund, other, exit_code=1)
    assert "go there by themselves" in desk.link(refund, one, "--row", "0", exit_code=1)
    desk.link(refund, other, "--row", "1")
    story.run(SETTLED_S)
    assert units(one_return(story, one, refund)) == Counter({TEE: 1})
    assert units(one_return(story, other, refund)) == Counter({CAP: 1})
    assert story.problems() == {}
    stock_in_step(story)
    third, _ = handed_out(story, [(TEE, 1)])
    assert f"order {one} has the return" in desk.link(refund, third, "--row", "0", exit_code=1)


def test_a_row_of_the_stores_own_sale_keeps_the_web_order_from_nothing() -> None:
    story = begin()
    one, copy = handed_out(story, [(TEE, 1)])
    refund = scanned(story, copy, BOTH)
    desk = Desk(story)
    assert f"Row 1 of Sitoo order {refund} is the store's own sale" in desk.own(refund, "--row", "1")
    story.run(SETTLED_S)
    assert units(one_return(story, one, refund)) == Counter({TEE: 1})
    assert one_return(story, one, refund)["total"] == PRICE
    assert story.problems() == {}
    stock_in_step(story)


def test_goods_of_a_web_order_on_a_receipt_of_a_stores_own_sale_are_seen() -> None:
    story = begin()
    sold = story.world.sitoo.sell(A_TILL, {CAP: 1})["order_id"]
    assert sold is not None
    one, _ = handed_out(story, [(TEE, 1)])
    refund = scanned(story, sold, {CAP: 1, TEE: 1})
    case = case_of(story, Kind.RETURN_UNLINKED, refund)
    assert case is not None
    assert case.problem.evidence["rows"] == [f"row 1: 1 × {TEE}, 100.00 SEK"]
    Desk(story).link(refund, one, "--row", "1")
    story.run(SETTLED_S)
    assert units(one_return(story, one, refund)) == Counter({TEE: 1})


def test_more_than_is_left_of_one_order_stops_that_order_only() -> None:
    story = begin()
    one, copy = handed_out(story, [(TEE, 1)])
    other, _ = handed_out(story, [(CAP, 1)])
    refund = without_receipt(story, BOTH)
    refunded(story, copy, {0: 1}, A_TILL)
    story.run(10.0)
    desk = Desk(story)
    desk.link(refund, one, "--row", "0")
    desk.link(refund, other, "--row", "1")
    story.run(SETTLED_S)
    assert returns_for(story, one, refund) == []
    assert units(one_return(story, other, refund)) == Counter({CAP: 1})
    (case,) = told(story, Kind.OVER_RETURN)
    assert case.problem.entity.endswith(f"/refund/{refund}/order/{one}")


def test_stock_that_sitoo_does_not_take_in_is_booked_once_for_the_whole_receipt() -> None:
    story = begin()
    story.world.sitoo.modes(refund_delivery_delay=100_000.0)
    one, copy, _ = sent(story, [(TEE, 1)])
    other, _, _ = sent(story, [(CAP, 1)])
    refund = scanned(story, copy, BOTH)
    Desk(story).link(refund, other, "--row", "1")
    story.run(SETTLED_S)
    ours = [t for t in story.world.sitoo.stock.transactions if t.externalid == stock_in_key(refund)]
    assert [Counter({m.sku: int(m.change) for m in t.movements}) for t in ours] == [Counter({TEE: 1, CAP: 1})]
    assert [len(returns_for(story, number, refund)) for number in (one, other)] == [1, 1]


def test_what_cannot_be_is_refused() -> None:
    story = begin()
    one, _ = handed_out(story, [(TEE, 1)])
    other, _ = handed_out(story, [(CAP, 1)])
    refund = without_receipt(story, BOTH)
    desk = Desk(story)
    assert "takes nothing back in row 7" in desk.link(refund, one, "--row", "7", exit_code=1)
    assert f"order {one} has no {CAP}" in desk.link(refund, one, "--row", "1", exit_code=1)
    assert "Name the rows with --row" in desk.own(refund, exit_code=1)
    desk.link(refund, one, "--row", "0")
    assert "it was linked before" in desk.link(refund, one, "--row", "0")
    assert f"row 0 of Sitoo order {refund} is of web order {one} already" in desk.own(refund, "--row", "0", exit_code=1)
    assert "name the others with --row too" in desk.link(refund, one, exit_code=1)
    desk.link(refund, other)
    story.run(SETTLED_S)
    assert [len(returns_for(story, number, refund)) for number in (one, other)] == [1, 1]
    assert story.problems() == {}


def test_the_books_hold_the_receipt_once() -> None:
    story = begin()
    began = story.world.clock.now()
    one, _ = handed_out(story, [(TEE, 1)])
    other, _ = handed_out(story, [(CAP, 1)])
    refund = without_receipt(story, BOTH)
    desk = Desk(story)
    desk.link(refund, other, "--row", "1")
    desk.link(refund, one, "--row", "0")
    story.run(SETTLED_S)
    (entry,) = [entry for entry in ledger_rows(story, since=began) if entry.key == f"sitoo-order-{refund}"]
    assert (entry.gross, entry.tenders, entry.centra_order) == (-2 * PRICE, {"Card": -2 * PRICE}, one)


@pytest.mark.parametrize("named", [{}, {0: 1}, {0: 1, 1: 2}, {0: 1, 1: 2, 2: 3}, {0: 1, 1: 1}, {1: OWN_SALE}])
def test_an_orders_share_of_the_payments_does_not_depend_on_what_else_is_named(named: dict[int, int]) -> None:
    rows = [row(0, "TEE", -1, "33.33", 0), row(1, "CAP", -1, "33.33", 1), row(2, "MUG", -1, "33.35", 2)]
    refund = till_refund(rows, paid("Card", "60.01"), paid("Cash", "40.00"))
    parts = parts_by_order(refund, named)
    if not named:
        assert parts == {None: refund}
        return
    alone = {n: parts_by_order(refund, {n: 9})[9] for n in range(3)}
    for part in parts.values():
        back: Any = [entry.row for entry in part.rows]
        assert sum(p.amount for p in part.payments) == sum(p.amount for n in back for p in alone[n].payments)
    assert sum(p.amount for part in alone.values() for p in part.payments) == Decimal("-100.01")
