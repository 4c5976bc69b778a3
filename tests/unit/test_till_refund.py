"""What a till refund becomes in Centra: units, shipments, who pays, and every reason to stop."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.exceptions import Kind, Owner
from connector.domain.order_keys import return_key
from connector.mapping.refund_findings import Candidate, Finding
from connector.mapping.refund_order import Nature, copy_rows, original_of, web_order_of
from connector.mapping.till_refund import Decision, ReturnPlan, linked_by_hand, plan_return
from connector.sitoo.order_models import CANCELLED, OPEN
from connector.store.order_files import CopyRow, Returning
from tests.unit.return_stories import (
    COPY,
    NOON,
    NUMBER,
    REFUND,
    SETTINGS,
    copied,
    line,
    made_return,
    paid,
    row,
    shipment,
    sitoo_order,
    till_refund,
    web_order,
)

TEES = line(1, "TEE-M", 2, 50_000)
ROW = CopyRow(0, 1, "TEE-M", 2)
SHIPPED = web_order([TEES], [shipment(10, [(100, 1, 2, 0)])])
ONE_BACK = till_refund([row(0, "TEE-M", -1, "250.00", 0)])


def only(plan: ReturnPlan, kind: Kind) -> Finding:
    (finding,) = plan.findings
    assert finding.kind is kind
    assert finding.stops is (plan.decision is Decision.PARK)
    return finding


def test_one_unit_becomes_one_return_of_its_shipment_and_no_refund_by_the_provider() -> None:
    plan = plan_return(ONE_BACK, copied(ROW), SHIPPED, [], SETTINGS)
    (part,) = plan.parts
    assert (plan.decision, plan.order_number, plan.original, plan.findings) == (Decision.RETURN, NUMBER, COPY, ())
    assert (part.key, part.shipment_id, dict(part.lines), part.amount, part.return_cost) == (return_key(REFUND, 10), 10, {100: 1}, 25_000, 0)
    assert not plan.refund_in_centra
    assert (dict(plan.tenders), plan.virtual, plan.unexpressed, dict(plan.cancel)) == ({"Card": Decimal("250.00")}, Decimal(0), 0, {})


def test_a_tender_left_to_centra_is_refunded_there() -> None:
    refund = till_refund([row(0, "TEE-M", -1, "250.00", 0)], paid("Web refund", "250.00"))
    assert plan_return(refund, copied(ROW), SHIPPED, [], SETTINGS).refund_in_centra


@pytest.mark.parametrize(
    ("change", "nature", "decision"),
    [
        ({"state": OPEN}, Nature.UNFINISHED, Decision.WAIT),
        ({"payment_state": 40}, Nature.UNFINISHED, Decision.WAIT),
        ({"state": CANCELLED}, Nature.VOID, Decision.NOTHING),
        ({"type": 100}, Nature.NO_REFUND, Decision.NOTHING),
        ({"marks": {"centra-return": "55"}}, Nature.OURS, Decision.NOTHING),
        ({"external_id": "CR55-S10"}, Nature.OURS, Decision.NOTHING),
    ],
)
def test_only_a_closed_refund_of_a_till_becomes_a_return(change: dict[str, Any], nature: Nature, decision: Decision) -> None:
    plan = plan_return(replace(ONE_BACK, **change), copied(ROW), SHIPPED, [], SETTINGS)
    assert (plan.nature, plan.decision, plan.parts) == (nature, decision, ())
    assert plan.recorded_return == (55 if nature is Nature.OURS else None)


def test_a_sale_is_no_refund() -> None:
    sale = sitoo_order(5, [row(0, "TEE-M", 1, "250.00")], [])
    assert plan_return(sale, None, None, [], SETTINGS).decision is Decision.NOTHING


def test_units_are_taken_from_the_oldest_shipment_that_has_some_left() -> None:
    order = web_order(
        [line(1, "TEE-M", 4, 100_000)],
        [shipment(11, [(101, 1, 2, 0)], at=NOON + 5), shipment(10, [(100, 1, 2, 1)], at=NOON), shipment(9, [(99, 1, 0, 0)], at=None)],
    )
    refund = till_refund([row(0, "TEE-M", -2, "500.00", 0)])
    plan = plan_return(refund, copied(replace(ROW, units=4)), order, [made_return(1, 10, {100: 1}, 25_000)], SETTINGS)
    assert [(p.shipment_id, dict(p.lines)) for p in plan.parts] == [(10, {100: 1}), (11, {101: 1})]


def test_a_return_that_the_shipment_line_does_not_count_yet_takes_units_all_the_same() -> None:
    returns = [made_return(1, 10, {100: 2}, 50_000, completed=False)]
    finding = only(plan_return(ONE_BACK, copied(ROW), SHIPPED, returns, SETTINGS), Kind.OVER_RETURN)
    assert finding.evidence["rows"] == ["TEE-M: 1 refunded, 0 of 2 left to return (line 1)"]


def test_a_claim_of_another_refund_takes_units_and_an_own_one_does_not() -> None:
    def claim(refund: int, state: str = "claimed") -> Returning:
        return Returning(return_key(refund, 10), True, state, refund, 10, {100: 2}, 0, NOON)

    assert plan_return(ONE_BACK, copied(ROW), SHIPPED, [], SETTINGS, returnings=[claim(8000)]).decision is Decision.PARK
    assert plan_return(ONE_BACK, copied(ROW), SHIPPED, [], SETTINGS, returnings=[claim(8000, "parked")]).decision is Decision.RETURN
    assert plan_return(ONE_BACK, copied(ROW), SHIPPED, [], SETTINGS, returnings=[claim(REFUND)]).decision is Decision.RETURN


def test_a_claim_whose_return_is_in_centra_takes_its_units_once() -> None:
    claim = Returning(return_key(8000, 10), True, "claimed", 8000, 10, {100: 1}, 0, NOON)
    returns = [made_return(1, 10, {100: 1}, 25_000, external_id=claim.key)]
    assert plan_return(ONE_BACK, copied(ROW), SHIPPED, returns, SETTINGS, returnings=[claim]).decision is Decision.RETURN


@pytest.mark.parametrize("counted", [0, 1])
def test_planned_again_after_a_crash_what_is_made_is_kept_and_the_rest_is_the_same(counted: int) -> None:
    order = web_order([line(1, "TEE-M", 2, 50_001)], [shipment(10, [(100, 1, 1, 0)]), shipment(11, [(101, 1, 1, 0)], at=NOON + 5)])
    refund = till_refund([row(0, "TEE-M", -2, "433.33", 0)])
    before = plan_return(refund, copied(ROW), order, [], SETTINGS)
    made = made_return(1, 10, {100: 1}, before.parts[0].amount, external_id=before.parts[0].key)
    seen = web_order(order.lines, [shipment(10, [(100, 1, 1, counted)]), shipment(11, [(101, 1, 1, 0)], at=NOON + 5)])
    after = plan_return(refund, copied(ROW), seen, [made], SETTINGS)
    assert [p.made for p in after.parts] == [1, None]
    assert after.parts[1] == before.parts[1]
    assert after.parts[0].worth == before.parts[0].worth
    assert sum(p.amount for p in before.parts) == sum(p.amount for p in after.parts) == 43_333


def test_rows_without_an_item_id_are_matched_by_sku() -> None:
    plan = plan_return(till_refund([row(0, "TEE-M", -1, "250.00")]), copied(ROW), SHIPPED, [], SETTINGS)
    assert [dict(p.lines) for p in plan.parts] == [{100: 1}]


def test_an_item_id_of_another_article_is_not_believed() -> None:
    order = web_order([TEES, line(2, "CAP", 1, 10_000)], [shipment(10, [(100, 1, 2, 0), (200, 2, 1, 0)])])
    plan = plan_return(till_refund([row(0, "CAP", -1, "100.00", 0)]), copied(ROW, CopyRow(1, 2, "CAP", 1)), order, [], SETTINGS)
    assert [dict(p.lines) for p in plan.parts] == [{200: 1}]


def test_a_sku_in_two_rows_goes_where_units_are_left() -> None:
    order = web_order([line(1, "TEE-M", 1, 25_000), line(2, "TEE-M", 2, 50_000)], [shipment(10, [(100, 1, 1, 1), (200, 2, 2, 0)])])
    rows = copied(CopyRow(0, 1, "TEE-M", 1), CopyRow(1, 2, "TEE-M", 2))
    plan = plan_return(till_refund([row(0, "TEE-M", -2, "500.00")]), rows, order, [made_return(1, 10, {100: 1}, 25_000)], SETTINGS)
    assert [dict(p.lines) for p in plan.parts] == [{200: 2}]


def test_a_sku_in_two_rows_goes_where_no_other_row_of_the_refund_went() -> None:
    order = web_order([line(1, "TEE-M", 1, 25_000), line(2, "TEE-M", 1, 25_000)], [shipment(10, [(100, 1, 1, 0), (200, 2, 1, 0)])])
    rows = copied(CopyRow(0, 1, "TEE-M", 1), CopyRow(1, 2, "TEE-M", 1))
    plan = plan_return(till_refund([row(0, "TEE-M", -1, "250.00"), row(1, "TEE-M", -1, "250.00", 0)]), rows, order, [], SETTINGS)
    assert [dict(p.lines) for p in plan.parts] == [{100: 1, 200: 1}]


def test_the_credited_order_is_the_original_and_the_mark_stands_in_for_it() -> None:
    named = replace(ONE_BACK, marks={"pos-originalsales-orderid": "8"})
    assert (original_of(named), original_of(replace(named, credit_of=None)), original_of(replace(ONE_BACK, credit_of=None))) == (COPY, 8, None)


def test_more_than_is_left_is_refused_whole_with_the_figures() -> None:
    order = web_order([TEES, line(2, "CAP", 1, 10_000)], [shipment(10, [(100, 1, 2, 1), (200, 2, 1, 0)])])
    refund = till_refund([row(0, "TEE-M", -2, "500.00", 0), row(1, "CAP", -1, "100.00", 1)])
    plan = plan_return(refund, copied(ROW, CopyRow(1, 2, "CAP", 1)), order, [], SETTINGS)
    finding = only(plan, Kind.OVER_RETURN)
    assert (plan.parts, finding.owner) == ((), Owner.FINANCE)
    assert finding.evidence["rows"] == ["TEE-M: 2 refunded, 1 of 2 left to return (line 1)"]


def test_a_refund_without_a_sale_lists_orders_that_it_may_belong_to() -> None:
    refund = till_refund([row(0, "TEE-M", -1, "250.00")], credit_of=None)
    candidates = [
        Candidate(1, NOON, {"CAP": 1}, {"CAP": 25_000}),
        Candidate(2, NOON - 9, {"TEE-M": 1}, {"TEE-M": 20_000}),
        Candidate(3, NOON - 99, {"TEE-M": 1}, {"TEE-M": 25_000}),
        Candidate(4, NOON - 5, {"TEE-M": 2}, {"TEE-M": 20_000}),
        Candidate(5, NOON, {"TEE-M": 0}, {"TEE-M": 25_000}),
    ]
    plan = plan_return(refund, None, None, [], SETTINGS, candidates=candidates)
    finding = only(plan, Kind.RETURN_UNLINKED)
    assert (plan.original, finding.owner) == (None, Owner.CUSTOMER_SERVICE)
    assert finding.evidence["candidates"] == [
        "order 3: 1 of 1 article(s), same amount",
        "order 4: 1 of 1 article(s)",
        "order 2: 1 of 1 article(s)",
    ]


def test_a_refund_that_people_linked_is_matched_with_the_goods_of_the_order() -> None:
    order = web_order([TEES, line(2, "GIFT", 1, 10_000, kind="GiftCertificateOrderLine")], [shipment(10, [(100, 1, 2, 0)])])
    refund = till_refund([row(0, "TEE-M", -1, "250.00")], credit_of=None)
    plan = plan_return(refund, linked_by_hand(order), order, [], SETTINGS)
    assert ([dict(p.lines) for p in plan.parts], plan.original, plan.order_number) == ([{100: 1}], None, NUMBER)
    gift = till_refund([row(0, "GIFT", -1, "100.00")], credit_of=None)
    assert plan_return(gift, linked_by_hand(order), order, [], SETTINGS).findings[0].kind is Kind.RETURN_UNLINKED
    unshipped = web_order([TEES], [])
    assert plan_return(refund, linked_by_hand(unshipped), unshipped, [], SETTINGS).findings[0].kind is Kind.OVER_RETURN


def test_a_row_that_is_not_on_the_order_is_unlinked() -> None:
    refund = till_refund([row(0, "TEE-M", -1, "250.00", 0), row(1, "SOCKS", -1, "50.00")])
    finding = only(plan_return(refund, copied(ROW), SHIPPED, [], SETTINGS), Kind.RETURN_UNLINKED)
    assert finding.evidence["rows"] == ["row 1: 1 × SOCKS, 50.00 SEK"]


def test_an_unknown_tender_stops_everything() -> None:
    refund = till_refund([row(0, "TEE-M", -1, "250.00", 0)], paid("Swish", "200.00"), paid("Card", "50.00"))
    finding = only(plan_return(refund, copied(ROW), SHIPPED, [], SETTINGS), Kind.UNMAPPED_NAME)
    assert finding.evidence["tenders"] == ["Swish"]


def test_everything_that_stops_is_told_at_once() -> None:
    refund = till_refund([row(0, "TEE-M", -3, "750.00", 0), row(1, "SOCKS", -1, "50.00")], paid("Swish", "800.00"))
    plan = plan_return(refund, copied(ROW), SHIPPED, [], SETTINGS)
    assert [f.kind for f in plan.findings] == [Kind.RETURN_UNLINKED, Kind.UNMAPPED_NAME, Kind.OVER_RETURN]


def test_the_rows_of_a_copy_are_read_from_its_marks_or_by_sku() -> None:
    order = web_order([TEES, line(2, "TEE-M", 1, 25_000), line(3, "CAP", 1, 10_000)], [])
    rows = [
        row(0, "TEE-M", 2, "500.00", marks={"web-itemid": "1"}),
        row(1, "TEE-M", 1, "250.00", marks={"web-itemid": "99"}),
        row(2, "CAP", 1, "100.00"),
        row(3, "FREIGHT", 1, "49.00"),
    ]
    original = sitoo_order(COPY, rows, [], external_id=f"C{NUMBER}-W2-R1")
    assert [(r.row, r.line) for r in copy_rows(original, order)] == [(0, 1), (1, 2), (2, 3), (3, 0)]
    assert web_order_of(original) == NUMBER
    assert web_order_of(replace(original, external_id="", marks={"centra-order": "77"})) == 77
    assert web_order_of(replace(original, external_id="SII1")) is None
