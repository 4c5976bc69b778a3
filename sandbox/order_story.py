"""Three stores and a web shop to tell order stories with: what shoppers, store staff and systems do, and what must hold when it is quiet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connector.domain.configuration import CentralWarehouse, Plan, Site, Store, Switches
from connector.domain.configuration import Mapping as MappingFile
from connector.domain.order_settings import Fulfilment, OrderSettings, ReturnCopies, ReturnSettings, ShippingMethod, TillRefund
from connector.domain.sitoo_order_keys import parse
from connector.store.stock_levels import Key
from sandbox.order_rehearsal import OrderRehearsal
from sandbox.sitoo.records import CANCELLED, OPEN, ORDER, Order
from sandbox.stock_story import CENTRAL, SITE, SKUS, STORES, stock_up
from sandbox.truth import Shelf, Truth, WebOrder, truth

MIRROR = 201
PICK_UP, SHIP = "Pick up in store", "Ship from store"
SETTINGS = OrderSettings(
    shipping_methods=(
        ShippingMethod(PICK_UP, Fulfilment.PICK_UP),
        ShippingMethod(SHIP, Fulfilment.SHIP_FROM_STORE, "PostNord", "MyPack Home"),
        ShippingMethod("Standard delivery", Fulfilment.SHIP_FROM_STORE, "PostNord", "MyPack Collect"),
    ),
    return_copies=ReturnCopies(make=True, sitoo_warehouse=MIRROR),
    returns=ReturnSettings(
        tenders={
            "Card": TillRefund.PAID_AT_TILL,
            "Cash": TillRefund.PAID_AT_TILL,
            "Gift Card": TillRefund.PAID_AT_TILL,
            "Web": TillRefund.REFUND_IN_CENTRA,
        }
    ),
)


def story_mapping(settings: OrderSettings = SETTINGS, stores: tuple[Store, ...] = STORES) -> MappingFile:
    central = CentralWarehouse("Central", CENTRAL, MIRROR)
    site = Site(SITE, "SEK", "Europe/Stockholm", stores, (central,))
    return MappingFile(version=1, sites=(site,), switches=Switches(sync_orders=True, sync_returns=True), orders=settings)


@dataclass(slots=True)
class OrderStory:
    """`orders`: the numbers of all web orders, oldest first."""

    world: OrderRehearsal
    orders: list[int] = field(default_factory=list)

    @classmethod
    def begin(
        cls,
        stock: Mapping[str, int] | None = None,
        *,
        settings: OrderSettings = SETTINGS,
        limits: bool = False,
        latency: float = 0.0,
        central: int = 100,
        users: Mapping[Any, str] | None = None,
        stores: tuple[Store, ...] = STORES,
    ) -> OrderStory:
        """`stores` with `stock` units of each SKU (default 5), in step with Centra; a central warehouse with `central` of each."""
        mapping = story_mapping(settings, stores)
        if users:
            mapping = replace(mapping, sitoo=replace(mapping.sitoo, api_users=dict(users)))
        world = OrderRehearsal(mapping, plan=Plan.GROWTH, limits=limits)
        world.centra.add_warehouse(CENTRAL, "Central", stock_master="CENTRA")
        world.sitoo.add_warehouse(MIRROR, "Central", type=20)
        stock_up(world, stock or dict.fromkeys(SKUS, 5), central=central)
        story = cls(world)
        story.run(2.0)
        world.centra.latency(latency, latency / 3)
        world.sitoo.latency(latency, latency / 3)
        return story

    # --- what happens ---

    def run(self, seconds: float) -> None:
        self.world.run(seconds)

    def order(self, lines: Iterable[Any], warehouses: Iterable[int], *, option: str = PICK_UP, **wishes: Any) -> int:
        """A shopper buys; answers the order's number."""
        placed = self.world.centra.place_order(list(lines), list(warehouses), shipping_option=option, **wishes)
        self.orders.append(int(placed["number"]))
        return self.orders[-1]

    def hand_out(self, number: int, rows: Mapping[int, int] | None = None, warehouse: int | None = None) -> int:
        """Store staff hand out what is left of the order's open copy (or `rows` of it); the delivery's id."""
        return self.world.sitoo.deliver(self.copy(number).orderid, rows, warehouse)

    # --- what is true ---

    def copies(self, number: int, *, live: bool = True) -> list[Order]:
        """Sitoo orders made for a web order; `live`: those that are not cancelled."""
        found = [o for o in self.world.sitoo.orderbook.orders.values() if (key := parse(o.externalid or "")) is not None and key[0] == number]
        return [o for o in found if not live or o.state != CANCELLED]

    def copy(self, number: int) -> Order:
        """The one open copy of an order."""
        (found,) = [o for o in self.copies(number) if o.state == OPEN]
        return found

    def state(self, number: int) -> dict[str, Any]:
        return self.world.centra.order_state(number)

    def problems(self) -> dict[str, list[str]]:
        """{kind: entities} of the open exceptions."""
        found: dict[str, list[str]] = {}
        for case in self.world.cases.list():
            found.setdefault(case.problem.kind.value, []).append(case.problem.entity)
        return found

    def shipped_from(self, number: int, warehouse: int) -> dict[str, int]:
        """{sku: units} of an order shipped from a warehouse."""
        units: dict[str, int] = {}
        for shipment in self.world.centra.orders.orders[number].shipments:
            for line in shipment.lines if shipment.shipped_at is not None else ():
                for allocation in line.allocations:
                    if allocation.warehouse.id == warehouse:
                        units[line.line.size.sku] = units.get(line.line.size.sku, 0) + allocation.quantity
        return units

    def allocated_at(self, number: int, warehouse: int) -> dict[str, int]:
        """{sku: units} allocated there and not shipped."""
        units: dict[str, int] = {}
        for line in self.world.centra.orders.orders[number].lines:
            for a in line.allocations:
                if a.warehouse.id == warehouse and not a.shipped:
                    units[line.size.sku] = units.get(line.size.sku, 0) + a.quantity
        return units

    def held(self, number: int, warehouse: int) -> dict[str, int]:
        """{sku: units} on the copies of an order that stand in a store: open ones hold what they ordered, closed ones what they handed out."""
        units: dict[str, int] = {}
        for order in self._copies_of(number, warehouse):
            for row in order.rows:
                if row.sku:
                    units[row.sku] = units.get(row.sku, 0) + (row.quantity if order.state == OPEN else row.delivered)
        return {sku: n for sku, n in units.items() if n}

    def delivered(self, number: int, warehouse: int) -> dict[str, int]:
        """{sku: units} handed out on the copies of an order for a store, cancelled copies too."""
        units: dict[str, int] = {}
        for order in self._copies_of(number, warehouse, live=False):
            for row in order.rows:
                if row.sku and row.delivered:
                    units[row.sku] = units.get(row.sku, 0) + row.delivered
        return units

    def must_be(self) -> dict[Key, int]:
        """What Centra must hold per (warehouse, sku), from the two systems' true state and what stores could not find."""
        return {(s.centra_warehouse, sku): self._truth(s, sku).physical for s in self.world.site.stores for sku in SKUS}

    def physical(self, warehouse: int, sku: str) -> int:
        return int(self.world.centra.snapshot().get(warehouse, {}).get(sku, {"physical": 0})["physical"])

    def _copies_of(self, number: int, warehouse: int, *, live: bool = True) -> list[Order]:
        return [o for o in self.copies(number, live=live) if (key := parse(o.externalid or "")) is not None and key[1] == warehouse]

    def _truth(self, store: Store, sku: str) -> Truth:
        now, book, place = self.world.clock.now(), self.world.sitoo.orderbook, store.centra_warehouse
        ours = 0
        for number in self.orders:
            for copy in self._copies_of(number, place):
                if copy.state == OPEN and copy.reserved_until and copy.reserved_until > now:
                    ours += sum(row.quantity - row.delivered for row in copy.rows if row.sku == sku)
        booked = 0
        for order in book.orders.values():
            if order.type != ORDER and order.state == OPEN and order.warehouseid in store.sellable_ids():
                booked += sum(row.quantity for row in order.rows if row.sku == sku)
        web = [self._web_order(number, place, sku) for number in self.world.centra.orders.orders]
        lines = [x for x in self.world.links.open_lines([place]) if x.sku == sku]
        shelves = [self._shelf(w, sku) for w in store.sellable_ids()]
        counted = min((s.counted_at for s in shelves if s.counted_at is not None), default=0.0)
        withheld = sum(x.withheld for x in lines if counted <= x.withheld_at)
        found = truth(shelves, web, booked=booked, own_reservations=ours)
        return replace(found, target=max(0, found.target - withheld))

    def _web_order(self, number: int, warehouse: int, sku: str) -> WebOrder:
        at = max(
            (s.shipped_at or 0.0 for s in self.world.centra.orders.orders[number].shipments if s.shipped_at is not None),
            default=0.0,
        )
        return WebOrder(
            self.allocated_at(number, warehouse).get(sku, 0),
            self.shipped_from(number, warehouse).get(sku, 0),
            at,
            self.delivered(number, warehouse).get(sku, 0),
        )

    def _shelf(self, warehouse: int, sku: str) -> Shelf:
        row = self.world.sitoo.snapshot()[warehouse].get(sku, {"total": 0, "reserved": 0})
        item = self.world.sitoo.stock.levels[warehouse].get(sku)
        return Shelf(int(row["total"]), int(row["reserved"]), None if item is None else item.counted or 0.0)
