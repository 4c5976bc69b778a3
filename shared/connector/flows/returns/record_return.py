"""One return made in Centra as a refund order on the copy of its goods: without money, without stock, with our mark, once."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from connector.centra.order_models import CentraOrder, ReturnOfOrder, ShipmentOfOrder
from connector.domain.exceptions import Kind
from connector.domain.order_keys import delivery_of, recorded_return
from connector.flows.orders.copies import SETTLE_S
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.trouble import Postponed
from connector.flows.returns.make_return import CLAIMED, DONE
from connector.flows.returns.told import resolve_told, return_entity, tell
from connector.mapping.recorded_return import Recording, draft_recorded_return
from connector.mapping.refund_findings import Finding
from connector.mapping.refund_order import original_of, original_row, recorded_return_of
from connector.sitoo.order_models import ABANDONED, CANCELLED, CLOSED, WholeOrder
from connector.store.order_files import Copy, CopyState, Purpose, Returning

RECORDED_REFERENCE = "centra-return"
"""orderdeliveryref of a recorded return's delivery: nothing came into a store with it."""
DAY_S = 86_400.0


def deleted_return(return_id: int) -> int:
    """The number under which OrderFiles knows the order of a recorded return: Centra tells of no deleted one whose it was. Sitoo's are positive."""
    return -return_id


class Recorded(StrEnum):
    """LATER: the copy is not closed, or not made, yet. NOT: parked, or no till can refund these goods."""

    YES = "yes"
    LATER = "later"
    NOT = "not"


def record_return(turn: OrderTurn, order: CentraOrder, made: ReturnOfOrder, body: str) -> Recorded:
    """Raises trouble.PASSING; a POST whose outcome is unknown is looked for as long as it may arrive."""
    key, entity = recorded_return(made.id, made.shipment_id), return_entity(order.number, made.id)
    known = next((r for r in turn.file.returnings if r.key == key), None)
    if known is not None and known.state == DONE:
        return Recorded.YES
    if known is not None and (posted := _posted(turn, known)) is not None:
        _finish(turn, known, posted)
        return Recorded.YES
    beyond: Finding | None = None
    for copy in _copies_of(turn, order, made):
        draft = _drafted(turn, order, made, copy)
        if isinstance(draft, Finding):
            beyond = draft
        elif draft is not None and copy.state is not CopyState.DONE:
            return Recorded.LATER
        elif draft is not None:
            _post(turn, made, key, draft)
            resolve_told(turn, entity, Kind.OVER_RETURN, Kind.UNSUPPORTED_AMOUNT, Kind.VENDOR_REFUSED)
            return Recorded.YES
    if beyond is not None:
        tell(turn, entity, beyond, body)
        return Recorded.NOT
    return Recorded.LATER if _copy_may_come(turn, order) else Recorded.NOT


def _copies_of(turn: OrderTurn, order: CentraOrder, made: ReturnOfOrder) -> list[Copy]:
    """Copies that may hold the goods; those of the warehouse that sent the shipment first."""
    shipment = next((s for s in order.shipments if s.id == made.shipment_id), None)
    places = _places(turn, shipment) if shipment is not None else set()
    usable = [c for c in turn.file.copies if turn.is_ours(c) and c.sitoo_order_id is not None and c.state in (CopyState.DONE, CopyState.OPEN)]
    stores = {s.centra_warehouse for s in turn.ctx.site.stores}

    def sent_it(copy: Copy) -> bool:
        return bool(places - stores) if copy.purpose is Purpose.RETURN else copy.warehouse in places

    return sorted(usable, key=lambda c: (not sent_it(c), c.state is not CopyState.DONE, c.claimed_at))


def _places(turn: OrderTurn, shipment: ShipmentOfOrder) -> set[int]:
    """Where a shipment came from: its delivery tells, else what Centra shows of its allocations."""
    delivery = delivery_of(shipment.external_id)
    known = {s.warehouse for s in turn.file.shippings if s.shipment_id == shipment.id or s.delivery_id == delivery}
    return known or {warehouse for line in shipment.lines for warehouse in line.warehouses}


def _copy_may_come(turn: OrderTurn, order: CentraOrder) -> bool:
    """Goods that were shipped a moment ago: the copy for tills may be in the making."""
    rules = turn.ctx.settings.return_copies
    newest = max((s.shipped_at or 0.0 for s in order.shipments), default=0.0)
    return rules.make and turn.ctx.clock.now() - newest < DAY_S


