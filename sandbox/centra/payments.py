"""The payment provider behind the Centra sandbox: what was authorised, captured and refunded, and the history Centra keeps of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Protocol

from sandbox.centra.modes import Modes
from sandbox.centra.order_parts import PaymentEntry
from sandbox.centra.order_records import Order, Return
from sandbox.centra.records import Refusal
from sandbox.clock import SandboxClock

EXTERNAL = "Action not supported by external payment plugin"


class Emit(Protocol):
    """Tells the webhook and the events system; `completed`: the object reached its end by this."""

    def __call__(self, kind: str, action: str, id: int, data: dict[str, object] | None = None, *, completed: bool = False) -> None: ...


class PaymentDesk:
    """Instant providers answer at once; an asynchronous one takes a request and answers `settle_after` seconds later."""

    def __init__(self, clock: Callable[[], SandboxClock], modes: Modes, emit: Emit) -> None:
        self._clock = clock
        self._modes = modes
        self._emit = emit
        self._ids = itertools.count(601)
        self.entries: dict[int, PaymentEntry] = {}
        self.settle_after = 30.0
        self.failing_captures = 0
        self.failing_refunds = 0

    def begin(self, order: Order, state: str, amount: int) -> None:
        """An order arrives `authorised`, `captured`, `paid` (elsewhere, out of Centra's reach) or `waiting`."""
        payment = order.payment
        if state == "waiting":
            order.on_hold, order.hold_reason = True, "WAITING_FOR_PAYMENT"
        elif state == "paid":
            payment.name, payment.uri, payment.plugin, payment.external = "External payment", "external-payment", "external_payment", True
            payment.authorised = payment.captured = amount
            self._note(order, "MARKED_AS_PAID", "SUCCESS", amount, "External Payment Plugin")
        elif state in ("authorised", "captured"):
            payment.authorised = amount
            self._note(order, "AUTH", "SUCCESS", amount, "Checkout API")
            if state == "captured":
                payment.captured, payment.direct = amount, True
                self._note(order, "CAPTURE", "SUCCESS", amount, "Checkout API")
        else:
            raise Refusal("payment is authorised, captured, paid or waiting")

    def capture(self, order: Order, amount: int, done: Callable[[bool], None], source: str) -> PaymentEntry:
        """Take money; `done` is told whether that worked, at once or later. Refusal when it cannot even be tried."""
        payment = order.payment
        if payment.external:
            raise Refusal(f"{EXTERNAL}.")
        if amount > payment.left_to_capture:
            raise Refusal(f"Only {payment.left_to_capture} of the authorised amount is left to capture.")
        fails = self.failing_captures > 0
        self.failing_captures -= fails

        def settle() -> PaymentEntry:
            payment.captured += 0 if fails else amount
            entry = self._note(order, *(("CAPTURE_FAILED", "FAILED") if fails else ("CAPTURE", "SUCCESS")), amount, source)
            done(not fails)
            return entry

        if self._modes.psp == "instant":
            return settle()
        payment.capturing += amount
        return self._later(order, "CAPTURE_REQUEST", amount, source, None, lambda: self._end_capture(order, amount, settle))

    def refund(self, record: Return, source: str) -> PaymentEntry:
        """Pay a return's amount back. Refusal when there is nothing to refund or more than was captured."""
        order, amount = record.shipment.order, record.total
        payment = order.payment
        if payment.external:
            raise Refusal(f"{EXTERNAL}.")
        if amount <= 0:
            raise Refusal(f"Return {record.id} has nothing to refund.")
        if self._modes.repeat_refund == "refused" and any(e.status in ("SUCCESS", "PENDING") for e in record.refunds if not _answered(e, record)):
            raise Refusal(f"Return {record.id} is already refunded.")
        if self._modes.repeat_refund == "refused" and amount > payment.left_to_refund:
            raise Refusal(f"Only {payment.left_to_refund} of the captured amount is left to refund.")
        fails = self.failing_refunds > 0
        self.failing_refunds -= fails

        def settle() -> PaymentEntry:
            payment.refunded += 0 if fails else amount
            return self._note(order, *(("REFUND_FAILED", "FAILED") if fails else ("REFUND", "SUCCESS")), amount, source, record)

        if self._modes.psp == "instant":
            return settle()
        payment.refunding += amount
        return self._later(order, "REFUND_REQUEST", amount, source, record, lambda: self._end_refund(order, amount, settle))

    def cancel(self, order: Order, source: str) -> PaymentEntry:
        """Give back what was authorised and never captured."""
        payment = order.payment
        if payment.external:
            raise Refusal(f"{EXTERNAL}.")
        left = payment.left_to_capture
        payment.authorised -= left
        return self._note(order, "CANCEL", "SUCCESS", left, source)

    def mark_paid(self, order: Order, amount: int) -> None:
        """A waiting order is paid at last."""
        order.payment.authorised = amount
        self._note(order, "AUTH", "SUCCESS", amount, "Checkout API")

    def record(self, order: Order, kind: str, status: str, amount: int, source: str, reference: str = "") -> None:
        """Money that moved elsewhere (Order API): written down, not moved. `reference`: the transaction's, else Centra makes one up."""
        if status == "SUCCESS" and kind == "AUTH":
            order.payment.authorised += amount
        if status == "SUCCESS" and kind == "CAPTURE":
            order.payment.captured += amount
        entry = self._note(order, kind, status, amount, source)
        entry.reference = reference or entry.reference

    def _end_capture(self, order: Order, amount: int, settle: Callable[[], PaymentEntry]) -> None:
        order.payment.capturing -= amount
        settle()

    def _end_refund(self, order: Order, amount: int, settle: Callable[[], PaymentEntry]) -> None:
        order.payment.refunding -= amount
        settle()
        self._emit("order", "update", order.number)

    def _later(self, order: Order, kind: str, amount: int, source: str, record: Return | None, settle: Callable[[], None]) -> PaymentEntry:
        clock = self._clock()
        request = self._note(order, kind, "PENDING", amount, source, record)
        clock.at(clock.now() + self.settle_after, settle)
        return request

    def _note(self, order: Order, kind: str, status: str, amount: int, source: str, record: Return | None = None) -> PaymentEntry:
        now = self._clock().now()
        entry = PaymentEntry(
            next(self._ids), order, kind, status, amount, now, f"PSP-{order.number}-{len(order.payment.history) + 1}", source, record
        )
        order.payment.history.append(entry)
        self.entries[entry.id] = entry
        if record is not None:
            record.refunds.append(entry)
        if self._modes.order_updated_by_payment:
            order.updated_at = now
        self._emit("payment_history_entry", "create", entry.id)
        return entry


def _answered(entry: PaymentEntry, record: Return) -> bool:
    """Whether a pending refund request has got its answer: that one speaks for it."""
    return entry.status == "PENDING" and record.refunds[-1] is not entry
