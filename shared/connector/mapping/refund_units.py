"""Which units of which Centra shipment a refund brings back: never more than shipped − returned − on their way, oldest shipment first.

Whether `ShipmentLine.returnedQuantity` counts a return that is created but not completed is not documented (centra-api §5.1), so units count
as returned when either the shipment line or the list of returns says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.domain.order_keys import refund_of, return_key
from connector.mapping.line_worth import items_of
from connector.store.order_files import Returning

CANCELLATION = 0
"""In place of the shipment in the key of a refund's units that never were shipped: their lines are cancelled, not returned."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A line of a shipped shipment. `left`: units this refund may still return. `made`: units it has returned already.

    `first`: which of the order line's units come back next, counted over its shipments in the order they were made.
    """

    shipment_id: int
    shipment_line: int
    order_line: int
    left: int
    made: int
    first: int


@dataclass(frozen=True, slots=True)
class Taken:
    """`units` of a shipment line that a refund returns; `sold`: (order line, first unit, units) whose money they are."""

    shipment_id: int
    shipment_line: int
    units: int
    sold: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """`missing`: {order line: units} for which no shipment has anything left."""

    taken: tuple[Taken, ...]
    missing: Mapping[int, int]


def slots(order: CentraOrder, returns: Sequence[ReturnOfOrder], returnings: Sequence[Returning], refund_id: int) -> list[Slot]:
    """Every line of a shipped shipment, oldest shipment first. `returnings`: the order's file; claims not yet seen in Centra take units too."""
    seen = {r.external_id for r in returns}
    found: list[Slot] = []
    claims = [r for r in returnings if r.inbound and r.state == "claimed" and r.key not in seen and not _is_of(r.key, refund_id)]
    offsets: dict[int, int] = {}
    placed: dict[int, int] = defaultdict(int)
    for shipment in sorted(order.shipments, key=lambda s: s.id):
        for line in shipment.lines:
            offsets[line.id] = placed[line.order_line]
            placed[line.order_line] += line.units
    shipped = sorted((s.shipped_at, s.id, s) for s in order.shipments if s.shipped_at is not None)
    answered = {known[1] for r in returns if (known := refund_of(r.external_id)) is not None and known[0] == refund_id}
    for _, shipment_id, shipment in shipped:
        for line in shipment.lines:
            made = sum(r.lines.get(line.id, 0) for r in returns if _is_of(r.external_id, refund_id))
            listed = sum(r.lines.get(line.id, 0) for r in returns)
            claimed = sum(c.lines.get(line.id, 0) for c in claims if c.shipment_id == shipment_id)
            others = max(line.returned, listed) - made + claimed
            # One refund makes one return of a shipment: what that return holds is all it will hold.
            left = 0 if shipment_id in answered else max(0, line.units - others)
            found.append(Slot(shipment_id, line.id, line.order_line, left, made, offsets[line.id] + others))
    return found


def _is_of(key: str, refund_id: int) -> bool:
    known = refund_of(key)
    return known is not None and known[0] == refund_id


def cancelled_by(returnings: Sequence[Returning], refund_id: int) -> dict[int, int]:
    """{order line: units} that this refund has cancelled in Centra already."""
    key = return_key(refund_id, CANCELLATION)
    return {line: units for r in returnings if r.key == key and r.state == "done" for line, units in r.lines.items()}


def left_by_line(order: CentraOrder, free: Sequence[Slot]) -> dict[int, int]:
    """{order line: units} that can still come back: on shipments, or not shipped yet."""
    left = {line.id: max(0, line.quantity - order.shipped_units(line.id)) for line in order.lines}
    for slot in free:
        left[slot.order_line] = left.get(slot.order_line, 0) + slot.left + slot.made
    return left


def spread(order: CentraOrder, wanted: Mapping[int, int], free: Sequence[Slot]) -> Spread | None:
    """Spread {order line: units} over shipments, units already returned for this refund first. None: only a part of a bundle comes back,
    and Centra ships that bundle as one line (which level ships is not documented, centra-api §3.4)."""
    at_level = _at_shipping_level(order, wanted)
    if at_level is None:
        return None
    taken: list[Taken] = []
    missing: dict[int, int] = {}
    for shipped_as, units, parts in at_level:
        rest = units
        own = [slot for slot in free if slot.order_line == shipped_as]
        shares = {slot.shipment_line: min(slot.made, rest) for slot in own}
        rest -= sum(shares.values())
        for slot in own:
            more = min(slot.left, rest)
            shares[slot.shipment_line] += more
            rest -= more
        for slot in own:
            if count := shares[slot.shipment_line]:
                sold = tuple((line, slot.first * each, count * each) for line, each in parts)
                taken.append(Taken(slot.shipment_id, slot.shipment_line, count, sold))
        for line, each in parts:
            if rest:
                missing[line] = missing.get(line, 0) + rest * each
    order_of = {slot.shipment_line: n for n, slot in enumerate(free)}
    return Spread(tuple(sorted(taken, key=lambda t: order_of[t.shipment_line])), missing)


def _at_shipping_level(order: CentraOrder, wanted: Mapping[int, int]) -> list[tuple[int, int, list[tuple[int, int]]]] | None:
    """[(line as it is shipped, its units, [(line whose money it is, units of it in one)])]."""
    on_shipments = {line.order_line for shipment in order.shipments for line in shipment.lines}
    result: dict[int, tuple[int, list[tuple[int, int]]]] = {}
    bundles: dict[int, dict[int, int]] = defaultdict(dict)
    for line_id, units in wanted.items():
        line = order.line(line_id)
        if line is not None and line.bundle_line in on_shipments and line_id not in on_shipments:
            bundles[line.bundle_line][line_id] = units
        else:
            result[line_id] = (units, [(line_id, 1)])
    for bundle_id, parts in bundles.items():
        each = _whole_bundle(order, bundle_id)
        whole = {units // each[line] if line in each and units % each[line] == 0 else -1 for line, units in parts.items()}
        if parts.keys() != each.keys() or len(whole) != 1 or -1 in whole:
            return None
        result[bundle_id] = (whole.pop(), list(each.items()))
    return [(line, units, parts) for line, (units, parts) in sorted(result.items())]


def _whole_bundle(order: CentraOrder, bundle_id: int) -> dict[int, int]:
    """{item line: units of it in one bundle}."""
    bundle = order.line(bundle_id)
    items = items_of(order, bundle_id)
    return {item.id: item.quantity // bundle.quantity for item in items if item.quantity >= bundle.quantity} if bundle and bundle.quantity else {}
