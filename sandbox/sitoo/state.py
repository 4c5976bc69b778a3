"""The Sitoo sandbox's state: the account's books, what stores do, and how scenarios steer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from sandbox.faults import Fault, FaultKind
from sandbox.sitoo.events import RETRY_DELAYS, Post, Subscription, in_process
from sandbox.sitoo.goods import GoodsActions
from sandbox.sitoo.modes import Modes
from sandbox.sitoo.order_view import OrderViews
from sandbox.sitoo.records import FIFO, Product, Refusal, Store, Warehouse
from sandbox.sitoo.till import TillActions
from sandbox.sitoo.till_returns import ReturnActions

_MODE_NAMES = {field.name for field in fields(Modes)}


def units(quantity: Decimal) -> int | Decimal:
    """Whole units as int, others as Decimal."""
    return int(quantity) if quantity == quantity.to_integral_value() else quantity


class SitooState(OrderViews):
    """Everything a scenario may call; the names in `ACTIONS` are also served as `POST /_control/<name>`."""

    def add_store(self, name: str, store_id: int | None = None, externalid: str | None = None) -> int:
        number = store_id if store_id is not None else max(self.stores, default=0) + 1
        if number in self.stores:
            raise Refusal(400, f"Store {number} exists")
        self.stores[number] = Store(number, name, externalid)
        return number

    def add_warehouse(self, id: int, name: str, type: int = FIFO, store_id: int | None = None, sellable: bool = True) -> int:
        """`type` 10 FIFO, 20 Virtual; an unknown store is created."""
        if store_id is not None and store_id not in self.stores:
            self.add_store(name, store_id)
        self.stock.add_warehouse(Warehouse(id, name, type, store_id, sellable, self.currency))
        return id

    def set_sellable(self, warehouse: int, sellable: bool) -> None:
        self.stock.warehouse(warehouse).sellable = sellable

    def add_product(
        self, sku: str, barcode: str = "", stock_counted: bool = True, aliases: Sequence[str] = (), price: str = "100.00", vat: int = 25
    ) -> int:
        """Answers the productid. A used SKU or barcode is refused."""
        if sku in self.products or not sku:
            raise Refusal(400, f"Product {sku} exists")
        if barcode in self.barcodes:
            raise Refusal(400, "barcode is already in use")
        product = Product(len(self.products) + 12, sku, sku, barcode, stock_counted, self.now(), price=Decimal(price), vat=vat)
        product.aliases = list(aliases)
        self.products[sku] = product
        if barcode:
            self.barcodes.add(barcode)
        return product.productid

    def add_products(self, skus: Sequence[str]) -> int:
        """Many plain products at once; answers how many."""
        for sku in skus:
            self.add_product(sku)
        return len(skus)

    def add_api_user(self, api_id: str, password: str) -> None:
        self.api_users[api_id] = password

    def snapshot(self) -> dict[int, dict[str, dict[str, int | Decimal]]]:
        """{warehouse: {sku: {"total", "reserved"}}} as they truly are, hidden transactions included; also SKUs that are only reserved."""
        answer: dict[int, dict[str, dict[str, int | Decimal]]] = {}
        for warehouse_id, shelf in self.stock.levels.items():
            held = self.orderbook.reserved(warehouse_id)
            rows = {sku: {"total": units(item.total), "reserved": units(held.get(sku, Decimal(0)))} for sku, item in shelf.items()}
            for sku, quantity in held.items():
                if quantity and sku not in rows:
                    rows[sku] = {"total": 0, "reserved": units(quantity)}
            answer[warehouse_id] = rows
        return answer

    def calls(self) -> dict[str, int]:
        """{operation: requests}, faulted ones included; 401 and "Too many connections" are counted by `answers` and `violations`."""
        return dict(self.call_counts)

    def answers(self) -> dict[str, int]:
        """{HTTP status or "dropped": answers}."""
        return dict(self.answer_counts)

    def violations(self) -> int:
        """Requests that came while another of the same API user was in flight."""
        return self.too_many_connections

    def commits(self, since: int = 0) -> list[dict[str, Any]]:
        """Every change of a level from index `since`: at, warehouse, sku, total, change, transaction_id, and kind
        (sale, refund, in, out, count, virtual).
        """
        return [row | {"total": units(row["total"]), "change": units(row["change"])} for row in self.stock.commit_log[since:]]

    def modes(self, **values: Any) -> dict[str, Any]:
        """Set fields of `Modes`; answers all of them."""
        unknown = values.keys() - _MODE_NAMES
        if unknown:
            raise Refusal(400, f"Unknown modes: {', '.join(sorted(unknown))}")
        for name, value in values.items():
            setattr(self.mode, name, value)
        return {name: getattr(self.mode, name) for name in sorted(_MODE_NAMES)}

    def fault(self, kind: str, **values: Any) -> None:
        """Play a fault (fields of `sandbox.faults.Fault`)."""
        self.faults.add(Fault(FaultKind(kind), **values))

    def clear_faults(self) -> None:
        self.faults.clear()

    def faults_played(self) -> dict[str, int]:
        return dict(self.faults.played)

    def latency(self, mean: float, spread: float = 0.0) -> None:
        """Seconds each request takes from now on: half before it acts, half after."""
        self.pace.mean, self.pace.spread = mean, spread

    def set_settings(self, **values: Any) -> None:
        """Change what `settings` answers."""
        self.settings.update(values)

    def events(
        self,
        url: str,
        user: str = "",
        password: str = "",
        kinds: Sequence[str] = (),
        dispatch_delay: float = 0.05,
        retry_delays: Sequence[float] = RETRY_DELAYS,
        post: Post | None = None,
    ) -> None:
        """Subscribe one receiver: calls go to `{url}/events` (or to `url` when it ends so); an empty url ends it.

        In process, `post(url, headers, body) -> status` takes the calls; an exception from it is a cut connection.
        """
        if post is not None:
            self.feed.sender = in_process(self.clock, post)
        if not url:
            self.feed.subscribe(None)
            return
        target = url if url.endswith("/events") else url.rstrip("/") + "/events"
        self.feed.subscribe(Subscription(target, user, password, tuple(kinds), dispatch_delay, tuple(retry_delays)))

    def lose_events(self, n: int = 0, probability: float = 0.0) -> None:
        """The next `n` events, or this share of all, are never sent."""
        self.feed.lose.next, self.feed.lose.share = n, probability

    def double_events(self, n: int = 0, probability: float = 0.0) -> None:
        """They are sent twice with the same event_id."""
        self.feed.double.next, self.feed.double.share = n, probability

    def reorder_events(self, n: int = 0, probability: float = 0.0) -> None:
        """They are sent after the event that follows (or a second later)."""
        self.feed.reorder.next, self.feed.reorder.share = n, probability

    def event_stats(self) -> dict[str, Any]:
        """Counts of the feed: published, delivered, lost, doubled, reordered, calls, retries, dropped and answers by status, waiting."""
        return self.feed.stats()


_PARTS = (SitooState, OrderViews, ReturnActions, TillActions, GoodsActions)
ACTIONS = frozenset(name for source in _PARTS for name in vars(source) if not name.startswith("_"))
