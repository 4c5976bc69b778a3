"""SalesLedger. Item: pk `{site}#{day}`, sk `{key}`; a LedgerRow's fields by name (`by_rate` as JSON {percent: [net, vat]}, `tenders` as JSON).

A write is one unconditional update of what the row knows, so that a link another write knew stays.
"""

from __future__ import annotations

import json
from decimal import Decimal

from connector.store.dynamo.actions import update
from connector.store.dynamo.attributes import Row, real, text, whole
from connector.store.dynamo.connection import Connection
from connector.store.sales_ledger import LedgerKind, LedgerRow, Taxed


class DynamoSalesLedger:
    def __init__(self, connection: Connection, table: str) -> None:
        self._db, self._table = connection, table

    def put(self, row: LedgerRow) -> None:
        known = {name: value for name, value in _row(row).items() if value is not None}
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in known)
        self._db.write([update(self._table, (_pk(row.site, row.day), row.key), expression, known)])

    def day(self, site: int, day: str) -> list[LedgerRow]:
        rows = [_ledger_row(site, day, row) for row in self._db.query(self._table, _pk(site, day))]
        return sorted(rows, key=lambda row: (row.at, row.key))


def _pk(site: int, day: str) -> str:
    return f"{site}#{day}"


def _row(row: LedgerRow) -> Row:
    return {
        "kind": row.kind.value,
        "store": row.store,
        "at": row.at,
        "currency": row.currency,
        "register": row.register,
        "receipt": row.receipt,
        "by_rate": json.dumps({str(rate): [taxed.net, taxed.vat] for rate, taxed in row.by_rate.items()}, separators=(",", ":")),
        "tenders": json.dumps(dict(row.tenders), separators=(",", ":"), ensure_ascii=False),
        "virtual": row.virtual,
        "centra_order": row.centra_order,
        "centra_return": row.centra_return,
    }


def _ledger_row(site: int, day: str, row: Row) -> LedgerRow:
    return LedgerRow(
        site=site,
        key=text(row, "sk"),
        kind=LedgerKind(text(row, "kind")),
        store=whole(row, "store"),
        day=day,
        at=real(row, "at"),
        currency=text(row, "currency"),
        register=text(row, "register"),
        receipt=text(row, "receipt"),
        by_rate={Decimal(rate): Taxed(*taxed) for rate, taxed in json.loads(text(row, "by_rate")).items()},
        tenders=json.loads(text(row, "tenders")),
        virtual=whole(row, "virtual"),
        centra_order=whole(row, "centra_order") if "centra_order" in row else None,
        centra_return=whole(row, "centra_return") if "centra_return" in row else None,
    )
