"""The order section of the mapping file: which orders go to stores, what they must hold, what happens afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Fulfilment(StrEnum):
    """How a customer gets the goods of a web order."""

    PICK_UP = "pick_up"
    SHIP_FROM_STORE = "ship_from_store"


class Capture(StrEnum):
    """How money is taken when a store has handed goods out: capture with the shipment, already paid (mark as paid), or left to others."""

    CAPTURE = "capture"
    PAID = "paid"
    NONE = "none"


class PosSales(StrEnum):
    """What a till sale becomes in Centra: a change of stock only, or also an order through the Order API."""

    STOCK_ONLY = "stock_only"
    ORDERS = "orders"


class TillRefund(StrEnum):
    """Who pays a refund made with this tender: the till itself, or the web order's payment provider through Centra."""

    PAID_AT_TILL = "paid_at_till"
    REFUND_IN_CENTRA = "refund_in_centra"


@dataclass(frozen=True, slots=True)
class ShippingMethod:
    """A Centra shipping option, by name or uri: how the customer gets the goods, and what the store must tell the courier."""

    option: str
    fulfilment: Fulfilment
    carrier: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class OrderContract:
    """Attributes (names of docs/mapping-orders.md) without which an order is not sent, per kind of fulfilment, beyond those that always are needed.

    `gift_message`: where it stands in Centra: `other_comment`, or `<attribute type>.<element key>`; '' when the client has none.
    """

    pick_up: tuple[str, ...] = ("email_or_phone",)
    ship_from_store: tuple[str, ...] = ("courier",)
    gift_message: str = "other_comment"


@dataclass(frozen=True, slots=True)
class ReturnCopies:
    """Copies of centrally shipped orders, so that tills can validate returns. `most_per_day`: more than that are left out, and said."""

    make: bool = False
    window_days: int = 60
    most_per_day: int = 2000
    sitoo_warehouse: int | None = None
    customer_email: bool = True


@dataclass(frozen=True, slots=True)
class Uncollected:
    """Pick-ups that nobody collects, in days since ready for pick-up."""

    remind_after_days: int = 5
    release_after_days: int = 14


@dataclass(frozen=True, slots=True)
class OrderStamps:
    """Where the connector writes notes on a Centra order: an attribute type with element keys the client configured. '' adds "ready for pick-up" to
    the order's internal comment, and leaves what was returned at a till to the comment of its return."""

    attribute: str = ""
    ready_element: str = "ready_for_pickup"
    return_element: str = "store_return"


@dataclass(frozen=True, slots=True)
class ReturnSettings:
    """`tenders`: till payment name → who pays. Unknown names fail closed. `stock_in_after_s`: how long a refund's stock movement is waited for."""

    tenders: dict[str, TillRefund] = field(default_factory=dict)
    shipping_sku: str = ""
    stock_in_after_s: int = 900


@dataclass(frozen=True, slots=True)
class TillOrders:
    """Centra orders made of till orders through the Order API, whose plugin is set up per country (centra-api §8).

    `email`: stands on sales, which name no customer; '' makes none. `country`: ISO 3166, two letters. `market`, `pricelist`: names, '' takes the
    country's own. `payment_plugin`: id of the plugin that payments are shown under, 0 for none. `central_rule`: name of the allocation rule
    that takes from the central warehouse only, `shipping_option`: uri, both for goods sent to customers; '' takes the market's own.
    """

    email: str = ""
    country: str = ""
    market: str = ""
    pricelist: str = ""
    payment_plugin: int = 0
    central_rule: str = ""
    shipping_option: str = ""


@dataclass(frozen=True, slots=True)
class OrderSettings:
    """Everything about orders. `payment_name`: the tender name on Sitoo copies. Fee SKUs: '' sends the fee as a row without SKU.

    `reserve_days`: how long a copy reserves stock (renewed while the order is open).
    `central_first`: after a rejection units are looked for in the central warehouse before other stores.
    """

    shipping_methods: tuple[ShippingMethod, ...] = ()
    contract: OrderContract = OrderContract()
    capture: Capture = Capture.CAPTURE
    send_shipment_email: bool = True
    payment_name: str = "Web"
    shipping_fee_sku: str = ""
    handling_fee_sku: str = ""
    reserve_days: int = 14
    central_first: bool = False
    reallocate: bool = True
    confirm_allocations: bool = False
    uncollected: Uncollected = Uncollected()
    return_copies: ReturnCopies = ReturnCopies()
    stamps: OrderStamps = OrderStamps()
    returns: ReturnSettings = ReturnSettings()
    pos_sales: PosSales = PosSales.STOCK_ONLY
    endless_aisle: bool = False
    till_orders: TillOrders = TillOrders()
