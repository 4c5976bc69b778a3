"""What is asked about a copy before it is made: the order, the part of it that goes into the copy, and where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from connector.centra.order_models import CentraOrder, LineOfOrder
from connector.domain.exceptions import Kind
from connector.domain.order_settings import Fulfilment, OrderSettings, ShippingMethod


class Use(StrEnum):
    """What a copy is for: one of the fulfilments, or to let tills take goods back."""

    PICK_UP = Fulfilment.PICK_UP.value
    SHIP_FROM_STORE = Fulfilment.SHIP_FROM_STORE.value
    RETURN_COPY = "return_copy"


@dataclass(frozen=True, slots=True)
class Lack:
    """One reason why a copy cannot be made. `happened` (no full stop) and `todo` in plain words, without anything about the customer.

    `attribute`: its name in docs/mapping-orders.md. `kind`: INCOMPLETE_ORDER, UNMAPPED_SKU, UNMAPPED_NAME or UNSUPPORTED_AMOUNT.
    """

    attribute: str
    happened: str
    todo: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Subject:
    """`units`: {order line: units} for the copy. `skus`: {Centra size: Sitoo SKU}. `use` None: nobody knows how the customer gets the goods."""

    order: CentraOrder
    units: Mapping[int, int]
    use: Use | None
    method: ShippingMethod | None
    settings: OrderSettings
    skus: Mapping[int, str]
    sitoo_warehouse: int
    store_name: str

    def goods(self) -> list[tuple[LineOfOrder, int]]:
        """Lines with units for the copy, in the order's order; units of lines the order does not have are told by the attribute `lines`."""
        return [(line, self.units[line.id]) for line in self.order.lines if self.units.get(line.id, 0) > 0]
