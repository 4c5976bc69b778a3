"""What the Centra sandbox remembers. Quantities are whole units, times unix seconds."""

from __future__ import annotations

from dataclasses import dataclass, field


class Refusal(ValueError):
    """A business rule says no: `userErrors` for a mutation, HTTP 400 for a control action."""

    def __init__(self, message: str, path: list[str] | None = None) -> None:
        super().__init__(message)
        self.path = path


@dataclass(slots=True, eq=False)
class Product:
    id: int
    name: str
    number: str
    created_at: float
    updated_at: float
    active: bool = True
    variants: list[Variant] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Variant:
    id: int
    product: Product
    name: str
    updated_at: float
    active: bool = True
    stock_offset: int | None = None
    sizes: list[Size] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Size:
    """The stock-keeping unit (ProductSize). `ean` '' is none."""

    id: int
    variant: Variant
    sku: str
    ean: str
    updated_at: float
    upc: str = ""
    active: bool = True


@dataclass(slots=True, eq=False)
class Warehouse:
    id: int
    name: str
    stock_master: str = "EXTERNAL"
    threshold: int | None = None
    allocation_policy: str = "DIRECT"
    active: bool = True


@dataclass(slots=True, eq=False)
class Stock:
    """One size in one warehouse: physical = allocated + free to allocate."""

    warehouse: Warehouse
    size: Size
    physical: int = 0
    allocated: int = 0
    demand: int = 0

    @property
    def free(self) -> int:
        return self.physical - self.allocated

    def safety(self) -> int:
        """Units never sold online: an offset above zero replaces the threshold."""
        return (self.size.variant.stock_offset or 0) or (self.warehouse.threshold or 0)


@dataclass(slots=True, eq=False)
class StockChangeLine:
    id: int
    size: Size
    warehouse: Warehouse
    delivered: int


@dataclass(slots=True, eq=False)
class StockChange:
    id: int
    created_at: float
    comment: str
    type: str
    warehouse: Warehouse
    lines: list[StockChangeLine]


@dataclass(slots=True, eq=False)
class Allocation:
    """Units of an order line taken from a warehouse; on a shipment once `shipment_line` is set, gone once that is shipped."""

    id: int
    line: OrderLine
    warehouse: Warehouse
    quantity: int
    shipment_line: ShipmentLine | None = None

    @property
    def shipped(self) -> bool:
        return self.shipment_line is not None and self.shipment_line.shipment.shipped_at is not None


@dataclass(slots=True, eq=False)
class OrderLine:
    id: int
    order: Order
    size: Size
    ordered: int
    cancelled: int = 0
    returned: int = 0
    waiting: int = 0
    allocations: list[Allocation] = field(default_factory=list)

    @property
    def quantity(self) -> int:
        return self.ordered - self.cancelled

    @property
    def unallocated(self) -> int:
        return self.quantity - sum(a.quantity for a in self.allocations)

    @property
    def on_no_shipment(self) -> int:
        """Allocated units that no shipment holds yet."""
        return sum(a.quantity for a in self.allocations if a.shipment_line is None)


@dataclass(slots=True, eq=False)
class Order:
    id: str
    number: int
    status: str
    created_at: float
    updated_at: float
    preferred: list[Warehouse]
    lines: list[OrderLine] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class ShipmentLine:
    id: int
    shipment: Shipment
    line: OrderLine
    quantity: int
    returned: int = 0
    allocations: list[Allocation] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Shipment:
    id: int
    number: str
    order: Order
    created_at: float
    updated_at: float
    good_to_go: bool = True
    paid: bool = True
    shipped_at: float | None = None
    lines: list[ShipmentLine] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class ReturnLine:
    id: int
    shipment_line: ShipmentLine
    quantity: int


@dataclass(slots=True, eq=False)
class Return:
    id: int
    shipment: Shipment
    created_at: float
    warehouse: Warehouse | None
    lines: list[ReturnLine]
    completed: bool = True
