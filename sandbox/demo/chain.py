"""The chain of the demo: five stores, 300 SKUs, what lies on the shelves when the day begins, and its mapping file."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

from sandbox.demo.vendors import Control
from sandbox.demo.web_chain import MIRROR, fill_web, orders_yaml

SITE = 1
CENTRAL = 1
PLAN = "growth"
WRONG_IN_CENTRA = 0.2
"""Share of the shelves on which Centra is wrong before the first load."""

_ARTICLES = (
    *("TEE", "POLO", "SHIRT", "KNIT", "HOOD", "JEAN", "CHINO", "SHORT", "SKIRT", "DRESS"),
    *("COAT", "PARKA", "BLAZER", "VEST", "SCARF", "CAP", "BELT", "SOCK", "BOOT", "BAG"),
)
_COLOURS = ("BLACK", "NAVY", "WHITE")
_SIZES = ("XS", "S", "M", "L", "XL")
SKUS = tuple("-".join(parts) for parts in itertools.product(_ARTICLES, _COLOURS, _SIZES))
UNMAPPED = "GIFTBOX-XMAS"
"""Comes into the stores during the day without anybody having told Centra."""
UNMAPPED_IN_CENTRA = "GB-2026"


@dataclass(frozen=True, slots=True)
class Shop:
    """A store: one Centra warehouse, fed by its sellable Sitoo warehouses; `till` is the one its tills sell from."""

    name: str
    centra: int
    till: int
    stockroom: int | None = None
    not_sellable: int | None = None

    @property
    def sellable(self) -> tuple[int, ...]:
        return (self.till,) if self.stockroom is None else (self.till, self.stockroom)


SHOPS = (
    Shop("Stockholm", 11, 101),
    Shop("Göteborg", 12, 102),
    Shop("Malmö", 13, 103),
    Shop("Uppsala", 14, 104),
    Shop("Lund", 15, 105, stockroom=106, not_sellable=107),
)


def opening_stock(seed: int) -> dict[int, dict[str, int]]:
    """{Sitoo warehouse: {sku: units}}: a few of most sizes, many of some, none of others; a stockroom has a third of the SKUs."""
    rng = random.Random(seed)
    stock: dict[int, dict[str, int]] = {}
    for shop in SHOPS:
        stock[shop.till] = {sku: rng.choice((0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 12)) for sku in SKUS}
        if shop.stockroom is not None:
            stock[shop.stockroom] = {sku: rng.randint(1, 6) for sku in SKUS[::3]}
        if shop.not_sellable is not None:
            stock[shop.not_sellable] = dict.fromkeys(SKUS[::10], 1)
    return stock


def mapping_yaml(*, courier_known: bool = False) -> str:
    """The mapping file an operator would have written for this chain."""
    lines = ["version: 1", "sites:", f"  - id: {SITE}", "    currency: SEK", "    timezone: Europe/Stockholm", "    stores:"]
    for number, shop in enumerate(SHOPS, start=1):
        lines += [
            f"      - name: {shop.name}",
            f"        centra_warehouse: {shop.centra}",
            f"        sitoo_store: {number}",
            "        sitoo_warehouses:",
        ]
        lines += [f"          - id: {warehouse}" for warehouse in shop.sellable]
        if shop.not_sellable is not None:
            lines += [f"          - id: {shop.not_sellable}", "            sellable: false"]
    lines += ["    central:", "      - name: Central warehouse", f"        centra_warehouse: {CENTRAL}", f"        sitoo_warehouse: {MIRROR}"]
    lines += [
        "centra:",
        f"  plan: {PLAN}",
        "  quota_share: 0.8",
        "sitoo:",
        "  api_users:",
        "    orders: orders",
        *orders_yaml(courier_known=courier_known),
    ]
    return "\n".join(lines) + "\n"


def fill(centra: Control, sitoo: Control, seed: int) -> dict[int, dict[str, int]]:
    """Put the chain into both sandboxes; the opening stock in Sitoo. Centra knows the same SKUs but has a fifth of the shelves wrong."""
    stock, rng = opening_stock(seed), random.Random(seed + 1)
    for number, sku in enumerate(SKUS):
        ean = f"73500{number:08d}"
        product, variant = 1001 + number // (len(_COLOURS) * len(_SIZES)), 40001 + number // len(_SIZES)
        centra.control("add_size", sku=sku, ean=ean, product_id=product, variant_id=variant)
        sitoo.control("add_product", sku=sku, barcode=ean)
    centra.control("add_warehouse", id=CENTRAL, name="Central", stock_master="CENTRA")
    for number, shop in enumerate(SHOPS, start=1):
        centra.control("add_warehouse", id=shop.centra, name=shop.name)
        for warehouse in (*shop.sellable, *(() if shop.not_sellable is None else (shop.not_sellable,))):
            sellable = warehouse in shop.sellable
            sitoo.control("add_warehouse", id=warehouse, name=f"{shop.name} {warehouse}", store_id=number, sellable=sellable)
            sitoo.control("receive", warehouse=warehouse, skus=stock[warehouse])
        for sku in SKUS:
            units = sum(stock[warehouse].get(sku, 0) for warehouse in shop.sellable)
            wrong = rng.random() < WRONG_IN_CENTRA
            centra.control("put_stock", warehouse=shop.centra, sku=sku, physical=units + rng.choice((1, 2, 3)) if wrong else units)
    fill_web(centra, sitoo, CENTRAL, SKUS, SHOPS[0].centra)
    return stock
