"""How each way a Centra call can go is told to the caller."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connector.centra.errors import CentraError, Refused, Throttled, Unauthorised, Unavailable, Uncertain
from connector.centra.models import SetStock, Since
from connector.domain.configuration import Lane
from sandbox.clock import VirtualTime
from tests.unit.vendor_answers import Answer, Centra

SETS = [SetStock(11, {1: 5, 2: 0}, "ref"), SetStock(12, {1: 3}, "ref")]
OK: dict[str, Any] = {"userErrors": [], "userWarnings": []}


def graph(data: Any = None, errors: list[Any] | None = None, **extensions: Any) -> httpx.Response:
    body: dict[str, Any] = {"data": data, "extensions": {"complexity": 1, **extensions}}
    if errors:
        body["errors"] = errors
    return httpx.Response(200, json=body)


def error(message: str, *path: str | int, category: str = "authorization") -> dict[str, Any]:
    return {"message": message, "path": list(path), "extensions": {"category": category}}


def query(answer: Answer) -> Centra:
    centra = Centra([answer])
    centra.client.warehouses(lane=Lane.LOAD)
    return centra


def write(answer: Answer) -> Centra:
    centra = Centra([answer])
    centra.client.set_stock(SETS, lane=Lane.STOCK)
    return centra


REQUEST = httpx.Request("POST", "https://brand.example/graphql")

BROKE_OFF: list[Answer] = [
    httpx.ReadError("reset", request=REQUEST),
    httpx.ReadTimeout("slow", request=REQUEST),
    httpx.WriteError("reset", request=REQUEST),
    httpx.WriteTimeout("slow", request=REQUEST),
    httpx.RemoteProtocolError("cut", request=REQUEST),
    httpx.Response(500),
    httpx.Response(502, text="<html>"),
    httpx.Response(503),
    httpx.Response(499),
    httpx.Response(408),
    httpx.Response(200, text="<html>proxy</html>"),
    httpx.Response(200, text='{"data": {"warehou'),
    httpx.Response(200, json=[]),
    httpx.Response(200, json={}),
    lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip")),
    graph(None, [error("Internal server error", category="internal")]),
]
NEVER_SENT: list[Answer] = [
    httpx.ConnectError("refused", request=REQUEST),
    httpx.ConnectTimeout("slow", request=REQUEST),
    httpx.PoolTimeout("busy", request=REQUEST),
]


@pytest.mark.parametrize("answer", BROKE_OFF + NEVER_SENT)
def test_a_query_that_failed_technically_may_be_tried_again(answer: Answer) -> None:
    with pytest.raises(Unavailable):
        query(answer)


@pytest.mark.parametrize("answer", BROKE_OFF)
def test_a_mutation_that_broke_off_is_uncertain(answer: Answer) -> None:
    with pytest.raises(Uncertain):
        write(answer)


@pytest.mark.parametrize("answer", NEVER_SENT)
def test_a_mutation_that_was_never_sent_may_be_tried_again(answer: Answer) -> None:
    with pytest.raises(Unavailable):
        write(answer)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(403, json={"errors": [{"message": "Access token is invalid or expired"}]}), Unauthorised),
        (httpx.Response(401), Unauthorised),
        (httpx.Response(400, json={"errors": [{"message": "Cannot query field x"}]}), Refused),
        (httpx.Response(400, text="no json"), Refused),
        (httpx.Response(404), Refused),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), Refused),
        (graph(None, [error("You need Warehouse:read")]), Refused),
        (graph({"warehouses": None}, [error("You need Warehouse:read", "warehouses")]), Refused),
        (httpx.Response(429, headers={"Retry-After": "3"}), Throttled),
    ],
)
def test_refusals(answer: httpx.Response, expected: type[CentraError]) -> None:
    with pytest.raises(expected):
        query(answer)


def test_the_request_is_what_centra_documents() -> None:
    centra = query(graph({"warehouses": []}))
    request = centra.vendor.requests[0]
    body = json.loads(request.content)
    assert (request.method, str(request.url)) == ("POST", "https://brand.example/graphql")
    assert request.headers["authorization"] == "Bearer token-1"
    assert request.headers["content-type"] == "application/json"
    assert body["variables"] == {"page": 1}
    assert "warehouses(" in body["query"]
    assert centra.grants.taken == [(Lane.LOAD, 1, 0)]


@pytest.mark.parametrize(
    ("header", "wait"),
    [("7", 7.0), ("1800000009", 9.0), ("Fri, 15 Jan 2027 08:00:20 GMT", 20.0), (None, 2.0), ("later", 2.0)],
)
def test_a_429_closes_the_budget_until_then(header: str | None, wait: float) -> None:
    centra = Centra([httpx.Response(429, headers={} if header is None else {"Retry-After": header})])
    with pytest.raises(Throttled) as throttled:
        centra.client.set_stock(SETS, lane=Lane.STOCK)
    assert throttled.value.until == pytest.approx(centra.clock.now() + wait)
    assert centra.grants.closed == [throttled.value.until]


def test_without_a_moment_the_waits_double_until_a_success() -> None:
    none = [httpx.Response(429) for _ in range(7)]
    centra = Centra([*none, graph({"warehouses": []}), httpx.Response(429)])
    waits = []
    for _ in range(7):
        with pytest.raises(Throttled) as throttled:
            centra.client.warehouses(lane=Lane.LOAD)
        waits.append(throttled.value.until - centra.clock.now())
    assert waits == [2, 4, 8, 16, 32, 60, 60]
    centra.client.warehouses(lane=Lane.LOAD)
    with pytest.raises(Throttled) as throttled:
        centra.client.warehouses(lane=Lane.LOAD)
    assert throttled.value.until - centra.clock.now() == 2


class Trickle(httpx.SyncByteStream):
    """An answer whose halves lie nine seconds apart."""

    def __init__(self, clock: VirtualTime) -> None:
        self._clock = clock

    def __iter__(self) -> Iterator[bytes]:
        yield b'{"data": {'
        self._clock.sleep(9)
        yield b'"warehouses": []}}'


def test_an_answer_that_trickles_beyond_the_time_is_not_taken() -> None:
    centra = Centra([])
    centra.answers.append(httpx.Response(200, stream=Trickle(centra.clock)))
    with pytest.raises(Unavailable):
        centra.client.warehouses(lane=Lane.LOAD)


def test_a_refused_token_is_read_again_and_the_call_granted_anew() -> None:
    centra = Centra([httpx.Response(403), graph({"m0": OK, "m1": OK})], rotated="token-2")
    assert [a.errors for a in centra.client.set_stock(SETS, lane=Lane.STOCK)] == [(), ()]
    assert [r.headers["authorization"] for r in centra.vendor.requests] == ["Bearer token-1", "Bearer token-2"]
    assert centra.grants.taken == [(Lane.STOCK, 1, 2), (Lane.STOCK, 1, 2)]


@pytest.mark.parametrize("rotated", [None, "token-1"])
def test_a_refused_token_without_a_newer_one_is_not_tried_again(rotated: str | None) -> None:
    centra = Centra([httpx.Response(403)], rotated=rotated)
    with pytest.raises(Unauthorised):
        centra.client.warehouses(lane=Lane.LOAD)
    assert len(centra.vendor.requests) == 1


def test_deprecations_are_said_once(caplog: pytest.LogCaptureFixture) -> None:
    text = "Stock.old: use new, removal 2027-01-01"
    centra = Centra([graph({"warehouses": []}, deprecatedFieldsUsed=[text]), graph({"warehouses": []}, deprecatedFieldsUsed=[text])])
    with caplog.at_level(logging.WARNING, "connector"):
        centra.client.warehouses(lane=Lane.LOAD)
        centra.client.warehouses(lane=Lane.LOAD)
    assert [text in r.getMessage() for r in caplog.records] == [True]


# --- setStock, field by field ---------------------------------------------------------------------------------------


def test_each_set_stock_is_answered_by_its_own_payload() -> None:
    refused = {"userErrors": [{"message": "no such size", "path": ["input", "productSizes", "1", "productSize"]}], "userWarnings": []}
    warned = {"userErrors": [], "userWarnings": [{"message": "set to 2 allocated", "path": None}]}
    centra = Centra([graph({"m0": refused, "m1": warned})])
    first, second = centra.client.set_stock(SETS, lane=Lane.STOCK)
    assert (first.warehouse, first.errors, first.refused_index) == (11, ("no such size",), 1)
    assert (second.warehouse, second.errors, second.warnings) == (12, (), ("set to 2 allocated",))
    sent = json.loads(centra.vendor.requests[0].content)["variables"]
    assert sent["i0"] == {
        "warehouse": {"id": 11},
        "description": "ref",
        "stockQuantityType": "PHYSICAL",
        "productSizes": [{"productSize": {"id": 1}, "quantity": 5}, {"productSize": {"id": 2}, "quantity": 0}],
    }
    assert centra.grants.taken == [(Lane.STOCK, 1, 2)]


@pytest.mark.parametrize(
    ("path", "index"),
    [
        (["input", "productSizes", 0, "quantity"], 0),
        ("input.productSizes.1.productSize", 1),
        ("input.productSizes[1].quantity", 1),
        (["input", "productSizes", "2"], None),
        (["input", "productSizes"], None),
        (["input", "warehouse"], None),
        (None, None),
    ],
)
def test_the_refused_size_is_found_in_any_form_of_path(path: Any, index: int | None) -> None:
    payload = {"userErrors": [{"message": "x", "path": path}], "userWarnings": []}
    assert Centra([graph({"m0": payload, "m1": OK})]).client.set_stock(SETS, lane=Lane.STOCK)[0].refused_index == index


def test_a_top_level_error_of_one_field_is_that_ones_error() -> None:
    centra = Centra([graph({"m0": OK, "m1": None}, [error("You need StockChange:write for 12", "m1")])])
    first, second = centra.client.set_stock(SETS, lane=Lane.STOCK)
    assert (first.errors, second.errors) == ((), ("You need StockChange:write for 12",))


def test_errors_of_every_field_are_everyones_own_even_without_data() -> None:
    centra = Centra([graph(None, [error("no", "m0", category="graphql"), error("no either", "m1", category="graphql")])])
    assert [a.errors for a in centra.client.set_stock(SETS, lane=Lane.STOCK)] == [("no",), ("no either",)]


def test_a_missing_permission_refuses_the_whole_request_whichever_field_names_it() -> None:
    centra = Centra([graph(None, [error("You need StockChange:write permission", "m0")])])
    with pytest.raises(Refused, match="StockChange:write"):
        centra.client.set_stock(SETS, lane=Lane.STOCK)


@pytest.mark.parametrize(
    "answer",
    [
        graph(None, [error("failed", "m1", category="graphql")]),
        graph({"m0": OK}),
        graph({"m0": OK, "m1": None}, [error("Internal server error", "m1", category="internal")]),
        graph({"m0": OK, "m1": {"userErrors": None, "userWarnings": []}}),
    ],
)
def test_a_field_without_an_answer_of_its_own_is_uncertain(answer: httpx.Response) -> None:
    """In the first, m0 may have been carried out although its payload was dropped with the rest of the data."""
    with pytest.raises(Uncertain):
        write(answer)


def test_a_document_refused_as_a_whole_wrote_nothing() -> None:
    with pytest.raises(Refused) as refused:
        write(graph(None, [{"message": "Unknown field"}]))
    assert refused.value.messages == ("Unknown field",)


def test_nothing_to_set_is_no_request() -> None:
    centra = Centra([])
    assert centra.client.set_stock([], lane=Lane.STOCK) == []
    assert centra.grants.taken == []


# --- reading stores: what is missing is unknown, never zero -----------------------------------------------------------

ROW = {"physicalQuantity": 5, "allocatedQuantity": 1, "productSize": {"id": 1}}
CHANGES: dict[str, Any] = {"orders": [], "shipments": [], "returns": [], "stockChanges": []}


def stores(*warehouses: tuple[int, list[Any]]) -> dict[str, Any]:
    return {f"w{i}": [{"id": number, "stock": rows}] for i, (number, rows) in enumerate(warehouses)}


def test_a_warehouse_that_failed_is_unknown_and_the_others_are_read() -> None:
    data = {**stores((11, [ROW])), "w1": None}
    centra = Centra([graph(data, [error("You may not see 12", "w1")])])
    read = centra.client.read_stores({11: [1], 12: [1]}, lane=Lane.STOCK)
    assert set(read.stock) == {(11, 1)}


def test_when_every_warehouse_failed_the_reasons_are_told() -> None:
    centra = Centra([graph({"w0": None, "limits": []}, [error("You need Warehouse.stock:read", "w0")])])
    with pytest.raises(Refused, match=r"Warehouse\.stock:read"):
        centra.client.read_stores({11: [1]}, lane=Lane.STOCK)


@pytest.mark.parametrize("part", ["orders", "shipments", "returns", "stockChanges"])
def test_changes_that_cannot_be_read_do_not_look_like_none(part: str) -> None:
    data = {**stores((11, [ROW])), **CHANGES, part: None}
    with pytest.raises(Refused):
        Centra([graph(data, [error("no", part)])]).client.read_stores({11: [1]}, lane=Lane.STOCK, changes_since=Since(0.0))
    with pytest.raises(Unavailable):
        Centra([graph(data)]).client.read_stores({11: [1]}, lane=Lane.STOCK, changes_since=Since(0.0))


@pytest.mark.parametrize(
    "row",
    [
        {**ROW, "physicalQuantity": None},
        {**ROW, "allocatedQuantity": True},
        {**ROW, "physicalQuantity": 4.5},
        {**ROW, "physicalQuantity": "many"},
        {**ROW, "productSize": None},
        {"physicalQuantity": 5, "productSize": {"id": 1}},
        None,
        [],
    ],
)
def test_a_stock_row_that_cannot_be_read_is_not_zero(row: Any) -> None:
    with pytest.raises(Unavailable):
        Centra([graph(stores((11, [row])))]).client.read_stores({11: [1]}, lane=Lane.STOCK)


def test_another_warehouse_than_asked_for_is_not_taken() -> None:
    assert Centra([graph(stores((12, [ROW])))]).client.read_stores({11: [1]}, lane=Lane.STOCK).stock == {}


def test_a_size_without_a_row_is_none_only_if_centra_knows_the_size() -> None:
    centra = Centra([graph(stores((11, [ROW]))), graph({"sizes": [{"id": 2}]})])
    read = centra.client.read_stores({11: [1, 2, 3]}, lane=Lane.STOCK)
    assert {key: (row.physical, row.allocated) for key, row in read.stock.items()} == {(11, 1): (5, 1), (11, 2): (0, 0)}


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(429, headers={"Retry-After": "9"})])
def test_when_that_cannot_be_asked_the_size_stays_unknown_and_the_rest_is_kept(answer: httpx.Response) -> None:
    centra = Centra([graph(stores((11, [ROW]))), answer])
    assert set(centra.client.read_stores({11: [1, 2]}, lane=Lane.STOCK).stock) == {(11, 1)}


def test_limits_ride_along_when_due() -> None:
    limit = {"type": "MUTATION_COUNT", "intervalSeconds": "ONE_HOUR", "quota": 1800, "usedQuota": 1, "remainingQuota": "1799"}
    centra = Centra([graph({**stores((11, [ROW])), "limits": [limit]})])
    centra.grants.due = True
    centra.client.read_stores({11: [1]}, lane=Lane.STOCK)
    assert [(r.kind, r.interval, r.quota, r.remaining) for r in centra.grants.seen] == [("MUTATION_COUNT", "ONE_HOUR", 1800, 1799)]
    assert len(centra.vendor.requests) == 1


def test_shipped_units_without_a_warehouse_are_told_as_of_an_unknown_one() -> None:
    line = {"quantity": 3, "orderLine": {"id": 1, "productSize": {"id": 7}}, "allocations": [{"quantity": 1, "warehouse": {"id": 11}}]}
    gift_card = {"quantity": 1, "orderLine": {"id": 2}, "allocations": []}
    moment = "2026-11-23T10:00:00+01:00"
    shipment = {"id": 5, "updatedAt": moment, "isShipped": True, "shippedAt": moment, "order": {"number": 9}, "lines": [line, gift_card]}
    centra = Centra([graph({**CHANGES, "shipments": [shipment]})])
    changes = centra.client.read_stores({}, lane=Lane.STOCK, changes_since=Since(0.0)).changes
    assert changes is not None
    assert [(u.size_id, u.warehouse, u.units) for u in changes.shipments[0].units] == [(7, 0, 2), (7, 11, 1)]
    assert changes.shipments[0].shipped_at == 1795424400.0
