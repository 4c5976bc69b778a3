"""Mutations and admin actions on orders in the Centra sandbox: edits, holds, locks, cancellations, attributes, ids of ours."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.centra.records import Refusal
from tests.sandbox.centra_shop import Shop
from tests.sandbox.centra_writes import CANCEL_ORDER, RELEASE, REMOVE, UPDATE_ORDER, done, on_order, refused, write

ASSIGN = """mutation M($i: AttributesAssignInput!) { done: assignAttributes(input: $i) { userErrors { message path } userWarnings { message } } }"""
LOCK = """mutation M($i: OrdersLockSetInput!) { done: setOrdersLock(input: $i) { orders { number isLocked } userErrors { message path }
  userWarnings { message } } }"""
CONFIRM = """mutation M($i: OrderConfirmInput!) { done: confirmOrder(input: $i) { order { status }
  userErrors { message path } userWarnings { message } } }"""
NO_MAIL = {"emailOptions": {"sendEmail": False}, "stockAction": RELEASE}


@pytest.fixture
def shop() -> Shop:
    return Shop()


def update(shop: Shop, number: int, **members: Any) -> dict[str, Any]:
    return done(shop, UPDATE_ORDER, o={"number": number}, i=members)


def test_one_edit_may_change_many_things(shop: Shop) -> None:
    order = shop.state.place_order([("TEE-S", 3), ("TEE-M", 1)], warehouses=[11], shipping_fee=4_900)
    number, line = order["number"], order["lines"][0]["id"]
    shop.clock.sleep(60)
    update(
        shop,
        number,
        cancelLines=[{"line": {"id": line}, "quantity": 2, "stockActionPolicy": REMOVE}],
        cancellationComment="not found in store",
        shippingAddress={"city": "Lund", "country": {"code": "DK"}},
        shippingCost={"value": 19.5, "currencyIsoCode": "SEK"},
        internalComment="called",
        otherComment="ring the bell",
        isInternal=True,
        externalId="ours-1",
    )
    state = shop.state.order_state(number)
    assert (state["external_id"], state["internal_comment"], state["other_comment"], state["history"]) == (
        "ours-1",
        "called",
        "ring the bell",
        ["not found in store"],
    )
    assert (state["lines"][0]["quantity"], state["totals"]["shipping"], shop.stock("TEE-S")) == (1, 1_950, (3, 1))
    found = shop.ask('{ orders(where: {externalId: "ours-1"}) { updatedAt isInternal shippingAddress { firstName city country { code } } } }')[
        "orders"
    ]
    assert found == [
        {
            "updatedAt": "2027-01-15T09:01:00+01:00",
            "isInternal": True,
            "shippingAddress": {"firstName": "Alva", "city": "Lund", "country": {"code": "DK"}},
        }
    ]
    assert done(shop, UPDATE_ORDER, o={"externalId": "ours-1"}, i={"internalComment": ""})["order"]["number"] == number


def test_a_refused_edit_changes_nothing(shop: Shop) -> None:
    order = shop.state.place_order([("TEE-S", 2)], warehouses=[11], shipping_fee=1_000)
    number, line = order["number"], order["lines"][0]["id"]
    two = [{"line": {"id": line}, "quantity": 2, "stockActionPolicy": RELEASE}] * 2
    for members, reason in (
        ({"cancelLines": two}, "Only 2 of TEE-S can be cancelled"),
        ({"cancelLines": [{**two[0], "stockActionPolicy": {}}]}, "Exactly one stock action"),
        ({"cancelLines": [{**two[0], "line": {"id": 1}}]}, "has no line 1"),
        ({"shippingCost": {"value": 99, "currencyIsoCode": "SEK"}}, "only be lowered"),
        ({"shippingCost": {"value": 1, "currencyIsoCode": "EUR"}}, "The currency is SEK"),
        ({"externalId": ""}, "1 to 255"),
    ):
        assert reason in refused(shop, UPDATE_ORDER, o={"number": number}, i={"internalComment": "no", **members})
    state = shop.state.order_state(number)
    assert (state["lines"][0]["quantity"], state["internal_comment"], state["totals"]["shipping"]) == (2, "", 1_000)
    assert "Could not find Order" in refused(shop, UPDATE_ORDER, o={"number": 7}, i={})
    trade = shop.state.place_order([("TEE-S", 1)], b2b=True)["number"]
    assert "wholesale" in refused(shop, UPDATE_ORDER, o={"number": trade}, i={})


def test_holding_and_resuming(shop: Shop) -> None:
    number = shop.state.place_order([("TEE-S", 1)], warehouses=[11])["number"]
    update(shop, number, isOnHold=True, holdStatusChangeReason="no stock anywhere")
    state = shop.state.order_state(number)
    assert (state["on_hold"], state["history"]) == (True, ["no stock anywhere"])
    with pytest.raises(Refusal, match="on hold"):
        shop.state.ship(number)
    shop.state.modes(held_orders_ship="accepted")
    shop.state.ship(number, complete=False)
    shop.state.modes(held_orders_ship="refused")
    assert done(shop, on_order("resumeDirectToConsumerOrder"), o={"number": number})["order"]["isOnHold"] is False
    assert "not on hold" in refused(shop, on_order("resumeDirectToConsumerOrder"), o={"number": number})
    shop.state.hold(number, "customer called")
    assert update(shop, number, isOnHold=False)["order"]["isOnHold"] is False
    shop.state.hold(number)
    assert shop.state.resume(number) == {"number": number, "on_hold": False}
    shop.state.complete(301)
    assert "is SHIPPED" in refused(shop, UPDATE_ORDER, o={"number": number}, i={"isOnHold": True})


@pytest.mark.parametrize("mode", ["refused", "accepted"])
def test_an_external_id_given_twice_is_a_mode(shop: Shop, mode: str) -> None:
    shop.state.modes(duplicate_external_id=mode)
    first, second = (shop.state.place_order([("TEE-S", 1)])["number"] for _ in range(2))
    update(shop, first, externalId="same")
    update(shop, first, externalId="same")
    answer = write(shop, UPDATE_ORDER, o={"number": second}, i={"externalId": "same"})
    assert bool(answer["userErrors"]) is (mode == "refused")
    ids = [shop.state.order_state(n)["external_id"] for n in (first, second)]
    assert ids == (["same", None] if mode == "refused" else [None, "same"])
    update(shop, second, externalId="other")
    assert shop.state.order_state(second)["external_id"] == "other"


@pytest.mark.parametrize("mode", ["editable", "refused"])
def test_locked_orders(shop: Shop, mode: str) -> None:
    number = shop.state.place_order([("TEE-S", 1)])["number"]
    assert done(shop, LOCK, i={"orders": [{"number": number}], "isLocked": True})["orders"] == [{"number": number, "isLocked": True}]
    shop.state.modes(locked_orders=mode)
    answer = write(shop, UPDATE_ORDER, o={"number": number}, i={"internalComment": "x"})
    assert bool(answer["userErrors"]) is (mode == "refused")


def test_cancelling_a_whole_order(shop: Shop) -> None:
    order = shop.state.place_order([("TEE-S", 2)], warehouses=[11])
    answer = done(
        shop,
        CANCEL_ORDER,
        id=order["id"],
        i={"emailOptions": {"sendEmail": True}, "stockAction": REMOVE, "comment": "lost", "reason": "OUT_OF_STOCK"},
    )
    assert answer["order"] == {"status": "CANCELLED"}
    assert (answer["paymentHistoryEntry"]["entryType"], answer["paymentHistoryEntry"]["value"]) == ("CANCEL", {"valueInCents": 20_000})
    state = shop.state.order_state(order["number"])
    assert (state["psp"]["authorised"], state["mails"], state["history"], shop.stock("TEE-S")) == (0, ["cancellation"], ["lost"], (3, 0))
    assert "is CANCELLED" in refused(shop, CANCEL_ORDER, id=order["id"], i=NO_MAIL)


def test_cancelling_keeps_what_the_provider_has_if_told_or_unable(shop: Shop) -> None:
    kept = shop.state.place_order([("TEE-S", 1)])
    done(shop, CANCEL_ORDER, id=kept["id"], i={**NO_MAIL, "cancelAuthorization": False})
    assert shop.state.order_state(kept["number"])["psp"]["authorised"] == 10_000
    captured = shop.state.place_order([("TEE-S", 1)], payment="captured")
    assert "does not refund" in write(shop, CANCEL_ORDER, id=captured["id"], i=NO_MAIL)["userWarnings"][0]["message"]
    outside = shop.state.place_order([("TEE-S", 1)], payment="paid")
    answer = write(shop, CANCEL_ORDER, id=outside["id"], i={**NO_MAIL, "cancelAuthorization": True})
    assert "not supported by external payment plugin" in answer["userWarnings"][0]["message"]
    assert answer["order"] == {"status": "CANCELLED"}
    shop.state.modes(cancel_keeps_authorisation=True)
    silent = shop.state.place_order([("TEE-S", 1)])
    assert done(shop, CANCEL_ORDER, id=silent["id"], i=NO_MAIL)["paymentHistoryEntry"] is None
    shipped = shop.state.place_order([("TEE-S", 1)], warehouses=[11])
    shop.state.ship(shipped["number"], complete=False)
    assert "1 shipments" in refused(shop, CANCEL_ORDER, id=shipped["id"], i=NO_MAIL)


def test_attributes_are_assigned_where_the_client_configured_them(shop: Shop) -> None:
    number = shop.state.place_order([("TEE-S", 1)])["number"]
    shop.state.configure_attribute("store", ["ready", "receipt"])
    given = {"attributeTypeName": "store", "attributeElementKey": "ready", "attributeElementValue": "2027-01-15"}
    done(shop, ASSIGN, i={"objectType": "Order", "objectId": number, "dynamicAttributes": [given]})
    assert shop.state.order_state(number)["attributes"] == {"store": {"ready": "2027-01-15"}}
    for wrong in ({"attributeTypeName": "shop"}, {"attributeElementKey": "picked"}):
        wanted = {"objectType": "Order", "objectId": number, "dynamicAttributes": [{**given, "attributeElementValue": "x"}, {**given, **wrong}]}
        assert "Could not find AttributeType" in refused(shop, ASSIGN, i=wanted)
    assert "Only orders" in refused(shop, ASSIGN, i={"objectType": "Product", "objectId": 1})
    assert shop.state.order_state(number)["attributes"]["store"]["ready"] == "2027-01-15"


def test_sending_units_elsewhere_moves_their_stock(shop: Shop) -> None:
    order = shop.state.place_order([("TEE-S", 2)], warehouses=[11])
    cancel = {"line": {"id": order["lines"][0]["id"]}, "quantity": 1, "stockActionPolicy": {"sendItemsToDifferentWarehouse": {"id": 12}}}
    update(shop, order["number"], cancelLines=[cancel])
    assert (shop.stock("TEE-S"), shop.stock("TEE-S", 12)) == ((4, 1), (1, 0))


def test_confirming_is_for_pending_orders(shop: Shop) -> None:
    number = shop.state.place_order([("TEE-S", 1)], status="PENDING")["number"]
    assert done(shop, CONFIRM, i={"order": {"number": number}})["order"] == {"status": "CONFIRMED"}
    assert shop.state.order_state(number)["mails"] == ["confirmation"]
    assert "is CONFIRMED" in refused(shop, CONFIRM, i={"order": {"number": number}})


def test_what_people_do_in_the_admin(shop: Shop) -> None:
    shop.state.put_stock(warehouse=12, sku="TEE-S", physical=1)
    number = shop.state.place_order([("TEE-S", 3)], warehouses=[11])["number"]
    shop.state.edit_address(number, city="Umeå", email="new@example.test")
    shop.state.comment(number, internal_comment="a", other_comment="b")
    assert shop.state.reallocate(number, 12)["lines"][0]["unallocated"] == 2
    assert (shop.stock("TEE-S"), shop.stock("TEE-S", 12)) == ((5, 0), (1, 1))
    assert shop.state.reallocate(number, 11, [("TEE-S", 1)])["lines"][0]["allocated"] == [{"warehouse": 11, "quantity": 1, "shipped": False}]
    row = shop.ask("{ orders { shippingAddress { city email } ... on DirectToConsumerOrder { customer { email } } } }")["orders"][0]
    assert row == {"shippingAddress": {"city": "Umeå", "email": "new@example.test"}, "customer": {"email": "new@example.test"}}
    state = shop.state.order_state(number)
    assert (state["internal_comment"], state["other_comment"]) == ("a", "b")
