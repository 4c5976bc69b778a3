"""One request at a time per API user, latency, and the faults that the Sitoo sandbox plays."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.sitoo_account import ALPHA, CENTRAL, Account, open_account

FEED = "/sites/1/warehousetransactions"
MOVE = {"warehouseid": ALPHA, "transactiontype": 10, "items": [{"sku": "CAP", "decimalquantity": "1.000"}]}


def during(account: Account, after: float, action: Any) -> list[Any]:
    """Run `action` `after` seconds from now; what it answered."""
    seen: list[Any] = []
    account.clock.at(account.clock.now() + after, lambda: seen.append(action()))
    return seen


def test_a_second_request_of_the_same_api_user_meanwhile_is_429() -> None:
    account = open_account()
    account.state.latency(0.2)
    seen = during(account, 0.1, lambda: account.http.get("/sites"))
    assert account.http.get("/sites").status_code == 200
    assert seen[0].json() == {"statuscode": 429, "errortext": "Too many connections"}
    assert account.state.violations() == 1
    assert account.http.get("/sites").status_code == 200


def test_another_api_user_may_ask_meanwhile() -> None:
    account = open_account()
    account.state.latency(0.2)
    account.state.add_api_user("90123-5", "sandbox-5")
    seen = during(account, 0.1, lambda: [account.user(2).get("/sites").status_code, account.user(5).get("/sites").status_code])
    assert account.http.get("/sites").status_code == 200
    assert seen == [[200, 200]]
    assert account.state.violations() == 0


def test_a_wrong_password_does_not_occupy_the_connection() -> None:
    account = open_account()
    account.state.latency(0.2)
    stranger = httpx.Client(transport=account.http._transport, base_url=account.http.base_url, auth=("90123-1", "wrong"))
    seen = during(account, 0.1, lambda: stranger.get("/sites").status_code)
    assert account.http.get("/sites").status_code == 200
    assert seen == [401]


@pytest.mark.parametrize(("form", "headers"), [("retry_after", {"retry-after": "3"}), ("reset", {"x-rate-limit-reset": "1800000003"}), ("none", {})])
def test_a_429_says_when_to_come_back_in_each_form(form: str, headers: dict[str, str]) -> None:
    account = open_account(throttle_header=form)
    account.state.fault(kind="throttle", retry_after=2.5)
    answer = account.http.get("/sites")
    assert answer.status_code == 429
    assert {name: value for name, value in answer.headers.items() if name in ("retry-after", "x-rate-limit-reset")} == headers


def test_a_request_acts_half_way_through_its_latency() -> None:
    account = open_account()
    account.state.latency(1.0)
    start = account.clock.now()
    levels = during(account, 0.4, lambda: len(account.state.commits()))
    levels_after = during(account, 0.6, lambda: len(account.state.commits()))
    account.good("POST", FEED, json=MOVE)
    assert (levels, levels_after) == ([0], [1])
    assert account.clock.now() == start + 1.0
    assert account.state.commits()[0]["at"] == start + 0.5


def test_trade_during_the_second_half_is_not_in_the_answer() -> None:
    account = open_account()
    account.state.receive(ALPHA, {"CAP": 5})
    account.state.latency(1.0)
    during(account, 0.7, lambda: account.state.sell(ALPHA, {"CAP": 1}))
    assert account.level(ALPHA, "CAP")["decimaltotal"] == "5.000"
    assert account.level(ALPHA, "CAP")["decimaltotal"] == "4.000"


def test_latency_spreads() -> None:
    account = open_account()
    account.state.latency(0.15, 0.05)
    times = []
    for _ in range(50):
        before = account.clock.now()
        account.get("/sites")
        times.append(account.clock.now() - before)
    assert 0.1 <= min(times) < 0.12
    assert 0.18 < max(times) <= 0.2


def test_an_error_before_does_nothing_and_after_has_done_it() -> None:
    account = open_account()
    account.state.fault(kind="error", operation="POST", status=503)
    assert account.refused("POST", FEED, json=MOVE)[0] == 503
    assert account.state.commits() == []
    account.state.fault(kind="error_after", operation="POST")
    assert account.refused("POST", FEED, json=MOVE)[0] == 500
    assert len(account.state.commits()) == 1
    assert account.state.faults_played() == {"error": 1, "error_after": 1}


def test_a_dropped_connection_before_and_after_the_commit() -> None:
    account = open_account()
    for kind, committed in (("drop_before", 0), ("drop_after", 1)):
        account.state.fault(kind=kind, operation="POST warehousetransactions")
        with pytest.raises(httpx.ReadError):
            account.http.post(FEED, json=MOVE)
        assert len(account.state.commits()) == committed
    assert account.state.answers() == {"dropped": 2}
    assert account.get(FEED)["totalcount"] == 1


def test_a_storm_of_429_lasts_until_its_end_for_the_operations_named() -> None:
    account = open_account()
    account.state.fault(kind="throttle", operation="warehouse", times=None, until=account.clock.now() + 20)
    for _ in range(5):
        assert account.http.get(FEED).status_code == 429
        assert account.http.get("/orders").status_code == 200
        account.clock.sleep(3.9)
    account.clock.sleep(1)
    assert account.http.get(FEED).status_code == 200
    assert account.state.faults_played() == {"throttle": 5}


def test_a_slow_answer_takes_longer() -> None:
    account = open_account()
    account.state.fault(kind="slow", seconds=9.0)
    before = account.clock.now()
    account.get("/sites")
    assert account.clock.now() == before + 9.0


def test_faults_can_be_cleared() -> None:
    account = open_account()
    account.state.fault(kind="error", times=None)
    account.state.clear_faults()
    assert account.http.get("/sites").status_code == 200


def test_an_endpoint_that_fails_frees_the_connection() -> None:
    account = open_account()
    account.state.fault(kind="drop_after")
    with pytest.raises(httpx.ReadError):
        account.get(f"/sites/1/warehouses/{CENTRAL}")
    assert account.state.in_flight == set()
