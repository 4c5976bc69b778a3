"""One Sitoo account with one site: catalogue, stock, orders, batches and event feed, bound to one clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.clock import RealTime, SandboxClock
from sandbox.faults import Faults, Latency
from sandbox.sitoo.events import EventFeed
from sandbox.sitoo.modes import Modes
from sandbox.sitoo.orders import OrderBook
from sandbox.sitoo.records import BOOKING, CANCELLED, PARKED, Batch, Delivery, Order, Product, Refusal, Store, Transaction
from sandbox.sitoo.stock import StockBook

SITE_GUID = "{25D9C5B8-51FC-5751-7FBE-000000000001}"


class SitooBooks:
    """The account's data and the rules between its parts. `api_users` maps API id to password."""

    def __init__(
        self,
        clock: SandboxClock | None = None,
        *,
        account: int = 90123,
        site: int = 1,
        api_users: Mapping[str, str] | None = None,
        currency: str = "SEK",
    ) -> None:
        self.clock: SandboxClock = clock or RealTime()
        self.account, self.site, self.currency = account, site, currency
        self.api_users: dict[str, str] = dict(api_users or {f"{account}-1": "sandbox-1", f"{account}-2": "sandbox-2"})
        self.mode = Modes()
        self.faults = Faults()
        self.pace = Latency()
        self.call_counts: Counter[str] = Counter()
        self.answer_counts: Counter[str] = Counter()
        self.too_many_connections = 0
        self.in_flight: set[str] = set()
        self.settings: dict[str, Any] = {
            "eshopid": site,
            "eshopname": "Sandbox stores",
            "eshoptype": 10,
            "currencycode": currency,
            "timezone": "Europe/Stockholm",
            "pricesstoredwithvat": True,
            "warehouseid": None,
            "numdaysreserved": 14,
            "doroundoff": False,
            "creditnotesalestype": 20,
        }
        self.products: dict[str, Product] = {}
        self.barcodes: set[str] = set()
        self.stores: dict[int, Store] = {}
        self.batches: dict[int, Batch] = {}
        self.receipt_counts: Counter[str] = Counter()
        self.feed = EventFeed(lambda: self.clock, self.mode, account)
        self.stock = StockBook(self.mode, self.now, self._transaction_event)
        self.orderbook = OrderBook(self.mode, self.now, self.stock, self.counted, self._order_event, self._delivery_event)

    def now(self) -> float:
        return self.clock.now()

    def counted(self, sku: str) -> bool:
        """Is stock of this SKU handled at all (stockcountenable)?"""
        product = self.products.get(sku)
        return product is not None and product.stock_counted

    def product(self, sku: str) -> Product:
        found = self.products.get(sku)
        if found is None:
            raise Refusal(400, f"Product {sku} not found")
        return found

    def stocked(self, quantities: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """The given SKUs, each known and stock handled."""
        for sku in quantities:
            if not self.product(sku).stock_counted:
                raise Refusal(400, f"Product {sku} is not stock counted")
        return dict(quantities)

    def open_batch(self, warehouse_id: int, type_: int, *, comment: str = "", externalid: str | None = None, owner: str = "") -> Batch:
        self.stock.warehouse(warehouse_id)
        if self.mode.one_open_batch and any(b.state == 10 and b.warehouseid == warehouse_id and b.type == type_ for b in self.batches.values()):
            raise Refusal(400, "There is an open batch of this type")
        batch = Batch(len(self.batches) + 1, warehouse_id, type_, self.now(), comment, externalid, owner)
        self.batches[batch.warehousebatchid] = batch
        return batch

    def close_batch(self, batch: Batch) -> Transaction | None:
        """Commit it as one transaction: counted levels for type 50, changes otherwise. An empty batch commits nothing."""
        quantities = self.stocked({sku: quantity for sku, (quantity, _) in batch.quantities.items()})
        row: Transaction | None = None
        if quantities:
            if batch.type == 50:
                row = self.stock.count(batch.warehouseid, quantities, description=batch.comment)
            else:
                row = self.stock.change(batch.warehouseid, batch.type, quantities, description=batch.comment, externalid=batch.externalid)
            batch.transactionid = row.warehousetransactionid
        batch.state = 20
        return row

    def cancel(self, order: Order) -> None:
        change = self.orderbook.set_state(order, CANCELLED)
        if change is None:
            raise Refusal(400, "The order is cancelled")
        self.orderbook.announce(order, "update", change)

    def _order_event(self, order: Order, kind: str, state_changed: str | None) -> None:
        data: dict[str, Any] = {"eshop_id": self.site, "order_id": order.orderid, "warehouse_id": order.warehouseid, "order_event_type": kind}
        if state_changed is not None:
            data["order_state_changed"] = state_changed
        self.feed.publish("booking" if order.type in (BOOKING, PARKED) else "order", data)

    def _delivery_event(self, delivery: Delivery) -> None:
        cancelled = delivery.cancelled is not None
        data = {
            "eshop_id": self.site,
            "order_id": delivery.orderid,
            "order_delivery_id": delivery.orderdeliveryid,
            "warehouse_id": delivery.warehouseid,
            "order_delivery_event_type": "update" if cancelled else "add",
            "order_delivery_state_changed": "cancelled" if cancelled else "delivered",
        }
        self.feed.publish("order-delivery", data)

    def _transaction_event(self, row: Transaction) -> None:
        if not self.mode.transaction_events:
            return
        data: dict[str, Any] = {"eshop_id": self.site}
        if self.mode.transaction_event_ids:
            data |= {"warehouse_id": row.warehouseid, "warehouse_transaction_id": row.warehousetransactionid}
        self.feed.publish("warehouse-transaction", data)
