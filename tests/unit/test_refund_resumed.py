"""Money of a refund that is planned again after some of its returns were made."""

from __future__ import annotations

from connector.mapping.till_refund import plan_return
from connector.store.order_files import CopyRow
from tests.unit.return_stories import NOON, SETTINGS, copied, line, made_return, row, shipment, till_refund, web_order

ORDER = web_order(
    [line(1, "COAT", 1, 100_000), line(2, "HAT", 1, 30_000)],
    [shipment(10, [(100, 1, 1, 0)]), shipment(11, [(200, 2, 1, 0)], at=NOON + 5)],
    shipping=4_900,
)
ROWS = copied(CopyRow(0, 1, "COAT", 1), CopyRow(1, 2, "HAT", 1), CopyRow(2, 0, "FREIGHT", 1))
FREIGHT = row(2, "FREIGHT", -1, "49.00", 2)


def test_shipping_on_a_return_of_this_refund_is_not_used_up() -> None:
    refund = till_refund([row(0, "COAT", -1, "1000.00", 0), row(1, "HAT", -1, "250.00", 1), FREIGHT])
    first, second = plan_return(refund, ROWS, ORDER, [], SETTINGS).parts
    again = plan_return(refund, ROWS, ORDER, [made_return(1, 10, first.lines, first.amount, external_id=first.key)], SETTINGS)
    assert (again.findings, again.unexpressed) == ((), 0)
    assert again.parts[1] == second
    assert [p.amount for p in again.parts] == [first.amount, second.amount]
    assert sum(p.amount for p in again.parts) == 129_900


def test_a_return_that_came_out_too_high_leaves_no_negative_one() -> None:
    refund = till_refund([row(0, "COAT", -1, "500.00", 0), row(1, "HAT", -1, "100.00", 1)])
    first = plan_return(refund, ROWS, ORDER, [], SETTINGS).parts[0]
    made = made_return(1, 10, first.lines, 100_000, external_id=first.key)
    again = plan_return(refund, ROWS, ORDER, [made], SETTINGS)
    assert [(p.return_cost, p.amount) for p in again.parts][1] == (30_000, 0)
    assert again.unexpressed == 60_000 - 100_000
    (finding,) = again.findings
    assert finding.evidence["reasons"] == ["Centra's returns come to 400.00 SEK more than the till paid"]
