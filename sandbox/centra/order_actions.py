"""What shoppers, the payment provider and people in Centra's admin do to orders, as scenarios call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.centra.controls import Controls
from sandbox.centra.order_parts import StockAction
from sandbox.centra.order_records import Order, OrderLine, Shipment, ShipmentLine
from sandbox.centra.order_view import order_state, shown
from sandbox.centra.placing import Wishes, furnish, wanted_line
from sandbox.centra.pricing import bill
from sandbox.centra.records import Refusal, Warehouse
from sandbox.centra.returns import Cost

Lines = Sequence[Sequence[Any]]
Units = list[tuple[OrderLine, int]]
ADMIN = "Centra form"


class OrderActions(Controls):
    """A refused action raises Refusal. Lines are (sku, units) pairs; None is everything possible. Amounts are whole sub-units."""

    def place_order(
        self,
        lines: Sequence[Sequence[Any] | Mapping[str, Any]],
        warehouses: Sequence[int] | None = None,
        status: str = "CONFIRMED",
        keep_safety: bool = False,
        **wishes: Any,
    ) -> dict[str, Any]:
        """A web order, allocated in `warehouses` in this order (None: all); `keep_safety` leaves thresholds and offsets unsold.

        Lines as placing.wanted_line takes them, `wishes` are the fields of placing.Wishes.
        """
        asked = Wishes(**wishes)
        if asked.number is not None and asked.number in self.orders.orders:
            raise Refusal(f"Order {asked.number} exists.")
        self.external_ids.check("Order", asked.external_id)
        places = [self.catalogue.warehouse(w) for w in warehouses] if warehouses is not None else list(self.catalogue.warehouses.values())
        order = self.orders.draft(places, status=status, number=asked.number)
        furnish(order, asked, self.now())
        for line in [wanted_line(self.catalogue, line) for line in lines]:
            self.orders.add(order, line)
        for name in asked.attributes:
            kind, _, key = name.partition(".")
            self.configure_attribute(kind, [*self.attribute_types.get(kind, ("", {}))[1], key])
        self.payments.begin(order, asked.payment, bill(order).total)
        if asked.hold:
            order.on_hold, order.hold_reason = True, asked.hold if isinstance(asked.hold, str) else None
        self.external_ids.set("Order", order.number, asked.external_id)
        return shown(self.orders.place(order, keep_safety=keep_safety))

    def configure_attribute(self, name: str, elements: Sequence[str], object_type: str = "Order") -> dict[str, Any]:
        """Centra configures an attribute type of text elements for the client."""
        self.attribute_types[name] = (object_type, dict.fromkeys(elements, "string"))
        return {"name": name, "elements": list(elements)}

    def pay(self, number: int) -> dict[str, Any]:
        """A waiting order is paid at last: its money is authorised and its hold lifted."""
        order = self._order(number)
        if order.hold_reason != "WAITING_FOR_PAYMENT":
            raise Refusal(f"Order {number} does not wait for payment.")
        self.payments.mark_paid(order, bill(order).total)
        self.orders.resume(order)
        return order_state(self, order)

    def hold(self, number: int, reason: str = "") -> dict[str, Any]:
        self.orders.hold(self._order(number), reason)
        return {"number": number, "on_hold": True}

    def resume(self, number: int) -> dict[str, Any]:
        self.orders.resume(self._order(number))
        return {"number": number, "on_hold": False}

    def edit_address(self, number: int, **changes: str) -> dict[str, Any]:
        """Customer service changes the shipping address: members of Centra's address, `country` as a code; `email` also the customer's."""
        order = self._order(number)
        order.shipping_address = {**(order.shipping_address or {}), **changes}
        order.email = changes.get("email", order.email)
        self.orders.changed(order)
        return {"number": number}

    def comment(self, number: int, internal_comment: str | None = None, other_comment: str | None = None) -> dict[str, Any]:
        """Customer service edits the order's comments."""
        order = self._order(number)
        order.internal_comment = order.internal_comment if internal_comment is None else internal_comment
        order.other_comment = order.other_comment if other_comment is None else other_comment
        self.orders.changed(order)
        return {"number": number}

    def reallocate(self, number: int, to_warehouse: int, lines: Lines | None = None) -> dict[str, Any]:
        """Somebody moves what is on no shipment to another warehouse, as far as it has stock there; the rest waits."""
        order, place = self._order(number), self.catalogue.warehouse(to_warehouse)
        if lines is None:
            parts = [(x, sum(a.quantity for a in x.allocations if a.free and a.warehouse is not place)) for x in order.lines if x.stocked]
        else:
            parts = parts_of(order, lines)
        others = [w for w in self.catalogue.warehouses.values() if w is not place]
        self.orders.unallocate(order, parts, others, StockAction())
        self.orders.allocate(order, parts, [place])
        return shown(order)

    def cancel_lines(self, number: int, lines: Lines | None = None, policy: str = "release") -> dict[str, Any]:
        """Units that are on no shipment; a line of a bundle is cancelled with its bundle."""
        order = self._order(number)
        everything = [(x, x.quantity - x.expedited) for x in order.lines if x.bundle is None and x.quantity > x.expedited]
        self.orders.cancel(order, everything if lines is None else parts_of(order, lines), _action(policy))
        return shown(order)

    def unallocate(self, number: int, lines: Lines | None = None, policy: str = "release", warehouses: Sequence[int] = ()) -> dict[str, Any]:
        order = self._order(number)
        parts = [(x, sum(a.quantity for a in x.allocations if a.free)) for x in order.lines] if lines is None else parts_of(order, lines)
        self.orders.unallocate(order, parts, [self.catalogue.warehouse(w) for w in warehouses], _action(policy))
        return shown(order)

    def allocate(self, number: int, lines: Lines | None = None, warehouses: Sequence[int] = ()) -> dict[str, Any]:
        order = self._order(number)
        parts = [(x, x.unallocated) for x in order.lines] if lines is None else parts_of(order, lines)
        self.orders.allocate(order, parts, [self.catalogue.warehouse(w) for w in warehouses])
        return shown(order)

    def ship(self, number: int, lines: Lines | None = None, complete: bool = True, warehouse: int | None = None) -> dict[str, int]:
        """Ship what is allocated (from one warehouse, if named) and on no shipment yet, marked as paid."""
        order = self._order(number)
        places = [self.catalogue.warehouse(warehouse)] if warehouse is not None else []
        parts = [(x, _ready(x, places)) for x in order.lines if x.ships] if lines is None else parts_of(order, lines)
        shipment = self.shipping.create(order, [(line, units) for line, units in parts if units], places)
        if complete:
            self.shipping.complete(shipment)
        return {"shipment_id": shipment.id}

    def complete(self, shipment_id: int) -> dict[str, int]:
        self.shipping.complete(self._shipment(shipment_id))
        return {"shipment_id": shipment_id}

    def delete_shipment(self, shipment_id: int) -> dict[str, int]:
        """Somebody deletes a shipment that was not sent."""
        self.shipping.delete(self._shipment(shipment_id))
        return {"shipment_id": shipment_id}

    def capture(self, shipment_id: int) -> dict[str, int]:
        """Somebody captures a shipment in the admin."""
        self.shipping.capture(self._shipment(shipment_id), ADMIN)
        return {"shipment_id": shipment_id}

    def return_into(self, shipment_id: int, lines: Lines | None = None, warehouse: int | None = None) -> dict[str, int]:
        """Units of a shipment come back, into `warehouse` or (None) into no stock; completed, not refunded."""
        return self._back(shipment_id, lines, self.catalogue.warehouse(warehouse) if warehouse is not None else None, "")

    def return_by_mail(
        self, shipment_id: int, lines: Lines | None = None, refund: bool = True, warehouse: int | None = None, shipping: bool = False
    ) -> dict[str, int]:
        """Customer service books a parcel that came back: into `warehouse` (None: none), refunded by the provider, with shipping cost or not."""
        place = self.catalogue.warehouse(warehouse) if warehouse is not None else None
        made = self._back(shipment_id, lines, place, "Returned by mail", Cost(from_shipment=True) if shipping else None)
        if refund:
            self.refund_in_admin(made["return_id"])
        return made

    def refund_in_admin(self, return_id: int) -> dict[str, Any]:
        """Somebody presses Refund in the admin."""
        entry = self.returns.refund(self._return(return_id), ADMIN)
        return {"type": entry.type, "status": entry.status, "amount": entry.amount}

    def delete_return(self, return_id: int) -> dict[str, int]:
        self.returns.delete(self._return(return_id))
        self.external_ids.forget("Return", return_id)
        return {"return_id": return_id}

    def answer_request(self, request_id: int, confirm: bool) -> dict[str, Any]:
        """A store answers an allocation request by some other way than the Order API."""
        request = self.orders.questions.requests.get(request_id)
        if request is None:
            raise Refusal(f"No allocation request {request_id}.")
        (self.orders.questions.confirm if confirm else self.orders.questions.reject)(request)
        return {"id": request_id, "status": request.status}

    def answer_offer(self, number: int, warehouse: int, accept: bool) -> dict[str, Any]:
        """A store answers a check-first offer by some other way than the Order API."""
        self.orders.questions.answer(self._order(number), warehouse, accept)
        return {"number": number, "warehouse": warehouse}

    def order_state(self, number: int) -> dict[str, Any]:
        """Everything about an order, see order_view.order_state."""
        return order_state(self, self._order(number))

    def orders_snapshot(self) -> list[dict[str, Any]]:
        return [shown(order) for order in self.orders.orders.values()]

    def _back(self, shipment_id: int, lines: Lines | None, place: Warehouse | None, comment: str, shipping: Cost | None = None) -> dict[str, int]:
        shipment = self._shipment(shipment_id)
        parts = _returned(shipment, lines)
        record = self.returns.create(shipment, parts, place, shipping=shipping, comment=comment, completed=True, created_from=ADMIN)
        return {"return_id": record.id}


