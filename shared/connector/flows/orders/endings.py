"""What people were told about an order's units ends with its cause: they are for sale again, have found a place, or nobody wants them any more."""

from __future__ import annotations

from collections.abc import Iterable

from connector.centra.order_models import CentraOrder
from connector.domain.exceptions import Case, Kind
from connector.flows.orders.context import OrderContext
from connector.flows.orders.endless_aisle import ENDED
from connector.flows.orders.order_turn import OrderTurn, parked_about
from connector.flows.orders.owed import waiting_units
from connector.store.order_files import OrderFile


def end_what_holds_no_longer(turn: OrderTurn, order: CentraOrder) -> None:
    """Resolve the order's OVERSOLD, FULFILMENT_REJECTED and, about a store, SHIPMENT_UNCLEAR, as far as their causes are gone."""
    for about in parked_about(turn.file, Kind.OVERSOLD):
        if not _waits(order, turn.case(Kind.OVERSOLD, about)):
            turn.resolve(Kind.OVERSOLD, about=about, note="nothing of it waits any more")
    for about in parked_about(turn.file, Kind.FULFILMENT_REJECTED):
        if (turn.file.number, _warehouse(about)) not in _kept_off_sale(turn.ctx, [about]):
            turn.resolve(Kind.FULFILMENT_REJECTED, about=about, note="nothing of it is kept off sale any more")
    for about in parked_about(turn.file, Kind.SHIPMENT_UNCLEAR):
        warehouse = _warehouse(about)
        if warehouse is not None and not any(line.allocated_to(warehouse) for line in order.lines):
            turn.resolve(Kind.SHIPMENT_UNCLEAR, about=about, note="the store owes nothing of it any more")


def waits_for_a_count(file: OrderFile) -> bool:
    """Whether a store still has to count what it could not find: the sweep looks whether it has, so the file stays open."""
    return bool(parked_about(file, Kind.FULFILMENT_REJECTED))


def counted_since(ctx: OrderContext, files: Iterable[OrderFile]) -> set[int]:
    """Orders with a FULFILMENT_REJECTED of this site's stores whose units are no longer kept off sale. Asks no vendor.

    Those that a vendor refuses are left out: they cannot get through, and have a time of their own to be tried again.
    """
    ours = {f"warehouse/{store.centra_warehouse}" for store in ctx.site.stores}
    through = [file for file in files if "" not in parked_about(file, Kind.VENDOR_REFUSED)]
    told = [(file.number, about) for file in through for about in parked_about(file, Kind.FULFILMENT_REJECTED) if about in ours]
    kept = _kept_off_sale(ctx, {about for _, about in told})
    return {number for number, about in told if (number, _warehouse(about)) not in kept}


def _waits(order: CentraOrder, case: Case | None) -> bool:
    """Units that nobody had still have no place, or the order is still on hold for them. A case that names no lines is about all of them."""
    if order.status in ENDED or not any(line.quantity for line in order.lines):
        return False
    named = case.problem.evidence.get("order_lines") if case is not None else None
    lines = {line.id for line in order.lines}
    if isinstance(named, list):
        lines &= {int(line) for line in named}
    return order.on_hold or bool(waiting_units(order, lines))


def _kept_off_sale(ctx: OrderContext, abouts: Iterable[str]) -> set[tuple[int, int | None]]:
    """(order, store's warehouse) of what stores could not find and have not counted since: the drain then closes the line.

    A store that left the mapping keeps nothing off sale.
    """
    stores = {store.centra_warehouse for site in ctx.mapping.sites for store in site.stores}
    places = sorted({warehouse for about in abouts if (warehouse := _warehouse(about)) in stores and warehouse is not None})
    return {(line.order_number, line.warehouse) for line in (ctx.links.open_lines(places) if places else ()) if line.withheld}


def _warehouse(about: str) -> int | None:
    kind, _, name = about.partition("/")
    return int(name) if kind == "warehouse" else None
