"""Take a Sitoo event call: verify it, put its events on their queues, say what to answer.

Sitoo sends an array in order, again and again until it gets a 200, and holds everything behind it meanwhile: so nothing is validated
here beyond ids. Its `event_id`s are not remembered: every message is a nudge to re-read an object, so a doubled event costs a look and
changes nothing, while a table of ids seen would be one more write that can fail between SQS and the answer.

An order that is closed as it is added was rung up at a till: the returns flow, which books it, hands on what concerns others. So the hundreds of
sales of an hour do not stand before the web orders that stores hand out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connector.flows.sorted_events import Receipt, SortedEvents, whole_number, word
from connector.runtime.front_door import FrontDoor
from connector.runtime.http_event import Request
from connector.runtime.queues import Work
from connector.sitoo import webhook

ORDER_EVENTS = frozenset({"order", "booking", "order-delivery"})
REPORT_EVENTS = frozenset({"z-report", "store-z-report"})
STOCK_ONLY_EVENTS = frozenset({"warehouse-transaction", "shipment", "shipment-v3"})
"""They say that stock moved; the drain reads the feed itself, so there is nothing else to store."""

RESERVING_EVENTS = frozenset({"order", "booking"})
"""They may change reservations, of which no feed tells. A delivery moves goods, which the feed tells."""
SOLD_AT_A_TILL = {"action": "add", "state": "closed"}
"""An order that is closed as it is added reserves nothing; its goods moved, which the feed tells. No copy of a web order is added closed."""

WORKS = (Work.STORE_STOCK, Work.FULFILMENTS, Work.RETURNS, Work.UNKNOWN)
"""The queues this receiver writes to."""


def receive_sitoo_events(request: Request, door: FrontDoor) -> Receipt:
    """200 once SQS has confirmed every message, 401 for wrong credentials. Raises when it could not store or could not know: answer 503."""
    if not _authentic(request, door):
        return Receipt(401, "wrong credentials")
    found = SortedEvents("sitoo")
    of_orders = _OfOrders()
    found.read(request.body, webhook.parse_events, webhook.Unparsable, lambda event: _sort(event, door.sites, found, of_orders))
    of_orders.put(found)
    found.store(door.queues, request, "event")
    return Receipt(200, "valid", found.counts())


def _authentic(request: Request, door: FrontDoor) -> bool:
    header = request.headers.get("authorization")
    if webhook.verify(header, webhook.accepted_credentials(door.secret.current())):
        return True
    newer = door.secret.newer()
    return newer is not None and webhook.verify(header, webhook.accepted_credentials(newer))


@dataclass(slots=True)
class _OfOrders:
    """The order events of one call: `others` are those of orders that were not just `sold` (site, order id) at a till."""

    sold: set[tuple[int, int]] = field(default_factory=set)
    others: list[dict[str, Any]] = field(default_factory=list)

    def add(self, message: dict[str, Any], happened: dict[str, str], found: SortedEvents) -> None:
        if message["type"] == "order" and happened == SOLD_AT_A_TILL:
            self.sold.add((message["site"], message["id"]))
            found.put(Work.RETURNS, message)
        else:
            self.others.append(message)

    def put(self, found: SortedEvents) -> None:
        """What else a call tells of a sale (its goods were handed over, its receipt was mailed) says nothing new, unless its state changed."""
        for message in self.others:
            if "state" in message or (message["site"], message["id"]) not in self.sold:
                found.put(Work.FULFILMENTS, message)


def _sort(event: object, sites: tuple[int, ...], found: SortedEvents, of_orders: _OfOrders) -> None:
    kind = word(event.get("event_type")) if isinstance(event, dict) else ""
    if not isinstance(event, dict) or kind not in ORDER_EVENTS | REPORT_EVENTS | STOCK_ONLY_EVENTS:
        found.set_aside("unknown event type", event)
        return
    found_data = event.get("data")
    data: dict[str, Any] = found_data if isinstance(found_data, dict) else {}
    named = whole_number(data.get("eshop_id"))
    if named is not None and named not in sites:
        found.set_aside("site is not configured", event, named)
        return
    if kind not in REPORT_EVENTS:
        # The fields of stock events are not documented: without a site, every site looks.
        found.nudges.update(sites if named is None else (named,))
    site = named if named is not None or len(sites) > 1 else sites[0]
    if kind in ORDER_EVENTS:
        _sort_order(kind, site, event, data, found, of_orders)
    elif kind in REPORT_EVENTS:
        found.put(Work.RETURNS, {"type": kind, "site": site, "ids": _ids(data)})


def _sort_order(kind: str, site: int | None, event: dict[str, Any], data: dict[str, Any], found: SortedEvents, of_orders: _OfOrders) -> None:
    order = whole_number(data.get("order_id"))
    if site is None or order is None:
        found.set_aside("no usable id", event)
        return
    happened = _what_happened(data)
    message: dict[str, Any] = {"type": kind, "site": site, "id": order, **happened}
    if (delivery := whole_number(data.get("order_delivery_id"))) is not None:
        message["delivery"] = delivery
    of_orders.add(message, happened, found)
    if kind in RESERVING_EVENTS and happened != SOLD_AT_A_TILL:
        found.orders_to_read.setdefault(site, set()).add(order)


def _what_happened(data: dict[str, Any]) -> dict[str, str]:
    """`closed` comes as a changed state of an update or, in older texts, as a type of its own (unconfirmed): both read the same."""
    action, state = word(data.get("order_event_type")), word(data.get("order_state_changed"))
    if action == "closed":
        action, state = "update", "closed"
    return {"action": action, "state": state} if state else {"action": action}


def _ids(data: dict[str, Any]) -> dict[str, int]:
    """Every id in the event: the fields of Z-report events are not documented (unconfirmed)."""
    found = {word(name): whole_number(value) for name, value in data.items() if str(name).endswith("id")}
    return {name: number for name, number in found.items() if name and number is not None}
