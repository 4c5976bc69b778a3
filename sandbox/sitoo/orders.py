"""Orders, bookings and parked sales: what they reserve and what they deliver."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from sandbox.sitoo.modes import Modes
from sandbox.sitoo.records import BOOKING, CANCELLED, CLOSED, OPEN, ORDER, PARKED, REFUND, SALES, Delivery, Order, OrderRow, Refusal
from sandbox.sitoo.stock import StockBook

EXTERNALID = re.compile(r"[A-Za-z0-9_-]{1,40}")
Announce = Callable[[Order, str, str | None], None]
AnnounceDelivery = Callable[[Delivery], None]


class OrderBook:
    """`announce(order, order_event_type, order_state_changed)` and `announce_delivery` put events on the feed."""

    def __init__(
        self,
        modes: Modes,
        now: Callable[[], float],
        stock: StockBook,
        counted: Callable[[str], bool],
        announce: Announce,
        announce_delivery: AnnounceDelivery,
    ) -> None:
        self._modes, self._now, self._stock, self._counted = modes, now, stock, counted
        self._announce, self._announce_delivery = announce, announce_delivery
        self.orders: dict[int, Order] = {}
        self.deliveries: dict[int, Delivery] = {}
        self.of_order: dict[int, list[Delivery]] = defaultdict(list)
        self.open_ids: dict[int, None] = {}
        self.by_externalid: dict[str, list[int]] = defaultdict(list)
        self.refunds_of: dict[int, list[int]] = defaultdict(list)
        self.first_order = self.next_order = 1001
        self._next_delivery = 501

    def order(self, order_id: int) -> Order:
        found = self.orders.get(order_id)
        if found is None:
            raise Refusal(404, f"Order {order_id} not found")
        return found

    def create(self, order: Order, *, event: bool = True) -> Order:
        """Give it an id and announce it. Refuses a bad or (by mode) a used externalid."""
        if order.externalid is not None:
            if not EXTERNALID.fullmatch(order.externalid):
                raise Refusal(400, "Invalid value in externalid")
            if self._modes.refuse_duplicate_externalid and self.by_externalid.get(order.externalid):
                raise Refusal(400, "externalid is already in use")
        if order.warehouseid is not None and order.warehouseid not in self._stock.warehouses:
            raise Refusal(400, "Invalid value in warehouseid")
        order.orderid = self.next_order
        self.next_order += 1
        self.orders[order.orderid] = order
        if order.externalid is not None:
            self.by_externalid[order.externalid].append(order.orderid)
        source = _original(order)
        if source is not None:
            self.refunds_of[source].append(order.orderid)
        if order.state == OPEN:
            self.open_ids[order.orderid] = None
        order.log.append((self._now(), 0, None, None))
        self.touch_reserved(order)
        if event:
            self.announce(order, "add", "closed" if order.state == CLOSED else None)
        return order

    def rename(self, order: Order, externalid: str | None) -> None:
        if externalid == order.externalid:
            return
        if externalid is not None:
            if not EXTERNALID.fullmatch(externalid):
                raise Refusal(400, "Invalid value in externalid")
            if self._modes.refuse_duplicate_externalid and self.by_externalid.get(externalid):
                raise Refusal(400, "externalid is already in use")
            self.by_externalid[externalid].append(order.orderid)
        if order.externalid is not None:
            self.by_externalid[order.externalid].remove(order.orderid)
        order.externalid = externalid

    def set_state(self, order: Order, state: int) -> str | None:
        """The event word for the change, None when nothing changed."""
        if order.state == state:
            return None
        order.state = state
        if state == OPEN:
            self.open_ids[order.orderid] = None
        else:
            self.open_ids.pop(order.orderid, None)
        self.touch_reserved(order)
        return {OPEN: "open", CLOSED: "closed"}.get(state, "cancelled")

    def announce(self, order: Order, kind: str, state_changed: str | None) -> None:
        if order.type == PARKED and not self._modes.parked_events:
            return
        if kind == "update" and state_changed == "closed" and self._modes.closed_as_type:
            kind, state_changed = "closed", None
        self._announce(order, kind, state_changed)

    def deliver(self, order: Order, units: Mapping[int, int], warehouse_id: int, *, ignorestock: bool = False, reference: str = "") -> Delivery:
        """Hand out `units` {row: quantity} from `warehouse_id`; negative units come back (refund orders). Stock moves unless it is ignored."""
        if order.state == CANCELLED:
            raise Refusal(400, "The order is cancelled")
        rows = {row.row: row for row in order.rows}
        wanted = {row: quantity for row, quantity in units.items() if quantity}
        if not wanted:
            raise Refusal(400, "Missing required field 'orderdeliveryitems'.")
        self._stock.warehouse(warehouse_id)
        for index, quantity in wanted.items():
            if index not in rows:
                raise Refusal(400, f"Order item {index} not found")
            row = rows[index]
            left = row.quantity - row.delivered
            if quantity * (1 if row.quantity > 0 else -1) < 0 or abs(quantity) > abs(left):
                raise Refusal(400, f"Invalid quantity for order item {index}")
        ignored = ignorestock or order.additionaldata.get("delivery-ignore-stock") == "true"
        changes: dict[str, Decimal] = defaultdict(Decimal)
        for index, quantity in wanted.items():
            if self._counted(rows[index].sku):
                changes[rows[index].sku] -= quantity
        delivery = Delivery(self._next_delivery, order.orderid, warehouse_id, wanted, self._now(), reference, ignored, None, ignorestock)
        if changes and not ignored:
            kind = SALES if sum(wanted.values()) >= 0 else REFUND
            self._stock.change(warehouse_id, kind, changes, orderdeliveryid=delivery.orderdeliveryid)
        self._next_delivery += 1
        self.deliveries[delivery.orderdeliveryid] = delivery
        self.of_order[order.orderid].append(delivery)
        for index, quantity in wanted.items():
            rows[index].delivered += quantity
        order.log.append((self._now(), 70, None, delivery.orderdeliveryid))
        self.touch_reserved(order)
        self._announce_delivery(delivery)
        return delivery

    def cancel_delivery(self, delivery: Delivery) -> None:
        """Take it back: units are undelivered again and return to stock."""
        if delivery.cancelled is not None:
            raise Refusal(400, "The delivery is cancelled")
        order = self.order(delivery.orderid)
        delivery.cancelled = self._now()
        changes: dict[str, Decimal] = defaultdict(Decimal)
        for index, quantity in delivery.units.items():
            order.rows[index].delivered -= quantity
            if self._counted(order.rows[index].sku):
                changes[order.rows[index].sku] += quantity
        if changes and not delivery.ignored_stock:
            self._stock.change(delivery.warehouseid, REFUND, changes, orderdeliveryid=delivery.orderdeliveryid)
        self._announce_delivery(delivery)

    def returned(self, order_id: int) -> dict[int, int]:
        """{row: units that refunds which are not cancelled took back}. A refund row that names no row counts for the first of its SKU."""
        units: dict[int, int] = defaultdict(int)
        rows = self.order(order_id).rows
        for refund in (self.orders[number] for number in self.refunds_of.get(order_id, [])):
            for row in refund.rows if refund.state != CANCELLED else ():
                named = row.additionaldata.get("pos-originalsales-orderitemid")
                alike = [source.row for source in rows if source.sku == row.sku]
                if named is not None or alike:
                    units[alike[0] if named is None else int(named)] -= row.quantity
        return dict(units)

    def replace_rows(self, order: Order, rows: list[OrderRow]) -> None:
        """PUT with orderitems (by mode): delivered units of a row that stays are kept."""
        if not self._modes.put_replaces_rows:
            raise Refusal(400, "orderitems cannot be updated")
        delivered = {row.row: row.delivered for row in order.rows}
        order.rows = [replace(row, delivered=delivered.get(row.row, 0)) for row in rows]

    def reserves(self, order: Order) -> bool:
        """Does this order hold units back now?"""
        if order.state != OPEN or order.warehouseid is None:
            return False
        if order.type == BOOKING and not self._modes.bookings_reserve:
            return False
        if order.type == PARKED and not self._modes.parked_reserve:
            return False
        if order.reserved_until is None:
            return order.type != ORDER or self._modes.undated_orders_reserve
        return order.reserved_until > self._now()

    def reserved(self, warehouse_id: int) -> dict[str, Decimal]:
        """{sku: undelivered units of the orders that reserve in this warehouse}."""
        held: dict[str, Decimal] = defaultdict(Decimal)
        for order_id in self.open_ids:
            order = self.orders[order_id]
            if order.warehouseid == warehouse_id and self.reserves(order):
                for row in order.rows:
                    held[row.sku] += max(0, row.quantity - row.delivered)
        return held

    def touch_reserved(self, order: Order) -> None:
        if self._modes.reservation_moves_date and order.warehouseid is not None:
            for row in order.rows:
                self._stock.touch(order.warehouseid, row.sku)


def _original(order: Order) -> int | None:
    """The order that this one refunds, however it names it."""
    named = order.additionaldata.get("pos-originalsales-orderid", "")
    return order.creditorderid if order.creditorderid is not None else int(named) if named.isdecimal() else None
