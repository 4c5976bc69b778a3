"""Centra's webhook calls at the front door: who is let in, and where events go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connector.flows.receive_centra_webhook import receive_centra_webhook
from connector.flows.sorted_events import Receipt
from connector.runtime.http_event import read_request
from connector.runtime.queues import Work
from sandbox.clock import VirtualTime
from tests.flows.front_door import Door, centra_body, centra_call, centra_headers, gateway_event

EVENTS = Path(__file__).resolve().parents[2] / "events"


def receive(door: Door, event: dict[str, Any]) -> Receipt:
    return receive_centra_webhook(read_request(event), door.front_door)


@pytest.mark.parametrize(
    ("kind", "work"),
    [
        ("order", Work.ORDERS),
        ("shipment", Work.FULFILMENTS),
        ("allocation_request", Work.FULFILMENTS),
        ("check_first", Work.FULFILMENTS),
        ("return", Work.RETURNS),
    ],
)
def test_each_kind_goes_to_its_queue_with_its_id_only(kind: str, work: Work) -> None:
    door = Door()
    event = {"type": kind, "action": "update", "date": "2021-01-29 14:40:58.628033", "id": 2735, "data": {"email": "someone@example.com"}}
    assert receive(door, centra_call([event], door.clock.now())).status == 200
    assert door.stored(work) == [{"v": 1, "source": "centra", "type": kind, "id": 2735, "action": "update"}]
    assert door.stored(Work.UNKNOWN) == []


@pytest.mark.parametrize(
    ("kind", "nudged"), [("order", True), ("shipment", True), ("return", True), ("allocation_request", True), ("check_first", False)]
)
def test_what_can_move_store_stock_nudges_every_site_once_a_call(kind: str, nudged: bool) -> None:
    door = Door()
    receive(door, centra_call([{"type": kind, "id": 1}, {"type": kind, "id": 2}], door.clock.now()))
    expected = [{"v": 1, "kind": "nudge", "site": site, "reason": "centra"} for site in (1, 2)]
    assert door.stored(Work.STORE_STOCK) == (expected if nudged else [])


def test_an_allocation_request_keeps_the_order_number_beside_its_id() -> None:
    door = Door(clock=VirtualTime(1_796_000_000.0), secret={"webhook_secret": "dev-webhook-secret"})
    assert receive(door, json.loads((EVENTS / "centra_webhook_allocation.json").read_text())).status == 200
    (message,) = door.stored(Work.FULFILMENTS)
    assert (message["id"], message["order"]) == (1141, 67)


def test_several_events_of_one_object_are_one_message() -> None:
    door = Door()
    event = {"type": "order", "action": "update", "id": 7}
    receive(door, centra_call([event, event, event], door.clock.now()))
    assert len(door.stored(Work.ORDERS)) == 1


def test_a_hundred_events_all_arrive() -> None:
    door = Door()
    receive(door, centra_call([{"type": "order", "action": "update", "id": n} for n in range(1, 101)], door.clock.now()))
    assert [message["id"] for message in door.stored(Work.ORDERS)] == list(range(1, 101))


@pytest.mark.parametrize("kind", ["customer", "account"])
def test_customers_are_no_business_of_ours(kind: str) -> None:
    door = Door()
    receipt = receive(door, centra_call([{"type": kind, "id": 5}], door.clock.now()))
    assert (receipt.status, receipt.stored["ignored"], door.stored_in_all()) == (200, 1, 0)


def test_an_unknown_kind_is_noted_by_its_form_and_never_by_its_values() -> None:
    door = Door()
    event = {"type": "gift_card", "id": 9, "email": "someone@example.com", "Anna Svensson": 1}
    assert receive(door, centra_call([event, {"type": "order", "id": 3}], door.clock.now())).status == 200
    (note,) = door.stored(Work.UNKNOWN)
    assert note["events"] == [{"reason": "unknown event type", "type": "gift_card", "id": 9, "fields": ["email", "id", "type"]}]
    assert "example.com" not in json.dumps(note)
    assert [message["id"] for message in door.stored(Work.ORDERS)] == [3]


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"payload=%7B", b"payload=%5B%5D", b"payload=%7B%22events%22%3A5%7D", b"\xff\xfe", b'{"events":[]}']
)
def test_what_cannot_be_read_is_noted_and_acknowledged(body: bytes) -> None:
    door = Door()
    assert receive(door, gateway_event(centra_headers(body, door.clock.now()), body)).status == 200
    (note,) = door.stored(Work.UNKNOWN)
    assert (note["source"], note["size"], note["content_type"]) == ("centra", len(body), "application/x-www-form-urlencoded")
    assert len(note["sha256"]) == 64


@pytest.mark.parametrize("number", [None, "", "abc", -1, 0, 1.5, True, [], 2**70, "9" * 30])
def test_an_event_without_a_usable_id_is_noted(number: object) -> None:
    door = Door()
    receive(door, centra_call([{"type": "order", "id": number}], door.clock.now()))
    assert door.stored(Work.ORDERS) == []
    assert door.stored(Work.UNKNOWN)[0]["events"][0]["reason"] == "no usable id"


def test_the_stored_sample_is_valid_at_its_moment_and_stale_later() -> None:
    sample = json.loads((EVENTS / "centra_webhook_order.json").read_text())
    door = Door(clock=VirtualTime(1_796_000_000.0), secret={"webhook_secret": "dev-webhook-secret"})
    assert receive(door, sample).status == 200
    assert [message["id"] for message in door.stored(Work.ORDERS) + door.stored(Work.FULFILMENTS)] == [2735, 1902]
    door.clock.sleep(301)
    assert receive(door, sample).verdict == "stale timestamp"


@pytest.mark.parametrize("name", ["X-Centra-Signature", "x-centra-signature", "X-CENTRA-SIGNATURE"])
@pytest.mark.parametrize("binary", [True, False])
def test_header_names_in_any_case_and_bodies_in_either_form(name: str, binary: bool) -> None:
    door = Door()
    body = centra_body([{"type": "order", "id": 1}])
    header = centra_headers(body, door.clock.now())["X-Centra-Signature"]
    assert receive(door, gateway_event({name: header}, body, binary=binary)).status == 200
    event = gateway_event({}, body, binary=binary) | {"headers": None, "multiValueHeaders": {name: [header]}}
    assert receive(door, event).status == 200


@pytest.mark.parametrize(("age", "status"), [(0, 200), (299, 200), (300, 200), (301, 401), (86_400, 401), (-300, 200), (-301, 401)])
def test_a_call_is_good_for_five_minutes_either_way(age: int, status: int) -> None:
    door = Door()
    event = centra_call([{"type": "order", "id": 1}], door.clock.now() - age)
    assert receive(door, event).status == status
    assert bool(door.stored(Work.ORDERS)) == (status == 200)


@pytest.mark.parametrize(
    "header",
    [None, "", "t=1", "v1=00", "t=,v1=", "t=abc,v1=0", "t=-5,v1=0", "t=١٢٣,v1=0", "t=1,v1=\udcff", "t=1800000000,v1=é", "x" * 9999, f"t={9**400},v1"],
)
def test_a_bad_header_is_refused(header: str | None) -> None:
    door = Door()
    headers = {} if header is None else {"X-Centra-Signature": header}
    assert receive(door, gateway_event(headers, centra_body([]))).status == 401


def test_a_changed_body_is_refused() -> None:
    door = Door()
    headers = centra_headers(centra_body([{"type": "order", "id": 1}]), door.clock.now())
    assert receive(door, gateway_event(headers, centra_body([{"type": "order", "id": 2}]))).status == 401
    assert door.stored_in_all() == 0


def test_the_previous_secret_is_accepted_during_a_rotation() -> None:
    door = Door(secret={"webhook_secret": "new", "webhook_secret_previous": "old"})
    assert receive(door, centra_call([], door.clock.now(), "new")).status == 200
    assert receive(door, centra_call([], door.clock.now(), "old")).status == 200
    assert receive(door, centra_call([], door.clock.now(), "older")).status == 401


def test_a_secret_rotated_a_minute_ago_is_read_again_before_anybody_is_refused() -> None:
    door = Door(secret={"webhook_secret": "old"})
    assert receive(door, centra_call([], door.clock.now(), "old")).status == 200
    door.secret = {"webhook_secret": "new"}
    door.clock.sleep(60)
    assert receive(door, centra_call([], door.clock.now(), "new")).status == 200
    assert door.reads == 2


def test_a_flood_of_bad_calls_reads_the_secret_once_in_thirty_seconds() -> None:
    door = Door()
    for _ in range(120):
        assert receive(door, centra_call([], door.clock.now(), "guess")).status == 401
        door.clock.sleep(0.5)
    # In one minute: the ordinary read, and one for the refused at 0 s and at 30 s.
    assert door.reads == 3


def test_stale_and_malformed_calls_read_nothing_again() -> None:
    door = Door()
    receive(door, centra_call([], door.clock.now()))
    door.clock.sleep(120)
    assert receive(door, centra_call([], door.clock.now() - 900)).status == 401
    assert receive(door, gateway_event({}, b"")).status == 401
    assert door.reads == 1


@pytest.mark.parametrize("secret", [{}, {"webhook_secret": ""}, {"webhook_secret": None}])
def test_without_a_secret_nobody_is_let_in_and_nobody_is_turned_away_for_good(secret: dict[str, Any]) -> None:
    door = Door(secret=secret)
    with pytest.raises((KeyError, ValueError)):
        receive(door, centra_call([], door.clock.now(), ""))
