"""Goods that a store handed out and that Centra does not show: people are told, and what they ship by hand takes the place of our shipment."""

from __future__ import annotations

from dataclasses import replace

from connector.centra.order_models import CentraOrder, ShipmentOfOrder
from connector.domain.exceptions import Kind, Owner, State
from connector.domain.order_keys import delivery_of
from connector.flows.orders.order_turn import OrderTurn, parked_about
from connector.flows.orders.owed import Units, units_from
from connector.runtime.queues import Work
from connector.store.order_files import OrderFile, Shipping, ShippingState


def about(shipping: Shipping) -> str:
    """What of its order a problem with one delivery is about."""
    return f"delivery/{shipping.delivery_id}"


def park_unclear(turn: OrderTurn, shipping: Shipping, happened: str, body: str) -> None:
    """Centra refuses the shipment of a delivery, or no longer has the units for it."""
    turn.park(
        Kind.SHIPMENT_UNCLEAR,
        Owner.CUSTOMER_SERVICE,
        f"The store handed out part of order {turn.file.number}, and Centra does not show it. {happened}",
        f"Open order {turn.file.number} in Centra, see what is allocated and shipped, correct it there, then redrive this exception.",
        Work.FULFILMENTS,
        body,
        about=about(shipping),
        delivery=shipping.delivery_id,
        centra_warehouse=shipping.warehouse,
    )
    turn.keep(replace(turn.file, handled=turn.file.handled | {_told(shipping)}))


def park_twice(turn: OrderTurn, shipment_id: int, warehouse: int, body: str) -> None:
    """Shipped by people and handed out by the store, neither knowing of the other: only they can tell whether the goods left twice."""
    turn.park(
        Kind.SHIPMENT_UNCLEAR,
        Owner.CUSTOMER_SERVICE,
        f"Shipment {shipment_id} of order {turn.file.number} was completed in Centra's admin and handed out by the store as well.",
        "Ask the store whether the customer got the goods twice; correct the shipment or make a return in Centra, then discard this exception.",
        Work.ORDERS,
        body,
        about=_about_shipment(shipment_id),
        shipment=shipment_id,
        centra_warehouse=warehouse,
    )


def told_and_unchanged(turn: OrderTurn, order: CentraOrder, shipping: Shipping) -> bool:
    """People were told that Centra refuses this shipment, and neither they nor Centra have done anything since."""
    told = _told(shipping) in turn.file.handled and not turn.sent_back_at(Kind.SHIPMENT_UNCLEAR, about(shipping))
    return told and order.updated_at < shipping.at


def shipped_by_hand(turn: OrderTurn, order: CentraOrder, shipping: Shipping) -> ShipmentOfOrder | None:
    """The shipment that people, told of it, made for what a store had handed out: it holds the same units, from there, and stands for nothing else.

    Once they have discarded the case, one from another warehouse will do, if nothing of these lines is left to ship: it can have no other shipment.
    """
    case = turn.case(Kind.SHIPMENT_UNCLEAR, about(shipping))
    given_up = case is not None and case.state is State.DISCARDED
    done = all(line.quantity <= order.shipped_units(line.id) for line in order.lines if line.id in shipping.lines)
    for shipment in order.shipments:
        if _is_by_hand(shipment):
            here = units_from(turn.file, shipment, shipping.warehouse)
            after = shipment.shipped_at is not None and shipment.shipped_at >= shipping.at and _told(shipping) in turn.file.handled
            if (after or _decided(turn, shipment)) and _holds(turn.file, shipment, shipping, here):
                return shipment
            if given_up and done and _holds(turn.file, shipment, shipping, _units(shipment)):
                return shipment
    return None


def shipped_before(turn: OrderTurn, order: CentraOrder, shipping: Shipping) -> ShipmentOfOrder | None:
    """A shipment that people made of these units before the connector knew that the store had handed them out."""
    for shipment in order.shipments:
        repeated = any(fact.startswith(f"handed-out:{shipment.id}:") for fact in turn.file.handled)
        if not _is_by_hand(shipment) or (repeated and not _is_told_twice(turn, shipment)):
            continue
        if _holds(turn.file, shipment, shipping, units_from(turn.file, shipment, shipping.warehouse)):
            return shipment
    return None


def stands_for(file: OrderFile, shipment: ShipmentOfOrder, warehouse: int) -> dict[int, int]:
    """{line: units} of a shipment made by others that the store had handed out itself: nothing more leaves it with them."""
    units: dict[int, int] = {}
    for shipping in file.shippings:
        unclear = shipping.state is ShippingState.CLAIMED and shipping.shipment_id is None and _told(shipping) in file.handled
        later = shipment.shipped_at is not None and shipment.shipped_at >= shipping.at
        if shipping.warehouse == warehouse and (shipping.shipment_id == shipment.id or (unclear and later)):
            for line, n in shipping.lines.items():
                units[line] = units.get(line, 0) + n
    return units


def _is_by_hand(shipment: ShipmentOfOrder) -> bool:
    return shipment.shipped_at is not None and delivery_of(shipment.external_id) is None


def _holds(file: OrderFile, shipment: ShipmentOfOrder, shipping: Shipping, units: Units) -> bool:
    """Whether `units` of a shipment, without those that stand for other deliveries, are those of the delivery, or more."""
    taken: dict[int, int] = {}
    for other in file.shippings:
        if other.shipment_id == shipment.id and other.delivery_id != shipping.delivery_id:
            for line, n in other.lines.items():
                taken[line] = taken.get(line, 0) + n
    return all(units.get(line, 0) - taken.get(line, 0) >= n for line, n in shipping.lines.items())


def _units(shipment: ShipmentOfOrder) -> dict[int, int]:
    units: dict[int, int] = {}
    for line in shipment.lines:
        units[line.order_line] = units.get(line.order_line, 0) + line.units
    return units


def _decided(turn: OrderTurn, shipment: ShipmentOfOrder) -> bool:
    """People were asked about shipment and delivery, and gave the case up: both mean the same goods."""
    case = turn.case(Kind.SHIPMENT_UNCLEAR, _about_shipment(shipment.id))
    return case is not None and case.state is State.DISCARDED


def _is_told_twice(turn: OrderTurn, shipment: ShipmentOfOrder) -> bool:
    return _about_shipment(shipment.id) in parked_about(turn.file, Kind.SHIPMENT_UNCLEAR)


def _about_shipment(shipment_id: int) -> str:
    return f"shipment/{shipment_id}"


def _told(shipping: Shipping) -> str:
    return f"unclear:{shipping.delivery_id}"
