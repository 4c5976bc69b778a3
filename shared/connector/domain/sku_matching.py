"""Which Centra size is which Sitoo product: exact SKU first, then a barcode that is unique on both sides, else nobody guesses.

Pure rules over what both vendors answered; the caller says whether it has seen everything (a build) or only what it asked for (a refresh).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

GTIN_LENGTHS = frozenset({8, 12, 13, 14})


@dataclass(frozen=True, slots=True)
class CentraSize:
    """A Centra product size: `sku` and `ean` as Centra spells them."""

    size_id: int
    sku: str
    ean: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class SitooProduct:
    """A Sitoo product: `codes` are its barcode and aliases. `counted`: Sitoo counts stock of it."""

    sku: str
    codes: tuple[str, ...] = ()
    counted: bool = True


class Why(StrEnum):
    """How a product was matched, or why it was not."""

    SKU = "sku"
    BARCODE = "barcode"
    CHOSEN = "chosen"
    NOT_COUNTED = "not counted"
    MISSING = "missing"
    DUPLICATE_SKU = "duplicate sku"
    CASE_ONLY = "case only"
    DUPLICATE_BARCODE = "duplicate barcode"
    SIZE_TAKEN = "size taken"

    @property
    def ambiguous(self) -> bool:
        return self in {Why.DUPLICATE_SKU, Why.CASE_ONLY, Why.DUPLICATE_BARCODE, Why.SIZE_TAKEN}


@dataclass(frozen=True, slots=True)
class Match:
    """The verdict on one Sitoo SKU. `size_id` is set only when it is matched; `candidates` are what an ambiguous one could be."""

    sku: str
    why: Why
    size_id: int | None = None
    candidates: tuple[CentraSize, ...] = ()
    rivals: tuple[str, ...] = ()


def gtin(code: str) -> str:
    """A barcode in its 14-digit form (GS1: UPC-A, EAN-8 and EAN-13 are GTINs with leading zeros left out); other codes as they are, '' for none."""
    code = code.strip()
    return code.zfill(14) if code.isascii() and code.isdigit() and len(code) in GTIN_LENGTHS else code


def spellings(code: str) -> tuple[str, ...]:
    """The ways one barcode is commonly written, for a search by exact text: a UPC-A with and without the zero that makes it an EAN-13."""
    code = code.strip()
    if not code:
        return ()
    full = gtin(code)
    if len(code) in {12, 13} and full.isdigit() and full.startswith("00"):
        return (full[2:], full[1:])
    return (code,)


def match_skus(
    products: Iterable[SitooProduct], sizes: Iterable[CentraSize], *, chosen: Mapping[str, int] | None = None, taken: Mapping[int, str] | None = None
) -> dict[str, Match]:
    """The verdict on every product, keyed by Sitoo SKU.

    `chosen`: {sku: size id} a person picked; it stands while that size is among `sizes`. `taken`: {size id: sku} of matches made earlier
    whose products are not among `products` (a refresh sees only a few products, a build sees all and passes none).
    """
    return _Matcher(list(products), list(sizes), chosen or {}, taken or {}).run()


class _Matcher:
    def __init__(self, products: list[SitooProduct], sizes: list[CentraSize], chosen: Mapping[str, int], taken: Mapping[int, str]) -> None:
        self._products = {p.sku: p for p in products}
        self._chosen = chosen
        self._sizes = {s.size_id: s for s in sizes}
        self._by_sku: dict[str, list[CentraSize]] = defaultdict(list)
        self._by_folded: dict[str, list[CentraSize]] = defaultdict(list)
        self._by_code: dict[str, list[CentraSize]] = defaultdict(list)
        for size in self._sizes.values():
            self._by_sku[size.sku].append(size)
            self._by_folded[size.sku.casefold()].append(size)
            if size.ean.strip():
                self._by_code[gtin(size.ean)].append(size)
        self._products_by_code: dict[str, set[str]] = defaultdict(set)
        for product in self._products.values():
            for code in product.codes:
                if code.strip():
                    self._products_by_code[gtin(code)].add(product.sku)
        self._owner = dict(taken)

    def run(self) -> dict[str, Match]:
        counted = [p for p in self._products.values() if p.counted]
        verdicts = {p.sku: Match(p.sku, Why.NOT_COUNTED) for p in self._products.values() if not p.counted}
        for rule in (self._as_chosen, self._by_exact_sku, self._by_barcode):
            for product in counted:
                if product.sku not in verdicts and (verdict := rule(product)):
                    verdicts[product.sku] = verdict
        self._refuse_shared_sizes(verdicts)
        return verdicts

    def _as_chosen(self, product: SitooProduct) -> Match | None:
        size_id = self._chosen.get(product.sku)
        return Match(product.sku, Why.CHOSEN, size_id) if size_id in self._sizes else None

    def _by_exact_sku(self, product: SitooProduct) -> Match | None:
        exact = _prefer_active(self._by_sku.get(product.sku, []))
        if len(exact) > 1:
            return Match(product.sku, Why.DUPLICATE_SKU, candidates=tuple(exact))
        return Match(product.sku, Why.SKU, exact[0].size_id) if exact else None

    def _by_barcode(self, product: SitooProduct) -> Match:
        near = self._by_folded.get(product.sku.casefold(), [])
        if near:
            return Match(product.sku, Why.CASE_ONLY, candidates=tuple(near))
        codes = {gtin(c) for c in product.codes if c.strip()}
        found = {s.size_id: s for code in codes for s in _prefer_active(self._by_code.get(code, []))}
        rivals = (
            tuple(sorted(set().union(*(self._products_by_code[code] for code in codes if code in self._by_code)) - {product.sku})) if codes else ()
        )
        if not found:
            return Match(product.sku, Why.MISSING)
        if len(found) > 1 or rivals:
            return Match(product.sku, Why.DUPLICATE_BARCODE, candidates=tuple(found.values()), rivals=rivals)
        return Match(product.sku, Why.BARCODE, next(iter(found)))

    def _refuse_shared_sizes(self, verdicts: dict[str, Match]) -> None:
        """One size has one Sitoo SKU: the stronger reason keeps it, the others are ambiguous; equal reasons are all refused."""
        claims: dict[int, list[Match]] = defaultdict(list)
        for verdict in verdicts.values():
            if verdict.size_id is not None:
                claims[verdict.size_id].append(verdict)
        for size_id, claimants in claims.items():
            owner = self._owner.get(size_id)
            best = _strongest(claimants)
            for verdict in claimants:
                rivals = {c.sku for c in claimants if c is not verdict} | ({owner} if owner else set())
                others = tuple(sorted(rivals - {verdict.sku}))
                held_elsewhere = owner is not None and owner != verdict.sku
                if others and (held_elsewhere or verdict is not best):
                    verdicts[verdict.sku] = Match(verdict.sku, Why.SIZE_TAKEN, candidates=(self._sizes[size_id],), rivals=others)


def _strongest(claimants: Sequence[Match]) -> Match | None:
    for why in (Why.CHOSEN, Why.SKU, Why.BARCODE):
        holders = [c for c in claimants if c.why is why]
        if holders:
            return holders[0] if len(holders) == 1 else None
    return None


def _prefer_active(sizes: Sequence[CentraSize]) -> list[CentraSize]:
    """Retired sizes keep their SKU and EAN in Centra: they count only when nothing active carries them."""
    active = [s for s in sizes if s.active]
    return active or list(sizes)
