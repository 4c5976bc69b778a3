"""What staff sell, book and hand out, as control actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.sitoo.receipts import Receipts, Tender
from sandbox.sitoo.records import (
    BOOKING,
    CLOSED,
    OPEN,
    ORDER,
    PAID,
    PARKED,
    PICKUP_REJECTED,
    READY_FOR_PICKUP,
    Order,
    OrderRow,
    Refusal,
)

Sold = dict[str, int | None]
CUSTOMER = {"namefirst": "Erik", "namelast": "Example", "email": "erik@example.test", "phone": "+46700000000"}
ADDRESS = {"delivery_address": "Storgatan 1", "delivery_zip": "11122", "delivery_city": "Stockholm", "delivery_countryid": "se"}


class TillActions(Receipts):
    """Quantities are positive numbers of units per SKU; a refusal is raised as `records.Refusal`."""

    def sell(
        self,
        warehouse: int,
        skus: Mapping[str, int],
        at: float | None = None,
        offline_until: float | None = None,
        booking: int | None = None,
        tender: Tender = "Card",
        discounts: Mapping[str, str] | None = None,
        register: int = 1,
        currency: str | None = None,
    ) -> Sold:
        """A till sale, committed now with `orderdate` = `at` (default now). With `offline_until` (unix s) the till is offline: everything reaches
        Sitoo only then, dated `at`, and both ids are None. `booking` is the booking or parked sale it came from; that order is closed.
        `transaction_id` is None when no SKU is stock counted. `tender`: a payment name, or {name: amount}; `discounts`: {sku: off the whole row}.
        """
        date = self.now() if at is None else at
        rows = [self.row_of_product(index, sku, quantity, (discounts or {}).get(sku, "0.00")) for index, (sku, quantity) in enumerate(skus.items())]
        order = self.till_order(rows, warehouse, date, tender=tender, register=register, currency=currency)
        return self._committed(lambda: self._ring_up(order, warehouse, {row.row: row.quantity for row in rows}, booking), offline_until)

    def sell_for_delivery(
        self,
        warehouse: int,
        skus: Mapping[str, int],
        from_store_stock: bool = False,
        taken: Mapping[str, int] | None = None,
        tender: Tender = "Card",
        customer: Mapping[str, str] | None = None,
    ) -> int:
        """Bought and paid at a till, to be sent later (endless aisle): rows of `skus` stay undelivered, those of `taken` are handed over at once.

        With `from_store_stock` the store sends them itself: they are reserved there. How the order is marked and its state follow the modes.
        """
        basket = [*skus.items(), *(taken or {}).items()]
        rows = [self.row_of_product(index, sku, quantity) for index, (sku, quantity) in enumerate(basket)]
        order = self.till_order(rows, warehouse, self.now(), tender=tender)
        order.state = self.mode.away_state
        order.written |= CUSTOMER | dict(customer or {})
        if from_store_stock:
            order.reserved_until = self.now() + 86_400 * int(self.settings["numdaysreserved"])
        self._mark_away(order, rows[: len(skus)])
        self._ring_up(order, warehouse, {row.row: row.quantity for row in rows[len(skus) :]}, None)
        return order.orderid

    def book(self, warehouse: int, skus: Mapping[str, int], reserved_until: float | None = None, parked: bool = False) -> int:
        """A customer's booking (type 100) or a parked sale (110); a booking is reserved for `numdaysreserved` days unless told otherwise."""
        lines = [self.row_of_product(index, sku, quantity) for index, (sku, quantity) in enumerate(skus.items())]
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
        lines = [self.row_of_product(index, sku, quantity) for index, (sku, quantity) in enumerate(skus.items())]
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

    def _committed(self, commit: Callable[[], Sold], at: float | None) -> Sold:
        """Commit now, or at this moment (unix s; the till is online again): then both ids are None now."""
        if at is None:
            return commit()

        def then() -> None:
            commit()

        self.clock.at(at, then)
        return {"order_id": None, "transaction_id": None}

    def _mark(self, order_id: int, log_type: int, event: str) -> None:
        order = self.orderbook.order(order_id)
        order.log.append((self.now(), log_type, None, None))
        self.orderbook.announce(order, event, None)

    def _mark_away(self, order: Order, rows: list[OrderRow]) -> None:
        """However Sitoo flags what is to be delivered later (unconfirmed)."""
        if self.mode.away_mark == "address":
            order.written |= ADDRESS
        elif self.mode.away_mark == "pickup":
            order.additionaldata["delivery-pickup-warehouseid"] = str(order.warehouseid)
        elif self.mode.away_mark == "rows":
            for row in rows:
                row.written["deliveryinfo"] = "Home delivery"

    def _ring_up(self, order: Order, warehouse: int, units: Mapping[int, int], booking: int | None) -> Sold:
        if booking is not None:
            source = self.orderbook.order(booking)
            order.additionaldata["pos-sourceorderid"] = str(booking)
            change = self.orderbook.set_state(source, CLOSED)
            self.orderbook.announce(source, "update", change)
        self.orderbook.create(order)
        return self.handed_over(order, self.orderbook.deliver(order, units, warehouse)) if units else self.handed_over(order)
