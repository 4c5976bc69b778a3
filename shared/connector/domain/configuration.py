"""The shape of the mapping file: everything that is particular to one client.

Plain frozen dataclasses, so that functions load it without a validation library; `ops mapping` validates the YAML against
exactly these classes with pydantic (unknown keys refused). Field docs are the annotated example `events/../mapping.example.yaml`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from connector.domain.order_settings import OrderSettings


class Plan(StrEnum):
    """Centra API plan (centra-api §1.5): it sets the rate limits."""

    GROWTH = "growth"
    ENHANCED = "enhanced"
    HIGH_VOLUME = "high_volume"
    ENTERPRISE = "enterprise"


class StockAuthority(StrEnum):
    """Who owns on-hand at a location."""

    SITOO = "sitoo"
    CENTRA = "centra"


class CentralTransfers(StrEnum):
    """Who books Centra's half of goods moved between the central warehouse and a store (design §2)."""

    WMS = "wms"
    CONNECTOR = "connector"


class Lane(StrEnum):
    """Who asks for vendor calls, most urgent first."""

    STOCK_RISK = "stock_risk"
    STOCK = "stock"
    ORDERS = "orders"
    PRODUCTS = "products"
    RECONCILE = "reconcile"
    LOAD = "load"


@dataclass(frozen=True, slots=True)
class SitooWarehouse:
    """A Sitoo warehouse that belongs to a store; only sellable ones count."""

    id: int
    sellable: bool = True


@dataclass(frozen=True, slots=True)
class Store:
    """A physical store: one Centra warehouse fed by one or several Sitoo FIFO warehouses.

    `safety_stock` is written to the Centra warehouse's `threshold` (units never sold online there); None leaves it alone.
    """

    name: str
    centra_warehouse: int
    sitoo_warehouses: tuple[SitooWarehouse, ...]
    sitoo_store: int | None = None
    stock_authority: StockAuthority = StockAuthority.SITOO
    safety_stock: int | None = None
    sync_stock: bool = True

    def sellable_ids(self) -> tuple[int, ...]:
        return tuple(w.id for w in self.sitoo_warehouses if w.sellable)

    def syncs_stock(self) -> bool:
        """The connector writes this store's stock into Centra."""
        return self.sync_stock and self.stock_authority is StockAuthority.SITOO


@dataclass(frozen=True, slots=True)
class CentralWarehouse:
    """A warehouse mastered in Centra and mirrored to a Virtual warehouse in Sitoo."""

    name: str
    centra_warehouse: int
    sitoo_warehouse: int | None = None
    stock_authority: StockAuthority = StockAuthority.CENTRA
    safety_stock: int | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """The Centra warehouses one market can sell from: risk is judged by the units left in it."""

    name: str
    warehouses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """One Sitoo site (eshopid) and the stores it feeds."""

    id: int
    currency: str
    timezone: str
    stores: tuple[Store, ...]
    central: tuple[CentralWarehouse, ...] = ()
    pools: tuple[Pool, ...] = ()

    def store_of_sitoo_warehouse(self, warehouse_id: int) -> Store | None:
        return next((s for s in self.stores if any(w.id == warehouse_id for w in s.sitoo_warehouses)), None)

    def store_of_centra_warehouse(self, warehouse_id: int) -> Store | None:
        return next((s for s in self.stores if s.centra_warehouse == warehouse_id), None)


@dataclass(frozen=True, slots=True)
class CentraSettings:
    """`events`: the instance has Centra's events system, which then tells what changed."""

    plan: Plan = Plan.GROWTH
    quota_share: float = 0.8
    events: bool = False


@dataclass(frozen=True, slots=True)
class SitooSettings:
    """`api_users` maps a lane to the name of an API user in the secret; lanes not named share `default`."""

    api_users: dict[Lane, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StockSettings:
    """Knobs of the store-stock drain. `risk_units`: a SKU is urgent when its pool has this many units or fewer left.

    `settle_s`: how long a `setStock` with an unknown outcome may still land. `gap_s`: how long a missing transaction id is waited for.
    `returns_window_days`: how long a return made in Centra is watched, because deleting it changes stock and nothing tells so.
    """

    risk_units: int = 2
    settle_s: int = 60
    gap_s: int = 120
    returns_window_days: int = 7
    max_sizes_per_set_stock: int = 200


@dataclass(frozen=True, slots=True)
class Switches:
    """On/off choices of the client."""

    sync_store_stock: bool = True
    sync_orders: bool = False
    sync_returns: bool = False
    write_safety_stock: bool = True
    central_transfers: CentralTransfers = CentralTransfers.WMS


@dataclass(frozen=True, slots=True)
class Mapping:
    """The whole mapping file. `variant_safety_stock`: Centra variant id → `stockOffset` (replaces the warehouse threshold)."""

    version: int
    sites: tuple[Site, ...]
    centra: CentraSettings = CentraSettings()
    sitoo: SitooSettings = SitooSettings()
    stock: StockSettings = StockSettings()
    switches: Switches = Switches()
    orders: OrderSettings = field(default_factory=OrderSettings)
    variant_safety_stock: dict[int, int] = field(default_factory=dict)

    def site(self, site_id: int) -> Site | None:
        return next((s for s in self.sites if s.id == site_id), None)
