"""SkuMap in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from threading import RLock

from connector.store.memory.hook import Before, nothing
from connector.store.sku_map import SkuEntry


class MemorySkuMap:
    """`_sizes` points from a size id to a sku and is only believed when that sku's entry still has the size."""

    def __init__(self, before: Before = nothing) -> None:
        self.before = before
        self._lock = RLock()
        self._entries: defaultdict[int, dict[str, SkuEntry]] = defaultdict(dict)
        self._sizes: defaultdict[int, dict[int, str]] = defaultdict(dict)

    def get_many(self, site: int, skus: Sequence[str]) -> dict[str, SkuEntry]:
        self.before("sku_map.get_many")
        with self._lock:
            entries = self._entries[site]
            return {sku: entries[sku] for sku in skus if sku in entries}

    def of_sizes(self, site: int, size_ids: Sequence[int]) -> dict[int, SkuEntry]:
        self.before("sku_map.of_sizes")
        with self._lock:
            pointed = {size_id: self._entries[site].get(self._sizes[site].get(size_id, "")) for size_id in size_ids}
        return {size_id: entry for size_id, entry in pointed.items() if entry is not None and entry.size_id == size_id}

    def put_many(self, site: int, entries: Iterable[SkuEntry]) -> None:
        self.before("sku_map.put_many")
        with self._lock:
            for entry in entries:
                self._entries[site][entry.sku] = entry
                self._sizes[site][entry.size_id] = entry.sku

    def delete_many(self, site: int, skus: Iterable[str]) -> None:
        self.before("sku_map.delete_many")
        with self._lock:
            for sku in skus:
                entry = self._entries[site].pop(sku, None)
                if entry is not None and self._sizes[site].get(entry.size_id) == sku:
                    del self._sizes[site][entry.size_id]

    def all(self, site: int) -> Iterator[SkuEntry]:
        self.before("sku_map.all")
        with self._lock:
            entries = [self._entries[site][sku] for sku in sorted(self._entries[site])]
        return iter(entries)
