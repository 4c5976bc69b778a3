"""A whole Centra order as the order flows need it. Lives in memory only: it holds a person's name and address.

Amounts are whole sub-units of the order's currency (Centra's `valueInCents`), quantities whole units, times unix seconds (UTC).
Unknown enum values stay text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Address:
    """centra-api §3.6; '' where Centra has nothing. `country`: ISO 3166 two letters, upper case."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    attention: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    zip_code: str = ""
    state: str = ""
    country: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class AllocatedTo:
    """Units of a line allocated to a warehouse and not shipped yet, whether Centra still lists shipped ones or not.

    `waiting`: the store has not confirmed yet ("Direct, then confirm").
    """

    id: int
    warehouse: int
    units: int
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class LineOfOrder:
    """`kind`: ProductOrderLine | BundleOrderLine | BundleItemOrderLine | GiftCertificateOrderLine | another type name of Centra's.

    `quantity` is without cancelled units. `value`: what the customer pays for `quantity` units, line discounts taken off, order vouchers not;
    `unit_original` before any discount. Both include VAT when VAT is included in prices. `tax_percent`: the line's rate (25 = 25 %).
    `bundle_line`: for a bundle's item the id of the bundle's own line.
    """

    id: int
    kind: str
    quantity: int
    cancelled: int
    product_name: str
    variant_name: str
    size_name: str
    size_id: int | None
    sku: str
    ean: str
    unit_original: int
    unit_price: int
    value: int
    tax_percent: Decimal
    allocations: tuple[AllocatedTo, ...] = ()
    comment: str = ""
    bundle_line: int | None = None

    def allocated_to(self, warehouse: int) -> int:
        return sum(a.units for a in self.allocations if a.warehouse == warehouse)


@dataclass(frozen=True, slots=True)
class LineOfShipment:
    """`allocations`: {warehouse: units} the units come from, where Centra still tells."""

    id: int
    order_line: int
    units: int
    returned: int
    warehouses: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShipmentOfOrder:
    """`external_id` is ours when the connector created it (see domain.order_keys)."""

    id: int
    number: str
    external_id: str
    good_to_go: bool
    paid: bool
    captured: bool
    shipped_at: float | None
    carrier: str
    service: str
    tracking: str
    lines: tuple[LineOfShipment, ...]


@dataclass(frozen=True, slots=True)
class PaymentEntry:
    """`kind` and `status` as Centra spells them (centra-api §3.7); `amount` in sub-units. `return_id`: on refunds made for a return."""

    id: int
    kind: str
    status: str
    amount: int
    method: str
    reference: str
    created_at: float
    return_id: int | None = None


@dataclass(frozen=True, slots=True)
class OrderAmounts:
    """`OrderTotals` in sub-units, all ≥ 0. `discounts`: order-level vouchers and discounts that no line price contains yet.

    `tax_added` comes on top of line values (US style), `tax_deducted` is taken off them (tax-exempt), `tax_included` is inside them.
    """

    lines: int
    shipping: int
    handling: int
    discounts: int
    tax_added: int
    tax_deducted: int
    tax_included: int
    shipping_tax_percent: Decimal | None = None
    handling_tax_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CentraOrder:
    """`external_id` is ours on orders that the connector created from a till sale. `currency_decimals`: sub-units per unit as a power of ten.

    `store_type`: DIRECT_TO_CONSUMER | WHOLESALE. `attributes`: {"<attribute type>.<element key>": value}.
    """

    number: int
    id: str
    status: str
    store_type: str
    external_id: str
    created_at: float
    updated_at: float
    currency: str
    currency_decimals: int
    grand_total: int
    amounts: OrderAmounts
    on_hold: bool
    hold_reason: str
    internal: bool
    locked: bool
    lines: tuple[LineOfOrder, ...]
    shipments: tuple[ShipmentOfOrder, ...]
    payments: tuple[PaymentEntry, ...]
    payment_method: str
    shipping_option: str
    shipping_option_uri: str
    other_comment: str
    attributes: Mapping[str, str]
    email: str
    shipping_address: Address | None
    billing_address: Address | None

    def line(self, line_id: int) -> LineOfOrder | None:
        return next((line for line in self.lines if line.id == line_id), None)

    def shipped_units(self, line_id: int) -> int:
        return sum(x.units for s in self.shipments if s.shipped_at is not None for x in s.lines if x.order_line == line_id)


@dataclass(frozen=True, slots=True)
class ReturnOfOrder:
    """A Centra return. `lines`: {shipment line id: units}. `amount`: its grand total incl. VAT, sub-units. `restocked_in` None: removed from stock.

    `status` as Centra spells it; `completed` is what the connector makes of it. `refunds`: its payment entries.
    """

    id: int
    shipment_id: int
    external_id: str
    status: str
    completed: bool
    created_at: float
    lines: Mapping[int, int]
    amount: int
    restocked_in: int | None = None
    refunds: tuple[PaymentEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A mutation's answer. `id` of what was made (None when refused). `errors` non-empty: refused. `warnings`: done, with adjustments."""

    id: int | None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
