"""What a store owes of an order, what its copies in Sitoo hold, and the difference. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from connector.centra.order_models import CentraOrder, ShipmentOfOrder
from connector.domain.order_keys import delivery_of
from connector.store.order_files import Copy, CopyState, OrderFile, Purpose

Units = Mapping[int, int]
"""{Centra order line: units}"""


@dataclass(frozen=True, slots=True)
class Gap:
    """One store warehouse: `missing` units no copy holds, `surplus` units that copies hold and the store no longer owes, its live `copies`."""

    warehouse: int
    missing: Units
    surplus: Units
    copies: tuple[Copy, ...]


def gaps(file: OrderFile, order: CentraOrder, owed: Mapping[int, Units], warehouses: Iterable[int]) -> list[Gap]:
    """One gap per store warehouse that owes or holds anything. `owed`: {warehouse: units allocated there and not shipped}.

    What was shipped from a store was owed by it, and its copy still holds it: both sides count it. What was shipped without a copy gets one,
    which is handed out at once: else Sitoo's stock would keep goods that left.
    """
    found = []
    for warehouse in warehouses:
        due = dict(owed.get(warehouse, {}))
        for line, units in shipped_from(file, order, warehouse).items():
            due[line] = due.get(line, 0) + units
        held = held_by(file, warehouse)
        live = tuple(c for c in file.live_copies() if c.warehouse == warehouse and c.purpose is Purpose.FULFIL)
        missing = {line: n - held.get(line, 0) for line, n in due.items() if n > held.get(line, 0)}
        surplus = {line: n - due.get(line, 0) for line, n in held.items() if n > due.get(line, 0)}
        if missing or surplus or live:
            found.append(Gap(warehouse, missing, surplus, live))
    return found


def all_owed(gap: Gap) -> dict[int, int]:
    """{line: units} that one copy would hold if it took the place of the live ones."""
    units = dict(gap.missing)
    for copy in gap.copies:
        for line, n in units_of(copy).items():
            units[line] = units.get(line, 0) + n
    return {line: n - gap.surplus.get(line, 0) for line, n in units.items() if n > gap.surplus.get(line, 0)}


def staying(file: OrderFile, gap: Gap) -> dict[int, int]:
    """{line: units} on copies of the warehouse that are done and stay."""
    held = held_by(file, gap.warehouse)
    for copy in gap.copies:
        for line, n in units_of(copy).items():
            held[line] = held.get(line, 0) - n
    return {line: n for line, n in held.items() if n > 0}


def held_by(file: OrderFile, warehouse: int) -> dict[int, int]:
    """{line: units} on the warehouse's copies that are not cancelled, fees left out."""
    held: dict[int, int] = {}
    for copy in file.copies:
        if copy.warehouse == warehouse and copy.purpose is Purpose.FULFIL and copy.state is not CopyState.CANCELLED:
            for line, units in units_of(copy).items():
                held[line] = held.get(line, 0) + units
    return held


def units_of(copy: Copy) -> dict[int, int]:
    """{line: units} of a copy, fees left out."""
    units: dict[int, int] = {}
    for row in copy.rows:
        if row.line and row.sku:
            units[row.line] = units.get(row.line, 0) + row.units
    return units


def shipped_from(file: OrderFile, order: CentraOrder, warehouse: int) -> dict[int, int]:
    """{line: units} shipped in Centra from a warehouse. Where Centra no longer tells a shipment's warehouse, our own record of it does."""
    units: dict[int, int] = {}
    for shipment in order.shipments:
        if shipment.shipped_at is not None:
            for line, n in units_from(file, shipment, warehouse).items():
                units[line] = units.get(line, 0) + n
    return units


def units_from(file: OrderFile, shipment: ShipmentOfOrder, warehouse: int) -> dict[int, int]:
    """{line: units} that a shipment takes from a warehouse; a shipment of ours whose allocations are gone came from where it was delivered."""
    delivery = delivery_of(shipment.external_id)
    ours = next((s.warehouse for s in file.shippings if s.delivery_id == delivery), None)
    units: dict[int, int] = {}
    for line in shipment.lines:
        n = line.warehouses.get(warehouse, 0) if line.warehouses else line.units if warehouse == _only_place(file, ours, line.order_line) else 0
        if n:
            units[line.order_line] = units.get(line.order_line, 0) + n
    return units


def _only_place(file: OrderFile, ours: int | None, line: int) -> int | None:
    if ours is not None:
        return ours
    places = {c.warehouse for c in file.copies if c.purpose is Purpose.FULFIL and c.state is not CopyState.CANCELLED and line in units_of(c)}
    return places.pop() if len(places) == 1 else None


def waiting_units(order: CentraOrder, lines: Container[int]) -> dict[int, int]:
    """{line: units} of these lines that are neither allocated nor shipped."""
    waiting = {line.id: line.quantity - sum(a.units for a in line.allocations) - order.shipped_units(line.id) for line in order.lines}
    return {line: n for line, n in waiting.items() if line in lines and n > 0}


def entitled(file: OrderFile, order: CentraOrder, line_id: int, warehouse: int) -> int:
    """Units of a line that a warehouse may still ship.

    Of a line split over stores Centra ships whichever allocation it likes: what another store's shipment took from here is owed here still, what
    a shipment from here took elsewhere is not.
    """
    line = order.line(line_id)
    units = line.allocated_to(warehouse) if line is not None else 0
    made_for = {s.shipment_id: s.warehouse for s in file.shippings if s.shipment_id is not None}
    for shipment in order.shipments:
        for part in shipment.lines if shipment.id in made_for and shipment.shipped_at is not None else ():
            if part.order_line == line_id and part.warehouses:
                elsewhere = sum(n for place, n in part.warehouses.items() if place != made_for[shipment.id])
                if made_for[shipment.id] == warehouse:
                    units -= elsewhere
                else:
                    units += part.warehouses.get(warehouse, 0)
    return units
