"""A batch of the orders queue: read the orders once, together, and bring each to where it belongs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from connector.centra.errors import Unreadable
from connector.centra.order_models import CentraOrder
from connector.flows.orders.context import OrderContext
from connector.flows.orders.forward_order import forward_order
from connector.flows.orders.order_turn import OrderTurn, order_turn
from connector.flows.orders.oversold import take_oversold
from connector.flows.orders.refusals import park_refusal
from connector.flows.orders.trouble import PASSING, REFUSED, postpone, try_again_later, wait_after
from connector.flows.orders.unforeseen import tell_unforeseen
from connector.runtime.parking import is_discarded
from connector.runtime.queues import Work
from connector.store.leases import LeaseLost
from connector.store.order_files import FileChanged

MOST_PER_READ = 10
STALE_S = 5.0
"""A reading older than this is not acted on: the batch's first orders took their time."""
LATEST_START_S = 20.0
"""An order is begun only with this much time left: its calls at their time-outs must fit."""


@dataclass(frozen=True, slots=True)
class OrderMessage:
    """A message of the queue; `exception_id` marks one that people sent back."""

    message_id: str
    body: str
    exception_id: str | None = None


@dataclass(slots=True)
class TakenOrders:
    """`failed`: ids of messages to deliver again. `done`, `later`, `ignored`: how many orders went through, wait, are none of ours."""

    failed: list[str] = field(default_factory=list)
    done: int = 0
    later: int = 0
    ignored: int = 0


ContextOf = Callable[[int], OrderContext | None]


def take_order_messages(messages: Sequence[OrderMessage], context_of: ContextOf, sites: Sequence[int], *, ends_at: float) -> TakenOrders:
    """Messages that cannot be read fail until the redrive policy parks them; all others are acknowledged once their order is safe or put back."""
    taken = TakenOrders()
    contexts = [ctx for ctx in map(context_of, sites) if ctx is not None]
    if not contexts:
        taken.ignored = len(messages)
        return taken
    wanted: dict[int, list[OrderMessage]] = {}
    for message in messages:
        if is_discarded(contexts[0].cases, message.exception_id):
            taken.ignored += 1
            continue
        asked = read_message(message.body)
        if asked is None:
            taken.failed.append(message.message_id)
        elif asked["type"] == "oversold":
            try:
                _take_oversold(context_of, asked, message, taken)
            except Exception as unforeseen:
                tell_unforeseen("an oversell", unforeseen)
                taken.failed.append(message.message_id)
        else:
            wanted.setdefault(int(asked["id"]), []).append(message)
    readings = _read(contexts[0], list(wanted))
    for number, of_order in wanted.items():
        reading = readings.get(number)
        if reading is None:
            taken.ignored += len(of_order)
            continue
        ends: list[End | Exception] = []
        for ctx in contexts:
            try:
                ends.append(_one(ctx, number, reading, of_order, ends_at, taken))
            except Exception as unforeseen:
                # One order that nobody foresaw must not take the others of its batch with it.
                tell_unforeseen(f"order {number}", unforeseen)
                taken.failed += [message.message_id for message in of_order]
        again = [end for end in ends if isinstance(end, Exception)]
        if again and End.POSTPONED not in ends and of_order[0].message_id not in taken.failed:
            # However many sites cannot go on, one message comes back: it is for all of them.
            try_again_later(contexts[0], Work.ORDERS, of_order[0].body, min(again, key=lambda failure: wait_after(contexts[0], failure, 0)))
    return taken


def read_message(body: str) -> dict[str, Any] | None:
    """The message, or None when it is not one of ours."""
    try:
        asked = json.loads(body)
    except ValueError:
        return None
    if not isinstance(asked, dict):
        return None
    if asked.get("type") == "oversold":
        return asked if all(isinstance(asked.get(name), int) for name in ("site", "warehouse")) and asked.get("sku") else None
    return asked if asked.get("type") == "order" and isinstance(asked.get("id"), int) else None


@dataclass(frozen=True, slots=True)
class Reading:
    """An order as Centra told it at `at` (unix s), or why it could not be read; `rev`: its file's revision just before."""

    order: CentraOrder | Exception
    at: float
    rev: int


def _read(ctx: OrderContext, numbers: Sequence[int]) -> dict[int, Reading]:
    """Every order in as few requests as may be; one that cannot be understood does not hold up the others."""
    readings: dict[int, Reading] = {}
    files = ctx.files.get_many(list(numbers)) if numbers else {}
    for start in range(0, len(numbers), MOST_PER_READ):
        chunk = numbers[start : start + MOST_PER_READ]
        at = ctx.clock.now()
        found: dict[int, CentraOrder | Exception] = {}
        try:
            found |= ctx.centra.orders(chunk)
        except Unreadable as unreadable:
            found |= _read_singly(ctx, chunk) if len(chunk) > 1 else {chunk[0]: unreadable}
        except (*PASSING, *REFUSED) as failure:
            found |= dict.fromkeys(chunk, failure)
        readings |= {n: Reading(order, at, files[n].rev if n in files else 0) for n, order in found.items()}
    return readings


def _read_singly(ctx: OrderContext, numbers: Sequence[int]) -> dict[int, CentraOrder | Exception]:
    orders: dict[int, CentraOrder | Exception] = {}
    for number in numbers:
        try:
            orders |= ctx.centra.orders([number])
        except (*PASSING, *REFUSED) as failure:
            orders[number] = failure
    return orders


def _fresh(turn: OrderTurn, reading: Reading) -> CentraOrder:
    """The order as read with its batch, or read again when that was long ago or somebody has worked on it since: never act on a stale reading."""
    if isinstance(reading.order, Exception):
        raise reading.order
    number = turn.file.number
    if turn.file.rev == reading.rev and turn.ctx.clock.now() - reading.at <= STALE_S:
        return reading.order
    turn.hold()
    return turn.ctx.centra.orders([number]).get(number, reading.order)


class End(Enum):
    """How it ended for a site: done (or parked), or postponed: a message that comes back is on its way."""

    DONE = 1
    POSTPONED = 2


def _one(ctx: OrderContext, number: int, reading: Reading, messages: Sequence[OrderMessage], ends_at: float, taken: TakenOrders) -> End | Exception:
    """A failure is returned when it must be tried again and nothing is on its way yet."""
    body, redriven = messages[0].body, any(m.exception_id for m in messages)
    if ends_at - ctx.clock.now() < LATEST_START_S:
        taken.later += 1
        return TimeoutError("no time left")
    try:
        with order_turn(ctx, number) as turn:
            try:
                forward_order(turn, _fresh(turn, reading), body, redriven=redriven)
            except (LeaseLost, FileChanged):
                raise
            except PASSING as passing:
                postpone(turn, Work.ORDERS, body, passing)
                taken.later += 1
                return End.POSTPONED
            except REFUSED as refused:
                park_refusal(turn, Work.ORDERS, body, refused)
        taken.done += 1
    except PASSING as passing:
        taken.later += 1
        return passing
    return End.DONE


def _take_oversold(context_of: ContextOf, asked: dict[str, Any], message: OrderMessage, taken: TakenOrders) -> None:
    ctx = context_of(asked["site"])
    if ctx is None:
        taken.ignored += 1
        return
    try:
        take_oversold(ctx, asked, message.body)
        taken.done += 1
    except PASSING as passing:
        try_again_later(ctx, Work.ORDERS, message.body, passing)
        taken.later += 1
