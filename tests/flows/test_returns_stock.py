"""Goods that come back to a store are in its stock once, whether this Sitoo account takes them in by itself, late, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from connector.domain.exceptions import Kind, State
from connector.domain.order_keys import stock_in_key, stock_out_key
from connector.flows.returns.stock_evidence import read_evidence
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import Transaction
from sandbox.stand_ins import Crash
from sandbox.stock_story import SITE
from tests.flows.return_story import (
    A_TILL,
    B_TILL,
    LUND,
    LUND_RECLAIMS,
    LUND_TILL,
    SETTLED_S,
    STOCK_LOOKED_AT_S,
    TEE,
    A,
    begin,
    case_of,
    handed_out,
    refunded,
    sent,
    stock_in_step,
    told,
)

AN_HOUR_LATER_S = 3_700.0


def ours(story: OrderStory, refund: int) -> list[tuple[int, int, str, int]]:
    """(type, warehouse, sku, change) of the connector's transactions for a refund."""
    keys = (stock_in_key(refund), stock_out_key(refund))
    found: list[Transaction] = [t for t in story.world.sitoo.stock.transactions if t.externalid in keys]
    return [(t.type, t.warehouseid, m.sku, int(m.change)) for t in found for m in t.movements]


def test_an_account_that_moves_stock_needs_no_help() -> None:
    story = begin()
    _, copy, _ = sent(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(SETTLED_S)
    assert ours(story, refund) == []
    assert story.physical(A, TEE) == 6
    seen = read_evidence(story.world.cursors, SITE)
    assert seen is not None
    assert (seen.moves, seen.late, seen.does_not, seen.refund) == (1, 0, 0, refund)


@pytest.mark.parametrize("mode", ["ignored_delivery_covers_returns", "ignore_stock_covers_returns"])
def test_an_account_that_does_not_gets_one_transaction(mode: str) -> None:
    story = begin()
    story.world.sitoo.modes(**{mode: True})
    _, copy, _ = sent(story)
    if mode == "ignore_stock_covers_returns":
        story.world.sitoo.orderbook.order(copy).additionaldata["delivery-ignore-stock"] = "true"
    refund = refunded(story, copy, {0: 2}, A_TILL)
    story.run(STOCK_LOOKED_AT_S - 60.0)
    assert ours(story, refund) == []
    assert story.physical(A, TEE) == 5
    story.run(SETTLED_S)
    assert ours(story, refund) == [(10, A_TILL, TEE, 2)]
    assert story.physical(A, TEE) == 7
    stock_in_step(story)
    seen = read_evidence(story.world.cursors, SITE)
    assert seen is not None
    assert (seen.moves, seen.late, seen.does_not) == (0, 0, 1)
    assert story.problems() == {}


def test_it_stays_one_transaction_however_often_it_is_looked_at() -> None:
    story = begin()
    story.world.sitoo.modes(ignored_delivery_covers_returns=True)
    number, copy, _ = sent(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(AN_HOUR_LATER_S)
    assert ours(story, refund) == [(10, A_TILL, TEE, 1)]
    file = story.world.files.get(number)
    assert file is not None
    assert [w.looks for w in file.watches] == [2]


def test_what_goes_to_reclaims_is_booked_there() -> None:
    story = begin()
    story.world.sitoo.modes(ignored_delivery_covers_returns=True)
    _, copy, _ = sent(story)
    refund = refunded(story, copy, {0: 2}, LUND_TILL, return_warehouses={0: LUND_RECLAIMS})
    story.run(SETTLED_S)
    assert ours(story, refund) == [(10, LUND_RECLAIMS, TEE, 2)]
    assert story.physical(LUND, TEE) == 5
    stock_in_step(story)


def test_a_stores_own_copy_needs_no_help() -> None:
    story = begin()
    story.world.sitoo.modes(ignored_delivery_covers_returns=True)
    _, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(SETTLED_S)
    assert ours(story, refund) == []
    stock_in_step(story)


def test_a_late_movement_is_reversed_and_told() -> None:
    story = begin()
    story.world.sitoo.modes(refund_delivery_delay=500.0)
    _, copy, _ = sent(story)
    refund = refunded(story, copy, {0: 1}, B_TILL)
    story.run(SETTLED_S)
    assert ours(story, refund) == [(10, B_TILL, TEE, 1)]
    story.run(SETTLED_S * 3)
    assert ours(story, refund) == [(10, B_TILL, TEE, 1), (20, B_TILL, TEE, -1)]
    assert story.world.sitoo.snapshot()[B_TILL][TEE]["total"] == 6
    case = case_of(story, Kind.TECHNICAL, refund)
    assert case is not None
    assert "stock_in_after_s" in case.problem.todo
    seen = read_evidence(story.world.cursors, SITE)
    assert seen is not None
    assert (seen.moves, seen.late, seen.does_not) == (0, 1, 0)
    story.run(AN_HOUR_LATER_S)
    assert len(ours(story, refund)) == 2
    assert [case.state for case in told(story, Kind.TECHNICAL)] == [State.OPEN], "a later look is no reason to close it"
    stock_in_step(story)


@pytest.mark.parametrize("kind", ["error", "error_after", "drop_before", "drop_after", "throttle"])
def test_a_transaction_of_unknown_outcome_is_looked_for_before_it_is_repeated(kind: str) -> None:
    story = begin()
    story.world.sitoo.modes(ignored_delivery_covers_returns=True)
    _, copy, _ = sent(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(STOCK_LOOKED_AT_S - 30.0)
    story.world.sitoo.fault(kind, operation="POST warehousetransactions", times=1)
    story.run(SETTLED_S)
    assert ours(story, refund) == [(10, A_TILL, TEE, 1)]
    stock_in_step(story)


@pytest.mark.parametrize("at", range(1, 40, 3))
def test_a_crash_while_it_is_booked_books_it_once(at: int) -> None:
    story = begin()
    story.world.sitoo.modes(ignored_delivery_covers_returns=True)
    _, copy, _ = sent(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(STOCK_LOOKED_AT_S - 20.0)
    left = [at]

    def dies(_operation: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    story.world.step = dies
    story.run(SETTLED_S)
    assert ours(story, refund) == [(10, A_TILL, TEE, 1)]
    stock_in_step(story)


def test_a_count_since_has_the_goods_already() -> None:
    story = begin()
    story.world.sitoo.modes(ignored_delivery_covers_returns=True)
    _, copy, _ = sent(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(60.0)
    story.world.sitoo.count(A_TILL, {TEE: 6})
    story.run(SETTLED_S)
    assert ours(story, refund) == []
    assert story.physical(A, TEE) == 6
    stock_in_step(story)


def test_what_was_never_handed_out_is_not_booked_in() -> None:
    story = begin()
    story.world.sitoo.modes(ignored_delivery_covers_returns=True)
    number = story.order([(TEE, 2)], [A], option="Pick up in store")
    story.run(5.0)
    refund = refunded(story, story.copy(number).orderid, {0: 2}, A_TILL, undelivered=True)
    story.run(SETTLED_S)
    assert ours(story, refund) == []
    assert story.state(number)["lines"][0]["cancelled"] == 2
    stock_in_step(story)


def test_evidence_is_left_out_while_another_function_counts() -> None:
    story = begin()
    _, copy, _ = sent(story)
    refunded(story, copy, {0: 1}, A_TILL)
    story.run(STOCK_LOOKED_AT_S - 30.0)
    held: Any = story.world.leases.acquire(f"refund-stock/{SITE}", "somebody else", story.world.clock.now(), SETTLED_S)
    assert held is not None
    story.run(SETTLED_S - 30.0)
    assert read_evidence(story.world.cursors, SITE) is None
