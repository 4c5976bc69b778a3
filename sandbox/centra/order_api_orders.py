"""`POST order` of the Order API: an order that was sold and paid elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.centra.catalogue import Catalogue
from sandbox.centra.dates import from_text
from sandbox.centra.money import CURRENCIES, Currency, sub_units
from sandbox.centra.order_api_fulfilment import SOURCE, order_named
from sandbox.centra.order_parts import Discount, Fee
from sandbox.centra.order_records import Order
from sandbox.centra.orders import WantedLine
from sandbox.centra.records import Refusal, Size, Warehouse
from sandbox.centra.state import CentraState

NO_PRODUCT, NO_STOCK, EMPTY, MISSING, NUMBER_TAKEN, GENERAL = -1, -2, -3, -4, -5, -7
ADDRESS = {
    "firstName": "firstName",
    "lastName": "lastName",
    "address": "address1",
    "coaddress": "address2",
    "city": "city",
    "zipcode": "zipCode",
    "state": "stateOrProvince",
    "country": "country",
    "cell": "cellPhoneNumber",
    "tele": "phoneNumber",
    "email": "email",
}
PAYMENT_STATUS = {0: "PENDING", 1: "SUCCESS", 2: "FAILED"}
"""As the vendor's reference of `POST order` lists them; anything else is refused."""


class CodedRefusal(Refusal):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def create_order(state: CentraState, body: Mapping[str, Any], _key: str) -> dict[str, Any]:
    """{"status": "ok", "orders": [number]} ("order": number with `createOnly`), or "no" with a code; nothing is left of an order that is refused."""
    try:
        order = _draft(state, body)
        _check_stock(state, order, body)
        paid = _payments(order, body.get("payment") or {})
    except CodedRefusal as refusal:
        return {"status": "no", "code": refusal.code, "msg": str(refusal)}
    except (Refusal, KeyError, TypeError, ValueError, ArithmeticError) as problem:
        return {"status": "no", "code": GENERAL, "msg": str(problem) or "General error"}
    state.orders.place(order, ask_first=False)
    for kind, status, amount, transaction in paid:
        state.payments.record(order, kind, status, amount, SOURCE, transaction)
    if body.get("sendEmail"):
        order.mails.append(("confirmation", state.now()))
    return {"status": "ok", "order": order.number} if body.get("createOnly") else {"status": "ok", "orders": [order.number]}


