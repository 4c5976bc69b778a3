"""What the connector reads from Centra and writes to it, in Centra's terms. Quantities are whole units, times unix seconds (UTC)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StockRow:
    """Stock of one size in one warehouse (centra-api §6.1): physical = allocated + free to allocate."""

    warehouse: int
    size_id: int
    physical: int
    allocated: int


@dataclass(frozen=True, slots=True)
class AllocatedUnits:
    """Units of a size allocated to (or, on a shipment, shipped from) a warehouse."""

    size_id: int
    warehouse: int
    units: int


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A Centra order as far as stock is concerned: its number, status and what is allocated where, not yet shipped.

    `loose_sizes`: sizes with units that are cancelled, or neither allocated nor shipped: they may have left a warehouse we no longer see.
    """

    number: int
    status: str
    updated_at: float
    allocated: tuple[AllocatedUnits, ...]
    loose_sizes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ShipmentRow:
    """A Centra shipment; `shipped_at` is None while it is not completed. `units` tell size and warehouse."""

    id: int
    order_number: int
    updated_at: float
    shipped_at: float | None
    units: tuple[AllocatedUnits, ...]


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """A Centra return: the warehouse it put units into (None: removed from stock), and the sizes."""

    id: int
    order_number: int
    created_at: float
    warehouse: int | None
    size_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StockChangeRow:
    """A Centra stock change: `comment` is the description its author gave (ours carry our mark)."""

    id: int
    created_at: float
    warehouse: int | None
    comment: str
    size_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Since:
    """From when on (unix s) changes are asked for. `orders`: a moment of its own for orders; None: the same."""

    all: float
    orders: float | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in Centra since a moment. `complete` is False when a page was full: read on from `through` before trusting it.

    `through`: every change up to this moment (unix s) is in here: when the request was sent, or the newest row
    of the full page that reaches least far.
    """

    orders: tuple[OrderRow, ...] = ()
    shipments: tuple[ShipmentRow, ...] = ()
    returns: tuple[ReturnRow, ...] = ()
    stock_changes: tuple[StockChangeRow, ...] = ()
    complete: bool = True
    through: float = 0.0


@dataclass(frozen=True, slots=True)
class StoresRead:
    """One request's answer. A wanted (warehouse, size) missing from `stock` is unknown, not zero. `read_at`: when the request was sent.

    `unsure`: pairs missing because Centra could not be asked, or did not answer, about them: look again. Others missing are unknown to Centra.
    """

    read_at: float
    stock: Mapping[tuple[int, int], StockRow] = field(default_factory=dict)
    changes: Changes | None = None
    orders: Mapping[int, OrderRow] = field(default_factory=dict)
    unsure: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class SetStock:
    """One `setStock` PHYSICAL: absolute quantities per size id (≥ 0), ≤ 200 sizes, with our reference in `description`."""

    warehouse: int
    quantities: Mapping[int, int]
    description: str


@dataclass(frozen=True, slots=True)
class SetStockAnswer:
    """Centra's answer to one SetStock. `errors` non-empty: refused, nothing written (as far as Centra tells). `warnings`: written with adjustments.

    `refused_index`: position in `quantities` of the size the error's path names, when it names one.
    """

    warehouse: int
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    refused_index: int | None = None


@dataclass(frozen=True, slots=True)
class SizeRow:
    """A product size as the SKU map needs it (centra-api §7)."""

    size_id: int
    sku: str
    ean: str
    product_id: int
    variant_id: int
    active: bool


@dataclass(frozen=True, slots=True)
class RateLimitRow:
    """One row of `rateLimits` (centra-api §1.5): kind REQUEST_COUNT | QUERY_COMPLEXITY | MUTATION_COUNT, interval TEN_SECONDS | ONE_HOUR."""

    kind: str
    interval: str
    quota: int
    remaining: int


@dataclass(frozen=True, slots=True)
class WarehouseRow:
    """A Centra warehouse: `stock_master` as Centra spells it (EXTERNAL …), `threshold` None when unset."""

    id: int
    name: str
    stock_master: str
    threshold: int | None


Warehouses = Sequence[WarehouseRow]
