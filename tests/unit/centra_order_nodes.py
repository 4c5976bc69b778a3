"""Centra's JSON of whole orders, shipments and returns, as its answers are shaped; tests change what they are about."""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]


def cents(amount: int | str) -> Node:
    return {"valueInCents": amount}


def allocation(number: int, warehouse: int, units: int, *, waiting: bool = False) -> Node:
    return {"id": number, "quantity": units, "isWaitingForConfirmation": waiting, "warehouse": {"id": warehouse}}


def line(number: int, quantity: int = 2, *, kind: str = "ProductOrderLine", allocations: list[Node] | None = None, **more: Any) -> Node:
    return {
        "__typename": kind,
        "id": number,
        "quantity": quantity,
        "cancelledQuantity": 0,
        "taxPercent": 25.0,
        "comment": None,
        "productName": "Tee",
        "productVariantName": "Black",
        "size": "M",
        "productSize": {"id": 700, "SKU": "TEE-M", "EAN": "731"},
        "unitOriginalPrice": cents(10_000),
        "unitPrice": cents(9_000),
        "lineValue": cents(9_000 * quantity),
        "netOriginal": cents(8_000),
        "netPrice": cents(7_200),
        "netValue": cents(7_200 * quantity),
        "allocations": allocations or [],
        **more,
    }


def shipment_line(number: int, order_line: int, units: int, allocations: list[Node]) -> Node:
    return {"id": number, "quantity": units, "returnedQuantity": 0, "orderLine": {"id": order_line}, "allocations": allocations}


def shipment(number: int, lines: list[Node], *, shipped: bool = False) -> Node:
    return {
        "id": number,
        "number": f"101-{number}",
        "externalId": "sitoo-delivery-5",
        "isGoodToGo": True,
        "isPaid": True,
        "isShipped": shipped,
        "shippedAt": "2026-11-20T12:00:00+01:00" if shipped else None,
        "isCaptured": True,
        "trackingNumber": "T1",
        "carrierInformation": {"carrierName": "PostNord", "serviceName": "Home"},
        "lines": lines,
    }


def payment(number: int, kind: str, amount: int, **more: Any) -> Node:
    entry = {"id": number, "createdAt": "2026-11-20T10:00:00+01:00", "status": "SUCCESS", "entryType": kind}
    return {**entry, "externalReference": "psp-1", "paymentMethod": "Adyen", "value": cents(amount), "return": None, **more}


def address(**more: Any) -> Node:
    return {
        "firstName": "Åsa",
        "lastName": "Öst",
        "companyName": None,
        "attention": None,
        "address1": "Storgatan 1",
        "address2": None,
        "city": "Lund",
        "zipCode": "22222",
        "stateOrProvince": None,
        "country": {"code": "se"},
        "email": "asa@example.com",
        "phoneNumber": "08-1",
        "cellPhoneNumber": "070-1",
        **more,
    }


def order(number: int = 101, **more: Any) -> Node:
    return {
        "__typename": "DirectToConsumerOrder",
        "number": number,
        "id": "0123456789abcdef0123456789abcdef",
        "status": "CONFIRMED",
        "createdAt": "2026-11-20T10:00:00+01:00",
        "updatedAt": "2026-11-20T11:00:00+01:00",
        "externalId": None,
        "isOnHold": False,
        "orderHoldReason": None,
        "isInternal": False,
        "isLocked": False,
        "otherComment": "",
        "grandTotal": {"valueInCents": "22900", "currency": {"code": "SEK"}},
        "totals": {
            **{name: cents(0) for name in ("handling", "taxAdded", "taxDeducted")},
            "lineValues": cents(18_000),
            "shipping": cents(4_900),
            "discounts": cents(0),
            "shippingTaxAdded": None,
            "shippingTaxDeducted": None,
            "taxIncluded": cents(4_580),
            "shippingTaxRules": [{"rule": {"taxPercent": 25}}],
            "handlingTaxRules": [],
        },
        "customer": {"email": "asa@example.com"},
        "shippingAddress": address(),
        "billingAddress": address(),
        "shippingPriceGroup": {"shippingOption": {"name": "Pick up", "uri": "pick-up"}},
        "paymentMethod": {"name": "Adyen Drop-In", "uri": "adyen"},
        "attributes": [],
        "paymentHistory": [payment(1, "AUTH", 22_900)],
        "lines": [line(1, 2, allocations=[allocation(51, 11, 2)])],
        "shipments": [],
        **more,
    }


def return_(number: int = 9, **more: Any) -> Node:
    return {
        "id": number,
        "createdAt": "2026-11-21T10:00:00+01:00",
        "returnStatus": "PENDING",
        "returnedToStock": False,
        "externalId": "sitoo-refund-7-3",
        "grandTotal": cents(9_000),
        "returnWarehouse": None,
        "shipment": {"id": 3},
        "lines": [{"quantity": 1, "shipmentLine": {"id": 31}}],
        "refundPaymentHistory": [],
        **more,
    }
