"""What the store-stock queue asks for: nudges and watchdogs drain a site, a `sku` message looks at one SKU in every store."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.flows.drain_store_stock import EXPECTED, Drained, drain, watch
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.parked import park_skus, resolve_sku
from connector.flows.store_stock.sitoo_orders import orders_to_read
from connector.runtime.parking import is_discarded
from connector.store.stock_levels import Mark

ContextOf = Callable[[int], DrainContext | None]
"""The drain context of a site; None when the mapping in force does not have the site or switches its stock off."""


@dataclass(frozen=True, slots=True)
class StockMessage:
    """A message from the queue: its id (for partial failures), its body, and the exception it belongs to, if any."""

    message_id: str
    body: str
    exception_id: str | None = None


@dataclass(slots=True)
class Taken:
    """What a batch came to: one `Drained` per site drained, the ids of messages to be delivered again, and how many were ignored."""

    drained: list[Drained] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    ignored: int = 0


def take_stock_messages(messages: Sequence[StockMessage], context_of: ContextOf, *, ends_at: float) -> Taken:
    """Mark first, then drain each nudged site once. A message nobody can read fails until the redrive policy moves it to the DLQ."""
    taken = Taken()
    nudged: dict[int, DrainContext] = {}
    watchdogs: list[tuple[DrainContext, str]] = []
    for message in messages:
        asked = _read(message.body)
        if asked is None:
            taken.failed.append(message.message_id)
            continue
        ctx = context_of(asked["site"])
        if ctx is None and asked["kind"] == "sku":
            # Somebody waits for this one: it comes back until the site is served again, or becomes an exception.
            taken.failed.append(message.message_id)
        elif ctx is None or is_discarded(ctx.cases, message.exception_id):
            taken.ignored += 1
        elif asked["kind"] == "watchdog":
            watchdogs.append((ctx, str(asked["id"])))
        else:
            try:
                _mark(ctx, asked)
            except EXPECTED:
                taken.failed.append(message.message_id)
            nudged[ctx.site.id] = ctx
    # Each watchdog guards one holder: it must be re-armed or act, whatever nudges came with it.
    taken.drained += [watch(ctx, watchdog, ends_at=ends_at) for ctx, watchdog in watchdogs]
    taken.drained += [drain(ctx, ends_at=ends_at) for ctx in nudged.values()]
    return taken


def _read(body: str) -> dict[str, Any] | None:
    """The message, or None when it is not one of ours: it fails until the redrive policy parks it, and people see it."""
    try:
        asked = json.loads(body)
    except ValueError:
        return None
    if not isinstance(asked, dict) or not isinstance(asked.get("site"), int):
        return None
    needed = {"nudge": (), "watchdog": ("id",), "sku": ("sku",)}.get(str(asked.get("kind")))
    return asked if needed is not None and all(asked.get(name) for name in needed) else None


def _mark(ctx: DrainContext, asked: dict[str, Any]) -> None:
    now = ctx.clock.now()
    if asked["kind"] == "sku":
        sku = str(asked["sku"])
        # Only people send these (a redrive, a choice in the map): what was not there a minute ago may be there now.
        ctx.skus.forget(sku)
        entries, problems = ctx.skus.find([sku])
        if sku in entries:
            ctx.levels.mark(ctx.site.id, [Mark(store.centra_warehouse, sku) for store in ctx.stores], now)
            resolve_sku(ctx, sku)
        else:
            park_skus(ctx, problems)
    elif asked.get("orders"):
        ctx.levels.mark(ctx.site.id, orders_to_read([int(order) for order in asked["orders"]]), now)
