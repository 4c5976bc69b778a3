"""A whole Sitoo order as the order and return flows need it. Money is Decimal with two decimals, times unix seconds.

No names or addresses: what the connector reads back of an order never includes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

OPEN, CLOSED, CANCELLED, ABANDONED = 0, 10, 20, -1
READY_FOR_PICKUP, PICKUP_REJECTED = 900, 910


@dataclass(frozen=True, slots=True)
class RowOfOrder:
    """`row`: Sitoo's zero-based orderitemid. `net`, `vat`: whole-row totals; negative on refunds. `marks`: the row's additionaldata."""

    row: int
    sku: str
    name: str
    quantity: int
    net: Decimal
    vat: Decimal
    vat_percent: Decimal
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat


@dataclass(frozen=True, slots=True)
class TenderOfOrder:
    """One payment. `virtual`: settled against another order, no real money (sitoo-api §2.5)."""

    name: str
    amount: Decimal
    virtual: bool
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WholeOrder:
    """`register` '' for orders not made at a till. `credit_of`: on a refund the order refunded (creditorderid, or pos-originalsales-orderid).

    `log`: (unix s, orderlogtypeid) newest last; only filled when a single order was read.
    """

    id: int
    type: int
    state: int
    payment_state: int
    external_id: str
    warehouse_id: int | None
    register: str
    date: float
    currency: str
    reserved_until: float | None
    total: Decimal
    rows: tuple[RowOfOrder, ...]
    payments: tuple[TenderOfOrder, ...]
    marks: Mapping[str, str]
    credit_of: int | None = None
    log: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A delivery of an order, cancelled ones included. `units`: {row: quantity}, negative on refunds. `reference`: waybill or tracking."""

    id: int
    order_id: int
    warehouse_id: int
    at: float
    reference: str
    cancelled: bool
    units: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class DeliveryWish:
    """Where a customer wants what was bought at a till. Lives in memory only: it holds a name and an address; '' where Sitoo has nothing.

    `addressed`: the order has a delivery address; else the address is the invoice's. `rows`: rows whose delivery information says that they are sent.
    `country`: ISO 3166, upper case.
    """

    first_name: str
    last_name: str
    company: str
    email: str
    phone: str
    address1: str
    address2: str
    zip_code: str
    city: str
    state: str
    country: str
    addressed: bool
    rows: frozenset[int]
