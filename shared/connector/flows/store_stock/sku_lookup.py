"""From a Sitoo SKU to its Centra size, asking both vendors once when the map does not know it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connector.domain.exceptions import Problem, sku_entity
from connector.runtime.clock import Clock
from connector.store.sku_map import SkuEntry, SkuMap

REMEMBER_HIT_S = 600.0
REMEMBER_MISS_S = 300.0
MOST_REMEMBERED = 20_000
MOST_ASKED = 16

Refresh = Callable[[Sequence[str]], tuple[dict[str, SkuEntry], list[Problem]]]
"""Look SKUs up in both vendors and store what is certain: (found, one problem for each of the others, its entity `sku_entity(site, sku)`)."""


class SkuLookup:
    """Entries of one site, remembered for ten minutes; a SKU nobody knows is not asked for again for five."""

    def __init__(self, site: int, sku_map: SkuMap, refresh: Refresh, clock: Clock) -> None:
        self._site, self._map, self._refresh, self._clock = site, sku_map, refresh, clock
        self._hits: dict[str, tuple[float, SkuEntry]] = {}
        self._misses: dict[str, tuple[float, Problem]] = {}

    def find(self, skus: Sequence[str]) -> tuple[dict[str, SkuEntry], list[Problem]]:
        """{sku: entry} and a problem for each SKU that has none (unmapped or ambiguous)."""
        now = self._clock.now()
        found = {s: self._hits[s][1] for s in skus if s in self._hits and now - self._hits[s][0] < REMEMBER_HIT_S}
        stored = self._map.get_many(self._site, [s for s in skus if s not in found])
        missing = [s for s in skus if s not in found and s not in stored]
        to_ask = [s for s in missing if s not in self._misses or now - self._misses[s][0] >= REMEMBER_MISS_S][:MOST_ASKED]
        asked, problems = self._refresh(to_ask) if to_ask else ({}, [])
        if len(self._hits) > MOST_REMEMBERED:
            self._hits.clear()
        for sku, entry in (stored | asked).items():
            self._hits[sku] = (now, entry)
            self._misses.pop(sku, None)
        by_entity = {problem.entity: problem for problem in problems}
        for sku in to_ask:
            if sku not in asked:
                self._misses[sku] = (now, by_entity[sku_entity(self._site, sku)])
        return found | stored | asked, [self._misses[s][1] for s in missing if s not in asked and s in self._misses]

    def forget(self, sku: str) -> None:
        """Somebody says that this one has changed: it is looked for afresh next time."""
        self._hits.pop(sku, None)
        self._misses.pop(sku, None)

    def of_sizes(self, size_ids: Sequence[int]) -> dict[int, str]:
        """{Centra size id: Sitoo sku} of those the map knows; the others are no business of Sitoo's."""
        return {size: entry.sku for size, entry in self._map.of_sizes(self._site, size_ids).items()} if size_ids else {}
