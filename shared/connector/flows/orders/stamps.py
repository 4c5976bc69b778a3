"""What the connector notes on a Centra order for people who look at it there: since when it is ready for pick-up.

In an attribute that the client configured, or else as a line of the order's internal comment. Centra can only replace a comment (centra-api §3.8):
it is read, and written back with the line added, so that what people wrote there stays.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from connector.centra.errors import Refused
from connector.domain.exceptions import Kind
from connector.flows.orders.order_turn import STAMP, OrderTurn
from connector.flows.orders.refusals import park_refusal
from connector.runtime.queues import Work
from connector.store.order_files import Copy


def stamp_ready(turn: OrderTurn, copy: Copy, body: str) -> None:
    """Once per copy, and again when people send back that it was refused. Goods that were handed out do not wait for it."""
    fact = f"stamped:{copy.external_id}"
    if not copy.ready_at or (fact in turn.file.handled and not turn.sent_back_at(Kind.VENDOR_REFUSED, STAMP)):
        return
    stamps = turn.ctx.settings.stamps
    try:
        if stamps.attribute:
            _write(turn, stamps.attribute, stamps.ready_element, str(int(copy.ready_at)))
        else:
            _comment(turn, _line(turn, copy))
        turn.resolve(Kind.VENDOR_REFUSED, about=STAMP)
    except Refused as refused:
        park_refusal(turn, Work.FULFILMENTS, body, refused, about=STAMP)
    turn.keep(replace(turn.file, handled=turn.file.handled | {fact}))


def _write(turn: OrderTurn, attribute: str, element: str, value: str) -> None:
    turn.hold()
    written = turn.ctx.centra.assign_attribute(turn.file.number, attribute, element, value)
    if written.errors:
        raise Refused(written.errors)


def _comment(turn: OrderTurn, line: str) -> None:
    turn.hold()
    before = turn.ctx.centra.internal_comment(turn.file.number)
    if line in before:
        return
    turn.hold()
    written = turn.ctx.centra.comment(turn.file.number, f"{before.rstrip()}\n{line}".lstrip())
    if written.errors:
        raise Refused(written.errors)


def _line(turn: OrderTurn, copy: Copy) -> str:
    store = turn.ctx.store_at(copy.warehouse)
    since = datetime.fromtimestamp(copy.ready_at, ZoneInfo(turn.ctx.site.timezone)).strftime("%Y-%m-%d %H:%M")
    return (
        f"Ready for pick-up in {store.name if store is not None else f'warehouse {copy.warehouse}'} since {since} (Sitoo order {copy.sitoo_order_id})"
    )
