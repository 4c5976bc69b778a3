"""Build the SKU map of a site from everything both vendors have: all Centra sizes, all Sitoo products.

Running it again continues and changes only what differs. An entry is removed only when both lists were read to their end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from connector.centra.client import CentraClient
from connector.centra.models import SizeRow
from connector.domain.configuration import Lane, Site
from connector.domain.exceptions import Kind, State, sku_entity
from connector.domain.sku_matching import Match, Why, match_skus
from connector.flows.refresh_sku_map import as_product, as_size, entry_of, problem_of
from connector.flows.store_stock.parked import sku_message
from connector.runtime.clock import Clock
from connector.runtime.queues import Work
from connector.sitoo.client import SitooClient
from connector.sitoo.models import ProductRow
from connector.store.exception_cases import ExceptionCases
from connector.store.sku_map import SkuEntry, SkuMap

CHUNK = 100

Progress = Callable[[str, int], None]
"""Told (step, how many so far) now and then."""


class NothingRead(Exception):
    """A vendor listed nothing at all: that is unknown, not empty, so the map was left alone."""


@dataclass(slots=True)
class Built:
    """What a build did: `matched` counts Sitoo SKUs by how they were matched or why not; the rest count map entries and exceptions.

    `waiting`: SKUs that are mapped now and have an open exception that can be redriven. `out_of_stock`: unmapped SKUs without stock in any
    mapped store, which nobody needs to look at.
    """

    products: int = 0
    sizes: int = 0
    matched: dict[Why, int] = field(default_factory=dict)
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    opened: dict[Kind, int] = field(default_factory=dict)
    out_of_stock: int = 0
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildSkuMap:
    centra: CentraClient
    sitoo: SitooClient
    sku_map: SkuMap
    cases: ExceptionCases
    clock: Clock
    by: str
    lane: Lane = Lane.RECONCILE

    def build(self, site: Site, progress: Progress) -> Built:
        """Read, match, store the differences, open exceptions for SKUs that people must look at. Vendor errors pass through."""
        products = self._read_products(progress)
        sizes = self._read_sizes(progress)
        if not products or not sizes:
            raise NothingRead("Sitoo lists no products" if not products else "Centra lists no sizes")
        entries = {entry.sku: entry for entry in self.sku_map.all(site.id)}
        chosen = {sku: entry.size_id for sku, entry in entries.items() if entry.chosen}
        verdicts = match_skus((as_product(p) for p in products.values()), (as_size(s) for s in sizes.values()), chosen=chosen)
        built = Built(products=len(products), sizes=len(sizes))
        for verdict in verdicts.values():
            built.matched[verdict.why] = built.matched.get(verdict.why, 0) + 1
        self._store(site.id, entries, wanted_entries(verdicts, sizes, products), sizes, verdicts, built, progress)
        self._report(site, verdicts, built, progress)
        return built

    def _read_products(self, progress: Progress) -> dict[str, ProductRow]:
        products: dict[str, ProductRow] = {}
        for page in self.sitoo.all_products(lane=self.lane):
            products.update((p.sku, p) for p in page)
            progress("Sitoo products", len(products))
        return products

    def _read_sizes(self, progress: Progress) -> dict[int, SizeRow]:
        sizes: dict[int, SizeRow] = {}
        for row in self.centra.all_sizes(lane=self.lane):
            sizes[row.size_id] = row
            if len(sizes) % CHUNK == 0:
                progress("Centra sizes", len(sizes))
        progress("Centra sizes", len(sizes))
        return sizes

    def _store(
        self,
        site: int,
        entries: Mapping[str, SkuEntry],
        wanted: Mapping[str, SkuEntry],
        sizes: Mapping[int, SizeRow],
        verdicts: Mapping[str, Match],
        built: Built,
        progress: Progress,
    ) -> None:
        differing = [entry for sku, entry in wanted.items() if entries.get(sku) != entry]
        built.added = sum(entry.sku not in entries for entry in differing)
        built.changed = len(differing) - built.added
        built.unchanged = len(wanted) - len(differing)
        stale = [sku for sku, entry in entries.items() if sku not in wanted and _is_stale(entry, verdicts.get(sku), sizes)]
        built.removed = len(stale)
        self.sku_map.delete_many(site, stale)
        for at in range(0, len(differing), CHUNK):
            self.sku_map.put_many(site, differing[at : at + CHUNK])
            progress("SKU map entries", at + len(differing[at : at + CHUNK]))

    def _report(self, site: Site, verdicts: Mapping[str, Match], built: Built, progress: Progress) -> None:
        missing = [v.sku for v in verdicts.values() if v.why is Why.MISSING]
        in_stock = self._in_stock(site, missing, progress)
        built.out_of_stock = len(missing) - len(in_stock)
        for verdict in verdicts.values():
            if verdict.why.ambiguous or verdict.sku in in_stock:
                problem = problem_of(site.id, verdict)
                self.cases.open(problem, now=self.clock.now(), by=self.by, queue=Work.STORE_STOCK.value, body=sku_message(site.id, verdict.sku))
                built.opened[problem.kind] = built.opened.get(problem.kind, 0) + 1
        built.waiting = self._waiting(site.id, verdicts)

    def _in_stock(self, site: Site, skus: Sequence[str], progress: Progress) -> set[str]:
        """Which of `skus` have stock (also below zero) in a sellable warehouse of a mapped store."""
        found: set[str] = set()
        warehouses = sorted({w for store in site.stores for w in store.sellable_ids()}) if skus else []
        for done, warehouse in enumerate(warehouses, start=1):
            for at in range(0, len(skus), CHUNK):
                levels = self.sitoo.items(warehouse, skus[at : at + CHUNK], lane=self.lane)
                found.update(sku for sku, level in levels.items() if level.total != 0)
            progress("warehouses searched for unmapped SKUs", done)
        return found

    def _waiting(self, site: int, verdicts: Mapping[str, Match]) -> tuple[str, ...]:
        """SKUs that are mapped now and have an open case."""
        kinds = (Kind.UNMAPPED_SKU, Kind.AMBIGUOUS_SKU)
        cases = [case for kind in kinds for case in self.cases.list(state=State.OPEN, kind=kind)]
        skus = {case.problem.entity.removeprefix(sku_entity(site, "")) for case in cases}
        return tuple(sorted(sku for sku in skus if sku in verdicts and verdicts[sku].size_id is not None))


def wanted_entries(verdicts: Mapping[str, Match], sizes: Mapping[int, SizeRow], products: Mapping[str, ProductRow]) -> dict[str, SkuEntry]:
    """The map entries of everything that was matched."""
    return {v.sku: entry_of(v, sizes[v.size_id], products.get(v.sku)) for v in verdicts.values() if v.size_id is not None}


def _is_stale(entry: SkuEntry, verdict: Match | None, sizes: Mapping[int, SizeRow]) -> bool:
    """An entry goes when its size is gone from Centra or its SKU became ambiguous; a SKU that Sitoo does not list right now keeps it."""
    return entry.size_id not in sizes or (verdict is not None and verdict.why is not Why.NOT_COUNTED)
