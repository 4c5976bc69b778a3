"""Bundles come back as they were shipped: item by item, or whole."""

from __future__ import annotations

from connector.domain.exceptions import Kind, Owner
from connector.mapping.till_refund import Decision, plan_return
from connector.store.order_files import CopyRow
from tests.unit.return_stories import (
    SETTINGS,
    copied,
    line,
    row,
    shipment,
    till_refund,
    web_order,
)

BUNDLE = [
    line(5, "SET", 2, 80_000, kind="BundleOrderLine"),
    line(6, "TOP", 2, 0, kind="BundleItemOrderLine", bundle_line=5, unit_original=30_000),
    line(7, "SOCK", 4, 0, kind="BundleItemOrderLine", bundle_line=5, unit_original=5_000),
]
ITEM_ROWS = copied(CopyRow(0, 6, "TOP", 2), CopyRow(1, 7, "SOCK", 4))


def test_an_item_of_a_bundle_is_returned_as_it_was_shipped() -> None:
    order = web_order(BUNDLE, [shipment(10, [(600, 6, 2, 0), (700, 7, 4, 0)])])
    plan = plan_return(till_refund([row(0, "TOP", -1, "300.00", 0)]), ITEM_ROWS, order, [], SETTINGS)
    assert ([dict(p.lines) for p in plan.parts], plan.parts[0].amount, plan.findings) == ([{600: 1}], 30_000, ())


def test_a_bundle_sold_as_one_row_is_returned_as_its_items() -> None:
    order = web_order(BUNDLE, [shipment(10, [(600, 6, 2, 0), (700, 7, 4, 0)])])
    plan = plan_return(till_refund([row(0, "SET", -1, "400.00", 0)]), copied(CopyRow(0, 5, "SET", 2)), order, [], SETTINGS)
    assert ([dict(p.lines) for p in plan.parts], plan.parts[0].amount, plan.findings) == ([{600: 1, 700: 2}], 40_000, ())


def test_a_bundle_that_ships_as_one_line_comes_back_whole_or_not_at_all() -> None:
    order = web_order(BUNDLE, [shipment(10, [(500, 5, 2, 0)])])
    whole = till_refund([row(0, "TOP", -1, "300.00", 0), row(1, "SOCK", -2, "100.00", 1)])
    plan = plan_return(whole, ITEM_ROWS, order, [], SETTINGS)
    assert ([dict(p.lines) for p in plan.parts], plan.parts[0].amount, plan.findings) == ([{500: 1}], 40_000, ())
    for rows in ([row(0, "TOP", -1, "300.00", 0)], [row(0, "TOP", -1, "300.00", 0), row(1, "SOCK", -3, "150.00", 1)]):
        plan = plan_return(till_refund(rows), ITEM_ROWS, order, [], SETTINGS)
        assert plan.decision is Decision.PARK
        assert [(f.kind, f.owner, f.stops) for f in plan.findings] == [(Kind.REFUND_MISMATCH, Owner.FINANCE, True)]


def test_a_bundle_sold_and_shipped_as_one_line() -> None:
    order = web_order(BUNDLE, [shipment(10, [(500, 5, 2, 0)])])
    plan = plan_return(till_refund([row(0, "SET", -1, "400.00", 0)]), copied(CopyRow(0, 5, "SET", 2)), order, [], SETTINGS)
    assert ([dict(p.lines) for p in plan.parts], plan.parts[0].amount) == ([{500: 1}], 40_000)
