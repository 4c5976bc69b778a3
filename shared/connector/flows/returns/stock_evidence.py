"""Whether this Sitoo account takes goods in by itself when a copy that was delivered without stock is refunded: what its refunds showed."""

from __future__ import annotations

from dataclasses import dataclass

from connector.flows.orders.context import OrderContext
from connector.sitoo.order_models import WholeOrder
from connector.store.cursors import Cursors

LEASE_S = 20.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """How many refunds of such copies moved stock by themselves, in time or `late`, and how many did not; `refund`: the latest, looked at `at`."""

    moves: int
    late: int
    does_not: int
    refund: int
    at: int


def read_evidence(cursors: Cursors, site: int) -> Evidence | None:
    """None before the first such refund."""
    stored = cursors.get(_name(site))
    return None if stored is None else Evidence(stored["moves"], stored["late"], stored["does_not"], stored["refund"], stored["at"])


def note_evidence(ctx: OrderContext, refund: WholeOrder, *, moves: bool, late: bool) -> None:
    """Each refund counts once, as it was seen last. While another function counts, this refund is left out: its evidence is nothing but that."""
    name = _name(ctx.site.id)
    lease = ctx.leases.acquire(name, ctx.new_id(), ctx.clock.now(), LEASE_S)
    if lease is None:
        return
    try:
        stored = ctx.cursors.get(name) or {"moves": 0, "late": 0, "does_not": 0, "refund": 0, "at": 0, "last": ""}
        how = "late" if late else "moves" if moves else "does_not"
        if stored["refund"] == refund.id:
            if stored["last"] == how or (stored["last"] == "late" and how == "moves"):
                return
            stored[stored["last"]] -= 1
        now = int(ctx.clock.now())
        ctx.cursors.put(name, {**stored, how: stored[how] + 1, "refund": refund.id, "at": now, "last": how}, lease)
    finally:
        ctx.leases.release([lease])


def _name(site: int) -> str:
    return f"refund-stock/{site}"