def _ready(line: OrderLine, places: Sequence[Warehouse]) -> int:
    if not line.stocked or not places:
        return line.on_no_shipment
    return sum(a.quantity for a in line.allocations if a.free and not a.waiting and a.warehouse in places)


def _action(policy: str) -> StockAction:
    if policy not in ("release", "remove"):
        raise Refusal("policy is release or remove")
    return StockAction(policy)


def parts_of(order: Order, lines: Lines) -> Units:
    """By SKU, the lines that hold units before those that only hold a price."""
    parts: Units = []
    for sku, units in lines:
        found = [x for x in order.lines if x.size.sku == sku]
        if not found:
            raise Refusal(f"Order {order.number} has no line with SKU {sku}.")
        parts.append((next((x for x in found if x.ships), found[0]), int(units)))
    return parts


def _returned(shipment: Shipment, lines: Lines | None) -> list[tuple[ShipmentLine, int]]:
    if lines is None:
        return [(line, line.quantity - line.returned) for line in shipment.lines if line.quantity > line.returned]
    by_sku = {line.line.size.sku: line for line in shipment.lines}
    for sku, _ in lines:
        if sku not in by_sku:
            raise Refusal(f"Shipment {shipment.id} has no line with SKU {sku}.")
    return [(by_sku[sku], int(units)) for sku, units in lines]
