"""A batch of the fulfilments queue: what stores did, shipments and allocation requests in Centra, and the minute's sweep."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.domain.exceptions import Kind
from connector.domain.sitoo_order_keys import parse
from connector.flows.nudge_store_stock import compact
from connector.flows.orders.come_back import come_back
from connector.flows.orders.context import OrderContext
from connector.flows.orders.order_turn import about_copy, order_turn
from connector.flows.orders.read_together import ReadTogether
from connector.flows.orders.record_fulfilment import record_fulfilment
from connector.flows.orders.refusals import park_refusal
from connector.flows.orders.sweep import sweep
from connector.flows.orders.take_order_messages import LATEST_START_S, OrderMessage
from connector.flows.orders.till_orders import LOOK, take_till_order
from connector.flows.orders.trouble import PASSING, REFUSED, postpone
from connector.flows.orders.unforeseen import tell_unforeseen
from connector.runtime.parking import is_discarded
from connector.runtime.queues import Work
from connector.store.leases import LeaseLost
from connector.store.order_files import FileChanged

ADDED_SEEN_AFTER_S = 5
"""The event of a copy we just posted may overtake our own record of it: an unknown new order is looked at only this much later."""
GATHERED_S = 15
"""Whatever else comes about unknown orders (most are till sales that were dealt with) is looked at together at the next full 15 s: a request for
ten of them instead of one for each. What stores do with copies is known by our record of them and never waits."""
ENDED = ("closed", "cancelled")
LAST = {"sweep": 3, "shipment": 2, "allocation_request": 2, "check_first": 2}
"""What is taken last of a batch: a sweep reads for seconds, and Centra's events are handed on only."""


@dataclass(slots=True)
class TakenFulfilments:
    """`failed`: ids of messages to deliver again. `done`, `later`, `ignored` as for orders; `passed_on`: handed to the orders or returns queue."""

    failed: list[str] = field(default_factory=list)
    done: int = 0
    later: int = 0
    ignored: int = 0
    passed_on: int = 0


ContextOf = Callable[[int], OrderContext | None]


def take_fulfilment_messages(messages: Sequence[OrderMessage], context_of: ContextOf, sites: Sequence[int], *, ends_at: float) -> TakenFulfilments:
    """See take_order_messages; the same promises."""
    taken = TakenFulfilments()
    contexts = {site: ctx for site in sites if (ctx := context_of(site)) is not None}
    seen: set[str] = set()
    batch = sorted(((message, _read(message.body)) for message in messages), key=lambda one: _place(one[1]))
    together = ReadTogether(asked for _, asked in batch)
    for message, asked in batch:
        if not contexts or is_discarded(next(iter(contexts.values())).cases, message.exception_id):
            taken.ignored += 1
        elif asked is None:
            taken.failed.append(message.message_id)
        elif (fact := _fact(asked)) in seen and not message.exception_id:
            taken.ignored += 1
        else:
            seen.add(fact)
            try:
                _take(contexts, asked, message, ends_at, together, taken)
            except Exception as unforeseen:
                # One message that nobody foresaw must not take the others of its batch with it.
                tell_unforeseen(f"a message about {asked['type']} {asked.get('id')}", unforeseen)
                taken.failed.append(message.message_id)
    return taken


def _place(asked: dict[str, Any] | None) -> int:
    """Of several events of an order the one that says that it ended comes first, because it waits for nothing."""
    return 0 if asked is None or asked.get("state") in ENDED else LAST.get(asked["type"], 1)


def _fact(asked: dict[str, Any]) -> str:
    """What a message makes somebody look at: one look at a Sitoo order serves all events of a batch, but for its creation, which has its own rule."""
    kind = "order" if asked.get("type") == "order-delivery" and asked.get("source") == "sitoo" else asked.get("type")
    added = asked.get("action") == "add" and asked.get("type") == "order"
    return compact({"source": asked.get("source"), "type": kind, "site": asked.get("site"), "id": asked.get("id"), "added": added})


def _read(body: str) -> dict[str, Any] | None:
    try:
        asked = json.loads(body)
    except ValueError:
        return None
    if not isinstance(asked, dict):
        return None
    kind, source = asked.get("type"), asked.get("source")
    if kind == "sweep":
        return asked if isinstance(asked.get("site"), int) else None
    if source == "sitoo" and kind in ("order", "order-delivery", "booking"):
        return asked if isinstance(asked.get("site"), int) and isinstance(asked.get("id"), int) else None
    return asked if kind in ("shipment", "allocation_request", "check_first") and isinstance(asked.get("id"), int) else None


