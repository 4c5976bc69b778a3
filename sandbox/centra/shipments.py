"""Shipments of the Centra sandbox: made of allocated units, paid, and completed – which takes the units off the shelf."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

from sandbox.centra.allocating import Allocator
from sandbox.centra.modes import Modes
from sandbox.centra.order_parts import PaymentEntry
from sandbox.centra.order_records import Order, OrderLine, Shipment, ShipmentLine
from sandbox.centra.orders import OrderBook, Part
from sandbox.centra.payments import Emit, PaymentDesk
from sandbox.centra.pricing import bill, shipment_amounts
from sandbox.centra.records import Refusal, Size, Warehouse
from sandbox.centra.stock import StockLedger


class ShipmentDesk:
    """`completeShipment` lowers physical and allocated together; nothing else here moves stock."""

    def __init__(self, now: Callable[[], float], modes: Modes, stock: StockLedger, book: OrderBook, payments: PaymentDesk, emit: Emit) -> None:
        self._now = now
        self._modes = modes
        self._stock = stock
        self._book = book
        self._payments = payments
        self._emit = emit
        self._ids = itertools.count(301)
        self._line_ids = itertools.count(8001)

    def create(
        self, order: Order, parts: Sequence[Part], warehouses: Sequence[Warehouse] = (), *, good_to_go: bool = True, paid: bool = True
    ) -> Shipment:
        """A shipment of allocated units that are on none yet. The fees travel with one shipment of an order (mode `shipment_fees`)."""
        self._must_be_open(order)
        allocator, now = self._book.allocator, self._now()
        for line, units in parts:
            possible = _possible(line, warehouses)
            if units > possible:
                raise Refusal(f"Only {possible} of {line.size.sku} are allocated and on no shipment.")
        if not any(units for _, units in parts):
            raise Refusal("Nothing to ship.")
        shipment = Shipment(next(self._ids), f"{order.number}-{len(order.shipments) + 1}", order, now, now, good_to_go)
        of_order = bill(order)
        for line, units in parts:
            if units:
                entry = ShipmentLine(next(self._line_ids), shipment, line, units, amounts=shipment_amounts(line, units, of_order))
                self._attach(allocator, entry, warehouses)
                shipment.lines.append(entry)
        first, last = not order.shipments, all(x.quantity == x.expedited for x in order.lines if x.ships)
        if (first if self._modes.shipment_fees == "first" else last) and not any(s.shipping.value or s.handling.value for s in order.shipments):
            shipment.shipping, shipment.handling = of_order.shipping, of_order.handling
            shipment.gift_certificates = of_order.gift_certificates
        order.shipments.append(shipment)
        self._book.shipments[shipment.id] = shipment
        self.mark_paid(shipment, paid or order.payment.direct)
        if order.payment.direct:
            shipment.captured_at, shipment.captured_value = now, shipment.total
        order.status = "PROCESSING"
        self._emit("shipment", "create", shipment.id)
        if good_to_go:
            self._emit("shipment", "good_to_go", shipment.id)
        self._book.changed(order)
        return shipment

    def capture(self, shipment: Shipment, source: str) -> PaymentEntry | None:
        """Take the shipment's amount; None when there is nothing to take. Refusal when it was taken already or cannot be tried."""
        if shipment.captured_at is not None:
            raise Refusal(f"Shipment {shipment.id} is already captured.")
        if shipment.total <= 0:
            self._captured(shipment, True)
            return None
        entry = self._payments.capture(shipment.order, shipment.total, lambda done: self._captured(shipment, done), source)
        self._book.changed(shipment.order, quiet=True)
        return entry

    def mark_paid(self, shipment: Shipment, paid: bool) -> None:
        shipment.paid = paid
        shipment.paid_at = self._now() if paid else None

    def update(self, shipment: Shipment, info: Mapping[str, str], *, good_to_go: bool | None = None, paid: bool | None = None) -> None:
        """Method, info and good-to-go are locked once shipped."""
        if shipment.shipped_at is not None and (info or good_to_go is not None):
            raise Refusal(f"Shipment {shipment.id} is already shipped.")
        shipment.info.update(info)
        if good_to_go and not shipment.good_to_go:
            self._emit("shipment", "good_to_go", shipment.id)
        shipment.good_to_go = shipment.good_to_go if good_to_go is None else good_to_go
        if paid is not None:
            self.mark_paid(shipment, paid)
        shipment.updated_at = self._now()
        self._emit("shipment", "update", shipment.id)

    def complete(
        self, shipment: Shipment, shipped_at: float | None = None, info: Mapping[str, str] | None = None, *, send_email: bool = False
    ) -> None:
        """Units leave the shelf: physical and allocated fall together."""
        if shipment.shipped_at is not None:
            raise Refusal(f"Shipment {shipment.id} is already shipped.")
        payable = shipment.paid or shipment.captured_at is not None or self._modes.complete_unpaid == "accepted"
        if not (shipment.good_to_go and payable):
            raise Refusal(f"Shipment {shipment.id} is not good to go and paid.")
        shipment.info.update(info or {})
        shipment.shipped_at = self._now() if shipped_at is None else shipped_at
        shipment.updated_at = self._now()
        gone: dict[Warehouse, list[tuple[Size, int]]] = {}
        for line in shipment.lines:
            for allocation in line.allocations:
                self._stock.consume(self._stock.row(allocation.warehouse, line.line.size), allocation.quantity, "completeShipment")
                gone.setdefault(allocation.warehouse, []).append((line.line.size, -allocation.quantity))
        if self._modes.shipments_make_stock_changes:
            for warehouse, moved in gone.items():
                self._stock.record("SHIPMENT", f"Shipment {shipment.number}", warehouse, moved)
        if send_email:
            shipment.order.mails.append(("shipment", self._now()))
        self._book.finish(shipment.order)
        self._emit("shipment", "update", shipment.id, completed=True)
        self._book.changed(shipment.order, shipment=True)

    def delete(self, shipment: Shipment) -> None:
        """One that was not sent: its units are allocated as before, and on no shipment (admin and REST only, centra-api §4)."""
        if shipment.shipped_at is not None:
            raise Refusal(f"Shipment {shipment.id} is already shipped.")
        for entry in shipment.lines:
            for allocation in entry.allocations:
                allocation.shipment_line = None
            entry.line.shipment_lines.remove(entry)
        shipment.order.shipments.remove(shipment)
        del self._book.shipments[shipment.id]
        if not shipment.order.shipments:
            shipment.order.status = "CONFIRMED"
        self._book.changed(shipment.order, shipment=True)

    def _captured(self, shipment: Shipment, done: bool) -> None:
        if done:
            shipment.captured_at, shipment.captured_value = self._now(), shipment.total
        self.mark_paid(shipment, done)
        shipment.updated_at = self._now()
        self._emit("shipment", "update", shipment.id)
        self._book.changed(shipment.order, quiet=True)

    def _must_be_open(self, order: Order) -> None:
        if order.status in ("PENDING", "CANCELLED"):
            raise Refusal(f"Order {order.number} is {order.status}.")
        if order.on_hold and self._modes.held_orders_ship == "refused":
            raise Refusal(f"Order {order.number} is on hold.")

    def _attach(self, allocator: Allocator, entry: ShipmentLine, warehouses: Sequence[Warehouse]) -> None:
        if entry.line.stocked:
            for allocation in allocator.split(entry.line, entry.quantity, warehouses, confirmed=True):
                allocation.shipment_line = entry
                entry.allocations.append(allocation)
        entry.line.shipment_lines.append(entry)


def _possible(line: OrderLine, warehouses: Sequence[Warehouse]) -> int:
    if not line.ships:
        raise Refusal(f"Order line {line.id} is a {line.kind}: it does not travel on shipments.")
    if not line.stocked or not warehouses:
        return line.on_no_shipment
    return sum(a.quantity for a in line.allocations if a.free and not a.waiting and a.warehouse in warehouses)
