"""Compiled queries of the Centra sandbox answer exactly what the general GraphQL executor answers, and leave to it what they cannot."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, execute_sync, parse

from connector.centra import documents as sent
from connector.centra import order_documents as sent_of_orders
from sandbox.centra.documents import Documents
from sandbox.centra.plans import OffPlan
from sandbox.centra.resolvers import build_schema
from tests.sandbox.centra_shop import Shop

SCHEMA = build_schema()
DOCUMENTS = Documents(SCHEMA)
START = "2027-01-15T08:00:00Z"
CHANGES = {f"{part}{what}": value for part in sent.CHANGE_PARTS for what, value in (("From", START), ("Page", 1))}
STOCK = {"w0": [11], "s0": [700001, 700002, 9], "n0": 3, "w1": 12, "s1": 700001, "n1": 1, "o0": [101, 102], "m0": 2}


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.state.put_stock(warehouse=12, sku="TEE-M", physical=3)
    for units in (2, 7):
        number = shop.state.place_order(lines=[("TEE-S", units), ("TEE-M", 1)], warehouses=[11, 12])["number"]
        shipment = shop.state.ship(number, lines=[("TEE-S", 1)])["shipment_id"]
        shop.state.return_into(shipment, warehouse=12)
    shop.state.cancel_lines(number, lines=[("TEE-M", 1)])
    bundle = {"sku": "TEE-S", "kind": "bundle", "items": [("TEE-M", 1), ("TEE-L", 1)]}
    shop.state.place_order([bundle, {"sku": "TEE-L", "kind": "gift_certificate"}], attributes={"store.note": "x"}, voucher={"amount": 500})
    shop.state.place_order([("TEE-L", 1)], b2b=True)
    shop.set_stock({"TEE-L": 2})
    return shop


QUERIES: list[tuple[str, dict[str, Any]]] = [
    (sent.read_stores(2, sent.CHANGE_PARTS, 1, True), STOCK | CHANGES),
    (sent.read_stores(1, (), 0, False), STOCK),
    (sent.find_sizes(1, 1), {"s0": "TEE-S", "e0": "731"}),
    (sent.KNOWN_SIZES, {"ids": [700001, 3], "n": 2}),
    (sent.ALL_SIZES, {"page": 1}),
    (sent.ALL_STOCK, {"warehouse": [11]}),
    (sent.WAREHOUSES, {}),
    (sent.RATE_LIMITS, {}),
    (sent_of_orders.ORDERS, {"numbers": [101, 102, 103], "n": 3}),
    (sent_of_orders.ALLOCATIONS, {"number": [103], "page": 1}),
    (sent_of_orders.CHANGED_ORDERS, {"from": START, "page": 1}),
    (sent_of_orders.CHANGED_SHIPMENTS, {"from": START, "page": 1}),
    (sent_of_orders.RETURNS, {"number": [101], "page": 1}),
    (
        """{ orders(sort: [number_ASC]) { ...W lines { ... on BundleItemOrderLine { bundleOrderLine { __typename } } } } }
        fragment W on WholesaleOrder { number }""",
        {},
    ),
    ("{ orders { __typename } }", {}),
    ('{ order(id: "x") { id } counters { orders(where: {status: CONFIRMED}) products } }', {}),
    ("query Q($w: OrderFilter) { orders(where: $w, sort: number_DESC) { number } }", {"w": {"status": "PROCESSING", "notNull": ["number"]}}),
    ("query Q($n: [Int!]) { orders(where: {number: $n}) { number } }", {"n": None}),
    ("query Q($n: Int = 1, $p: Int) { orders(limit: $n, page: $p) { number } }", {}),
    ("query Q($n: Int!) { orders(where: {number: [$n, 101]}) { number number lines { id } lines { quantity } } }", {"n": 102}),
    ("query Q($on: Boolean!) { orders { number @include(if: $on) id @skip(if: $on) } }", {"on": True}),
    (
        """query Q($t: DateTimeTz!) { shipments(where: {shippedAt: {from: $t}}) { ...S } }
        fragment S on Shipment { id shippedAt order { ... on Order { number } } }""",
        {"t": START},
    ),
    (
        '{ returns(where: {createdAt: {from: "2027-01-15 08:00:00", to: null}}) { returnStatus shipment { number } lines { shipmentLine { id } } } }',
        {},
    ),
    ("{ orders(limit: null, page: null, sort: null) { number lines { allocations(limit: 1) { id } } } }", {}),
    ("{ productSizes(where: null) { EAN UPC stock { availableNowQuantity unshippedQuantity warehouse { name } } } }", {}),
    ("{ productVariants { stockOffset product { id } } warehouses { stockChanges(limit: 1) { type lines { deliveredQuantity } } } }", {}),
]


def both(shop: Shop, text: str, variables: dict[str, Any]) -> tuple[Any, Any]:
    """(what the plan answers, OffPlan or an error's text; what the executor answers)."""
    plan = DOCUMENTS.get(text).operations[0].plan
    try:
        planned: Any = plan.run(variables, shop.state) if plan is not None else OffPlan
    except (OffPlan, GraphQLError) as off:
        planned = type(off)
    result = execute_sync(SCHEMA, parse(text), context_value=shop.state, variable_values=variables)
    return planned, result.data if result.errors is None else result.errors


@pytest.mark.parametrize(("text", "variables"), QUERIES)
def test_a_plan_answers_what_the_executor_answers(shop: Shop, text: str, variables: dict[str, Any]) -> None:
    planned, executed = both(shop, text, variables)
    assert isinstance(executed, dict)
    if "@include" in text:
        assert planned is OffPlan
    else:
        assert planned == executed
    assert shop.ask(text, **variables) == executed


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("query Q($n: Int!) { orders(limit: $n) { number } }", {}),
        ("query Q($n: Int!) { orders(limit: $n) { number } }", {"n": None}),
        ("query Q($n: Int) { orders(limit: $n) { number } }", {"n": "three"}),
        ("query Q($n: [Int!]) { orders(where: {number: $n}) { number } }", {"n": [1, None]}),
        ("{ orders(limit: 300) { number } }", {}),
        ('{ orders(where: {negate: ["colour"]}) { number } }', {}),
        ("query Q($t: DateTimeTz) { orders(where: {updatedAt: {from: $t}}) { number } }", {"t": "soon"}),
    ],
)
def test_errors_are_left_to_the_executor(shop: Shop, text: str, variables: dict[str, Any]) -> None:
    planned, executed = both(shop, text, variables)
    assert planned in (OffPlan, GraphQLError)
    assert isinstance(executed, list)
    assert shop.post(text, **variables).json()["errors"] == [e.formatted for e in executed]


def test_mutations_and_introspection_have_no_plan() -> None:
    assert DOCUMENTS.get(sent.set_stock(1)).operations[0].plan is None
    assert DOCUMENTS.get("{ __schema { types { name } } }").operations[0].plan is None


def test_every_document_of_the_connector_is_valid_here() -> None:
    for name, text in (sent.every_document() | sent_of_orders.every_order_document()).items():
        assert DOCUMENTS.get(text).errors == [], name


def test_the_cache_of_documents_is_bounded() -> None:
    few = Documents(SCHEMA, keep=2)
    first = few.get("{ orders { id } }")
    assert few.get("{ orders { id } }") is first
    for limit in (1, 2):
        few.get(f"{{ orders(limit: {limit}) {{ id }} }}")
    assert few.get("{ orders { id } }") is not first
