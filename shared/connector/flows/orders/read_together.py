"""The Sitoo orders a batch of messages names, read in one request when the first of them is needed: a busy till would else cost a request a sale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connector.flows.orders.context import OrderContext
from connector.sitoo.order_models import WholeOrder

ORDER_EVENTS = ("order", "order-delivery")


class ReadTogether:
    """`asked`: the bodies of the batch, None where one could not be read. What is answered is as old as the first `get` of a site."""

    def __init__(self, asked: Iterable[Mapping[str, Any] | None]) -> None:
        self._ids: dict[int, set[int]] = {}
        for one in asked:
            if one is not None and one.get("source") == "sitoo" and one.get("type") in ORDER_EVENTS:
                self._ids.setdefault(int(one["site"]), set()).add(int(one["id"]))
        self._found: dict[int, dict[int, WholeOrder]] = {}

    def get(self, ctx: OrderContext, order_id: int) -> WholeOrder | None:
        """The order; None when Sitoo has none. Raises Sitoo's errors: the next message asks again."""
        site = ctx.site.id
        if site not in self._found:
            ids = sorted(self._ids.get(site, set()) | {order_id})
            self._found[site] = {order.id: order for order in ctx.sitoo.whole_orders(ids=ids)}
        return self._found[site].get(order_id)
