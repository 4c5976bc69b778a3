"""How many units Centra should hold as physical stock of a SKU in a store (design: target).

target = max(0, Σ sellable on-hand − bookings − SD + DS − withheld), floored once, where
- bookings = max(Σ reserved in Sitoo − our own unexpired, undelivered reservations, Σ open bookings),
- SD = shipped in Centra, not yet delivered in Sitoo, unless a stock-take since has counted the unit out,
- DS = delivered in Sitoo, not yet shipped in Centra, as far as still allocated there,
- withheld = units a store could not find, until a later count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OnHand:
    """One sellable Sitoo warehouse: whole units on hand (may be negative), units reserved there, last stock-take (unix s, 0 = never)."""

    warehouse_id: int
    total: int
    reserved: int
    stocktaken_at: float


@dataclass(frozen=True, slots=True)
class OwedLine:
    """Units of one web order owed by the store (see store.order_links.OpenLine for the meanings); `allocated` as Centra says now."""

    order_number: int
    allocated: int
    shipped: int
    shipped_at: float
    delivered: int
    reserved: int
    reserved_until: float | None
    withheld: int
    withheld_at: float


@dataclass(frozen=True, slots=True)
class Target:
    """The target and the parts it is made of, so that a person can be told why."""

    quantity: int
    on_hand: int
    bookings: int
    shipped_not_delivered: int
    delivered_not_shipped: int
    withheld: int

    def explain(self) -> str:
        parts = [f"{self.on_hand} on hand"]
        for units, words in (
            (-self.bookings, "booked in the store"),
            (-self.shipped_not_delivered, "shipped in Centra, not yet handed out in Sitoo"),
            (self.delivered_not_shipped, "handed out in Sitoo, not yet shipped in Centra"),
        ):
            if units:
                parts.append(f"{units:+d} {words}")
        if self.withheld:
            parts.append(f"{self.withheld} not found by the store")
        return ", ".join(parts)


def target(on_hand: Sequence[OnHand], open_bookings: int, lines: Sequence[OwedLine], *, now: float) -> Target:
    """The target from what was read. `on_hand` holds every sellable warehouse of the store that has a row for the SKU (at least one)."""
    counted_at = min(level.stocktaken_at for level in on_hand)
    total = sum(level.total for level in on_hand)
    ours = sum(max(0, line.reserved - line.delivered) for line in lines if line.reserved_until is not None and line.reserved_until > now)
    bookings = max(sum(level.reserved for level in on_hand) - ours, open_bookings, 0)
    held_back = sum(max(0, line.shipped - line.delivered) for line in lines if counted_at <= line.shipped_at)
    handed_out = sum(min(max(0, line.delivered - line.shipped), line.allocated) for line in lines)
    withheld = sum(line.withheld for line in lines if counted_at <= line.withheld_at)
    quantity = max(0, total - bookings - held_back + handed_out - withheld)
    return Target(quantity, total, bookings, held_back, handed_out, withheld)


def is_settled(line: OwedLine, counted_at: float) -> bool:
    """Nothing is outstanding between the two systems: the line no longer affects any target."""
    handed_out = line.delivered >= line.shipped or counted_at > line.shipped_at
    withheld = line.withheld > 0 and counted_at <= line.withheld_at
    reserved = line.reserved > line.delivered
    return line.allocated == 0 and line.delivered <= line.shipped and handed_out and not withheld and not reserved
