"""What both vendors say about a mapping: things that do not exist, are of the wrong kind, or look like slips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Lookup
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from statistics import median

from connector.centra import names
from connector.centra.models import WarehouseRow
from connector.domain.configuration import CentralWarehouse, Lane, Mapping, Site, Store
from connector.domain.order_settings import Capture, OrderSettings, TillRefund
from connector.sitoo.client import SitooClient
from connector.sitoo.models import WarehouseInfo
from ops.connection import Connection
from ops.safety_stock import Variant

FIFO, VIRTUAL = 10, 20
KINDS = {FIFO: "FIFO", VIRTUAL: "Virtual"}


class Weight(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person must know before the mapping is applied; an error refuses it."""

    weight: Weight
    where: str
    text: str


def findings(conn: Connection, mapping: Mapping, warehouses: Lookup[int, WarehouseRow], variants: Lookup[int, Variant]) -> list[Finding]:
    """Errors first. Reads warehouses, settings and, for stores with safety stock, the levels in Sitoo."""
    found = [*_api_users(conn, mapping), *_variants(mapping, warehouses, variants)]
    for site in mapping.sites:
        found += _site(conn.sitoo(site.id), site, warehouses)
        if mapping.switches.sync_orders:
            found += _orders(conn.sitoo(site.id), mapping.orders)
    found += _capture(mapping.orders)
    return sorted(found, key=lambda f: f.weight is not Weight.ERROR)


def _error(where: str, text: str) -> Finding:
    return Finding(Weight.ERROR, where, text)


def _warning(where: str, text: str) -> Finding:
    return Finding(Weight.WARNING, where, text)


def _api_users(conn: Connection, mapping: Mapping) -> Iterator[Finding]:
    for lane, user in mapping.sitoo.api_users.items():
        if user not in conn.sitoo_users:
            yield _error(f"lane {lane.value}", f"names the Sitoo API user {user!r}; the secret has {', '.join(sorted(conn.sitoo_users))}")


def _variants(mapping: Mapping, warehouses: Lookup[int, WarehouseRow], variants: Lookup[int, Variant]) -> Iterator[Finding]:
    """An offset replaces a threshold: also one that Centra has and the file leaves alone."""
    kept = [(s, warehouses[s.centra_warehouse].threshold or 0) for site in mapping.sites for s in site.stores if s.centra_warehouse in warehouses]
    unmanaged = [(store, threshold) for store, threshold in kept if store.safety_stock is None and threshold > 0]
    for variant, offset in mapping.variant_safety_stock.items():
        if variant not in variants:
            yield _error(f"variant {variant}", "does not exist in Centra")
        for store, threshold in unmanaged:
            if 0 < offset < threshold:
                yield _error(
                    f"variant {variant}",
                    f"has safety stock {offset}, below the threshold {threshold} that {store.name} has in Centra and that it would replace",
                )


def _site(sitoo: SitooClient, site: Site, warehouses: Lookup[int, WarehouseRow]) -> Iterator[Finding]:
    numbers = sorted(int(row["eshopid"]) for row in sitoo.sites(lane=Lane.RECONCILE))
    if site.id not in numbers:
        yield _error(f"site {site.id}", f"does not exist in Sitoo; it has {', '.join(map(str, numbers)) or 'none'}")
        return
    yield from _settings(sitoo, site)
    in_sitoo = {w.id: w for w in sitoo.warehouses(lane=Lane.RECONCILE)}
    for store in site.stores:
        yield from _in_centra(store, warehouses)
        yield from _store(store, in_sitoo)
        if store.safety_stock:
            yield from _buffer(sitoo, store, store.safety_stock, in_sitoo)
    for central in site.central:
        yield from _central(central, warehouses, in_sitoo)
    yield from _forgotten(site, in_sitoo)


def _settings(sitoo: SitooClient, site: Site) -> Iterator[Finding]:
    settings = sitoo.settings(lane=Lane.RECONCILE)
    for name, ours in (("currencycode", site.currency), ("timezone", site.timezone)):
        theirs = settings.get(name)
        if theirs is None:
            yield _warning(f"site {site.id}", f"Sitoo does not tell its {name}; compare it by hand with {ours}")
        elif theirs != ours:
            yield _error(f"site {site.id}", f"has {ours} in the file, but {theirs} in Sitoo's settings ({name})")


def _in_centra(store: Store, warehouses: Lookup[int, WarehouseRow]) -> Iterator[Finding]:
    row = warehouses.get(store.centra_warehouse)
    if row is None:
        yield _error(store.name, f"names Centra warehouse {store.centra_warehouse}, which does not exist")
        return
    if row.stock_master != names.EXTERNAL_STOCK_MASTER and store.syncs_stock():
        yield _warning(
            store.name,
            f"Centra warehouse {row.id} has stock master {row.stock_master}: set it to External, or people can change in Centra what Sitoo owns",
        )
    if not _words(row.name) & _words(store.name):
        yield _warning(store.name, f"Centra calls warehouse {row.id} {row.name!r}; is that this store?")


