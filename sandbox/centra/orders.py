"""Orders of the Centra sandbox: placed, allocated, edited, held, cancelled – and what each does to stock."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.centra.allocating import RELEASE, Allocator
from sandbox.centra.modes import Modes
from sandbox.centra.order_parts import StockAction
from sandbox.centra.order_records import BUNDLE, BUNDLE_ITEM, PRODUCT, Order, OrderLine, Shipment
from sandbox.centra.payments import Emit
from sandbox.centra.records import Refusal, Size, Stock, Warehouse
from sandbox.centra.requests import StoreQuestions
from sandbox.centra.stock import StockLedger
from sandbox.clock import SandboxClock

Part = tuple[OrderLine, int]
CLOSED = ("CANCELLED", "SHIPPED", "ARCHIVED")


@dataclass(slots=True)
class WantedLine:
    """A line to be ordered; prices per unit in sub-units (`original` None: no line discount). `total`: the price of all units, if not a multiple.

    `items`: a bundle's sizes, each with its units per bundle and its weight in the price.
    """

    size: Size
    units: int
    kind: str = PRODUCT
    price: int = 10_000
    original: int | None = None
    total: int | None = None
    tax_percent: Decimal = Decimal(25)
    comment: str = ""
    name: str = ""
    items: list[tuple[Size, int, int]] = field(default_factory=list)


class OrderBook:
    """Every change of an order goes through here or through the desks that share its allocator."""

    def __init__(self, clock: Callable[[], SandboxClock], modes: Modes, stock: StockLedger, emit: Emit) -> None:
        self._clock = clock
        self._modes = modes
        self._emit = emit
        self._numbers = itertools.count(101)
        self._line_ids = itertools.count(5001)
        self.allocator = Allocator(modes, stock)
        self.questions = StoreQuestions(clock, modes, self.allocator, emit)
        self.questions.on_change = lambda order: self.changed(order, allocation=True)
        self.orders: dict[int, Order] = {}
        self.by_id: dict[str, Order] = {}
        self.shipments: dict[int, Shipment] = {}
        stock.on_increase = self._serve_waiting

    def draft(self, preferred: Sequence[Warehouse], *, status: str = "CONFIRMED", number: int | None = None) -> Order:
        """An order with nothing in it that nobody has heard of yet."""
        now = self._clock().now()
        number = next(n for n in self._numbers if n not in self.orders) if number is None else number
        return Order(uuid.uuid5(uuid.NAMESPACE_OID, str(number)).hex, number, status, now, now, list(preferred))

    def add(self, order: Order, wanted: WantedLine, *, stocked: bool = True) -> OrderLine:
        if wanted.units < 1:
            raise Refusal("quantity must be positive")
        total = wanted.price * wanted.units if wanted.total is None else wanted.total
        original = wanted.price if wanted.original is None else wanted.original
        takes = stocked and wanted.kind in (PRODUCT, BUNDLE_ITEM)
        line = OrderLine(next(self._line_ids), order, wanted.size, wanted.units, wanted.kind, takes, original, total, wanted.tax_percent)
        line.comment, line.name = wanted.comment, wanted.name
        order.lines.append(line)
        for size, each, weight in wanted.items:
            item = OrderLine(next(self._line_ids), order, size, wanted.units * each, BUNDLE_ITEM, stocked, 0, 0, wanted.tax_percent)
            item.bundle, item.each, item.weight = line, each, weight
            order.lines.append(item)
        return line

    def place(self, order: Order, *, keep_safety: bool = False, ask_first: bool = True) -> Order:
        """The order exists from now on: it is offered to check-first stores, or allocated in the order of its warehouses."""
        self.orders[order.number] = self.by_id[order.id] = order
        offered = ask_first and self.questions.offer(order)
        for line in order.lines:
            if line.stocked:
                self.allocator.allocate(line, 0 if offered else line.ordered, order.preferred, keep_safety=keep_safety)
        self.questions.ask(order)
        self._emit("order", "insert", order.number)
        return order

    def allocate(self, order: Order, parts: Sequence[Part], warehouses: Sequence[Warehouse]) -> list[str]:
        """Allocate units that wait; sentences about what found no stock."""
        short = []
        for line, units in parts:
            missing = self.allocator.allocate(line, min(units, line.unallocated), warehouses or order.preferred)
            if missing:
                short.append(f"{missing} of {line.size.sku} could not be allocated.")
        self.questions.ask(order)
        self.changed(order, allocation=True)
        return short

    def unallocate(self, order: Order, parts: Sequence[Part], warehouses: Sequence[Warehouse], action: StockAction) -> list[str]:
        """Units of an order wait again, their stock by `action`; sentences about what was too many."""
        short = []
        for line, units in parts:
            missing = self.allocator.free(line, units, warehouses, action, "unallocate") if line.stocked else units
            if missing:
                short.append(f"{missing} of {line.size.sku} were not allocated there.")
        self.questions.review(order)
        self.changed(order, allocation=True)
        return short

    def cancel(self, order: Order, parts: Sequence[Part], action: StockAction = RELEASE) -> None:
        """Cancel units that are on no shipment: waiting ones first, then allocated ones. A bundle takes its items with it."""
        expanded = [pair for line, units in parts for pair in _with_items(line, units)]
        for line, units in expanded:
            if units > line.quantity - line.expedited:
                raise Refusal(f"Only {line.quantity - line.expedited} of {line.size.sku} can be cancelled.")
        for line, units in expanded:
            if line.stocked:
                self.allocator.free(line, max(0, units - line.unallocated), (), action, "cancel")
            line.cancelled += units
            if line.stocked:
                self.allocator.count_waiting(line)
        if all(line.quantity == 0 for line in order.lines):
            order.status = "CANCELLED"
        else:
            self.finish(order)
        self.questions.review(order)
        self.changed(order)

    def hold(self, order: Order, reason: str = "") -> None:
        """`reason` is a sentence for the order's history; the hold's own reason stays empty for a hold by hand."""
        if order.status in CLOSED:
            raise Refusal(f"Order {order.number} is {order.status}.")
        order.on_hold = True
        order.history.append(reason)
        self.changed(order)

    def resume(self, order: Order) -> None:
        """Lift a hold, whatever its reason; stores that have not answered a check-first offer are out."""
        if not order.on_hold:
            raise Refusal(f"Order {order.number} is not on hold.")
        order.on_hold, order.hold_reason = False, None
        self.questions.stop_asking(order)
        self.changed(order)

    def finish(self, order: Order) -> None:
        """SHIPPED once every unit that travels is shipped."""
        travelling = [line for line in order.lines if line.ships]
        shipped = sum(x.quantity for line in travelling for x in line.shipment_lines if x.shipment.shipped_at is not None)
        if shipped and shipped == sum(line.quantity for line in travelling):
            order.status = "SHIPPED"

    def touch(self, order: Order) -> None:
        """Something about the order changed."""
        order.updated_at = self._clock().now()

    def changed(self, order: Order, *, allocation: bool = False, shipment: bool = False, quiet: bool = False) -> None:
        """Say that it changed; whether `updatedAt` moves with it depends on the modes (`quiet`: it does not)."""
        quiet = quiet or (allocation and not self._modes.order_updated_by_allocation) or (shipment and not self._modes.order_updated_by_shipment)
        if not quiet:
            self.touch(order)
        self._emit("order", "update", order.number, completed=order.status == "SHIPPED" and shipment)

    def _serve_waiting(self, row: Stock) -> None:
        for order in self.allocator.serve_waiting(row):
            self.questions.ask(order)
            self.changed(order, allocation=True)


def _with_items(line: OrderLine, units: int) -> list[Part]:
    if line.kind == BUNDLE_ITEM:
        raise Refusal(f"Order line {line.id} is part of a bundle; cancel the bundle's line.")
    if line.kind != BUNDLE:
        return [(line, units)]
    return [(line, units), *((x, units * x.each) for x in line.order.lines if x.bundle is line)]
