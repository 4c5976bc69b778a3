"""Whatever comes back however often and whoever fails meanwhile: once it is quiet, each refund is one return, and nobody is paid twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from connector.domain.exceptions import Kind
from connector.domain.order_keys import refund_of, stock_in_key
from connector.mapping.refund_findings import refund_entity
from connector.runtime.queues import Work
from sandbox.centra.records import Refusal as CentraRefusal
from sandbox.order_story import PICK_UP, OrderStory
from sandbox.sitoo.records import OPEN, Order
from sandbox.sitoo.records import Refusal as SitooRefusal
from sandbox.stand_ins import Crash
from sandbox.stock_story import SITE, SKUS
from tests.conftest import FACTOR
from tests.flows.return_books import books_agree, left_to_centra
from tests.flows.return_story import IMPATIENT

SITOO = st.sampled_from([101, 102, 103])
SKU = st.sampled_from(SKUS)
STEPS = st.integers(1, 60)
UNITS = st.integers(1, 2)
TENDER = st.sampled_from(["Card", "Card", "Cash", "Web"])
CENTRAL = 1
STOPPED = (Kind.OVER_RETURN, Kind.UNMAPPED_NAME, Kind.RETURN_UNLINKED)
LONGEST_QUIET_S = 4800.0


class Returns(RuleBasedStateMachine):
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
            _try(partial(self.world.sitoo.deliver, copy))

    @rule(sku=SKU, units=UNITS)
    def from_the_central_warehouse(self, sku: str, units: int) -> None:
        number = self.story.order([(sku, units)], [CENTRAL], option="Standard delivery")
        _try(lambda: self.world.centra.capture(self.world.centra.ship(number)["shipment_id"]))

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
        _try(lambda: self.world.sitoo.refund(copy, {0: units}, warehouse, tender=tender))

    @precondition(lambda self: self._copies())
    @rule(data=st.data(), warehouse=SITOO, paid=st.sampled_from(["0.00", "60.00", "100.00", "140.00"]))
    def refund_at_another_price(self, data: st.DataObject, warehouse: int, paid: str) -> None:
        copy = data.draw(st.sampled_from(self._copies()))
        _try(lambda: self.world.sitoo.refund(copy, {0: 1}, warehouse, amounts={0: paid}))

    @precondition(lambda self: self._copies())
    @rule(data=st.data())
    def refund_into_reclaims(self, data: st.DataObject) -> None:
        copy = data.draw(st.sampled_from(self._copies()))
        _try(lambda: self.world.sitoo.refund(copy, {0: 1}, 103, return_warehouses={0: 105}))

    @precondition(lambda self: self._copies())
    @rule(data=st.data(), warehouse=SITOO)
    def refund_before_it_was_handed_out(self, data: st.DataObject, warehouse: int) -> None:
        copy = data.draw(st.sampled_from(self._copies()))
        _try(lambda: self.world.sitoo.refund(copy, {0: 1}, warehouse, undelivered=True))

    @precondition(lambda self: self._copies())
    @rule(data=st.data(), warehouse=SITOO, sku=SKU)
    def exchange(self, data: st.DataObject, warehouse: int, sku: str) -> None:
        copy = data.draw(st.sampled_from(self._copies()))
        _try(lambda: self.world.sitoo.exchange(copy, {0: 1}, {sku: 1}, warehouse))

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def refund_a_stores_own_sale(self, data: st.DataObject) -> None:
        sale = data.draw(st.sampled_from(self.sales))
        _try(lambda: self.world.sitoo.refund(sale))

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
        _try(lambda: self.world.centra.return_by_mail(shipment, [(sku, 1)], refund, warehouse))

    @precondition(lambda self: self.world.centra.returns.returns)
    @rule(data=st.data())
    def somebody_presses_refund(self, data: st.DataObject) -> None:
        made = data.draw(st.sampled_from(sorted(self.world.centra.returns.returns)))
        _try(lambda: self._press(made))

    # --- trouble ---

    @rule(after=STEPS)
    def crash(self, after: int) -> None:
        self._after(after, _die)

    @precondition(lambda self: self._shipments())
    @rule(after=STEPS, data=st.data())
    def parcel_arrives_between_two_calls(self, after: int, data: st.DataObject) -> None:
        shipment, sku = data.draw(st.sampled_from(self._shipments()))
        self._after(after, lambda: _try(lambda: self.world.centra.return_by_mail(shipment, [(sku, 1)], False)))

    @precondition(lambda self: self._copies())
    @rule(after=STEPS, data=st.data(), warehouse=SITOO)
    def till_refunds_between_two_calls(self, after: int, data: st.DataObject, warehouse: int) -> None:
        copy = data.draw(st.sampled_from(self._copies()))
        self._after(after, lambda: _try(lambda: self.world.sitoo.refund(copy, {0: 1}, warehouse)))

    @rule(
        kind=st.sampled_from(["error", "error_after", "drop_before", "drop_after", "throttle"]),
        operation=st.sampled_from(["", "createReturn", "completeReturn", "refundReturn"]),
        times=st.integers(1, 2),
    )
    def centra_fails(self, kind: str, operation: str, times: int) -> None:
        self.world.centra.fault(kind, operation=operation, times=times, status=503)

    @rule(kind=st.sampled_from(["error", "error_after", "drop_before", "drop_after", "throttle"]), times=st.integers(1, 2))
    def sitoo_fails(self, kind: str, times: int) -> None:
        self.world.sitoo.fault(kind, times=times)

    @rule(how=st.sampled_from(["lose_events", "double_events", "reorder_events"]), n=st.integers(1, 3))
    def events_go_wrong(self, how: str, n: int) -> None:
        getattr(self.world.sitoo, how)(n)

    @rule(how=st.sampled_from(["lose", "double", "swap"]), n=st.integers(1, 3))
    def webhooks_go_wrong(self, how: str, n: int) -> None:
        self.world.centra.webhook_faults(**{how: n})

    @rule(seconds=st.sampled_from([0.1, 2.0, 20.0, 70.0]))
    def time_passes(self, seconds: float) -> None:
        self.story.run(seconds)

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
        self.world.step = _nothing
        self.world.centra.clear_faults()
        self.world.sitoo.clear_faults()
        self._settle()
        for number in self.story.orders:
            self._money_is_right(number)
            self._mail_returns_are_recorded(number)
        for refund, number in self._refunds_of_web_orders():
            self._is_returned_once(refund, number)
            self._goods_are_in_stock_once(refund, number)
        self._nothing_is_an_echo()
        assert {key: self.story.physical(*key) for key in self.story.must_be()} == self.story.must_be()
        books_agree(self.story, since=self.began)

    def _settle(self) -> None:
        self.story.run(150.0)
        end = self.world.clock.now() + LONGEST_QUIET_S
        while (self.world.levels.dirty(SITE) or self._unfinished()) and self.world.clock.now() < end:
            self.story.run(60.0)

    def _unfinished(self) -> bool:
        files = self.world.files.get_many(self.story.orders).values()
        under_way = any(r.state not in ("done", "parked") for file in files for r in file.returnings)
        return under_way or any(w.refund and not w.looks for file in files for w in file.watches)

    def _is_returned_once(self, refund: Order, number: int) -> None:
        """One completed return per shipment with the refund's units, or a person was told why not."""
        made = [r for r in self.story.state(number)["returns"] if (refund_of(r["external_id"] or "") or (0, 0))[0] == refund.orderid]
        assert len({r["shipment"] for r in made}) == len(made), f"refund {refund.orderid} was returned twice"
        assert all(r["completed"] for r in made)
        if self._told(refund.orderid, *STOPPED):
            assert made == []
            return
        returned = Counter({sku: n for r in made for sku, n in _units(r).items()})
        file = self.world.files.get(number)
        assert file is not None
        lines = {line["id"]: line["sku"] for line in self.story.state(number)["lines"]}
        for known in file.returnings:
            if known.sitoo_order_id == refund.orderid and known.shipment_id == 0:
                returned += Counter({lines[line]: n for line, n in known.lines.items()})
        assert returned == _back(refund), f"refund {refund.orderid} of order {number}"
        if self._is_exact(refund) and not any(known.shipment_id == 0 for known in file.returnings if known.sitoo_order_id == refund.orderid):
            assert sum(r["total"] for r in made) == -sum(int(row.gross * 100) for row in refund.rows if row.quantity < 0)

    def _is_exact(self, refund: Order) -> bool:
        return not self._told(refund.orderid, Kind.REFUND_MISMATCH)

    def _money_is_right(self, number: int) -> None:
        """The connector asked the provider only for what tills left to it, once each; what people pressed besides is told."""
        state = self.story.state(number)
        assert state["psp"]["refunded"] <= state["psp"]["captured"]
        for made in state["returns"]:
            ours = refund_of(made["external_id"] or "")
            if ours is None:
                continue
            by_connector = [e for e in made["refunds"] if e["status"] == "SUCCESS" and made["id"] not in self.pressed]
            assert len(by_connector) <= 1
            if by_connector:
                assert left_to_centra(self.story, ours[0]), f"return {made['id']} was paid at a till and refunded"
            if made["refunds"] and not left_to_centra(self.story, ours[0]):
                assert self.world.cases.find(Kind.DOUBLE_REFUND_RISK, f"order/{number}/return/{made['id']}") is not None

    def _mail_returns_are_recorded(self, number: int) -> None:
        """Each return made in Centra stands on one copy, unless tills had taken those goods back already."""
        for made in self.story.state(number)["returns"]:
            if made["external_id"] or not made["completed"]:
                continue
            records = [o for o in self._orders() if (o.externalid or "").startswith(f"CR{made['id']}-")]
            told = self.world.cases.find(Kind.OVER_RETURN, f"order/{number}/return/{made['id']}") is not None
            assert len(records) == (0 if told else 1), f"return {made['id']} of order {number}"
            for record in records:
                assert _back(record) == _units(made)
                assert all(delivery.ignored_stock for delivery in self.world.sitoo.orderbook.of_order.get(record.orderid, []))

    def _goods_are_in_stock_once(self, refund: Order, number: int) -> None:
        """Whether Sitoo took them in by itself or the connector did; while it may still be waited for, nothing is said."""
        file = self.world.files.get(number)
        if file is None or self._told(refund.orderid, *STOPPED):
            return
        given_up = sum(n for r in file.returnings if r.sitoo_order_id == refund.orderid and r.shipment_id == 0 for n in r.lines.values())
        deliveries = {d.orderdeliveryid for d in self.world.sitoo.orderbook.of_order.get(refund.orderid, [])}
        moves = [t for t in self.world.sitoo.stock.transactions if t.orderdeliveryid in deliveries or t.externalid == stock_in_key(refund.orderid)]
        assert sum(int(m.change) for t in moves for m in t.movements) == sum(_back(refund).values()) - given_up
        assert sum(t.externalid == stock_in_key(refund.orderid) for t in moves) <= 1

    def _nothing_is_an_echo(self) -> None:
        records = {o.orderid for o in self._orders() if (o.externalid or "").startswith("CR")}
        for number in self.story.orders:
            for made in self.story.state(number)["returns"]:
                assert (refund_of(made["external_id"] or "") or (0, 0))[0] not in records
        names = [o.externalid for o in self._orders() if o.externalid]
        assert len(names) == len(set(names))

    def _orders(self) -> list[Order]:
        return list(self.world.sitoo.orderbook.orders.values())

    def _copies(self) -> list[int]:
        return [copy.orderid for number in self.story.orders for copy in self.story.copies(number)]

    def _shipments(self) -> list[tuple[int, str]]:
        """(shipment, sku) of everything that was shipped."""
        return [(s["id"], line["sku"]) for n in self.story.orders for s in self.story.state(n)["shipments"] if s["shipped_at"] for line in s["lines"]]

    def _refunds_of_web_orders(self) -> list[tuple[Order, int]]:
        copies = {copy.orderid: number for number in self.story.orders for copy in self.story.copies(number, live=False)}
        found = []
        for order in self._orders():
            if order.registerid and any(row.quantity < 0 for row in order.rows):
                number = self.linked.get(order.orderid) or copies.get(order.creditorderid or int(order.additionaldata.get("pos-originalsales-orderid", "0")))
                if number is not None:
                    found.append((order, number))
        return found

    def _unlinked(self) -> list[int]:
        cases = [case.problem.entity for case in self.world.cases.list(kind=Kind.RETURN_UNLINKED)]
        return [o.orderid for o in self._orders() if refund_entity(SITE, o.orderid) in cases and o.orderid not in self.linked]

    def _told(self, refund: int, *kinds: Kind) -> bool:
        found = [self.world.cases.find(kind, refund_entity(SITE, refund)) for kind in kinds]
        return any(case is not None and case.state.value == "open" for case in found)

    def _press(self, made: int) -> None:
        self.world.centra.refund_in_admin(made)
        self.pressed.add(made)

    def _after(self, steps: int, action: Callable[[], object]) -> None:
        left = [steps]

        def step(_operation: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                self.world.step = _nothing
                action()

        self.world.step = step


def _back(refund: Order) -> Counter[str]:
    units: Counter[str] = Counter()
    for row in refund.rows:
        if row.quantity < 0:
            units[row.sku or ""] -= row.quantity
    return units


def _units(made: dict[str, Any]) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in made["lines"]:
        units[line["sku"]] += line["quantity"]
    return units


def _die() -> None:
    raise Crash


def _nothing(_operation: str) -> None:
    return


def _try(action: Callable[[], object]) -> None:
    """People try what the system at that moment refuses: then nothing happened."""
    try:
        action()
    except (CentraRefusal, SitooRefusal):
        return


class SlowAndStockless(Returns):
    """Vendors take their time and keep to their limits, and Sitoo leaves the stock of what was delivered without stock alone."""

    sitoo_modes = {"ignored_delivery_covers_returns": True, "refund_link": "additionaldata"}
    limits, latency = True, 0.15


EXAMPLES = settings(max_examples=120 * FACTOR, stateful_step_count=12)
TestReturns = Returns.TestCase
TestReturns.settings = EXAMPLES
TestSlowAndStockless = SlowAndStockless.TestCase
TestSlowAndStockless.settings = EXAMPLES
