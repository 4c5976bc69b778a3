"""What the Centra sandbox tells of a whole web order, and how orders are found."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.centra.records import Refusal
from tests.sandbox.centra_shop import Shop

DETAILS = """query Q($n: [Int!]) { orders(where: {number: $n}) {
  __typename number externalId otherComment internalComment isInternal isLocked isOnHold
  orderHoldReason store { type } country { code } shippingPriceGroup { shippingOption { name uri } } paymentMethod { uri plugin name }
  shippingAddress { firstName city stateOrProvince state { code } country { code name } phoneNumber email }
  billingAddress { firstName }
  attributes { objectType type { name isMapped } elements { key description kind ... on AttributeStringElement { value } } }
  paymentHistory(where: {entryType: [CAPTURE, AUTH, MARKED_AS_PAID]}) { entryType status value { valueInCents } source order { number } }
  lines { __typename id quantity productName productVariantName size comment
    productSize { SKU } productVariant { id } product { id } allocations { id }
    ... on BundleItemOrderLine { bundleOrderLine { id quantity } } }
  ... on DirectToConsumerOrder { customer { email firstName } } } }"""
NUMBERS = "query Q($w: OrderFilter) { orders(where: $w, sort: [number_ASC]) { number } }"


@pytest.fixture
def shop() -> Shop:
    return Shop()


def details(shop: Shop, number: int) -> dict[str, Any]:
    order: dict[str, Any] = shop.ask(DETAILS, n=[number])["orders"][0]
    return order


def found(shop: Shop, **where: Any) -> list[int]:
    return [order["number"] for order in shop.ask(NUMBERS, w=where)["orders"]]


def test_a_whole_order_is_told(shop: Shop) -> None:
    number = shop.state.place_order(
        [("TEE-S", 1)],
        shipping_option="Pick up in store",
        address={"firstName": "Vera", "city": "Malmö"},
        billing_address={"firstName": "Nils"},
        email="vera@example.test",
        phone="+46701112233",
        other_comment="Grattis! 🎉\nFrån oss",
        internal_comment="VIP",
        attributes={"pickup.store": "Södermalm", "pickup.day": "Monday"},
        external_id="erp-1",
        number=4711,
    )["number"]
    order = details(shop, number)
    assert (order["number"], order["__typename"], order["store"]) == (4711, "DirectToConsumerOrder", {"type": "DIRECT_TO_CONSUMER"})
    assert (order["externalId"], order["otherComment"], order["internalComment"]) == ("erp-1", "Grattis! 🎉\nFrån oss", "VIP")
    assert order["shippingPriceGroup"]["shippingOption"] == {"name": "Pick up in store", "uri": "pick-up-in-store"}
    assert order["shippingAddress"] == {
        "firstName": "Vera",
        "city": "Malmö",
        "stateOrProvince": None,
        "state": None,
        "country": {"code": "SE", "name": "Sweden"},
        "phoneNumber": "+46701112233",
        "email": "vera@example.test",
    }
    assert (order["billingAddress"]["firstName"], order["customer"]) == ("Nils", {"email": "vera@example.test", "firstName": "Nils"})
    texts = {e["key"]: e["value"] for e in order["attributes"][0]["elements"]}
    assert (order["attributes"][0]["type"], texts) == ({"name": "pickup", "isMapped": False}, {"store": "Södermalm", "day": "Monday"})
    assert order["paymentHistory"] == [
        {"entryType": "AUTH", "status": "SUCCESS", "value": {"valueInCents": 10_000}, "source": "Checkout API", "order": {"number": number}}
    ]
    assert (order["isOnHold"], order["isLocked"], order["isInternal"], order["country"]) == (False, False, False, {"code": "SE"})


def test_an_order_may_lack_everything_optional(shop: Shop) -> None:
    number = shop.state.place_order([("TEE-S", 1)], shipping_option="", address=None, billing_address=None, email="")["number"]
    order = details(shop, number)
    assert order["shippingPriceGroup"] is order["shippingAddress"] is order["billingAddress"] is order["customer"] is order["country"] is None
    assert (order["externalId"], order["orderHoldReason"], order["attributes"]) == (None, None, [])


def test_lines_of_every_kind(shop: Shop) -> None:
    lines: list[dict[str, Any]] = [
        {"sku": "TEE-S", "units": 2, "comment": "monogram AB", "name": "Tee"},
        {"sku": "TEE-M", "kind": "bundle", "units": 2, "items": [("TEE-M", 1), ("TEE-L", 2)]},
        {"sku": "TEE-L", "kind": "gift_certificate", "name": "Gift card"},
    ]
    placed = shop.state.place_order(lines, warehouses=[11])
    rows = details(shop, placed["number"])["lines"]
    assert [(x["__typename"], x["quantity"], x["productSize"] and x["productSize"]["SKU"], len(x["allocations"])) for x in rows] == [
        ("ProductOrderLine", 2, "TEE-S", 1),
        ("BundleOrderLine", 2, None, 0),
        ("BundleItemOrderLine", 2, "TEE-M", 1),
        ("BundleItemOrderLine", 4, "TEE-L", 1),
        ("GiftCertificateOrderLine", 1, None, 0),
    ]
    assert (rows[0]["comment"], rows[0]["productName"], rows[0]["size"], rows[4]["productName"]) == ("monogram AB", "Tee", "S", "Gift card")
    assert rows[2]["bundleOrderLine"] == rows[3]["bundleOrderLine"] == {"id": rows[1]["id"], "quantity": 2}
    assert rows[4]["product"] is rows[4]["productVariant"] is None
    with pytest.raises(Refusal, match="part of a bundle"):
        shop.state.orders.cancel(shop.state.orders.orders[placed["number"]], [(shop.state.orders.orders[placed["number"]].lines[2], 1)])
    shop.state.ship(placed["number"])
    assert shop.state.order_state(placed["number"])["status"] == "SHIPPED"
    assert (shop.stock("TEE-S"), shop.stock("TEE-M"), shop.stock("TEE-L")) == ((3, 0), (3, 0), (1, 0))


def test_cancelling_a_bundle_cancels_its_items(shop: Shop) -> None:
    placed = shop.state.place_order([{"sku": "TEE-M", "kind": "bundle", "units": 2, "items": [("TEE-M", 1), ("TEE-L", 2)]}], warehouses=[11])
    order = shop.state.orders.orders[placed["number"]]
    shop.state.orders.cancel(order, [(order.lines[0], 1)])
    assert [x.quantity for x in order.lines] == [1, 1, 2]
    assert (shop.stock("TEE-M"), shop.stock("TEE-L")) == ((5, 1), (5, 2))
    assert shop.state.cancel_lines(placed["number"])["status"] == "CANCELLED"


def test_wholesale_orders_are_another_type(shop: Shop) -> None:
    consumer = shop.state.place_order([("TEE-S", 1)])["number"]
    trade = shop.state.place_order([("TEE-S", 1)], b2b=True)["number"]
    assert details(shop, trade)["__typename"] == "WholesaleOrder"
    assert details(shop, trade)["store"] == {"type": "WHOLESALE"}
    assert (found(shop, storeType="DIRECT_TO_CONSUMER"), found(shop, storeType="WHOLESALE")) == ([consumer], [trade])
    shipment = shop.state.ship(trade)["shipment_id"]
    shop.state.return_into(shipment)
    for kind, number in (("WHOLESALE", 1), ("DIRECT_TO_CONSUMER", 0)):
        query = "query Q($k: StoreType) { shipments(where: {storeType: $k}) { id } returns(where: {storeType: $k}) { id } }"
        assert {name: len(rows) for name, rows in shop.ask(query, k=kind).items()} == {"shipments": number, "returns": number}


def test_orders_are_found_by_what_they_are(shop: Shop) -> None:
    plain = shop.state.place_order([("TEE-S", 1)])["number"]
    held = shop.state.place_order([("TEE-S", 1)], hold="WAITING_FOR_FRAUD_CHECK")["number"]
    waiting = shop.state.place_order([("TEE-S", 1)], payment="waiting")["number"]
    inside = shop.state.place_order([("TEE-S", 1)], internal=True, locked=True, other_comment="for the photo studio", external_id="x-9")["number"]
    assert found(shop, isOnHold=True) == [held, waiting]
    assert found(shop, isOnHold=False) == [plain, inside]
    assert found(shop, orderHoldReason=["WAITING_FOR_FRAUD_CHECK"]) == [held]
    assert found(shop, isWaitingForPayment=True) == [waiting]
    assert found(shop, isInternal=True) == found(shop, isLocked=True) == found(shop, otherComment={"contains": "photo"}) == [inside]
    assert found(shop, externalId=["x-9", "x-8"]) == [inside]
    assert found(shop, notNull=["externalId"]) == [inside]
    assert found(shop, externalId=["x-9"], negate=["externalId"]) == [plain, held, waiting]
    assert found(shop, allocatedWarehouseCount={"from": 2}) == []
    shop.state.pay(waiting)
    assert found(shop, isOnHold=True) == [held]
    assert shop.state.order_state(waiting)["psp"]["authorised"] == 10_000
    with pytest.raises(Refusal, match="does not wait"):
        shop.state.pay(plain)


def test_a_number_and_an_external_id_are_taken_once(shop: Shop) -> None:
    shop.state.place_order([("TEE-S", 1)], number=102, external_id="a")
    assert [shop.state.place_order([("TEE-S", 1)])["number"] for _ in range(2)] == [101, 103]
    for wishes in ({"number": 102}, {"external_id": "a"}, {"external_id": ""}, {"external_id": "x" * 256}):
        with pytest.raises(Refusal):
            shop.state.place_order([("TEE-S", 1)], **wishes)


def test_what_an_order_shows_needs_permissions(shop: Shop) -> None:
    shop.state.place_order([("TEE-S", 1)])
    shop.state.token(permissions=["Order:read"])
    assert shop.post("{ orders { number } }").json()["data"] == {"orders": [{"number": 101}]}
    for selection, permission in (
        ("shippingAddress { city }", "Order.shippingAddress:read"),
        ("attributes { description }", "Order.attributes:read"),
        ("paymentHistory { id }", "PaymentHistory:read"),
        ("... on DirectToConsumerOrder { customer { id } }", "Customer:read"),
        ("internalComment", "Order.internalComment:read"),
    ):
        errors = shop.post(f"{{ orders {{ {selection} }} }}").json()["errors"]
        assert permission in errors[0]["message"]
