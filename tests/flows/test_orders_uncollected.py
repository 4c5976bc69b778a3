"""Pick-ups that nobody collects: one reminder, then the units are on sale again and the customer has the money back, once."""

from __future__ import annotations

from typing import Any

import pytest

from connector.domain.exceptions import Kind, Owner
from connector.domain.order_settings import Uncollected
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import CANCELLED, CLOSED
from tests.flows.order_steps import Calls, case_of, file_of, in_step, let_days_pass, on_hand, story, with_settings

SOON = with_settings(uncollected=Uncollected(remind_after_days=1, release_after_days=2))


def _ready(told: OrderStory, lines: list[tuple[str, int]], **wishes: Any) -> int:
    number = told.order(lines, [11], **wishes)
    told.run(5.0)
    told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
    told.run(5.0)
    return number


def test_the_customer_is_reminded_once() -> None:
    with story(settings=SOON) as told:
        number = _ready(told, [("TEE-S", 1)])
        let_days_pass(told, 0.9)
        assert told.world.bus.facts("order.reminder") == []
        let_days_pass(told, 0.2)
        let_days_pass(told, 0.2)
        (reminder,) = told.world.bus.announced[1:]
        assert reminder.detail["order"] == number
        assert told.held(number, 11) == {"TEE-S": 1}


def test_uncaptured_lines_are_cancelled_and_their_units_on_sale_again() -> None:
    with story(settings=SOON) as told:
        number = _ready(told, [("TEE-S", 2), ("CAP", 1)])
        let_days_pass(told, 2.1)
        (copy,) = told.copies(number, live=False)
        assert copy.state == CANCELLED
        assert [line["cancelled"] for line in told.state(number)["lines"]] == [2, 1]
        assert told.state(number)["shipments"] == []
        assert on_hand(told, 101, "TEE-S") == (5, 0)
        free = told.world.centra.snapshot()[11]["TEE-S"]
        assert free == {"physical": 5, "allocated": 0, "fta": 5}
        assert [e.detail["order"] for e in told.world.bus.facts("order.released")] == [number]
        assert told.problems() == {}
        in_step(told)


def test_a_captured_order_is_shipped_returned_and_refunded_once_while_its_goods_stay_on_the_shelf() -> None:
    with story(settings=SOON) as told:
        number = _ready(told, [("TEE-S", 2), ("CAP", 1)], payment="captured", voucher={"code": "V", "amount": 1_001})
        calls = Calls(told)
        let_days_pass(told, 2.1)
        state = told.state(number)
        assert [line["returned"] for line in state["lines"]] == [2, 1]
        (shipment,), (made,) = state["shipments"], state["returns"]
        assert (made["shipment"], made["completed"], made["warehouse"]) == (shipment["id"], True, None)
        assert made["total"] == state["psp"]["refunded"] == state["grand_total"] == 28_999
        assert state["mails"] == []
        assert {name: calls.centra().get(name, 0) for name in ("createShipment", "completeShipment", "createReturn", "refundReturn")} == {
            "createShipment": 1,
            "completeShipment": 1,
            "createReturn": 1,
            "refundReturn": 1,
        }
        (copy,) = told.copies(number)
        assert (copy.state, copy.delivered()) == (CLOSED, True)
        (delivery,) = told.world.sitoo.orderbook.of_order[copy.orderid]
        assert delivery.ignored_stock
        assert _taken_back(told, copy.orderid) == {"TEE-S": 2, "CAP": 1}, "no till may refund it again"
        assert (on_hand(told, 101, "TEE-S"), told.physical(11, "TEE-S")) == ((5, 0), 5)
        file = file_of(told, number)
        assert not file.is_open
        assert told.problems() == {}
        in_step(told)


