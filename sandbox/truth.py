"""What Centra must hold for a SKU in a store, computed from both sandboxes' true state – on its own, sharing no code with the connector."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shelf:
    """A sellable Sitoo warehouse: units on hand (may be negative), units reserved there, last count (unix s, 0 never).

    `counted_at` None: it never had the SKU, so counts of the other warehouses speak for the store.
    """

    total: int
    reserved: int
    counted_at: float | None = 0.0


@dataclass(frozen=True, slots=True)
class WebOrder:
    """A web order's units of the SKU at this store: allocated (not shipped) and shipped in Centra, delivered in Sitoo."""

    allocated: int
    shipped: int = 0
    shipped_at: float = 0.0
    delivered: int = 0


@dataclass(frozen=True, slots=True)
class Truth:
    """`target`: units the store has for the web; `allocated`: units Centra has promised from it."""

    target: int
    allocated: int

    @property
    def physical(self) -> int:
        """What Centra must hold: it goes no lower than what it has promised."""
        return max(self.target, self.allocated)

    @property
    def oversold(self) -> bool:
        return self.target < self.allocated


def truth(shelves: Iterable[Shelf], orders: Iterable[WebOrder], *, booked: int = 0, own_reservations: int = 0) -> Truth:
    """`booked`: units of open bookings; `own_reservations`: units that copies of web orders reserve, which are no bookings.

    A shipment that Sitoo has not handed out still lies on the shelf, unless a count since then has missed it. A hand-out that Centra has not
    shipped is gone from the shelf, but still promised.
    """
    of_store, owed = list(shelves), list(orders)
    counted_at = min((shelf.counted_at for shelf in of_store if shelf.counted_at is not None), default=0.0)
    bookings = max(sum(shelf.reserved for shelf in of_store) - own_reservations, booked, 0)
    still_here = sum(max(0, order.shipped - order.delivered) for order in owed if counted_at <= order.shipped_at)
    gone_early = sum(min(max(0, order.delivered - order.shipped), order.allocated) for order in owed)
    on_hand = sum(shelf.total for shelf in of_store)
    return Truth(max(0, on_hand - bookings - still_here + gone_early), sum(order.allocated for order in owed))
