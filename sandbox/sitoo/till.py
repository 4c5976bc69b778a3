"""What staff and goods do in a store, as control actions: sales, refunds, receipts, counts, bookings, pick-ups."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.sitoo.books import SitooBooks
from sandbox.sitoo.records import (
    BOOKING,
    CLOSED,
    MOVE_IN,
    MOVE_OUT,
    OPEN,
    ORDER,
    PAID,
    PARKED,
    PICKUP_REJECTED,
    READY_FOR_PICKUP,
    UNKNOWN_IN,
    UNKNOWN_OUT,
    Order,
    OrderRow,
    Refusal,
)

Quantities = Mapping[str, int | str | Decimal]


def exact(quantities: Quantities) -> dict[str, Decimal]:
    return {sku: Decimal(quantity) for sku, quantity in quantities.items()}


class TillActions(SitooBooks):
    """Quantities are positive numbers of units per SKU; a refusal is raised as `records.Refusal`."""

    def sell(
        self,
        warehouse: int,
        skus: Mapping[str, int],
        at: float | None = None,
        offline_until: float | None = None,
        booking: int | None = None,
    ) -> dict[str, int | None]:
        """A till sale, committed now with `orderdate` = `at` (default now). With `offline_until` (unix s) the till is offline: everything reaches
        Sitoo only then, dated `at`, and both ids are None. `booking` is the booking or parked sale it came from; that order is closed.
        `transaction_id` is None when no SKU is stock counted.
        """
        date = self.now() if at is None else at
        self.stock.warehouse(warehouse)
        for sku in skus:
            self.product(sku)
        if offline_until is not None:

            def reconnect() -> None:
                self._ring_up(warehouse, skus, date, booking)

            self.clock.at(offline_until, reconnect)
            return {"order_id": None, "transaction_id": None}
        return self._ring_up(warehouse, skus, date, booking)

    def refund(
        self, order_id: int | None = None, rows: Mapping[int, int] | None = None, warehouse: int | None = None, skus: Mapping[str, int] | None = None
    ) -> dict[str, int | None]:
        """Goods come back at a till: a refund order with negative rows. Validated with `order_id` and `rows` {row: units} (default: all that is
        delivered and not yet returned); a manual return names `skus` and `warehouse` instead and carries no link.
        """
        if order_id is None:
            if warehouse is None or not skus:
                raise Refusal(400, "A manual return needs warehouse and skus")
            lines = [self._row(index, sku, -quantity) for index, (sku, quantity) in enumerate(skus.items())]
            return self._give_back(self._till_order(lines, warehouse, self.now()), warehouse, ignorestock=False)
        original = self.orderbook.order(order_id)
        returned: dict[int, int] = {}
        for refund_id in self.orderbook.refunds_of.get(order_id, []):
            for row in self.orderbook.order(refund_id).rows:
                source = int(row.additionaldata["pos-originalsales-orderitemid"])
                returned[source] = returned.get(source, 0) - row.quantity
        left = {row.row: row.delivered - returned.get(row.row, 0) for row in original.rows}
        wanted = {int(row): units for row, units in (left if rows is None else rows).items() if units}
        if not wanted or any(units < 0 or units > left.get(row, 0) for row, units in wanted.items()):
            raise Refusal(400, "More units than were delivered and not returned")
        lines = []
        for source, units in wanted.items():
            line = self._row(len(lines), original.rows[source].sku, -units, original.rows[source])
            line.additionaldata = {"pos-originalsales-orderitemid": str(source)}
            lines.append(line)
        place = warehouse if warehouse is not None else original.warehouseid
        if place is None:
            raise Refusal(400, "The refund needs a warehouse")
        refund = self._till_order(lines, place, self.now())
        refund.creditorderid = order_id
        refund.additionaldata["pos-originalsales-orderid"] = str(order_id)
        ignored = original.additionaldata.get("delivery-ignore-stock") == "true" and self.mode.ignore_stock_covers_returns
        return self._give_back(refund, place, ignorestock=ignored)

    def receive(self, warehouse: int, skus: Quantities, description: str = "Receipt") -> int:
        """Goods in (type 10); answers the transaction id."""
        return self.stock.change(warehouse, MOVE_IN, self.stocked(exact(skus)), description=description).warehousetransactionid

    def move(self, from_: int, to: int, skus: Quantities) -> dict[str, int]:
        """Out of one warehouse and into another at the same moment."""
        return {"out": self.transfer_out(from_, skus), "in": self.transfer_in(to, skus)}

    def transfer_out(self, warehouse: int, skus: Quantities, reference: str = "") -> int:
        """The sender's half of a transfer."""
        kind = UNKNOWN_OUT if self.mode.unknown_transfer_types else MOVE_OUT
        changes = {sku: -quantity for sku, quantity in self.stocked(exact(skus)).items()}
        return self.stock.change(warehouse, kind, changes, description="Move Out", externalid=reference or None).warehousetransactionid

    def transfer_in(self, warehouse: int, skus: Quantities, reference: str = "") -> int:
        """The receiver's half of a transfer."""
        kind = UNKNOWN_IN if self.mode.unknown_transfer_types else MOVE_IN
        changes = self.stocked(exact(skus))
        return self.stock.change(warehouse, kind, changes, description="Move In", externalid=reference or None).warehousetransactionid

    def count(self, warehouse: int, skus: Quantities) -> int:
        """A stock-taking that found these levels."""
        return self.stock.count(warehouse, self.stocked(exact(skus)), description="Stocktaking").warehousetransactionid

    def book(self, warehouse: int, skus: Mapping[str, int], reserved_until: float | None = None, parked: bool = False) -> int:
        """A customer's booking (type 100) or a parked sale (110); a booking is reserved for `numdaysreserved` days unless told otherwise."""
        lines = [self._row(index, sku, quantity) for index, (sku, quantity) in enumerate(skus.items())]
        until = reserved_until
        if until is None and not parked:
            until = self.now() + 86_400 * int(self.settings["numdaysreserved"])
        order = Order(0, PARKED if parked else BOOKING, OPEN, 0, self.now(), self.currency, lines, warehouse, until)
        return self.orderbook.create(order).orderid

    def cancel_order(self, order_id: int) -> None:
        """Cancel an order or booking; it reserves nothing any more."""
        self.cancel(self.orderbook.order(order_id))

    def create_web_order(
        self,
        external_id: str,
        warehouse: int,
        skus: Mapping[str, int],
        reserved_until: float | None = None,
        additionaldata: Mapping[str, str] | None = None,
    ) -> int:
        """What the connector would have posted for a web order that this store fulfils."""
        lines = [self._row(index, sku, quantity) for index, (sku, quantity) in enumerate(skus.items())]
        order = Order(0, ORDER, OPEN, PAID, self.now(), self.currency, lines, warehouse, reserved_until, external_id)
        order.additionaldata = dict(additionaldata or {"weborder": "true"})
        return self.orderbook.create(order).orderid

    def deliver(
        self, order_id: int, rows: Mapping[int, int] | None = None, warehouse: int | None = None, ignorestock: bool = False, reference: str = ""
    ) -> int:
        """Staff hand out or send `rows` {row: units} (default: what is left) from `warehouse` (default: the order's).

        The last unit closes the order.
        """
        order = self.orderbook.order(order_id)
        units = {row.row: row.quantity - row.delivered for row in order.rows} if rows is None else {int(row): n for row, n in rows.items()}
        place = warehouse if warehouse is not None else order.warehouseid
        if place is None:
            raise Refusal(400, "The delivery needs a warehouse")
        if order.state != OPEN:
            raise Refusal(400, "The order is not open")
        delivery = self.orderbook.deliver(order, units, place, ignorestock=ignorestock, reference=reference)
        change = self.orderbook.set_state(order, CLOSED) if order.delivered() else None
        self.orderbook.announce(order, "update", change)
        return delivery.orderdeliveryid

    def cancel_delivery(self, delivery_id: int) -> None:
        """A delivery is taken back: its units are undelivered and in stock again."""
        found = self.orderbook.deliveries.get(delivery_id)
        if found is None:
            raise Refusal(404, f"Order delivery {delivery_id} not found")
        self.orderbook.cancel_delivery(found)

    def ready_for_pickup(self, order_id: int) -> None:
        """Staff picked the order."""
        self._mark(order_id, READY_FOR_PICKUP, "ready-for-pickup")

    def pickup_rejected(self, order_id: int) -> None:
        """Staff could not find the goods."""
        self._mark(order_id, PICKUP_REJECTED, "pickup-rejected")

    def _mark(self, order_id: int, log_type: int, event: str) -> None:
        order = self.orderbook.order(order_id)
        order.log.append((self.now(), log_type, None, None))
        self.orderbook.announce(order, event, None)

    def _row(self, index: int, sku: str, quantity: int, like: OrderRow | None = None) -> OrderRow:
        product = self.product(sku)
        if quantity == 0:
            raise Refusal(400, "Invalid value in quantity")
        each = product.price if like is None else like.gross / like.quantity
        return OrderRow(index, sku, product.title, quantity, each * quantity, Decimal(0), Decimal(product.vat), productid=product.productid)

    def _till_order(self, rows: list[OrderRow], warehouse: int, date: float) -> Order:
        order = Order(0, ORDER, CLOSED, PAID, date, self.currency, rows, warehouse, registerid=f"{{REGISTER-{warehouse:04d}}}")
        order.payments = [{"name": "Card", "moneyamount": f"{sum((row.gross for row in rows), Decimal(0)):.2f}", "additionaldata": {}}]
        return order

    def _ring_up(self, warehouse: int, skus: Mapping[str, int], date: float, booking: int | None) -> dict[str, int | None]:
        order = self._till_order([self._row(index, sku, quantity) for index, (sku, quantity) in enumerate(skus.items())], warehouse, date)
        if booking is not None:
            source = self.orderbook.order(booking)
            order.additionaldata["pos-sourceorderid"] = str(booking)
            change = self.orderbook.set_state(source, CLOSED)
            self.orderbook.announce(source, "update", change)
        self.orderbook.create(order)
        return self._handed_over(order, self.orderbook.deliver(order, {row.row: row.quantity for row in order.rows}, warehouse).orderdeliveryid)

    def _give_back(self, refund: Order, warehouse: int, *, ignorestock: bool) -> dict[str, int | None]:
        self.orderbook.create(refund)
        units = {row.row: row.quantity for row in refund.rows}
        return self._handed_over(refund, self.orderbook.deliver(refund, units, warehouse, ignorestock=ignorestock).orderdeliveryid)

    def _handed_over(self, order: Order, delivery_id: int) -> dict[str, Any]:
        newest = self.stock.transactions[-1] if self.stock.transactions else None
        moved = newest is not None and newest.orderdeliveryid == delivery_id
        return {"order_id": order.orderid, "transaction_id": newest.warehousetransactionid if newest is not None and moved else None}
