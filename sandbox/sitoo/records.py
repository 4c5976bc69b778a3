"""What a Sitoo account holds, in Sitoo's terms. Quantities and money are Decimal, times unix seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

FIFO, VIRTUAL = 10, 20
MOVE_IN, MOVE_OUT, SALES, REFUND, STOCK_TAKING = 10, 20, 30, 40, 50
UNKNOWN_OUT, UNKNOWN_IN = 60, 70
ORDER, BOOKING, PARKED = 10, 100, 110
OPEN, CLOSED, CANCELLED, ABANDONED = 0, 10, 20, -1
PAID = 20
READY_FOR_PICKUP, PICKUP_REJECTED = 900, 910


class Refusal(Exception):
    """Sitoo says no: HTTP (or row) `status` with `text` as errortext. Control actions raise it too."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass(slots=True)
class Product:
    productid: int
    sku: str
    title: str
    barcode: str
    stock_counted: bool
    modified: float
    active: bool = True
    price: Decimal = Decimal("100.00")
    vat: int = 25
    aliases: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Store:
    storeid: int
    name: str
    externalid: str | None


@dataclass(slots=True)
class Warehouse:
    warehouseid: int
    name: str
    warehousetype: int
    storeid: int | None
    sellable: bool
    currency: str
    externalid: str | None = None


@dataclass(slots=True)
class Item:
    """A SKU's level in one warehouse. `counted` is datelaststocktaking."""

    warehouseitemid: int
    warehouseid: int
    sku: str
    total: Decimal
    modified: float
    counted: float | None = None
    unit_cost: Decimal = Decimal("0.00")
    value: Decimal | None = None
    bin_location: str = ""
    threshold: Decimal = Decimal(0)


@dataclass(slots=True)
class Movement:
    """One SKU in a transaction: `change` is signed, `total` the level after it."""

    sku: str
    change: Decimal
    total: Decimal
    unit_cost: Decimal


@dataclass(slots=True)
class Transaction:
    """`visible_at` later than `created`: readers do not see it before."""

    warehousetransactionid: int
    warehouseid: int
    created: float
    type: int
    movements: list[Movement]
    visible_at: float
    description: str = ""
    orderdeliveryid: int | None = None
    externalid: str | None = None
    reasoncode: str | None = None


@dataclass(slots=True)
class OrderRow:
    """`gross` is the whole row including VAT after its discount; `delivered` counts delivered units (negative on refunds).

    `given_up`: units that a till refunded before they were handed out.
    """

    row: int
    sku: str
    name: str
    quantity: int
    gross: Decimal
    discount: Decimal
    vat: Decimal
    delivered: int = 0
    given_up: int = 0
    productid: int = 0
    additionaldata: dict[str, str] = field(default_factory=dict)
    written: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Order:
    """`written` keeps the fields without a rule of their own (customer, addresses, comments) as they were sent.

    Lists do not show it before `listed_at` (unix s).
    """

    orderid: int
    type: int
    state: int
    payment_state: int
    date: float
    currency: str
    rows: list[OrderRow]
    warehouseid: int | None = None
    reserved_until: float | None = None
    externalid: str | None = None
    creditorderid: int | None = None
    registerid: str | None = None
    additionaldata: dict[str, str] = field(default_factory=dict)
    payments: list[dict[str, Any]] = field(default_factory=list)
    reservedpayments: list[dict[str, Any]] = field(default_factory=list)
    log: list[tuple[float, int, str | None, int | None]] = field(default_factory=list)
    written: dict[str, Any] = field(default_factory=dict)
    listed_at: float = 0.0

    def delivered(self) -> bool:
        return all(row.delivered == row.quantity for row in self.rows)


@dataclass(slots=True)
class Delivery:
    """`units` by row; `ignored_stock`: it moved none. `asked_to_ignore`: because the call said so, not the order's mark."""

    orderdeliveryid: int
    orderid: int
    warehouseid: int
    units: dict[int, int]
    date: float
    reference: str
    ignored_stock: bool
    cancelled: float | None = None
    asked_to_ignore: bool = False


@dataclass(slots=True)
class Batch:
    """A stock-taking (type 50, absolute levels) or goods batch (changes). State 10 open, 20 closed."""

    warehousebatchid: int
    warehouseid: int
    type: int
    created: float
    comment: str
    externalid: str | None
    owner: str
    state: int = 10
    transactionid: int | None = None
    quantities: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
