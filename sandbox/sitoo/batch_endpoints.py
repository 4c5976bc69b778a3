"""Stock-taking and goods batches over REST."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.sitoo.asking import Call, Row, batch, decimal_of, integer_of, listing, money_of, object_of, required, rows_of, text_of
from sandbox.sitoo.pricing import decimal3, money
from sandbox.sitoo.records import MOVE_IN, MOVE_OUT, STOCK_TAKING, Batch, Refusal


def list_batches(call: Call) -> Row:
    state, warehouse_id = call.state, call.numbers[0]
    state.stock.warehouse(warehouse_id)
    kind, wanted = call.integer("transactiontype"), call.integer("warehousebatchstate")
    wanted = 10 if wanted is None else wanted
    found = [b for b in state.batches.values() if b.warehouseid == warehouse_id and b.state == wanted and (kind is None or b.type == kind)]
    return listing(call, found, _batch)


def post_batch(call: Call) -> int:
    row = object_of(call.body)
    kind = integer_of(row, "transactiontype")
    if kind not in (MOVE_IN, MOVE_OUT, STOCK_TAKING):
        raise Refusal(400, "Invalid value in transactiontype")
    opened = call.state.open_batch(
        call.numbers[0], kind, comment=text_of(row, "comment") or "", externalid=text_of(row, "externalid"), owner=text_of(row, "emailowner") or ""
    )
    return opened.warehousebatchid


def get_batch(call: Call) -> Row:
    return _batch(_find_batch(call))


def put_batch(call: Call) -> bool:
    """State 20 closes the batch and commits it."""
    found, row = _find_batch(call), object_of(call.body)
    if found.state != 10:
        raise Refusal(400, "The batch is closed")
    found.comment = text_of(row, "comment") or found.comment
    found.owner = text_of(row, "emailowner") or found.owner
    if integer_of(row, "warehousebatchstate", 10) == 20:
        call.state.close_batch(found)
    return True


def list_batch_items(call: Call) -> Row:
    found = _find_batch(call)
    shelf = call.state.stock.levels[found.warehouseid]

    def show(entry: tuple[int, tuple[str, tuple[Decimal, Decimal]]]) -> Row:
        index, (sku, (quantity, cost)) = entry
        item = shelf.get(sku)
        return {
            "warehousebatchitemid": index,
            "warehousebatchid": found.warehousebatchid,
            "warehouseitemid": None if item is None else item.warehouseitemid,
            "sku": sku,
            "decimalquantity": decimal3(quantity),
            "moneypricein": money(cost),
        }

    return listing(call, list(enumerate(found.quantities.items(), 1)), show)


def put_batch_items(call: Call) -> Any:
    found = _open_batch(call)

    def act(row: Row) -> bool:
        required(row, "sku")
        sku = call.state.product(str(row["sku"])).sku
        found.quantities[sku] = decimal_of(row, "decimalquantity", Decimal(0)), money_of(row, "moneypricein", Decimal(0))
        return True

    return batch(call, rows_of(call.body), act)


def delete_batch_items(call: Call) -> Any:
    found = _open_batch(call)

    def act(row: Row) -> bool:
        required(row, "sku")
        if found.quantities.pop(str(row["sku"]), None) is None:
            raise Refusal(404, "Batch item not found")
        return True

    return batch(call, rows_of(call.body), act)


def _find_batch(call: Call) -> Batch:
    found = call.state.batches.get(call.numbers[1])
    if found is None or found.warehouseid != call.numbers[0]:
        raise Refusal(404, "Batch not found")
    return found


def _open_batch(call: Call) -> Batch:
    found = _find_batch(call)
    if found.state != 10:
        raise Refusal(400, "The batch is closed")
    return found


def _batch(row: Batch) -> Row:
    return {
        "warehousebatchid": row.warehousebatchid,
        "warehouseid": row.warehouseid,
        "warehousetransactionid": row.transactionid,
        "transactiontype": row.type,
        "datecreated": int(row.created),
        "warehousebatchstate": row.state,
        "emailowner": row.owner,
        "comment": row.comment,
        "shipmentid": None,
        "externalid": row.externalid,
        "reasoncode": None,
    }
