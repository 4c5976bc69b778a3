"""Levels, the ledger and its feed, stock-taking and Virtual warehouses of the Sitoo sandbox."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.sitoo.records import Refusal
from tests.sandbox.sitoo_account import ALPHA, BETA, CENTRAL, Account, open_account

FEED = "/sites/1/warehousetransactions.json"
BATCHES = f"/sites/1/warehouses/{ALPHA}/warehousebatches"


def feed(account: Account, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = account.get(FEED, sort="warehousetransactionid", num=1000, **query)["items"]
    return rows


def changes(row: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {item["sku"]: (item["decimalquantity"], item["decimaltotal"]) for item in row["items"]}


def test_an_item_appears_with_its_first_movement() -> None:
    account = open_account()
    assert account.get(f"/sites/1/warehouses/{ALPHA}/warehouseitems")["totalcount"] == 0
    account.state.receive(ALPHA, {"CAP": 3})
    assert account.level(ALPHA, "CAP")["decimaltotal"] == "3.000"


def test_every_change_is_one_transaction_with_signed_quantity_and_level_after() -> None:
    account = open_account()
    account.state.receive(ALPHA, {"CAP": 5, "TEE-M": 2})
    account.state.sell(ALPHA, {"CAP": 1, "TEE-M": 1})
    account.state.refund(1001, {0: 1})
    account.state.count(ALPHA, {"CAP": 3})
    account.state.move(ALPHA, BETA, {"CAP": 2})
    rows = feed(account)
    assert [(row["transactiontype"], row["warehouseid"]) for row in rows] == [(10, 1), (30, 1), (40, 1), (50, 1), (20, 1), (10, 2)]
    assert [changes(row)["CAP"] for row in rows] == [
        ("5.000", "5.000"),
        ("-1.000", "4.000"),
        ("1.000", "5.000"),
        ("-2.000", "3.000"),
        ("-2.000", "1.000"),
        ("2.000", "2.000"),
    ]
    assert changes(rows[1])["TEE-M"] == ("-1.000", "1.000")
    assert [row["orderdeliveryid"] for row in rows] == [None, 501, 502, None, None, None]


def test_levels_are_the_sum_of_the_ledger() -> None:
    account = open_account()
    account.state.receive(ALPHA, {"CAP": "2.500"})
    account.state.sell(ALPHA, {"CAP": 4})
    account.state.count(ALPHA, {"CAP": 9})
    total = sum(Decimal(changes(row)["CAP"][0]) for row in feed(account))
    assert account.level(ALPHA, "CAP")["decimaltotal"] == f"{total:.3f}" == "9.000"


def test_totals_may_be_negative_or_by_mode_stop_at_zero() -> None:
    account = open_account()
    account.state.sell(ALPHA, {"CAP": 1})
    assert account.level(ALPHA, "CAP")["decimaltotal"] == "-1.000"
    clamped = open_account(negative_totals=False)
    clamped.state.receive(ALPHA, {"CAP": 1})
    clamped.state.sell(ALPHA, {"CAP": 3})
    assert changes(feed(clamped)[-1])["CAP"] == ("-1.000", "0.000")


def test_a_product_that_is_not_stock_counted_moves_nothing() -> None:
    account = open_account()
    assert account.state.sell(ALPHA, {"BAG": 2})["transaction_id"] is None
    assert account.state.sell(ALPHA, {"BAG": 1, "CAP": 1})["transaction_id"] == 1
    assert list(changes(feed(account)[0])) == ["CAP"]
    with pytest.raises(Refusal):
        account.state.receive(ALPHA, {"BAG": 1})


def test_the_feed_is_read_by_id_either_way() -> None:
    account = open_account()
    for _ in range(25):
        account.state.receive(ALPHA, {"CAP": 1})
    newest = account.get(FEED, num=3)
    assert (newest["totalcount"], [row["warehousetransactionid"] for row in newest["items"]]) == (25, [25, 24, 23])
    page = account.get(FEED, sort="warehousetransactionid", warehousetransactionidfrom=5, warehousetransactionidto=20, start=10, num=10)
    assert (page["totalcount"], [row["warehousetransactionid"] for row in page["items"]]) == (15, [15, 16, 17, 18, 19])
    assert [row["warehousetransactionid"] for row in feed(account, warehousetransactionid="7,3,99")] == [3, 7]
    assert account.get("/sites/1/warehousetransactions/7")["warehousetransactionid"] == 7
    assert account.refused("GET", "/sites/1/warehousetransactions/70")[0] == 404


def test_the_feed_is_filtered_by_warehouse_type_and_time() -> None:
    account = open_account()
    start = int(account.clock.now())
    account.state.receive(ALPHA, {"CAP": 9})
    account.clock.sleep(60)
    account.state.receive(BETA, {"CAP": 9})
    account.clock.sleep(60)
    account.state.sell(ALPHA, {"CAP": 1})
    ids = {
        "warehouse": [row["warehousetransactionid"] for row in feed(account, warehouseid=BETA)],
        "type": [row["warehousetransactionid"] for row in feed(account, transactiontype=10)],
        "time": [row["warehousetransactionid"] for row in feed(account, datecreatedfrom=start + 60, datecreatedto=start + 120)],
    }
    assert ids == {"warehouse": [2], "type": [1, 2], "time": [2]}
    own = account.get(f"/sites/1/warehouses/{ALPHA}/warehousetransactions", sort="warehousetransactionid")["items"]
    assert [row["warehousetransactionid"] for row in own] == [1, 3]


def test_ids_may_have_gaps() -> None:
    account = open_account(id_gap=5)
    for _ in range(30):
        account.state.receive(ALPHA, {"CAP": 1})
    ids = [row["warehousetransactionid"] for row in feed(account)]
    assert len(ids) == 30
    assert ids == sorted(set(ids))
    assert ids[-1] - ids[0] > 29


@pytest.mark.parametrize("late_levels", [False, True])
def test_a_late_transaction_shows_later_behind_newer_ids(late_levels: bool) -> None:
    account = open_account(late_levels=late_levels)
    account.state.modes(late_share=1.0, late_seconds=8.0)
    late = account.state.receive(ALPHA, {"CAP": 5})
    account.state.modes(late_share=0.0)
    newer = account.state.receive(ALPHA, {"CAP": 2})
    assert [row["warehousetransactionid"] for row in feed(account)] == [newer]
    assert account.get(FEED, num=1)["totalcount"] == 1
    assert account.refused("GET", f"/sites/1/warehousetransactions/{late}")[0] == 404
    assert account.level(ALPHA, "CAP")["decimaltotal"] == ("2.000" if late_levels else "7.000")
    account.clock.sleep(8)
    assert [row["warehousetransactionid"] for row in feed(account)] == [late, newer]
    assert account.level(ALPHA, "CAP")["decimaltotal"] == "7.000"
    assert account.state.commits()[0]["at"] == account.clock.now() - (0 if late_levels else 8)


def test_items_are_filtered_by_the_time_of_their_last_change() -> None:
    account = open_account()
    account.state.receive(ALPHA, {"CAP": 1})
    account.clock.sleep(100)
    account.state.receive(ALPHA, {"TEE-M": 1})
    now = int(account.clock.now())
    path = f"/sites/1/warehouses/{ALPHA}/warehouseitems"
    assert [row["sku"] for row in account.get(path, datelastmodifiedfrom=now)["items"]] == ["TEE-M"]
    assert [row["sku"] for row in account.get(path, datelastmodifiedto=now)["items"]] == ["CAP"]


def test_a_count_sets_the_level_and_its_date_even_when_nothing_differs() -> None:
    account = open_account()
    account.state.receive(ALPHA, {"CAP": 4})
    assert account.level(ALPHA, "CAP")["datelaststocktaking"] is None
    account.clock.sleep(30)
    account.state.count(ALPHA, {"CAP": 4, "TEE-M": 2})
    assert account.level(ALPHA, "CAP")["datelaststocktaking"] == int(account.clock.now())
    assert changes(feed(account)[-1]) == {"CAP": ("0.000", "4.000"), "TEE-M": ("2.000", "2.000")}
    assert [(row["sku"], row["kind"]) for row in account.state.commits()] == [("CAP", "in"), ("TEE-M", "count")]


def test_transfers_in_halves_and_by_mode_with_unknown_codes() -> None:
    account = open_account()
    account.state.receive(ALPHA, {"CAP": 4})
    account.state.transfer_out(ALPHA, {"CAP": 3}, reference="T-1")
    assert account.state.snapshot()[BETA] == {}
    account.state.modes(unknown_transfer_types=True)
    account.state.transfer_in(BETA, {"CAP": 3}, reference="T-1")
    assert [(row["transactiontype"], row["externalid"]) for row in feed(account)][1:] == [(20, "T-1"), (70, "T-1")]
    assert account.level(BETA, "CAP")["decimaltotal"] == "3.000"


def move(kind: int, quantity: str, warehouse: int = ALPHA, **more: Any) -> dict[str, Any]:
    items = [{"sku": "CAP", "decimalquantity": quantity, "moneypricein": "40.00"}]
    return {"warehouseid": warehouse, "transactiontype": kind, "items": items, **more}


def test_transactions_are_posted_one_by_one_in_a_batch() -> None:
    account = open_account()
    rows = [
        move(10, "5.000", externalid="R-1"),
        move(20, "-2.000"),
        move(20, "2.000"),
        move(10, "-2.000"),
        move(30, "-1.000"),
        move(10, "1.000", CENTRAL),
        move(10, "1.000", 77),
        move(10, "1"),
    ]
    answer = account.good("POST", FEED, json=rows)
    assert [row["statuscode"] for row in answer] == [200, 200, 400, 400, 400, 400, 404, 400]
    assert [row.get("return") for row in answer[:2]] == [1, 2]
    assert [row["externalid"] for row in feed(account)] == ["R-1", None]
    row = account.level(ALPHA, "CAP")
    assert (row["decimaltotal"], row["moneytotal"]) == ("3.000", "120.00")


def test_a_single_transaction_answers_its_bare_id() -> None:
    account = open_account()
    assert account.good("POST", FEED, json=move(10, "5.000")) == 1
    assert account.refused("POST", FEED, json={"warehouseid": ALPHA})[1] == "Missing required field 'transactiontype'."


def test_more_than_a_thousand_transactions_at_once_are_refused_whole() -> None:
    account = open_account()
    assert account.refused("POST", FEED, json=[move(10, "1.000")] * 1001)[0] == 400
    assert feed(account) == []
    assert len(account.good("POST", FEED, json=[move(10, "1.000")] * 1000)) == 1000


def test_levels_can_be_put_in_virtual_warehouses_only() -> None:
    account = open_account()
    row = [{"sku": "CAP", "decimaltotal": "42.000", "moneytotal": "10.00"}]
    assert account.good("PUT", f"/sites/1/warehouses/{ALPHA}/warehouseitems", json=row)[0]["statuscode"] == 400
    assert account.good("PUT", f"/sites/1/warehouses/{CENTRAL}/warehouseitems", json=row)[0]["return"] is True
    level = account.level(CENTRAL, "CAP")
    assert (level["decimaltotal"], level["moneytotal"]) == ("42.000", "10.00")
    assert feed(account) == []
    assert account.state.commits()[-1]["kind"] == "virtual"
    with pytest.raises(Refusal):
        account.state.receive(CENTRAL, {"CAP": 1})


def test_bin_location_and_threshold_can_be_put_anywhere() -> None:
    account = open_account()
    account.good("PUT", f"/sites/1/warehouses/{ALPHA}/warehouseitems", json=[{"sku": "CAP", "binlocation": "A3", "decimalthreshold": "2.000"}])
    level = account.level(ALPHA, "CAP")
    assert (level["binlocation"], level["decimalthreshold"], level["decimaltotal"]) == ("A3", "2.000", "0.000")


def test_a_stock_taking_batch_commits_absolute_levels_when_it_closes() -> None:
    account = open_account()
    account.state.receive(ALPHA, {"CAP": 5, "TEE-M": 1})
    number = account.good("POST", BATCHES, json={"transactiontype": 50, "comment": "Spring"})
    rows = [{"sku": "CAP", "decimalquantity": "3.000"}, {"sku": "TEE-M", "decimalquantity": "8.000"}, {"sku": "NONE", "decimalquantity": "1.000"}]
    assert [row["statuscode"] for row in account.good("PUT", f"{BATCHES}/{number}/warehousebatchitems", json=rows)] == [200, 200, 400]
    account.good("DELETE", f"{BATCHES}/{number}/warehousebatchitems", json=[{"sku": "TEE-M"}])
    assert account.get(f"{BATCHES}/{number}/warehousebatchitems")["items"][0]["decimalquantity"] == "3.000"
    assert len(feed(account)) == 1
    assert account.get(BATCHES)["totalcount"] == 1
    assert account.good("PUT", f"{BATCHES}/{number}", json={"warehousebatchstate": 20}) is True
    assert changes(feed(account)[-1]) == {"CAP": ("-2.000", "3.000")}
    closed = account.get(f"{BATCHES}/{number}")
    assert (closed["warehousebatchstate"], closed["warehousetransactionid"]) == (20, 2)
    assert account.get(BATCHES)["totalcount"] == 0
    assert account.get(BATCHES, warehousebatchstate=20)["totalcount"] == 1
    assert account.refused("PUT", f"{BATCHES}/{number}/warehousebatchitems", json=rows)[0] == 400


def test_a_goods_batch_commits_changes() -> None:
    account = open_account()
    account.state.receive(ALPHA, {"CAP": 5})
    number = account.good("POST", BATCHES, json={"transactiontype": 10, "externalid": "PO-1"})
    account.good("PUT", f"{BATCHES}/{number}/warehousebatchitems", json=[{"sku": "CAP", "decimalquantity": "3.000"}])
    account.good("PUT", f"{BATCHES}/{number}", json={"warehousebatchstate": 20})
    assert changes(feed(account)[-1]) == {"CAP": ("3.000", "8.000")}


def test_one_open_batch_of_a_type_or_by_mode_several() -> None:
    account = open_account()
    account.good("POST", BATCHES, json={"transactiontype": 50})
    assert account.refused("POST", BATCHES, json={"transactiontype": 50})[0] == 400
    account.state.modes(one_open_batch=False)
    assert account.good("POST", BATCHES, json={"transactiontype": 50}) == 2


def test_commits_tell_every_change_of_a_level() -> None:
    account = open_account()
    account.state.receive(ALPHA, {"CAP": 5})
    account.clock.sleep(2)
    account.state.sell(ALPHA, {"CAP": 2})
    sale = {"at": account.clock.now(), "warehouse": ALPHA, "sku": "CAP", "total": 3, "change": -2, "transaction_id": 2, "kind": "sale"}
    assert account.state.commits(since=1) == [sale]
