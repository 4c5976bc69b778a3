"""What the Centra sandbox remembers of products and stock. Quantities are whole units, times unix seconds."""

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
    timeout_hours: float = 24.0
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