def _store(store: Store, in_sitoo: Lookup[int, WarehouseInfo]) -> Iterator[Finding]:
    for warehouse in store.sitoo_warehouses:
        row = in_sitoo.get(warehouse.id)
        if row is None:
            yield _error(store.name, f"names Sitoo warehouse {warehouse.id}, which does not exist")
            continue
        if row.type != FIFO:
            yield _error(store.name, f"Sitoo warehouse {row.id} ({row.name}) is {KINDS.get(row.type, row.type)}; a store's stock must be FIFO")
        if warehouse.sellable != row.sellable:
            ours, theirs = ("sellable", "not sellable") if warehouse.sellable else ("not sellable", "sellable")
            yield _warning(store.name, f"Sitoo warehouse {row.id} ({row.name}) is {ours} in the file and {theirs} in Sitoo; the file counts")
        if store.sitoo_store is not None and row.store_id != store.sitoo_store:
            belongs = f"store {row.store_id}" if row.store_id is not None else "no store"
            yield _warning(store.name, f"Sitoo warehouse {row.id} ({row.name}) belongs to {belongs} in Sitoo, not to store {store.sitoo_store}")


def _buffer(sitoo: SitooClient, store: Store, buffer: int, in_sitoo: Lookup[int, WarehouseInfo]) -> Iterator[Finding]:
    """More than half of the sizes in stock would never be sold online: most likely a slip."""
    on_hand: dict[str, Decimal] = {}
    for warehouse in store.sellable_ids():
        if warehouse in in_sitoo:
            for page in sitoo.all_items(warehouse, lane=Lane.RECONCILE):
                for row in page:
                    on_hand[row.sku] = on_hand.get(row.sku, Decimal(0)) + row.total
    levels = [units for units in on_hand.values() if units > 0]
    if levels and buffer > median(levels):
        yield _warning(
            store.name,
            f"keeps {buffer} units of every size back, above the median on-hand of {median(levels):.0f}: most sizes would never be sold online",
        )


def _central(central: CentralWarehouse, warehouses: Lookup[int, WarehouseRow], in_sitoo: Lookup[int, WarehouseInfo]) -> Iterator[Finding]:
    centra = warehouses.get(central.centra_warehouse)
    if centra is None:
        yield _error(central.name, f"names Centra warehouse {central.centra_warehouse}, which does not exist")
    if central.sitoo_warehouse is None:
        return
    row = in_sitoo.get(central.sitoo_warehouse)
    if row is None:
        yield _error(central.name, f"names Sitoo warehouse {central.sitoo_warehouse}, which does not exist")
    elif row.type != VIRTUAL:
        yield _error(central.name, f"Sitoo warehouse {row.id} ({row.name}) is {KINDS.get(row.type, row.type)}; a mirror of Centra must be Virtual")


def _forgotten(site: Site, in_sitoo: Lookup[int, WarehouseInfo]) -> Iterator[Finding]:
    mapped = {w.id for s in site.stores for w in s.sitoo_warehouses} | {c.sitoo_warehouse for c in site.central if c.sitoo_warehouse is not None}
    stores = {in_sitoo[w].store_id for w in mapped if w in in_sitoo}
    for row in in_sitoo.values():
        if row.type != FIFO or row.id in mapped:
            continue
        if row.store_id is not None and row.store_id not in stores:
            yield _warning(
                f"Sitoo store {row.store_id}",
                f"has warehouse {row.id} ({row.name}) but no Centra warehouse in the file: its stock reaches no web shop",
            )
        else:
            yield _warning(
                f"Sitoo warehouse {row.id}",
                f"({row.name}) is in no store of the file: movements there become exceptions; name it, with sellable: false if it must not count",
            )


def _orders(sitoo: SitooClient, orders: OrderSettings) -> Iterator[Finding]:
    """Articles and the warehouse of return copies must exist in Sitoo, or it refuses every order that names them."""
    named = {"orders.shipping_fee_sku": orders.shipping_fee_sku, "orders.handling_fee_sku": orders.handling_fee_sku}
    skus = {where: sku for where, sku in named.items() if sku}
    known = {row.sku for row in sitoo.products(sorted(set(skus.values())), lane=Lane.RECONCILE)} if skus else set()
    for where, sku in skus.items():
        if sku not in known:
            yield _error(where, f"names {sku}, which is no product in Sitoo")
    warehouse = orders.return_copies.sitoo_warehouse
    if orders.return_copies.make and warehouse not in {row.id for row in sitoo.warehouses(lane=Lane.RECONCILE)}:
        yield _error("orders.return_copies.sitoo_warehouse", f"names Sitoo warehouse {warehouse}, which does not exist")


def _capture(orders: OrderSettings) -> Iterator[Finding]:
    refunded = sorted(name for name, who in orders.returns.tenders.items() if who is TillRefund.REFUND_IN_CENTRA)
    if orders.capture is Capture.NONE and refunded:
        yield _warning(
            "orders.capture",
            f"is none, while refunds by {', '.join(refunded)} go through Centra: it can refund only what somebody has captured there before",
        )


def _words(name: str) -> set[str]:
    return {word for word in re.findall(r"\w+", name.casefold()) if len(word) > 2}
