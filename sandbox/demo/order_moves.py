"""What hand-outs and shipments of web orders move, for the plot of movements: Sitoo's log does not say which sales are hand-outs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connector.store.order_files import OrderFile
from sandbox.demo.chain import SHOPS
from sandbox.demo.journal import HeldBack, Journal
from sandbox.demo.web_seen import WebSeen

SHIPPED_FIRST = "handed out, because Centra shipped it"
STORES = frozenset(shop.centra for shop in SHOPS)


def tell_of_orders(journal: Journal, web: WebSeen, commits: Iterable[Mapping[str, Any]]) -> None:
    """Enter into the journal what web orders do to what may be sold: nothing on the whole, in two halves. `commits`: Sitoo's log of levels.

    A hand-out takes the unit from the shelf (a movement of Sitoo, which is labelled here) and Centra's shipment ends the promise; whichever comes
    first is made up for until the other one follows.
    """
    handed = {h.delivery_id: h.at for h in journal.handed_over}
    held: list[HeldBack] = []
    sales = [row for row in commits if row["kind"] == "sale"]
    labels: dict[int, str] = {}
    for number, copies in web.copies.items():
        for copy in copies:
            warehouse = int(copy["external_id"].split("-W")[1].split("-")[0])
            for delivery in copy["deliveries"]:
                if delivery["ignored_stock"] or delivery["cancelled"]:
                    continue
                units = {row["sku"]: int(delivery["units"].get(str(row["row"]), 0)) for row in copy["rows"] if row["sku"]}
                at = handed.get(delivery["id"])
                near = at if at is not None else _shipped_first_at(web.files.get(number))
                for sku, n in units.items():
                    row = _movement(sales, copy["warehouse"], sku, n, near, journal)
                    if row is not None:
                        labels[row["transaction_id"]] = "hand-out"
                        held.append(HeldBack(row["at"], (warehouse, sku), -n, "hand-out"))
    held += [
        HeldBack(shipment["shipped_at"], (line["warehouses"][0], line["sku"]), line["quantity"], "shipment")
        for order in web.orders.values()
        for shipment in order["shipments"]
        for line in (shipment["lines"] if shipment["shipped_at"] is not None else ())
        if line["warehouses"] and line["warehouses"][0] in STORES
    ]
    journal.held_back += held
    journal.paths |= labels


def _shipped_first_at(file: OrderFile | None) -> float | None:
    return next((step.at for step in file.steps if step.what == SHIPPED_FIRST), None) if file is not None else None


def _movement(sales: list[Mapping[str, Any]], warehouse: int, sku: str, units: int, near: float | None, journal: Journal) -> Mapping[str, Any] | None:
    """Sitoo's movement of a hand-out: the nearest in time of that article and number there, a sale of no till."""
    if near is None or not units:
        return None
    fits = [
        row
        for row in sales
        if row["warehouse"] == warehouse
        and row["sku"] == sku
        and row["change"] == -units
        and row["transaction_id"] not in journal.paths
        and abs(row["at"] - near) < 5.0
    ]
    return min(fits, key=lambda row: abs(row["at"] - near), default=None)
