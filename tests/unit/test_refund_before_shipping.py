"""Refunds of what Centra has not shipped: cancelled, waited for, or too much."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.exceptions import Kind
from connector.domain.order_keys import return_key, shipment_key
from connector.mapping.till_refund import Decision, plan_return
from connector.store.order_files import CopyRow, Purpose, Returning
from tests.unit.return_stories import (
    NOON,
    REFUND,
    SETTINGS,
    copied,
    entry,
    handed,
    line,
    paid,
    row,
    shipment,
    till_refund,
    web_order,
)

TEES = line(1, "TEE-M", 2, 50_000)
ROW = CopyRow(0, 1, "TEE-M", 2)
SHIPPED = web_order([TEES], [shipment(10, [(100, 1, 2, 0)])])
ONE_BACK = till_refund([row(0, "TEE-M", -1, "250.00", 0)])


UNSHIPPED = web_order([TEES], [], payments=())


def test_neither_handed_out_nor_shipped_is_cancelled() -> None:
    refund = till_refund([row(0, "TEE-M", -2, "500.00", 0)], paid("Web refund", "500.00"))
    plan = plan_return(refund, copied(ROW), UNSHIPPED, [], SETTINGS)
    assert (plan.decision, plan.parts, dict(plan.cancel), plan.findings, plan.refund_in_centra) == (Decision.RETURN, (), {1: 2}, (), False)


def test_a_cancellation_done_is_not_done_again_and_its_money_is_told_all_the_same() -> None:
    """The call's answer may have been lost: then this plan is the first that can tell."""
    done = Returning(return_key(REFUND, 0), True, "done", REFUND, 0, {1: 2}, 0, NOON)
    gone = web_order([replace(TEES, quantity=0, cancelled=2, value=0)], [], payments=())
    plan = plan_return(till_refund([row(0, "TEE-M", -2, "500.00", 0)]), copied(ROW), gone, [], SETTINGS, returnings=[done])
    assert (plan.decision, plan.parts, dict(plan.cancel)) == (Decision.RETURN, (), {})
    assert [(f.kind, f.stops) for f in plan.findings] == [(Kind.REFUND_MISMATCH, False)]


def test_a_cancelled_order_whose_money_was_taken_is_no_difference_afterwards() -> None:
    done = Returning(return_key(REFUND, 0), True, "done", REFUND, 0, {1: 2}, 0, NOON)
    gone = replace(web_order([replace(TEES, quantity=0, cancelled=2, value=0)], [], payments=(entry("CAPTURE", 50_000),)), grand_total=0)
    plan = plan_return(till_refund([row(0, "TEE-M", -2, "500.00", 0)]), copied(ROW), gone, [], SETTINGS, returnings=[done])
    assert (plan.decision, dict(plan.cancel), plan.findings) == (Decision.RETURN, {}, ())


def test_handed_out_but_not_shipped_in_centra_is_waited_for() -> None:
    waiting = plan_return(ONE_BACK, copied(ROW, handed_out=[handed(3, {0: 2})]), UNSHIPPED, [], SETTINGS)
    assert (waiting.decision, waiting.parts, dict(waiting.cancel)) == (Decision.WAIT, (), {})
    assert waiting.awaiting
    arrived = web_order([TEES], [shipment(10, [(100, 1, 2, 0)], external_id=shipment_key(3))])
    assert plan_return(ONE_BACK, copied(ROW, handed_out=[handed(3, {0: 2})]), arrived, [], SETTINGS).decision is Decision.RETURN


def test_a_delivery_that_was_cancelled_is_not_waited_for() -> None:
    plan = plan_return(ONE_BACK, copied(ROW, handed_out=[handed(3, {0: 2}, cancelled=True)]), UNSHIPPED, [], SETTINGS)
    assert (plan.decision, dict(plan.cancel)) == (Decision.RETURN, {1: 1})


def test_a_shipment_that_is_not_completed_is_waited_for() -> None:
    half = web_order([TEES], [shipment(10, [(100, 1, 2, 0)], at=None, external_id=shipment_key(3))])
    assert plan_return(ONE_BACK, copied(ROW, handed_out=[handed(3, {0: 2})]), half, [], SETTINGS).decision is Decision.WAIT


def test_what_the_admin_shipped_is_not_waited_for_a_second_time() -> None:
    order = web_order([TEES], [shipment(10, [(100, 1, 2, 2)])])
    plan = plan_return(ONE_BACK, copied(ROW, handed_out=[handed(3, {0: 2})]), order, [], SETTINGS)
    assert plan.decision is Decision.PARK


def test_a_part_shipped_and_a_part_never_sent() -> None:
    order = web_order([TEES], [shipment(10, [(100, 1, 1, 0)])])
    plan = plan_return(till_refund([row(0, "TEE-M", -2, "500.00", 0)]), copied(ROW), order, [], SETTINGS)
    assert ([dict(p.lines) for p in plan.parts], dict(plan.cancel)) == ([{100: 1}], {1: 1})
    assert [p.amount for p in plan.parts] == [25_000]


def test_a_copy_for_returns_only_cancels_nothing() -> None:
    assert plan_return(ONE_BACK, copied(ROW, purpose=Purpose.RETURN), UNSHIPPED, [], SETTINGS).findings[0].kind is Kind.OVER_RETURN


def test_what_is_still_to_cancel_after_a_part_was() -> None:
    done = Returning(return_key(REFUND, 0), True, "done", REFUND, 0, {1: 1}, 0, NOON)
    half = web_order([replace(TEES, quantity=1, cancelled=1, value=25_000)], [])
    plan = plan_return(till_refund([row(0, "TEE-M", -2, "500.00", 0)]), copied(ROW), half, [], SETTINGS, returnings=[done])
    assert (plan.decision, dict(plan.cancel), plan.findings) == (Decision.RETURN, {1: 1}, ())


def test_what_is_on_its_way_is_not_cancelled_as_well() -> None:
    refund = till_refund([row(0, "TEE-M", -3, "750.00", 0)])
    plan = plan_return(refund, copied(ROW, handed_out=[handed(3, {0: 1})]), UNSHIPPED, [], SETTINGS)
    (finding,) = plan.findings
    assert (plan.decision, finding.evidence["rows"]) == (Decision.PARK, ["TEE-M: 3 refunded, 2 of 2 left to return (line 1)"])
