"""What must hold in a mapping file beyond its shape; none of these checks asks a vendor."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from zoneinfo import available_timezones

from connector.domain.configuration import Mapping, Site, StockAuthority, Store
from ops.mapping_file import Loc, MappingFile, Mistake
from ops.mapping_order_checks import check_orders

CURRENCIES = frozenset(
    re.findall(
        "[A-Z]{3}",
        """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK
        DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF
        KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK
        PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
        USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
        """,
    )
)
"""ISO 4217."""

KNOWN_VERSION = 1


def check(file: MappingFile) -> list[Mistake]:
    """Everything wrong, in the order of the file."""
    mistakes = [file.mistake(loc, text) for loc, text in _all(file.mapping)]
    return sorted(mistakes, key=lambda m: (m.line, m.path))


def _all(mapping: Mapping) -> Iterator[tuple[Loc, str]]:
    if mapping.version != KNOWN_VERSION:
        yield ("version",), f"must be {KNOWN_VERSION}: this program knows no other layout of the file"
    if not 0 < mapping.centra.quota_share <= 1:
        yield ("centra", "quota_share"), "must be above 0 and at most 1 (0.8 leaves a fifth of every limit to other integrations)"
    if not mapping.sites:
        yield ("sites",), "must have at least one site"
    yield from _twice("sites", ((s.id, ("sites", i, "id")) for i, s in enumerate(mapping.sites)), "site {0}")
    yield from _twice("mapping", _centra_warehouses(mapping), "Centra warehouse {0}")
    for index, site in enumerate(mapping.sites):
        yield from _site(site, ("sites", index))
    yield from _stock_settings(mapping)
    yield from _offsets(mapping)
    yield from check_orders(mapping)


def _centra_warehouses(mapping: Mapping) -> Iterator[tuple[int, Loc]]:
    for i, site in enumerate(mapping.sites):
        yield from ((s.centra_warehouse, ("sites", i, "stores", j, "centra_warehouse")) for j, s in enumerate(site.stores))
        yield from ((c.centra_warehouse, ("sites", i, "central", j, "centra_warehouse")) for j, c in enumerate(site.central))


def _site(site: Site, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if site.currency not in CURRENCIES:
        yield (*loc, "currency"), f"must be an ISO 4217 code in capitals such as SEK, not {site.currency!r}"
    if site.timezone not in available_timezones():
        yield (*loc, "timezone"), f"must be a time zone name such as Europe/Stockholm, not {site.timezone!r}"
    if not site.stores:
        yield (*loc, "stores"), "must have at least one store"
    sitoo = [(w.id, (*loc, "stores", j, "sitoo_warehouses", k, "id")) for j, s in enumerate(site.stores) for k, w in enumerate(s.sitoo_warehouses)]
    sitoo += [(c.sitoo_warehouse, (*loc, "central", j, "sitoo_warehouse")) for j, c in enumerate(site.central) if c.sitoo_warehouse is not None]
    yield from _twice("site", sitoo, "Sitoo warehouse {0}")
    names = [(s.name.casefold(), (*loc, "stores", j, "name")) for j, s in enumerate(site.stores)]
    yield from _twice("site", names, "the store name {0}")
    for j, store in enumerate(site.stores):
        yield from _store(store, (*loc, "stores", j))
    for j, central in enumerate(site.central):
        if central.stock_authority is StockAuthority.SITOO:
            yield (*loc, "central", j, "stock_authority"), "must be centra: central stock is owned by Centra and mirrored into Sitoo"
        yield from _not_negative(central.safety_stock, (*loc, "central", j, "safety_stock"))
    known = {s.centra_warehouse for s in site.stores} | {c.centra_warehouse for c in site.central}
    yield from _twice("site", ((p.name, (*loc, "pools", j, "name")) for j, p in enumerate(site.pools)), "the pool name {0}")
    for j, pool in enumerate(site.pools):
        for k, warehouse in enumerate(pool.warehouses):
            if warehouse not in known:
                text = f"names Centra warehouse {warehouse}, which no store and no central warehouse of this site has"
                yield (*loc, "pools", j, "warehouses", k), text
        if not pool.warehouses:
            yield (*loc, "pools", j, "warehouses"), "must name at least one warehouse"


def _store(store: Store, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if not store.name.strip():
        yield (*loc, "name"), "must not be empty"
    if not store.sellable_ids():
        yield (*loc, "sitoo_warehouses"), f"has no sellable warehouse: nothing of {store.name} could be sold in the web shop"
    yield from _not_negative(store.safety_stock, (*loc, "safety_stock"))


def _stock_settings(mapping: Mapping) -> Iterator[tuple[Loc, str]]:
    stock = mapping.stock
    ranges = {
        "risk_units": (stock.risk_units, 0, 1_000),
        "settle_s": (stock.settle_s, 10, 3_600),
        "gap_s": (stock.gap_s, 10, 86_400),
        "returns_window_days": (stock.returns_window_days, 1, 365),
        "max_sizes_per_set_stock": (stock.max_sizes_per_set_stock, 1, 200),
    }
    for name, (value, low, high) in ranges.items():
        if not low <= value <= high:
            yield ("stock", name), f"must lie between {low} and {high}, not {value}"


def _offsets(mapping: Mapping) -> Iterator[tuple[Loc, str]]:
    """An offset replaces the warehouse's threshold for its variant, so a smaller one would sell units that the store wants kept."""
    stores = [s for site in mapping.sites for s in site.stores if s.safety_stock]
    highest = max(stores, key=lambda s: s.safety_stock or 0, default=None)
    for variant, offset in mapping.variant_safety_stock.items():
        loc: Loc = ("variant_safety_stock", str(variant))
        yield from _not_negative(offset, loc)
        if highest is not None and highest.safety_stock is not None and 0 < offset < highest.safety_stock:
            replaced = f"the safety stock {highest.safety_stock} of {highest.name}, which it would replace for this variant"
            yield loc, f"is {offset}, below {replaced}; raise it or remove it"


def _not_negative(value: int | None, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if value is not None and value < 0:
        yield loc, f"must not be below 0, but is {value}"


def _twice(where: str, entries: Iterable[tuple[Hashable, Loc]], what: str) -> Iterator[tuple[Loc, str]]:
    first: dict[Hashable, Loc] = {}
    tell: Callable[[Hashable], str] = what.format
    for value, loc in entries:
        if value in first:
            yield loc, f"{tell(value)} is already used in this {where}; each belongs to one place"
        first.setdefault(value, loc)
