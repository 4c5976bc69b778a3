"""The doctor's comparison of the order documents with Centra's schema: a name or value that Centra has otherwise is found and named."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema

from connector.centra.order_documents import every_order_document
from ops.schema import differences, every_document

SDL = Path("sandbox/centra/schema.graphql").read_text("utf-8")


def test_the_order_documents_are_among_those_compared() -> None:
    assert every_order_document().items() <= every_document().items()
    assert differences(build_schema(SDL)) == []


@pytest.mark.parametrize(
    ("name", "wrong", "documents"),
    [
        ("voucherValue", "voucher", {"CreateReturn"}),
        ("shipmentInfo", "info", {"CreateShipment", "CompleteShipment"}),
        ("stockActionPolicy", "stockAction2", {"UnallocateOrder", "CancelLines"}),
        ("attributeElementValue", "text", {"AssignAttribute"}),
        ("refundPaymentHistory", "refunds", {"ReturnsOfOrder", "OrderWithReturns", "OneReturn"}),
        ("bundleOrderLine", "bundle", {"WholeOrders", "OrderWithReturns"}),
        ("internalComment: String", "remark: String", {"CommentOrder", "CommentOfOrder"}),
    ],
)
def test_members_and_fields_that_centra_names_otherwise_are_found(name: str, wrong: str, documents: set[str]) -> None:
    assert {found for found, _ in differences(build_schema(SDL.replace(name, wrong)))} == documents


def test_return_statuses_without_a_completed_one_are_found() -> None:
    schema = build_schema(SDL.replace("enum ReturnStatus { PENDING COMPLETED }", "enum ReturnStatus { OPEN CLOSED }"))
    assert [name for name, _ in differences(schema)] == ["ReturnStatus"]
    assert "OPEN, CLOSED" in differences(schema)[0][1]
