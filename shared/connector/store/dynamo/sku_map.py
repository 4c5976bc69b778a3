"""SkuMap.

* entries: pk `site#{site}`, sk `{sku}`; a SkuEntry's other fields by name;
* sizes: pk `size#{site}`, sk `{size id}`; `sku`. It only points: it is believed when that sku's entry still has the size, so an entry and its
  pointer need no transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from connector.store.dynamo.actions import delete
from connector.store.dynamo.attributes import Row, text, whole
from connector.store.dynamo.connection import Connection, chunks
from connector.store.sku_map import SkuEntry

_PUT_TOGETHER = 500


class DynamoSkuMap:
    def __init__(self, connection: Connection, table: str) -> None:
        self._db, self._table = connection, table

    def get_many(self, site: int, skus: Sequence[str]) -> dict[str, SkuEntry]:
        """A blank SKU is never there (DynamoDB takes no blank key)."""
        rows = self._db.get_many(self._table, [(f"site#{site}", sku) for sku in skus if sku])
        return {sku: _entry(row) for (_, sku), row in rows.items()}

    def of_sizes(self, site: int, size_ids: Sequence[int]) -> dict[int, SkuEntry]:
        pointers = self._db.get_many(self._table, [(f"size#{site}", str(size_id)) for size_id in size_ids])
        skus = {int(sk): text(row, "sku") for (_, sk), row in pointers.items()}
        entries = self.get_many(site, list(skus.values()))
        return {size_id: entries[sku] for size_id, sku in skus.items() if sku in entries and entries[sku].size_id == size_id}

    def put_many(self, site: int, entries: Iterable[SkuEntry]) -> None:
        for chunk in chunks(entries, _PUT_TOGETHER):
            self._db.put_many(self._table, [_row(site, entry) for entry in {entry.sku: entry for entry in chunk}.values()])
            self._db.put_many(self._table, [_pointer(site, entry) for entry in {entry.size_id: entry for entry in chunk}.values()])

    def delete_many(self, site: int, skus: Iterable[str]) -> None:
        """A pointer goes only while it points to the sku that goes."""
        for chunk in chunks(skus, _PUT_TOGETHER):
            for sku, entry in self.get_many(site, chunk).items():
                self._db.write([delete(self._table, (f"size#{site}", str(entry.size_id)), "#sku = :sku", {"sku": sku})])
                self._db.write([delete(self._table, (f"site#{site}", sku))])

    def all(self, site: int) -> Iterator[SkuEntry]:
        return (_entry(row) for row in self._db.query(self._table, f"site#{site}"))


def _row(site: int, entry: SkuEntry) -> Row:
    return {
        "pk": f"site#{site}",
        "sk": entry.sku,
        "size_id": entry.size_id,
        "product_id": entry.product_id,
        "variant_id": entry.variant_id,
        "centra_sku": entry.centra_sku,
        "ean": entry.ean,
        "sitoo_productid": entry.sitoo_productid,
        "barcode": entry.barcode,
        "chosen": entry.chosen,
    }


def _pointer(site: int, entry: SkuEntry) -> Row:
    return {"pk": f"size#{site}", "sk": str(entry.size_id), "sku": entry.sku}


def _entry(row: Row) -> SkuEntry:
    return SkuEntry(
        sku=text(row, "sk"),
        size_id=whole(row, "size_id"),
        product_id=whole(row, "product_id"),
        variant_id=whole(row, "variant_id"),
        centra_sku=text(row, "centra_sku"),
        ean=text(row, "ean"),
        sitoo_productid=whole(row, "sitoo_productid") if "sitoo_productid" in row else None,
        barcode=text(row, "barcode"),
        chosen=row.get("chosen") is True,
    )
