"""Centra's events system in the sandbox: listeners, the queue, confirmations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.centra_shop import Shop

SAID = "userErrors { message } userWarnings { message }"
LISTEN = (
    f"mutation M($i: [EventListenerSetInput!]!) {{ done: setEventListeners(input: $i) {{ eventListeners {{ objectType changeTypes }} {SAID} }} }}"
)
IGNORE = (
    f"mutation M($i: [EventListenerSetInput!]!) {{ done: unsetEventListeners(input: $i) {{ eventListeners {{ objectType changeTypes }} {SAID} }} }}"
)
CONFIRM = f"mutation M($ids: [Int!]) {{ done: confirmEvents(input: {{eventsIds: $ids}}) {{ events {{ id }} {SAID} }} }}"
EVENTS = """query Q($w: EventFilter) { events(where: $w, limit: 200) { id objectType changeType objectReference createdAt store { id } object {
  __typename ... on Order { number } ... on DirectToConsumerShipment { isShipped } ... on PaymentHistoryEntry { entryType } } } }"""


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.state.modes(events=True)
    return shop


def listen(shop: Shop, *kinds: str, changes: list[str] | None = None) -> dict[str, Any]:
    payload: dict[str, Any] = shop.ask(LISTEN, i=[{"objectType": kind, "changeTypes": changes} for kind in kinds])["done"]
    return payload


def events(shop: Shop, **where: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = shop.ask(EVENTS, w=where or None)["events"]
    return rows


def told(shop: Shop, **where: Any) -> list[tuple[str, str, int]]:
    return [(e["objectType"], e["changeType"], e["objectReference"]) for e in events(shop, **where)]


def test_nothing_is_produced_until_centra_switched_it_on(shop: Shop) -> None:
    shop.state.modes(events=False)
    listen(shop, "Order")
    shop.state.place_order([("TEE-S", 1)])
    assert events(shop) == []


def test_orders_shipments_returns_and_payments_oldest_first(shop: Shop) -> None:
    listen(shop, "Order", "Shipment", "Return", "PaymentHistoryEntry", "StockChange")
    number = shop.state.place_order([("TEE-S", 1)], warehouses=[11], payment="captured")["number"]
    shipment = shop.state.ship(number)["shipment_id"]
    assert told(shop, objectType=["Order", "Shipment"]) == [
        ("Order", "CREATED", number),
        ("Shipment", "CREATED", shipment),
        ("Shipment", "UPDATED", shipment),
        ("Order", "UPDATED", number),
        ("Shipment", "UPDATED", shipment),
        ("Shipment", "COMPLETED", shipment),
        ("Order", "UPDATED", number),
        ("Order", "COMPLETED", number),
    ]
    made = shop.state.return_by_mail(shipment, warehouse=11)["return_id"]
    assert told(shop, objectType="Return", changeType=["CREATED", "COMPLETED"]) == [("Return", "CREATED", made), ("Return", "COMPLETED", made)]
    objects = {e["objectType"]: e["object"] for e in events(shop)}
    assert objects["Order"] == {"__typename": "DirectToConsumerOrder", "number": number}
    assert objects["Shipment"] == {"__typename": "DirectToConsumerShipment", "isShipped": True}
    assert objects["PaymentHistoryEntry"] == {"__typename": "PaymentHistoryEntry", "entryType": "REFUND"}
    assert objects["StockChange"] == {"__typename": "StockChange"}
    assert [e["id"] for e in events(shop)] == sorted(e["id"] for e in events(shop))
    assert events(shop, storeId=[1]) == []


def test_what_is_deleted_has_no_object(shop: Shop) -> None:
    number = shop.state.place_order([("TEE-S", 1)], warehouses=[11])["number"]
    made = shop.state.return_into(shop.state.ship(number)["shipment_id"])["return_id"]
    listen(shop, "Return")
    shop.state.delete_return(made)
    (event,) = events(shop)
    assert (event["changeType"], event["objectReference"], event["object"]) == ("DELETED", made, None)


def test_events_come_back_until_they_are_confirmed(shop: Shop) -> None:
    listen(shop, "Order")
    for _ in range(3):
        shop.state.place_order([("TEE-S", 1)])
    ids = [e["id"] for e in events(shop)]
    answer = shop.ask(CONFIRM, ids=[*ids[:2], 99])["done"]
    assert (answer["events"], len(answer["userWarnings"])) == ([{"id": ids[0]}, {"id": ids[1]}], 1)
    assert [e["id"] for e in events(shop)] == ids[2:]
    assert shop.ask(CONFIRM)["done"]["events"] == []


def test_listeners_add_up_and_unsetting_deletes_what_is_queued(shop: Shop) -> None:
    assert listen(shop, "Order", changes=["UPDATED"])["eventListeners"] == [{"objectType": "Order", "changeTypes": ["UPDATED"]}]
    assert listen(shop, "Order", changes=["CREATED"])["eventListeners"] == [{"objectType": "Order", "changeTypes": ["CREATED", "UPDATED"]}]
    number = shop.state.place_order([("TEE-S", 1)])["number"]
    shop.state.cancel_lines(number)
    assert told(shop) == [("Order", "CREATED", number), ("Order", "UPDATED", number)]
    left = shop.ask(IGNORE, i=[{"objectType": "Order", "changeTypes": ["CREATED"]}, {"objectType": "Return"}])["done"]["eventListeners"]
    assert left == [{"objectType": "Order", "changeTypes": ["UPDATED"]}]
    assert told(shop) == [("Order", "UPDATED", number)]
    query = "query Q($w: EventListenerFilter) { eventListeners(where: $w) { integrationName objectType changeTypes createdAt updatedAt } }"
    assert [x["changeTypes"] for x in shop.ask(query, w={"objectType": "Order"})["eventListeners"]] == [["UPDATED"]]
    assert shop.ask(query, w={"objectType": "Return"})["eventListeners"] == []
    assert shop.ask(IGNORE, i=[{"objectType": "Order"}])["done"]["eventListeners"] == []
    assert events(shop) == []


def test_payment_entries_have_a_list_of_their_own(shop: Shop) -> None:
    for _ in range(2):
        shop.state.place_order([("TEE-S", 1)], payment="captured")
    query = "query Q($w: PaymentHistoryEntryFilter) { orderPaymentHistory(where: $w) { entryType order { number } } }"
    assert len(shop.ask(query)["orderPaymentHistory"]) == 4
    assert shop.ask(query, w={"entryType": "CAPTURE", "orderNumber": 102})["orderPaymentHistory"] == [
        {"entryType": "CAPTURE", "order": {"number": 102}}
    ]
