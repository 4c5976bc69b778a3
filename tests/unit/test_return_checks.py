"""After a return is made: Centra made what was asked for, and nobody pays it twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.exceptions import Kind
from connector.domain.order_keys import return_key
from connector.mapping.return_checks import made_otherwise, paid_twice
from connector.mapping.till_refund import plan_return
from connector.store.order_files import CopyRow
from tests.unit.return_stories import REFUND, SETTINGS, copied, entry, line, made_return, row, shipment, till_refund, web_order

ORDER = web_order([line(1, "COAT", 1, 100_000)], [shipment(10, [(100, 1, 1, 0)])])


def test_a_return_that_centra_made_otherwise_is_told() -> None:
    refund = till_refund([row(0, "COAT", -1, "900.00", 0)])
    (part,) = plan_return(refund, copied(CopyRow(0, 1, "COAT", 1)), ORDER, [], SETTINGS).parts
    made = made_return(1, 10, {100: 1}, 90_000, external_id=part.key)
    assert made_otherwise(ORDER, part, made) is None
    assert made_otherwise(ORDER, part, replace(made, amount=90_001)) is None
    finding = made_otherwise(ORDER, part, replace(made, amount=90_002))
    assert finding is not None
    assert (finding.kind, finding.evidence["sitoo_order"], finding.evidence["centra"]) == (Kind.REFUND_MISMATCH, REFUND, "900.02 SEK")
    assert made_otherwise(ORDER, part, replace(made, lines={100: 2})) is not None


@pytest.mark.parametrize(
    ("kind", "status", "found"),
    [("REFUND", "SUCCESS", True), ("REFUND_REQUEST", "PENDING", True), ("REFUND", "FAILED", False), ("REFUND_FAILED", "SUCCESS", False)],
)
def test_a_refund_of_what_a_till_paid_is_a_risk_at_once(kind: str, status: str, *, found: bool) -> None:
    made = made_return(1, 10, {100: 1}, 90_000, external_id=return_key(REFUND, 10), refunds=(entry(kind, 90_000, status=status),))
    finding = paid_twice(ORDER, [made], frozenset({1}))
    assert (finding is not None and finding.kind is Kind.DOUBLE_REFUND_RISK) == found
    assert paid_twice(ORDER, [made], frozenset({2})) is None
