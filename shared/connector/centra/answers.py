"""From Centra's JSON to the connector's rows. A value that is missing or of the wrong kind raises Malformed, never becomes zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connector.centra import names
from connector.centra.models import AllocatedUnits, OrderRow, RateLimitRow, ReturnRow, ShipmentRow, SizeRow, StockChangeRow, WarehouseRow

Node = Mapping[str, Any]

UNKNOWN_WAREHOUSE = 0
"""For shipped units whose warehouse Centra no longer tells."""


class Malformed(ValueError):
    """Centra's answer lacks something it must have."""


def nodes(value: Any) -> list[Node]:
    """A list of objects; None entries (an error below a nullable element) are Malformed."""
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise Malformed("a list is missing")
    return value


def whole(value: Any) -> int:
    """An integer; Int64 scalars may come as strings."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Malformed(f"no whole number: {type(value).__name__}")
    try:
        return int(value)
    except ValueError as wrong:
        raise Malformed("no whole number") from wrong


def moment(value: Any) -> float:
    """`2023-01-16T10:31:34+01:00` → unix seconds."""
    if not isinstance(value, str):
        raise Malformed("a date is missing")
    try:
        when = datetime.fromisoformat(value)
    except ValueError as wrong:
        raise Malformed("an unreadable date") from wrong
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def date_text(when: float) -> str:
    """Unix seconds → ISO 8601 with offset, whole seconds, rounded down."""
    return datetime.fromtimestamp(int(when // 1), UTC).isoformat()


def of(node: Any, *path: str) -> Any:
    """The value at `path`; None where an object on the way is null."""
    for name in path:
        if node is None:
            return None
        if not isinstance(node, Mapping) or name not in node:
            raise Malformed(f"{name} is missing")
        node = node[name]
    return node


def stock_levels(stock: Any) -> dict[int, tuple[int, int]]:
    """A stock list: {size id: (physical, allocated)}."""
    return {whole(of(row, "productSize", "id")): (whole(of(row, "physicalQuantity")), whole(of(row, "allocatedQuantity"))) for row in nodes(stock)}


def order_row(node: Node) -> OrderRow:
    """Allocations that belong to a shipped shipment are left out, whether or not Centra still lists them on the order line."""
    shipped_units: dict[int, int] = {}
    shipped_allocations: set[int] = set()
    for line in (line for s in nodes(of(node, "shipments")) if of(s, "isShipped") for line in nodes(of(s, "lines"))):
        line_id = whole(of(line, "orderLine", "id"))
        shipped_units[line_id] = shipped_units.get(line_id, 0) + whole(of(line, "quantity"))
        shipped_allocations |= {whole(of(a, "id")) for a in nodes(of(line, "allocations"))}
    allocated: dict[tuple[int, int], int] = {}
    loose: set[int] = set()
    for line in _stocked(nodes(of(node, "lines"))):
        size, held = whole(of(line, "productSize", "id")), 0
        for allocation in nodes(of(line, "allocations")):
            warehouse = of(allocation, "warehouse", "id")
            if whole(of(allocation, "id")) not in shipped_allocations and warehouse is not None:
                units = whole(of(allocation, "quantity"))
                held += units
                allocated[size, whole(warehouse)] = allocated.get((size, whole(warehouse)), 0) + units
        gone = shipped_units.get(whole(of(line, "id")), 0)
        if whole(of(line, "cancelledQuantity")) > 0 or whole(of(line, "quantity")) > held + gone:
            loose.add(size)
    rows = tuple(AllocatedUnits(size, warehouse, units) for (size, warehouse), units in sorted(allocated.items()))
    return OrderRow(whole(of(node, "number")), str(of(node, "status")), moment(of(node, "updatedAt")), rows, tuple(sorted(loose)))


def _stocked(lines: list[Node]) -> Iterator[Node]:
    """Lines that are a product size: not gift cards, bundles or lines whose size was deleted."""
    return (line for line in lines if line.get("productSize") is not None)


def shipment_row(node: Node) -> ShipmentRow:
    units: dict[tuple[int, int], int] = {}
    for line in nodes(of(node, "lines")):
        size = (of(line, "orderLine") or {}).get("productSize")
        if size is None:
            continue
        told = 0
        for allocation in nodes(of(line, "allocations")):
            warehouse = of(allocation, "warehouse", "id")
            key = (whole(of(size, "id")), UNKNOWN_WAREHOUSE if warehouse is None else whole(warehouse))
            units[key] = units.get(key, 0) + whole(of(allocation, "quantity"))
            told += whole(of(allocation, "quantity"))
        if told < whole(of(line, "quantity")):
            key = (whole(of(size, "id")), UNKNOWN_WAREHOUSE)
            units[key] = units.get(key, 0) + whole(of(line, "quantity")) - told
    shipped = of(node, "shippedAt")
    return ShipmentRow(
        whole(of(node, "id")),
        whole(of(node, "order", "number")),
        moment(of(node, "updatedAt")),
        moment(shipped) if of(node, "isShipped") and shipped is not None else None,
        tuple(AllocatedUnits(size, warehouse, n) for (size, warehouse), n in sorted(units.items())),
    )


def return_row(node: Node) -> ReturnRow:
    warehouse = of(node, "returnWarehouse", "id")
    sizes = {of(line, "orderLine", "productSize", "id") for line in nodes(of(node, "lines")) if (of(line, "orderLine") or {}).get("productSize")}
    return ReturnRow(
        whole(of(node, "id")),
        whole(of(node, "order", "number") or 0),
        moment(of(node, "createdAt")),
        None if warehouse is None else whole(warehouse),
        tuple(sorted(whole(s) for s in sizes)),
    )


def change_sizes(lines: Any) -> set[int]:
    """The sizes of a stock change's lines, as far as they still exist."""
    sizes = (of(line, "productSize", "id") for line in nodes(lines))
    return {whole(size) for size in sizes if size is not None}


