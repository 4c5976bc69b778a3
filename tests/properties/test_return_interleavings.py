"""Whatever comes back however often and whoever fails meanwhile: once it is quiet, each refund is one return, and nobody is paid twice."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from connector.domain.exceptions import Kind
from connector.domain.order_keys import refund_of
from connector.mapping.refund_findings import refund_entity
from connector.runtime.queues import Work
from sandbox.order_story import PICK_UP, OrderStory
from sandbox.sitoo.records import CANCELLED, CLOSED, OPEN, Order
from sandbox.stock_story import SITE, SKUS
from tests.conftest import FACTOR
from tests.flows.return_books import books_agree
from tests.flows.return_story import IMPATIENT
from tests.properties.return_truth import ReturnTruth
from tests.properties.troubles import STEPS, Troubles, attempt, nothing

SITOO = st.sampled_from([101, 102, 103])
SKU = st.sampled_from(SKUS)
UNITS = st.integers(1, 2)
TENDER = st.sampled_from(["Card", "Card", "Cash", "Web"])
CENTRAL = 1


class Returns(Troubles):
    """Orders that stores handed out or the central warehouse sent, and everything that brings their goods back."""

    centra_modes: dict[str, Any] = {}
    sitoo_modes: dict[str, Any] = {}
    limits = False
    latency = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.story = OrderStory.begin(limits=self.limits, latency=self.latency, central=20, settings=IMPATIENT)
        self.world = self.story.world
        self.world.centra.modes(**self.centra_modes)
        self.world.sitoo.modes(**self.sitoo_modes)
        self.began = self.world.clock.now()
        self.sales: list[int] = []
        self.linked: dict[int, int] = {}
        self.pressed: set[int] = set()

    @initialize(data=st.data())
    def goods_are_with_customers(self, data: st.DataObject) -> None:
        self.story.run(40.0)
        self.began = self.world.clock.now()
        self.from_the_store(data.draw(SKU), 2)
        self.from_the_central_warehouse(data.draw(SKU), 2)
        self.story.run(20.0)

    # --- goods go out ---

    @rule(sku=SKU, units=UNITS)
    def from_the_store(self, sku: str, units: int) -> None:
        number = self.story.order([(sku, units)], [11, 12, 13], option=PICK_UP)
        self.story.run(5.0)
        for copy in [c.orderid for c in self.story.copies(number) if c.state == OPEN]:
            attempt(partial(self.world.sitoo.deliver, copy))

    @rule(sku=SKU, units=UNITS)
    def from_the_central_warehouse(self, sku: str, units: int) -> None:
        number = self.story.order([(sku, units)], [CENTRAL], option="Standard delivery")
        attempt(lambda: self.world.centra.capture(self.world.centra.ship(number)["shipment_id"]))

    @rule(warehouse=SITOO, sku=SKU)
    def sell(self, warehouse: int, sku: str) -> None:
        sold = self.world.sitoo.sell(warehouse, {sku: 1})["order_id"]
        if sold is not None:
            self.sales.append(sold)

    # --- and come back ---

    @precondition(lambda self: self._copies())
    @rule(data=st.data(), units=UNITS, warehouse=SITOO, tender=TENDER)
    def refund(self, data: st.DataObject, units: int, warehouse: int, tender: str) -> None:
        copy = data.draw(st.sampled_from(self._copies()))
        attempt(lambda: self.world.sitoo.refund(copy, {0: units}, warehouse, tender=tender))

    @precondition(lambda self: self._copies())
    @rule(data=st.data(), warehouse=SITOO, paid=st.sampled_from(["0.00", "60.00", "100.00", "140.00"]))
    def refund_at_another_price(self, data: st.DataObject, warehouse: int, paid: str) -> None:
        copy = data.draw(st.sampled_from(self._copies()))
        attempt(lambda: self.world.sitoo.refund(copy, {0: 1}, warehouse, amounts={0: paid}))

    @precondition(lambda self: self._copies())
    @rule(data=st.data())
    def refund_into_reclaims(self, data: st.DataObject) -> None:
        copy = data.draw(st.sampled_from(self._copies()))
        attempt(lambda: self.world.sitoo.refund(copy, {0: 1}, 103, return_warehouses={0: 105}))

    @precondition(lambda self: self._copies())
    @rule(data=st.data(), warehouse=SITOO)
    def refund_before_it_was_handed_out(self, data: st.DataObject, warehouse: int) -> None:
        copy = data.draw(st.sampled_from(self._copies()))
        attempt(lambda: self.world.sitoo.refund(copy, {0: 1}, warehouse, undelivered=True))

    @precondition(lambda self: self._copies())
    @rule(data=st.data(), warehouse=SITOO, sku=SKU)
    def exchange(self, data: st.DataObject, warehouse: int, sku: str) -> None:
        copy = data.draw(st.sampled_from(self._copies()))
        attempt(lambda: self.world.sitoo.exchange(copy, {0: 1}, {sku: 1}, warehouse))

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def refund_a_stores_own_sale(self, data: st.DataObject) -> None:
        sale = data.draw(st.sampled_from(self.sales))
        attempt(lambda: self.world.sitoo.refund(sale))

    @rule(warehouse=SITOO, sku=SKU)
    def return_without_receipt(self, warehouse: int, sku: str) -> None:
        self.world.sitoo.refund(warehouse=warehouse, skus={sku: 1})

    @precondition(lambda self: self._unlinked() and self.story.orders)
    @rule(data=st.data())
    def people_link_it(self, data: st.DataObject) -> None:
        refund = data.draw(st.sampled_from(self._unlinked()))
        number = data.draw(st.sampled_from(self.story.orders))
        self.linked[refund] = number
        self.world.files.know_sitoo_order(refund, number)
        self.world.queues.send(Work.RETURNS, [json.dumps({"v": 1, "source": "sitoo", "type": "order", "site": SITE, "id": refund})])

    @precondition(lambda self: self._shipments())
    @rule(data=st.data(), refund=st.booleans(), warehouse=st.sampled_from([None, None, 11]))
    def return_by_mail(self, data: st.DataObject, refund: bool, warehouse: int | None) -> None:
        shipment, sku = data.draw(st.sampled_from(self._shipments()))
        attempt(lambda: self.world.centra.return_by_mail(shipment, [(sku, 1)], refund, warehouse))

    @precondition(lambda self: self.world.centra.returns.returns)
    @rule(data=st.data())
    def somebody_presses_refund(self, data: st.DataObject) -> None:
        made = data.draw(st.sampled_from(sorted(self.world.centra.returns.returns)))
        attempt(lambda: self._press(made))

    @precondition(lambda self: self._copies())
    @rule(data=st.data(), warehouse=SITOO, tender=st.sampled_from(["Card", "Cash"]))
    def a_till_pays_and_somebody_presses_refund_too(self, data: st.DataObject, warehouse: int, tender: str) -> None:
        copy = data.draw(st.sampled_from(self._copies()))
        paid: list[int | None] = []
        attempt(lambda: paid.append(self.world.sitoo.refund(copy, {0: 1}, warehouse, tender=tender)["order_id"]))
        self.story.run(20.0)
        for made in sorted(self.world.centra.returns.returns):
            ours = refund_of(self.world.centra.external_ids.of("Return", made) or "")
            if ours is not None and ours[0] in paid:
                attempt(partial(self._press, made))

    @precondition(lambda self: self._refunds())
    @rule(data=st.data())
    def the_store_cancels_a_refund(self, data: st.DataObject) -> None:
        book = self.world.sitoo.orderbook
        order = book.order(data.draw(st.sampled_from(self._refunds())))
        book.announce(order, "update", book.set_state(order, CANCELLED))

    # --- trouble ---

    @rule(kind=st.sampled_from(["error_after", "drop_after", "throttle"]))
    def cancelling_lines_breaks_off(self, kind: str) -> None:
        self.world.centra.fault(kind, operation="updateDirectToConsumerOrder", times=1, status=503)

    @precondition(lambda self: self._shipments())
    @rule(after=STEPS, data=st.data())
    def parcel_arrives_between_two_calls(self, after: int, data: st.DataObject) -> None:
        shipment, sku = data.draw(st.sampled_from(self._shipments()))
        self.after(after, lambda: attempt(lambda: self.world.centra.return_by_mail(shipment, [(sku, 1)], False)))

    @precondition(lambda self: self._copies())
    @rule(after=STEPS, data=st.data(), warehouse=SITOO)
    def till_refunds_between_two_calls(self, after: int, data: st.DataObject, warehouse: int) -> None:
        copy = data.draw(st.sampled_from(self._copies()))
        self.after(after, lambda: attempt(lambda: self.world.sitoo.refund(copy, {0: 1}, warehouse)))

    # --- what must hold ---

    @invariant()
    def one_request_at_a_time_and_within_the_limits(self) -> None:
        assert self.world.sitoo.violations() == 0
        if self.limits:
            assert self.world.centra.usage()["violations"] == 0

    def teardown(self) -> None:
        try:
            self._must_hold()
        finally:
            self.world.close()

    def _must_hold(self) -> None:
        self.world.step = nothing
        self.world.centra.clear_faults()
        self.world.sitoo.clear_faults()
        truth = ReturnTruth(self.story, self.linked, self.pressed)
        truth.settle()
        truth.must_hold()
        books_agree(self.story, since=self.began)

    def _orders(self) -> list[Order]:
        return list(self.world.sitoo.orderbook.orders.values())

    def _refunds(self) -> list[int]:
        return [o.orderid for o in self._orders() if o.registerid and o.state == CLOSED and any(row.quantity < 0 for row in o.rows)]

    def _copies(self) -> list[int]:
        return [copy.orderid for number in self.story.orders for copy in self.story.copies(number)]

    def _shipments(self) -> list[tuple[int, str]]:
        """(shipment, sku) of everything that was shipped."""
        return [(s["id"], line["sku"]) for n in self.story.orders for s in self.story.state(n)["shipments"] if s["shipped_at"] for line in s["lines"]]

    def _unlinked(self) -> list[int]:
        cases = [case.problem.entity for case in self.world.cases.list(kind=Kind.RETURN_UNLINKED)]
        return [o.orderid for o in self._orders() if refund_entity(SITE, o.orderid) in cases and o.orderid not in self.linked]

    def _press(self, made: int) -> None:
        self.world.centra.refund_in_admin(made)
        self.pressed.add(made)


class SlowAndStockless(Returns):
    """Vendors take their time and keep to their limits, and Sitoo leaves the stock of what was delivered without stock alone."""

    sitoo_modes = {"ignored_delivery_covers_returns": True, "refund_link": "additionaldata"}
    limits, latency = True, 0.15


EXAMPLES = settings(max_examples=70 * FACTOR, stateful_step_count=12)
TestReturns = Returns.TestCase
TestReturns.settings = EXAMPLES
TestSlowAndStockless = SlowAndStockless.TestCase
TestSlowAndStockless.settings = EXAMPLES
