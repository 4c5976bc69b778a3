"""What applying a mapping would change: in the mapping itself, and what follows from it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from connector.domain.configuration import Mapping, Pool, Site, SitooWarehouse, Store
from connector.domain.order_settings import ShippingMethod

_PLACE = re.compile(r"\b(stores|central)\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs: '' stands for not there."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Relook:
    """A store that counts other Sitoo warehouses than before: every SKU with stock in `sitoo_warehouses` must be looked at."""

    site: int
    store: Store
    sitoo_warehouses: tuple[int, ...]


def changes(before: Mapping | None, after: Mapping) -> list[Change]:
    """Every differing value, in the order of the new file, then what was removed. Paths name stores; they are told apart by warehouse."""
    old = dict(_flat(before, "")) if before else {}
    new = dict(_flat(after, ""))
    paths = [*new, *(path for path in old if path not in new)]
    sites = [site for mapping in (before, after) if mapping for site in mapping.sites]
    places = {store.centra_warehouse: store.name for site in sites for store in site.stores}
    places |= {central.centra_warehouse: central.name for site in sites for central in site.central}

    def named(path: str) -> str:
        return _PLACE.sub(lambda found: f"{found[1]}[{places.get(int(found[2]), found[2])}]", path)

    return [Change(named(path), old.get(path, ""), new.get(path, "")) for path in paths if old.get(path, "") != new.get(path, "")]


def relooks(before: Mapping | None, after: Mapping) -> list[Relook]:
    """Stores that were in force before and whose sellable warehouses change."""
    found = []
    for site, store, earlier in _kept_stores(before, after):
        if earlier.syncs_stock() and store.syncs_stock():
            differing = sorted(set(earlier.sellable_ids()) ^ set(store.sellable_ids()))
            if differing:
                found.append(Relook(site.id, store, tuple(differing)))
    return found


def stores_to_load(before: Mapping | None, after: Mapping) -> list[Store]:
    """Stores whose stock the connector starts to write: new ones and those switched on again."""
    writing = {earlier.centra_warehouse for _, _, earlier in _kept_stores(before, after) if earlier.syncs_stock()}
    return [s for site in after.sites for s in site.stores if s.syncs_stock() and s.centra_warehouse not in writing]


def stores_left_behind(before: Mapping | None, after: Mapping) -> list[Store]:
    """Stores whose stock the connector stops writing: Centra keeps the last quantities."""
    writing = {s.centra_warehouse for site in after.sites for s in site.stores if s.syncs_stock()}
    earlier = [s for site in before.sites for s in site.stores] if before else []
    return [s for s in earlier if s.syncs_stock() and s.centra_warehouse not in writing]


def _kept_stores(before: Mapping | None, after: Mapping) -> Iterator[tuple[Site, Store, Store]]:
    for site in after.sites:
        earlier_site = before.site(site.id) if before else None
        for store in site.stores:
            earlier = earlier_site.store_of_centra_warehouse(store.centra_warehouse) if earlier_site else None
            if earlier is not None:
                yield site, store, earlier


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _flat(getattr(value, field.name), f"{path}.{field.name}" if path else field.name)
    elif isinstance(value, tuple):
        if all(isinstance(item, int | str) for item in value):
            yield path, ", ".join(str(item) for item in value)
        else:
            for item in value:
                yield from _flat(item, f"{path}[{_name_of(item)}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{path}[{_text(key)}]")
    elif value is not None:
        yield path, _text(value)


def _name_of(item: Any) -> str:
    match item:
        case Site() | SitooWarehouse():
            return str(item.id)
        case Pool():
            return item.name
        case ShippingMethod():
            return item.option
        case _:
            return str(item.centra_warehouse)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.value if isinstance(value, Enum) else value)
