"""Whatever happens in whatever order, with crashes and faults between any two calls: once it is quiet, both systems agree to the unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from connector.domain.exceptions import Kind, State
from connector.runtime.dead_letters import EXCEPTION_ID
from connector.runtime.queues import Work
from sandbox.centra.records import Refusal as CentraRefusal
from sandbox.sitoo.records import Refusal as SitooRefusal
from sandbox.stand_ins import Crash
from sandbox.stock_story import SITE, SKUS, STORES, StockStory
from tests.conftest import FACTOR

STORE = st.sampled_from([11, 12, 13])
SITOO = st.sampled_from([101, 102, 103, 104])
SKU = st.sampled_from(SKUS)
UNITS = st.integers(1, 2)
STEPS = st.integers(1, 40)
LONGEST_QUIET_S = 1500.0
VENDOR_TROUBLE = {"Throttled", "Unavailable", "Uncertain", "Refused", "Unconfirmed", "BudgetExhausted", "LockBusy"}


class StoreStock(RuleBasedStateMachine):
    """Two systems, three stores, three SKUs with few units, one connector that may die anywhere."""

    centra_modes: dict[str, Any] = {}
    sitoo_modes: dict[str, Any] = {}
    limits = False
    latency = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.story = StockStory.begin(limits=self.limits, latency=self.latency)
        self.world = self.story.world
        self.world.centra.modes(**self.centra_modes)
        self.world.sitoo.modes(**self.sitoo_modes)

    @initialize(units=st.lists(st.integers(0, 3), min_size=9, max_size=9))
    def stores_hold_little(self, units: list[int]) -> None:
        for number, count in enumerate(units):
            store, sku = STORES[number // 3], SKUS[number % 3]
            if count < 3:
                self.world.sitoo.count(store.sitoo_warehouses[0].id, {sku: count})

    # --- in the stores ---

    @rule(warehouse=SITOO, sku=SKU, units=UNITS)
    def sell(self, warehouse: int, sku: str, units: int) -> None:
        self.world.sitoo.sell(warehouse, {sku: units})

    @rule(warehouse=SITOO, sku=SKU, seconds=st.integers(1, 90))
    def sell_offline(self, warehouse: int, sku: str, seconds: int) -> None:
        self.world.sitoo.sell(warehouse, {sku: 1}, offline_until=self.world.clock.now() + seconds)

    @rule(warehouse=SITOO, sku=SKU, units=UNITS)
    def receive(self, warehouse: int, sku: str, units: int) -> None:
        self.world.sitoo.receive(warehouse, {sku: units})

    @rule(source=SITOO, to=SITOO, sku=SKU)
    def move(self, source: int, to: int, sku: str) -> None:
        if source != to:
            self.world.sitoo.move(source, to, {sku: 1})

    @rule(warehouse=SITOO, sku=SKU, units=st.integers(0, 4))
    def count(self, warehouse: int, sku: str, units: int) -> None:
        self.world.sitoo.count(warehouse, {sku: units})

    @rule(warehouse=SITOO, sku=SKU, parked=st.booleans())
    def book(self, warehouse: int, sku: str, parked: bool) -> None:
        self.story.bookings.append(self.world.sitoo.book(warehouse, {sku: 1}, parked=parked))

    @precondition(lambda self: self.story.bookings)
    @rule(data=st.data())
    def cancel_booking(self, data: st.DataObject) -> None:
        _try(lambda: self.world.sitoo.cancel_order(data.draw(st.sampled_from(self.story.bookings))))

    # --- in the web shop ---

    @rule(sku=SKU, units=UNITS, warehouses=st.lists(STORE, min_size=1, max_size=2, unique=True))
    def web_order(self, sku: str, units: int, warehouses: list[int]) -> None:
        self.story.web_order(sku, units, warehouses)

    @precondition(lambda self: self.story.orders)
    @rule(data=st.data(), warehouse=STORE, linked=st.booleans(), reserve=st.sampled_from([None, 20.0, 60.0]))
    def copy_to_store(self, data: st.DataObject, warehouse: int, linked: bool, reserve: float | None) -> None:
        self.story.copy_to_store(data.draw(st.sampled_from(self.story.orders)), warehouse, linked=linked, reserve_s=reserve)

    @precondition(lambda self: self.story.copies)
    @rule(data=st.data(), elsewhere=st.sampled_from([None, None, 101, 102, 103]))
    def pick_up(self, data: st.DataObject, elsewhere: int | None) -> None:
        self.story.pick_up(data.draw(st.sampled_from(self.story.copies)), warehouse=elsewhere)

    @precondition(lambda self: self.story.copies)
    @rule(data=st.data())
    def cancel_copy(self, data: st.DataObject) -> None:
        _try(lambda: self.world.sitoo.cancel_order(data.draw(st.sampled_from(self.story.copies)).sitoo_order))

    @precondition(lambda self: self.story.orders)
    @rule(data=st.data(), warehouse=STORE)
    def ship_in_centra(self, data: st.DataObject, warehouse: int) -> None:
        _try(lambda: self.story.ship(data.draw(st.sampled_from(self.story.orders)), warehouse))

    @precondition(lambda self: self.story.orders)
    @rule(data=st.data(), policy=st.sampled_from(["release", "remove"]))
    def cancel_in_centra(self, data: st.DataObject, policy: str) -> None:
        _try(lambda: self.world.centra.cancel_lines(data.draw(st.sampled_from(self.story.orders)), policy=policy))

    @precondition(lambda self: self.story.orders)
    @rule(data=st.data(), policy=st.sampled_from(["release", "remove"]))
    def unallocate(self, data: st.DataObject, policy: str) -> None:
        _try(lambda: self.world.centra.unallocate(data.draw(st.sampled_from(self.story.orders)), policy=policy))

    @precondition(lambda self: self.story.shipments)
    @rule(data=st.data(), warehouse=STORE)
    def returned_into_a_store_by_hand(self, data: st.DataObject, warehouse: int) -> None:
        _try(lambda: self.world.centra.return_into(data.draw(st.sampled_from(self.story.shipments)), warehouse=warehouse))

    @rule(warehouse=STORE, sku=SKU, delta=st.sampled_from([-1, 1]))
    def corrected_in_the_admin(self, warehouse: int, sku: str, delta: int) -> None:
        _try(lambda: self.world.centra.change_stock(warehouse, sku, delta, "counted by hand"))

    # --- trouble ---

    @rule(after=STEPS)
    def crash(self, after: int) -> None:
        self._after(after, self._die)

    @rule(after=STEPS, warehouse=SITOO, sku=SKU)
    def sale_between_two_calls(self, after: int, warehouse: int, sku: str) -> None:
        self._after(after, lambda: self.world.sitoo.sell(warehouse, {sku: 1}))

    @rule(after=STEPS, sku=SKU, warehouse=STORE)
    def web_order_between_two_calls(self, after: int, sku: str, warehouse: int) -> None:
        self._after(after, lambda: self.story.web_order(sku, 1, [warehouse]))

    @precondition(lambda self: self.story.orders)
    @rule(after=STEPS, data=st.data(), warehouse=STORE)
    def shipment_between_two_calls(self, after: int, data: st.DataObject, warehouse: int) -> None:
        number = data.draw(st.sampled_from(self.story.orders))
        self._after(after, lambda: _try(lambda: self.story.ship(number, warehouse)))

    @rule(after=STEPS)
    def another_takes_over_meanwhile(self, after: int) -> None:
        """The holder is paused for so long that its lease ends; another drains; then it wakes up, believing nothing happened."""
        self._after(after, self._pause)

    @rule(
        kind=st.sampled_from(["error", "error_after", "drop_before", "drop_after", "throttle"]),
        operation=st.sampled_from(["", "setStock", "warehouses"]),
        times=st.integers(1, 2),
    )
    def centra_fails(self, kind: str, operation: str, times: int) -> None:
        self.world.centra.fault(kind, operation=operation, times=times, status=503)

    @rule(kind=st.sampled_from(["error", "drop_before", "drop_after", "throttle"]), times=st.integers(1, 2))
    def sitoo_fails(self, kind: str, times: int) -> None:
        self.world.sitoo.fault(kind, times=times)

    @rule(how=st.sampled_from(["lose_events", "double_events", "reorder_events"]), n=st.integers(1, 3))
    def events_go_wrong(self, how: str, n: int) -> None:
        getattr(self.world.sitoo, how)(n)

    @rule(how=st.sampled_from(["lose", "double", "swap"]), n=st.integers(1, 3))
    def webhooks_go_wrong(self, how: str, n: int) -> None:
        self.world.centra.webhook_faults(**{how: n})

    @rule(seconds=st.sampled_from([0.1, 1.0, 5.0, 31.0, 70.0]))
    def time_passes(self, seconds: float) -> None:
        self.story.run(seconds)

    # --- what must hold ---

    @invariant()
    def one_request_at_a_time_and_within_the_limits(self) -> None:
        assert self.world.sitoo.violations() == 0
        if self.limits:
            assert self.world.centra.usage()["violations"] == 0

    def teardown(self) -> None:
        self.world.step = _nothing
        self.world.centra.clear_faults()
        self.world.sitoo.clear_faults()
        self._settle()
        assert not [d.error for d in self.world.counts.drained if d.error and d.error.split(":")[0] not in VENDOR_TROUBLE]
        assert {key: self.story.physical(*key) for key in self.story.must_be()} == self.story.must_be()
        assert not self.world.levels.dirty(SITE)
        assert not self.world.levels.pending_writes(SITE)
        assert {self._kind_of(letter.attributes[EXCEPTION_ID]) for letter in self.world.queues.dead[Work.STORE_STOCK]} <= {Kind.OVERSOLD}
        assert self._oversold_cases() == {f"site/1/warehouse/{w}/sku/{sku}" for w, sku in self.story.oversold()}

    def _settle(self) -> None:
        """Quiet until what is dirty has been dealt with: longer than any lease, late sale, late id, or reservation and its second look."""
        self.story.run(200.0)
        end = self.world.clock.now() + LONGEST_QUIET_S
        while self.world.levels.dirty(SITE) and self.world.clock.now() < end:
            self.story.run(60.0)

    def _kind_of(self, exception_id: str) -> Kind | None:
        case = self.world.cases.get(exception_id)
        return case.problem.kind if case else None

    def _oversold_cases(self) -> set[str]:
        return {c.problem.entity for c in self.world.cases.list(state=State.OPEN, kind=Kind.OVERSOLD)}

    def _after(self, steps: int, action: Callable[[], object]) -> None:
        left = [steps]

        def step(_operation: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                self.world.step = _nothing
                action()

        self.world.step = step

    def _die(self) -> None:
        raise Crash

    def _pause(self) -> None:
        self.world.clock.sleep(25.0)
        self.story.nudge()
        self.world.serve_beside()


def _nothing(_operation: str) -> None:
    return


def _try(action: Callable[[], object]) -> None:
    """People try what the system at that moment refuses (nothing left to ship, nothing to cancel): then nothing happened."""
    try:
        action()
    except (CentraRefusal, SitooRefusal):
        return


class WithLatency(StoreStock):
    limits, latency = True, 0.15


class ShyCentra(StoreStock):
    """Centra refuses where it might clamp, hides comments, and tells little in its updated-at."""

    centra_modes = {
        "below_allocated": "user_error",
        "set_stock_atomic": True,
        "error_path": "none",
        "comment_stored": False,
        "order_updated_by_allocation": False,
        "order_updated_by_shipment": False,
        "order_line_allocations": "all",
        "range_from_inclusive": False,
    }
    sitoo_modes = {"transaction_event_ids": False, "max_num": 100, "throttle_header": "none"}

    @precondition(lambda self: self.story.orders)
    @rule(data=st.data(), policy=st.just("release"))
    def unallocate(self, data: st.DataObject, policy: str) -> None:
        """Units removed by hand show nowhere here but in the order itself, which the drain does not read; `sync_order` will."""
        _try(lambda: self.world.centra.unallocate(data.draw(st.sampled_from(self.story.orders)), policy=policy))


class OddSitoo(StoreStock):
    """Sitoo shows ids late and with gaps, reserves for parked sales but not for bookings, and knows other kinds of movement."""

    centra_modes = {"below_allocated": "clamp_silent", "stock_rows": "all", "shipments_make_stock_changes": True, "retry_after": "http_date"}
    sitoo_modes = {
        "late_share": 0.3,
        "late_seconds": 20.0,
        "id_gap": 2,
        "unknown_transfer_types": True,
        "bookings_reserve": False,
        "parked_reserve": True,
        "reservation_moves_date": True,
        "closed_as_type": True,
        "transaction_events": False,
    }


class EagerCentra(StoreStock):
    """Centra gives new stock to waiting orders at once, refuses early retries, and tells of returns in another way."""

    limits, latency = True, 0.15
    centra_modes = {
        "allocate_demand": True,
        "order_updated_by_return": True,
        "order_updated_by_shipment": False,
        "returns_make_stock_changes": False,
        "early_retry": "refused",
        "retry_after": "missing",
        "validation_status": 200,
        "inactive_sizes": "user_error",
    }
    sitoo_modes = {"negative_totals": False}


class LateLevels(StoreStock):
    """What a till sold shows in Sitoo's levels as late as in its feed; other rules for reservations, events and retries."""

    sitoo_modes = {
        "late_share": 0.3,
        "late_seconds": 20.0,
        "late_levels": True,
        "undated_orders_reserve": True,
        "available_ignores_reserved": True,
        "parked_events": True,
        "parked_reserve": True,
        "full_delivery_closes": True,
        "older_status_rule": True,
        "retry_unanswered": False,
        "one_open_batch": False,
        "throttle_header": "reset",
    }


EXAMPLES = settings(max_examples=180 * FACTOR, stateful_step_count=14)
TestPlain = StoreStock.TestCase
TestPlain.settings = EXAMPLES
TestWithLatency = WithLatency.TestCase
TestWithLatency.settings = EXAMPLES
TestShyCentra = ShyCentra.TestCase
TestShyCentra.settings = EXAMPLES
TestOddSitoo = OddSitoo.TestCase
TestOddSitoo.settings = EXAMPLES
TestEagerCentra = EagerCentra.TestCase
TestEagerCentra.settings = EXAMPLES
TestLateLevels = LateLevels.TestCase
TestLateLevels.settings = EXAMPLES
