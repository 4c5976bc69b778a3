"""Copies of centrally shipped orders, closed and without effect on stock, so that a till can find and refund them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from connector.centra.order_models import CentraOrder
from connector.domain.configuration import Site
from connector.domain.order_settings import OrderSettings
from connector.domain.sitoo_order_keys import external_id
from connector.flows.orders.copies import SETTLE_S, next_revision
from connector.flows.orders.drafting import known_skus, park_lacks
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.owed import Units, units_of
from connector.flows.orders.reservations import DAY_S
from connector.flows.orders.trouble import Postponed
from connector.mapping.order_copy import CopyDraft, Lacking, draft_copy
from connector.mapping.order_decision import Decision
from connector.sitoo.order_models import CLOSED
from connector.store.order_files import Copy, CopyState, OrderFile, Purpose

RETURN_COPY_REFERENCE = "centra-return-copy"
"""orderdeliveryref of a return copy's delivery: nothing left a store with it."""


def make_return_copy(turn: OrderTurn, order: CentraOrder, decision: Decision, body: str) -> None:
    """Post what was shipped centrally and is on no copy yet. Too old or too many a day is left out, and said in the order's story."""
    ctx, rules = turn.ctx, turn.ctx.settings.return_copies
    if not rules.make or rules.sitoo_warehouse is None or not decision.return_copy:
        return
    if not on_no_copy(turn.file, ctx.site, decision.return_copy) or ctx.clock.now() - order.created_at > rules.window_days * DAY_S:
        return
    if not _one_more_today(turn):
        return
    warehouse, made = draft_return_copy(order, ctx.site, ctx.settings, turn.file, decision.return_copy, known_skus(turn, order))
    if isinstance(made, Lacking):
        park_lacks(turn, made.problems, body)
        return
    revision = next_revision(turn, warehouse)
    key = external_id(order.number, warehouse, revision)
    now = ctx.clock.now()
    claim = Copy(ctx.site.id, warehouse, revision, Purpose.RETURN, key, CopyState.CLAIMED, now, made.rows, made.total, made.fingerprint)
    turn.keep(replace(turn.file.with_copy(claim), is_open=True, look_at=now + SETTLE_S))
    turn.hold()
    order_id = ctx.sitoo.post_order({**made.body, "externalid": key})
    turn.step("return copy made", note=f"Sitoo order {order_id}", since=now)
    _finish(turn, replace(claim, sitoo_order_id=order_id))


def settle_return_copy(turn: OrderTurn, copy: Copy) -> None:
    """A return copy that a crash left half made: found and finished, or forgotten once it cannot arrive any more."""
    ctx = turn.ctx
    turn.hold()
    found = ctx.sitoo.whole_orders(external_ids=[copy.external_id])
    if found:
        _finish(turn, replace(copy, sitoo_order_id=min(order.id for order in found)))
        return
    left = copy.claimed_at + SETTLE_S - ctx.clock.now()
    if left > 0:
        raise Postponed(left + 1.0, f"return copy {copy.external_id} may still arrive in Sitoo")
    turn.keep(replace(turn.file, copies=tuple(c for c in turn.file.copies if c.external_id != copy.external_id)))


def _finish(turn: OrderTurn, copy: Copy) -> None:
    """Delivered without moving stock, then closed: only then a till may refund it."""
    ctx, order_id = turn.ctx, copy.sitoo_order_id
    if order_id is None:
        return
    ctx.files.know_sitoo_order(order_id, turn.file.number)
    turn.hold()
    if not ctx.sitoo.handed_out(order_id):
        turn.hold()
        place = ctx.settings.return_copies.sitoo_warehouse or 0
        units = {row.row: row.units for row in copy.rows}
        ctx.sitoo.post_delivery(order_id, place, units, reference=RETURN_COPY_REFERENCE, ignore_stock=True)
    turn.hold()
    ctx.sitoo.put_order(order_id, {"orderstateid": CLOSED})
    turn.keep(turn.file.with_copy(replace(copy, state=CopyState.DONE)))


def draft_return_copy(
    order: CentraOrder, site: Site, settings: OrderSettings, file: OrderFile, shipped: Units, skus: Mapping[int, str]
) -> tuple[int, CopyDraft | Lacking]:
    """What a till would get of {line: units} shipped centrally that is on no copy yet, and the Centra warehouse it is kept under."""
    central = next(iter(site.central), None)
    warehouse = central.centra_warehouse if central is not None else 0
    made = draft_copy(
        order,
        store_name=central.name if central is not None else "central",
        sitoo_warehouse=settings.return_copies.sitoo_warehouse or 0,
        warehouse=warehouse,
        units=on_no_copy(file, site, shipped),
        fulfilment=None,
        settings=settings,
        skus=skus,
        purpose=Purpose.RETURN,
        stores=[s.centra_warehouse for s in site.stores],
        taken=_held(file, site),
    )
    return warehouse, made


def on_no_copy(file: OrderFile, site: Site, shipped: Units) -> dict[int, int]:
    """{line: units} of those shipped that no return copy holds."""
    held = _held(file, site)
    return {line: n - held.get(line, 0) for line, n in shipped.items() if n > held.get(line, 0)}


def _held(file: OrderFile, site: Site) -> dict[int, int]:
    """{line: units} on return copies already, or on the copy of a store that is none of the site's any more: tills find that one."""
    held: dict[int, int] = {}
    for copy in file.copies:
        left = copy.site == site.id and site.store_of_centra_warehouse(copy.warehouse) is None
        if (copy.purpose is Purpose.RETURN or left) and copy.state is not CopyState.CANCELLED:
            for line, n in units_of(copy).items():
                held[line] = held.get(line, 0) + n
    return held


def _one_more_today(turn: OrderTurn) -> bool:
    """Count today's copies under a lease; above the limit of the mapping file no more are made."""
    ctx = turn.ctx
    name = f"return-copies/{ctx.site.id}"
    day = int(ctx.clock.now() // DAY_S)
    lease = ctx.leases.acquire(name, ctx.new_id(), ctx.clock.now(), 20.0)
    if lease is None:
        raise Postponed(2.0, "another return copy is being counted")
    try:
        stored = ctx.cursors.get(name)
        made = int(stored["made"]) if stored is not None and stored["day"] == day else 0
        if made >= ctx.settings.return_copies.most_per_day:
            turn.step("no return copy", note="the day's limit is reached")
            return False
        ctx.cursors.put(name, {"day": day, "made": made + 1}, lease)
        return True
    finally:
        ctx.leases.release([lease])
