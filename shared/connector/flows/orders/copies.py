"""The copies of an order in Sitoo: claimed, posted, checked to the cent, recorded; taken back when the store no longer owes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector.domain.exceptions import Kind, Owner
from connector.domain.sitoo_order_keys import external_id
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.trouble import NOT_SENT, Postponed
from connector.mapping.order_copy import CopyDraft
from connector.runtime.queues import Work
from connector.sitoo.errors import Refused, Unconfirmed
from connector.sitoo.order_models import ABANDONED, CANCELLED, CLOSED, OPEN, PICKUP_REJECTED, READY_FOR_PICKUP, WholeOrder
from connector.store.order_files import Copy, CopyState, Purpose
from connector.store.stock_levels import Mark

SETTLE_S = 60.0
"""A POST that broke off may still arrive this long; until then a copy that cannot be found is neither there nor not there."""
RELEASED_AGAIN_S = 120.0
"""A reservation's end is looked at again this much later: Sitoo's clock is not ours."""


def next_revision(turn: OrderTurn, warehouse: int) -> int:
    return 1 + max((c.revision for c in turn.file.copies if c.warehouse == warehouse), default=0)


def post_copy(turn: OrderTurn, warehouse: int, draft: CopyDraft, body: str) -> None:
    """Post the next revision of a store's copy. The claim is new, so nothing needs to be looked up first."""
    ctx, number = turn.ctx, turn.file.number
    now = ctx.clock.now()
    revision = next_revision(turn, warehouse)
    key = external_id(number, warehouse, revision)
    until = now + ctx.settings.reserve_days * 86_400
    claim = Copy(
        ctx.site.id,
        warehouse,
        revision,
        Purpose.FULFIL,
        key,
        CopyState.CLAIMED,
        now,
        draft.rows,
        draft.total,
        draft.fingerprint,
        reserved_until=until,
        fulfilment=draft.fulfilment.value,
    )
    turn.keep(replace(turn.file.with_copy(claim), is_open=True, look_at=now + SETTLE_S))
    turn.hold()
    try:
        order_id = ctx.sitoo.post_order({**draft.body, "externalid": key, "datereserved": int(until)})
    except NOT_SENT:
        _drop(turn, key)
        raise
    except Refused:
        # Sitoo may refuse because an earlier try did arrive.
        turn.hold()
        if not ctx.sitoo.whole_orders(external_ids=[key]):
            _drop(turn, key)
            raise
        settle_claim(turn, claim, body)
        return
    turn.step("sent to the store", note=f"Sitoo order {order_id}, {key}", since=now)
    turn.hold()
    read = ctx.sitoo.whole_orders(ids=[order_id])
    _adopt(turn, claim, order_id, read[0] if read else None, body)


def settle_claim(turn: OrderTurn, copy: Copy, body: str) -> None:
    """Look for a copy whose POST has an unknown outcome. Raises Postponed while it may still arrive."""
    ctx = turn.ctx
    turn.hold()
    found = sorted(ctx.sitoo.whole_orders(external_ids=[copy.external_id]), key=lambda order: order.id)
    if found:
        for doubled in found[1:]:
            turn.hold()
            ctx.sitoo.put_order(doubled.id, {"orderstateid": CANCELLED})
        turn.step("found in the store", note=f"Sitoo order {found[0].id}, {copy.external_id}")
        _adopt(turn, copy, found[0].id, found[0], body)
        return
    left = copy.claimed_at + SETTLE_S - ctx.clock.now()
    if left > 0:
        raise Postponed(left + 1.0, f"copy {copy.external_id} may still arrive in Sitoo")
    turn.step("never arrived in the store", note=copy.external_id)
    _drop(turn, copy.external_id)


def _drop(turn: OrderTurn, key: str) -> None:
    """The copy was not made."""
    turn.keep(replace(turn.file, copies=tuple(c for c in turn.file.copies if c.external_id != key)))


def _adopt(turn: OrderTurn, copy: Copy, order_id: int, read: WholeOrder | None, body: str) -> None:
    """The copy is in Sitoo: record it where the drain sees it, compare its total, then call it open."""
    if read is None:
        raise Unconfirmed(f"Sitoo order {order_id} cannot be read back")
    ctx = turn.ctx
    adopted = replace(copy, sitoo_order_id=order_id, state=CopyState.OPEN)
    ctx.files.know_sitoo_order(order_id, turn.file.number)
    if read.total * 100 != copy.total:
        _undo_mismatch(turn, adopted, read, body)
        return
    record_reservation(turn, adopted, reserved_until=copy.reserved_until)
    turn.keep(turn.file.with_copy(adopted))


