"""Whatever stores do, the Sitoo sandbox's ledger, levels, reservations and feed agree."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sandbox.sitoo.records import Refusal
from tests.sandbox.sitoo_account import ALPHA, BETA, SKUS, Account, open_account

WAREHOUSES = st.sampled_from((ALPHA, BETA))
QUANTITIES = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 6), min_size=1)
ACTION = st.one_of(
    st.tuples(st.sampled_from(("receive", "sell", "count", "book", "offline")), WAREHOUSES, QUANTITIES),
    st.tuples(st.just("move"), WAREHOUSES, QUANTITIES),
    st.tuples(st.sampled_from(("deliver", "cancel", "refund", "web")), WAREHOUSES, QUANTITIES),
)


def play(account: Account, name: str, warehouse: int, skus: dict[str, int]) -> None:
    state, newest = account.state, account.state.orderbook.next_order - 1
    account.clock.sleep(7)
    if name == "move":
        state.move(warehouse, ALPHA + BETA - warehouse, skus)
    elif name == "offline":
        state.sell(warehouse, skus, offline_until=account.clock.now() + 20)
    elif name == "web":
        state.create_web_order(f"C-{newest}", warehouse, skus, account.clock.now() + 60)
    elif name in ("deliver", "cancel", "refund"):
        with suppress(Refusal):
            getattr(state, {"cancel": "cancel_order"}.get(name, name))(newest)
    else:
        getattr(state, name)(warehouse, skus)


@given(st.lists(ACTION, max_size=25), st.booleans(), st.sampled_from((0.0, 0.4)), st.integers(0, 3), st.integers(1, 4))
def test_ledger_levels_and_feed_agree(actions: list[tuple[str, int, dict[str, int]]], negative: bool, late: float, gap: int, page: int) -> None:
    account = open_account(negative_totals=negative, late_share=late, late_seconds=15.0, late_levels=True, id_gap=gap)
    for action in actions:
        play(account, *action)
    account.clock.sleep(100)

    rows, last = [], 0
    while True:
        found = account.get("/sites/1/warehousetransactions", sort="warehousetransactionid", warehousetransactionidfrom=last + 1, num=page)["items"]
        if not found:
            break
        rows += found
        last = found[-1]["warehousetransactionid"]
    assert len(rows) == len(account.state.stock.transactions)

    sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        for item in row["items"]:
            sums[row["warehouseid"], item["sku"]] += Decimal(item["decimalquantity"])
            assert sums[row["warehouseid"], item["sku"]] == Decimal(item["decimaltotal"])
    committed: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for entry in account.state.commits():
        committed[entry["warehouse"], entry["sku"]] += entry["change"]

    truth = account.state.snapshot()
    for warehouse in (ALPHA, BETA):
        levels = account.get(f"/sites/1/warehouses/{warehouse}/warehouseitems", num=100)["items"]
        for level in levels:
            key = warehouse, level["sku"]
            assert Decimal(level["decimaltotal"]) == sums[key] == committed[key] == truth[warehouse][level["sku"]]["total"]
            assert Decimal(level["decimalreserved"]) == truth[warehouse][level["sku"]]["reserved"] >= 0
            assert negative or sums[key] >= 0

    events = {e["data"]["warehouse_transaction_id"] for e in account.receiver.events() if e["event_type"] == "warehouse-transaction"}
    assert events == {row["warehousetransactionid"] for row in rows}
