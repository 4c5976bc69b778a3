"""The order side of the Centra client writes: what it sends, and what it makes of answers without guessing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from graphql import OperationDefinitionNode, parse

from connector.centra import order_documents as documents
from connector.centra.errors import CentraError, Refused, Throttled, Unavailable, Uncertain
from connector.centra.graphql_orders import GraphQLCentraOrders
from connector.centra.order_models import Written
from connector.domain.configuration import Lane
from tests.unit.centra_order_nodes import Node
from tests.unit.orders_client import Orders, saved
from tests.unit.vendor_answers import Answer

OK: Node = {"userErrors": [], "userWarnings": []}
EVERY = documents.every_order_document()
T0 = 1_800_000_000.0
"""2027-01-15T08:00:00Z."""


# --- documents ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_every_document_is_one_operation_of_its_name(name: str) -> None:
    """A mutation has one field: its cost is known, and an error can belong to nothing else."""
    operations = [d for d in parse(EVERY[name]).definitions if isinstance(d, OperationDefinitionNode)]
    assert [o.name.value for o in operations if o.name] == [name]
    assert len(operations[0].selection_set.selections) == 1 or not EVERY[name].startswith("mutation")


@pytest.mark.parametrize("name", EVERY)
def test_every_mutation_asks_for_errors_and_warnings(name: str) -> None:
    document = EVERY[name]
    if document.startswith("mutation"):
        assert "userErrors { message path } userWarnings { message path }" in document


# --- writing --------------------------------------------------------------------------------------------------------

LINES = {1: 2, 5: 1}
ROWS = {"l0": 1, "q0": 2, "l1": 5, "q1": 1}


def each_write(client: GraphQLCentraOrders) -> dict[str, Written]:
    """One of each, by operation name."""
    sold: dict[str, Any] = {"external_id": "sitoo-delivery-5", "capture": True, "paid": False}
    back: dict[str, Any] = {
        "external_id": "sitoo-refund-7-3",
        "return_cost": 4990,
        "shipping": 2900,
        "currency": "SEK",
        "decimals": 2,
        "comment": "c",
    }
    return {
        "AllocateOrder": client.allocate(101, LINES, [12, 11], "c"),
        "UnallocateOrder": client.unallocate(101, LINES, 11, remove=True, comment="c"),
        "CancelLines": client.cancel_lines(101, LINES, remove=False, comment="c"),
        "HoldOrder": client.hold(101, "r"),
        "NameOrder": client.set_external_id(101, "sitoo-sale-5"),
        "CommentOrder": client.comment(101, "c"),
        "CreateShipment": client.create_shipment(101, LINES, carrier="PostNord", tracking="T1", **sold),
        "CaptureShipment": client.capture_shipment(3),
        "CompleteShipment": client.complete_shipment(3, shipped_at=T0 + 0.7, send_email=True, service="Home"),
        "AssignAttribute": client.assign_attribute(101, "sitoo", "ready", "yes"),
        "CreateReturn": client.create_return(3, LINES, **back),
        "CompleteReturn": client.complete_return(9),
        "RefundReturn": client.refund_return(9),
    }


GIVEN: dict[str, Node] = {
    "AllocateOrder": {"order": 101, "comment": "c", "w0": 12, "w1": 11, **ROWS},
    "UnallocateOrder": {"order": 101, "warehouse": 11, "comment": "c", **ROWS},
    "CancelLines": {"order": 101, "comment": "c", **ROWS},
    "HoldOrder": {"order": 101, "reason": "r"},
    "NameOrder": {"order": 101, "externalId": "sitoo-sale-5"},
    "CommentOrder": {"order": 101, "comment": "c"},
    "CreateShipment": {
        "order": 101,
        "externalId": "sitoo-delivery-5",
        "capture": True,
        "paid": False,
        "carrier": "PostNord",
        "tracking": "T1",
        **ROWS,
    },
    "CaptureShipment": {"id": 3},
    "CompleteShipment": {"id": 3, "shippedAt": "2027-01-15T08:00:00+00:00", "sendEmail": True, "service": "Home"},
    "AssignAttribute": {"order": 101, "attribute": "sitoo", "element": "ready", "value": "yes"},
    "CreateReturn": {"shipment": 3, "externalId": "sitoo-refund-7-3", "comment": "c", "currency": "SEK", **ROWS},
    "CompleteReturn": {"id": 9},
    "RefundReturn": {"id": 9},
}


def test_every_write_is_one_request_and_one_mutation_of_its_own_document() -> None:
    made: list[Answer] = [saved(OK | {"made": {"id": 77}}) for _ in GIVEN]
    world = Orders(made)
    answers = each_write(world.client)
    assert world.grants.taken == [(Lane.ORDERS, 1, 1)] * len(GIVEN)
    for i, (name, answer) in enumerate(answers.items()):
        assert world.sent(i) == (EVERY[name], GIVEN[name])
        assert (answer.errors, answer.warnings) == ((), ())
    ids = {name: answer.id for name, answer in answers.items()}
    assert (ids["CreateShipment"], ids["CreateReturn"], ids["HoldOrder"], ids["CompleteReturn"]) == (77, 77, 101, 9)


def test_what_is_not_known_of_a_parcel_is_left_out() -> None:
    world = Orders([saved(OK | {"made": {"id": 3}}), saved(OK)])
    world.client.create_shipment(101, LINES, external_id="x", capture=False, paid=True)
    world.client.complete_shipment(3, shipped_at=T0, send_email=False)
    for i in (0, 1):
        assert "shipmentInfo" not in world.sent(i)[0]
        assert not {"carrier", "service", "tracking"} & world.sent(i)[1].keys()


@pytest.mark.parametrize(("amount", "decimals", "text"), [(4990, 2, "49.90"), (100, 0, "100"), (1234, 3, "1.234"), (1, 2, "0.01"), (0, 2, "0.00")])
def test_the_amounts_of_a_return_are_sent_to_the_last_sub_unit(amount: int, decimals: int, text: str) -> None:
    world = Orders([saved(OK | {"made": {"id": 9}})])
    back: dict[str, Any] = {"return_cost": amount, "shipping": amount, "voucher": amount, "decimals": decimals}
    world.client.create_return(3, LINES, external_id="x", currency="SEK", comment="", **back)
    given = f"{{value: {text}, currencyIsoCode: $currency}}"
    for member in (f"shippingCost: {{value: {given}}}", f"voucherValue: {{value: {given}}}"):
        assert member in world.sent()[0]
    assert (f"returnCost: {given}" in world.sent()[0]) is bool(amount)


@pytest.mark.parametrize("name", ["return_cost", "shipping", "voucher"])
def test_a_negative_amount_of_a_return_is_a_mistake(name: str) -> None:
    back: dict[str, Any] = {"external_id": "x", "currency": "SEK", "decimals": 2, "comment": "", "return_cost": 0} | {name: -1}
    with pytest.raises(ValueError, match="negative"):
        Orders([]).client.create_return(3, LINES, **back)


def test_units_go_where_it_is_said() -> None:
    world = Orders([saved(OK), saved(OK), saved(OK)])
    world.client.unallocate(101, LINES, 11, remove=False, comment="")
    assert "stockActionPolicy: {releaseItemsBackToWarehouse: true}" in world.sent()[0]
    world.client.unallocate(101, LINES, 11, remove=True, comment="")
    assert "stockActionPolicy: {removeItemsFromStock: true}" in world.sent()[0]
    world.client.allocate(101, LINES, [], "")
    assert "warehouses" not in world.sent()[0]


def test_no_lines_never_become_the_whole_order() -> None:
    world = Orders([])
    calls: list[Callable[[], Written]] = [
        lambda: world.client.allocate(101, {}, [11], ""),
        lambda: world.client.unallocate(101, {}, 11, remove=True, comment=""),
        lambda: world.client.cancel_lines(101, {}, remove=True, comment=""),
        lambda: world.client.create_shipment(101, {}, external_id="x", capture=True, paid=False),
        lambda: world.client.create_return(3, {}, external_id="x", return_cost=0, currency="SEK", decimals=2, comment=""),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="no lines"):
            call()
    assert world.vendor.requests == []


# --- what became of it ----------------------------------------------------------------------------------------------

INTERNAL: Node = {"message": "Internal server error", "path": ["saved"], "extensions": {"category": "internal"}}
FORBIDDEN: Node = {"message": "You need Shipment:read", "path": ["saved", "made"], "extensions": {"category": "graphql"}}


def test_errors_refuse_and_warnings_only_tell() -> None:
    refused = OK | {"made": None, "userErrors": [{"message": "no such line", "path": ["input"]}], "userWarnings": [{"message": "w", "path": None}]}
    world = Orders([saved(refused), saved(OK | {"made": {"id": "4"}, "userWarnings": [{"message": "Capture failed", "path": []}]})])
    sold: dict[str, Any] = {"external_id": "x", "capture": True, "paid": False}
    assert world.client.create_shipment(101, LINES, **sold) == Written(None, ("no such line",), ("w",))
    assert world.client.create_shipment(101, LINES, **sold) == Written(4, (), ("Capture failed",))


def test_an_error_after_the_deed_is_a_warning() -> None:
    assert Orders([saved(OK | {"made": {"id": 4}}, FORBIDDEN)]).client.create_shipment(
        101, LINES, external_id="x", capture=True, paid=False
    ) == Written(4, (), ("You need Shipment:read",))


def test_a_field_that_failed_for_a_stated_reason_was_not_carried_out() -> None:
    error = {"message": "Could not find order", "path": ["saved"], "extensions": {"category": "user"}}
    assert Orders([saved(None, error)]).client.hold(101, "r") == Written(None, ("Could not find order",))


@pytest.mark.parametrize(
    "answer",
    [
        saved(None, INTERNAL),
        saved(None),
        httpx.Response(200, json={"data": {}}),
        saved(OK | {"made": None}),
        saved(OK | {"made": {"id": None}}),
        saved(OK | {"made": None}, FORBIDDEN),
        saved({"made": {"id": 4}}),
        saved({"made": {"id": 4}, "userErrors": []}),
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
    ],
)
def test_what_may_have_been_done_is_uncertain(answer: Answer) -> None:
    with pytest.raises(Uncertain):
        Orders([answer]).client.create_shipment(101, LINES, external_id="x", capture=True, paid=False)


@pytest.mark.parametrize(("answer", "expected"), [(httpx.ConnectError("down"), Unavailable), (httpx.Response(400), Refused)])
def test_what_cannot_have_been_done_is_not(answer: Answer, expected: type[CentraError]) -> None:
    with pytest.raises(expected):
        Orders([answer]).client.refund_return(9)


def test_a_throttled_write_closes_the_budget_and_was_not_done() -> None:
    world = Orders([httpx.Response(429, headers={"Retry-After": "7"})])
    with pytest.raises(Throttled):
        world.client.complete_return(9)
    assert world.grants.closed == [world.clock.now() + 7]


def test_returns_of_wholesale_are_never_asked_for() -> None:
    """They have no shipment that a consumer's return has: one that came along could not be read, and would be asked for again and again."""
    asking = [text for text in EVERY.values() if "returns(where:" in text]
    assert len(asking) >= 2
    for text in asking:
        assert "returns(where: {storeType: DIRECT_TO_CONSUMER, " in text