def _undo_mismatch(turn: OrderTurn, copy: Copy, read: WholeOrder, body: str) -> None:
    turn.keep(turn.file.with_copy(replace(copy, state=CopyState.CANCELLING)))
    turn.hold()
    turn.ctx.sitoo.put_order(read.id, {"orderstateid": CANCELLED})
    record_reservation(turn, copy, reserved_until=None)
    turn.keep(turn.file.with_copy(replace(copy, state=CopyState.CANCELLED)))
    turn.park(
        Kind.TOTAL_MISMATCH,
        Owner.FINANCE,
        f"Sitoo made {read.total} of order {turn.file.number}'s part for warehouse {copy.warehouse}, which is {copy.total / 100:.2f} in Centra.",
        "Compare the rows with `ops order check`; correct the VAT or rounding settings in Sitoo, then redrive. The Sitoo order was cancelled.",
        Work.ORDERS,
        body,
        about=f"warehouse/{copy.warehouse}",
        sitoo_total=str(read.total),
        centra_cents=copy.total,
        centra_warehouse=copy.warehouse,
    )


def record_reservation(turn: OrderTurn, copy: Copy, *, reserved_until: float | None) -> None:
    """Tell the drain what this copy reserves (None: nothing any more), and let it look now and when the reservation ends."""
    ctx = turn.ctx
    units: dict[str, int] = {}
    for row in copy.rows:
        if row.sku and row.line:
            units[row.sku] = units.get(row.sku, 0) + row.units
    if copy.sitoo_order_id is None:
        return
    for sku, quantity in units.items():
        reserved = quantity if reserved_until is not None else 0
        ctx.links.linked(turn.file.number, copy.warehouse, sku, sitoo_order_id=copy.sitoo_order_id, reserved=reserved, reserved_until=reserved_until)
    keys = {(copy.warehouse, sku) for sku in units}
    if reserved_until is not None:
        marks = [Mark(warehouse, sku) for warehouse, sku in sorted(keys)]
        ctx.levels.mark_at(ctx.site.id, reserved_until, marks)
        ctx.levels.mark_at(ctx.site.id, reserved_until + RELEASED_AGAIN_S, marks)
    turn.touch_stock(keys)


def cancel_copy(turn: OrderTurn, copy: Copy) -> bool:
    """Take a copy back. False: the store has begun (handed out, closed, or marked ready), and it is left alone."""
    if copy.sitoo_order_id is None:
        return False
    ctx = turn.ctx
    started = ctx.clock.now()
    turn.hold()
    read = ctx.sitoo.whole_order(copy.sitoo_order_id)
    if read is None:
        raise Unconfirmed(f"Sitoo order {copy.sitoo_order_id} cannot be read")
    if read.state not in (CANCELLED, ABANDONED):
        only_ready = read.state == OPEN and is_given_up(turn, copy)
        if (has_begun(read) and not only_ready) or _handed_out(turn, copy.sitoo_order_id):
            if copy.state is CopyState.CANCELLING:
                turn.keep(turn.file.with_copy(replace(copy, state=CopyState.OPEN)))
            return False
        turn.keep(turn.file.with_copy(replace(copy, state=CopyState.CANCELLING)))
        turn.hold()
        ctx.sitoo.put_order(copy.sitoo_order_id, {"orderstateid": CANCELLED})
        if _handed_out(turn, copy.sitoo_order_id):
            turn.keep(turn.file.with_copy(replace(copy, state=CopyState.OPEN)))
            return False
    record_reservation(turn, copy, reserved_until=None)
    turn.step("taken back from the store", note=copy.external_id, since=started)
    turn.keep(turn.file.with_copy(replace(copy, state=CopyState.CANCELLED)))
    return True


def is_given_up(turn: OrderTurn, copy: Copy) -> bool:
    """Nobody collected it in time: it may be taken back although it stands ready."""
    return given_up(copy) in turn.file.handled


def given_up(copy: Copy) -> str:
    """The fact that the goods of a copy go back on sale, stored before the first step of it."""
    return f"given-up:{copy.external_id}"


def has_begun(order: WholeOrder) -> bool:
    """The store has the order in its hands: closed, or its last mark is "ready for pick-up"."""
    marks = [kind for _, kind in order.log if kind in (READY_FOR_PICKUP, PICKUP_REJECTED)]
    return order.state == CLOSED or marks[-1:] == [READY_FOR_PICKUP]


def _handed_out(turn: OrderTurn, order_id: int) -> bool:
    turn.hold()
    return any(not delivery.cancelled for delivery in turn.ctx.sitoo.handed_out(order_id))


def keys_of(copies: Sequence[Copy]) -> set[tuple[int, str]]:
    """Every (Centra warehouse, sku) that copies hold."""
    return {(c.warehouse, row.sku) for c in copies for row in c.rows if row.sku and row.line}
