"""The drain's turn: the site lease and the warehouse leases it holds, kept alive between calls."""

from __future__ import annotations

from collections.abc import Sequence

from connector.runtime.clock import Clock
from connector.store.leases import Lease, Leases

LEASE_S = 20.0
HTTP_TIMEOUT_S = 8.0
MARGIN_S = 2.0


def site_key(site: int) -> str:
    return f"drain/{site}"


def warehouse_key(warehouse: int) -> str:
    """The lease that every connector call changing Centra's physical stock of a warehouse must hold."""
    return f"warehouse/{warehouse}"


class Turn:
    """Held leases of one drain. `hold` before each vendor call; `LeaseLost` means: stop, write nothing more."""

    def __init__(self, leases: Leases, clock: Clock, site_lease: Lease, ends_at: float) -> None:
        self._leases, self._clock = leases, clock
        self.site = site_lease
        self.warehouses: dict[int, Lease] = {}
        self.ends_at = ends_at

    def time_left(self) -> float:
        return self.ends_at - self._clock.now()

    def hold(self) -> None:
        """Make sure every held lease outlives one vendor call (HTTP timeout + 2 s)."""
        now = self._clock.now()
        held = [self.site, *self.warehouses.values()]
        if min(lease.expires_at for lease in held) - now >= HTTP_TIMEOUT_S + MARGIN_S:
            return
        renewed = self._leases.renew(held, now, LEASE_S)
        self.site = renewed[0]
        self.warehouses = dict(zip(self.warehouses, renewed[1:], strict=True))

    def take_warehouses(self, warehouses: Sequence[int]) -> list[int]:
        """Lease as many of `warehouses` as nobody else holds; those obtained."""
        taken = self._leases.acquire_many([warehouse_key(w) for w in warehouses], self.site.owner, self._clock.now(), LEASE_S)
        self.warehouses |= {w: taken[warehouse_key(w)] for w in warehouses if warehouse_key(w) in taken}
        return [w for w in warehouses if w in self.warehouses]

    def give_back_warehouses(self) -> None:
        if self.warehouses:
            self._leases.release(list(self.warehouses.values()))
            self.warehouses = {}
