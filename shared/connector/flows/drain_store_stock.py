"""The store-stock drain: one holder per Sitoo site brings every dirty SKU to its target in Centra, whatever goes wrong on the way.

A nudge takes the site's lease or, when somebody holds it, leaves word (`wanted`) and is done. Before a lease is taken a delayed watchdog
is sent: should the holder die, the watchdog finds its lease expired and takes over. The holder passes until nothing is dirty and nobody
left word; at the end of its time it releases all the same and nudges its successor.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from enum import StrEnum

from connector.centra import errors as centra_errors
from connector.flows.nudge_store_stock import compact, nudge_body
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.drain_state import DrainState, load_state, save_state
from connector.flows.store_stock.one_pass import LATEST_START_S, Pass, run_pass
from connector.flows.store_stock.stuck import FAILURES_BEFORE_ALARM, drain_recovered, report_stuck
from connector.flows.store_stock.turn import LEASE_S, Turn, site_key
from connector.runtime.budget import BudgetExhausted
from connector.runtime.queues import Work
from connector.runtime.sitoo_lock import LockBusy
from connector.sitoo import errors as sitoo_errors
from connector.store.leases import Lease, LeaseLost

NAP_S = 0.25
LONGEST_NAP_S = 3.0
"""A shorter wait is slept through, listening for news; for a longer one the lease is given back and a delayed nudge wakes the next holder."""
FOLLOW_UP_S = 30
"""While there is trade, the feed is read at least this often even if events are lost."""
RETRY_S = 5


EXPECTED = (centra_errors.CentraError, sitoo_errors.SitooError, BudgetExhausted, LockBusy)
"""What vendors and their limits do. Anything else is a fault of ours or of AWS: it is logged whole, and it too must end in one open exception,
not in nudges that wear themselves out."""

_log = logging.getLogger(__name__)


class Ended(StrEnum):
    """How a nudge ended."""

    DRAINED = "drained"
    LEFT_WORD = "left word"
    NOTHING_TO_DO = "nothing to do"
    REARMED = "watchdog re-armed"
    OUT_OF_TIME = "out of time"
    FAILED = "failed"
    LEASE_LOST = "lease lost"


@dataclass(slots=True)
class Drained:
    """What one nudge came to, in counts (no SKUs: it is logged)."""

    ended: Ended
    passes: int = 0
    movements: int = 0
    sizes: int = 0
    mutations: int = 0
    error: str = ""


def watchdog_body(site: int, watchdog: str) -> str:
    return compact({"v": 1, "kind": "watchdog", "site": site, "id": watchdog})


def watch(ctx: DrainContext, watchdog: str, *, ends_at: float) -> Drained:
    """A watchdog came due: its holder is done (nothing to do), alive (look again when its lease ends), or dead (take over)."""
    lease = ctx.leases.peek(site_key(ctx.site.id))
    if lease is None or lease.watchdog != watchdog:
        return Drained(Ended.NOTHING_TO_DO)
    now = ctx.clock.now()
    if lease.expires_at > now:
        delay = math.ceil(lease.expires_at - now) + 1
        ctx.queues.send(Work.STORE_STOCK, [watchdog_body(ctx.site.id, watchdog)], delay_s=delay)
        return Drained(Ended.REARMED)
    return drain(ctx, ends_at=ends_at)


def drain(ctx: DrainContext, *, ends_at: float) -> Drained:
    """Take the site's lease and pass until nothing is left, or leave word for whoever holds it.

    `ends_at`: when this function must be gone (unix s).
    """
    key = site_key(ctx.site.id)
    if ctx.leases.want(key, ctx.clock.now()):
        return Drained(Ended.LEFT_WORD)
    watchdog = ctx.new_id()
    ctx.queues.send(Work.STORE_STOCK, [watchdog_body(ctx.site.id, watchdog)], delay_s=math.ceil(LEASE_S) + 1)
    lease = ctx.leases.acquire(key, ctx.new_id(), ctx.clock.now(), LEASE_S, watchdog)
    while lease is None:
        if ctx.leases.want(key, ctx.clock.now()):
            return Drained(Ended.LEFT_WORD)
        lease = ctx.leases.acquire(key, ctx.new_id(), ctx.clock.now(), LEASE_S, watchdog)
    return _hold(ctx, lease, ends_at)


def _hold(ctx: DrainContext, lease: Lease, ends_at: float) -> Drained:
    turn = Turn(ctx.leases, ctx.clock, lease, ends_at)
    drained = Drained(Ended.DRAINED)
    try:
        state = load_state(ctx)
        try:
            _pass_until_clean(ctx, turn, state, drained)
        except LeaseLost:
            raise
        except Exception as error:
            if not isinstance(error, EXPECTED):
                _log.exception("a pass failed unexpectedly")
            _fail(ctx, turn, state, drained, error)
    except LeaseLost:
        drained.ended = Ended.LEASE_LOST
    return drained


def _pass_until_clean(ctx: DrainContext, turn: Turn, state: DrainState, drained: Drained) -> None:
    while True:
        turn.hold()
        ctx.leases.clear_wanted(turn.site)
        done = run_pass(ctx, turn, state)
        _count(drained, done)
        if done.uncertain and not done.sizes:
            _count_failure(ctx, state, centra_errors.Uncertain("Centra does not say what became of the writes"))
        else:
            drain_recovered(ctx, state)
        now = ctx.clock.now()
        wait = done.next_at - now if done.next_at is not None else None
        if turn.time_left() < LATEST_START_S:
            _hand_over(ctx, turn, state, drained)
            return
        if wait is not None and wait <= LONGEST_NAP_S:
            # A pass that wrote nothing is never followed by another at once: whatever it waits for needs time.
            _nap(ctx, turn, wait if done.sizes else max(wait, NAP_S))
            continue
        _wake_later(ctx, state, done, drained, now)
        save_state(ctx, turn, state)
        if ctx.leases.release_unless_wanted(turn.site):
            return


def _count(drained: Drained, done: Pass) -> None:
    drained.passes += 1
    drained.movements += done.movements
    drained.sizes += done.sizes
    drained.mutations += done.mutations


def _nap(ctx: DrainContext, turn: Turn, seconds: float) -> None:
    """Wait, unless somebody leaves word: news may be more urgent than what is waited for."""
    wake_at = ctx.clock.now() + seconds
    while ctx.clock.now() < wake_at and not ctx.leases.is_wanted(turn.site.key):
        ctx.clock.sleep(min(NAP_S, wake_at - ctx.clock.now()))
        turn.hold()


def _wake_later(ctx: DrainContext, state: DrainState, done: Pass, drained: Drained, now: float) -> None:
    """Order one delayed nudge: for the next due row, and while there is trade for a follow-up. One under way and early enough serves too."""
    moments = [done.next_at] if done.next_at is not None else []
    if drained.movements:
        moments.append(now + FOLLOW_UP_S)
    if not moments:
        return
    wake_at = math.ceil(min(moments))
    if now < state.wake_at <= wake_at:
        return
    state.wake_at = wake_at
    ctx.queues.send(Work.STORE_STOCK, [nudge_body(ctx.site.id, "due")], delay_s=min(900, max(0, math.ceil(wake_at - now))))


def _hand_over(ctx: DrainContext, turn: Turn, state: DrainState, drained: Drained) -> None:
    """The nudge goes out after the release, whatever is left: word left in between would be lost with the lease."""
    drained.ended = Ended.OUT_OF_TIME
    save_state(ctx, turn, state)
    ctx.leases.release([turn.site])
    ctx.queues.send(Work.STORE_STOCK, [nudge_body(ctx.site.id, "handover")])


def _count_failure(ctx: DrainContext, state: DrainState, error: Exception) -> None:
    state.failing_since = state.failing_since or int(ctx.clock.now())
    state.failures += 1
    if state.failures >= FAILURES_BEFORE_ALARM:
        report_stuck(ctx, state, error)


def _fail(ctx: DrainContext, turn: Turn, state: DrainState, drained: Drained, error: Exception) -> None:
    """A vendor did not play along: try again soon; after a minute of failures tell a person. The nudge itself is never parked."""
    drained.ended, drained.error = Ended.FAILED, f"{type(error).__name__}: {error}"
    now = ctx.clock.now()
    until = getattr(error, "until", None)
    waits_for_quota = isinstance(error, BudgetExhausted | LockBusy | centra_errors.Throttled | sitoo_errors.Throttled)
    if not waits_for_quota:
        _count_failure(ctx, state, error)
    delay = max(1, math.ceil(until - now)) if until is not None else min(60, RETRY_S * 2 ** min(state.failures - 1, 4))
    state.wake_at = int(now) + delay
    save_state(ctx, turn, state)
    ctx.leases.release([turn.site])
    ctx.queues.send(Work.STORE_STOCK, [nudge_body(ctx.site.id, "retry")], delay_s=min(900, delay))
