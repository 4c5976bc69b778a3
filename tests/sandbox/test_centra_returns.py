"""Returns and refunds in the Centra sandbox: units, stock and money, by mutation and by people in the admin."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.centra.records import Refusal
from tests.sandbox.centra_shop import Shop
from tests.sandbox.centra_writes import CREATE_RETURN, REFUND_RETURN, RELEASE, REMOVE, done, on_return, parts, refused, shipped, write


@pytest.fixture
def shop() -> Shop:
    return Shop()


def sold(shop: Shop, units: int = 2, **wishes: Any) -> tuple[int, int, int]:
    """(order, shipment, shipment line) of TEE-S sold, captured and shipped from store 11."""
    number = shop.state.place_order([("TEE-S", units)], warehouses=[11], **{"payment": "captured", **wishes})["number"]
    shipment = shipped(shop, number)
    return number, shipment["id"], shipment["lines"][0]["id"]


def wanted(shipment: int, line: int, units: int = 1, **more: Any) -> dict[str, Any]:
    return {"shipment": {"id": shipment}, "lines": parts([(line, units)], "shipmentLine"), "returnStockActionPolicy": REMOVE, **more}


def test_making_completing_and_refunding_are_three_things(shop: Shop) -> None:
    number, shipment, line = sold(shop)
    cost = {"value": 10.5, "currencyIsoCode": "SEK"}
    made = done(shop, CREATE_RETURN, i=wanted(shipment, line, externalId="r-1", comment="Receipt 7", returnCost=cost))["return"]
    assert (made["returnStatus"], made["externalId"], made["comment"], made["totalQuantity"]) == ("PENDING", "r-1", "Receipt 7", 1)
    assert (made["grandTotal"], made["totals"]["returnCost"]) == ({"valueInCents": 8_950}, {"valueInCents": 1_050})
    assert shop.stock("TEE-S") == (3, 0)
    shop.state.modes(refund_completes_return=False)
    refund = done(shop, REFUND_RETURN, id=made["id"])
    assert [(e["entryType"], e["value"]["valueInCents"], e["return"]["id"]) for e in refund["paymentHistoryEntries"]] == [
        ("REFUND", 8_950, made["id"])
    ]
    assert refund["return"]["returnStatus"] == "PENDING"
    assert done(shop, on_return("completeReturn"), id=made["id"])["return"]["returnStatus"] == "COMPLETED"
    assert "already completed" in refused(shop, on_return("completeReturn"), id=made["id"])
    assert "is refunded" in refused(shop, on_return("deleteReturn"), id=made["id"])
    query = "query Q($w: ReturnFilter) { returns(where: $w) { id } }"
    for where in (
        {"externalId": "r-1"},
        {"orderNumber": number},
        {"shipmentId": shipment},
        {"returnStatus": "COMPLETED"},
        {"shipmentNumber": "101-1"},
    ):
        assert shop.ask(query, w=where)["returns"] == [{"id": made["id"]}]
    assert shop.ask(query, w={"returnStatus": "PENDING"})["returns"] == shop.ask(query, w={"createdFrom": "Centra form"})["returns"] == []
    assert shop.ask("{ orders { returns { id } } }")["orders"] == [{"returns": [{"id": made["id"]}]}]
    assert shop.state.order_state(number)["psp"] == {"authorised": 20_000, "captured": 20_000, "capturing": 0, "refunded": 8_950}


def test_a_till_paid_return_is_completed_without_the_provider(shop: Shop) -> None:
    number, shipment, line = sold(shop)
    made = done(shop, CREATE_RETURN, i=wanted(shipment, line))["return"]["id"]
    done(shop, on_return("completeReturn"), id=made)
    state = shop.state.order_state(number)
    assert (state["returns"][0]["completed"], state["returns"][0]["refunds"], state["psp"]["refunded"]) == (True, [], 0)
    assert done(shop, on_return("uncompleteReturn"), id=made)["return"]["returnStatus"] == "PENDING"
    assert "not completed" in refused(shop, on_return("uncompleteReturn"), id=made)


def test_never_more_than_was_shipped(shop: Shop) -> None:
    number, shipment, line = sold(shop)
    done(shop, CREATE_RETURN, i=wanted(shipment, line, 1))
    for units in (2, 0, -1):
        assert "can be returned" in refused(shop, CREATE_RETURN, i=wanted(shipment, line, units))
    twice = {**wanted(shipment, line), "lines": parts([(line, 1), (line, 1)], "shipmentLine")}
    assert "Only 1" in refused(shop, CREATE_RETURN, i=twice)
    assert "has no line 5" in refused(shop, CREATE_RETURN, i=wanted(shipment, 5))
    assert "Could not find Shipment" in refused(shop, CREATE_RETURN, i=wanted(9, line))
    assert "Nothing to return" in refused(shop, CREATE_RETURN, i={**wanted(shipment, line), "lines": []})
    assert "Exactly one stock action" in refused(shop, CREATE_RETURN, i={**wanted(shipment, line), "returnStockActionPolicy": {}})
    assert shop.state.order_state(number)["lines"][0]["returned"] == 1
    for field in ("completeReturn", "deleteReturn"):
        assert "Could not find Return" in refused(shop, on_return(field), id=7)
    assert "Could not find Return" in refused(shop, REFUND_RETURN, id=7)


def test_where_the_units_go(shop: Shop) -> None:
    _, shipment, line = sold(shop, units=3)
    done(shop, CREATE_RETURN, i=wanted(shipment, line))
    assert shop.stock("TEE-S") == (2, 0)
    back = done(shop, CREATE_RETURN, i={**wanted(shipment, line), "returnStockActionPolicy": RELEASE})["return"]["id"]
    assert shop.stock("TEE-S") == (3, 0)
    elsewhere = {"sendItemsToDifferentWarehouse": {"id": 12}}
    done(shop, CREATE_RETURN, i={**wanted(shipment, line), "returnStockActionPolicy": elsewhere})
    assert shop.stock("TEE-S", 12) == (1, 0)
    done(shop, on_return("deleteReturn"), id=back)
    assert shop.stock("TEE-S") == (2, 0)


@pytest.mark.parametrize(("shared", "total"), [(True, 8_000), (False, 10_000)])
def test_the_vouchers_share_is_taken_off_only_in_that_mode(shop: Shop, shared: bool, total: int) -> None:
    shop.state.modes(return_voucher_share=shared)
    _, shipment, line = sold(shop, voucher={"amount": 4_000}, shipping_fee=4_900, handling_fee=500)
    made = done(shop, CREATE_RETURN, i=wanted(shipment, line))["return"]
    assert made["grandTotal"]["valueInCents"] == total
    full: dict[str, Any] = {
        "voucherValue": {"fromShipment": True},
        "shippingCost": {"fromShipment": True},
        "handlingCost": {"value": {"value": 2, "currencyIsoCode": "SEK"}},
    }
    second = done(shop, CREATE_RETURN, i=wanted(shipment, line, **full))["return"]
    assert (second["grandTotal"]["valueInCents"], second["totals"]["shipping"]["valueInCents"]) == (8_000 + 4_900 + 200, 4_900)


def test_costs_are_limited(shop: Shop) -> None:
    _, shipment, line = sold(shop, voucher={"amount": 4_000}, shipping_fee=4_900)

    def sek(amount: float) -> dict[str, Any]:
        return {"value": amount, "currencyIsoCode": "SEK"}

    for more, reason in (
        ({"shippingCost": {"value": sek(50)}}, "Only 4900 of the shipping cost"),
        ({"voucherValue": {"value": sek(41)}}, "Only 4000 of the voucher"),
        ({"returnCost": sek(101)}, "exceed"),
        ({"returnCost": {"value": 1, "currencyIsoCode": "EUR"}}, "The currency is SEK"),
        ({"returnCost": sek(0.001)}, "more than 2 decimals"),
        ({"returnCost": sek(-1)}, "negative"),
    ):
        assert reason in refused(shop, CREATE_RETURN, i=wanted(shipment, line, **more))
    some: dict[str, Any] = {"shippingCost": {"value": sek(20)}, "voucherValue": {"value": sek(5)}}
    assert done(shop, CREATE_RETURN, i=wanted(shipment, line, **some))["return"]["grandTotal"]["valueInCents"] == 10_000 + 2_000 - 500
    assert shop.state.returns.returns.keys() == {201}


@pytest.mark.parametrize("mode", ["refused", "paid_again"])
def test_a_second_refund_is_a_mode(shop: Shop, mode: str) -> None:
    shop.state.modes(repeat_refund=mode)
    number, shipment, line = sold(shop)
    made = done(shop, CREATE_RETURN, i=wanted(shipment, line))["return"]["id"]
    assert done(shop, REFUND_RETURN, id=made)["return"]["returnStatus"] == "COMPLETED"
    again = write(shop, REFUND_RETURN, id=made)
    assert bool(again["userErrors"]) is (mode == "refused")
    assert shop.state.order_state(number)["psp"]["refunded"] == (10_000 if mode == "refused" else 20_000)


def test_refunds_that_fail_or_cannot_be_made(shop: Shop) -> None:
    number, shipment, line = sold(shop)
    made = done(shop, CREATE_RETURN, i=wanted(shipment, line))["return"]["id"]
    shop.state.fail_refunds(1)
    assert "failed" in refused(shop, REFUND_RETURN, id=made)
    assert shop.state.order_state(number)["returns"][0]["completed"] is False
    done(shop, REFUND_RETURN, id=made)
    _, other, part = sold(shop, units=1, payment="paid")
    outside = done(shop, CREATE_RETURN, i=wanted(other, part))["return"]["id"]
    assert "not supported by external payment plugin" in refused(shop, REFUND_RETURN, id=outside)
    _, third, piece = sold(shop, units=1, payment="authorised")
    uncaptured = done(shop, CREATE_RETURN, i=wanted(third, piece))["return"]["id"]
    assert "Only 0 of the captured amount" in refused(shop, REFUND_RETURN, id=uncaptured)
    done(shop, on_return("deleteReturn"), id=uncaptured)
    free = {"value": 100, "currencyIsoCode": "SEK"}
    nothing = done(shop, CREATE_RETURN, i=wanted(third, piece, returnCost=free))["return"]["id"]
    assert "nothing to refund" in refused(shop, REFUND_RETURN, id=nothing)


@pytest.mark.parametrize("fails", [False, True])
def test_an_asynchronous_refund(shop: Shop, fails: bool) -> None:
    number, shipment, line = sold(shop)
    shop.state.modes(psp="asynchronous")
    shop.state.fail_refunds(int(fails))
    made = done(shop, CREATE_RETURN, i=wanted(shipment, line))["return"]["id"]
    asked = done(shop, REFUND_RETURN, id=made)["paymentHistoryEntries"]
    assert [(e["entryType"], e["status"]) for e in asked] == [("REFUND_REQUEST", "PENDING")]
    assert "already refunded" in refused(shop, REFUND_RETURN, id=made)
    shop.clock.sleep(31)
    refunds = shop.state.order_state(number)["returns"][0]["refunds"]
    assert [e["type"] for e in refunds] == ["REFUND_REQUEST", "REFUND_FAILED" if fails else "REFUND"]
    assert bool(write(shop, REFUND_RETURN, id=made)["userErrors"]) is not fails


def test_what_people_do_in_the_admin(shop: Shop) -> None:
    number, shipment, _ = sold(shop, units=3, shipping_fee=4_900)
    made = shop.state.return_by_mail(shipment, [("TEE-S", 2)], warehouse=12, shipping=True)["return_id"]
    state = shop.state.order_state(number)
    assert (state["returns"][0]["completed"], state["psp"]["refunded"], shop.stock("TEE-S", 12)) == (True, 24_900, (2, 0))
    assert state["returns"][0]["refunds"][0]["source"] == "Centra form"
    quiet = shop.state.return_by_mail(shipment, refund=False)["return_id"]
    assert shop.state.refund_in_admin(quiet) == {"type": "REFUND", "status": "SUCCESS", "amount": 10_000}
    with pytest.raises(Refusal, match="is refunded"):
        shop.state.delete_return(made)
    with pytest.raises(Refusal, match="already refunded"):
        shop.state.refund_in_admin(made)
    with pytest.raises(Refusal, match="no line with SKU"):
        shop.state.return_into(shipment, [("CAP", 1)])
