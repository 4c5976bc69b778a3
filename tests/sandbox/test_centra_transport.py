"""The Centra sandbox over HTTP: token, documents, errors, extensions, paging, faults, latency."""

from __future__ import annotations

import httpx
import pytest
from graphql import get_introspection_query

from sandbox.centra.state import ACTIONS
from tests.sandbox.centra_shop import SET, STOCK, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic sandbox-token", "sandbox-token"])
def test_without_its_token_nothing_is_answered(shop: Shop, header: str) -> None:
    assert shop.http.post("/graphql", json={"query": STOCK}, headers={"Authorization": header}).status_code == 403


def test_an_expired_token_is_answered_403(shop: Shop) -> None:
    shop.state.token(expired=True)
    assert shop.post(STOCK).status_code == 403


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"query": 7}', b'{"query": "{ warehouses"}', b'{"variables": {}}'])
def test_what_is_no_graphql_request_is_answered_400(shop: Shop, body: bytes) -> None:
    assert shop.http.post("/graphql", content=body).status_code == 400


def test_unknown_fields_are_refused_whole(shop: Shop) -> None:
    response = shop.post("{ warehouses { id shoeSize } }")
    assert response.status_code == 400
    assert "shoeSize" in response.json()["errors"][0]["message"]
    shop.state.modes(validation_status=200)
    assert shop.post("{ warehouses { id shoeSize } }").status_code == 200
    assert shop.state.calls() == {}


def test_a_missing_variable_is_an_error_and_nothing_is_written(shop: Shop) -> None:
    response = shop.post(SET)
    assert response.json()["errors"]
    assert shop.state.commits()[3:] == []


def test_extensions_tell_complexity_permissions_and_version(shop: Shop) -> None:
    extensions = shop.post(STOCK).json()["extensions"]
    assert extensions["appVersion"] == "v1.60.0"
    assert extensions["permissionsUsed"] == ["Warehouse:read", "Warehouse.stock:read", "ProductSize:read"]
    free = shop.post("{ warehouses(limit: 1) { stock(limit: 200) { freeToAllocateQuantity } } }").json()["extensions"]["complexity"]
    dear = shop.post("{ warehouses(limit: 1) { stock(limit: 200) { physicalQuantity } } }").json()["extensions"]["complexity"]
    assert dear == free + 200 * 5


def test_complexity_follows_the_limit_given_as_a_variable(shop: Shop) -> None:
    query = "query Q($n: Int = 10) { warehouses(limit: 1) { stock(limit: $n) { demandQuantity } } }"
    few, many = (shop.post(query, n=n).json()["extensions"]["complexity"] for n in (1, 200))
    default = shop.post(query).json()["extensions"]["complexity"]
    assert (many - few, default - few) == (199 * 5, 9 * 5)


def test_a_missing_permission_is_named_and_nothing_is_done(shop: Shop) -> None:
    shop.state.token(permissions=["Warehouse:read"])
    answer = shop.post(STOCK).json()
    assert answer["errors"][0]["message"] == "You need Warehouse.stock:read permission to access stock."
    assert "data" not in answer
    shop.state.token()
    assert shop.ask(STOCK)["warehouses"]


def test_lists_give_twenty_rows_unless_told_and_at_most_two_hundred(shop: Shop) -> None:
    for n in range(250):
        shop.state.add_size(sku=f"CAP-{n}")
    assert len(shop.ask("{ productSizes { id } }")["productSizes"]) == 20
    pages = [shop.ask("query Q($p: Int!) { productSizes(limit: 200, page: $p) { id } }", p=p)["productSizes"] for p in (1, 2, 3)]
    assert [len(p) for p in pages] == [200, 53, 0]
    ids = [row["id"] for page in pages for row in page]
    assert ids == sorted(set(ids))
    for limit in (0, 201):
        assert "Limit must be in range" in shop.post("query Q($n: Int!) { productSizes(limit: $n) { id } }", n=limit).json()["errors"][0]["message"]


def test_introspection_is_on(shop: Shop) -> None:
    types = {t["name"] for t in shop.ask(get_introspection_query())["__schema"]["types"]}
    assert {"DirectToConsumerOrder", "StockSetInput", "RateLimit"} <= types


def test_several_mutations_in_a_request_run_in_series_and_count_each(shop: Shop) -> None:
    query = """mutation M($a: StockSetInput!, $b: StockSetInput!) {
      m0: setStock(input: $a) { userErrors { message } } m1: setStock(input: $b) { userErrors { message } } }"""
    base = {"warehouse": {"id": 11}, "description": "x", "stockQuantityType": "PHYSICAL"}
    first, second = ({**base, "productSizes": [{"productSize": {"SKU": "TEE-S"}, "quantity": q}]} for q in (9, 2))
    shop.ask(query, a=first, b=second)
    assert shop.stock("TEE-S") == (2, 0)
    assert shop.state.calls() == {"requests": 1, "mutations": 2, "setStock": 2}


