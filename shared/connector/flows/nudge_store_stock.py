"""Nudges: messages that make the store-stock drain look, without saying what it will find."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from connector.runtime.queues import Queues, Work


def nudge_body(site: int, reason: str, orders: Iterable[int] = ()) -> str:
    """`reason` (event | poll | mapping | centra | redrive | due | retry | handover) is told for the log only; the drain reads everything anew.

    `orders`: Sitoo orders whose SKUs must be looked at, because no feed tells of their reservations.
    """
    named = sorted(set(orders))
    return compact({"v": 1, "kind": "nudge", "site": site, "reason": reason} | ({"orders": named} if named else {}))


def nudge_store_stock(queues: Queues, sites: Iterable[int], reason: str, orders: Mapping[int, Iterable[int]] | None = None) -> None:
    """One nudge per site, naming that site's `orders`; raises QueueUnavailable unless all are stored."""
    named = orders or {}
    bodies = [nudge_body(site, reason, named.get(site, ())) for site in sorted(set(sites))]
    if bodies:
        queues.send(Work.STORE_STOCK, bodies)


def compact(document: object) -> str:
    """A message body: JSON without blanks."""
    return json.dumps(document, separators=(",", ":"))
