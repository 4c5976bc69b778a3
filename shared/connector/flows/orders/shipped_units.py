"""Which units a shipment may hold, and whose shelves they leave. Pure."""

from __future__ import annotations

from connector.centra.order_models import CentraOrder
from connector.flows.orders.owed import entitled
from connector.store.order_files import Copy, OrderFile, Shipping


def not_allocated(file: OrderFile, order: CentraOrder, shipping: Shipping) -> str:
    """Units of the delivery that Centra no longer has for its warehouse, for people; '' when it has all."""
    short = []
    for line_id, units in shipping.lines.items():
        line = order.line(line_id)
        missing = units - entitled(file, order, line_id, shipping.warehouse)
        if missing > 0:
            short.append(f"{missing} × {line.sku if line is not None else line_id}")
    return ", ".join(short)


def taken_from(order: CentraOrder, copy: Copy, shipping: Shipping) -> dict[tuple[int, str], int]:
    """{(warehouse, sku): units} that the shipment takes off Centra's shelves: Centra chooses among a line's allocations, and tells."""
    by_line = {row.line: row.sku for row in copy.rows if row.sku and row.line}
    units: dict[tuple[int, str], int] = {}
    told = next((s.lines for s in order.shipments if s.id == shipping.shipment_id), ())
    places = {line.order_line: line.warehouses for line in told}
    for line, n in shipping.lines.items():
        if line in by_line:
            for warehouse, count in (places.get(line) or {shipping.warehouse: n}).items():
                units[warehouse, by_line[line]] = units.get((warehouse, by_line[line]), 0) + count
    return units
