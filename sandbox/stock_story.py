"""A small chain of stores to tell stock stories with: actions people and systems take, and what must hold when everything has settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connector.domain.configuration import Mapping as MappingFile
from connector.domain.configuration import Plan, Site, SitooWarehouse, StockSettings, Store
from connector.domain.sitoo_order_keys import external_id
from connector.flows.nudge_store_stock import nudge_body
from connector.runtime.queues import Work
from connector.store.sku_map import SkuEntry
from connector.store.stock_levels import Key, Mark
from sandbox.rehearsal import Rehearsal
from sandbox.sitoo.records import OPEN
from sandbox.truth import Shelf, Truth, WebOrder, truth

SITE = 1
STORES = (
    Store("Norrmalm", 11, (SitooWarehouse(101),), 1),
    Store("Haga", 12, (SitooWarehouse(102),), 2),
    Store("Lund", 13, (SitooWarehouse(103), SitooWarehouse(104), SitooWarehouse(105, sellable=False)), 3),
)
CENTRAL = 1
SKUS = ("TEE-S", "TEE-M", "CAP")
RESERVED_FOR_S = 300.0


@dataclass(frozen=True, slots=True)
class Copy:
    """The Sitoo copy of a web order for one store."""

    sitoo_order: int
    number: int
    warehouse: int


def stock_up(world: Rehearsal, levels: Mapping[str, int], *, central: int) -> None:
    """The articles in both systems and in the map; each store holds `levels`, the central warehouse `central` of each."""
    entries = []
    for number, sku in enumerate(SKUS):
        ids = world.centra.add_size(sku, ean=f"73500000000{number:02d}")
        world.sitoo.add_product(sku, barcode=f"73500000000{number:02d}")
        entries.append(SkuEntry(sku, ids["size_id"], ids["product_id"], ids["variant_id"], sku))
        world.centra.put_stock(CENTRAL, sku, central)
    world.sku_map.put_many(SITE, entries)
    for store in world.site.stores:
        world.centra.add_warehouse(store.centra_warehouse, store.name)
        for warehouse in store.sitoo_warehouses:
            world.sitoo.add_warehouse(warehouse.id, f"{store.name} {warehouse.id}", store_id=store.sitoo_store, sellable=warehouse.sellable)
        world.sitoo.receive(store.sitoo_warehouses[0].id, levels)
        for sku, units in levels.items():
            world.centra.put_stock(store.centra_warehouse, sku, units)


@dataclass(slots=True)
class StockStory:
    """`linked`: whether the connector's order flow has recorded a copy it made."""

    world: Rehearsal
    shipments: list[int] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    bookings: list[int] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)

    @classmethod
    def begin(
        cls, stock: dict[str, int] | None = None, *, limits: bool = False, latency: float = 0.0, settings: StockSettings | None = None
    ) -> StockStory:
        """Three stores with `stock` units of each SKU (default 3), in step with Centra; a central warehouse with 100."""
        mapping = MappingFile(version=1, sites=(Site(SITE, "SEK", "Europe/Stockholm", STORES),), stock=settings or StockSettings())
        world = Rehearsal(mapping.sites[0], plan=Plan.GROWTH, limits=limits, mapping=mapping)
        world.centra.add_warehouse(CENTRAL, "Central")
        stock_up(world, stock or dict.fromkeys(SKUS, 3), central=100)
        story = cls(world)
        story.run(2.0)
        world.centra.latency(latency, latency / 3)
        world.sitoo.latency(latency, latency / 3)
        return story

    # --- what happens ---

    def run(self, seconds: float) -> None:
        self.world.run(seconds)

    def web_order(self, sku: str, units: int, warehouses: Iterable[int]) -> int:
        number = int(self.world.centra.place_order([(sku, units)], list(warehouses))["number"])
        self.orders.append(number)
        return number

    def copy_to_store(self, number: int, warehouse: int, *, linked: bool, reserve_s: float | None = RESERVED_FOR_S) -> Copy | None:
        """What the order flow does: post the copy (reserving the units), then record the link and look. Not `linked`: it died in between."""
        units = self.allocated(number, warehouse)
        key = external_id(number, warehouse)
        if not units or any(c.number == number and c.warehouse == warehouse for c in self.copies):
            return None
        now = self.world.clock.now()
        until = None if reserve_s is None else now + reserve_s
        store = self._store(warehouse)
        order_id = self.world.sitoo.create_web_order(key, store.sitoo_warehouses[0].id, units, reserved_until=until)
        self.copies.append(Copy(order_id, number, warehouse))
        if linked:
            for sku, quantity in units.items():
                self.world.links.seen_in_centra(number, warehouse, sku, allocated=quantity)
                reserved = quantity if until is not None else 0
                self.world.links.linked(number, warehouse, sku, sitoo_order_id=order_id, reserved=reserved, reserved_until=until)
                self.world.levels.mark(SITE, [Mark(warehouse, sku)], now)
                if until is not None:
                    self.world.levels.mark_at(SITE, until, [Mark(warehouse, sku)])
                    self.world.levels.mark_at(SITE, until + 120, [Mark(warehouse, sku)])
            self.nudge()
        return self.copies[-1]

    def pick_up(self, copy: Copy, *, warehouse: int | None = None, ignorestock: bool = False) -> None:
        """The customer gets the goods at a till; another store's Sitoo warehouse may hand them out."""
        if self.world.sitoo.orderbook.order(copy.sitoo_order).state == OPEN:
            self.world.sitoo.deliver(copy.sitoo_order, warehouse=warehouse, ignorestock=ignorestock)

    def ship(self, number: int, warehouse: int | None = None) -> int:
        """Centra's shipment is completed (by the connector's fulfilment flow, or in the admin)."""
        shipment = int(self.world.centra.ship(number, warehouse=warehouse)["shipment_id"])
        self.shipments.append(shipment)
        return shipment

    def nudge(self) -> None:
        self.world.queues.send(Work.STORE_STOCK, [nudge_body(SITE, "event")])

    # --- what is true ---

    def allocated(self, number: int, warehouse: int) -> dict[str, int]:
        """{sku: units of the order allocated at the warehouse and not shipped}."""
        units: dict[str, int] = {}
        for line in self.world.centra.orders.orders[number].lines:
            for a in line.allocations:
                if a.warehouse.id == warehouse and not a.shipped:
                    units[line.size.sku] = units.get(line.size.sku, 0) + a.quantity
        return {sku: n for sku, n in units.items() if n}

    def physical(self, warehouse: int, sku: str) -> int:
        return int(self.world.centra.snapshot().get(warehouse, {}).get(sku, {"physical": 0})["physical"])

    def free(self, warehouse: int, sku: str) -> int:
        return int(self.world.centra.snapshot().get(warehouse, {}).get(sku, {"fta": 0})["fta"])

    def _store(self, warehouse: int) -> Store:
        return next(s for s in STORES if s.centra_warehouse == warehouse)

    def must_be(self) -> dict[Key, int]:
        """What Centra must hold per (warehouse, sku), from the two systems' true state alone."""
        return {(s.centra_warehouse, sku): self._truth(s, sku).physical for s in STORES for sku in SKUS}

    def oversold(self) -> set[Key]:
        return {(s.centra_warehouse, sku) for s in STORES for sku in SKUS if self._truth(s, sku).oversold}

    def _truth(self, store: Store, sku: str) -> Truth:
        now, orderbook = self.world.clock.now(), self.world.sitoo.orderbook
        ours = booked = 0
        for copy in self.copies:
            order = orderbook.order(copy.sitoo_order)
            if copy.warehouse == store.centra_warehouse and order.state == OPEN and order.reserved_until and order.reserved_until > now:
                ours += sum(row.quantity - row.delivered for row in order.rows if row.sku == sku)
        for order_id in self.bookings:
            booking = orderbook.order(order_id)
            if booking.state == OPEN and booking.warehouseid in store.sellable_ids():
                booked += sum(row.quantity for row in booking.rows if row.sku == sku)
        orders = [self._web_order(number, store.centra_warehouse, sku) for number in self.world.centra.orders.orders]
        return truth([self._shelf(w, sku) for w in store.sellable_ids()], orders, booked=booked, own_reservations=ours)

    def _shelf(self, warehouse: int, sku: str) -> Shelf:
        row = self.world.sitoo.snapshot()[warehouse].get(sku, {"total": 0, "reserved": 0})
        item = self.world.sitoo.stock.levels[warehouse].get(sku)
        return Shelf(int(row["total"]), int(row["reserved"]), None if item is None else item.counted or 0.0)

    def _web_order(self, number: int, warehouse: int, sku: str) -> WebOrder:
        shipped, shipped_at = self._shipped(number, warehouse, sku)
        delivered = self._delivered(number, warehouse, sku)
        return WebOrder(self.allocated(number, warehouse).get(sku, 0), shipped, shipped_at, delivered)

    def _shipped(self, number: int, warehouse: int, sku: str) -> tuple[int, float]:
        units, at = 0, 0.0
        for shipment in self.world.centra.orders.shipments.values():
            if shipment.order.number == number and shipment.shipped_at is not None:
                of_it = [a.quantity for line in shipment.lines for a in line.allocations if a.warehouse.id == warehouse and line.line.size.sku == sku]
                if of_it:
                    units, at = units + sum(of_it), max(at, shipment.shipped_at)
        return units, at

    def _delivered(self, number: int, warehouse: int, sku: str) -> int:
        copies = [c for c in self.copies if c.number == number and c.warehouse == warehouse]
        return sum(row.delivered for c in copies for row in self.world.sitoo.orderbook.order(c.sitoo_order).rows if row.sku == sku)
