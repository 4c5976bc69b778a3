"""The Sitoo orders a batch of messages names, read in one request when the first of them is needed: a busy till would else cost a request a sale.

One that cannot be understood holds up no other: the list is read in ever smaller parts until it stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connector.flows.orders.context import OrderContext
from connector.sitoo.errors import Unconfirmed
from connector.sitoo.order_client import SitooOrders
from connector.sitoo.order_models import WholeOrder

ORDER_EVENTS = ("order", "order-delivery")


def read_apart(sitoo: SitooOrders, ids: Sequence[int]) -> tuple[list[WholeOrder], list[int]]:
    """The orders that can be read, and the ids of those that cannot. Raises Sitoo's errors, Unconfirmed too when not one of several can be read:
    then it is not the orders."""
    found, unreadable = _read_apart(sitoo, ids)
    if len(unreadable) > 1 and len(unreadable) == len(ids):
        raise Unconfirmed(f"none of {len(ids)} orders can be read")
    return found, unreadable


def _read_apart(sitoo: SitooOrders, ids: Sequence[int]) -> tuple[list[WholeOrder], list[int]]:
    if not ids:
        return [], []
    try:
        return sitoo.whole_orders(ids=ids), []
    except Unconfirmed:
        if len(ids) == 1:
            return [], [*ids]
    middle = len(ids) // 2
    first, second = _read_apart(sitoo, ids[:middle]), _read_apart(sitoo, ids[middle:])
    return [*first[0], *second[0]], [*first[1], *second[1]]


class ReadTogether:
    """`asked`: the bodies of the batch, None where one could not be read. What is answered is as old as the first `get` of a site."""

    def __init__(self, asked: Iterable[Mapping[str, Any] | None]) -> None:
        self._ids: dict[int, set[int]] = {}
        for one in asked:
            if one is not None and one.get("source") == "sitoo" and one.get("type") in ORDER_EVENTS:
                self._ids.setdefault(int(one["site"]), set()).add(int(one["id"]))
        self._found: dict[int, dict[int, WholeOrder]] = {}
        self._unreadable: dict[int, set[int]] = {}

    def get(self, ctx: OrderContext, order_id: int) -> WholeOrder | None:
        """The order; None when Sitoo has none. Raises Sitoo's errors: the next message asks again, unless it is this very order that cannot be
        read."""
        site = ctx.site.id
        if site not in self._found:
            orders, unreadable = read_apart(ctx.sitoo, sorted(self._ids.get(site, set()) | {order_id}))
            self._found[site], self._unreadable[site] = {order.id: order for order in orders}, set(unreadable)
        if order_id in self._unreadable[site]:
            raise Unconfirmed(f"Sitoo order {order_id} cannot be read")
        return self._found[site].get(order_id)
