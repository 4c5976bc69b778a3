"""What hangs on an order of the Centra sandbox: payment, discounts, fees, and the questions its stores are asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.centra.records import Warehouse

if TYPE_CHECKING:
    from sandbox.centra.order_records import Order, OrderLine, Return

OPEN_REQUEST = ("allocated", "sent")


@dataclass(slots=True, eq=False)
class AllocationRequest:
    """A store is asked to confirm what was allocated to it. `lines`: (line, units). Status as the Order API words it."""

    id: int
    order: Order
    warehouse: Warehouse
    created_at: float
    expires_at: float
    lines: list[tuple[OrderLine, int]]
    status: str = "allocated"


@dataclass(slots=True, eq=False)
class Offer:
    """An order is offered to a check-first warehouse: pending | accepted | rejected | timeout."""

    warehouse: Warehouse
    expires_at: float
    status: str = "pending"


@dataclass(frozen=True, slots=True)
class StockAction:
    """What happens to units that an order gives up: released, removed from stock, or sent to another warehouse."""

    kind: str = "release"
    warehouse: Warehouse | None = None


@dataclass(slots=True, eq=False)
class Discount:
    """Of a whole order: a voucher's (`code` set) or one that somebody gave in the admin; an amount, or `percent` of the lines."""

    name: str
    at: float
    code: str = ""
    amount: int = 0
    percent: Decimal | None = None


@dataclass(slots=True, eq=False)
class Fee:
    value: int = 0
    tax_percent: Decimal = Decimal(25)


@dataclass(frozen=True, slots=True)
class ShippingOption:
    id: int
    name: str
    uri: str


@dataclass(slots=True, eq=False)
class PaymentEntry:
    id: int
    order: Order
    type: str
    status: str
    amount: int
    created_at: float
    reference: str
    source: str
    return_: Return | None = None


@dataclass(slots=True, eq=False)
class Payment:
    """How an order is paid. `authorised`, `captured`, `refunded`: what the provider did; `capturing`, `refunding`: requests it has not answered.

    `external`: paid where Centra can neither capture nor refund (External Payment Plugin). `direct`: captured when the order was placed.
    """

    name: str = "Adyen Drop-In"
    uri: str = "adyen-drop-in"
    plugin: str = "adyen_drop_in"
    external: bool = False
    direct: bool = False
    authorised: int = 0
    captured: int = 0
    capturing: int = 0
    refunded: int = 0
    refunding: int = 0
    history: list[PaymentEntry] = field(default_factory=list)

    @property
    def left_to_capture(self) -> int:
        return self.authorised - self.captured - self.capturing

    @property
    def left_to_refund(self) -> int:
        return self.captured - self.refunded - self.refunding
