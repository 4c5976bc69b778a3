"""The REST conventions of the Sitoo sandbox: who may ask, how lists page, what is ignored, how batches and errors answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.clock import VirtualTime
from sandbox.in_process import InProcessTransport
from sandbox.sitoo.app import create_app
from sandbox.sitoo.state import SitooState
from tests.sandbox.sitoo_account import ALPHA, CENTRAL, open_account

ITEMS = f"/sites/1/warehouses/{ALPHA}/warehouseitems"


@pytest.mark.parametrize("auth", [None, ("90123-1", "wrong"), ("90123-7", "sandbox-1"), ("", "")])
def test_every_request_needs_a_known_api_user(auth: tuple[str, str] | None) -> None:
    account = open_account()
    answer = httpx.Client(transport=account.http._transport, base_url=account.http.base_url, auth=auth).get("/sites")
    assert (answer.status_code, answer.json()) == (401, {"statuscode": 401, "errortext": "Authorization failed"})


@pytest.mark.parametrize("header", ["Bearer abc", "Basic !!!", "Basic", "Basic /////w=="])
def test_a_broken_authorization_header_is_401(header: str) -> None:
    account = open_account()
    bare = httpx.Client(transport=account.http._transport, base_url=account.http.base_url)
    assert bare.get("/sites", headers={"authorization": header}).status_code == 401


@pytest.mark.parametrize("path", ["/sites", "/sites.json", "/sites/1/warehouses", "/sites/1/warehouses.json", "/orders", "/orders.json"])
def test_paths_work_with_and_without_the_suffix(path: str) -> None:
    assert set(open_account().get(path)) == {"totalcount", "items"}


@pytest.mark.parametrize(
    "path", ["/nothing", "/sites/1/warehouses/77/warehouseitems", "/sites/2/warehouses", "/sites/1/orders/5", "/sites/1/stores/8"]
)
def test_unknown_paths_sites_and_objects_are_404(path: str) -> None:
    assert open_account().refused("GET", path)[0] == 404


def test_another_account_is_404() -> None:
    account = open_account()
    assert account.http.get("https://sitoo.example/v2/accounts/1/sites").status_code == 404


def test_a_site_named_by_its_old_guid_lists_nothing() -> None:
    assert open_account().get("/sites/%7B25D9C5B8%7D/warehouses") == {"totalcount": 0, "items": []}


def test_a_wrong_method_is_404() -> None:
    assert open_account().refused("DELETE", "/sites/1/warehouses")[0] == 404


def many_products() -> Any:
    account = open_account()
    account.state.add_products([f"P{n:03d}" for n in range(120)])
    account.state.receive(ALPHA, {f"P{n:03d}": n + 1 for n in range(120)})
    return account


def test_a_page_has_ten_rows_unless_told_otherwise() -> None:
    page = many_products().get(ITEMS)
    assert (page["totalcount"], len(page["items"])) == (120, 10)


def test_paging_walks_every_row_once() -> None:
    account = many_products()
    seen = [row["sku"] for start in range(0, 120, 50) for row in account.get(ITEMS, start=start, num=50)["items"]]
    assert seen == [f"P{n:03d}" for n in range(120)]


def test_a_page_is_cut_to_the_largest_size() -> None:
    account = many_products()
    account.state.modes(max_num=100)
    assert len(account.get(ITEMS, num=5000)["items"]) == 100


@pytest.mark.parametrize("query", [{"num": "ten"}, {"num": "0"}, {"start": "-1"}])
def test_a_bad_page_is_refused(query: dict[str, str]) -> None:
    assert open_account().refused("GET", ITEMS, params=query)[0] == 400


def test_unknown_query_parameters_are_ignored_so_a_typo_returns_everything() -> None:
    assert many_products().get(ITEMS, skus="P001")["totalcount"] == 120


def test_of_a_repeated_key_only_the_last_counts() -> None:
    assert [row["sku"] for row in many_products().good("GET", f"{ITEMS}?sku=P001&sku=P002")["items"]] == ["P002"]


def test_a_list_filter_is_comma_separated_and_leaves_unknown_skus_out() -> None:
    assert [row["sku"] for row in many_products().get(ITEMS, sku="P003,NONE,P001")["items"]] == ["P003", "P001"]


def test_a_sku_filter_may_ignore_case() -> None:
    account = many_products()
    account.state.add_product("p003")
    assert [row["sku"] for row in account.get("/sites/1/products", sku="p003")["items"]] == ["p003"]
    account.state.modes(sku_filter_ignores_case=True)
    assert [row["sku"] for row in account.get("/sites/1/products", sku="p003")["items"]] == ["P003", "p003"]
    assert [row["sku"] for row in account.get(ITEMS, sku="p003")["items"]] == ["P003"]


def test_fields_limit_what_comes_back() -> None:
    rows = many_products().get(ITEMS, sku="P001", fields="sku,decimaltotal,warehouseid,nonsense")["items"]
    assert rows == [{"sku": "P001", "decimaltotal": "2.000", "warehouseid": ALPHA}]


def test_default_fields_leave_some_out() -> None:
    account = many_products()
    assert "warehouseid" not in account.get(ITEMS)["items"][0]
    assert "title" not in account.get("/sites/1/products")["items"][0]
    assert "currencycode" not in account.get("/sites/1/warehouses")["items"][0]


def test_sites_settings_stores_and_warehouses() -> None:
    account = open_account()
    assert account.get("/sites")["items"][0]["eshopid"] == 1
    assert account.get("/sites/1/settings.json", fields="timezone,numdaysreserved") == {"timezone": "Europe/Stockholm", "numdaysreserved": 14}
    account.state.set_settings(timezone="Europe/Oslo")
    assert account.get("/sites/1/settings")["timezone"] == "Europe/Oslo"
    assert [row["storeid"] for row in account.get("/sites/1/stores")["items"]] == [1, 2]
    assert account.get("/sites/1/stores/2")["name"] == "Beta"
    found = {row["warehouseid"]: (row["warehousetype"], row["storeid"], row["sellable"]) for row in account.get("/sites/1/warehouses")["items"]}
    assert found == {1: (10, 1, True), 2: (10, 2, True), 3: (10, 1, False), 9: (20, None, True)}
    account.state.set_sellable(3, True)
    assert account.get("/sites/1/warehouses/3")["sellable"] is True


def test_products_by_sku_and_id_and_activity() -> None:
    account = open_account()
    rows = account.get("/sites/1/products", sku="CAP,BAG,NONE", fields="sku,productid,barcode,stockcountenable")["items"]
    assert [(row["sku"], row["barcode"], row["stockcountenable"]) for row in rows] == [("CAP", "73CAP", True), ("BAG", "", False)]
    assert account.get("/sites/1/products", productid=rows[0]["productid"])["items"][0]["sku"] == "CAP"
    assert account.get(f"/sites/1/products/{rows[0]['productid']}")["sku"] == "CAP"
    account.state.products["CAP"].active = False
    assert account.get("/sites/1/products", sku="CAP")["totalcount"] == 0
    assert account.get("/sites/1/products", sku="CAP", includeinactive="true")["totalcount"] == 1
    assert account.get("/sites/1/products", datelastmodified=int(account.clock.now()))["totalcount"] == 0


def test_used_skus_and_barcodes_are_refused() -> None:
    account = open_account()
    for arguments in ({"sku": "CAP"}, {"sku": "NEW", "barcode": "73CAP"}):
        assert account.http.post("https://sitoo.example/_control/add_product", json=arguments).status_code == 400


def virtual(account: Any, rows: Any) -> Any:
    return account.good("PUT", f"/sites/1/warehouses/{CENTRAL}/warehouseitems", json=rows)


def test_a_batch_answers_200_with_one_entry_per_row_in_order() -> None:
    account = open_account()
    answer = virtual(
        account, [{"sku": "CAP", "decimaltotal": "4.000"}, {"sku": "NONE", "decimaltotal": "1.000"}, {"sku": "TEE-S", "decimaltotal": "2"}]
    )
    assert answer[0] == {"statuscode": 200, "return": True}
    assert [(row["statuscode"], row["errortext"]) for row in answer[1:]] == [
        (400, "Product NONE not found"),
        (400, "Invalid value in decimaltotal (Not decimal)"),
    ]
    assert account.level(CENTRAL, "CAP")["decimaltotal"] == "4.000"


def test_a_batch_of_one_is_a_list_or_by_mode_the_bare_value() -> None:
    account = open_account()
    row = [{"sku": "CAP", "decimaltotal": "4.000"}]
    assert virtual(account, row) == [{"statuscode": 200, "return": True}]
    account.state.modes(batch_of_one_bare=True)
    assert virtual(account, row) is True
    assert account.refused("PUT", f"/sites/1/warehouses/{CENTRAL}/warehouseitems", json=[{"sku": "NONE"}]) == (400, "Product NONE not found")


@pytest.mark.parametrize("content", [b"{", b"7", b'{"sku":"CAP"}', b"[1]", b""])
def test_a_body_of_the_wrong_shape_is_400(content: bytes) -> None:
    assert open_account().refused("PUT", f"/sites/1/warehouses/{CENTRAL}/warehouseitems", content=content)[0] == 400


def test_an_unknown_control_action_or_argument_is_refused() -> None:
    account = open_account()
    control = "https://sitoo.example/_control/"
    assert account.http.post(f"{control}nothing").status_code == 404
    assert account.http.post(f"{control}product", json={"sku": "CAP"}).status_code == 404
    assert account.http.post(f"{control}receive", json={"wrong": 1}).status_code == 400
    assert account.http.post(f"{control}modes", json={"no_such_mode": 1}).status_code == 400
    assert account.http.post(f"{control}receive", content=b"{").status_code == 400


def test_control_actions_work_over_http_as_in_process() -> None:
    account = open_account()
    control = "https://sitoo.example/_control/"
    assert account.http.post(f"{control}receive", json={"warehouse": ALPHA, "skus": {"CAP": "2.500"}}).json() == 1
    sale = account.http.post(f"{control}sell", json={"warehouse": ALPHA, "skus": {"CAP": 1}}).json()
    assert sale == {"order_id": 1001, "transaction_id": 2}
    assert account.http.post(f"{control}refund", json={"order_id": 1001, "rows": {"0": 1}}).json()["transaction_id"] == 3
    assert account.http.post(f"{control}snapshot").json()["1"]["CAP"] == {"total": "2.500", "reserved": 0}
    assert account.http.post(f"{control}calls").json() == {}


def test_calls_and_answers_are_counted() -> None:
    account = open_account()
    account.get(ITEMS)
    account.get("/orders")
    account.refused("GET", "/sites/1/orders/5")
    account.refused("GET", "/nothing")
    assert account.state.calls() == {"GET warehouseitems": 1, "GET orders": 1, "GET orders/#": 1, "unknown": 1}
    assert account.state.answers() == {"200": 2, "404": 2}


def test_one_state_needs_no_setup_for_other_accounts() -> None:
    clock = VirtualTime()
    state = SitooState(clock, account=7, site=3, api_users={"7-1": "word"})
    http = httpx.Client(transport=InProcessTransport(create_app(state, clock)), base_url="https://sitoo.example/v2/accounts/7", auth=("7-1", "word"))
    assert http.get("/sites").json()["items"][0]["eshopid"] == 3
    assert http.get("/sites/3/warehouses").json()["totalcount"] == 0
