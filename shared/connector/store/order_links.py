"""OrderLinks: which units of which Centra order a store warehouse owes, and how far both systems are with them.

The drain reads it to compute targets; order flows (later) and the drain write it. Each attribute has one meaning and is absolute,
so that writing it twice is harmless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OpenLine:
    """Units of one SKU of one Centra order at one store warehouse.

    `allocated`: still allocated in Centra there. `shipments`: Centra shipment id → units shipped from there; `shipped_at` the latest.
    `sitoo_order_id`: the copy in Sitoo, None when unknown (unlinked). `delivered`: units delivered on that copy, whoever delivered.
    `reserved`/`reserved_until`: what our copy reserves in Sitoo. `withheld`: units the store could not find (`withheld_at`).
    `shipping_since`: a `completeShipment` was called then and its outcome is not known (None: no call is open).
    """

    order_number: int
    warehouse: int
    sku: str
    allocated: int = 0
    shipments: Mapping[int, int] = field(default_factory=dict)
    shipped_at: float = 0.0
    sitoo_order_id: int | None = None
    delivered: int = 0
    reserved: int = 0
    reserved_until: float | None = None
    withheld: int = 0
    withheld_at: float = 0.0
    shipping_since: float | None = None

    @property
    def shipped(self) -> int:
        return sum(self.shipments.values())


class OrderLinks(Protocol):
    """Each write creates the line if need be. A closed line is remembered: a write that tells nothing new leaves it closed
    (a shipment read again), one that does opens it again with all that was known.
    """

    def open_lines(self, warehouses: Sequence[int]) -> list[OpenLine]:
        """All lines at these Centra warehouses that are not closed. Strongly consistent."""
        ...

    def seen_in_centra(self, order_number: int, warehouse: int, sku: str, *, allocated: int) -> None:
        """Set `allocated` (absolute)."""
        ...

    def shipped(self, order_number: int, warehouse: int, sku: str, *, shipment_id: int, units: int, at: float) -> None:
        """Record a Centra shipment's units (absolute per shipment); the same shipment again changes nothing more."""
        ...

    def linked(self, order_number: int, warehouse: int, sku: str, *, sitoo_order_id: int, reserved: int, reserved_until: float | None) -> None:
        """Record the Sitoo copy and what it reserves."""
        ...

    def delivered(self, order_number: int, warehouse: int, sku: str, *, units: int) -> None:
        """Set the delivered units (absolute: a delivery cancelled in Sitoo lowers them)."""
        ...

    def withhold(self, order_number: int, warehouse: int, sku: str, *, units: int, at: float) -> None:
        """Set the units the store could not find (absolute; 0 releases them)."""
        ...

    def shipping(self, order_number: int, warehouse: int, sku: str, *, since: float | None) -> None:
        """A completeShipment call is about to be made (since) or its outcome is known (None)."""
        ...

    def close(self, line: OpenLine) -> None:
        """Nothing is outstanding any more: the line leaves `open_lines`, unless it changed since `line` was read. It then counts as not allocated.

        `line.allocated` is not compared: the reader may know it fresher than it is stored.
        """
        ...
