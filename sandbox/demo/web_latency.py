"""How long web orders took to reach their stores, hand-outs to become shipments, and till refunds to become returns.

order_to_sitoo: from the moment the store may have it (placed, resumed, paid) until Sitoo has taken its first copy for that store.
hand_out_to_shipment: from staff handing out until Centra shows the completed shipment. refund_to_return: from the till's refund until Centra's
return is completed. The first and the third end with the connector's own note, written right after the vendor's answer; the others are the vendors'.
What met a disturbance, from its beginning until RECOVERY_S after its end, is counted on a path of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from connector.domain.order_keys import delivery_of, refund_of
from connector.domain.sitoo_order_keys import external_id
from connector.store.order_files import OrderFile
from sandbox.demo.journal import Journal, Window
from sandbox.demo.latency import DISTURBED, Reached
from sandbox.demo.web_seen import WebSeen

ORDER, HAND_OUT, REFUND = "order_to_sitoo", "hand_out_to_shipment", "refund_to_return"
RECOVERY_S = 15.0
ARRIVED = ("sent to the store", "found in the store")
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
