"""Whatever integrations, stores, the payment provider and people in the admin do to web orders in the Centra sandbox, in every mode: units and
money are counted once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox.centra.modes import choices
from sandbox.centra.records import Refusal
from tests.conftest import FACTOR
from tests.sandbox.centra_shop import Shop
from tests.sandbox.centra_writes import CAPTURE_SHIPMENT, COMPLETE_SHIPMENT, CREATE_RETURN, CREATE_SHIPMENT, REFUND_RETURN, parts, write

PICK = st.integers(0, 99)
SKUS = st.sampled_from(["TEE-S", "TEE-M", "TEE-L"])
LINE = st.fixed_dictionaries({"sku": SKUS, "units": st.integers(1, 3), "total": st.integers(0, 30_000), "tax": st.sampled_from([0, 6, 25])})
BUNDLE = st.fixed_dictionaries(
    {"sku": SKUS, "units": st.integers(1, 2), "kind": st.just("bundle"), "items": st.just([("TEE-M", 1), ("TEE-L", 2, 3)])}
)
RULES = st.sampled_from([[11], [21, 11], [31, 21, 12], [12, 31]])
POLICY = st.sampled_from([{"releaseItemsBackToWarehouse": True}, {"removeItemsFromStock": True}, {"sendItemsToDifferentWarehouse": {"id": 12}}])


class Fulfilling(RuleBasedStateMachine):
    """A Refusal and a user error are answers; any other exception is a bug."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop()
        self.state = self.shop.state
        self.numbers: list[int] = []
        for warehouse, policy in ((21, "DIRECT_THEN_CONFIRM"), (31, "CHECK_FIRST")):
            self.state.add_warehouse(warehouse, f"Store {warehouse}", allocation_policy=policy, timeout_hours=1)
        for warehouse in (12, 21, 31):
            for sku in self.shop.sizes:
                self.state.put_stock(warehouse=warehouse, sku=sku, physical=4)

    @initialize(modes=st.fixed_dictionaries({n: st.sampled_from(v) for n, v in choices().items()}))
    def choose(self, modes: dict[str, Any]) -> None:
        self.state.modes(**{**modes, "repeat_refund": "refused"})

    @rule(
        lines=st.lists(st.one_of(LINE, BUNDLE), min_size=1, max_size=3),
        warehouses=RULES,
        voucher=st.integers(0, 9_000),
        fee=st.integers(0, 500),
        payment=st.sampled_from(["authorised", "captured", "paid", "waiting"]),
        tax_kind=st.sampled_from(["included", "added", "deducted"]),
    )
    def place(self, lines: list[dict[str, Any]], warehouses: list[int], voucher: int, fee: int, payment: str, tax_kind: str) -> None:
        wishes: dict[str, Any] = {"voucher": {"amount": voucher}, "shipping_fee": fee, "payment": payment, "tax_kind": tax_kind}
        self.numbers.append(self.state.place_order(lines, warehouses, **wishes)["number"])

    @precondition(lambda self: self.numbers)
    @rule(pick=PICK, capture=st.booleans(), paid=st.booleans(), units=st.integers(1, 2), fails=st.booleans())
    def ship(self, pick: int, capture: bool, paid: bool, units: int, fails: bool) -> None:
        number = self._number(pick)
        ready = [(x.id, min(units, x.on_no_shipment)) for x in self.state.orders.orders[number].lines if x.ships and x.on_no_shipment]
        if not ready:
            return
        self.state.fail_captures(int(fails))
        wanted = {"order": {"number": number}, "lines": parts(ready), "isGoodToGo": True, "capture": capture, "isPaid": paid}
        made = write(self.shop, CREATE_SHIPMENT, i=wanted)["shipment"]
        self.state.fail_captures(0)
        if made is not None:
            write(self.shop, COMPLETE_SHIPMENT, id=made["id"])

    @precondition(lambda self: self.state.orders.shipments)
    @rule(pick=PICK, complete=st.booleans())
    def capture(self, pick: int, complete: bool) -> None:
        shipment = self._shipment(pick)
        write(self.shop, CAPTURE_SHIPMENT, id=shipment)
        if complete:
            write(self.shop, COMPLETE_SHIPMENT, id=shipment)

    @precondition(lambda self: self.state.orders.shipments)
    @rule(pick=PICK, units=st.integers(1, 3), policy=POLICY, cost=st.integers(0, 50), fees=st.booleans(), refund=st.booleans())
    def take_back(self, pick: int, units: int, policy: dict[str, Any], cost: int, fees: bool, refund: bool) -> None:
        shipment = self.state.orders.shipments[self._shipment(pick)]
        rows = parts([(shipment.lines[pick % len(shipment.lines)].id, units)], "shipmentLine")
        wanted = {"shipment": {"id": shipment.id}, "lines": rows, "returnStockActionPolicy": policy, "shippingCost": {"fromShipment": fees}}
        wanted["returnCost"] = {"value": cost, "currencyIsoCode": "SEK"}
        made = write(self.shop, CREATE_RETURN, i=wanted if fees else {k: v for k, v in wanted.items() if k != "shippingCost"})["return"]
        if made is not None and refund:
            write(self.shop, REFUND_RETURN, id=made["id"])

    @precondition(lambda self: self.state.returns.returns)
    @rule(pick=PICK)
    def refund_or_delete(self, pick: int) -> None:
        made = sorted(self.state.returns.returns)[pick % len(self.state.returns.returns)]
        self._try(lambda: self.state.delete_return(made) if pick % 2 else self.state.refund_in_admin(made))

    @precondition(lambda self: self.numbers)
    @rule(
        pick=PICK,
        step=st.sampled_from(["cancel", "resume", "hold", "pay", "reallocate", "unallocate"]),
        policy=st.sampled_from(["release", "remove"]),
    )
    def administer(self, pick: int, step: str, policy: str) -> None:
        number = self._number(pick)
        steps: dict[str, Callable[[], object]] = {
            "cancel": lambda: self.state.cancel_lines(number, policy=policy),
            "resume": lambda: self.state.resume(number),
            "hold": lambda: self.state.hold(number),
            "pay": lambda: self.state.pay(number),
            "reallocate": lambda: self.state.reallocate(number, 21 if pick % 2 else 12),
            "unallocate": lambda: self.state.unallocate(number, policy=policy),
        }
        self._try(steps[step])

    @precondition(lambda self: self.state.orders.questions.requests)
    @rule(pick=PICK, confirm=st.booleans())
    def answer_request(self, pick: int, confirm: bool) -> None:
        asked = sorted(self.state.orders.questions.requests)
        self._try(lambda: self.state.answer_request(asked[pick % len(asked)], confirm))

    @precondition(lambda self: self.numbers)
    @rule(pick=PICK, accept=st.booleans())
    def answer_offer(self, pick: int, accept: bool) -> None:
        self._try(lambda: self.state.answer_offer(self._number(pick), 31, accept))

    @rule(minutes=st.sampled_from([0.2, 1, 61]))
    def wait(self, minutes: float) -> None:
        self.shop.clock.sleep(minutes * 60)

    @invariant()
    def units_are_counted_once(self) -> None:
        for order in self.state.orders.orders.values():
            for line in order.lines:
                assert 0 <= line.returned <= line.expedited <= line.quantity <= line.ordered
                assert line.unallocated >= 0
                assert all(0 <= x.returned <= x.quantity for x in line.shipment_lines)
        for warehouse, rows in self.state.stock.rows.items():
            for row in rows.values():
                held = [a for o in self.state.orders.orders.values() for x in o.lines for a in x.allocations if x.size is row.size and not a.shipped]
                assert row.allocated == sum(a.quantity for a in held if a.warehouse.id == warehouse) <= row.physical

    @invariant()
    def money_is_counted_once(self) -> None:
        for order in self.state.orders.orders.values():
            paid = order.payment
            assert 0 <= paid.refunded + paid.refunding <= paid.captured
            assert 0 <= paid.captured + paid.capturing <= paid.authorised
            entries = [e for e in paid.history if e.status == "SUCCESS"]
            assert sum(e.amount for e in entries if e.type == "REFUND") == paid.refunded
            if not paid.external:
                assert sum(e.amount for e in entries if e.type == "CAPTURE") == paid.captured
                assert paid.direct or sum(s.captured_value for s in order.shipments) <= paid.captured

    @invariant()
    def questions_agree_with_allocations(self) -> None:
        for order in self.state.orders.orders.values():
            asked = {r for r in self.state.orders.questions.requests.values() if r.order is order and r.status == "allocated"}
            assert asked == {a.request for line in order.lines for a in line.allocations if a.waiting}

    def _number(self, pick: int) -> int:
        return self.numbers[pick % len(self.numbers)]

    def _shipment(self, pick: int) -> int:
        return sorted(self.state.orders.shipments)[pick % len(self.state.orders.shipments)]

    def _try(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Refusal:
            self.shop.clock.sleep(1)


TestFulfilling = Fulfilling.TestCase
TestFulfilling.settings = settings(max_examples=40 * FACTOR, stateful_step_count=25, deadline=None)
