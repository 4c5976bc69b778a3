"""Warehouses, levels and transactions over REST."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sandbox.sitoo.asking import Call, Row, batch, decimal_of, integer_of, limited, listing, money_of, required, rows_of, text_of
from sandbox.sitoo.pricing import decimal3, money
from sandbox.sitoo.records import MOVE_IN, MOVE_OUT, VIRTUAL, Item, Refusal, Transaction, Warehouse

MAX_TRANSACTIONS = 1000
_WAREHOUSE_FIELDS = ("warehouseid", "warehousetype", "usetype", "storeid", "sellable", "name", "externalid")
_ITEM_FIELDS = (
    "warehouseitemid",
    "sku",
    "binlocation",
    "decimalthreshold",
    "decimaltotal",
    "moneytotal",
    "datelastmodified",
    "datelaststocktaking",
    "decimalreserved",
    "decimalavailable",
)


def list_warehouses(call: Call) -> Row:
    return listing(call, list(call.state.stock.warehouses.values()), _warehouse, _WAREHOUSE_FIELDS)


def get_warehouse(call: Call) -> Row:
    return limited(_warehouse(call.state.stock.warehouse(call.numbers[0])), call.words("fields"))


def list_items(call: Call) -> Row:
    """Levels of a warehouse, by `sku` list and by the time of the last change (from ≤ t < to)."""
    state, warehouse_id = call.state, call.numbers[0]
    state.stock.warehouse(warehouse_id)
    found = call.skus(state.stock.levels[warehouse_id])
    since, until = call.integer("datelastmodifiedfrom"), call.integer("datelastmodifiedto")
    if since is not None:
        found = [item for item in found if int(item.modified) >= since]
    if until is not None:
        found = [item for item in found if int(item.modified) < until]
    held = state.orderbook.reserved(warehouse_id)

    def show(item: Item) -> Row:
        total, reserved = state.stock.visible_total(item), held.get(item.sku, Decimal(0))
        value = item.value if item.value is not None else total * item.unit_cost
        return {
            "warehouseitemid": item.warehouseitemid,
            "warehouseid": item.warehouseid,
            "sku": item.sku,
            "binlocation": item.bin_location,
            "decimalthreshold": decimal3(item.threshold),
            "decimaltotal": decimal3(total),
            "moneytotal": money(value),
            "datelastmodified": int(item.modified),
            "datelaststocktaking": None if item.counted is None else int(item.counted),
            "decimalreserved": decimal3(reserved),
            "decimalavailable": decimal3(total if state.mode.available_ignores_reserved else total - reserved),
        }

    return listing(call, found, show, _ITEM_FIELDS)


def put_items(call: Call) -> Any:
    """Bin locations and thresholds anywhere; levels and values in Virtual warehouses only."""
    state, warehouse_id = call.state, call.numbers[0]
    warehouse = state.stock.warehouse(warehouse_id)

    def act(row: Row) -> bool:
        required(row, "sku")
        sku = state.product(str(row["sku"])).sku
        if ("decimaltotal" in row or "moneytotal" in row) and warehouse.warehousetype != VIRTUAL:
            raise Refusal(400, "decimaltotal and moneytotal can only be set in virtual warehouses")
        if "decimaltotal" in row:
            value = money_of(row, "moneytotal") if row.get("moneytotal") is not None else None
            state.stock.set_virtual(warehouse_id, sku, decimal_of(row, "decimaltotal"), value)
        item = state.stock.shelf(warehouse_id, sku)
        item.bin_location = text_of(row, "binlocation") or item.bin_location
        item.threshold = decimal_of(row, "decimalthreshold", item.threshold)
        return True

    return batch(call, rows_of(call.body), act)


def list_transactions(call: Call) -> Row:
    """The change feed of the site, or of one warehouse. Ids: from ≤ id < to; newest first unless sorted ascending."""
    stock = call.state.stock
    low, high = call.integer("warehousetransactionidfrom"), call.integer("warehousetransactionidto")
    ids, kind = call.integers("warehousetransactionid"), call.integer("transactiontype")
    since, until = call.integer("datecreatedfrom"), call.integer("datecreatedto")
    warehouse_id = call.numbers[0] if call.numbers else call.integer("warehouseid")
    if call.numbers:
        stock.warehouse(call.numbers[0])
    descending = call.query.get("sort") != "warehousetransactionid"
    if call.known_site and ids is None and kind is None and since is None and until is None and warehouse_id is None:
        window = stock.window(low, high)
        if window is not None:
            return _plain_window(call, window, descending)
    chosen = None if ids is None else set(ids)
    found = [
        row
        for row in stock.visible(low, high, descending=descending)
        if (chosen is None or row.warehousetransactionid in chosen)
        and (kind is None or row.type == kind)
        and (warehouse_id is None or row.warehouseid == warehouse_id)
        and (since is None or int(row.created) >= since)
        and (until is None or int(row.created) < until)
    ]
    return listing(call, found, _transaction)


def get_transaction(call: Call) -> Row:
    return _transaction(call.state.stock.transaction(call.numbers[0]))


def post_transactions(call: Call) -> Any:
    """Move In (10) and Move Out (20), one or up to 1000 at once, each on its own."""
    if isinstance(call.body, dict):
        return _add_transaction(call, call.body)
    rows = rows_of(call.body)
    if len(rows) > MAX_TRANSACTIONS:
        raise Refusal(400, f"The maximum number of items is {MAX_TRANSACTIONS}")
    return batch(call, rows, lambda row: _add_transaction(call, row))


def _plain_window(call: Call, window: tuple[int, int], descending: bool) -> Row:
    start, num = call.page()
    span = range(*window)
    picked: Sequence[int] = (span[::-1] if descending else span)[start : start + num]
    wanted = call.words("fields")
    rows = call.state.stock.transactions
    return {"totalcount": len(span), "items": [limited(_transaction(rows[index]), wanted) for index in picked]}


def _add_transaction(call: Call, row: Row) -> int:
    required(row, "warehouseid", "transactiontype", "items")
    kind = integer_of(row, "transactiontype")
    if kind not in (MOVE_IN, MOVE_OUT):
        raise Refusal(400, "Invalid value in transactiontype")
    changes: dict[str, Decimal] = {}
    costs: dict[str, Decimal] = {}
    for item in rows_of(row["items"]):
        required(item, "sku", "decimalquantity")
        sku, quantity = str(item["sku"]), decimal_of(item, "decimalquantity")
        if (quantity < 0) != (kind == MOVE_OUT) or not quantity:
            raise Refusal(400, "Invalid value in decimalquantity")
        changes[sku] = changes.get(sku, Decimal(0)) + quantity
        if item.get("moneypricein") is not None:
            costs[sku] = money_of(item, "moneypricein")
    made = call.state.stock.change(
        integer_of(row, "warehouseid"),
        kind,
        call.state.stocked(changes),
        costs=costs,
        description=text_of(row, "description") or "",
        externalid=text_of(row, "externalid"),
        reasoncode=text_of(row, "reasoncode"),
    )
    return made.warehousetransactionid


def _warehouse(row: Warehouse) -> Row:
    return {
        "warehouseid": row.warehouseid,
        "warehousetype": row.warehousetype,
        "usetype": 10,
        "storeid": row.storeid,
        "sellable": row.sellable,
        "currencycode": row.currency,
        "name": row.name,
        "externalid": row.externalid,
    }


def _transaction(row: Transaction) -> Row:
    return {
        "warehousetransactionid": row.warehousetransactionid,
        "warehouseid": row.warehouseid,
        "datecreated": int(row.created),
        "transactiontype": row.type,
        "description": row.description,
        "orderdeliveryid": row.orderdeliveryid,
        "shipmentid": None,
        "externalid": row.externalid,
        "reasoncode": row.reasoncode,
        "items": [
            {
                "decimalquantity": decimal3(m.change),
                "decimaltotal": decimal3(m.total),
                "moneypricein": money(m.unit_cost),
                "moneytotal": money(m.total * m.unit_cost),
                "moneyvalue": money(m.change * m.unit_cost),
                "sku": m.sku,
            }
            for m in row.movements
        ],
    }
