"""What comes back: to the stores' tills, by mail, or both at once; and people who press Refund although a till has paid."""

from __future__ import annotations

import random
from typing import Any

from connector.domain.order_keys import refund_of
from connector.domain.sitoo_order_keys import candidates
from connector.runtime.clock import Clock
from sandbox.demo.chain import CENTRAL, SHOPS, SKUS, Shop
from sandbox.demo.journal import CameBack, Journal, Placed
from sandbox.demo.shelves import Shelves
from sandbox.demo.vendors import Control
from sandbox.demo.web_plan import CENTRAL as FROM_CENTRAL
from sandbox.demo.web_plan import Back

PLAIN = ("pick-up", "ship from store", "split over stores", "voucher", "gift message", "fees", "webhook twice", "answer lost")
"""Kinds of orders of which stores take something back."""
_SHOP_OF = {shop.centra: shop for shop in SHOPS}


class ReturnDesk:
    """`take_back` answers False while nothing has been handed out that could come back."""

    def __init__(self, centra: Control, sitoo: Control, clock: Clock, journal: Journal, shelves: Shelves, seed: int) -> None:
        self._centra, self._sitoo, self._clock, self._journal, self._shelves = centra, sitoo, clock, journal, shelves
        self._rng = random.Random(seed + 3)
        self._to_press: list[tuple[int, int]] = []

    def take_back(self, back: Back) -> bool:
        """Play one return."""
        if back.how == "unlinked":
            shop = self._rng.choice(SHOPS[:4])
            sku = self._rng.choice([sku for sku in SKUS if self._shelves.at_till(shop, sku) > 0])
            refund = self._sitoo.control("refund", warehouse=shop.till, skus={sku: 1}, reason="no receipt")
            self._done(back, None, shop, {sku: 1}, refund)
            return True
        found = self._something(back)
        if found is None:
            return False
        placed, copy, shipment = found
        placed.taken_back = True
        shop = _SHOP_OF.get(next(iter(placed.parts), 0), SHOPS[0])
        if back.elsewhere:
            shop = next(other for other in SHOPS if other is not shop)
        if back.how in ("mail", "both"):
            made = self._centra.control("return_by_mail", shipment_id=shipment["id"], refund=back.refunded)
            self._journal.came_back.append(CameBack(self._clock.now(), back.kind, placed.number, None))
            self._journal.tell(self._clock.now(), f"web order {placed.number} comes back by mail: return {made['return_id']}")
        if back.how != "mail":
            self._at_till(back, placed, copy, shop)
        return True

    def press(self) -> bool:
        """Somebody in Centra's admin refunds returns that a till has paid, as soon as they are there; False while one is not."""
        for pair in list(self._to_press):
            number, refund = pair
            for made in self._centra.control("order_state", number=number)["returns"]:
                key = refund_of(made["external_id"] or "")
                if key is not None and key[0] == refund and made["completed"]:
                    self._centra.control("refund_in_admin", return_id=made["id"])
                    self._journal.pressed_refunds.append(made["id"])
                    self._journal.tell(self._clock.now(), f"somebody refunds return {made['id']} although a till has paid")
                    self._to_press.remove(pair)
                    break
        return not self._to_press

    def _at_till(self, back: Back, placed: Placed, copy: dict[str, Any], shop: Shop) -> None:
        rows = {row["row"]: row["delivered"] - row["returned"] for row in copy["rows"] if row["sku"] and row["delivered"] > row["returned"]}
        if back.units is not None:
            rows = {next(iter(rows)): back.units}
        skus = {row["sku"]: rows[row["row"]] for row in copy["rows"] if row["row"] in rows}
        if back.how == "exchange":
            other = self._rng.choice([sku for sku in SKUS if self._shelves.at_till(shop, sku) > 2 and sku not in skus])
            pair = self._sitoo.control("exchange", order_id=copy["order_id"], rows=rows, skus={other: 1}, warehouse=shop.till)
            self._shelves.on_hand[shop.till][other] -= 1
            self._done(back, placed.number, shop, skus, {"order_id": pair["refund"], "transaction_id": None})
            return
        paid = {next(iter(rows)): back.pays} if back.pays else {}
        refund = self._sitoo.control("refund", order_id=copy["order_id"], rows=rows, warehouse=shop.till, tender=back.tender, amounts=paid)
        self._done(back, placed.number, shop, skus, refund)
        if back.how == "pressed":
            self._to_press.append((placed.number, int(refund["order_id"])))

    def _done(self, back: Back, number: int | None, shop: Shop, skus: dict[str, int], refund: dict[str, Any]) -> None:
        now = self._clock.now()
        self._journal.came_back.append(CameBack(now, back.kind, number, int(refund["order_id"])))
        if refund["transaction_id"] is not None:
            self._journal.paths[refund["transaction_id"]] = "refund"
        self._shelves.on_hand[shop.till].update(skus)
        of = f"an article {back.kind}" if number is None else f"web order {number}: {back.kind}"
        self._journal.tell(now, f"{shop.name} takes back {of}")

    def _something(self, back: Back) -> tuple[Placed, dict[str, Any], dict[str, Any]] | None:
        """An order of the wanted source that was shipped, with its copy in Sitoo and its shipment."""
        for placed in self._journal.placed:
            fits = placed.kind == "central" if back.source == FROM_CENTRAL else placed.kind in PLAIN and bool(placed.served)
            if not fits or placed.taken_back:
                continue
            shipped = [s for s in self._centra.control("order_state", number=placed.number)["shipments"] if s["shipped_at"] is not None]
            warehouse = CENTRAL if back.source == FROM_CENTRAL else next(iter(placed.parts))
            copy = self._closed_copy(placed.number, warehouse)
            one = copy is not None and (back.kind != "one of two" or len(copy["rows"]) > 1)
            if shipped and copy is not None and one:
                return placed, copy, shipped[0]
        return None

    def _closed_copy(self, number: int, warehouse: int) -> dict[str, Any] | None:
        """A copy that tills may take back: handed out and closed."""
        for external_id in candidates(number, warehouse):
            for order_id in self._sitoo.control("order_ids", external_id=external_id):
                state: dict[str, Any] = self._sitoo.control("order_state", order_id=order_id)
                if state["state"] == "closed" and any(row["delivered"] > row["returned"] for row in state["rows"] if row["sku"]):
                    return state
        return None
