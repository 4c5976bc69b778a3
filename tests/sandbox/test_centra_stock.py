"""Stock in the Centra sandbox: setStock, changeStock, their modes, stock changes and reads."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.centra.modes import choices
from tests.sandbox.centra_shop import Shop

CHANGE = """mutation C($input: StockChangeInput!) { changeStock(input: $input) {
  stockChange { id type comment lines { deliveredQuantity productSize { SKU } } } userErrors { message path } userWarnings { message path } } }"""


@pytest.fixture
def shop() -> Shop:
    return Shop()


def change(shop: Shop, units: dict[str, int], out: int | None = None, into: int | None = None) -> dict[str, Any]:
    rows = [{"productSize": {"SKU": sku}, "deliveredQuantity": n} for sku, n in units.items()]
    places = {"outFromWarehouse": out, "intoWarehouse": into}
    named = {member: {"id": warehouse} for member, warehouse in places.items() if warehouse is not None}
    payload: dict[str, Any] = shop.ask(CHANGE, input={"description": "ref-1", "productSizes": rows, **named})["changeStock"]
    return payload


def test_set_stock_is_absolute_and_leaves_a_stock_change_with_our_words(shop: Shop) -> None:
    payload = shop.set_stock({"TEE-S": 9, "TEE-M": 1}, description="sitoo 17")
    assert (payload["userErrors"], payload["userWarnings"], len(payload["stockChanges"])) == ([], [], 2)
    found = shop.ask(
        '{ stockChanges(where: {comment: {contains: "17"}, warehouseId: [11]}) { type comment lines { deliveredQuantity productSize { SKU } } } }'
    )
    assert [(c["type"], c["lines"]) for c in found["stockChanges"]] == [
        ("INCREASE", [{"deliveredQuantity": 4, "productSize": {"SKU": "TEE-S"}}]),
        ("DECREASE", [{"deliveredQuantity": -4, "productSize": {"SKU": "TEE-M"}}]),
    ]
    assert [(c["sku"], c["physical"], c["source"], c["comment"]) for c in shop.state.commits()[3:]] == [
        ("TEE-S", 9, "setStock", "sitoo 17"),
        ("TEE-M", 1, "setStock", "sitoo 17"),
    ]


def test_an_equal_quantity_changes_nothing(shop: Shop) -> None:
    assert shop.set_stock({"TEE-S": 5}) == {"stockChanges": [], "userErrors": [], "userWarnings": []}
    assert len(shop.state.commits()) == 3


def test_below_allocated_is_clamped_with_a_warning(shop: Shop) -> None:
    shop.state.place_order(lines=[("TEE-S", 3)], warehouses=[11])
    payload = shop.set_stock({"TEE-S": 1})
    assert payload["userErrors"] == []
    assert payload["userWarnings"][0]["path"] == ["input", "productSizes", "0"]
    assert shop.stock("TEE-S") == (3, 3)


def test_below_allocated_is_clamped_in_silence(shop: Shop) -> None:
    shop.state.modes(below_allocated="clamp_silent")
    shop.state.place_order(lines=[("TEE-S", 3)], warehouses=[11])
    payload = shop.set_stock({"TEE-S": 1})
    assert (payload["userErrors"], payload["userWarnings"]) == ([], [])
    assert shop.stock("TEE-S") == (3, 3)


@pytest.mark.parametrize("atomic", [True, False])
def test_below_allocated_is_refused_with_or_without_the_rest_of_its_batch(shop: Shop, atomic: bool) -> None:
    shop.state.modes(below_allocated="user_error", set_stock_atomic=atomic)
    shop.state.place_order(lines=[("TEE-S", 3)], warehouses=[11])
    payload = shop.set_stock({"TEE-M": 2, "TEE-S": 1})
    assert [e["path"] for e in payload["userErrors"]] == [["input", "productSizes", "1"]]
    assert shop.stock("TEE-S") == (5, 3)
    assert shop.stock("TEE-M") == ((5, 0) if atomic else (2, 0))


def test_errors_without_a_path(shop: Shop) -> None:
    shop.state.modes(error_path="none")
    assert shop.set_stock({"NOPE": 1})["userErrors"] == [{"message": "Could not find ProductSize with SKU NOPE", "path": None}]


def test_sizes_are_named_by_exactly_one_unique_member(shop: Shop) -> None:
    shop.state.add_size(sku="DOUBLE", ean="731")
    query = """mutation M($s: ProductSizeInput!) {
      setStock(input: {warehouse: {id: 11}, description: "x", stockQuantityType: PHYSICAL, productSizes: [{productSize: $s, quantity: 1}]}) {
        userErrors { message } } }"""
    answers = [
        [e["message"] for e in shop.ask(query, s=named)["setStock"]["userErrors"]]
        for named in ({"EAN": "730"}, {"any": "TEE-L"}, {"id": shop.sizes["TEE-M"]}, {"EAN": "731"}, {"id": 4}, {"SKU": "TEE-S", "EAN": "730"}, {})
    ]
    assert answers[:3] == [[], [], []]
    assert answers[3:5] == [["More than one ProductSize has EAN 731"], ["Could not find ProductSize with id 4"]]
    assert answers[5] == answers[6] == ["Exactly one of id, SKU, EAN, UPC, any must be given."]


def test_an_unknown_warehouse_and_negative_quantities_are_refused(shop: Shop) -> None:
    assert shop.set_stock({"TEE-S": 1}, warehouse=99)["userErrors"][0]["message"] == "Could not find Warehouse with ID 99"
    assert "negative" in shop.set_stock({"TEE-S": -1})["userErrors"][0]["message"]
    assert shop.set_stock({})["userErrors"][0]["path"] == ["input", "productSizes"]


def test_inactive_sizes_take_stock_or_refuse_it(shop: Shop) -> None:
    shop.state.change_size(sku="TEE-S", active=False)
    assert shop.set_stock({"TEE-S": 4})["userErrors"] == []
    shop.state.modes(inactive_sizes="user_error")
    assert "not active" in shop.set_stock({"TEE-S": 3})["userErrors"][0]["message"]
    assert shop.stock("TEE-S") == (4, 0)


def test_change_stock_adds_takes_and_transfers(shop: Shop) -> None:
    assert change(shop, {"TEE-S": 2}, into=11)["stockChange"]["type"] == "INCREASE"
    assert change(shop, {"TEE-S": 1}, out=11)["stockChange"]["lines"] == [{"deliveredQuantity": -1, "productSize": {"SKU": "TEE-S"}}]
    assert change(shop, {"TEE-S": 4}, out=11, into=12)["stockChange"]["type"] == "TRANSFER"
    assert (shop.stock("TEE-S"), shop.stock("TEE-S", 12)) == ((2, 0), (4, 0))


def test_change_stock_takes_no_more_than_is_free(shop: Shop) -> None:
    shop.state.place_order(lines=[("TEE-S", 3)], warehouses=[11])
    refused = change(shop, {"TEE-M": 1, "TEE-S": 3}, out=11)
    assert (refused["stockChange"], refused["userErrors"][0]["path"]) == (None, ["input", "productSizes", "1"])
    assert (shop.stock("TEE-S"), shop.stock("TEE-M")) == ((5, 3), (5, 0))
    shop.state.modes(change_stock_atomic=False)
    assert change(shop, {"TEE-M": 1, "TEE-S": 3}, out=11)["userErrors"]
    assert (shop.stock("TEE-S"), shop.stock("TEE-M")) == ((5, 3), (4, 0))
    shop.state.modes(decrease_beyond_fta="warning")
    adjusted = change(shop, {"TEE-S": 3}, out=11)
    assert (adjusted["userErrors"], len(adjusted["userWarnings"])) == ([], 1)
    assert shop.stock("TEE-S") == (3, 3)


def test_one_call_cannot_take_the_same_free_units_twice(shop: Shop) -> None:
    rows = [{"productSize": {"SKU": "TEE-S"}, "deliveredQuantity": 3}] * 2
    answer = shop.ask(CHANGE, input={"description": "x", "outFromWarehouse": {"id": 11}, "productSizes": rows})["changeStock"]
    assert len(answer["userErrors"]) == 1
    assert shop.stock("TEE-S") == (5, 0)


def test_descriptions_that_are_not_kept(shop: Shop) -> None:
    shop.state.modes(comment_stored=False)
    shop.set_stock({"TEE-S": 9}, description="mark")
    assert shop.ask("{ stockChanges { comment } }")["stockChanges"] == [{"comment": ""}]
    assert shop.ask('{ stockChanges(where: {comment: {equals: "mark"}}) { id } }')["stockChanges"] == []


def test_stock_is_read_by_warehouse_and_by_size(shop: Shop) -> None:
    shop.state.put_stock(warehouse=12, sku="TEE-S", physical=2)
    query = """query Q($s: [Int!]!) {
      warehouses(where: {id: [11]}) { id stock(where: {productSizeId: $s}, limit: 200) { physicalQuantity productSize { id } } }
      productSizes(where: {SKU: {equals: "TEE-S"}}) { stock { physicalQuantity warehouse { id } } } }"""
    data = shop.ask(query, s=[shop.sizes["TEE-M"], shop.sizes["TEE-S"], 5])
    expected = [{"physicalQuantity": 5, "productSize": {"id": shop.sizes[sku]}} for sku in ("TEE-S", "TEE-M")]
    assert data["warehouses"] == [{"id": 11, "stock": expected}]
    assert data["productSizes"][0]["stock"] == [{"physicalQuantity": 5, "warehouse": {"id": 11}}, {"physicalQuantity": 2, "warehouse": {"id": 12}}]


def test_stock_filters_by_quantity_and_can_be_negated(shop: Shop) -> None:
    shop.set_stock({"TEE-S": 0})
    query = "query Q($w: StockFilter!) { warehouses(where: {id: [11]}) { stock(where: $w) { productSize { SKU } } } }"

    def skus(where: dict[str, Any]) -> list[str]:
        return [row["productSize"]["SKU"] for row in shop.ask(query, w=where)["warehouses"][0]["stock"]]

    assert skus({"physicalQuantity": {"from": 1}}) == ["TEE-M", "TEE-L"]
    assert skus({"physicalQuantity": {"from": 1}, "negate": ["physicalQuantity"]}) == ["TEE-S"]
    assert skus({"productSizeId": [shop.sizes["TEE-S"]], "negate": ["productSizeId"]}) == ["TEE-M", "TEE-L"]


def test_sizes_a_warehouse_never_had_are_missing_or_zero(shop: Shop) -> None:
    query = "query Q($s: [Int!]) { warehouses(where: {id: [12]}) { stock(where: {productSizeId: $s}) { physicalQuantity } } }"
    assert shop.ask(query, s=[shop.sizes["TEE-S"]])["warehouses"] == [{"stock": []}]
    shop.state.modes(stock_rows="all")
    assert shop.ask(query, s=[shop.sizes["TEE-S"]])["warehouses"] == [{"stock": [{"physicalQuantity": 0}]}]
    assert len(shop.ask(query)["warehouses"][0]["stock"]) == 3


def test_safety_stock_is_written_and_checked(shop: Shop) -> None:
    variant = shop.state.add_size(sku="CAP")["variant_id"]
    threshold = "mutation M($n: Int!) { updateWarehouse(id: 11, input: {threshold: $n}) { warehouse { threshold } userErrors { message } } }"
    offset = (
        "mutation M($v: Int!) { updateProductVariant(id: $v, input: {stockOffset: 2}) { productVariant { stockOffset } userErrors { message } } }"
    )
    assert shop.ask(threshold, n=1)["updateWarehouse"] == {"warehouse": {"threshold": 1}, "userErrors": []}
    assert shop.ask(threshold, n=-1)["updateWarehouse"]["warehouse"] is None
    assert shop.ask(offset, v=variant)["updateProductVariant"]["productVariant"] == {"stockOffset": 2}
    assert shop.ask(offset, v=1)["updateProductVariant"]["userErrors"][0]["message"] == "Could not find ProductVariant with ID 1"


def test_what_is_kept_back_is_not_sold_to_shoppers(shop: Shop) -> None:
    shop.ask("mutation { updateWarehouse(id: 11, input: {threshold: 4}) { warehouse { id } } }")
    order = shop.state.place_order(lines=[("TEE-S", 3)], warehouses=[11], keep_safety=True)
    assert order["lines"][0]["unallocated"] == 2
    assert shop.state.place_order(lines=[("TEE-S", 3)], warehouses=[11])["lines"][0]["unallocated"] == 0


def test_date_ranges_hold_whole_seconds_with_or_without_their_start(shop: Shop) -> None:
    shop.clock.sleep(0.7)
    shop.set_stock({"TEE-S": 9})
    query = "query Q($t: DateTimeTz!) { stockChanges(where: {createdAt: {from: $t}}) { createdAt } }"
    assert shop.ask(query, t="2027-01-15T09:00:00+01:00")["stockChanges"] == [{"createdAt": "2027-01-15T09:00:00+01:00"}]
    assert shop.ask(query, t="2027-01-15T08:00:00Z")["stockChanges"]
    assert shop.ask(query, t="2027-01-15 09:00:00")["stockChanges"]
    assert shop.ask(query, t="2027-01-15T09:00:01+01:00")["stockChanges"] == []
    shop.state.modes(range_from_inclusive=False)
    assert shop.ask(query, t="2027-01-15T09:00:00+01:00")["stockChanges"] == []
    assert shop.post(query, t="yesterday").json()["errors"]


def test_every_mode_knows_its_values_the_default_first(shop: Shop) -> None:
    in_force = shop.state.modes()
    assert {name: values[0] for name, values in choices().items()} == in_force
    assert all(len(values) >= 2 for values in choices().values())
    for name in ("nope", "below_allocated"):
        with pytest.raises(ValueError, match="no such mode"):
            shop.state.modes(**{"set_stock_atomic": True, name: "nope"})
    assert shop.state.modes() == in_force
