"""How scenarios of the Centra sandbox say what a web order is: plain keywords into an order."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sandbox.centra.catalogue import Catalogue
from sandbox.centra.money import currency_of
from sandbox.centra.order_parts import Discount, Fee, ShippingOption
from sandbox.centra.order_records import BUNDLE, GIFT_CERTIFICATE, PRODUCT, Order
from sandbox.centra.orders import WantedLine
from sandbox.centra.records import Refusal

KINDS = {"product": PRODUCT, "bundle": BUNDLE, "gift_certificate": GIFT_CERTIFICATE}
TAX_KINDS = ("included", "added", "deducted")
ADDRESS = {
    "firstName": "Alva",
    "lastName": "Berg",
    "address1": "Storgatan 1",
    "city": "Stockholm",
    "zipCode": "111 22",
    "country": "SE",
    "phoneNumber": "+46700000001",
}
EMAIL = "alva.berg@example.com"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a web order is beyond its lines. Amounts are whole sub-units of `currency`, taxes per cent.

    `tax_kind`: included | added | deducted. `voucher`: {code, and amount or percent}; `admin_discount`: an order-level amount without code.
    `shipping_option`: its name, its uri is made of it ('' none). `address`, `billing_address`: changes of the default address (None: no address at
    all). `attributes`: {"<type>.<element key>": text}. `payment`: authorised | captured | paid (elsewhere, Centra can neither capture nor refund) |
    waiting. `hold`: True, or an OrderHoldReason. `number`: the order's number, if it is to have a certain one.
    """

    currency: str = "SEK"
    tax_kind: str = "included"
    shipping_fee: int = 0
    shipping_tax: str | int = 25
    handling_fee: int = 0
    handling_tax: str | int = 25
    voucher: Mapping[str, Any] | None = None
    admin_discount: int = 0
    shipping_option: str = "Standard delivery"
    address: Mapping[str, str] | None = field(default_factory=dict)
    billing_address: Mapping[str, str] | None = field(default_factory=dict)
    email: str = EMAIL
    phone: str | None = None
    other_comment: str = ""
    internal_comment: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    payment: str = "authorised"
    hold: bool | str = False
    b2b: bool = False
    internal: bool = False
    locked: bool = False
    external_id: str | None = None
    number: int | None = None


def wanted_line(catalogue: Catalogue, line: Sequence[Any] | Mapping[str, Any]) -> WantedLine:
    """A (sku, units) pair, or a mapping: sku, units, price, original, total, tax, comment, name, kind (product | bundle | gift_certificate).

    A bundle's `items` are (sku, units per bundle[, weight in the price]); its own `sku` only names its product.
    """
    if not isinstance(line, Mapping):
        sku, units = line
        return WantedLine(catalogue.size(sku), int(units))
    unknown = set(line) - {"sku", "units", "price", "original", "total", "tax", "comment", "name", "kind", "items"}
    if unknown or line.get("kind", "product") not in KINDS:
        raise Refusal(f"A line has no {', '.join(sorted(unknown)) or 'such kind'}.")
    items = [(catalogue.size(sku), int(each), int(weight[0]) if weight else 1) for sku, each, *weight in line.get("items", ())]
    return WantedLine(
        catalogue.size(line["sku"]),
        int(line.get("units", 1)),
        KINDS[line.get("kind", "product")],
        line.get("price", 10_000),
        line.get("original"),
        line.get("total"),
        Decimal(str(line.get("tax", 25))),
        line.get("comment", ""),
        line.get("name", ""),
        items,
    )


def furnish(order: Order, wishes: Wishes, now: float) -> None:
    """Everything but lines, allocations and payment."""
    if wishes.tax_kind not in TAX_KINDS:
        raise Refusal(f"tax_kind is one of {', '.join(TAX_KINDS)}")
    order.currency = currency_of(wishes.currency)
    order.tax_kind, order.wholesale, order.internal, order.locked = wishes.tax_kind, wishes.b2b, wishes.internal, wishes.locked
    order.shipping = Fee(wishes.shipping_fee, Decimal(str(wishes.shipping_tax)))
    order.handling = Fee(wishes.handling_fee, Decimal(str(wishes.handling_tax)))
    if wishes.voucher is not None:
        percent = wishes.voucher.get("percent")
        code = wishes.voucher.get("code", "VOUCHER")
        order.discounts.append(Discount(code, now, code, int(wishes.voucher.get("amount", 0)), None if percent is None else Decimal(str(percent))))
    if wishes.admin_discount:
        order.discounts.append(Discount("Discount", now, amount=wishes.admin_discount))
    order.shipping_option = shipping_option(wishes.shipping_option)
    order.email, order.other_comment, order.internal_comment = wishes.email, wishes.other_comment, wishes.internal_comment
    contact = {"email": wishes.email} | ({} if wishes.phone is None else {"phoneNumber": wishes.phone})
    order.shipping_address = None if wishes.address is None else {**ADDRESS, **contact, **wishes.address}
    order.billing_address = None if wishes.billing_address is None else {**ADDRESS, **contact, **wishes.billing_address}
    for name, value in wishes.attributes.items():
        kind, _, key = name.partition(".")
        order.attributes.setdefault(kind, {})[key] = value


def shipping_option(name: str) -> ShippingOption | None:
    """An option of this name; its id and uri follow from it."""
    if not name:
        return None
    return ShippingOption(zlib.crc32(name.encode()) % 10_000, name, "-".join(name.lower().split()))
