"""What the connector would do with an order now: the same decision and the same drafts as the flow's, without writing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.centra.order_models import CentraOrder
from connector.domain.configuration import Lane, Site
from connector.domain.configuration import Mapping as MappingFile
from connector.flows.orders.owed import Gap, Units, gaps, held_by, shipped_from, units_of
from connector.flows.orders.reservations import DAY_S
from connector.flows.orders.return_copies import draft_return_copy, on_no_copy
from connector.mapping.order_copy import CopyDraft, Lack, Lacking, draft_copy
from connector.mapping.order_decision import Decision, decide
from connector.store.order_files import OrderFile, Purpose
from ops.connection import Connection

FOR_RETURNS = "For returns at tills"


@dataclass(frozen=True, slots=True)
class CheckedCopy:
    """What a store, or a till for returns, would get.

    `verdict`: what would happen, in words. `body`: Sitoo's order, masked, worth `total` cents; empty when none is sent.
    """

    place: str
    verdict: str
    body: Mapping[str, Any] = field(default_factory=dict)
    total: int = 0
    lacks: tuple[Lack, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """The decision of one site."""

    site: Site
    decision: Decision
    copies: tuple[CheckedCopy, ...]


def check_order(conn: Connection, mapping: MappingFile, number: int) -> list[Checked]:
    """Per site; nothing when Centra does not know the order. SKUs are those the map knows: a flow would look for missing ones once."""
    order = conn.centra_orders.orders([number], lane=Lane.RECONCILE).get(number)
    if order is None:
        return []
    file = conn.files.get(number)
    return [_check(conn, mapping, site, order, file or OrderFile(number, site.id)) for site in mapping.sites]


def _check(conn: Connection, mapping: MappingFile, site: Site, order: CentraOrder, file: OrderFile) -> Checked:
    decision = decide(order, mapping.orders, site)
    sizes = sorted({line.size_id for line in order.lines if line.size_id is not None})
    skus = {size: entry.sku for size, entry in conn.sku_map.of_sizes(site.id, sizes).items()}
    warehouses = [store.centra_warehouse for store in site.stores]
    copies = []
    for gap in gaps(file, order, decision.fulfil, warehouses):
        store = site.store_of_centra_warehouse(gap.warehouse)
        if store is None:
            continue
        live = _live(gap)
        wanted = _less(_sum(gap.missing, live), gap.surplus)
        if not wanted:
            copies.append(CheckedCopy(store.name, "what it has would be taken back, unless it has begun"))
            continue
        made = draft_copy(
            order,
            store_name=store.name,
            sitoo_warehouse=store.sellable_ids()[0],
            warehouse=gap.warehouse,
            units=wanted,
            fulfilment=decision.fulfilment,
            settings=mapping.orders,
            skus=skus,
            purpose=Purpose.FULFIL,
            stores=warehouses,
            taken=_less(held_by(file, gap.warehouse), live),
            known={warehouse: shipped_from(file, order, warehouse) for warehouse in warehouses},
        )
        if isinstance(made, Lacking):
            copies.append(CheckedCopy(store.name, "nothing would be sent: it would be parked", lacks=made.problems))
        else:
            copies.append(CheckedCopy(store.name, _verdict(gap, made), made.masked(), made.total))
    copies += _for_returns(mapping, site, order, file, decision, skus, conn.clock.now())
    return Checked(site, decision, tuple(copies))


def _for_returns(
    mapping: MappingFile, site: Site, order: CentraOrder, file: OrderFile, decision: Decision, skus: Mapping[int, str], now: float
) -> list[CheckedCopy]:
    rules = mapping.orders.return_copies
    if not rules.make or rules.sitoo_warehouse is None or not decision.return_copy:
        return []
    if not on_no_copy(file, site, decision.return_copy):
        return [CheckedCopy(FOR_RETURNS, "is in Sitoo as it should be")]
    if now - order.created_at > rules.window_days * DAY_S:
        return [CheckedCopy(FOR_RETURNS, f"nothing would be sent: the order is older than {rules.window_days} days")]
    _, made = draft_return_copy(order, site, mapping.orders, file, decision.return_copy, skus)
    if isinstance(made, Lacking):
        return [CheckedCopy(FOR_RETURNS, "nothing would be sent: it would be parked", lacks=made.problems)]
    return [CheckedCopy(FOR_RETURNS, f"would be sent, unless {rules.most_per_day} were today", made.masked(), made.total)]


def _verdict(gap: Gap, made: CopyDraft) -> str:
    if not gap.copies:
        return "would be sent"
    if gap.missing or gap.surplus or any(copy.fingerprint != made.fingerprint for copy in gap.copies):
        return "its copy would be made anew, unless the store has begun"
    return "is in Sitoo as it should be"


def _live(gap: Gap) -> Units:
    units: dict[int, int] = {}
    for copy in gap.copies:
        units = _sum(units, units_of(copy))
    return units


def _sum(one: Units, other: Units) -> dict[int, int]:
    return {line: one.get(line, 0) + other.get(line, 0) for line in {**one, **other}}


def _less(units: Units, taken: Units) -> dict[int, int]:
    return {line: n - taken.get(line, 0) for line, n in units.items() if n > taken.get(line, 0)}
