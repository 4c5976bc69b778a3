"""What lies in the stores of the demo and whose it is, as the people there know it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sandbox.demo.chain import Shop
from sandbox.demo.journal import Key


class Shelves:
    """`on_hand`: {Sitoo warehouse: units per SKU}. `set_aside`: units that belong to a customer: a booking or a web order."""

    def __init__(self, stock: Mapping[int, Mapping[str, int]]) -> None:
        self.on_hand = {warehouse: Counter(rows) for warehouse, rows in stock.items()}
        self.set_aside: Counter[Key] = Counter()

    def free(self, shop: Shop, sku: str) -> int:
        """Units in the store that are nobody's."""
        return sum(self.on_hand[warehouse][sku] for warehouse in shop.sellable) - self.set_aside[shop.centra, sku]

    def at_till(self, shop: Shop, sku: str) -> int:
        """Units that lie where the tills sell from and are nobody's."""
        return min(self.free(shop, sku), self.on_hand[shop.till][sku] - self.set_aside[shop.centra, sku])
