"""Paid pick-ups that nobody collected: shipped, returned, refunded and booked once, wherever a function dies; what Centra refuses is told."""

from __future__ import annotations

from typing import Any

import pytest

from connector.domain.exceptions import Kind, State
from connector.domain.order_settings import Uncollected
from connector.store.order_files import CopyState
from connector.store.sales_ledger import LedgerKind
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import CANCELLED, CLOSED, OPEN
from sandbox.stand_ins import Crash
from tests.flows.order_steps import Calls, case_of, file_of, in_step, let_days_pass, on_hand, redrive, story, with_settings
from tests.flows.return_books import books_agree, ledger_rows

SOON = with_settings(uncollected=Uncollected(remind_after_days=1, release_after_days=2))
MESSAGES_COME_BACK_S = 900.0
TELLING = ("order_files.put", "sales_ledger.put", "announce", "order_links.shipped", "order_links.shipping")
"""Steps after which the tables say something new about the order; between two of them a vendor is called at most once or twice."""


def test_the_books_hold_the_refund_once_and_tie_out() -> None:
    with story(settings=SOON) as told:
        since = told.world.clock.now()
        number = _ready(told, [("TEE-S", 2), ("CAP", 1)], voucher={"code": "V", "amount": 1_001})
        calls = Calls(told)
        let_days_pass(told, 2.1)
        told.run(300.0)
        state = told.state(number)
        (made,) = state["returns"]
        (row,) = ledger_rows(told, since=since)
        assert (row.key, row.kind, row.centra_order) == (f"centra-return-{made['id']}", LedgerKind.WEB_REFUND, number)
        assert -row.gross == made["total"] == state["psp"]["refunded"] == state["grand_total"] == 28_999
        books_agree(told, since=since)
        counted = calls.centra()
        assert [counted[name] for name in ("createShipment", "completeShipment", "createReturn", "completeReturn", "refundReturn")] == [1] * 5
        assert told.problems() == {}
        in_step(told)


@pytest.mark.parametrize("at", range(1, 31))
def test_a_function_that_dies_at_any_step_refunds_and_books_once(at: int) -> None:
    with story(settings=SOON) as told:
        since = told.world.clock.now()
        number = _ready(told, [("TEE-S", 1)])
        _die(told, at)
        let_days_pass(told, 2.1)
        told.run(MESSAGES_COME_BACK_S)
        assert told.world.counts.crashes == 1
        state = told.state(number)
        (shipment,), (made,) = state["shipments"], state["returns"]
        assert (made["shipment"], made["completed"], made["warehouse"]) == (shipment["id"], True, None)
        assert told.world.centra.calls().get("refundReturn", 0) <= 1
        rows = ledger_rows(told, since=since)
        if state["psp"]["refunded"]:
            assert (state["psp"]["refunded"], [row.gross for row in rows], told.problems()) == (10_000, [-10_000], {})
            assert not file_of(told, number).is_open
        else:
            # The decision to refund stood in the file, and nobody knows whether it was done: people are told, it is never done again.
            assert (rows, told.problems()) == ([], {Kind.UNCOLLECTED.value: [f"order/{number}/return/{made['id']}"]})
        books_agree(told, since=since)
        (copy,) = told.copies(number)
        assert (copy.state, len(told.world.sitoo.orderbook.of_order[copy.orderid])) == (CLOSED, 1)
        assert sum(told.world.sitoo.orderbook.returned(copy.orderid).values()) == 1, "no till may refund it again"
        assert (on_hand(told, 101, "TEE-S"), told.physical(11, "TEE-S")) == ((5, 0), 5)
        in_step(told)


def test_lines_that_centra_does_not_cancel_stay_with_the_store_and_are_told() -> None:
    with story(settings=SOON) as told:
        number = _ready(told, [("TEE-S", 1), ("CAP", 1)], payment="authorised")
        # Somebody has put them on a shipment that was never sent.
        shipment = told.world.centra.ship(number, complete=False)["shipment_id"]
        let_days_pass(told, 2.1)
        case = case_of(told, Kind.VENDOR_REFUSED, number)
        assert case.state is State.OPEN
        assert "Centra refused a step" in case.problem.happened
        assert "can be cancelled" in case.problem.happened
        assert [line["cancelled"] for line in told.state(number)["lines"]] == [0, 0]
        assert told.copy(number).state == OPEN
        assert [copy.state for copy in file_of(told, number).copies] == [CopyState.OPEN]
        assert told.world.bus.facts("order.released") == []
        in_step(told)

        told.world.centra.delete_shipment(shipment)
        redrive(told, Kind.VENDOR_REFUSED, number, run=130.0)
        assert [line["cancelled"] for line in told.state(number)["lines"]] == [1, 1]
        assert [copy.state for copy in told.copies(number, live=False)] == [CANCELLED]
        assert [fact.detail["order"] for fact in told.world.bus.facts("order.released")] == [number]
        assert (on_hand(told, 101, "TEE-S"), told.physical(11, "TEE-S")) == ((5, 0), 5)
        assert told.problems() == {}
        in_step(told)


def _ready(told: OrderStory, lines: list[tuple[str, int]], *, payment: str = "captured", **wishes: Any) -> int:
    number = told.order(lines, [11], payment=payment, **wishes)
    told.run(5.0)
    told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
    told.run(5.0)
    return number


def _die(told: OrderStory, at: int) -> None:
    """The function that takes the `at`th telling step from now dies before it."""
    left = [at]

    def step(operation: str) -> None:
        left[0] -= operation.startswith(TELLING)
        if left[0] == 0:
            left[0] = -1
            raise Crash

    told.world.step = step


@pytest.mark.parametrize("fault", [{"kind": "throttle", "retry_after": 20}, {"kind": "drop_before"}])
def test_a_refund_that_never_left_is_asked_for_again_and_one_that_may_have_is_not(fault: dict[str, Any]) -> None:
    with story(settings=SOON) as told:
        number = _ready(told, [("TEE-S", 1)])
        told.world.centra.fault(operation="refundReturn", **fault)
        let_days_pass(told, 2.1)
        told.run(MESSAGES_COME_BACK_S)
        asked, refunded = told.world.centra.calls().get("refundReturn", 0), told.state(number)["psp"]["refunded"]
        if fault["kind"] == "throttle":
            assert (asked, refunded, told.problems()) == (1, 10_000, {})
        else:
            assert (asked, refunded, list(told.problems())) == (0, 0, ["UNCOLLECTED"])
