"""Look up SKUs that the SKU map does not know: one Centra and one Sitoo request for many of them (two when barcodes lead to sizes of other
SKUs), by the rules of a full build."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connector.centra.client import CentraClient
from connector.centra.models import SizeRow
from connector.domain.configuration import Lane
from connector.domain.exceptions import Kind, Owner, Problem, State, sku_entity
from connector.domain.sku_matching import CentraSize, Match, SitooProduct, Why, match_skus, spellings
from connector.sitoo.client import SitooClient
from connector.sitoo.models import ProductRow
from connector.store.exception_cases import ExceptionCases
from connector.store.sku_map import SkuEntry, SkuMap

SKUS_PER_REQUEST = 100


@dataclass(frozen=True, slots=True)
class RefreshSkuMap:
    """Bound to one Sitoo site. Vendor errors pass through; nothing is recorded about SKUs whose answer did not come."""

    site: int
    centra: CentraClient
    sitoo: SitooClient
    sku_map: SkuMap
    cases: ExceptionCases
    lane: Lane = Lane.STOCK

    def refresh(self, skus: Sequence[str]) -> tuple[dict[str, SkuEntry], list[Problem]]:
        """(what is now in the map, one Problem for each of the others)."""
        unmapped: list[Problem] = []
        known = self.sku_map.get_many(self.site, skus)
        found = {sku: entry for sku, entry in known.items() if entry.chosen}
        wanted = sorted(set(skus) - set(found))
        for at in range(0, len(wanted), SKUS_PER_REQUEST):
            self._refresh_some(wanted[at : at + SKUS_PER_REQUEST], found, unmapped)
        return found, unmapped

    def _refresh_some(self, skus: Sequence[str], found: dict[str, SkuEntry], unmapped: list[Problem]) -> None:
        products = {p.sku: p for p in self.sitoo.products(skus, lane=self.lane) if p.sku in set(skus)}
        eans = sorted({form for p in products.values() for code in codes_of(p) for form in spellings(code)})
        sizes = {s.size_id: s for s in self.centra.sizes(skus=sorted(_in_any_case(skus)), eans=eans, lane=self.lane)}
        asked = [SitooProduct(sku, codes_of(products[sku]) if sku in products else ()) for sku in skus]
        rivals = self._rivals(skus, sizes.values())
        taken = self._taken(sorted(sizes), {*products, *(rival.sku for rival in rivals)})
        verdicts = match_skus((*asked, *rivals), (as_size(s) for s in sizes.values()), taken=taken)
        entries: list[SkuEntry] = []
        for verdict in (verdicts[sku] for sku in skus):
            if verdict.size_id is None:
                unmapped.append(problem_of(self.site, verdict))
            elif verdict.why is Why.BARCODE and (known := self._known_ambiguity(verdict.sku)) is not None:
                unmapped.append(known)
            else:
                entries.append(entry_of(verdict, sizes[verdict.size_id], products.get(verdict.sku)))
        self.sku_map.put_many(self.site, entries)
        found.update((entry.sku, entry) for entry in entries)

    def _rivals(self, skus: Sequence[str], sizes: Iterable[SizeRow]) -> list[SitooProduct]:
        """The Sitoo products that have the SKU of a size found by its EAN: the size is theirs, whoever else carries its barcode.

        A second Sitoo product with the same barcode and another SKU cannot be asked for (Sitoo filters by SKU only): a full build finds it.
        """
        others = sorted({size.sku for size in sizes if size.sku} - _in_any_case(skus))
        found = self.sitoo.products(others, lane=self.lane) if others else []
        return [as_product(product) for product in found if product.sku in set(others)]

    def _known_ambiguity(self, sku: str) -> Problem | None:
        """What a build, which sees every product, found ambiguous stays so until its case is redriven: a barcode seen once may be on others."""
        case = self.cases.find(Kind.AMBIGUOUS_SKU, sku_entity(self.site, sku))
        return case.problem if case is not None and case.state in (State.OPEN, State.DISCARDED) else None

    def _taken(self, sizes: Sequence[int], seen: set[str]) -> dict[int, str]:
        """{size: sku} of the sizes that belong to a Sitoo SKU which is not among those matched now."""
        return {size: entry.sku for size, entry in self.sku_map.of_sizes(self.site, sizes).items() if entry.sku not in seen}


def _in_any_case(skus: Iterable[str]) -> set[str]:
    """Centra is asked for exact texts: also for a SKU in capitals and in small letters, so that one that differs in case only is seen."""
    return {form for sku in skus for form in (sku, sku.upper(), sku.lower())}


def codes_of(product: ProductRow) -> tuple[str, ...]:
    return tuple(code for code in (product.barcode, *product.aliases) if code.strip())


def as_product(product: ProductRow) -> SitooProduct:
    return SitooProduct(product.sku, codes_of(product), product.stock_counted)


def as_size(row: SizeRow) -> CentraSize:
    return CentraSize(row.size_id, row.sku, row.ean, row.active)


def entry_of(verdict: Match, size: SizeRow, product: ProductRow | None) -> SkuEntry:
    return SkuEntry(
        sku=verdict.sku,
        size_id=size.size_id,
        product_id=size.product_id,
        variant_id=size.variant_id,
        centra_sku=size.sku,
        ean=size.ean,
        sitoo_productid=product.productid if product else None,
        barcode=product.barcode if product else "",
        chosen=verdict.why is Why.CHOSEN,
    )


def problem_of(site: int, verdict: Match) -> Problem:
    """What a person is told about a SKU that could not be mapped."""
    candidates = [f"size {c.size_id}: SKU {c.sku}, EAN {c.ean or 'none'}" for c in verdict.candidates]
    evidence: dict[str, str | int | list[str]] = {"sku": verdict.sku, "site": site, "reason": verdict.why.value}
    if candidates:
        evidence["candidates"] = candidates
    if verdict.rivals:
        evidence["other Sitoo SKUs"] = list(verdict.rivals)
    if not verdict.why.ambiguous:
        return Problem(
            kind=Kind.UNMAPPED_SKU,
            entity=sku_entity(site, verdict.sku),
            owner=Owner.MERCHANDISING,
            happened=f"Sitoo sells SKU {verdict.sku}, but no size in Centra has this SKU or its barcode, so its stock is not shown in the web shop.",
            todo=f"Create it in Centra or correct the SKU, or name the size with `ops sku-map add {verdict.sku} --size-id "
            "N`; then redrive this case.",
            evidence=evidence,
        )
    return Problem(
        kind=Kind.AMBIGUOUS_SKU,
        entity=sku_entity(site, verdict.sku),
        owner=Owner.MERCHANDISING,
        happened=f"SKU {verdict.sku} of Sitoo cannot be told apart: {_ambiguity(verdict)}.",
        todo=f"Make the SKUs or barcodes unique, or pick the size with `ops sku-map add {verdict.sku} --size-id N`; then redrive this case.",
        evidence=evidence,
    )


def _ambiguity(verdict: Match) -> str:
    sizes = _listed(str(c.size_id) for c in verdict.candidates)
    others = _listed(verdict.rivals)
    match verdict.why:
        case Why.DUPLICATE_SKU:
            return f"Centra has it on several sizes ({sizes})"
        case Why.CASE_ONLY:
            return f"Centra writes it with other capital letters ({_listed(c.sku for c in verdict.candidates)})"
        case Why.SIZE_TAKEN:
            return f"Centra size {sizes} already belongs to {others}"
        case _:
            return f"its barcode is on several articles (Centra sizes {sizes}" + (f", Sitoo SKUs {others})" if others else ")")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
