"""Stores that are asked first in the Centra sandbox: allocation requests and check-first offers, over the Order API and on the clock."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from sandbox.centra.records import Refusal
from sandbox.centra.webhooks import in_process
from tests.sandbox.centra_shop import Shop
from tests.sandbox.centra_writes import rest

HOUR = 3_600.0


@pytest.fixture
def shop() -> Shop:
    """Store 21 confirms within 2 h, 22 within 1 h; 31 and 32 are checked first, within 1 h; 11 is direct. Two TEE-S in each."""
    shop = Shop()
    for warehouse, policy, hours in ((21, "DIRECT_THEN_CONFIRM", 2), (22, "DIRECT_THEN_CONFIRM", 1), (31, "CHECK_FIRST", 1), (32, "CHECK_FIRST", 1)):
        shop.state.add_warehouse(warehouse, f"Store {warehouse}", allocation_policy=policy, timeout_hours=hours)
        shop.state.put_stock(warehouse=warehouse, sku="TEE-S", physical=2)
    return shop


def heard(shop: Shop) -> list[dict[str, Any]]:
    """Webhook events from now on."""
    events: list[dict[str, Any]] = []

    def post(_url: str, _headers: dict[str, str], body: bytes) -> int:
        events.extend(json.loads(parse_qs(body.decode())["payload"][0])["events"])
        return 200

    shop.state.webhooks(url="https://hook.test/centra", sender=in_process(post))
    return events


def statuses(shop: Shop, number: int) -> list[tuple[int, str]]:
    return [(r["warehouse"], r["status"]) for r in shop.state.order_state(number)["requests"]]


def held(shop: Shop, number: int) -> list[tuple[int, int, bool]]:
    return [(a["warehouse"], a["quantity"], a["waiting"]) for x in shop.state.order_state(number)["lines"] for a in x["allocated"]]


def answer(shop: Shop, request: int, status: str) -> dict[str, Any]:
    response = rest(shop, "PUT", "allocation-request", {"id": request, "status": status})
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    return body


def requests(shop: Shop, query: str = "") -> list[dict[str, Any]]:
    body = rest(shop, "GET", f"allocation-requests{query}").json()
    assert body["status"] == "ok"
    rows: list[dict[str, Any]] = body["allocation_requests"]
    return rows


def test_a_store_is_asked_and_confirms(shop: Shop) -> None:
    events = heard(shop)
    order = shop.state.place_order([("TEE-S", 2)], warehouses=[21, 22])
    number, line = order["number"], order["lines"][0]["id"]
    assert held(shop, number) == [(21, 2, True)]
    row = shop.ask("{ orders { lines { allocations { isWaitingForConfirmation warehouse { allocationPolicy } } } } }")["orders"][0]["lines"][0]
    assert row["allocations"] == [{"isWaitingForConfirmation": True, "warehouse": {"allocationPolicy": "DIRECT_THEN_CONFIRM"}}]
    with pytest.raises(Refusal, match="Nothing to ship"):
        shop.state.ship(number)
    (asked,) = requests(shop, f"?order={number}")
    assert asked == {
        "id": 1101,
        "status": "allocated",
        "warehouseId": 21,
        "warehouseName": "Store 21",
        "expirationDate": "2027-01-15T11:00:00+01:00",
        "order": {"id": order["id"], "number": number},
        "lines": [{"lineId": line, "quantity": 2, "stockItemId": shop.sizes["TEE-S"]}],
        "createdAt": "2027-01-15T09:00:00+01:00",
    }
    assert answer(shop, 1101, "confirmed") == {"success": True, "errorMessages": []}
    assert held(shop, number) == [(21, 2, False)]
    assert answer(shop, 1101, "rejected")["success"] is False
    shop.state.ship(number)
    shop.clock.sleep(3 * HOUR)
    told = [(e["action"], e["id"], e["data"]["status"]) for e in events if e["type"] == "allocation_request"]
    assert told == [("create", 1101, "allocated"), ("update", 1101, "confirmed")]
    data = next(e["data"] for e in events if e["type"] == "allocation_request")
    assert data["lines"] == {str(line): {"lineId": line, "quantity": 2, "stockItemId": shop.sizes["TEE-S"]}}
    assert data["expirationDate"] == {"date": "2027-01-15 11:00:00.000000", "timezone_type": 3, "timezone": "Europe/Stockholm"}


def test_a_rejection_goes_to_the_rules_next_warehouse(shop: Shop) -> None:
    number = shop.state.place_order([("TEE-S", 2)], warehouses=[21, 22, 11])["number"]
    assert answer(shop, 1101, "rejected")["success"] is True
    assert (held(shop, number), shop.stock("TEE-S", 21)) == ([(22, 2, True)], (2, 0))
    assert answer(shop, 1102, "rejected")["success"] is True
    assert held(shop, number) == [(11, 2, False)]
    assert statuses(shop, number) == [(21, "rejected"), (22, "rejected")]
    assert answer(shop, 1101, "confirmed")["errorMessages"] == ["Allocation request 1101 is rejected."]
    assert answer(shop, 9, "confirmed")["success"] is answer(shop, 1101, "maybe")["success"] is False


def test_a_request_times_out_and_may_still_be_confirmed(shop: Shop) -> None:
    number = shop.state.place_order([("TEE-S", 2)], warehouses=[22, 21])["number"]
    shop.clock.sleep(HOUR + 1)
    assert (held(shop, number), statuses(shop, number)) == ([(21, 2, True)], [(22, "timed-out"), (21, "allocated")])
    assert [r["id"] for r in requests(shop)] == [1101, 1102]
    assert [r["id"] for r in requests(shop, "?status=timed-out&warehouse=22")] == [1101]
    assert answer(shop, 1101, "confirmed")["success"] is True
    assert (held(shop, number), statuses(shop, number)) == ([(22, 2, False)], [(22, "confirmed"), (21, "outdated")])
    assert (shop.stock("TEE-S", 21), shop.stock("TEE-S", 22)) == ((2, 0), (2, 2))
    assert requests(shop) == []
    assert len(requests(shop, "?status=all&page=1")) == 2
    assert requests(shop, "?status=all&page=2") == []


def test_a_late_confirmation_needs_stock_and_nobody_elses(shop: Shop) -> None:
    number = shop.state.place_order([("TEE-S", 2)], warehouses=[22, 21])["number"]
    shop.clock.sleep(HOUR + 1)
    shop.state.change_stock(warehouse=22, sku="TEE-S", delta=-1)
    assert "no stock left" in answer(shop, 1101, "confirmed")["errorMessages"][0]
    assert answer(shop, 1102, "confirmed")["success"] is True
    assert statuses(shop, number) == [(22, "outdated"), (21, "confirmed")]
    second = shop.state.place_order([("TEE-S", 1)], warehouses=[22, 11])["number"]
    shop.clock.sleep(HOUR + 1)
    assert held(shop, second) == [(11, 1, False)]
    assert "allocated elsewhere" in answer(shop, 1103, "confirmed")["errorMessages"][0]


def test_requests_end_with_their_allocations(shop: Shop) -> None:
    number = shop.state.place_order([("TEE-S", 2)], warehouses=[21])["number"]
    shop.state.unallocate(number, [("TEE-S", 1)])
    assert statuses(shop, number) == [(21, "allocated")]
    shop.state.cancel_lines(number)
    assert statuses(shop, number) == [(21, "outdated")]
    other = shop.state.place_order([("TEE-S", 1)], warehouses=[11])["number"]
    shop.state.reallocate(other, 21)
    assert statuses(shop, other) == [(21, "allocated")]
    request = shop.state.order_state(other)["requests"][0]["id"]
    assert shop.state.answer_request(request, confirm=True) == {"id": request, "status": "confirmed"}
    with pytest.raises(Refusal, match="No allocation request"):
        shop.state.answer_request(5, confirm=True)


@pytest.mark.parametrize(("mode", "wanted"), [("request", 1101), ("order", 101)])
def test_what_the_events_id_is_is_a_mode(shop: Shop, mode: str, wanted: int) -> None:
    shop.state.modes(allocation_request_event_id=mode)
    events = heard(shop)
    shop.state.place_order([("TEE-S", 1)], warehouses=[21])
    shop.clock.sleep(1)
    assert [e["id"] for e in events if e["type"] == "allocation_request"] == [wanted]


def offered(shop: Shop, warehouses: list[int]) -> int:
    return int(shop.state.place_order([("TEE-S", 2)], warehouses=warehouses)["number"])


def check_first(shop: Shop, number: int, warehouse: int, accepted: bool) -> dict[str, Any]:
    body: dict[str, Any] = rest(shop, "POST", "check-first", {"orderNumber": number, "warehouseId": warehouse, "accepted": accepted}).json()
    return body


def test_the_first_store_to_accept_wins(shop: Shop) -> None:
    events = heard(shop)
    number = offered(shop, [31, 32, 11])
    state = shop.state.order_state(number)
    assert (state["on_hold"], state["hold_reason"], held(shop, number)) == (True, "WAITING_FOR_CHECK_FIRST_ALLOCATION", [])
    query = "{ orders(where: {isWaitingForCheckFirstAllocation: true}) { number orderHoldReason } }"
    assert shop.ask(query)["orders"] == [{"number": number, "orderHoldReason": "WAITING_FOR_CHECK_FIRST_ALLOCATION"}]
    assert check_first(shop, number, 32, True) == {"status": "ok"}
    assert (held(shop, number), shop.state.order_state(number)["on_hold"]) == ([(32, 2, False)], False)
    assert shop.state.order_state(number)["offers"] == {31: "outdated", 32: "accepted"}
    assert check_first(shop, number, 31, True)["status"] == "no"
    shop.clock.sleep(2 * HOUR)
    told = [(e["action"], e["id"], e["data"]) for e in events if e["type"] == "check_first"]
    until = "2027-01-15T10:00:00+01:00"
    assert told == [
        ("create", number, {"warehouses": [{"warehouseId": 31, "expirationAt": until}, {"warehouseId": 32, "expirationAt": until}]}),
        ("accepted", number, {"warehouseId": 32}),
    ]


def test_when_nobody_accepts_the_order_goes_the_normal_way(shop: Shop) -> None:
    number = offered(shop, [31, 21, 32, 11])
    assert check_first(shop, number, 31, False) == {"status": "ok"}
    assert held(shop, number) == []
    shop.clock.sleep(HOUR + 1)
    assert shop.state.order_state(number)["offers"] == {31: "rejected", 32: "timeout"}
    assert held(shop, number) == [(21, 2, True)]


def test_resuming_rejects_the_rest_and_cancelling_ends_it(shop: Shop) -> None:
    number = offered(shop, [31, 11])
    shop.state.resume(number)
    assert (held(shop, number), shop.state.order_state(number)["offers"]) == ([(11, 2, False)], {31: "rejected"})
    cancelled = offered(shop, [31, 11])
    shop.state.cancel_lines(cancelled)
    assert shop.state.answer_offer(cancelled, 31, accept=True) == {"number": cancelled, "warehouse": 31}
    assert held(shop, cancelled) == []


def test_check_first_says_what_is_wrong(shop: Shop) -> None:
    number = offered(shop, [31])
    assert rest(shop, "POST", "check-first", {"orderNumber": number}).json() == {
        "status": "no",
        "msg": {"warehouseId": "This field is missing.", "accepted": "This field is missing."},
    }
    assert check_first(shop, 7, 31, True) == {"status": "no", "msg": {"orderNumber": "Order 7 not found"}}
    assert "not offered" in check_first(shop, number, 21, True)["msg"]


def test_an_endpoint_the_plugin_has_switched_off(shop: Shop) -> None:
    shop.state.close_order_api(["allocation-request"])
    response = rest(shop, "PUT", "allocation-request", {"id": 1, "status": "confirmed"})
    assert (response.status_code, response.json()) == (403, {"status": "Not Allowed"})
    assert rest(shop, "GET", "allocation-requests?status=soon").json() == {"status": "no", "msg": "Unknown status soon"}


def test_policies_have_names(shop: Shop) -> None:
    with pytest.raises(Refusal, match="No allocation policy"):
        shop.state.add_warehouse(99, "Odd", allocation_policy="ASK")