def complete_order(state: CentraState, _body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Ends what `createOnly` began."""
    order = order_named(state, key)
    if order.status != "PENDING":
        return {"status": "no", "code": GENERAL, "msg": f"Order {order.number} is already complete"}
    order.status = "CONFIRMED"
    state.orders.changed(order)
    return {"status": "ok", "orders": [order.number]}


def _draft(state: CentraState, body: Mapping[str, Any]) -> Order:
    billing, shipping = _addresses(body)
    if not body.get("products"):
        raise CodedRefusal(EMPTY, "No products")
    number = body.get("orderNumber")
    if number is not None and int(number) in state.orders.orders:
        raise CodedRefusal(NUMBER_TAKEN, f"Order number {number} already exists")
    order = state.orders.draft(_warehouses(state, body), number=None if number is None else int(number))
    order.status = "PENDING" if body.get("createOnly") else "CONFIRMED"
    order.created_from, order.currency = SOURCE, _currency(body)
    order.billing_address, order.shipping_address, order.email = billing, shipping, billing["email"]
    order.other_comment, order.internal_comment = body.get("comment") or "", body.get("internalComment") or ""
    order.internal = bool(body.get("internalOrder"))
    order.shipping = Fee(sub_units(body.get("shippingValue") or 0, order.currency))
    if body.get("voucherValue"):
        code = ", ".join(body.get("voucherCodes") or ["Voucher"])
        order.discounts.append(Discount(code, state.now(), code, sub_units(body["voucherValue"], order.currency)))
    order.attributes = {"extraAttributes": {k: str(v) for k, v in body["extraAttributes"].items()}} if body.get("extraAttributes") else {}
    if body.get("orderDate"):
        order.created_at = from_text(body["orderDate"])
    for row in body["products"]:
        state.orders.add(order, _line(state.catalogue, row, order.currency), stocked=body.get("adjustStock", True))
    return order


def _line(catalogue: Catalogue, row: Mapping[str, Any], currency: Currency) -> WantedLine:
    if row.get("qty") is None:
        raise CodedRefusal(MISSING, "products.qty is missing")
    size = _size(catalogue, row)
    if int(row["qty"]) < 1:
        raise CodedRefusal(NO_PRODUCT, f"{size.sku} cannot be added {row['qty']} times")
    price = sub_units(row.get("unitPrice") or 0, currency)
    original = sub_units(row["originalPrice"], currency) if row.get("originalPrice") is not None else price
    return WantedLine(size, int(row["qty"]), price=price, original=original, tax_percent=Decimal(25), comment=row.get("comment") or "")


def _size(catalogue: Catalogue, row: Mapping[str, Any]) -> Size:
    """By `id` (a product size), `ean` or `sku`."""
    wanted = {"id": "id", "ean": "EAN", "sku": "SKU"}
    named = {ours: row[theirs] for theirs, ours in wanted.items() if row.get(theirs)}
    try:
        return catalogue.named_size(named)
    except Refusal as refusal:
        raise CodedRefusal(NO_PRODUCT, str(refusal)) from None


def _addresses(body: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    billing = body.get("address") or body.get("invoiceAddress")
    shipping = body.get("address") or body.get("deliveryAddress")
    if not billing or not shipping:
        raise CodedRefusal(MISSING, "address, or invoiceAddress and deliveryAddress, is missing")
    for name in ("email", "country"):
        if not billing.get(name):
            raise CodedRefusal(MISSING, f"address.{name} is missing")
    return _address(billing), _address({"email": billing["email"], **shipping})


def _address(given: Mapping[str, Any]) -> dict[str, str]:
    return {ours: str(given[theirs]) for theirs, ours in ADDRESS.items() if given.get(theirs)}


def _currency(body: Mapping[str, Any]) -> Currency:
    """The pricelist's: in the sandbox pricelists are named like currencies, and have their ids."""
    wanted = body.get("pricelistId") or body.get("pricelist") or "SEK"
    for currency in CURRENCIES.values():
        if wanted in (currency.id, currency.code):
            return currency
    raise CodedRefusal(GENERAL, f"Pricelist {wanted} not found")


def _warehouses(state: CentraState, body: Mapping[str, Any]) -> list[Warehouse]:
    """Those of the allocation rule: in the sandbox a rule is named like its only warehouse."""
    rule = body.get("warehouseGroup")
    found = [w for w in state.catalogue.warehouses.values() if rule in (None, "", w.name)]
    if not found:
        raise CodedRefusal(GENERAL, f"Allocation rule {rule} not found")
    return found


def _check_stock(state: CentraState, order: Order, body: Mapping[str, Any]) -> None:
    """`adjustStock` (the default) takes stock and fails without it, unless forced."""
    if not body.get("adjustStock", True) or body.get("forceCreate"):
        return
    needed: dict[Size, int] = {}
    for line in order.lines:
        needed[line.size] = needed.get(line.size, 0) + line.ordered
    for size, units in needed.items():
        if sum(state.stock.row(w, size).free for w in order.preferred) < units:
            raise CodedRefusal(NO_STOCK, f"Not enough stock of {size.sku}")


def _payments(order: Order, payment: Mapping[str, Any]) -> list[tuple[str, str, int, str]]:
    """(entry type, status, amount, transaction) to record: payments are not executed, so Centra can neither capture nor refund them."""
    order.payment.external = True
    found = []
    for name, kind in (("auth", "AUTH"), ("capture", "CAPTURE")):
        given = payment.get(name)
        if given:
            order.payment.name = given.get("method") or order.payment.name
            amount = sub_units(given.get("amount") or 0, order.currency)
            found.append((kind, PAYMENT_STATUS[int(given.get("status", 1))], amount, str(given.get("transaction") or "")))
    return found
