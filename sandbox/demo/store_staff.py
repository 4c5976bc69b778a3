"""Store staff with web orders: they make them ready, hand them out or send them, or cannot find them."""

from __future__ import annotations

from typing import Any

from connector.domain.sitoo_order_keys import candidates
from connector.runtime.clock import Clock
from sandbox.demo.chain import SHOPS, Shop
from sandbox.demo.journal import HandedOver, Journal, Placed
from sandbox.demo.shelves import Shelves
from sandbox.demo.vendors import Control

PICKING_S = 3.0
"""Staff look at a web order so long after it was placed at the earliest."""
MOST_A_ROUND = 12
_SHOP_OF = {shop.centra: shop for shop in SHOPS}


class StoreStaff:
    """`round` is called every few seconds: each web order that has arrived in its store is taken a step further."""

    def __init__(self, sitoo: Control, clock: Clock, journal: Journal, shelves: Shelves) -> None:
        self._sitoo, self._clock, self._journal, self._shelves = sitoo, clock, journal, shelves

    def round(self) -> None:
        """One walk through the stores; the oldest orders first."""
        latest = self._clock.now() - PICKING_S
        todo = [
            (placed, warehouse)
            for placed in self.waiting()
            if placed.due_at <= latest
            for warehouse in placed.parts
            if warehouse not in placed.served
        ]
        for placed, warehouse in todo[:MOST_A_ROUND]:
            copies = self._copies(placed.number, warehouse)
            still_open = [copy for copy in copies if copy["state"] == "open"]
            if still_open:
                self._serve(placed, _SHOP_OF[warehouse], still_open[0])
            elif copies:
                # It was taken back from the store: somebody else sends it, or nobody.
                placed.served.add(warehouse)

    def waiting(self) -> list[Placed]:
        """Orders that staff have something to do with."""
        now = self._clock.now()
        return [p for p in self._journal.placed if p.service != "nothing" and p.due_at <= now and len(p.served) < len(p.parts)]

    def _copies(self, number: int, warehouse: int) -> list[dict[str, Any]]:
        """The order as the store sees it, whatever has become of it."""
        found = [i for external_id in candidates(number, warehouse) for i in self._sitoo.control("order_ids", external_id=external_id)]
        return [self._sitoo.control("order_state", order_id=order_id) for order_id in found]

    def _serve(self, placed: Placed, shop: Shop, copy: dict[str, Any]) -> None:
        warehouse, order_id = shop.centra, copy["order_id"]
        visit = placed.visits[warehouse]
        placed.visits[warehouse] += 1
        wanted = {row["sku"]: row["quantity"] - row["delivered"] for row in copy["rows"] if row["sku"]}
        missing = [sku for sku, n in wanted.items() if self._shelves.on_hand[shop.till][sku] < n]
        if placed.service == "reject" or missing:
            self._sitoo.control("pickup_rejected", order_id=order_id)
            self._journal.rejected += 1
            self._journal.tell(self._clock.now(), f"{shop.name} cannot find the goods of web order {placed.number}")
            placed.served.add(warehouse)
        elif visit == 0 and "pick-up" in placed.kind:
            self._sitoo.control("ready_for_pickup", order_id=order_id)
        elif visit == 0 and placed.service == "in parts" and len(wanted) > 1:
            first = next(row["row"] for row in copy["rows"] if row["sku"])
            self._hand_over(placed, shop, copy, {first: 1})
        else:
            self._hand_over(placed, shop, copy, {row["row"]: row["quantity"] - row["delivered"] for row in copy["rows"]})
            placed.served.add(warehouse)

    def _hand_over(self, placed: Placed, shop: Shop, copy: dict[str, Any], rows: dict[int, int]) -> None:
        left = {row: n for row, n in rows.items() if n}
        delivery = self._sitoo.control("deliver", order_id=copy["order_id"], rows=left, reference=f"TRACK{placed.number}")
        self._journal.handed_over.append(HandedOver(self._clock.now(), placed.number, shop.centra, int(delivery)))
        for row in copy["rows"]:
            units = left.get(row["row"], 0)
            if row["sku"] and units:
                self._shelves.on_hand[shop.till][row["sku"]] -= units
                self._shelves.set_aside[shop.centra, row["sku"]] -= units
