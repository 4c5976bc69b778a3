"""What both vendors have that a mapping can name: for `ops doctor` before the first mapping is written."""

from __future__ import annotations

from collections.abc import Iterator

from connector.domain.configuration import Lane
from connector.sitoo.models import WarehouseInfo
from ops.checks import Check, Health
from ops.connection import Connection
from ops.mapping_findings import FIFO, KINDS


def what_can_be_mapped(conn: Connection) -> Iterator[Check]:
    """Centra's warehouses, then per Sitoo site its settings and warehouses: the ids and words that go into the file. Vendor errors pass through."""
    for row in conn.centra.warehouses(lane=Lane.RECONCILE):
        threshold = f", threshold {row.threshold}" if row.threshold else ""
        yield Check(Health.OK, f"Centra warehouse {row.id}", f"{row.name}: stock master {row.stock_master}{threshold}")
    # The list of sites is the account's: any client has it.
    for number in sorted(int(site["eshopid"]) for site in conn.sitoo(0).sites(lane=Lane.RECONCILE)):
        sitoo = conn.sitoo(number)
        settings = sitoo.settings(lane=Lane.RECONCILE)
        told = [f"{name} {settings[key]}" for name, key in (("currency", "currencycode"), ("timezone", "timezone")) if settings.get(key)]
        yield Check(Health.OK, f"Sitoo site {number}", ", ".join(told) or "does not tell its currency and timezone")
        for warehouse in sitoo.warehouses(lane=Lane.RECONCILE):
            yield Check(Health.OK, f"Sitoo warehouse {warehouse.id}", f"{warehouse.name}: {_described(warehouse)}, site {number}")


def _described(warehouse: WarehouseInfo) -> str:
    kind = KINDS.get(warehouse.type, f"type {warehouse.type}")
    belongs = f"store {warehouse.store_id}" if warehouse.store_id is not None else "no store"
    counts = ("sellable" if warehouse.sellable else "not sellable") if warehouse.type == FIFO else "a mirror of Centra's stock"
    return f"{kind}, {belongs}, {counts}"
