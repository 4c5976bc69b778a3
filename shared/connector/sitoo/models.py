"""What the connector reads from Sitoo, in Sitoo's terms. Quantities are Decimal, times unix seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """A warehouse transaction. `type` 10 in, 20 out, 30 sales, 40 refund, 50 stock-taking; others are plain deltas. `items`: (sku, signed change)."""

    id: int
    warehouse_id: int
    created_at: float
    type: int
    items: tuple[tuple[str, Decimal], ...]
    order_delivery_id: int | None = None
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class TransactionPage:
    """Transactions with id ≥ the asked one, ascending. `complete`: nothing newer was there when it was read."""

    rows: tuple[TransactionRow, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A SKU's level in one warehouse (sitoo-api §6.2). `total` may be negative."""

    warehouse_id: int
    sku: str
    total: Decimal
    reserved: Decimal
    stocktaken_at: float


@dataclass(frozen=True, slots=True)
class OrderItemRow:
    """`row` is Sitoo's zero-based orderitemid."""

    row: int
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class SitooOrder:
    """An order, booking (type 100) or parked sale (110) as far as stock is concerned. `state`: 0 open, 10 closed, 20 cancelled, -1 abandoned."""

    id: int
    type: int
    state: int
    external_id: str
    warehouse_id: int | None
    reserved_until: float | None
    items: tuple[OrderItemRow, ...]
    marks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery of an order, cancelled ones left out. `units`: {row: quantity}."""

    id: int
    order_id: int
    warehouse_id: int
    units: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class ProductRow:
    """`aliases`: further barcodes of the same product (Sitoo's barcodealiases)."""

    productid: int
    sku: str
    barcode: str
    stock_counted: bool
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WarehouseInfo:
    """`type` 10 FIFO, 20 Virtual."""

    id: int
    name: str
    type: int
    store_id: int | None
    sellable: bool
