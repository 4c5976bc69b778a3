"""Sales, copies and returns in the small Sitoo account, with what they left behind."""

from __future__ import annotations

from typing import Any

from tests.sandbox.sitoo_account import ALPHA, BETA, CENTRAL, Account, open_account

ORDERS = "/sites/1/orders"


def stocked(**modes: Any) -> Account:
    account = open_account(**modes)
    account.state.receive(ALPHA, {"CAP": 10, "TEE-M": 10})
    account.state.receive(BETA, {"CAP": 10})
    return account


def sold(account: Account, skus: dict[str, int], warehouse: int = ALPHA, **more: Any) -> int:
    number = account.state.sell(warehouse, skus, **more)["order_id"]
    assert number is not None
    return number


def refunded(account: Account, *given: Any, **more: Any) -> dict[str, Any]:
    number = account.state.refund(*given, **more)["order_id"]
    assert number is not None
    return account.state.order_state(number)


def total(account: Account, warehouse: int, sku: str = "CAP") -> int:
    return int(account.state.snapshot()[warehouse].get(sku, {"total": 0})["total"])


def web_copy(account: Account, *, freight: bool = True, **more: Any) -> int:
    """A return copy: CAP × 3 for 100.00, freight 49.00, registered on Alpha, not delivered yet."""
    rows = [{"productname": "Cap", "sku": "CAP", "quantity": 3, "moneyrowprice": "100.00", "vatvalue": 25}]
    if freight:
        rows.append({"productname": "Freight", "quantity": 1, "moneyrowprice": "49.00", "vatvalue": 25})
    body = {"ordertypeid": 10, "paymentstateid": 20, "externalid": "C-1", "warehouseid": ALPHA, "orderitems": rows}
    body["payments"] = [{"name": "Web", "moneyamount": "149.00" if freight else "100.00"}]
    number: int = account.good("POST", ORDERS, json={**body, **more})
    return number


def delivered(account: Account, number: int, query: str = "?ignorestock=true") -> int:
    rows = [{"orderitemid": row["row"], "quantity": row["quantity"]} for row in account.state.order_state(number)["rows"]]
    body = {"warehouseid": CENTRAL if query else ALPHA, "orderdeliveryitems": rows}
    account.good("POST", f"{ORDERS}/{number}/orderdeliveries{query}", json=body)
    account.good("PUT", f"{ORDERS}/{number}", json={"orderstateid": 10})
    return number
