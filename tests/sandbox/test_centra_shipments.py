"""Shipments and their captures in the Centra sandbox, as integrations write them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.centra_shop import Shop
from tests.sandbox.centra_writes import CAPTURE_SHIPMENT, COMPLETE_SHIPMENT, CREATE_SHIPMENT, UPDATE_SHIPMENT, done, on_order, parts, refused, write

INFO = {"carrier": "PostNord", "service": "MyPack", "trackingNumber": "SE123", "packagesNumber": 2}


@pytest.fixture
def shop() -> Shop:
    return Shop()


def order(shop: Shop, units: int = 2, **wishes: Any) -> tuple[int, int]:
    """(number, line id) of an order for TEE-S in store 11."""
    placed = shop.state.place_order([("TEE-S", units)], warehouses=[11], **wishes)
    return placed["number"], placed["lines"][0]["id"]


def test_a_shipment_with_our_id_is_captured_and_completed(shop: Shop) -> None:
    number, line = order(shop, shipping_fee=4_900)
    wanted = {"order": {"number": number}, "lines": parts([(line, 2)]), "isGoodToGo": True, "capture": True, "externalId": "d-1"}
    shipment = done(shop, CREATE_SHIPMENT, i=wanted)["shipment"]
    assert (shipment["isPaid"], shipment["isCaptured"], shipment["externalId"], shipment["number"]) == (True, True, "d-1", f"{number}-1")
    assert shipment["capturedValue"] == shipment["grandTotal"] == {"valueInCents": 24_900}
    shipped = done(shop, COMPLETE_SHIPMENT, id=shipment["id"], i={"shipmentInfo": INFO, "sendEmail": True, "shippedAt": "2027-01-15T08:30:00+01:00"})
    assert shipped["shipment"]["carrierInformation"] == {"carrierName": "PostNord", "serviceName": "MyPack"}
    assert shipped["shipment"]["trackingNumber"] == "SE123"
    state = shop.state.order_state(number)
    assert (state["status"], state["mails"], state["psp"]["captured"]) == ("SHIPPED", ["shipment"], 24_900)
    assert [(p["type"], p["status"], p["amount"], p["source"]) for p in state["payments"]] == [
        ("AUTH", "SUCCESS", 24_900, "Checkout API"),
        ("CAPTURE", "SUCCESS", 24_900, "Integration API"),
    ]
    found = shop.ask('{ shipments(where: {externalId: ["d-1"], isCaptured: true, trackingNumber: {equals: "SE123"}}) { id shippedAt } }')["shipments"]
    assert found == [{"id": shipment["id"], "shippedAt": "2027-01-15T08:30:00+01:00"}]
    assert "already captured" in refused(shop, CAPTURE_SHIPMENT, id=shipment["id"])
    assert "already shipped" in refused(shop, UPDATE_SHIPMENT, id=shipment["id"], i={"shipmentInfo": INFO})


def test_a_failing_capture_is_a_warning_here_and_an_error_there(shop: Shop) -> None:
    number, _ = order(shop)
    shop.state.fail_captures(2)
    made = write(shop, CREATE_SHIPMENT, i={"order": {"number": number}, "isGoodToGo": True, "capture": True, "isPaid": True})
    assert made["userErrors"] == []
    assert "capture" in made["userWarnings"][0]["message"]
    shipment = made["shipment"]
    assert (shipment["isCaptured"], shipment["isPaid"], shipment["capturedValue"]) == (False, False, None)
    assert "failed" in refused(shop, CAPTURE_SHIPMENT, id=shipment["id"])
    assert "not good to go and paid" in refused(shop, COMPLETE_SHIPMENT, id=shipment["id"])
    answer = done(shop, CAPTURE_SHIPMENT, id=shipment["id"])
    assert (answer["paymentHistoryEntry"]["entryType"], answer["shipment"]["isCaptured"]) == ("CAPTURE", True)
    assert [p["type"] for p in shop.state.order_state(number)["payments"]] == ["AUTH", "CAPTURE_FAILED", "CAPTURE_FAILED", "CAPTURE"]
    done(shop, COMPLETE_SHIPMENT, id=shipment["id"])


@pytest.mark.parametrize("mode", ["refused", "accepted"])
def test_completing_what_nobody_paid_is_a_mode(shop: Shop, mode: str) -> None:
    shop.state.modes(complete_unpaid=mode)
    number, _ = order(shop)
    shipment = done(shop, CREATE_SHIPMENT, i={"order": {"number": number}, "isGoodToGo": True})["shipment"]["id"]
    answer = write(shop, COMPLETE_SHIPMENT, id=shipment)
    assert bool(answer["userErrors"]) is (mode == "refused")
    assert shop.stock("TEE-S") == ((5, 2) if mode == "refused" else (3, 0))


@pytest.mark.parametrize("fails", [False, True])
def test_an_asynchronous_provider_answers_later(shop: Shop, fails: bool) -> None:
    shop.state.modes(psp="asynchronous")
    shop.state.settle_after(60)
    shop.state.fail_captures(int(fails))
    number, _ = order(shop)
    shipment = done(shop, CREATE_SHIPMENT, i={"order": {"number": number}, "isGoodToGo": True, "capture": True})["shipment"]
    assert (shipment["isCaptured"], shipment["isPaid"]) == (False, False)
    assert shop.state.order_state(number)["psp"] == {"authorised": 20_000, "captured": 0, "capturing": 20_000, "refunded": 0}
    assert "Only 0" in refused(shop, CAPTURE_SHIPMENT, id=shipment["id"])
    shop.clock.sleep(61)
    state = shop.state.order_state(number)
    kinds = [(p["type"], p["status"]) for p in state["payments"]]
    assert kinds == [("AUTH", "SUCCESS"), ("CAPTURE_REQUEST", "PENDING"), ("CAPTURE_FAILED", "FAILED") if fails else ("CAPTURE", "SUCCESS")]
    assert (state["shipments"][0]["captured"], state["psp"]["captured"]) == ((False, 0) if fails else (True, 20_000))
    assert bool(write(shop, COMPLETE_SHIPMENT, id=shipment["id"])["userErrors"]) is fails


def test_payment_bumps_the_order_only_in_that_mode(shop: Shop) -> None:
    for bumped in (True, False):
        shop.state.modes(psp="asynchronous", order_updated_by_payment=bumped)
        number, _ = order(shop, units=1)
        done(shop, CREATE_SHIPMENT, i={"order": {"number": number}, "capture": True})
        before = shop.state.orders.orders[number].updated_at
        shop.clock.sleep(31)
        assert (shop.state.orders.orders[number].updated_at > before) is bumped


def test_money_taken_elsewhere_is_never_taken_again(shop: Shop) -> None:
    outside, _ = order(shop, units=1, payment="paid")
    made = write(shop, CREATE_SHIPMENT, i={"order": {"number": outside}, "isGoodToGo": True, "capture": True})
    assert "not supported by external payment plugin" in made["userWarnings"][0]["message"]
    paid = done(shop, UPDATE_SHIPMENT, id=made["shipment"]["id"], i={"isPaid": True, "externalId": "late", "additionalMessage": "hello"})["shipment"]
    assert (paid["isPaid"], paid["isCaptured"], paid["externalId"]) == (True, False, "late")
    direct, _ = order(shop, units=1, payment="captured")
    shipment = done(shop, CREATE_SHIPMENT, i={"order": {"number": direct}, "isGoodToGo": True, "capture": True})["shipment"]
    assert (shipment["isPaid"], shipment["isCaptured"]) == (True, True)
    assert shop.state.order_state(direct)["psp"]["captured"] == 10_000
    done(shop, COMPLETE_SHIPMENT, id=shipment["id"])


def test_capturing_a_whole_order(shop: Shop) -> None:
    entry = "paymentHistoryEntry { entryType value { valueInCents } }"
    number, _ = order(shop, shipping_fee=1_000)
    shop.state.fail_captures(1)
    assert "failed" in refused(shop, on_order("captureOrder", entry), o={"number": number})
    waiting = done(shop, CREATE_SHIPMENT, i={"order": {"number": number}})["shipment"]["id"]
    answer = done(shop, on_order("captureOrder", entry), o={"number": number})
    assert answer["paymentHistoryEntry"] == {"entryType": "CAPTURE", "value": {"valueInCents": 21_000}}
    assert shop.ask("query Q($i: [Int!]) { shipments(where: {id: $i}) { isPaid } }", i=waiting)["shipments"] == [{"isPaid": True}]
    assert "nothing left" in refused(shop, on_order("captureOrder", entry), o={"number": number})


@pytest.mark.parametrize("mode", ["first", "last"])
def test_fees_travel_with_one_shipment(shop: Shop, mode: str) -> None:
    shop.state.modes(shipment_fees=mode)
    number, line = order(shop, units=3, shipping_fee=4_900, handling_fee=100)
    for _ in range(3):
        done(shop, CREATE_SHIPMENT, i={"order": {"number": number}, "lines": parts([(line, 1)]), "capture": True, "isGoodToGo": True})
    totals = [s["captured_value"] for s in shop.state.order_state(number)["shipments"]]
    assert totals == ([15_000, 10_000, 10_000] if mode == "first" else [10_000, 10_000, 15_000])


def test_our_id_is_taken_once(shop: Shop) -> None:
    number, line = order(shop)
    wanted = {"order": {"number": number}, "lines": parts([(line, 1)]), "externalId": "d-1"}
    first = done(shop, CREATE_SHIPMENT, i=wanted)["shipment"]["id"]
    assert "already used by Shipment" in refused(shop, CREATE_SHIPMENT, i=wanted)
    assert len(shop.state.order_state(number)["shipments"]) == 1
    shop.state.modes(duplicate_external_id="accepted")
    second = done(shop, CREATE_SHIPMENT, i=wanted)["shipment"]["id"]
    assert [s["external_id"] for s in shop.state.order_state(number)["shipments"]] == [None, "d-1"]
    assert second != first


def test_what_was_sent_long_ago_and_demand(shop: Shop) -> None:
    placed = shop.state.place_order([("TEE-S", 7)], warehouses=[11])
    shop.state.put_stock(warehouse=11, sku="TEE-S", physical=7)
    sent = {"shippedAt": "2027-01-14T10:00:00+01:00", "isGoodToGo": True, "isPaid": True, "allocateDemand": True, "createdAt": "2027-01-13T10:00:00Z"}
    made = done(shop, CREATE_SHIPMENT, i={"order": {"number": placed["number"]}, "shipmentInfo": INFO, **sent})["shipment"]
    assert (made["isShipped"], made["trackingNumber"], shop.stock("TEE-S")) == (True, "SE123", (0, 0))
    number, _ = order(shop, units=1, payment="authorised")
    shop.state.put_stock(warehouse=11, sku="TEE-S", physical=1)
    shop.state.allocate(number)
    unpaid = write(shop, CREATE_SHIPMENT, i={"order": {"number": number}, "shippedAt": sent["shippedAt"], "isGoodToGo": True})
    assert "not good to go and paid" in unpaid["userWarnings"][0]["message"]
    assert unpaid["shipment"]["isShipped"] is False
