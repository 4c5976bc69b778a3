"""Returns in the Centra sandbox: what comes back of a shipment, into which stock, and for how much money."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.centra.modes import Modes
from sandbox.centra.money import Amounts
from sandbox.centra.order_parts import PaymentEntry
from sandbox.centra.order_records import Order, Return, ReturnLine, Shipment, ShipmentLine
from sandbox.centra.payments import Emit, PaymentDesk
from sandbox.centra.records import Refusal, Warehouse
from sandbox.centra.stock import StockLedger


@dataclass(frozen=True, slots=True)
class Cost:
    """A fee given back (or a voucher taken off) with a return: an amount, or what is left of it on the shipment."""

    amount: int = 0
    from_shipment: bool = False


class ReturnDesk:
    """Stock moves when a return is made, and back when it is deleted; completing and refunding move nothing."""

    def __init__(self, now: Callable[[], float], modes: Modes, stock: StockLedger, payments: PaymentDesk, emit: Emit) -> None:
        self._now = now
        self._modes = modes
        self._stock = stock
        self._payments = payments
        self._emit = emit
        self._ids = itertools.count(201)
        self._line_ids = itertools.count(2001)
        self.returns: dict[int, Return] = {}
        self.on_change: Callable[[Order], None] = lambda _order: None

    def create(
        self,
        shipment: Shipment,
        parts: Sequence[tuple[ShipmentLine, int]],
        warehouse: Warehouse | None,
        *,
        shipping: Cost | None = None,
        handling: Cost | None = None,
        voucher: Cost | None = None,
        return_cost: int = 0,
        comment: str = "",
        completed: bool = False,
        created_from: str = "Integration API",
        created_at: float | None = None,
    ) -> Return:
        """Units of a shipped shipment come back: into `warehouse`, or into no stock. `voucher` None: the units' share of the order's discounts."""
        if shipment.shipped_at is None:
            raise Refusal(f"Shipment {shipment.id} is not shipped.")
        if not parts:
            raise Refusal("Nothing to return.")
        for line, units in parts:
            if not 0 < units <= line.quantity - line.returned:
                raise Refusal(f"Only {line.quantity - line.returned} of shipment line {line.id} can be returned.")
        moment = self._now() if created_at is None else created_at
        record = Return(0, shipment, moment, warehouse, [], completed, created_from, comment)
        for line, units in parts:
            left = line.amounts - line.returned_amounts
            record.lines.append(ReturnLine(next(self._line_ids), line, units, left.share(units, line.quantity - line.returned)))
        record.shipping, record.handling = (self._fee(shipment, name, cost) for name, cost in (("shipping", shipping), ("handling", handling)))
        record.voucher, record.cost = self._voucher(record, voucher), return_cost
        if record.total < 0:
            raise Refusal("The costs exceed what the returned lines are worth.")
        record.id = next(self._ids)
        self.returns[record.id] = record
        self._move(record, 1)
        self._told(record, "create", completed=completed)
        return record

    def complete(self, record: Return) -> None:
        if record.completed:
            raise Refusal(f"Return {record.id} is already completed.")
        record.completed = True
        self._told(record, "update", completed=True)

    def uncomplete(self, record: Return) -> None:
        if not record.completed:
            raise Refusal(f"Return {record.id} is not completed.")
        record.completed = False
        self._told(record, "update")

    def refund(self, record: Return, source: str) -> PaymentEntry:
        """Pay it back by the order's payment provider; that may complete it (mode)."""
        entry = self._payments.refund(record, source)
        ends = entry.status != "FAILED" and self._modes.refund_completes_return and not record.completed
        record.completed = record.completed or ends
        self._told(record, "update", completed=ends)
        return entry

    def delete(self, record: Return) -> None:
        """The return never was: its units leave the warehouse again (Refusal when they are no longer free)."""
        if any(e.status in ("SUCCESS", "PENDING") for e in record.refunds):
            raise Refusal(f"Return {record.id} is refunded.")
        for line in record.lines:
            size = line.shipment_line.line.size
            if record.warehouse is not None and self._stock.row(record.warehouse, size).free < line.quantity:
                raise Refusal(f"The units of {size.sku} are no longer free in warehouse {record.warehouse.id}.")
        self._move(record, -1)
        del self.returns[record.id]
        self._told(record, "update")

    def of_shipment(self, shipment: Shipment) -> list[Return]:
        return [r for r in self.returns.values() if r.shipment is shipment]

    def _fee(self, shipment: Shipment, name: str, cost: Cost | None) -> Amounts:
        whole: Amounts = getattr(shipment, name)
        left = whole - sum((getattr(r, name) for r in self.of_shipment(shipment)), Amounts())
        if cost is None:
            return Amounts()
        if cost.from_shipment:
            return left
        if cost.amount > left.value:
            raise Refusal(f"Only {left.value} of the {name} cost is left on shipment {shipment.id}.")
        return left.share(cost.amount, left.value)

    def _voucher(self, record: Return, cost: Cost | None) -> int:
        shared = sum(x.amounts.discount for x in record.lines)
        if cost is None:
            return shared if self._modes.return_voucher_share else 0
        if cost.from_shipment:
            return shared
        left = record.shipment.goods.discount - sum(r.voucher for r in self.of_shipment(record.shipment))
        if cost.amount > left:
            raise Refusal(f"Only {left} of the voucher is left on shipment {record.shipment.id}.")
        return cost.amount

    def _told(self, record: Return, action: str, *, completed: bool = False) -> None:
        self._emit("return", action, record.id, completed=completed)
        self.on_change(record.shipment.order)

    def _move(self, record: Return, sign: int) -> None:
        moved = []
        for line in record.lines:
            source = line.shipment_line
            source.returned += sign * line.quantity
            source.line.returned += sign * line.quantity
            source.returned_amounts = source.returned_amounts + line.amounts if sign > 0 else source.returned_amounts - line.amounts
            moved.append((source.line.size, sign * line.quantity))
        if record.warehouse is None:
            return
        for size, units in moved:
            row = self._stock.row(record.warehouse, size)
            self._stock.put(row, row.physical + units, "return")
            if units > 0:
                self._stock.on_increase(row)
        if self._modes.returns_make_stock_changes:
            self._stock.record("RETURN", f"Return {record.id}", record.warehouse, moved)
