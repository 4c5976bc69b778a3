"""Which units of a line a copy holds, counted from the first, so that copies of one order share its cents and fees without overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.centra.order_models import CentraOrder, LineOfOrder
from connector.mapping.order_kinds import is_goods

Units = Mapping[int, int]
"""{order line: units}"""


def places_of(order: CentraOrder, line: LineOfOrder) -> dict[int, int]:
    """{Centra warehouse: units} of a line allocated there or shipped from there, as far as Centra tells."""
    places: dict[int, int] = {}
    for allocation in line.allocations:
        places[allocation.warehouse] = places.get(allocation.warehouse, 0) + allocation.units
    for shipment in order.shipments:
        if shipment.shipped_at is not None:
            for part in shipment.lines:
                if part.order_line == line.id:
                    for warehouse, units in part.warehouses.items():
                        places[warehouse] = places.get(warehouse, 0) + units
    return places


@dataclass(frozen=True, slots=True)
class Places:
    """Where a copy stands among the places that may hold units of an order.

    `here`: the copy's Centra warehouse, None for a return copy, which stands for every warehouse that is no store. `stores`: the Centra
    warehouses of all stores. `taken`: {order line: units} on earlier copies for the same place. `known`: {warehouse: {order line: units}} where
    the caller knows more than the order tells (the warehouses of old shipments).
    """

    here: int | None
    stores: frozenset[int]
    taken: Units = field(default_factory=dict)
    known: Mapping[int, Units] = field(default_factory=dict)

    def first_unit(self, order: CentraOrder, line: LineOfOrder, count: int) -> int:
        """The first of `count` units here: stores come before other warehouses, lower numbers before higher, units that wait come last."""
        places = places_of(order, line)
        for warehouse, units in self.known.items():
            places[warehouse] = max(places.get(warehouse, 0), units.get(line.id, 0))
        before = sum(units for warehouse, units in places.items() if self._is_before(warehouse)) + self.taken.get(line.id, 0)
        return max(0, min(before, line.quantity - count))

    def _is_before(self, warehouse: int) -> bool:
        if self.here is None:
            return warehouse in self.stores
        if (warehouse in self.stores) != (self.here in self.stores):
            return warehouse in self.stores
        return warehouse < self.here


def leading_line(order: CentraOrder) -> LineOfOrder | None:
    """The line whose first unit carries what belongs to no unit: fees and lines that only have a price."""
    return min((line for line in order.lines if is_goods(line) and line.quantity > 0), key=lambda line: line.id, default=None)
