"""The order side of Sitoo: whole orders read, copies posted, changed and delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from connector.sitoo.models import TransactionRow
from connector.sitoo.order_models import DeliveryWish, HandedOut, WholeOrder


class SitooOrders(Protocol):
    """Bound to one site, on the lane ORDERS. Errors: connector.sitoo.errors and Uncertain (a write that broke off may have been committed).

    Each method is one request unless it pages.
    """

    def whole_orders(self, *, ids: Sequence[int] = (), external_ids: Sequence[str] = (), credit_of: int | None = None) -> list[WholeOrder]:
        """By id, by externalid, or every refund of an order. Filters are checked on the rows that come back."""
        ...

    def whole_order(self, order_id: int) -> WholeOrder | None:
        """One order with its log; None when Sitoo does not have it."""
        ...

    def orders_from(self, order_id: int, *, limit: int = 500) -> tuple[list[WholeOrder], bool]:
        """Orders with id ≥ order_id ascending, and whether nothing newer was there."""
        ...

    def ids_from(self, order_id: int, *, limit: int = 100) -> list[int]:
        """The ids of the site's first orders with an id ≥ `order_id`, ascending: where one of the orders themselves cannot be read."""
        ...

    def newest_order(self) -> int:
        """The highest order id of the site; 0 when it has no orders."""
        ...

    def handed_out(self, order_id: int) -> list[HandedOut]:
        """Every delivery of an order, cancelled ones too."""
        ...

    def delivery_wish(self, order_id: int) -> DeliveryWish | None:
        """Where the customer of a till order wants it sent, read for immediate use; None when Sitoo does not have the order."""
        ...

    def post_order(self, body: Mapping[str, Any]) -> int:
        """POST /orders; the new order id. Raises Uncertain when it may have been committed, Refused when it was not."""
        ...

    def put_order(self, order_id: int, body: Mapping[str, Any]) -> None:
        """A partial update; repeating it is harmless."""
        ...

    def post_delivery(self, order_id: int, warehouse_id: int, units: Mapping[int, int], *, reference: str, ignore_stock: bool) -> int:
        """Deliver {row: units}; the delivery id. Raises Uncertain: look with `handed_out` before repeating."""
        ...

    def post_transaction(self, warehouse_id: int, kind: int, units: Mapping[str, int], *, external_id: str, description: str) -> int:
        """A warehouse transaction (10 in, 20 out: `units` signed as Sitoo wants them); its id. Raises Uncertain."""
        ...

    def movements(self, warehouse_id: int, *, since: float) -> list[TransactionRow]:
        """Every transaction of a warehouse made since a moment (unix s), ascending by id. Filters are checked on the rows that come back."""
        ...
