"""Centra's Order API in the sandbox: orders sold elsewhere, their shipments and returns, and what goes wrong on the way."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.centra_shop import Shop
from tests.sandbox.centra_writes import CREATE_RETURN, CREATE_SHIPMENT, REMOVE, UPDATE_ORDER, done, parts, rest

BUYER = {"email": "till@example.test", "firstName": "Till", "country": "SE", "cell": "+4670", "zipcode": "111 22"}


@pytest.fixture
def shop() -> Shop:
    return Shop()


def sale(**more: Any) -> dict[str, Any]:
    return {"address": BUYER, "products": [{"qty": 2, "sku": "TEE-S", "unitPrice": "89.50", "originalPrice": 100}], "pricelist": "SEK", **more}


def create(shop: Shop, **more: Any) -> dict[str, Any]:
    response = rest(shop, "POST", "order", sale(**more))
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    return body


def test_a_till_sale_becomes_an_order_that_takes_no_stock(shop: Shop) -> None:
    paid = {"status": 1, "amount": 179, "transaction": "sitoo-sale-1"}
    payment = {"id": 5, "auth": {**paid, "method": "Card"}, "capture": paid}
    assert create(shop, orderNumber=90_001, adjustStock=False, payment=payment, comment="POS", orderDate="2027-01-14 18:00:00") == {
        "status": "ok",
        "orders": [90_001],
    }
    state = shop.state.order_state(90_001)
    assert (state["grand_total"], state["status"], state["external_id"], shop.stock("TEE-S")) == (17_900, "CONFIRMED", None, (5, 0))
    assert state["lines"][0]["unallocated"] == 0
    assert [(p["type"], p["status"], p["amount"], p["source"]) for p in state["payments"]] == [
        ("AUTH", "SUCCESS", 17_900, "Order API"),
        ("CAPTURE", "SUCCESS", 17_900, "Order API"),
    ]
    done(shop, UPDATE_ORDER, o={"number": 90_001}, i={"externalId": "sitoo-sale-1"})
    query = """{ orders(where: {externalId: "sitoo-sale-1"}) { number createdAt otherComment paymentMethod { name } shippingAddress { city zipCode }
      paymentHistory { entryType externalReference }
      lines { unitOriginalPrice { valueInCents } allocations { id } } ... on DirectToConsumerOrder { customer { email } } } }"""
    assert shop.ask(query)["orders"] == [
        {
            "number": 90_001,
            "createdAt": "2027-01-14T18:00:00+01:00",
            "otherComment": "POS",
            "paymentMethod": {"name": "Card"},
            "shippingAddress": {"city": None, "zipCode": "111 22"},
            "paymentHistory": [{"entryType": kind, "externalReference": "sitoo-sale-1"} for kind in ("AUTH", "CAPTURE")],
            "lines": [{"unitOriginalPrice": {"valueInCents": 10_000}, "allocations": []}],
            "customer": {"email": "till@example.test"},
        }
    ]


def test_it_is_shipped_and_returned_without_touching_stock(shop: Shop) -> None:
    create(shop, orderNumber=90_001, adjustStock=False)
    assert rest(shop, "POST", "shipments", {"order": 90_001, "gtg": True, "paid": True, "shipped": True, "capture": False}).json() == {
        "status": "ok",
        "shipment": "90001-1",
    }
    shipment = shop.state.order_state(90_001)["shipments"][0]
    wanted = {
        "shipment": {"id": shipment["id"]},
        "lines": parts([(shipment["lines"][0]["id"], 1)], "shipmentLine"),
        "returnStockActionPolicy": REMOVE,
    }
    made = done(shop, CREATE_RETURN, i=wanted)["return"]
    assert (made["grandTotal"]["valueInCents"], shop.stock("TEE-S")) == (8_950, (5, 0))
    state = shop.state.order_state(90_001)
    assert (state["status"], state["lines"][0]["shipped"], state["lines"][0]["returned"]) == ("SHIPPED", 2, 1)
    other = create(shop, adjustStock=False)["orders"][0]
    graphql = done(shop, CREATE_SHIPMENT, i={"order": {"number": other}, "isGoodToGo": True, "isPaid": True})["shipment"]
    assert graphql["grandTotal"] == {"valueInCents": 17_900}


def test_by_default_stock_is_taken(shop: Shop) -> None:
    assert create(shop)["orders"] == [101]
    assert shop.stock("TEE-S") == (5, 2)
    products = [{"qty": 4, "id": shop.sizes["TEE-S"], "unitPrice": 10}]
    assert create(shop, products=products) == {"status": "no", "code": -2, "msg": "Not enough stock of TEE-S"}
    forced = create(shop, products=products, forceCreate=True)["orders"][0]
    assert shop.state.order_state(forced)["lines"][0]["unallocated"] == 1
    shop.state.put_stock(warehouse=12, sku="TEE-M", physical=1)
    assert create(shop, products=[{"qty": 1, "ean": "731", "unitPrice": 10}], warehouseGroup="Store 12")["status"] == "ok"
    assert shop.stock("TEE-M", 12) == (1, 1)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"products": [{"qty": 1, "sku": "CAP"}]}, -1),
        ({"products": [{"qty": 0, "sku": "TEE-S"}]}, -1),
        ({"products": [{"qty": 9, "sku": "TEE-S"}]}, -2),
        ({"products": []}, -3),
        ({"products": [{"sku": "TEE-S"}]}, -4),
        ({"address": None}, -4),
        ({"address": {"email": "a@example.test"}}, -4),
        ({"address": None, "invoiceAddress": {"country": "SE"}, "deliveryAddress": {"country": "SE"}}, -4),
        ({"orderNumber": 500}, -5),
        ({"pricelist": "XXX"}, -7),
        ({"warehouseGroup": "Moon"}, -7),
        ({"products": [{"qty": 1, "sku": "TEE-S", "unitPrice": 0.001}]}, -7),
        ({"orderDate": "soon"}, -7),
        ({"payment": {"auth": {"status": 9, "amount": 1}}}, -7),
    ],
)
def test_refusals_have_codes_and_leave_nothing(shop: Shop, more: dict[str, Any], code: int) -> None:
    create(shop, orderNumber=500)
    before = (shop.stock("TEE-S"), len(shop.state.orders_snapshot()))
    body = create(shop, **more)
    assert (body["status"], body["code"]) == ("no", code)
    assert body["msg"]
    assert (shop.stock("TEE-S"), len(shop.state.orders_snapshot())) == before


def test_fees_vouchers_currencies_and_other_details(shop: Shop) -> None:
    address = {"invoiceAddress": BUYER, "deliveryAddress": {"country": "NO", "city": "Oslo"}, "address": None}
    details = {
        "shippingValue": 300,
        "voucherValue": 100,
        "voucherCodes": ["A", "B"],
        "internalOrder": True,
        "internalComment": "x",
        "sendEmail": True,
    }
    products = [{"qty": 1, "sku": "TEE-S", "unitPrice": 1_000}]
    number = create(shop, **address, **details, products=products, pricelistId=3, pricelist=None, extraAttributes={"till": 4})["orders"][0]
    state = shop.state.order_state(number)
    assert (state["currency"], state["grand_total"], state["totals"]["discounts"], state["mails"]) == ("JPY", 1_200, 100, ["confirmation"])
    assert (state["internal_comment"], state["attributes"]) == ("x", {"extraAttributes": {"till": "4"}})
    row = shop.ask("{ orders { isInternal shippingAddress { city country { code } } discountsApplied { ... on AppliedVoucher { code } } } }")[
        "orders"
    ][0]
    assert row == {"isInternal": True, "shippingAddress": {"city": "Oslo", "country": {"code": "NO"}}, "discountsApplied": [{"code": "A, B"}]}


@pytest.mark.parametrize(("status", "shown", "authorised"), [(0, "PENDING", 0), (1, "SUCCESS", 17_900), (2, "FAILED", 0)])
def test_a_payment_may_be_pending_or_have_failed(shop: Shop, status: int, shown: str, authorised: int) -> None:
    (number,) = create(shop, adjustStock=False, payment={"auth": {"status": status, "amount": 179}})["orders"]
    state = shop.state.order_state(number)
    assert [(p["type"], p["status"], p["amount"]) for p in state["payments"]] == [("AUTH", shown, 17_900)]
    assert state["psp"]["authorised"] == authorised


def test_an_order_may_be_created_first_and_completed_then(shop: Shop) -> None:
    answer = create(shop, createOnly=True)
    number = answer["order"]
    assert answer == {"status": "ok", "order": number}
    assert shop.state.order_state(number)["status"] == "PENDING"
    assert rest(shop, "POST", f"order/{number}").json() == {"status": "ok", "orders": [number]}
    assert rest(shop, "POST", f"order/{number}").json()["code"] == -7
    assert rest(shop, "POST", "order/7").json() == {"status": "no", "msg": "Order 7 not found"}


def test_shipments_and_returns_of_web_orders(shop: Shop) -> None:
    order = shop.state.place_order([("TEE-S", 3), ("TEE-M", 1)], warehouses=[11], shipping_fee=4_900)
    number, line = order["number"], str(order["lines"][0]["id"])
    shop.state.fail_captures(1)
    body = {"order": order["id"], "products": {line: 2}, "gtg": True, "capture": True, "carrier": "DHL", "trackingNr": "T1"}
    assert rest(shop, "POST", "shipments", body).json()["captureError"]
    shop.state.capture(301)
    shop.state.complete(301)
    assert rest(shop, "POST", "shipments", {**body, "products": {"1": 1}}).json()["status"] == "no"
    assert rest(shop, "POST", "shipments", {**body, "order": 7}).json() == {"status": "no", "msg": "Order 7 not found"}
    wanted = {"shipment": f"{number}-1", "products": {line: 1, "1": 1}, "returnStock": True, "shippingCostFromShipment": True, "returnCost": 10}
    answer = rest(shop, "POST", "return", {**wanted, "refund": {"refundPayment": True, "sendEmail": True}}).json()
    assert answer == {"status": "ok", "return": 201, "returnCompleted": True, "returnedItems": [int(line)], "refund": {"status": "ok"}}
    state = shop.state.order_state(number)
    assert (state["psp"]["refunded"], state["mails"], shop.stock("TEE-S")) == (10_000 + 4_900 - 1_000, ["refund"], (4, 1))
    plain = {"shipment": f"{number}-1", "products": {line: 1}, "voucherValue": 0, "createdAt": "2027-01-01 10:00:00"}
    assert rest(shop, "POST", "return", plain).json()["returnCompleted"] is False
    assert rest(shop, "POST", "return", plain).json() == {"status": "no", "msg": "Nothing to return."}
    assert rest(shop, "POST", "return", {"shipment": "x"}).json()["status"] == "no"
    assert rest(shop, "PUT", "returns/202", {"completed": True}).json() == {"status": "ok", "return": 202, "returnCompleted": True}
    assert rest(shop, "PUT", "returns/201", {"refundPayment": True}).json()["refund"]["status"] == "no"
    assert rest(shop, "PUT", "returns/x", {}).json()["status"] == "no"


def test_access_and_nonsense(shop: Shop) -> None:
    assert rest(shop, "POST", "order", sale(), secret="wrong").status_code == 401
    assert rest(shop, "GET", "order").status_code == 404
    headers = {"API-Authorization": "order-api-secret"}
    for content in (b"{", b"[]"):
        assert shop.http.post("/api/order-api/order", content=content, headers=headers).status_code == 400
    assert rest(shop, "POST", "shipments", {"order": 1, "products": {"x": 1}}).json()["status"] == "no"


def test_requests_meet_the_same_mishaps(shop: Shop) -> None:
    shop.state.fault("drop_after", operation="order-api:POST order")
    with pytest.raises(httpx.ReadError):
        rest(shop, "POST", "order", sale(orderNumber=700))
    assert create(shop, orderNumber=700)["code"] == -5
    shop.state.fault("drop_before", operation="order-api")
    with pytest.raises(httpx.ReadError):
        rest(shop, "POST", "order", sale(orderNumber=701))
    shop.state.fault("error", operation="order-api", status=500)
    assert rest(shop, "POST", "order", sale(orderNumber=701)).status_code == 500
    shop.state.fault("throttle", operation="order-api")
    assert rest(shop, "POST", "order", sale(orderNumber=701)).status_code == 429
    shop.state.commit_late(5, operation="POST order")
    with pytest.raises(httpx.ReadError):
        rest(shop, "POST", "order", sale(orderNumber=701))
    assert 701 not in shop.state.orders.orders
    shop.clock.sleep(6)
    assert 701 in shop.state.orders.orders
    assert shop.state.calls()["POST order"] == 3
