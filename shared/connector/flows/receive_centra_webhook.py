"""Take a Centra webhook call: verify it, put its events on their queues, say what to answer.

An event is a nudge: consumers re-read the object, so order, duplicates and unknown actions do not matter here, and nothing
is validated beyond the id.
"""

from __future__ import annotations

from typing import Any

from connector.centra import webhook
from connector.flows.sorted_events import Receipt, SortedEvents, whole_number, word
from connector.runtime.front_door import FrontDoor
from connector.runtime.http_event import Request
from connector.runtime.queues import Work

WORK_OF = {
    "order": Work.ORDERS,
    "shipment": Work.FULFILMENTS,
    "allocation_request": Work.FULFILMENTS,
    "check_first": Work.FULFILMENTS,
    "return": Work.RETURNS,
}
IGNORED = frozenset({"customer", "account"})
"""Known, and none of this connector's business: acknowledged and dropped."""
MOVES_STOCK = frozenset({"order", "shipment", "return", "allocation_request"})

WORKS = (Work.STORE_STOCK, Work.ORDERS, Work.FULFILMENTS, Work.RETURNS, Work.UNKNOWN)
"""The queues this receiver writes to."""


def receive_centra_webhook(request: Request, door: FrontDoor) -> Receipt:
    """200 once SQS has confirmed every message, 401 for a wrong or stale signature. Raises when it could not store or could not know: answer 503."""
    verdict = _verdict(request, door)
    if verdict is not webhook.Verdict.VALID:
        return Receipt(401, verdict.value)
    found = SortedEvents("centra")
    found.read(request.body, webhook.parse_events, webhook.Unparsable, lambda event: _sort(event, door.sites, found))
    found.store(door.queues, request, "centra")
    return Receipt(200, verdict.value, found.counts())


def _verdict(request: Request, door: FrontDoor) -> webhook.Verdict:
    header, now = request.headers.get(webhook.SIGNATURE_HEADER), door.clock.now()
    verdict = webhook.verify(header, request.body, webhook.accepted_secrets(door.secret.current()), now)
    if verdict is webhook.Verdict.WRONG and (newer := door.secret.newer()) is not None:
        verdict = webhook.verify(header, request.body, webhook.accepted_secrets(newer), now)
    return verdict


def _sort(event: object, sites: tuple[int, ...], found: SortedEvents) -> None:
    kind = word(event.get("type")) if isinstance(event, dict) else ""
    if not isinstance(event, dict) or (kind not in WORK_OF and kind not in IGNORED):
        found.set_aside("unknown event type", event)
        return
    if kind in IGNORED:
        found.ignored += 1
        return
    if kind in MOVES_STOCK:
        found.nudges.update(sites)
    number = whole_number(event.get("id"))
    if number is None:
        found.set_aside("no usable id", event)
        return
    message: dict[str, Any] = {"type": kind, "id": number, "action": word(event.get("action"))}
    if (order := _order_number(event)) is not None:
        message["order"] = order
    found.put(WORK_OF[kind], message)


def _order_number(event: dict[str, Any]) -> int | None:
    """`data.order.number`: sources disagree whether the id of an allocation request is its own or the order's (unconfirmed), so both are kept."""
    data = event.get("data")
    order = data.get("order") if isinstance(data, dict) else None
    return whole_number(order.get("number")) if isinstance(order, dict) else None
