"""Any sequence of till refunds, mail returns and crashes: never more units or money returned than sold, and every cent accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from connector.centra.order_models import CentraOrder, LineOfShipment, ReturnOfOrder
from connector.domain.exceptions import Kind
from connector.domain.order_keys import refund_of
from connector.mapping.line_worth import line_worths
from connector.mapping.till_refund import Decision, ReturnPlan, plan_return
from connector.sitoo.order_models import WholeOrder
from connector.store.order_files import CopyRow
from tests.unit.return_stories import NOON, SETTINGS, copied, line, made_return, paid, row, shipment, sitoo_order, web_order


@dataclass
class World:
    """Centra's side of one shipped order. `counts_at_once`: whether `returnedQuantity` counts a return before it is completed."""

    order: CentraOrder
    counts_at_once: bool
    returns: list[ReturnOfOrder] = field(default_factory=list)

    @property
    def rows(self) -> list[CopyRow]:
        return [CopyRow(n, x.id, x.sku, x.quantity) for n, x in enumerate(self.order.lines)]

    def shipment_lines(self) -> list[tuple[int, LineOfShipment]]:
        return [(s.id, x) for s in self.order.shipments for x in s.lines]

    def returned(self, shipment_line: int) -> int:
        return sum(r.lines.get(shipment_line, 0) for r in self.returns)

    def seen(self) -> CentraOrder:
        counted = [r for r in self.returns if r.completed or self.counts_at_once]
        shipments = [
            replace(s, lines=tuple(replace(x, returned=sum(r.lines.get(x.id, 0) for r in counted)) for x in s.lines)) for s in self.order.shipments
        ]
        return replace(self.order, shipments=tuple(shipments))

    def plan(self, refund: WholeOrder) -> ReturnPlan:
        return plan_return(refund, copied(*self.rows), self.seen(), list(self.returns), SETTINGS)

    def make(self, plan: ReturnPlan, parts: int) -> None:
        """The first `parts` returns that are not there yet."""
        for part in [p for p in plan.parts if p.made is None][:parts]:
            self.returns.append(
                made_return(
                    len(self.returns) + 1, part.shipment_id, part.lines, part.amount, external_id=part.key, completed=len(self.returns) % 2 == 0
                )
            )

    def mail(self, shipment_line: int, units: int) -> None:
        for shipment_id, x in self.shipment_lines():
            count = min(units, x.units - self.returned(x.id)) if x.id == shipment_line else 0
            if count:
                self.returns.append(made_return(len(self.returns) + 1, shipment_id, {x.id: count}, 0))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    quantities = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    lines = [line(n, draw(st.sampled_from(["A", "B", f"S{n}"])), q, draw(st.integers(0, 200_000))) for n, q in enumerate(quantities, 1)]
    parts: dict[int, list[tuple[int, int, int, int]]] = {}
    number = 100
    for x in lines:
        for at in draw(st.lists(st.integers(10, 12), min_size=x.quantity, max_size=x.quantity)):
            number += 1
            parts.setdefault(at, []).append((number, x.id, 1, 0))
    merged = {at: _merged(own) for at, own in parts.items()}
    ages = draw(st.permutations([0, 1, 2]))
    shipments = [shipment(at, own, at=NOON + ages[at - 10]) for at, own in sorted(merged.items())]
    whole = sum(x.value for x in lines)
    discounts = draw(st.integers(0, whole))
    tax = draw(st.sampled_from([0, (whole - discounts) // 4]))
    order = web_order(lines, shipments, discounts=discounts, tax_added=tax)
    return World(order, draw(st.booleans()))


def _merged(parts: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    units: dict[int, tuple[int, int]] = {}
    for number, order_line, _, _ in parts:
        first, count = units.get(order_line, (number, 0))
        units[order_line] = (first, count + 1)
    return [(number, order_line, count, 0) for order_line, (number, count) in units.items()]


def till_pays(world: World, wanted: dict[int, int], percent: int) -> dict[int, Decimal]:
    """What a till pays for {order line: units}: a share of the row, rounded, less what it keeps."""
    worths = line_worths(world.order)
    paid_out = {}
    for x in world.order.lines:
        if units := wanted.get(x.id, 0):
            share = Decimal(worths[x.id].total * units * percent) / (x.quantity * 100)
            paid_out[x.id] = share.quantize(Decimal(1), ROUND_HALF_UP).scaleb(-2)
    return paid_out


REQUESTS = st.lists(st.tuples(st.dictionaries(st.integers(1, 3), st.integers(1, 4), min_size=1), st.integers(0, 100), st.booleans()), max_size=5)
MAILS = st.lists(st.tuples(st.integers(101, 112), st.integers(1, 2)), max_size=2)


@given(worlds(), REQUESTS, MAILS, st.integers(0, 3))
def test_never_more_than_sold_whatever_the_sequence(
    world: World, requests: list[tuple[dict[int, int], int, bool]], mails: list[tuple[int, int]], crash_after: int
) -> None:
    lines = {x.id: x for x in world.order.lines}
    for number, (asked, percent, by_reference) in enumerate(requests):
        wanted = {n: units for n, units in asked.items() if n in lines}
        amounts = till_pays(world, wanted, percent)
        rows = [row(n, lines[k].sku, -units, str(amounts[k]), k - 1 if by_reference else None) for n, (k, units) in enumerate(wanted.items())]
        total = sum(amounts.values(), Decimal(0))
        refund = sitoo_order(9000 + number, rows, [paid("Card", str(total))], credit_of=7001)
        if not rows:
            continue
        before = len(world.returns)
        plan = world.plan(refund)
        if plan.decision is Decision.PARK:
            assert {f.kind for f in plan.findings} == {Kind.OVER_RETURN}
            left = {k: sum(x.units - world.returned(x.id) for _, x in world.shipment_lines() if x.order_line == k) for k in lines}
            short = any(units > left[k] for k, units in wanted.items())
            assert short or not by_reference
            continue
        # A crash after some of the returns: what is planned then goes on where it stopped.
        world.make(plan, crash_after)
        again = world.plan(refund)
        world.make(again, len(again.parts))
        assert all(p.return_cost >= 0 and p.amount >= 0 and p.voucher >= 0 for p in (*plan.parts, *again.parts))
        assert sum(p.amount for p in plan.parts) == sum(r.amount for r in world.returns[before:])
        assert sum(p.amount for p in plan.parts) + plan.unexpressed == int(total * 100)
        assert abs(plan.unexpressed) <= sum(wanted.values()) or plan.findings
        assert sum(p.units for p in plan.parts) == sum(wanted.values())
        assert len({r.shipment_id for r in world.returns[before:]}) == len(world.returns) - before
        if number < len(mails):
            world.mail(*mails[number])
        for _, x in world.shipment_lines():
            assert world.returned(x.id) <= x.units
    assert sum(r.amount for r in world.returns) <= sum(worth.total for worth in line_worths(world.order).values())


@given(worlds(), st.permutations(range(12)))
def test_all_units_one_by_one_in_any_order_are_worth_the_order_exactly(world: World, turns: list[int]) -> None:
    units = [x.id for x in world.order.lines for _ in range(x.quantity)]
    sequence = [units[n] for n in turns if n < len(units)]
    worth = 0
    for number, k in enumerate(sequence):
        x = world.order.line(k)
        assert x is not None
        refund = sitoo_order(9000 + number, [row(0, x.sku, -1, "0.00", k - 1)], [], credit_of=7001)
        plan = world.plan(refund)
        assert plan.decision is Decision.RETURN
        assert [refund_of(p.key) for p in plan.parts] == [(refund.id, p.shipment_id) for p in plan.parts]
        worth += sum(p.worth.total for p in plan.parts)
        world.make(plan, 1)
    assert worth == sum(w.total for w in line_worths(world.order).values()) == world.order.grand_total
