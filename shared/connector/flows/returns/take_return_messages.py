"""A batch of the returns queue: till orders for the ledger and their refunds, and returns made in Centra."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from connector.domain.order_keys import refund_of
from connector.flows.orders.come_back import come_back
from connector.flows.orders.context import OrderContext
from connector.flows.orders.order_turn import OrderTurn, order_entity, order_turn
from connector.flows.orders.read_together import ReadTogether
from connector.flows.orders.take_order_messages import LATEST_START_S, OrderMessage
from connector.flows.orders.till_orders import MOVED, concerns_more_than_the_books, hand_to_fulfilments
from connector.flows.orders.trouble import PASSING, REFUSED, SHORTEST_WAIT_S, Postponed, postpone, wait_after
from connector.flows.orders.unforeseen import tell_unforeseen
from connector.flows.orders.watches import end_watch
from connector.flows.returns.book_till_order import book_till_order
from connector.flows.returns.centra_returns import take_centra_returns
from connector.flows.returns.record_refund import record_refund
from connector.flows.returns.record_return import deleted_return
from connector.flows.returns.told import tell_refused
from connector.runtime.parking import is_discarded
from connector.runtime.queues import Work
from connector.store.leases import LeaseLost
from connector.store.order_files import FileChanged

LATER_ISSUES = frozenset({"z-report", "store-z-report"})
"""Known events that nothing here needs: closing the day reads Z-reports by itself."""


@dataclass(slots=True)
class TakenReturns:
    """`failed`: ids of messages to deliver again. `done`, `later`, `ignored` as for orders; `passed_on`: handed to the fulfilments queue."""

    failed: list[str] = field(default_factory=list)
    done: int = 0
    later: int = 0
    ignored: int = 0
    passed_on: int = 0


ContextOf = Callable[[int], OrderContext | None]


def take_return_messages(messages: Sequence[OrderMessage], context_of: ContextOf, sites: Sequence[int], *, ends_at: float) -> TakenReturns:
    """See take_order_messages; the same promises."""
    taken = TakenReturns()
    contexts = {site: ctx for site in sites if (ctx := context_of(site)) is not None}
    # Tills first: a refund is waited for, what Centra tells of its returns is known already as a rule.
    batch = sorted(((message, _read(message.body)) for message in messages), key=lambda one: one[1] is not None and one[1].get("source") != "sitoo")
    together = ReadTogether(asked for _, asked in batch)
    seen: set[tuple[int, int, bool]] = set()
    for message, asked in batch:
        if asked is None:
            taken.failed.append(message.message_id)
            continue
        some = [contexts[asked["site"]]] if asked.get("site") in contexts else list(contexts.values()) if "site" not in asked else []
        some = [ctx for ctx in some if ctx.mapping.switches.sync_returns or _is_event_of_till(asked)]
        if not some or asked["type"] in LATER_ISSUES or is_discarded(some[0].cases, message.exception_id):
            taken.ignored += 1
            continue
        if asked.get("source") == "sitoo" and not message.exception_id:
            fact = (asked["site"], asked["id"], asked.get("action") == MOVED)
            if fact in seen:
                taken.ignored += 1
                continue
            seen.add(fact)
        again: list[Exception] = []
        for ctx in some:
            try:
                _take(ctx, asked, message, ends_at, together, taken)
            except PASSING as passing:
                taken.later += 1
                again.append(passing)
            except Exception as unforeseen:
                # One message that nobody foresaw must not take the others of its batch with it.
                tell_unforeseen(f"a message about {asked['type']} {asked.get('id')}", unforeseen)
                taken.failed.append(message.message_id)
        if again and message.message_id not in taken.failed:
            # However many sites cannot go on, one message comes back: it is for all of them.
            come_back(some[0], Work.RETURNS, asked, message.body, min(again, key=lambda failure: wait_after(some[0], failure, 0)))
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


def _is_event_of_till(asked: dict[str, Any]) -> bool:
    """Sitoo's own event tells the order's new state; what other flows say of an order does not."""
    return asked.get("source") == "sitoo" and "state" in asked


def _take(ctx: OrderContext, asked: dict[str, Any], message: OrderMessage, ends_at: float, together: ReadTogether, taken: TakenReturns) -> None:
    """Raises trouble.PASSING when the message must come back, and none is on its way yet."""
    if ends_at - ctx.clock.now() < LATEST_START_S:
        raise Postponed(SHORTEST_WAIT_S, "no time left")
    if asked.get("source") == "sitoo":
        _till_order(ctx, asked, message, together, taken)
        return
    number = int(asked["id"]) if asked["type"] == "returns_of" else asked.get("order") or _order_of_return(ctx, int(asked["id"]))
    if number is None:
        taken.ignored += 1
    else:
        _on_order(ctx, int(number), order_entity(int(number)), 0, message, taken, lambda turn: take_centra_returns(turn, message.body))


def _order_of_return(ctx: OrderContext, return_id: int) -> int | None:
    """The order whose returns must be looked at; None when there is nothing to see: Centra tells of what we make too, twice at least.

    A return that is gone but was recorded in Sitoo is looked into as well.
    """
    found = ctx.centra.return_with_order(return_id)
    if found is None:
        return ctx.files.number_of(deleted_return(return_id))
    number, made = found
    return None if refund_of(made.external_id) is not None and not made.refunds else number


def _till_order(ctx: OrderContext, asked: dict[str, Any], message: OrderMessage, together: ReadTogether, taken: TakenReturns) -> None:
    """Whoever looks at a till's order first hands on what has work in the fulfilments flow as well; that flow then tells of it again."""
    order_id, switches = int(asked["id"]), ctx.mapping.switches
    refund = together.get(ctx, order_id)
    if refund is not None and _is_event_of_till(asked) and switches.sync_orders and concerns_more_than_the_books(ctx, refund):
        hand_to_fulfilments(ctx, [refund])
        taken.passed_on += 1
        return
    if refund is None or not switches.sync_returns:
        taken.ignored += 1
        return
    parts = book_till_order(ctx, refund, message.body)
    if not parts:
        taken.done += 1
    moved = asked.get("action") == MOVED
    for one in parts:
        _on_order(ctx, one.number, one.entity, order_id, message, taken, partial(record_refund, booked=one, body=message.body, moved=moved))


def _on_order(
    ctx: OrderContext, number: int, entity: str, watched: int, message: OrderMessage, taken: TakenReturns, work: Callable[[OrderTurn], None]
) -> None:
    """`entity`: what a refusal is about; `watched`: its watch (ReturnWatch.refund), which ends: what a vendor refused waits for people."""
    with order_turn(ctx, number) as turn:
        try:
            work(turn)
            taken.done += 1
        except (LeaseLost, FileChanged):
            raise
        except PASSING as passing:
            postpone(turn, Work.RETURNS, message.body, passing)
            taken.later += 1
        except REFUSED as refused:
            tell_refused(turn, entity, refused, message.body)
            end_watch(turn, watched)
            taken.done += 1
