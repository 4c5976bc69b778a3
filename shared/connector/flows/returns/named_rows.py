"""Rows of a till's receipt that people named the order of, one by one. They stand in a file of the receipt's own, like what became of a sale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from connector.flows.orders.till_sales import sale_file
from connector.store.order_files import OrderFile, OrderFiles

_ROW = "row:"


def name_rows(files: OrderFiles, site: int, refund_id: int, rows: Iterable[int], number: int) -> None:
    """The rows came back of this Centra order (mapping.refund_parts.OWN_SALE: of the store's own sale); repeatable. Raises FileChanged."""
    file = files.get(sale_file(refund_id)) or OrderFile(sale_file(refund_id), site, is_open=False)
    files.put(replace(file, handled=file.handled | {f"{_ROW}{row}:{number}" for row in rows}))


def named_rows(files: OrderFiles, refund_id: int) -> dict[int, int]:
    """{row: Centra order or OWN_SALE}."""
    file = files.get(sale_file(refund_id))
    named = [fact.removeprefix(_ROW).split(":") for fact in sorted(file.handled) if fact.startswith(_ROW)] if file is not None else []
    return {int(row): int(number) for row, number in named}
