"""From what both systems say to what is written and what is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector.domain.configuration import Lane
from connector.domain.exceptions import Kind
from connector.domain.stock_target import is_settled
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.drain_state import DrainState, Told, save_state
from connector.flows.store_stock.feed import blockers
from connector.flows.store_stock.looking import Look, owed_line, with_copies_reread
from connector.flows.store_stock.parked import EVERY_SKU, park_oversold, park_refused, park_refused_warehouse, park_unknown_stock, resolve_stock
from connector.flows.store_stock.turn import Turn
from connector.flows.store_stock.writing import REFUSALS_BEFORE_PARKING, Written, outcome, unsettled_until, write
from connector.store.stock_levels import Dirty, Key, Mark, Outcome, PendingWrite

SHIPPING_LOOK_AGAIN_S = 2.0
UNSURE_LOOK_AGAIN_S = 5.0
INCOMPLETE_LOOK_AGAIN_S = 1.0


def settle_looks(ctx: DrainContext, turn: Turn, state: DrainState, looks: Sequence[Look], dirty: Sequence[Dirty], lane: Lane) -> tuple[int, int, int]:
    """Write what differs, park what people must see, remember the rest; (sizes written, setStock calls confirmed, sizes of unknown outcome)."""
    confirmed = with_copies_reread(ctx, turn, [k for k in looks if _is_short(k)])
    looks = [confirmed.get(k.key, k) for k in looks]
    pending = ctx.levels.pending_writes(ctx.site.id)
    wanted, postponed = _decide(ctx, looks, dirty)
    to_write = [k for k in looks if k.key in wanted]
    written = write(ctx, turn, to_write, wanted, lane) if to_write else Written()
    unlisted = [k for k in looks if k.stock is None and k.target is not None and not k.unsure]
    written.refused |= {k.key: f"Centra lists no stock for size {k.entry.size_id}" for k in unlisted}
    _tell_people(ctx, turn, state, looks, written)
    for k in looks:
        for line in k.lines:
            if k.complete and is_settled(owed_line(line), k.counted_at):
                ctx.links.close(line)
    now = ctx.clock.now()
    unsettled = unsettled_until(pending, ctx.mapping.stock.settle_s)
    result = outcome(looks, wanted, written, postponed, unsettled, now)
    result = replace(result, settled_writes=[*result.settled_writes, *_agreed(pending, result, dirty, looks, ctx.mapping.stock.settle_s)])
    ctx.levels.settle(ctx.site.id, turn.site, result, now)
    return len(written.confirmed), len({w for w, _ in written.confirmed}), len(written.uncertain)


def _is_short(k: Look) -> bool:
    return k.target is not None and k.target.quantity < k.allocated


def _decide(ctx: DrainContext, looks: Sequence[Look], dirty: Sequence[Dirty]) -> tuple[dict[Key, int], dict[Key, float]]:
    """(quantities to write, sizes to look at later). Never below what Centra has allocated; what is unknown on either side writes nothing."""
    wanted: dict[Key, int] = {}
    postponed: dict[Key, float] = {}
    now = ctx.clock.now()
    for k in looks:
        if k.unsure:
            postponed[k.key] = now + UNSURE_LOOK_AGAIN_S
        if k.target is None or k.stock is None:
            continue
        quantity = max(k.target.quantity, k.allocated)
        if quantity > k.physical and not k.complete:
            postponed[k.key] = now + INCOMPLETE_LOOK_AGAIN_S
        elif quantity > k.physical and any(line.shipping_since is not None for line in k.lines):
            postponed[k.key] = now + SHIPPING_LOOK_AGAIN_S
        elif quantity > k.physical and _must_wait(ctx, k, dirty):
            postponed[k.key] = now
        elif quantity != k.physical:
            wanted[k.key] = quantity
    return wanted, postponed


def _must_wait(ctx: DrainContext, k: Look, dirty: Sequence[Dirty]) -> bool:
    """A raise found only now waits once for the decreases of its SKU pending elsewhere; one found in the feed has waited already."""
    if k.row.delta > 0 or k.row.blocked_by:
        return False
    waits_for = blockers(dirty, k.row.warehouse, k.row.sku)
    if waits_for:
        ctx.levels.mark(ctx.site.id, [Mark(k.row.warehouse, k.row.sku, 0, waits_for)], ctx.clock.now())
    return bool(waits_for)


def _tell_people(ctx: DrainContext, turn: Turn, state: DrainState, looks: Sequence[Look], written: Written) -> None:
    """Open an exception for what a person must see, resolve those that no longer hold. What is told is remembered before it is told."""
    holds: dict[Told, Look] = {}
    state.told |= {(Kind.VENDOR_REFUSED, (warehouse, EVERY_SKU)) for warehouse in written.refused_whole}
    for k in looks:
        if k.target is None and k.physical > 0:
            holds[Kind.UNKNOWN_STOCK, k.key] = k
        if _is_short(k):
            holds[Kind.OVERSOLD, k.key] = k
        if k.key in written.refused and k.row.refusals + 1 >= REFUSALS_BEFORE_PARKING:
            holds[Kind.VENDOR_REFUSED, k.key] = k
    if not holds.keys() <= state.told:
        state.told |= holds.keys()
        save_state(ctx, turn, state)
    for warehouse, words in written.refused_whole.items():
        park_refused_warehouse(ctx, warehouse, words)
    for (kind, key), k in holds.items():
        turn.hold()
        if kind is Kind.UNKNOWN_STOCK:
            park_unknown_stock(ctx, k)
        elif kind is Kind.OVERSOLD:
            park_oversold(ctx, k)
        else:
            park_refused(ctx, k, written.refused[key])
    looked_at = {k.key for k in looks if k.key not in written.refused and k.key not in written.uncertain}
    looked_at |= {(warehouse, EVERY_SKU) for warehouse, _ in written.confirmed}
    for kind, (warehouse, sku) in sorted(told for told in state.told - holds.keys() if told[1] in looked_at):
        resolve_stock(ctx, kind, warehouse, sku)
        state.told.discard((kind, (warehouse, sku)))


def _agreed(pending: Sequence[PendingWrite], result: Outcome, dirty: Sequence[Dirty], looks: Sequence[Look], settle_s: float) -> list[PendingWrite]:
    """Earlier writes of unknown outcome that can no longer land, and whose sizes have all been looked at since."""
    open_keys = {(d.warehouse, d.sku) for d in dirty} - {(d.warehouse, d.sku) for d in result.done}
    read_at = min((k.read_at for k in looks), default=0.0)
    return [p for p in pending if p.called_at + settle_s <= read_at and not any((p.warehouse, sku) in open_keys for sku in p.quantities)]
