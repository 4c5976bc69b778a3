"""What Sitoo must know about a Centra order: which store owes which units, what tills may take back, what is waited for, what is nobody's business.

Pure. Sources: centra-api §3.1 (status, hold), §3.4 (lines, allocations), §3.7 (payment history), §4.1 (who confirms an allocation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from connector.centra.order_models import CentraOrder, LineOfOrder
from connector.domain.configuration import Site
from connector.domain.order_keys import delivery_of, sale_of
from connector.domain.order_settings import Fulfilment, OrderSettings, ShippingMethod
from connector.mapping.order_kinds import is_goods
from connector.mapping.order_paid import is_paid

BEFORE_STORES = frozenset({"PENDING"})
WITH_STORES = frozenset({"CONFIRMED", "PROCESSING"})
SHIPPED = frozenset({"SHIPPED", "ARCHIVED"})
CANCELLED = "CANCELLED"

HOLDS = {
    "PAYMENT_MISMATCH": "on hold: the payment does not match the order",
    "WAITING_FOR_PAYMENT": "waiting for payment",
    "WAITING_FOR_FRAUD_CHECK": "on hold: waiting for the fraud check",
    "WAITING_FOR_CHECK_FIRST_ALLOCATION": "waiting for a store to accept it",
    "WAITING_FOR_GIFT_CARD_AUTHORIZATION": "waiting for the gift card's authorisation",
}


class DecisionKind(StrEnum):
    """What mainly happens with an order; FULFIL may come with units for a return copy, and both with something awaited."""

    FULFIL = "fulfil"
    RETURN_COPY = "return copy"
    WAIT = "wait"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Decision:
    """`fulfil`: {store's Centra warehouse: {order line: units}} allocated there and not shipped. `shipping_method` None: the option is not mapped.

    `return_copy`: {order line: units} shipped from warehouses that are no store of the site; the flow decides whether a copy is made.
    `awaiting`: what must happen first, in plain words ('' nothing). `summary`: the decision in one line, for people.
    """

    kind: DecisionKind
    summary: str
    awaiting: str = ""
    fulfil: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    return_copy: Mapping[int, int] = field(default_factory=dict)
    shipping_method: ShippingMethod | None = None

    @property
    def fulfilment(self) -> Fulfilment | None:
        return self.shipping_method.fulfilment if self.shipping_method is not None else None


def decide(order: CentraOrder, settings: OrderSettings, site: Site) -> Decision:
    """What the site's stores and tills have to do with an order. Never raises: what is unknown waits, and says so."""
    if ignored := _no_business(order):
        return Decision(DecisionKind.IGNORE, ignored)
    returnable = shipped_elsewhere(order, site) if is_paid(order) else {}
    if reason := _not_yet(order):
        kind = DecisionKind.RETURN_COPY if returnable else DecisionKind.WAIT
        return Decision(kind, reason, reason, return_copy=returnable)
    owed, unconfirmed = _owed_by_stores(order, settings, site)
    awaiting = "; ".join(filter(None, (unconfirmed, _unallocated(order))))
    method = shipping_method(order, settings)
    if owed:
        names = ", ".join(store.name for store in site.stores if store.centra_warehouse in owed)
        how = method.fulfilment.value.replace("_", " ") if method else f"shipping option {order.shipping_option!r} is not mapped"
        return Decision(DecisionKind.FULFIL, f"{names}: {how}", awaiting, owed, returnable, method)
    if returnable:
        return Decision(DecisionKind.RETURN_COPY, "shipped from elsewhere: tills may take it back", awaiting, {}, returnable, method)
    if awaiting:
        return Decision(DecisionKind.WAIT, awaiting, awaiting, shipping_method=method)
    return Decision(DecisionKind.IGNORE, _nothing_to_do(order), shipping_method=method)


def shipping_method(order: CentraOrder, settings: OrderSettings) -> ShippingMethod | None:
    """The mapped shipping method of an order, by the name of its shipping option or by its uri; None: not mapped."""
    names = {text.casefold() for text in (order.shipping_option, order.shipping_option_uri) if text}
    return next((method for method in settings.shipping_methods if method.option.casefold() in names), None)


def shipped_elsewhere(order: CentraOrder, site: Site) -> dict[int, int]:
    """{order line: units} shipped from warehouses that are no store of the site. Where Centra does not tell the warehouse, nobody assumes one."""
    units: dict[int, int] = {}
    for shipment in order.shipments:
        if shipment.shipped_at is None or delivery_of(shipment.external_id) is not None:
            # A store handed these out, whichever allocation Centra took: its copy serves for returns.
            continue
        for part in shipment.lines:
            line = order.line(part.order_line)
            n = sum(count for warehouse, count in part.warehouses.items() if site.store_of_centra_warehouse(warehouse) is None)
            if n and line is not None and is_goods(line):
                units[line.id] = units.get(line.id, 0) + n
    return units


def _no_business(order: CentraOrder) -> str:
    """Why no store and no till ever has to do with the order, '' when one may."""
    if order.store_type != "DIRECT_TO_CONSUMER":
        return "wholesale order" if order.store_type == "WHOLESALE" else f"not a consumer's order ({order.store_type})"
    if order.internal:
        return "internal order"
    if sale_of(order.external_id) is not None:
        return "made by the connector from a till sale"
    if order.status == CANCELLED or not any(line.quantity for line in order.lines):
        return "cancelled"
    return ""


def _not_yet(order: CentraOrder) -> str:
    """Why stores do not get the order now, '' when they may."""
    if order.status in BEFORE_STORES:
        return "not confirmed in Centra yet"
    if order.status not in WITH_STORES | SHIPPED:
        return f"the connector does not know the status {order.status}"
    if order.status in SHIPPED:
        return ""
    if order.on_hold:
        return HOLDS.get(order.hold_reason, f"on hold: {order.hold_reason}" if order.hold_reason else "on hold")
    if order.hold_reason == "WAITING_FOR_PAYMENT":
        return HOLDS[order.hold_reason]
    return "" if is_paid(order) else "not paid: nothing was authorised, captured or marked as paid"


def _owed_by_stores(order: CentraOrder, settings: OrderSettings, site: Site) -> tuple[dict[int, dict[int, int]], str]:
    """Units allocated to stores, and what is waited for. A store that must confirm sees its units only when the connector answers for it."""
    owed: dict[int, dict[int, int]] = {}
    waiting: set[str] = set()
    for line in filter(is_goods, order.lines):
        for allocation in line.allocations:
            store = site.store_of_centra_warehouse(allocation.warehouse)
            if store is None or not allocation.units:
                continue
            if allocation.waiting:
                waiting.add(store.name)
            if not allocation.waiting or settings.confirm_allocations:
                units = owed.setdefault(store.centra_warehouse, {})
                units[line.id] = units.get(line.id, 0) + allocation.units
    return owed, f"{', '.join(sorted(waiting))} must confirm the allocation" if waiting else ""


def _unallocated(order: CentraOrder) -> str:
    waits = [(line, n) for line in order.lines if is_goods(line) and (n := _waiting_units(order, line)) > 0]
    return "no warehouse has yet been given " + ", ".join(f"{n} × {line.sku or line.id}" for line, n in waits) if waits else ""


def _nothing_to_do(order: CentraOrder) -> str:
    goods = [line for line in order.lines if is_goods(line) and line.quantity]
    if not goods:
        return "nothing of it lies in a warehouse"
    done = all(order.shipped_units(line.id) >= line.quantity for line in goods)
    return "everything has been shipped" if done else "no store of this site has a part in it"


def _waiting_units(order: CentraOrder, line: LineOfOrder) -> int:
    return line.quantity - order.shipped_units(line.id) - sum(a.units for a in line.allocations)