def stock_change_row(node: Node, sizes: set[int]) -> StockChangeRow:
    warehouse = of(node, "warehouse", "id")
    return StockChangeRow(
        whole(of(node, "id")),
        moment(of(node, "createdAt")),
        None if warehouse is None else whole(warehouse),
        str(of(node, "comment") or ""),
        tuple(sorted(sizes)),
    )


def size_row(node: Node) -> SizeRow:
    """From a size with its variant and product."""
    variant = of(node, names.SIZE_VARIANT)
    return _size(node, variant, of(variant, names.VARIANT_PRODUCT))


def product_sizes(product: Node) -> Iterator[SizeRow]:
    """From a product with its variants and sizes; bundles have no stock of their own."""
    if of(product, "isBundle"):
        return
    for variant in nodes(of(product, "variants")):
        for size in nodes(of(variant, "productSizes")):
            yield _size(size, variant, product)


def _size(size: Node, variant: Node, product: Node) -> SizeRow:
    active = of(size, "isActive") is True and of(variant, "status") == names.ACTIVE and of(product, "status") == names.ACTIVE
    identity = (whole(of(product, "id")), whole(of(variant, "id")))
    return SizeRow(whole(of(size, "id")), str(of(size, "SKU") or ""), str(of(size, "EAN") or ""), *identity, active)


def is_bundle(size: Node) -> bool:
    return of(size, names.SIZE_VARIANT, names.VARIANT_PRODUCT, "isBundle") is True


def warehouse_row(node: Node) -> WarehouseRow:
    threshold = of(node, "threshold")
    return WarehouseRow(whole(of(node, "id")), str(of(node, "name")), str(of(node, "stockMaster")), None if threshold is None else whole(threshold))


def limit_rows(value: Any) -> list[RateLimitRow]:
    return [
        RateLimitRow(str(of(row, "type")), str(of(row, "intervalSeconds")), whole(of(row, "quota")), whole(of(row, "remainingQuota")))
        for row in nodes(value)
    ]
