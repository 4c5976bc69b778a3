"""Shoppers on the web: they place the orders of the plan, change their minds, and pay late."""

from __future__ import annotations

import math
import random
from typing import Any

from connector.runtime.clock import Clock
from sandbox.demo.chain import CENTRAL, SHOPS, SKUS, Shop
from sandbox.demo.journal import Journal, Placed
from sandbox.demo.people import Person, person
from sandbox.demo.shelves import Shelves
from sandbox.demo.vendors import Control
from sandbox.demo.web_chain import ONLY_IN_CENTRA
from sandbox.demo.web_plan import CENTRAL as FROM_CENTRAL
from sandbox.demo.web_plan import STORES, Wanted

SHOPS_THAT_SERVE = SHOPS[:4]
"""The fifth sells from a stockroom as well: its web orders are left to the plain shoppers."""
NEVER = math.inf
EVENTS_OF_AN_ORDER = 5
"""Centra tells no more often than this of an order that is placed."""
NOT_AT_ONCE = ("B2B", "internal", "unpaid", "no courier", "no street, no city", "unmapped line")
"""Kinds of orders that no store may get, or not before somebody has mended them."""
SAID = {
    "no street, no city": "an order has neither street nor city nor phone",
    "no courier": "an order comes for a courier nobody has entered",
    "unmapped line": "an order has a line that Sitoo does not know",
    "gift message": "an order comes with a gift message full of emoji",
    "webhook lost": "Centra's webhook of an order is lost",
    "webhook twice": "Centra's webhook of an order comes twice",
    "answer lost": "Sitoo will take an order, but its answer is lost",
}


class Shoppers:
    """Acts through the control actions; what it does stands in the journal."""

    def __init__(self, centra: Control, sitoo: Control, clock: Clock, journal: Journal, shelves: Shelves, seed: int) -> None:
        self._centra, self._sitoo, self._clock, self._journal, self._shelves = centra, sitoo, clock, journal, shelves
        self._rng = random.Random(seed + 2)
        self._placed: dict[int, Placed] = {}

    def shop(self, index: int, wanted: Wanted) -> None:
        """Place the `index`th order of the plan."""
        lines, places = self._basket(wanted)
        who = person(self._rng, gift=wanted.gift)
        wishes: dict[str, Any] = {"shipping_option": wanted.option, **wanted.wishes, "address": {**who.address, **wanted.wishes.get("address", {})}}
        self._befall(wanted)
        order = self._centra.control("place_order", lines=lines, warehouses=places, **_about(who), **wishes)
        if wanted.mishap in ("lose", "double"):
            self._centra.control("webhook_faults")
        now = self._clock.now()
        self._journal.web_orders += 1
        due = NEVER if wanted.then in ("resume", "pay") or wanted.kind in NOT_AT_ONCE else now
        parts = _in_stores(order)
        placed = Placed(int(order["number"]), wanted.kind, now, due, parts, who.secrets, wanted.service)
        self._placed[index] = placed
        self._journal.placed.append(placed)
        for warehouse, units in parts.items():
            for sku, n in units.items():
                self._shelves.set_aside[warehouse, sku] += n
        if wanted.kind in SAID:
            self._journal.tell(now, f"{SAID[wanted.kind]} (web order {placed.number})")

    def follow_up(self, index: int, wanted: Wanted) -> None:
        """What happens to that order next."""
        placed = self._placed.get(index)
        if placed is None:
            return
        number, now = placed.number, self._clock.now()
        if wanted.then == "resume":
            self._centra.control("resume", number=number)
            placed.due_at = now
        elif wanted.then == "pay":
            self._centra.control("pay", number=number)
            placed.due_at = now
        elif wanted.then == "cancel":
            self._centra.control("cancel_lines", number=number)
            self._journal.tell(now, f"web order {number} is cancelled")
        elif wanted.then == "ship":
            self._centra.control("ship", number=number)
            if wanted.place != FROM_CENTRAL:
                self._journal.tell(now, f"web order {number} is shipped in Centra's admin")

    def _befall(self, wanted: Wanted) -> None:
        if wanted.mishap == "lose":
            self._centra.control("webhook_faults", lose=EVENTS_OF_AN_ORDER)
            self._journal.webhooks_lost += 1
        elif wanted.mishap == "double":
            self._centra.control("webhook_faults", double=EVENTS_OF_AN_ORDER)
            self._journal.webhooks_doubled += 1
        elif wanted.mishap == "cut":
            self._sitoo.control("fault", kind="drop_after", operation="POST orders")

    def _basket(self, wanted: Wanted) -> tuple[list[Any], list[int]]:
        """(lines for Centra, warehouses to allocate in)"""
        if wanted.place == FROM_CENTRAL:
            return [[sku, n] for sku, n in zip(self._rng.sample(SKUS, len(wanted.units)), wanted.units, strict=True)], [CENTRAL]
        shop, other = self._rng.sample(SHOPS_THAT_SERVE, 2)
        if wanted.place == STORES:
            first = self._some(shop, 1)
            second = self._some(other, 1, elsewhere=shop)
            return [[first, 1], [second, 1]], [shop.centra, other.centra]
        chosen = {sku: n for n, sku in zip(wanted.units, self._several(shop, len(wanted.units), max(wanted.units)), strict=True)}
        lines: list[Any] = [[sku, n] for sku, n in chosen.items()]
        if wanted.special == "bundle":
            part = self._rng.choice([sku for sku in SKUS if self._shelves.at_till(shop, sku) > 3 and sku not in chosen])
            lines.append({"sku": part, "kind": "bundle", "price": 25_000, "items": [(part, 2)]})
        elif wanted.special == "gift certificate":
            lines.append({"sku": next(iter(chosen)), "kind": "gift_certificate", "price": 50_000, "tax": 0})
        elif wanted.special == "unmapped":
            shop = SHOPS[0]
            chosen = dict.fromkeys(self._several(shop, 2, 1), 1)
            lines = [*([sku, 1] for sku in chosen), [ONLY_IN_CENTRA, 1]]
        return lines, [shop.centra]

    def _some(self, shop: Shop, units: int, elsewhere: Shop | None = None) -> str:
        """An article the store has; with `elsewhere`, preferably one that this other store has not."""
        there = [sku for sku in SKUS if self._shelves.at_till(shop, sku) > units]
        only = [sku for sku in there if elsewhere is not None and self._shelves.on_hand[elsewhere.till][sku] <= 0]
        return self._rng.choice(only or there)

    def _several(self, shop: Shop, lines: int, units: int) -> list[str]:
        return self._rng.sample([sku for sku in SKUS if self._shelves.at_till(shop, sku) > units + 1], lines)


def _in_stores(order: dict[str, Any]) -> dict[int, dict[str, int]]:
    """What Centra has allocated to which store: {warehouse: {SKU: units}}."""
    parts: dict[int, dict[str, int]] = {}
    for line in order["lines"]:
        for part in line["allocated"]:
            if part["warehouse"] != CENTRAL:
                units = parts.setdefault(part["warehouse"], {})
                units[line["sku"]] = units.get(line["sku"], 0) + part["quantity"]
    return parts


def _about(who: Person) -> dict[str, Any]:
    """Everything Centra knows about the shopper."""
    return {"billing_address": who.address, "email": who.email, "phone": who.phone, "other_comment": who.message}