@pytest.mark.parametrize("done", [False, True])
def test_one_field_of_a_request_can_break_inside_centra(shop: Shop, done: bool) -> None:
    query = """mutation M($a: StockSetInput!, $b: StockSetInput!) {
      m0: setStock(input: $a) { userErrors { message } } m1: setStock(input: $b) { userErrors { message } } }"""
    base = {"warehouse": {"id": 11}, "description": "x", "stockQuantityType": "PHYSICAL"}
    first, second = ({**base, "productSizes": [{"productSize": {"SKU": sku}, "quantity": 1}]} for sku in ("TEE-S", "TEE-M"))
    shop.state.break_field(skip=1, done=done)
    answer = shop.post(query, a=first, b=second).json()
    assert answer["data"] is None
    assert [(e["path"], e["extensions"]["category"]) for e in answer["errors"]] == [(["m1"], "internal")]
    assert (shop.stock("TEE-S"), shop.stock("TEE-M")) == ((1, 0), (1, 0) if done else (5, 0))
    assert shop.state.faults_played() == {"broken_field": 1}
    shop.ask(query, a=first, b=second)
    shop.state.break_field(field="changeStock")
    assert shop.set_stock({"TEE-M": 4})["userErrors"] == []


def test_latency_is_spent_half_before_and_half_after_the_commit(shop: Shop) -> None:
    shop.state.latency(mean=0.2)
    start = shop.clock.now()
    shop.set_stock({"TEE-S": 1})
    assert shop.clock.now() == pytest.approx(start + 0.2)
    assert shop.state.commits()[-1]["at"] == pytest.approx(start + 0.1)


@pytest.mark.parametrize(
    ("kind", "answered", "written"),
    [("error", 500, False), ("error_after", 500, True), ("drop_before", None, False), ("drop_after", None, True), ("throttle", 429, False)],
)
def test_faults_before_and_after_the_commit(shop: Shop, kind: str, answered: int | None, written: bool) -> None:
    shop.state.fault(kind=kind, operation="setStock")
    shop.ask(STOCK)
    wanted = {"warehouse": {"id": 11}, "description": "x", "stockQuantityType": "PHYSICAL"}
    variables = {"input": {**wanted, "productSizes": [{"productSize": {"SKU": "TEE-S"}, "quantity": 1}]}}
    if answered is None:
        with pytest.raises(httpx.ReadError):
            shop.post(SET, **variables)
    else:
        assert shop.post(SET, **variables).status_code == answered
    assert (shop.stock("TEE-S") == (1, 0)) is written
    assert shop.state.faults_played() == {kind: 1}
    assert shop.set_stock({"TEE-S": 2})["userErrors"] == []


def test_a_request_whose_caller_gave_up_can_still_be_executed_later(shop: Shop) -> None:
    shop.state.commit_late(seconds=30, hang=8)
    start = shop.clock.now()
    with pytest.raises(httpx.ReadError):
        shop.set_stock({"TEE-S": 1})
    assert (shop.clock.now() - start, shop.stock("TEE-S")) == (8, (5, 0))
    assert shop.set_stock({"TEE-S": 7})["userErrors"] == []
    shop.clock.sleep(30)
    assert shop.stock("TEE-S") == (1, 0)
    assert shop.state.commits()[-1]["at"] == start + 30
    assert shop.state.faults_played() == {"late_commit": 1}


def test_a_slow_answer_takes_its_seconds(shop: Shop) -> None:
    shop.state.fault(kind="slow", seconds=9.0)
    start = shop.clock.now()
    shop.ask(STOCK)
    assert shop.clock.now() == pytest.approx(start + 9.0)


def test_faults_until_a_moment_and_cleared(shop: Shop) -> None:
    shop.state.fault(kind="error", times=None, until=shop.clock.now() + 20, status=503)
    assert [shop.post(STOCK).status_code for _ in range(3)] == [503] * 3
    shop.clock.sleep(20)
    assert shop.post(STOCK).status_code == 200
    shop.state.fault(kind="error", times=None)
    shop.state.clear_faults()
    assert shop.post(STOCK).status_code == 200


def test_control_actions_over_http(shop: Shop) -> None:
    def control(action: str, **arguments: object) -> httpx.Response:
        return shop.http.post(f"/_control/{action}", json=arguments)

    order = control("place_order", lines=[["TEE-S", 2]], warehouses=[11]).json()
    assert control("ship", number=order["number"]).json() == {"shipment_id": 301}
    assert control("snapshot").json()["11"]["TEE-S"] == {"physical": 3, "allocated": 0, "fta": 3}
    assert control("ship", number=999).status_code == 400
    assert control("place_order", colour="red").status_code == 400
    assert control("modes", below_allocated="shrug").status_code == 400
    assert control("now").status_code == 404
    assert {"put_stock", "fault", "commits", "throttle", "webhooks"} <= set(ACTIONS)
