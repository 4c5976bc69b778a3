"""A batch of the returns queue: till orders for the ledger and their refunds, and returns made in Centra."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.flows.orders.context import OrderContext
from connector.flows.orders.order_turn import order_turn
from connector.flows.orders.refusals import park_refusal
from connector.flows.orders.take_order_messages import LATEST_START_S, OrderMessage
from connector.flows.orders.trouble import PASSING, REFUSED, note_trouble, try_again_later
from connector.flows.returns.book_till_order import book_till_order
from connector.flows.returns.centra_returns import take_centra_returns
from connector.flows.returns.record_refund import record_refund
from connector.runtime.parking import is_discarded
from connector.runtime.queues import Work
from connector.store.leases import LeaseLost
from connector.store.order_files import FileChanged

LATER_ISSUES = frozenset({"z-report", "store-z-report"})
"""Known events that nothing here needs: closing the day reads Z-reports by itself."""


@dataclass(slots=True)
class TakenReturns:
    """`failed`: ids of messages to deliver again. `done`, `later`, `ignored` as for orders."""

    failed: list[str] = field(default_factory=list)
    done: int = 0
    later: int = 0
    ignored: int = 0


ContextOf = Callable[[int], OrderContext | None]


def take_return_messages(messages: Sequence[OrderMessage], context_of: ContextOf, sites: Sequence[int], *, ends_at: float) -> TakenReturns:
    """See take_order_messages; the same promises."""
    taken = TakenReturns()
    contexts = {site: ctx for site in sites if (ctx := context_of(site)) is not None}
    for message in messages:
        asked = _read(message.body)
        if asked is None:
            taken.failed.append(message.message_id)
            continue
        some = [contexts[asked["site"]]] if asked.get("site") in contexts else list(contexts.values()) if "site" not in asked else []
        if not some or asked["type"] in LATER_ISSUES or is_discarded(some[0].cases, message.exception_id):
            taken.ignored += 1
            continue
        for ctx in some:
            _take(ctx, asked, message, ends_at, taken)
    return taken


def _read(body: str) -> dict[str, Any] | None:
    try:
        asked = json.loads(body)
    except ValueError:
        return None
    if not isinstance(asked, dict):
        return None
    if asked.get("type") in LATER_ISSUES:
        return asked
    if asked.get("source") == "sitoo":
        return asked if asked.get("type") == "order" and isinstance(asked.get("site"), int) and isinstance(asked.get("id"), int) else None
    return asked if asked.get("type") in ("return", "returns_of") and isinstance(asked.get("id"), int) else None


def _take(ctx: OrderContext, asked: dict[str, Any], message: OrderMessage, ends_at: float, taken: TakenReturns) -> None:
    try:
        if ends_at - ctx.clock.now() < LATEST_START_S:
            try_again_later(ctx, Work.RETURNS, message.body, TimeoutError("no time left"))
            taken.later += 1
        elif asked.get("source") == "sitoo":
            _till_order(ctx, int(asked["id"]), message, taken)
        else:
            number = int(asked["id"]) if asked["type"] == "returns_of" else asked.get("order") or ctx.centra.order_of_return(int(asked["id"]))
            if number is None:
                taken.ignored += 1
            else:
                _on_order(ctx, int(number), message, taken, lambda turn: take_centra_returns(turn, message.body))
    except PASSING as passing:
        try_again_later(ctx, Work.RETURNS, message.body, passing)
        taken.later += 1


def _till_order(ctx: OrderContext, order_id: int, message: OrderMessage, taken: TakenReturns) -> None:
    found = ctx.sitoo.whole_orders(ids=[order_id])
    if not found:
        taken.ignored += 1
        return
    refund = found[0]
    number = book_till_order(ctx, refund, message.body)
    if number is None:
        taken.done += 1
        return
    _on_order(ctx, number, message, taken, lambda turn: record_refund(turn, refund, message.body))


def _on_order(ctx: OrderContext, number: int, message: OrderMessage, taken: TakenReturns, work: Callable[..., None]) -> None:
    with order_turn(ctx, number) as turn:
        try:
            work(turn)
            taken.done += 1
        except (LeaseLost, FileChanged):
            raise
        except PASSING as passing:
            note_trouble(turn, Work.RETURNS, message.body, passing)
            try_again_later(ctx, Work.RETURNS, message.body, passing, troubles=turn.file.troubles)
            taken.later += 1
        except REFUSED as refused:
            park_refusal(turn, Work.RETURNS, message.body, refused)
            taken.done += 1
