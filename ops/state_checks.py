"""The mapping against both vendors, and the connector's own state: what is empty, stale or waiting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from connector.domain.configuration import Lane, Site
from connector.domain.exceptions import State
from connector.flows.load_stock import loaded_at
from connector.flows.returns.stock_evidence import read_evidence
from connector.flows.store_stock.bookings import bookings_cursor
from connector.flows.store_stock.centra_changes import centra_cursor
from connector.flows.store_stock.feed import feed_cursor
from ops.checks import Check, Health
from ops.connection import Connection
from ops.mappable import what_can_be_mapped
from ops.mapping_findings import Weight, findings
from ops.safety_stock import read_variants, safety_writes
from ops.stock_view import SOON_S
from ops.wording import counted

STALE_AFTER_S = 300.0
OLD_AFTER_S = 900.0


def mapping_checks(conn: Connection) -> Iterator[Check]:
    current = conn.mappings.current()
    if current is None:
        yield Check(Health.ERROR, "mapping", "none is in force: write one (see mapping.example.yaml) and run `ops mapping apply FILE`")
        yield from what_can_be_mapped(conn)
        return
    mapping = current.mapping
    warehouses = {row.id: row for row in conn.centra.warehouses(lane=Lane.RECONCILE)}
    variants = read_variants(conn.graphql, list(mapping.variant_safety_stock))
    found = findings(conn, mapping, warehouses, variants)
    for finding in found:
        health = Health.ERROR if finding.weight is Weight.ERROR else Health.WARNING
        yield Check(health, finding.where, finding.text)
    writes = safety_writes(None, mapping, warehouses, variants)
    for entry in writes:
        yield Check(
            Health.WARNING,
            f"safety stock of {entry.kind} {entry.id}",
            f"is {entry.before} in Centra and {entry.after} in the mapping: run `ops mapping apply FILE`",
        )
    if not mapping.switches.sync_store_stock:
        yield Check(Health.WARNING, "switches.sync_store_stock", "is false: no store stock reaches Centra")
    if not found and not writes:
        stores = sum(len(site.stores) for site in mapping.sites)
        yield Check(Health.OK, "mapping", f"revision {current.revision} fits both vendors ({counted(stores, 'store')})")


def state_checks(conn: Connection) -> Iterator[Check]:
    current = conn.mappings.current()
    for site in current.mapping.sites if current else ():
        yield _sku_map(conn, site)
        yield _loaded(conn, site)
        yield from _feed(conn, site)
        yield from _drain(conn, site)
        yield from _refunded_copies(conn, site)
    waiting = Counter(case.problem.kind.value for case in conn.cases.list(state=State.OPEN))
    if waiting:
        listed = ", ".join(f"{count} {kind}" for kind, count in waiting.most_common())
        yield Check(Health.WARNING, "exceptions", f"{listed}: see `ops exceptions list`")
    else:
        yield Check(Health.OK, "exceptions", "none is open")


def _sku_map(conn: Connection, site: Site) -> Check:
    count = sum(1 for _ in conn.sku_map.all(site.id))
    if count:
        return Check(Health.OK, f"SKU map of site {site.id}", counted(count, "SKU"))
    return Check(Health.ERROR, f"SKU map of site {site.id}", "is empty: run `ops sku-map build`")


def _loaded(conn: Connection, site: Site) -> Check:
    """The drain writes what moves from its start on; what lay in the stores before, only a load brings."""
    what, loaded = f"first load of site {site.id}", loaded_at(conn.cursors, site.id)
    never = [store.name for store in site.stores if store.syncs_stock() and store.centra_warehouse not in loaded]
    if never:
        return Check(Health.ERROR, what, f"{', '.join(never)}: the stock was never loaded; run `ops stock load`")
    return Check(Health.OK, what, "every store was loaded")


def _feed(conn: Connection, site: Site) -> Iterator[Check]:
    cursor = conn.cursors.get(feed_cursor(site.id))
    if cursor is not None:
        gaps = counted(len(cursor["gaps"]), "gap")
        yield Check(Health.OK, f"feed of site {site.id}", f"read up to transaction {cursor['last']}, {gaps} waited for")


def _drain(conn: Connection, site: Site) -> Iterator[Check]:
    now, what = conn.clock.now(), f"drain of site {site.id}"
    readings = [stored["read_at"] for name in (bookings_cursor(site.id), centra_cursor(site.id)) if (stored := conn.cursors.get(name))]
    if not readings:
        yield Check(
            Health.ERROR, what, "has never run: is the site among SitooSiteIds of the stack, is the schedule on, do the function's logs show errors?"
        )
        return
    age = now - max(readings)
    if age > STALE_AFTER_S:
        yield Check(
            Health.ERROR, what, f"last read the vendors {age / 60:.0f} min ago: see `ops exceptions list --kind DRAIN_STUCK` and the function's logs"
        )
        return
    dirty = conn.levels.dirty(site.id)
    soon = sum(at - now <= SOON_S for at, _ in conn.levels.timed(site.id))
    waiting = f"{counted(len(dirty), 'SKU')} {'waits' if len(dirty) == 1 else 'wait'}"
    waiting += f", {counted(soon, 'look')} more within ten minutes" if soon else ""
    oldest = max((now - row.since for row in dirty), default=0.0)
    if oldest > OLD_AFTER_S:
        behind = f"{waiting}, the oldest for {oldest / 60:.0f} min: the budget is too small, or Centra refuses them"
        yield Check(Health.WARNING, what, behind)
    else:
        yield Check(Health.OK, what, f"read the vendors {age:.0f} s ago; {waiting}")


def _refunded_copies(conn: Connection, site: Site) -> Iterator[Check]:
    """Whether `delivery-ignore-stock` of a sale covers its return is not documented: the refunds tell."""
    what, seen = f"refunds of copies without stock, site {site.id}", read_evidence(conn.cursors, site.id)
    if seen is None:
        return
    counts = f"{seen.moves} moved stock by themselves, {seen.late} late, {seen.does_not} did not; the latest: Sitoo order {seen.refund}"
    if seen.late:
        yield Check(Health.WARNING, what, f"{counts}. Set orders.returns.stock_in_after_s in the mapping file longer than Sitoo takes")
    elif seen.moves and seen.does_not:
        yield Check(Health.WARNING, what, f"{counts}. The account shows both modes: ask Sitoo whether the setting was changed")
    else:
        mode = "Sitoo takes them into stock" if seen.moves else "Sitoo does not take them into stock, the connector does"
        yield Check(Health.OK, what, f"{mode} ({counts})")
