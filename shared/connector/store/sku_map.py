"""SkuMap: which Centra size is which Sitoo SKU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SkuEntry:
    """One stock-keeping unit in both systems. `sku` is Sitoo's, exactly as Sitoo spells it (case matters).

    `chosen`: a person picked the size (`ops sku-map add`); rebuilding the map keeps it while the size exists.
    """

    sku: str
    size_id: int
    product_id: int
    variant_id: int
    centra_sku: str
    ean: str = ""
    sitoo_productid: int | None = None
    barcode: str = ""
    chosen: bool = False


class SkuMap(Protocol):
    """Keyed by (site, sku). `put_many` overwrites; `get_many` and `of_sizes` leave out what is not there."""

    def get_many(self, site: int, skus: Sequence[str]) -> dict[str, SkuEntry]: ...

    def of_sizes(self, site: int, size_ids: Sequence[int]) -> dict[int, SkuEntry]: ...

    def put_many(self, site: int, entries: Iterable[SkuEntry]) -> None: ...

    def delete_many(self, site: int, skus: Iterable[str]) -> None: ...

    def all(self, site: int) -> Iterator[SkuEntry]: ...
