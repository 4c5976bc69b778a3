"""One web order as both systems and the connector know it now. Reads only; what it keeps names no person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.domain.configuration import Lane, Site
from connector.domain.configuration import Mapping as MappingFile
from connector.domain.exceptions import Case, State
from connector.domain.sitoo_order_keys import candidates
from connector.flows.orders.order_turn import order_entity
from connector.sitoo.order_models import HandedOut, WholeOrder
from connector.store.order_files import Copy, OrderFile
from ops.connection import Connection


@dataclass(frozen=True, slots=True)
class CopyNow:
    """A copy in Sitoo. `known`: what the file says of it, None when the file does not know it; `order` None: Sitoo does not have it.

    `refunds`: the refunds that Sitoo has of it.
    """

    known: Copy | None
    order: WholeOrder | None
    handed_out: tuple[HandedOut, ...] = ()
    refunds: tuple[WholeOrder, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """`stores`: {Centra warehouse: its name in the mapping}."""

    number: int
    centra: CentraOrder | None
    returns: tuple[ReturnOfOrder, ...]
    copies: tuple[CopyNow, ...]
    file: OrderFile | None
    cases: tuple[Case, ...]
    stores: Mapping[int, str]

    @property
    def unknown(self) -> bool:
        """Nobody knows such an order."""
        return self.centra is None and self.file is None and not self.copies


def story(conn: Connection, mapping: MappingFile, number: int) -> Story:
    """Ask both systems. Copies are found by the file; without one, by the externalids they would carry."""
    order = conn.centra_orders.orders([number], lane=Lane.RECONCILE).get(number)
    file = conn.files.get(number)
    return Story(
        number=number,
        centra=order,
        returns=tuple(conn.centra_orders.returns_of(number)) if order is not None else (),
        copies=tuple(copy for site in mapping.sites for copy in _copies(conn, site, number, file)),
        file=file,
        cases=tuple(_cases(conn, number)),
        stores=names(mapping),
    )


def names(mapping: MappingFile) -> dict[int, str]:
    """{Centra warehouse: name} of every store and central warehouse."""
    stores = {store.centra_warehouse: store.name for site in mapping.sites for store in site.stores}
    return stores | {central.centra_warehouse: central.name for site in mapping.sites for central in site.central}


def _copies(conn: Connection, site: Site, number: int, file: OrderFile | None) -> list[CopyNow]:
    known = {copy.external_id: copy for copy in (file.copies if file else ()) if copy.site == site.id}
    possible = [key for store in site.stores for key in candidates(number, store.centra_warehouse)] if file is None else []
    keys = [*known, *possible]
    found = {order.external_id: order for order in conn.sitoo_orders(site.id).whole_orders(external_ids=keys)} if keys else {}
    return [_looked_at(conn, site, known.get(key), found.get(key)) for key in keys if key in known or key in found]


def _looked_at(conn: Connection, site: Site, known: Copy | None, order: WholeOrder | None) -> CopyNow:
    if order is None:
        return CopyNow(known, None)
    sitoo = conn.sitoo_orders(site.id)
    return CopyNow(known, order, tuple(sitoo.handed_out(order.id)), tuple(sitoo.whole_orders(credit_of=order.id)))


def _cases(conn: Connection, number: int) -> list[Case]:
    entity = order_entity(number)
    waiting = [*conn.cases.list(state=State.OPEN), *conn.cases.list(state=State.REDRIVEN)]
    return [case for case in waiting if _is_about(case, number, entity)]


def _is_about(case: Case, number: int, entity: str) -> bool:
    """A problem with one of its returns is told under the return, or under the till's refund."""
    about = case.problem.entity
    return about == entity or about.startswith(f"{entity}/") or case.problem.evidence.get("order") == number
