"""Bring Centra to the targets: one `setStock` per warehouse, recorded before it is sent, settled only by what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connector.centra.errors import Refused, Throttled, Unavailable, Uncertain
from connector.centra.models import SetStock, SetStockAnswer
from connector.centra.names import OWN_MARK
from connector.domain.configuration import Lane
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.looking import Look
from connector.flows.store_stock.turn import Turn
from connector.runtime.budget import BudgetExhausted
from connector.store.stock_levels import Done, Key, Level, Outcome, PendingWrite, Postponed

MOST_MUTATIONS = 8
"""In one request: half of what the smallest plan's ten-second window grants."""
LOOK_AGAIN_S = 1.0
UNCERTAIN_LOOK_AGAIN_S = 5.0
REFUSED_LOOK_AGAIN_S = 5.0
REFUSED_WHOLE_LOOK_AGAIN_S = 60.0
REFUSALS_BEFORE_PARKING = 2


@dataclass(slots=True)
class Written:
    """What a round of writes came to: confirmed quantities, sizes adjusted (clamped) by Centra, refused ones with Centra's words, uncertain ones.

    `refused_whole`: warehouses of which Centra refused the request itself, with its words.
    """

    confirmed: dict[Key, int] = field(default_factory=dict)
    adjusted: set[Key] = field(default_factory=set)
    refused: dict[Key, str] = field(default_factory=dict)
    uncertain: set[Key] = field(default_factory=set)
    refused_whole: dict[int, str] = field(default_factory=dict)
    settled: list[PendingWrite] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Batch:
    warehouse: int
    looks: tuple[Look, ...]


def write(ctx: DrainContext, turn: Turn, looks: Sequence[Look], quantities: Mapping[Key, int], lane: Lane) -> Written:
    """Write `quantities` (differing sizes only), all warehouses in one request; a refused batch is split until only bad sizes are left out.

    Stops without error when Centra's budget ends or Centra throttles: nothing was written then, the rows stay dirty.
    """
    written, most = Written(), MOST_MUTATIONS
    batches = [_Batch(w, tuple(k for k in looks if k.row.warehouse == w)) for w in dict.fromkeys(k.row.warehouse for k in looks)]
    while batches:
        batches, later = batches[:most], batches[most:]
        pending = [_record(ctx, turn, batch, quantities) for batch in batches]
        sets = [_set_stock(batch, p, quantities) for batch, p in zip(batches, pending, strict=True)]
        turn.hold()
        try:
            answers = ctx.centra.set_stock(sets, lane=lane)
        except (Throttled, BudgetExhausted, Unavailable):
            written.settled += pending
            return written
        except Refused as refusal:
            # Nothing of the request was begun. Whose fault it is shows when each warehouse is sent alone.
            written.settled += pending
            if len(batches) == 1:
                written.refused_whole[batches[0].warehouse] = str(refusal)
                batches = later
            else:
                most, batches = 1, batches + later
            continue
        except Uncertain:
            written.uncertain |= {k.key for b in batches for k in b.looks}
            return written
        written.settled += pending
        batches = later + [rest for batch, answer in zip(batches, answers, strict=True) for rest in _take(written, batch, answer, quantities)]
    return written


def _set_stock(batch: _Batch, pending: PendingWrite, quantities: Mapping[Key, int]) -> SetStock:
    return SetStock(batch.warehouse, {k.entry.size_id: quantities[k.key] for k in batch.looks}, f"{OWN_MARK} {pending.write_id}")


def _record(ctx: DrainContext, turn: Turn, batch: _Batch, quantities: Mapping[Key, int]) -> PendingWrite:
    turn.hold()
    pending = PendingWrite(ctx.new_id(), batch.warehouse, {k.row.sku: quantities[k.key] for k in batch.looks}, ctx.clock.now())
    ctx.levels.record_write(ctx.site.id, turn.site, pending)
    return pending


def _take(written: Written, batch: _Batch, answer: SetStockAnswer, quantities: Mapping[Key, int]) -> list[_Batch]:
    """Book one answer; what must be sent again in smaller batches."""
    if not answer.errors:
        written.confirmed |= {k.key: quantities[k.key] for k in batch.looks}
        if answer.warnings:
            written.adjusted |= {k.key for k in batch.looks}
        return []
    if len(batch.looks) == 1:
        written.refused[batch.looks[0].key] = "; ".join(answer.errors)
        return []
    if answer.refused_index is not None and answer.refused_index < len(batch.looks):
        bad = batch.looks[answer.refused_index]
        written.refused[bad.key] = "; ".join(answer.errors)
        return [_Batch(batch.warehouse, tuple(k for k in batch.looks if k is not bad))]
    middle = len(batch.looks) // 2
    return [_Batch(batch.warehouse, batch.looks[:middle]), _Batch(batch.warehouse, batch.looks[middle:])]


def unsettled_until(pending: Sequence[PendingWrite], settle_s: float) -> dict[Key, float]:
    """Until when an earlier write of a size, whose outcome is unknown, may still land."""
    until: dict[Key, float] = {}
    for write_ in pending:
        for sku in write_.quantities:
            key = (write_.warehouse, sku)
            until[key] = max(until.get(key, 0.0), write_.called_at + settle_s)
    return until


def outcome(
    looks: Sequence[Look], wanted: Mapping[Key, int], written: Written, postponed: Mapping[Key, float], unsettled: Mapping[Key, float], now: float
) -> Outcome:
    """What to store after a round: confirmed and equal sizes are done, unless an earlier write may still land; all others are looked at again.

    A size that was `wanted` but not sent (no budget, throttled) stays as dirty as it was.
    """
    done: list[Done] = []
    later: list[Postponed] = []
    levels: dict[Key, Level] = {}
    for k in looks:
        row, key = k.row, k.key
        if key in postponed:
            later.append(Postponed(row.warehouse, row.sku, row.version, postponed[key]))
            continue
        if key in written.refused and row.refusals + 1 < REFUSALS_BEFORE_PARKING:
            later.append(Postponed(row.warehouse, row.sku, row.version, now + REFUSED_LOOK_AGAIN_S * 2**row.refusals, refused=True))
        elif key in written.uncertain:
            later.append(Postponed(row.warehouse, row.sku, row.version, now + UNCERTAIN_LOOK_AGAIN_S))
        elif key in written.adjusted:
            later.append(Postponed(row.warehouse, row.sku, row.version, now + LOOK_AGAIN_S))
        elif row.warehouse in written.refused_whole:
            later.append(Postponed(row.warehouse, row.sku, row.version, now + REFUSED_WHOLE_LOOK_AGAIN_S))
        elif key in wanted and key not in written.confirmed and key not in written.refused:
            continue
        elif unsettled.get(key, 0.0) > k.read_at:
            later.append(Postponed(row.warehouse, row.sku, row.version, unsettled[key]))
        else:
            done.append(Done(row.warehouse, row.sku, row.version, row.delta))
        if key in written.confirmed or k.stock is not None:
            levels[key] = Level(written.confirmed.get(key, k.physical), k.allocated, k.read_at)
    return Outcome(done=done, postponed=later, levels=levels, settled_writes=written.settled)
