"""What the Centra sandbox remembers of orders, shipments, payments and returns. Money is whole sub-units of the order's currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.centra.money import SEK, Amounts, Currency
from sandbox.centra.order_parts import OPEN_REQUEST, AllocationRequest, Discount, Fee, Offer, Payment, PaymentEntry, ShippingOption
from sandbox.centra.records import Size, Warehouse

NOTHING = Amounts()
PRODUCT, BUNDLE, BUNDLE_ITEM, GIFT_CERTIFICATE = "ProductOrderLine", "BundleOrderLine", "BundleItemOrderLine", "GiftCertificateOrderLine"


@dataclass(slots=True, eq=False)
class Allocation:
    """Units of an order line taken from a warehouse; on a shipment once `shipment_line` is set, gone once that is shipped.

    `request`: the question to its store ("Direct, then confirm").
    """

    id: int
    line: OrderLine
    warehouse: Warehouse
    quantity: int
    shipment_line: ShipmentLine | None = None
    request: AllocationRequest | None = None

    @property
    def waiting(self) -> bool:
        """The store has not confirmed yet."""
        return self.request is not None and self.request.status in OPEN_REQUEST

    @property
    def shipped(self) -> bool:
        return self.shipment_line is not None and self.shipment_line.shipment.shipped_at is not None

    @property
    def free(self) -> bool:
        """On no shipment yet."""
        return self.shipment_line is None


@dataclass(slots=True, eq=False)
class OrderLine:
    """`kind` is the GraphQL type. `stocked`: its units are allocated and shipped from stock. `total`: the price of all `ordered` units.

    A bundle's money is on its own line; its items have `bundle` set, `each` units per bundle and a `weight` in its price.
    """

    id: int
    order: Order
    size: Size
    ordered: int
    kind: str = PRODUCT
    stocked: bool = True
    original: int = 10_000
    total: int = 0
    tax_percent: Decimal = Decimal(25)
    comment: str = ""
    name: str = ""
    bundle: OrderLine | None = None
    each: int = 1
    weight: int = 1
    cancelled: int = 0
    returned: int = 0
    waiting: int = 0
    allocations: list[Allocation] = field(default_factory=list)
    shipment_lines: list[ShipmentLine] = field(default_factory=list)

    @property
    def quantity(self) -> int:
        return self.ordered - self.cancelled

    @property
    def unallocated(self) -> int:
        return self.quantity - sum(a.quantity for a in self.allocations) if self.stocked else 0

    @property
    def expedited(self) -> int:
        """Units on shipments."""
        return sum(x.quantity for x in self.shipment_lines)

    @property
    def on_no_shipment(self) -> int:
        """Units that may be put on a shipment now: allocated ones, or all of a line that takes no stock."""
        if not self.stocked:
            return self.quantity - self.expedited if self.ships else 0
        return sum(a.quantity for a in self.allocations if a.free and not a.waiting)

    @property
    def ships(self) -> bool:
        """Whether its units go on shipments: bundles travel as their items, gift certificates by mail."""
        return self.kind in (PRODUCT, BUNDLE_ITEM)


@dataclass(slots=True, eq=False)
class Order:
    """`attributes`: {attribute type: {element key: value}}. `refused_by`: warehouses that rejected it or let it time out.

    `mails`: (kind, when) of what the customer was sent. `history`: comments, as the admin shows them.
    """

    id: str
    number: int
    status: str
    created_at: float
    updated_at: float
    preferred: list[Warehouse]
    currency: Currency = SEK
    wholesale: bool = False
    internal: bool = False
    locked: bool = False
    on_hold: bool = False
    hold_reason: str | None = None
    created_from: str = "Checkout API"
    tax_kind: str = "included"
    shipping: Fee = field(default_factory=Fee)
    handling: Fee = field(default_factory=Fee)
    discounts: list[Discount] = field(default_factory=list)
    other_comment: str = ""
    internal_comment: str = ""
    email: str = ""
    shipping_address: dict[str, str] | None = None
    billing_address: dict[str, str] | None = None
    shipping_option: ShippingOption | None = None
    payment: Payment = field(default_factory=Payment)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    offers: list[Offer] = field(default_factory=list)
    refused_by: set[int] = field(default_factory=set)
    mails: list[tuple[str, float]] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    lines: list[OrderLine] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)

    @property
    def waits_for_check_first(self) -> bool:
        return any(offer.status == "pending" for offer in self.offers)

    def line(self, line_id: int) -> OrderLine | None:
        return next((x for x in self.lines if x.id == line_id), None)


@dataclass(slots=True, eq=False)
class ShipmentLine:
    id: int
    shipment: Shipment
    line: OrderLine
    quantity: int
    returned: int = 0
    amounts: Amounts = NOTHING
    returned_amounts: Amounts = NOTHING
    allocations: list[Allocation] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Shipment:
    """`extras`: fees (and gift certificates) this shipment carries. `info`: the members of ShipmentInfoInput that were given."""

    id: int
    number: str
    order: Order
    created_at: float
    updated_at: float
    good_to_go: bool = True
    paid: bool = True
    shipped_at: float | None = None
    paid_at: float | None = None
    captured_at: float | None = None
    captured_value: int = 0
    info: dict[str, str] = field(default_factory=dict)
    additional_message: str = ""
    shipping: Amounts = NOTHING
    handling: Amounts = NOTHING
    gift_certificates: Amounts = NOTHING
    lines: list[ShipmentLine] = field(default_factory=list)

    @property
    def goods(self) -> Amounts:
        return sum((x.amounts for x in self.lines), NOTHING) + self.gift_certificates

    @property
    def total(self) -> int:
        return self.goods.total + self.shipping.total + self.handling.total


@dataclass(slots=True, eq=False)
class ReturnLine:
    id: int
    shipment_line: ShipmentLine
    quantity: int
    amounts: Amounts = NOTHING


@dataclass(slots=True, eq=False)
class Return:
    """`cost`: a fee that reduces the refund. `voucher`: what is taken off for the order's discounts."""

    id: int
    shipment: Shipment
    created_at: float
    warehouse: Warehouse | None
    lines: list[ReturnLine]
    completed: bool = True
    created_from: str = "Centra form"
    comment: str = ""
    shipping: Amounts = NOTHING
    handling: Amounts = NOTHING
    voucher: int = 0
    cost: int = 0
    refunds: list[PaymentEntry] = field(default_factory=list)

    @property
    def goods(self) -> Amounts:
        """Line values and taxes; the discount's share is in `voucher`."""
        whole = sum((x.amounts for x in self.lines), NOTHING)
        return Amounts(whole.value, 0, whole.added, whole.deducted, whole.included)

    @property
    def total(self) -> int:
        return self.goods.total + self.shipping.total + self.handling.total - self.voucher - self.cost
