"""What the returns flow must look at again by itself: an order's file says when, the minute's sweep sends it."""

from __future__ import annotations

from dataclasses import replace

from connector.flows.nudge_store_stock import compact
from connector.flows.orders.order_turn import OrderTurn
from connector.store.order_files import OrderFile, ReturnWatch, ShippingState

FINISHED_LOOKED_AT_AFTER_S = (3_600.0, 21_600.0, 86_400.0, 259_200.0)
"""A finished refund is looked at again this long after it was first seen: a movement of stock or a second refund may come late, untold."""
FINISHED = "its stock and its refund"
"""What is still watched of a refund that went through."""


def due_watches(file: OrderFile, now: float, site: int) -> list[str]:
    """A site's messages for the returns queue: it looks after the refunds of its tills, whichever site had the order first."""
    return [_body(file, watch, site) for watch in file.watches if watch.look_at <= now and (watch.site or file.site) == site]


def watched(turn: OrderTurn, refund: int) -> ReturnWatch:
    """What is known of the watch, or a new one, which is not stored."""
    now = turn.ctx.clock.now()
    return turn.file.watch_of(refund) or ReturnWatch(refund, now, now, site=turn.ctx.site.id if refund else 0)


def watch(turn: OrderTurn, refund: int, look_in_s: float, why: str) -> ReturnWatch:
    """Look at it again in so many seconds, whatever happens to its message; the order's file is stored."""
    changed = replace(watched(turn, refund), look_at=turn.ctx.clock.now() + look_in_s, why=why)
    turn.keep(turn.file.with_watch(changed))
    return changed


def watch_finished(turn: OrderTurn, refund: int, first_s: float) -> None:
    """A finished refund is looked at `first_s` after it was first seen, then ever more rarely, then no more."""
    now, fact = turn.ctx.clock.now(), f"watched:{refund}"
    if fact in turn.file.handled:
        end_watch(turn, refund)
        return
    known = watched(turn, refund)
    looks = [first_s, *(s for s in FINISHED_LOOKED_AT_AFTER_S if s > first_s)]
    left = [n for n, after in enumerate(looks) if known.since + after > now]
    if left:
        turn.keep(turn.file.with_watch(replace(known, look_at=known.since + looks[left[0]], looks=left[0], why=FINISHED)))
    else:
        end_watch(turn, refund, fact)


def end_watch(turn: OrderTurn, refund: int, *facts: str) -> None:
    """Nothing about it is waited for any more; the file is closed if that was all it was open for."""
    file = turn.file.without_watch(refund)
    shipping = any(s.state is not ShippingState.COMPLETED for s in file.shippings)
    is_open = file.is_open and bool(file.live_copies() or shipping or file.parked or file.watches or file.awaiting or file.look_at)
    changed = replace(file, handled=file.handled | set(facts), is_open=is_open)
    if changed != turn.stored:
        turn.keep(changed)


def _body(file: OrderFile, due: ReturnWatch, site: int) -> str:
    if due.refund:
        return compact({"v": 1, "source": "sitoo", "type": "order", "site": site, "id": due.refund, "action": "watch"})
    return compact({"v": 1, "source": "poll", "type": "returns_of", "id": file.number})
