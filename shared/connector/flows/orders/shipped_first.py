"""Shipped in Centra's admin before the store said so: the copy in Sitoo is handed out by the connector, so that nobody does it again."""

from __future__ import annotations

import re
from dataclasses import replace

from connector.centra.order_models import CentraOrder
from connector.domain.configuration import Lane
from connector.domain.order_keys import delivery_of
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.owed import units_from, units_of
from connector.flows.orders.unclear_shipments import park_twice, stands_for
from connector.sitoo.order_models import CLOSED, OPEN, HandedOut
from connector.store.order_files import Copy, CopyState, Purpose

_ECHO = re.compile(r"^centra-shipment-\d+(-counted)?$")


def reference_of(shipment_id: int, *, counted: bool = False) -> str:
    """orderdeliveryref of a delivery that only repeats a Centra shipment; `counted`: of units that a count since has taken out of stock."""
    return f"centra-shipment-{shipment_id}{'-counted' if counted else ''}"


def is_echo(delivery: HandedOut) -> bool:
    """A delivery the connector made because Centra had shipped: it must not become a shipment."""
    return _ECHO.match(delivery.reference) is not None


def hand_out_what_centra_shipped(turn: OrderTurn, order: CentraOrder, body: str) -> None:
    """For each open copy of a store: shipments from its warehouse that no delivery of it led to."""
    for copy in turn.file.copies:
        store = turn.ctx.store_at(copy.warehouse)
        if store is None or copy.state is not CopyState.OPEN or copy.purpose is not Purpose.FULFIL or not turn.is_ours(copy):
            continue
        for shipment in order.shipments:
            fact = f"handed-out:{shipment.id}:{copy.external_id}"
            if shipment.shipped_at is None or delivery_of(shipment.external_id) is not None or fact in turn.file.handled:
                continue
            held, handed = units_of(copy), stands_for(turn.file, shipment, copy.warehouse)
            shipped = {line: n - handed.get(line, 0) for line, n in units_from(turn.file, shipment, copy.warehouse).items()}
            lines = {line: min(n, held[line]) for line, n in shipped.items() if n > 0 and held.get(line)}
            if lines:
                _hand_out(turn, copy, turn.ctx.fulfils_from(store), shipment.id, shipment.shipped_at, lines, body)
                turn.keep(replace(turn.file, handled=turn.file.handled | {fact}))


def _hand_out(turn: OrderTurn, copy: Copy, place: int, shipment_id: int, shipped_at: float, lines: dict[int, int], body: str) -> None:
    ctx, order_id = turn.ctx, copy.sitoo_order_id
    if order_id is None:
        return
    turn.hold()
    given = _given(copy, [d for d in ctx.sitoo.handed_out(order_id) if not d.cancelled], shipment_id, lines)
    units: dict[int, int] = {}
    for row in copy.rows:
        take = min(row.units - given.get(row.row, 0), lines.get(row.line, 0)) if row.line else 0
        if take > 0:
            units[row.row] = take
            lines[row.line] -= take
    if any(lines.values()):
        park_twice(turn, shipment_id, copy.warehouse, body)
    if not units:
        return
    turn.hold()
    gone = _counted_since(turn, copy, units, place, shipped_at)
    for counted in (False, True):
        some = {index: n for index, n in units.items() if (index in gone) is counted}
        if some:
            turn.hold()
            ctx.sitoo.post_delivery(order_id, place, some, reference=reference_of(shipment_id, counted=counted), ignore_stock=counted)
    turn.step("handed out, because Centra shipped it", note=f"shipment {shipment_id}, {copy.external_id}")
    turn.touch_stock({(copy.warehouse, row.sku) for row in copy.rows if row.row in units})
    if all(row.units <= given.get(row.row, 0) + units.get(row.row, 0) for row in copy.rows if row.line and row.sku):
        _close(turn, copy, order_id)


def _given(copy: Copy, deliveries: list[HandedOut], shipment_id: int, lines: dict[int, int]) -> dict[int, int]:
    """{row: units} handed out already; what an earlier try handed out for this shipment is taken off `lines`."""
    given: dict[int, int] = {}
    for delivery in deliveries:
        for index, n in delivery.units.items():
            given[index] = given.get(index, 0) + n
            if delivery.reference in (reference_of(shipment_id), reference_of(shipment_id, counted=True)):
                line = next((row.line for row in copy.rows if row.row == index), 0)
                lines[line] = max(0, lines.get(line, 0) - n)
    return given


def _close(turn: OrderTurn, copy: Copy, order_id: int) -> None:
    turn.hold()
    whole = turn.ctx.sitoo.whole_order(order_id)
    if whole is not None and whole.state == OPEN:
        turn.hold()
        turn.ctx.sitoo.put_order(order_id, {"orderstateid": CLOSED})
    turn.keep(turn.file.with_copy(replace(copy, state=CopyState.DONE)))


def _counted_since(turn: OrderTurn, copy: Copy, units: dict[int, int], place: int, shipped_at: float) -> set[int]:
    """Rows whose SKU was counted after the shipment: the count has taken the units out already, so their delivery must not do it again."""
    skus = sorted({row.sku for row in copy.rows if row.row in units})
    levels = turn.ctx.sitoo_stock.items(place, skus, lane=Lane.ORDERS)
    return {row.row for row in copy.rows if row.row in units and row.sku in levels and levels[row.sku].stocktaken_at > shipped_at}