def _take(
    contexts: dict[int, OrderContext], asked: dict[str, Any], message: OrderMessage, ends_at: float, together: ReadTogether, taken: TakenFulfilments
) -> None:
    anyone = next(iter(contexts.values()))
    ctx = contexts.get(asked.get("site", anyone.site.id))
    if ctx is None or asked["type"] == "booking":
        taken.ignored += 1
        return
    try:
        if ends_at - ctx.clock.now() < LATEST_START_S:
            come_back(ctx, Work.FULFILMENTS, asked, message.body, TimeoutError("no time left"))
            taken.later += 1
        elif asked["type"] == "sweep":
            taken.passed_on += sweep(ctx)
        elif asked["type"] in ("order", "order-delivery"):
            _sitoo_order(ctx, asked, message, together, taken)
        else:
            _centra_event(ctx, asked, taken)
    except PASSING as passing:
        come_back(ctx, Work.FULFILMENTS, asked, message.body, passing)
        taken.later += 1


def _sitoo_order(ctx: OrderContext, asked: dict[str, Any], message: OrderMessage, together: ReadTogether, taken: TakenFulfilments) -> None:
    """Events of our copies go to their order; of till orders to their own flows. What the event says is not believed, only what it names."""
    order_id = int(asked["id"])
    number = ctx.files.number_of(order_id)
    if number is None:
        number = _find_owner(ctx, asked, message, together, taken)
        if number is None:
            return
    elif asked["type"] == "order" and asked.get("action") == "add":
        taken.ignored += 1
        return
    with order_turn(ctx, number) as turn:
        try:
            copy = next((c for c in turn.file.copies if c.sitoo_order_id == order_id), None)
            if copy is None or not turn.is_ours(copy):
                ctx.queues.send(Work.ORDERS, [compact({"v": 1, "source": "flow", "type": "order", "id": number})])
                taken.passed_on += 1
                return
            order = ctx.centra.orders([number]).get(number)
            if order is None:
                taken.ignored += 1
                return
            record_fulfilment(turn, order, copy, message.body, redriven=message.exception_id is not None)
            turn.resolve(Kind.VENDOR_REFUSED, about=about_copy(order_id), note="what the store did went through")
            taken.done += 1
        except (LeaseLost, FileChanged):
            raise
        except PASSING as passing:
            postpone(turn, Work.FULFILMENTS, message.body, passing)
            taken.later += 1
        except REFUSED as refused:
            park_refusal(turn, Work.FULFILMENTS, message.body, refused, about=about_copy(order_id))
            taken.done += 1


def _find_owner(ctx: OrderContext, asked: dict[str, Any], message: OrderMessage, together: ReadTogether, taken: TakenFulfilments) -> int | None:
    """The Centra order of a Sitoo order we have no record of: ours by its externalid, or a till's own (then None, and it was dealt with)."""
    if message.exception_id is None and (wait_s := _can_wait(asked, ctx.clock.now())):
        ctx.queues.send(Work.FULFILMENTS, [compact({**asked, "again": 1})], delay_s=wait_s)
        taken.later += 1
        return None
    order = together.get(ctx, int(asked["id"]))
    if order is None:
        taken.ignored += 1
        return None
    ours = parse(order.external_id) if order.external_id else None
    if ours is not None:
        ctx.files.know_sitoo_order(order.id, ours[0])
        return ours[0]
    taken.passed_on += take_till_order(ctx, order, message.body, delivery=asked["type"] == "order-delivery")
    return None


def _can_wait(asked: dict[str, Any], now: float) -> int:
    """For how many seconds an event of an unknown order can wait; 0: it cannot, it has, or it is no event but our own wish."""
    if asked.get("again") or asked.get("action") == LOOK or asked.get("state") in ENDED:
        return 0
    return ADDED_SEEN_AFTER_S if asked.get("action") == "add" and asked["type"] == "order" else GATHERED_S - int(now) % GATHERED_S


def _centra_event(ctx: OrderContext, asked: dict[str, Any], taken: TakenFulfilments) -> None:
    """A shipment or allocation request of Centra concerns its order: the order flow reads all of it anew."""
    number = asked.get("order") or (asked["id"] if asked["type"] == "check_first" else None)
    if number is None and asked["type"] == "shipment":
        number = ctx.centra.order_of_shipment(int(asked["id"]))
    if number is None:
        taken.ignored += 1
        return
    ctx.queues.send(Work.ORDERS, [compact({"v": 1, "source": "flow", "type": "order", "id": int(number)})])
    taken.passed_on += 1