def test_what_was_collected_stays_sold_and_the_rest_is_given_back() -> None:
    with story(settings=SOON) as told:
        number = _ready(told, [("TEE-S", 1), ("CAP", 1)], payment="captured")
        told.hand_out(number, {0: 1})
        told.run(20.0)
        let_days_pass(told, 2.1)
        state = told.state(number)
        assert [(line["shipped"], line["returned"]) for line in state["lines"]] == [(1, 0), (1, 1)]
        assert state["psp"]["refunded"] == 10_000
        assert (on_hand(told, 101, "TEE-S"), on_hand(told, 101, "CAP")) == ((4, 0), (5, 0))
        in_step(told)


def test_what_was_collected_is_captured_and_the_rest_cancelled() -> None:
    with story(settings=SOON) as told:
        number = _ready(told, [("TEE-S", 1), ("CAP", 1)])
        told.hand_out(number, {0: 1})
        told.run(20.0)
        let_days_pass(told, 2.1)
        state = told.state(number)
        assert [(line["shipped"], line["cancelled"]) for line in state["lines"]] == [(1, 0), (0, 1)]
        assert state["psp"] == {"authorised": 20_000, "captured": 10_000, "capturing": 0, "refunded": 0}
        assert told.copies(number)[0].state == CLOSED
        assert told.problems() == {}
        in_step(told)


@pytest.mark.parametrize("kind", ["drop_after", "error_after"])
@pytest.mark.parametrize("operation", ["createReturn", "completeReturn", "createShipment", "completeShipment"])
def test_a_call_that_breaks_off_after_it_was_done_is_found_again(operation: str, kind: str) -> None:
    with story(settings=SOON) as told:
        number = _ready(told, [("TEE-S", 1)], payment="captured")
        told.world.centra.fault(kind, operation=operation, status=503)
        let_days_pass(told, 2.1)
        told.run(120.0)
        state = told.state(number)
        assert (len(state["shipments"]), len(state["returns"]), state["psp"]["refunded"]) == (1, 1, 10_000)
        in_step(told)


def test_a_refund_whose_outcome_is_unknown_is_looked_up_and_never_repeated() -> None:
    with story(settings=SOON) as told:
        number = _ready(told, [("TEE-S", 1)], payment="captured")
        told.world.centra.fault("drop_after", operation="refundReturn")
        calls = Calls(told)
        let_days_pass(told, 2.1)
        told.run(120.0)
        assert told.state(number)["psp"]["refunded"] == 10_000
        assert calls.centra()["refundReturn"] == 1
        assert told.problems() == {}


def test_a_refund_that_never_came_is_parked_for_finance() -> None:
    with story(settings=SOON) as told:
        number = _ready(told, [("TEE-S", 1)], payment="captured")
        told.world.centra.fault("drop_before", operation="refundReturn")
        let_days_pass(told, 2.1)
        told.run(240.0)
        assert told.state(number)["psp"]["refunded"] == 0
        assert case_of(told, Kind.UNCOLLECTED, number).problem.owner is Owner.FINANCE
        assert told.state(number)["returns"][0]["completed"]
        in_step(told)


def test_a_customer_who_comes_at_the_last_moment_gets_the_goods_and_no_money(monkeypatch: pytest.MonkeyPatch) -> None:
    with story(settings=SOON) as told:
        number = _ready(told, [("TEE-S", 1)], payment="captured")
        order_id, book = told.copy(number).orderid, told.world.sitoo.orderbook
        deliver = book.deliver

        def after_the_till(*args: Any, **kwargs: Any) -> Any:
            monkeypatch.undo()
            told.world.sitoo.deliver(order_id)
            return deliver(*args, **kwargs)

        monkeypatch.setattr(book, "deliver", after_the_till)
        let_days_pass(told, 2.1)
        state = told.state(number)
        assert (len(state["shipments"]), state["returns"], state["psp"]["refunded"]) == (1, [], 0)
        assert on_hand(told, 101, "TEE-S") == (4, 0)
        assert told.world.bus.facts("order.released") == []
        assert told.problems() == {}
        in_step(told)


def _taken_back(told: OrderStory, copy: int) -> dict[str, int]:
    book = told.world.sitoo.orderbook
    return {book.order(copy).rows[row].sku: units for row, units in book.returned(copy).items()}
