"""Sitoo's event calls at the front door: who is let in, and where events go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connector.flows.receive_sitoo_events import receive_sitoo_events
from connector.flows.sorted_events import Receipt
from connector.runtime.http_event import read_request
from connector.runtime.queues import Work
from tests.flows.front_door import Door, basic, gateway_event, sitoo_call, sitoo_event

EVENTS = Path(__file__).resolve().parents[2] / "events"


def receive(door: Door, event: dict[str, Any]) -> Receipt:
    return receive_sitoo_events(read_request(event), door.front_door)


def nudges(door: Door) -> list[int]:
    assert {message["reason"] for message in door.stored(Work.STORE_STOCK)} <= {"event"}
    return [message["site"] for message in door.stored(Work.STORE_STOCK)]


@pytest.mark.parametrize("kind", ["order", "booking"])
def test_orders_and_bookings_go_to_fulfilments_and_nudge_their_site(kind: str) -> None:
    door = Door()
    receive(door, sitoo_call([sitoo_event(kind, eshop_id=2, order_id=991, order_event_type="update", warehouse_id=11)]))
    assert door.stored(Work.FULFILMENTS) == [{"v": 1, "source": "sitoo", "type": kind, "site": 2, "id": 991, "action": "update"}]
    assert nudges(door) == [2]


@pytest.mark.parametrize(
    "data",
    [{"order_event_type": "update", "order_state_changed": "closed"}, {"order_event_type": "closed"}],
)
def test_a_closed_order_reads_the_same_in_both_documented_shapes(data: dict[str, str]) -> None:
    door = Door()
    receive(door, sitoo_call([sitoo_event("order", eshop_id=1, order_id=5, **data)]))
    (message,) = door.stored(Work.FULFILMENTS)
    assert (message["action"], message["state"]) == ("update", "closed")


def test_a_delivery_names_its_order_and_itself() -> None:
    door = Door()
    receive(door, sitoo_call([sitoo_event("order-delivery", eshop_id=1, order_id=5, order_delivery_id=17)]))
    (message,) = door.stored(Work.FULFILMENTS)
    assert (message["type"], message["id"], message["delivery"]) == ("order-delivery", 5, 17)


def sold(order: int) -> dict[str, Any]:
    return sitoo_event("order", eshop_id=1, order_id=order, order_event_type="add", order_state_changed="closed")


def test_what_is_closed_as_it_is_added_was_sold_at_a_till_and_goes_to_the_books() -> None:
    door = Door()
    receive(door, sitoo_call([sold(5)]))
    assert door.stored(Work.FULFILMENTS) == []
    assert door.stored(Work.RETURNS) == [{"v": 1, "source": "sitoo", "type": "order", "site": 1, "id": 5, "action": "add", "state": "closed"}]
    assert nudges(door) == [1]


@pytest.mark.parametrize("first", [True, False])
def test_what_else_the_call_tells_of_a_sale_says_nothing_new(first: bool) -> None:
    door = Door()
    delivered = sitoo_event("order-delivery", eshop_id=1, order_id=5, order_delivery_id=17)
    mailed = sitoo_event("order", eshop_id=1, order_id=5, order_event_type="email-receipt")
    receive(door, sitoo_call([delivered, sold(5), mailed] if first else [sold(5), delivered, mailed]))
    assert door.stored(Work.FULFILMENTS) == []
    assert len(door.stored(Work.RETURNS)) == 1


def test_another_state_of_a_sale_and_other_orders_of_its_call_are_told() -> None:
    door = Door()
    cancelled = sitoo_event("order", eshop_id=1, order_id=5, order_event_type="update", order_state_changed="cancelled")
    elsewhere = sitoo_event("order-delivery", eshop_id=2, order_id=5, order_delivery_id=17)
    handed_out = sitoo_event("order-delivery", eshop_id=1, order_id=6, order_delivery_id=18)
    receive(door, sitoo_call([sold(5), cancelled, elsewhere, handed_out]))
    assert [(m["type"], m["site"], m["id"]) for m in door.stored(Work.FULFILMENTS)] == [
        ("order", 1, 5),
        ("order-delivery", 2, 5),
        ("order-delivery", 1, 6),
    ]


@pytest.mark.parametrize("kind", ["warehouse-transaction", "shipment", "shipment-v3"])
def test_stock_events_are_a_nudge_and_nothing_else(kind: str) -> None:
    door = Door()
    receive(door, sitoo_call([sitoo_event(kind, eshop_id=1, warehouse_id=11)] * 10))
    assert nudges(door) == [1]
    assert door.stored_in_all() == 1


def test_a_stock_event_without_a_site_nudges_every_site() -> None:
    door = Door()
    receive(door, sitoo_call([{"event_type": "warehouse-transaction"}]))
    assert nudges(door) == [1, 2]


@pytest.mark.parametrize("kind", ["z-report", "store-z-report"])
def test_z_reports_go_to_returns_with_whatever_ids_they_carry(kind: str) -> None:
    door = Door()
    receive(door, sitoo_call([sitoo_event(kind, eshop_id=1, register_id=4, zreport_id="77", cashier="Anna Svensson")]))
    expected = {"v": 1, "source": "sitoo", "type": kind, "site": 1, "ids": {"eshop_id": 1, "register_id": 4, "zreport_id": 77}}
    assert door.stored(Work.RETURNS) == [expected]
    assert nudges(door) == []


def test_the_only_site_is_assumed_when_an_event_names_none() -> None:
    door = Door(sites=(7,))
    receive(door, sitoo_call([sitoo_event("order", order_id=991, order_event_type="add")]))
    assert door.stored(Work.FULFILMENTS)[0]["site"] == 7
    several = Door()
    receive(several, sitoo_call([sitoo_event("order", order_id=991, order_event_type="add")]))
    assert several.stored(Work.FULFILMENTS) == []
    assert several.stored(Work.UNKNOWN)[0]["events"][0]["reason"] == "no usable id"
    assert nudges(several) == [1, 2]


def test_a_site_that_is_not_configured_is_noted_by_number() -> None:
    door = Door()
    assert receive(door, sitoo_call([sitoo_event("order", eshop_id=9, order_id=991)])).status == 200
    assert nudges(door) == []
    (note,) = door.stored(Work.UNKNOWN)
    assert (note["events"][0]["reason"], note["events"][0]["site"]) == ("site is not configured", 9)


def test_one_bad_event_does_not_hold_the_others() -> None:
    door = Door()
    good = sitoo_event("order", eshop_id=1, order_id=5, order_event_type="add")
    assert receive(door, sitoo_call([None, 5, {}, sitoo_event("gift"), {"event_type": "order", "data": []}, good])).status == 200
    assert [message["id"] for message in door.stored(Work.FULFILMENTS)] == [5]
    assert door.stored(Work.UNKNOWN)[0]["count"] == 5


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_what_cannot_be_read_is_noted_and_acknowledged(body: bytes) -> None:
    door = Door()
    assert receive(door, gateway_event(basic(), body)).status == 200
    assert door.stored(Work.UNKNOWN)[0]["size"] == len(body)


def test_an_empty_call_stores_nothing() -> None:
    door = Door()
    assert receive(door, sitoo_call([])).status == 200
    assert door.stored_in_all() == 0


def test_the_same_call_twice_is_two_looks_and_no_harm() -> None:
    door = Door()
    event = sitoo_call([sitoo_event("order", eshop_id=1, order_id=5, order_event_type="add")])
    assert [receive(door, event).status for _ in range(2)] == [200, 200]
    first, second = door.stored(Work.FULFILMENTS)
    assert first == second


@pytest.mark.parametrize("name", ["sitoo_webhook_order", "sitoo_webhook_stock"])
def test_the_stored_samples_are_valid(name: str) -> None:
    door = Door(secret={"events_user": "dev-events", "events_password": "dev-events-password"})
    assert receive(door, json.loads((EVENTS / f"{name}.json").read_text())).status == 200
    assert nudges(door) == [1]
    assert door.stored(Work.UNKNOWN) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Basic"},
        {"Authorization": "Basic ???"},
        {"Authorization": "Basic é"},
        {"Authorization": "Bearer abc"},
        basic("events", "Sesam"),
        basic("events", ""),
        basic("", ""),
        basic("events:sesam", ""),
    ],
)
def test_wrong_credentials_are_refused(headers: dict[str, str]) -> None:
    door = Door()
    assert receive(door, sitoo_call([sitoo_event("order", eshop_id=1, order_id=5)], headers)).status == 401
    assert door.stored_in_all() == 0


def test_header_and_scheme_in_any_case() -> None:
    door = Door()
    value = basic()["Authorization"]
    for name, scheme in (("authorization", "basic"), ("AUTHORIZATION", "BASIC")):
        assert receive(door, sitoo_call([], {name: value.replace("Basic", scheme)})).status == 200


@pytest.mark.parametrize("after_s", [0, 1, 20, 60])
def test_credentials_rotate_without_a_refused_call(after_s: float) -> None:
    door = Door(secret={"events_user": "old", "events_password": "one"})
    assert receive(door, sitoo_call([], basic("old", "one"))).status == 200
    door.secret = {"events_user": "new", "events_password": "two", "events_user_previous": "old", "events_password_previous": "one"}
    door.clock.sleep(after_s)
    assert receive(door, sitoo_call([], basic("new", "two"))).status == 200
    assert receive(door, sitoo_call([], basic("old", "one"))).status == 200
    assert receive(door, sitoo_call([], basic("new", "one"))).status == 401


def test_only_the_password_may_rotate() -> None:
    door = Door(secret={"events_user": "same", "events_password": "two", "events_password_previous": "one"})
    assert [receive(door, sitoo_call([], basic("same", word))).status for word in ("one", "two", "three")] == [200, 200, 401]


@pytest.mark.parametrize("secret", [{}, {"events_user": "", "events_password": ""}, {"events_user": "a", "events_password": ""}])
def test_without_credentials_nobody_is_let_in_and_no_event_is_dropped(secret: dict[str, str]) -> None:
    door = Door(secret=secret)
    with pytest.raises((KeyError, ValueError)):
        receive(door, sitoo_call([], basic("", "")))
