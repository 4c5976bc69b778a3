"""Returns, and long lists of allocations, read from Centra's answers."""

from __future__ import annotations

from typing import Any

import pytest

from connector.centra.answers import Malformed
from connector.centra.order_answers import centra_order, centra_return, lists_all, merge_allocations
from connector.centra.order_models import AllocatedTo
from tests.unit.centra_order_nodes import allocation, line, order, payment, return_, shipment, shipment_line


def test_a_return_is_read_with_its_refunds() -> None:
    refund = payment(8, "REFUND_REQUEST", 9_000, **{"return": {"id": 9}})
    read = centra_return(return_(refundPaymentHistory=[refund], returnStatus="COMPLETED", lines=return_()["lines"] * 2))
    assert (read.id, read.shipment_id, read.external_id, read.amount, read.restocked_in) == (9, 3, "sitoo-refund-7-3", 9_000, None)
    assert (read.status, read.completed, dict(read.lines)) == ("COMPLETED", True, {31: 2})
    assert [(r.kind, r.return_id) for r in read.refunds] == [("REFUND_REQUEST", 9)]


@pytest.mark.parametrize(("status", "completed"), [("PENDING", False), ("COMPLETED", True), ("COMPLETE", True), ("UNDER_REVIEW", False)])
def test_only_a_status_known_as_completed_is(status: str, completed: bool) -> None:
    assert centra_return(return_(returnStatus=status)).completed is completed


@pytest.mark.parametrize(("back", "warehouse", "where"), [(True, {"id": 12}, 12), (False, {"id": 12}, None), (True, None, None)])
def test_units_went_back_where_centra_says(back: bool, warehouse: Any, where: int | None) -> None:
    assert centra_return(return_(returnedToStock=back, returnWarehouse=warehouse)).restocked_in == where


@pytest.mark.parametrize("name", ["id", "createdAt", "returnStatus", "grandTotal", "shipment", "lines", "refundPaymentHistory"])
def test_a_return_that_lacks_something_is_not_read(name: str) -> None:
    with pytest.raises(Malformed):
        centra_return(return_() | {name: None})


# --- long lists -----------------------------------------------------------------------------------------------------


def test_a_list_as_long_as_was_asked_for_may_be_cut_off() -> None:
    node = order(lines=[line(1, 9, allocations=[allocation(i, 11, 1) for i in range(4)])])
    assert lists_all(node, 5, 1)
    assert not lists_all(node, 4, 5)
    sent = order(shipments=[shipment(3, [shipment_line(31, 1, 2, [allocation(5, 11, 1), allocation(6, 11, 1)])])])
    assert lists_all(sent, 9, 3)
    assert not lists_all(sent, 9, 2)


def test_further_pages_add_each_allocation_once() -> None:
    node = order(
        lines=[line(1, 3, allocations=[allocation(1, 11, 1)])],
        shipments=[shipment(3, [shipment_line(31, 1, 2, [allocation(5, 11, 1)])], shipped=True)],
    )
    page = {
        "lines": [{"id": 1, "allocations": [allocation(1, 11, 1), allocation(2, 12, 2)]}, {"id": 7, "allocations": [allocation(9, 1, 1)]}],
        "shipments": [{"id": 3, "lines": [{"id": 31, "allocations": [allocation(5, 11, 1), allocation(6, 12, 1)]}]}],
    }
    merge_allocations(node, page)
    read = centra_order(node)
    assert read.lines[0].allocations == (AllocatedTo(1, 11, 1), AllocatedTo(2, 12, 2))
    assert read.shipments[0].lines[0].warehouses == {11: 1, 12: 1}
