"""How long web orders took to reach their stores, hand-outs to become shipments, and till refunds to become returns.

order_to_sitoo: from the moment the store may have it (placed, resumed, paid) until Sitoo has taken its first copy for that store.
hand_out_to_shipment: from staff handing out until Centra shows the completed shipment. refund_to_return: from the till's refund until Centra's
return is completed. The first and the third end with the connector's own note, written right after the vendor's answer; the others are the vendors'.
What met a disturbance, from its beginning until RECOVERY_S after its end, is counted on a path of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connector.domain.order_keys import delivery_of, refund_of
from connector.domain.sitoo_order_keys import external_id
from connector.store.order_files import OrderFile
from sandbox.demo.chain import SHOPS
from sandbox.demo.journal import HeldBack, Journal, Window
from sandbox.demo.latency import DISTURBED, Reached
from sandbox.demo.web_seen import WebSeen

ORDER, HAND_OUT, REFUND = "order_to_sitoo", "hand_out_to_shipment", "refund_to_return"
RECOVERY_S = 15.0
ARRIVED = ("sent to the store", "found in the store")
SHIPPED_FIRST = "handed out, because Centra shipped it"
STORES = frozenset(shop.centra for shop in SHOPS)
BREAKS = ("429 storm", "Centra down")


def web_reached(web: WebSeen, journal: Journal) -> list[Reached]:
    """Every measured step; `key` is (order number, kind)."""
    measured = [*_to_stores(web, journal), *_to_shipments(web, journal), *_to_returns(web, journal)]
    return sorted((_on_its_path(one, journal.windows) for one in measured), key=lambda one: one.at)


def story_number(web: WebSeen, journal: Journal) -> int | None:
    """The order whose story is worth telling: it came back at a till, and has the most steps."""
    back = [b.number for b in journal.came_back if b.number in web.files and b.refund is not None]
    numbers = [number for number in back if number is not None] or list(web.files)
    return max(numbers, key=lambda number: len(web.files[number].steps), default=None)


def _to_stores(web: WebSeen, journal: Journal) -> Iterator[Reached]:
    for placed in journal.placed:
        file = web.files.get(placed.number)
        if file is None or math.isinf(placed.due_at):
            continue
        for warehouse in placed.parts:
            at = _noted(file, ARRIVED, external_id(placed.number, warehouse))
            if at is not None:
                yield Reached((placed.number, placed.kind), placed.due_at, max(0.0, at - placed.due_at), ORDER)


def _to_shipments(web: WebSeen, journal: Journal) -> Iterator[Reached]:
    handed = {h.delivery_id: h for h in journal.handed_over}
    kinds = {placed.number: placed.kind for placed in journal.placed}
    for number, order in web.orders.items():
        for shipment in order["shipments"]:
            hand = handed.get(delivery_of(shipment["external_id"] or "") or 0)
            if hand is not None and shipment["shipped_at"] is not None:
                yield Reached((number, kinds[number]), hand.at, shipment["shipped_at"] - hand.at, HAND_OUT)


def _to_returns(web: WebSeen, journal: Journal) -> Iterator[Reached]:
    for back in journal.came_back:
        file = web.files.get(back.number or 0)
        if back.refund is None or back.number is None or file is None:
            continue
        for made in web.orders[back.number]["returns"]:
            key = refund_of(made["external_id"] or "")
            at = _noted(file, ("return completed",), f"return {made['id']}") if key is not None and key[0] == back.refund else None
            if at is not None:
                yield Reached((back.number, back.kind), back.at, max(0.0, at - back.at), REFUND)


def _noted(file: OrderFile, what: Sequence[str], of: str) -> float | None:
    """When the connector noted this for the first time."""
    return next((step.at for step in file.steps if step.what in what and step.note.endswith(of)), None)


def _on_its_path(one: Reached, windows: Iterable[Window]) -> Reached:
    end = one.at + one.seconds
    hit = any(w.what in BREAKS and w.start < end and one.at < w.end + RECOVERY_S for w in windows)
    return Reached(one.key, one.at, one.seconds, f"{one.path} {DISTURBED}") if hit else one


def moved_by_orders(web: WebSeen, commits: Iterable[Mapping[str, Any]], journal: Journal) -> tuple[list[HeldBack], dict[int, str]]:
    """What web orders do to what may be sold: nothing on the whole, in two halves.

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
                    row = _movement(sales, copy["warehouse"], sku, n, near, labels, journal)
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
    return held, labels


def _shipped_first_at(file: OrderFile | None) -> float | None:
    return next((step.at for step in file.steps if step.what == SHIPPED_FIRST), None) if file is not None else None


def _movement(
    sales: list[Mapping[str, Any]], warehouse: int, sku: str, units: int, near: float | None, taken: dict[int, str], journal: Journal
) -> Mapping[str, Any] | None:
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