def _posted(turn: OrderTurn, known: Returning) -> int | None:
    """The refund order that an earlier try made. Raises Postponed while it may still arrive."""
    turn.hold()
    found = turn.ctx.sitoo.whole_orders(external_ids=[known.key])
    if found:
        return min(order.id for order in found)
    left = known.at + SETTLE_S - turn.ctx.clock.now()
    if left > 0:
        raise Postponed(left + 1.0, f"{known.key} may still arrive in Sitoo")
    return None


def _post(turn: OrderTurn, made: ReturnOfOrder, key: str, draft: Recording) -> None:
    ctx, now = turn.ctx, turn.ctx.clock.now()
    known = Returning(key, False, CLAIMED, None, made.shipment_id, made.lines, made.amount, now, made.id)
    turn.keep(replace(turn.file.with_returning(known), is_open=True))
    turn.hold()
    sitoo_id = ctx.sitoo.post_order(draft.body)
    turn.step("return recorded on the copy", note=f"Sitoo order {sitoo_id}, return {made.id}", since=now)
    _finish(turn, known, sitoo_id)


def _finish(turn: OrderTurn, known: Returning, sitoo_id: int) -> None:
    """Its rows count as delivered without moving stock: the goods came back to Centra's side. Repeatable at every step."""
    ctx = turn.ctx
    ctx.files.know_sitoo_order(sitoo_id, turn.file.number)
    if known.return_id is not None:
        ctx.files.know_sitoo_order(deleted_return(known.return_id), turn.file.number)
    turn.hold()
    read = ctx.sitoo.whole_order(sitoo_id)
    if read is None or read.warehouse_id is None:
        raise Postponed(SETTLE_S, f"Sitoo order {sitoo_id} cannot be read back yet")
    turn.hold()
    if not ctx.sitoo.handed_out(sitoo_id):
        turn.hold()
        units = {row.row: row.quantity for row in read.rows}
        ctx.sitoo.post_delivery(sitoo_id, read.warehouse_id, units, reference=RECORDED_REFERENCE, ignore_stock=True)
    if read.state != CLOSED:
        turn.hold()
        ctx.sitoo.put_order(sitoo_id, {"orderstateid": CLOSED})
    turn.keep(turn.file.with_returning(replace(known, state=DONE, sitoo_order_id=sitoo_id)))


def _drafted(turn: OrderTurn, order: CentraOrder, made: ReturnOfOrder, copy: Copy) -> Recording | Finding | None:
    """What to post, given what tills (and we) have taken back of this copy by now; our own record of this very return does not count."""
    ctx, copy_id = turn.ctx, copy.sitoo_order_id
    if copy_id is None:
        return None
    turn.hold()
    known = [r.sitoo_order_id for r in turn.file.returnings if r.inbound and r.sitoo_order_id is not None]
    # Refunds that name the copy in their marks only are not found by the filter; those of this order are known.
    found = {o.id: o for o in ctx.sitoo.whole_orders(ids=[copy_id, *known], credit_of=copy_id)}
    if copy_id not in found:
        return None
    refunds = [o for o in found.values() if original_of(o) == copy_id and o.state not in (CANCELLED, ABANDONED) and recorded_return_of(o) != made.id]
    return draft_recorded_return(made, order, found[copy_id], copy.rows, ctx.settings, refunded=_refunded(found[copy_id], refunds))


def _refunded(copy: WholeOrder, refunds: list[WholeOrder]) -> dict[int, int]:
    """{row of the copy: units taken back}: by the row a refund names, else where its SKU has units left."""
    taken: dict[int, int] = {}
    for row in (row for refund in refunds for row in refund.rows if row.quantity < 0):
        alike = [source for source in copy.rows if row.sku and source.sku == row.sku]
        named = original_row(row)
        if named is not None:
            taken[named] = taken.get(named, 0) - row.quantity
            continue
        rest = -row.quantity
        for n, source in enumerate(alike):
            share = rest if n == len(alike) - 1 else min(rest, max(0, source.quantity - taken.get(source.row, 0)))
            taken[source.row] = taken.get(source.row, 0) + share
            rest -= share
    return taken
