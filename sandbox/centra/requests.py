"""Stores that are asked before they fulfil: "Direct, then confirm" (allocation requests) and "Check first" (offers), with their time limits."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.centra.allocating import RELEASE, Allocator
from sandbox.centra.dates import INSTANCE_ZONE_NAME, to_iso, webhook_date
from sandbox.centra.modes import Modes
from sandbox.centra.order_parts import OPEN_REQUEST, AllocationRequest, Offer
from sandbox.centra.order_records import Allocation, Order
from sandbox.centra.payments import Emit
from sandbox.centra.records import Refusal, Warehouse
from sandbox.clock import SandboxClock

HOUR = 3600.0
CHECK_FIRST_HOLD = "WAITING_FOR_CHECK_FIRST_ALLOCATION"


class StoreQuestions:
    """Answers are irreversible; what is rejected or times out goes on to the next warehouse of the order's rule."""

    def __init__(self, clock: Callable[[], SandboxClock], modes: Modes, allocator: Allocator, emit: Emit) -> None:
        self._clock = clock
        self._modes = modes
        self._allocator = allocator
        self._emit = emit
        self._ids = itertools.count(1101)
        self.requests: dict[int, AllocationRequest] = {}
        self.on_change: Callable[[Order], None] = lambda _order: None

    # --- direct, then confirm ---

    def ask(self, order: Order) -> None:
        """A request for every warehouse that must confirm what was just allocated to it."""
        fresh: dict[Warehouse, list[Allocation]] = {}
        for line in order.lines:
            for allocation in line.allocations:
                if allocation.request is None and allocation.free and allocation.warehouse.allocation_policy == "DIRECT_THEN_CONFIRM":
                    fresh.setdefault(allocation.warehouse, []).append(allocation)
        clock = self._clock()
        for warehouse, allocations in fresh.items():
            expires = clock.now() + warehouse.timeout_hours * HOUR
            parts = [(a.line, a.quantity) for a in allocations]
            request = AllocationRequest(next(self._ids), order, warehouse, clock.now(), expires, parts)
            self.requests[request.id] = request
            for allocation in allocations:
                allocation.request = request
            self._told(request, "create")
            clock.at(expires, self._timer(request))

    def review(self, order: Order) -> None:
        """Requests whose allocations are gone (cancelled, unallocated by somebody) are outdated."""
        for request in self._of(order):
            if request.status in OPEN_REQUEST and not _held(request):
                self._end(request, "outdated")

    def confirm(self, request: AllocationRequest) -> None:
        """A timed-out request can still be confirmed while stock is left and nobody else confirmed."""
        if request.status == "timed-out":
            self._take_again(request)
        elif request.status not in OPEN_REQUEST:
            raise Refusal(f"Allocation request {request.id} is {request.status}.")
        self._end(request, "confirmed")
        lines = {line for line, _ in request.lines}
        for other in self._of(request.order):
            if other.status == "timed-out" and lines & {line for line, _ in other.lines}:
                self._end(other, "outdated")
        self.on_change(request.order)

    def reject(self, request: AllocationRequest) -> None:
        if request.status not in OPEN_REQUEST:
            raise Refusal(f"Allocation request {request.id} is {request.status}.")
        self._move_on(request, "rejected")

    def _timer(self, request: AllocationRequest) -> Callable[[], None]:
        def time_out() -> None:
            if request.status in OPEN_REQUEST:
                self._move_on(request, "timed-out")

        return time_out

    def _move_on(self, request: AllocationRequest, status: str) -> None:
        """Units go back to free to allocate, and the rule's next warehouse is tried."""
        order, held = request.order, _held(request)
        order.refused_by.add(request.warehouse.id)
        self._end(request, status)
        for allocation in held:
            self._allocator.give_back(allocation, RELEASE, "")
        self._elsewhere(order)

    def _elsewhere(self, order: Order, first: Sequence[Warehouse] = ()) -> None:
        next_ones = [*first, *(w for w in order.preferred if w.id not in order.refused_by and w.allocation_policy != "CHECK_FIRST")]
        for line in order.lines:
            self._allocator.allocate(line, line.unallocated, next_ones)
        self.ask(order)
        self.on_change(order)

    def _take_again(self, request: AllocationRequest) -> None:
        order = request.order
        for line, units in request.lines:
            open_units = line.unallocated + sum(a.quantity for a in line.allocations if a.waiting and a.free)
            if open_units < units:
                raise Refusal(f"Order line {line.id} is allocated elsewhere.")
            if not self._allocator.has_free(request.warehouse, line, units):
                raise Refusal(f"There is no stock left of order line {line.id} in warehouse {request.warehouse.id}.")
        for line, units in request.lines:
            waiting = [a for a in line.allocations if a.waiting and a.free]
            while line.unallocated < units:
                self._allocator.give_back(waiting.pop(), RELEASE, "")
            self._allocator.allocate(line, units, [request.warehouse])
            line.allocations[-1].request = request
        self.review(order)
        self._elsewhere(order)

    def _end(self, request: AllocationRequest, status: str) -> None:
        request.status = status
        self._told(request, "update")

    def _told(self, request: AllocationRequest, action: str) -> None:
        expires = {"date": webhook_date(request.expires_at), "timezone_type": 3, "timezone": INSTANCE_ZONE_NAME}
        data = {
            "status": request.status,
            "warehouseId": request.warehouse.id,
            "expirationDate": expires,
            "order": {"id": request.order.id, "number": request.order.number},
            "lines": {str(x["lineId"]): x for x in lines_of(request)},
        }
        by_request = self._modes.allocation_request_event_id == "request"
        self._emit("allocation_request", action, request.id if by_request else request.order.number, data)

    def _of(self, order: Order) -> list[AllocationRequest]:
        return [r for r in self.requests.values() if r.order is order]

    # --- check first ---

    def offer(self, order: Order) -> bool:
        """Offer an order to all its check-first warehouses at once; whether there are any."""
        places = [w for w in order.preferred if w.allocation_policy == "CHECK_FIRST"]
        if not places:
            return False
        clock = self._clock()
        order.offers = [Offer(w, clock.now() + w.timeout_hours * HOUR) for w in places]
        order.on_hold, order.hold_reason = True, CHECK_FIRST_HOLD
        told = [{"warehouseId": x.warehouse.id, "expirationAt": to_iso(x.expires_at)} for x in order.offers]
        self._emit("check_first", "create", order.number, {"warehouses": told})
        for x in order.offers:
            clock.at(x.expires_at, self._offer_timer(order, x))
        return True

    def answer(self, order: Order, warehouse_id: int, accepted: bool) -> None:
        """The first to accept wins; when all have said no the order goes the normal way."""
        found = next((x for x in order.offers if x.warehouse.id == warehouse_id), None)
        if found is None:
            raise Refusal(f"Order {order.number} is not offered to warehouse {warehouse_id}.")
        if found.status != "pending":
            raise Refusal(f"Warehouse {warehouse_id} has already answered: {found.status}.")
        self._answered(order, found, "accepted" if accepted else "rejected")

    def stop_asking(self, order: Order) -> None:
        """Somebody resumes the order in the admin: the stores that have not answered are out."""
        for pending in [x for x in order.offers if x.status == "pending"]:
            self._answered(order, pending, "rejected")

    def _offer_timer(self, order: Order, offer: Offer) -> Callable[[], None]:
        def time_out() -> None:
            if offer.status == "pending":
                self._answered(order, offer, "timeout")

        return time_out

    def _answered(self, order: Order, offer: Offer, status: str) -> None:
        offer.status = status
        self._emit("check_first", status, order.number, {"warehouseId": offer.warehouse.id})
        if status == "accepted":
            for other in order.offers:
                other.status = "outdated" if other.status == "pending" else other.status
        if order.waits_for_check_first:
            return
        if order.hold_reason == CHECK_FIRST_HOLD:
            order.on_hold, order.hold_reason = False, None
        if order.status != "CANCELLED":
            self._elsewhere(order, [offer.warehouse] if status == "accepted" else [])


def _held(request: AllocationRequest) -> list[Allocation]:
    """What is still allocated for it and on no shipment."""
    return [a for line in request.order.lines for a in line.allocations if a.request is request and a.free]


def lines_of(request: AllocationRequest) -> list[dict[str, Any]]:
    """`stockItemId` is taken to be the product size (unconfirmed)."""
    return [{"lineId": line.id, "quantity": units, "stockItemId": line.size.id} for line, units in request.lines]
