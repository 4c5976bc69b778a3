"""Whatever shoppers, people in the admin and integrations do to the Centra sandbox, in every mode, its stock stays consistent."""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox.centra.modes import choices
from sandbox.centra.records import Refusal
from tests.conftest import FACTOR
from tests.sandbox.centra_shop import Shop

SKUS = st.sampled_from(["TEE-S", "TEE-M", "TEE-L"])
WAREHOUSES = st.sampled_from([11, 12])
POLICIES = st.sampled_from(["release", "remove"])
PICK = st.integers(0, 99)


class Trading(RuleBasedStateMachine):
    """A Refusal is an answer; any other exception is a bug."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop()
        self.state = self.shop.state
        self.numbers: list[int] = []
        self.shipments: list[int] = []
        self.returns: list[int] = []

    @initialize(modes=st.fixed_dictionaries({n: st.sampled_from(v) for n, v in choices().items()}))
    def choose(self, modes: dict[str, object]) -> None:
        self.state.modes(**modes)

    @rule(warehouse=WAREHOUSES, quantities=st.dictionaries(SKUS, st.integers(0, 9), min_size=1))
    def set_stock(self, warehouse: int, quantities: dict[str, int]) -> None:
        self.shop.set_stock(quantities, warehouse)

    @rule(warehouse=WAREHOUSES, sku=SKUS, delta=st.integers(-6, 6))
    def change_stock(self, warehouse: int, sku: str, delta: int) -> None:
        try:
            self.state.change_stock(warehouse=warehouse, sku=sku, delta=delta)
        except Refusal:
            self.shop.clock.sleep(1)

    @rule(units=st.dictionaries(SKUS, st.integers(1, 4), min_size=1), preferred=st.permutations([11, 12]), keep_safety=st.booleans())
    def place_order(self, units: dict[str, int], preferred: list[int], keep_safety: bool) -> None:
        self.numbers.append(self.state.place_order(lines=list(units.items()), warehouses=preferred, keep_safety=keep_safety)["number"])

    @precondition(lambda self: self.numbers)
    @rule(pick=PICK, complete=st.booleans(), warehouse=st.sampled_from([None, 11, 12]))
    def ship(self, pick: int, complete: bool, warehouse: int | None) -> None:
        try:
            self.shipments.append(self.state.ship(self._number(pick), complete=complete, warehouse=warehouse)["shipment_id"])
        except Refusal:
            self.shop.clock.sleep(1)

    @precondition(lambda self: self.shipments)
    @rule(pick=PICK)
    def complete(self, pick: int) -> None:
        try:
            self.state.complete(self.shipments[pick % len(self.shipments)])
        except Refusal:
            self.shop.clock.sleep(1)

    @precondition(lambda self: self.numbers)
    @rule(pick=PICK, policy=POLICIES)
    def cancel(self, pick: int, policy: str) -> None:
        self.state.cancel_lines(self._number(pick), policy=policy)

    @precondition(lambda self: self.numbers)
    @rule(pick=PICK, policy=POLICIES, warehouse=WAREHOUSES)
    def move_allocation(self, pick: int, policy: str, warehouse: int) -> None:
        self.state.unallocate(self._number(pick), policy=policy, warehouses=[warehouse])
        self.state.allocate(self._number(pick), warehouses=[23 - warehouse])

    @precondition(lambda self: self.shipments)
    @rule(pick=PICK, warehouse=st.sampled_from([None, 11, 12]))
    def take_back(self, pick: int, warehouse: int | None) -> None:
        try:
            self.returns.append(self.state.return_into(self.shipments[pick % len(self.shipments)], warehouse=warehouse)["return_id"])
        except Refusal:
            self.shop.clock.sleep(1)

    @precondition(lambda self: self.returns)
    @rule()
    def delete_return(self) -> None:
        try:
            self.state.delete_return(self.returns.pop())
        except Refusal:
            self.shop.clock.sleep(1)

    @invariant()
    def allocations_and_stock_agree(self) -> None:
        allocated: Counter[tuple[int, str]] = Counter()
        for order in self.state.orders_snapshot():
            for line in order["lines"]:
                assert line["unallocated"] >= 0
                allocated.update({(a["warehouse"], line["sku"]): a["quantity"] for a in self._unshipped(line)})
        for warehouse, rows in self.state.snapshot().items():
            for sku, row in rows.items():
                assert row["physical"] - row["allocated"] == row["fta"] >= 0
                assert row["allocated"] == allocated[warehouse, sku]

    @invariant()
    def every_change_of_a_physical_quantity_is_logged(self) -> None:
        logged = {(c["warehouse"], c["sku"]): c["physical"] for c in self.state.commits()}
        held = {(w, sku): row["physical"] for w, rows in self.state.snapshot().items() for sku, row in rows.items()}
        assert {key: logged.get(key, 0) for key in held} == held

    @invariant()
    def demand_is_what_waits(self) -> None:
        waiting = sum(line["unallocated"] for order in self.state.orders_snapshot() for line in order["lines"])
        assert waiting == sum(row.demand for rows in self.state.stock.rows.values() for row in rows.values())

    def _number(self, pick: int) -> int:
        return self.numbers[pick % len(self.numbers)]

    @staticmethod
    def _unshipped(line: dict[str, list[dict[str, int]]]) -> list[dict[str, int]]:
        merged: dict[int, int] = {}
        for part in line["allocated"]:
            if not part["shipped"]:
                merged[part["warehouse"]] = merged.get(part["warehouse"], 0) + part["quantity"]
        return [{"warehouse": warehouse, "quantity": units} for warehouse, units in merged.items()]


TestTrading = Trading.TestCase
TestTrading.settings = settings(max_examples=40 * FACTOR, stateful_step_count=25)
