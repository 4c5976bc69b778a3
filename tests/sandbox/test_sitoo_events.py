"""The event feed of the Sitoo sandbox: order, batches, head-of-line blocking, what is retried and what is dropped, and the faults."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.sitoo.events import FIRST_HOUR, RETRY_DELAYS
from tests.sandbox.sitoo_account import ALPHA, Account, open_account

HOUR = 3600.0


def receipts(account: Account, number: int) -> list[int]:
    return [account.state.receive(ALPHA, {"CAP": 1}) for _ in range(number)]


def transactions(account: Account) -> list[int]:
    return [event["data"]["warehouse_transaction_id"] for event in account.receiver.events() if event["event_type"] == "warehouse-transaction"]


def kinds(account: Account) -> list[tuple[Any, ...]]:
    return [(e["event_type"], e["data"].get("order_event_type"), e["data"].get("order_state_changed")) for e in account.receiver.events()]


def test_an_event_names_itself_its_account_and_the_object() -> None:
    account = open_account()
    account.state.receive(ALPHA, {"CAP": 1})
    account.clock.sleep(1)
    (event,) = account.receiver.events()
    assert set(event) == {"event_id", "event_type", "event_date", "account_id", "data"}
    assert (event["event_type"], event["account_id"], event["event_date"]) == ("warehouse-transaction", 90123, 1_800_000_000)
    assert event["data"] == {"eshop_id": 1, "warehouse_id": ALPHA, "warehouse_transaction_id": 1}
    assert account.receiver.credentials == ["sitoo:word"]


def test_events_go_out_within_the_dispatch_delay_in_order_and_at_most_ten_at_once() -> None:
    account = open_account()
    ids = receipts(account, 23)
    account.clock.sleep(0.05)
    assert [(round(at - 1_800_000_000, 3), len(batch)) for at, batch in account.receiver.calls] == [(0.05, 10), (0.05, 10), (0.05, 3)]
    assert transactions(account) == ids


def test_transaction_events_may_come_without_ids_or_not_at_all() -> None:
    account = open_account(transaction_event_ids=False)
    receipts(account, 1)
    account.state.modes(transaction_events=False)
    receipts(account, 1)
    account.clock.sleep(1)
    assert [event["data"] for event in account.receiver.events()] == [{"eshop_id": 1}]


def test_a_sale_announces_order_transaction_and_delivery() -> None:
    account = open_account()
    account.state.sell(ALPHA, {"CAP": 1})
    account.clock.sleep(1)
    assert kinds(account) == [("order", "add", "closed"), ("warehouse-transaction", None, None), ("order-delivery", None, None)]
    data = account.receiver.events()[2]["data"]
    assert (data["order_id"], data["order_delivery_id"], data["warehouse_id"]) == (1001, 501, ALPHA)


@pytest.mark.parametrize(("as_type", "closing"), [(False, ("order", "update", "closed")), (True, ("order", "closed", None))])
def test_a_web_order_announces_each_step(as_type: bool, closing: tuple[Any, ...]) -> None:
    account = open_account(closed_as_type=as_type)
    number = account.state.create_web_order("C-1", ALPHA, {"CAP": 2})
    account.state.ready_for_pickup(number)
    account.state.deliver(number, {0: 1})
    account.state.pickup_rejected(number)
    account.state.deliver(number)
    account.clock.sleep(1)
    assert [kind for kind in kinds(account) if kind[0] == "order"] == [
        ("order", "add", None),
        ("order", "ready-for-pickup", None),
        ("order", "update", None),
        ("order", "pickup-rejected", None),
        closing,
    ]


@pytest.mark.parametrize("parked_events", [False, True])
def test_bookings_announce_themselves_and_parked_sales_by_mode(parked_events: bool) -> None:
    account = open_account(parked_events=parked_events)
    booking = account.state.book(ALPHA, {"CAP": 1})
    account.state.cancel_order(booking)
    account.state.book(ALPHA, {"CAP": 1}, parked=True)
    account.clock.sleep(1)
    expected = [("booking", "add", None), ("booking", "update", "cancelled"), ("booking", "add", None)]
    assert kinds(account) == (expected if parked_events else expected[:2])


def test_updates_by_api_announce_themselves() -> None:
    account = open_account()
    number = account.state.create_web_order("C-1", ALPHA, {"CAP": 2})
    account.good("PUT", f"/sites/1/orders/{number}", json={"namefirst": "Ada"})
    account.good("PUT", f"/sites/1/orders/{number}", json={"orderstateid": 20})
    account.good("POST", f"/sites/1/orders/{number}/orderlogitems", json={"orderlogtypeid": 910})
    account.clock.sleep(1)
    assert kinds(account)[1:] == [("order", "update", None), ("order", "update", "cancelled"), ("order", "pickup-rejected", None)]


@pytest.mark.parametrize("status", [429, 503, 504])
def test_a_temporary_answer_is_retried_and_blocks_all_behind_it(status: int) -> None:
    account = open_account()
    account.receiver.statuses = [status, status]
    receipts(account, 2)
    account.clock.sleep(1)
    receipts(account, 3)
    account.clock.sleep(5)
    assert len(account.receiver.calls) == 1
    account.clock.sleep(HOUR)
    sizes = [len(batch) for _, batch in account.receiver.calls]
    assert sizes == [2, 2, 2, 3]
    assert account.receiver.calls[0][1] == account.receiver.calls[2][1]
    times = [at - account.receiver.calls[0][0] for at, _ in account.receiver.calls]
    assert times == pytest.approx([0, 10, 30, 30])


@pytest.mark.parametrize("status", [201, 204, 301, 400, 401, 404, 413, 500, 502])
def test_any_other_answer_drops_the_batch(status: int) -> None:
    account = open_account()
    account.receiver.statuses = [status]
    receipts(account, 12)
    account.clock.sleep(HOUR)
    assert [len(batch) for _, batch in account.receiver.calls] == [10, 2]
    stats = account.state.event_stats()
    assert (stats["delivered"], stats["dropped"], stats["waiting"]) == (2, {str(status): 10}, 0)


@pytest.mark.parametrize(("status", "retried"), [(400, False), (401, False), (404, False), (429, True), (500, True), (502, True), (503, True)])
def test_the_older_rule_retries_everything_but_200_and_4xx(status: int, retried: bool) -> None:
    account = open_account(older_status_rule=True)
    account.receiver.statuses = [status]
    receipts(account, 1)
    account.clock.sleep(HOUR)
    assert len(account.receiver.calls) == (2 if retried else 1)
    assert account.state.event_stats()["delivered"] == (1 if retried else 0)


def test_a_receiver_that_never_recovers_is_tried_for_a_day_and_then_the_batch_is_dropped() -> None:
    account = open_account()
    account.receiver.statuses = [503] * (len(RETRY_DELAYS) + 1)
    receipts(account, 1)
    account.clock.sleep(23 * HOUR)
    receipts(account, 1)
    account.clock.sleep(2 * HOUR)
    assert sum(1 for at, _ in account.receiver.calls if at <= 1_800_000_000 + HOUR) == 1 + len(FIRST_HOUR)
    assert len(account.receiver.calls) == 1 + len(RETRY_DELAYS) + 1
    assert account.state.event_stats()["dropped"] == {"expired": 1}
    assert transactions(account)[-1] == 2


@pytest.mark.parametrize("retried", [False, True])
def test_no_answer_within_fifteen_seconds_is_retried_or_by_mode_dropped(retried: bool) -> None:
    account = open_account(retry_unanswered=retried)
    slow = [16.0, 14.0]
    account.receiver.react = lambda: account.clock.sleep(slow.pop(0))
    receipts(account, 1)
    account.clock.sleep(HOUR)
    assert len(account.receiver.calls) == (2 if retried else 1)
    assert account.state.event_stats()["delivered"] == (1 if retried else 0)
    assert account.state.event_stats()["answers"]["none"] == 1


def test_a_cut_connection_is_retried() -> None:
    account = open_account()
    failures = [OSError("cut")]

    def fail_once() -> None:
        if failures:
            raise failures.pop()

    account.receiver.react = fail_once
    receipts(account, 1)
    account.clock.sleep(60)
    assert account.state.event_stats()["delivered"] == 1


def test_one_batch_at_a_time_even_while_trade_goes_on_during_a_slow_call() -> None:
    account = open_account()
    running: list[int] = []

    def slow() -> None:
        assert not running
        running.append(1)
        receipts(account, 1 if len(account.receiver.calls) < 5 else 0)
        account.clock.sleep(3)
        running.pop()

    account.receiver.react = slow
    receipts(account, 1)
    account.clock.sleep(60)
    assert transactions(account) == [1, 2, 3, 4, 5]


def test_lost_events_never_arrive() -> None:
    account = open_account()
    account.state.lose_events(n=2)
    receipts(account, 5)
    account.clock.sleep(HOUR)
    assert transactions(account) == [3, 4, 5]
    assert account.state.event_stats()["lost"] == 2


def test_doubled_events_keep_their_id() -> None:
    account = open_account()
    account.state.double_events(n=1)
    receipts(account, 2)
    account.clock.sleep(1)
    ids = [event["event_id"] for event in account.receiver.events()]
    assert ids[0] == ids[1] != ids[2]
    assert transactions(account) == [1, 1, 2]


def test_reordered_events_come_after_the_next_or_a_second_later() -> None:
    account = open_account()
    account.state.reorder_events(n=1)
    receipts(account, 2)
    account.clock.sleep(2)
    assert transactions(account) == [2, 1]
    account.state.reorder_events(n=1)
    receipts(account, 1)
    account.clock.sleep(0.9)
    assert transactions(account) == [2, 1]
    account.clock.sleep(0.5)
    assert transactions(account) == [2, 1, 3]


def test_a_share_of_events_is_lost() -> None:
    account = open_account()
    account.state.lose_events(probability=0.3)
    receipts(account, 400)
    account.clock.sleep(10)
    lost = account.state.event_stats()["lost"]
    assert 80 < lost < 160
    assert len(transactions(account)) == 400 - lost
    account.state.lose_events()
    receipts(account, 50)
    account.clock.sleep(10)
    assert account.state.event_stats()["lost"] == lost


def test_a_receiver_chooses_kinds_and_can_leave() -> None:
    account = open_account(events=False)
    receipts(account, 3)
    account.state.events(url="https://hook.example/sitoo/events", user="sitoo", password="word", kinds=["booking"], post=account.receiver)
    receipts(account, 1)
    account.state.book(ALPHA, {"CAP": 1})
    account.clock.sleep(1)
    assert kinds(account) == [("booking", "add", None)]
    account.state.book(ALPHA, {"CAP": 1})
    account.state.events(url="")
    account.clock.sleep(HOUR)
    assert len(account.receiver.calls) == 1


def test_a_new_receiver_gets_what_the_old_one_did_not_take() -> None:
    account = open_account()
    account.receiver.statuses = [503]
    receipts(account, 1)
    account.clock.sleep(1)
    account.state.events(url="https://hook.example/sitoo", user="new", password="word", post=account.receiver)
    receipts(account, 1)
    account.clock.sleep(HOUR)
    assert transactions(account) == [1, 1, 2]
    assert account.receiver.credentials == ["sitoo:word", "new:word", "new:word"]
