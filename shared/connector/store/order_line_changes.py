"""What each write to OrderLinks does to a line: pure rules, the same for every store. Absolute, so that writing twice is harmless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from connector.store.order_links import OpenLine

LineKey = tuple[int, int, str]
"""(Centra order number, Centra warehouse id, Sitoo sku)"""
Change = Callable[[OpenLine], OpenLine]


def may_close(stored: OpenLine, seen: OpenLine) -> bool:
    """Whether `stored` is still as `seen`; what is allocated apart."""
    return replace(stored, allocated=0) == replace(seen, allocated=0)


def allocate(units: int) -> Change:
    return lambda line: replace(line, allocated=units)


def ship(shipment_id: int, units: int, at: float) -> Change:
    return lambda line: replace(line, shipments={**line.shipments, shipment_id: units}, shipped_at=max(line.shipped_at, at))


def link(sitoo_order_id: int, reserved: int, reserved_until: float | None) -> Change:
    return lambda line: replace(line, sitoo_order_id=sitoo_order_id, reserved=reserved, reserved_until=reserved_until)


def deliver(units: int) -> Change:
    return lambda line: replace(line, delivered=units)


def withhold(units: int, at: float) -> Change:
    return lambda line: replace(line, withheld=units, withheld_at=at)


def begin_shipping(since: float | None) -> Change:
    return lambda line: replace(line, shipping_since=since)
