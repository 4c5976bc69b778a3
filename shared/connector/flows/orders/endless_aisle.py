"""Bought in a store, sent from the central warehouse: undelivered rows of a till order become a Centra order, its shipments their deliveries.

Clients that have a process of their own for such orders get them listed instead. How staff flag a delivery is (unconfirmed, sitoo-api §4.4): a
delivery address, a row's delivery information, or a warehouse where the customer collects; without any of them nobody guesses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from connector.centra.order_models import CentraOrder
from connector.domain.exceptions import Kind, Owner
from connector.domain.order_keys import sale_of, sent_key
from connector.flows.orders.context import OrderContext
from connector.flows.orders.order_turn import OrderTurn, order_turn
from connector.flows.orders.sent_goods import hand_out_what_was_sent
from connector.flows.orders.till_sales import NO_STOCK, Draft, NotMade, begun, make, on_sale, park_sale, resolve_sale, sale_file, settle
from connector.mapping.pos_order import Unfit, missing_of, sent_body, sold_rows, undelivered
from connector.sitoo.order_models import DeliveryWish, WholeOrder
from connector.store.order_files import OrderFile

COLLECT_MARKS = ("delivery-pickup-warehouseid", "delivery-pickup-externalid")
"""additionaldata of an order that its customer collects elsewhere (sitoo-api §2.5)."""
LOOK_AGAIN_S = 900.0
"""Centra tells of a shipment; should that be lost, the order is looked at this often."""
ENDED = frozenset({"CANCELLED", "SHIPPED", "ARCHIVED"})
"""Centra's states of an order that nothing more is sent of (centra-api §3.1)."""
ENDED_BY_AN_ORDER = (Kind.ENDLESS_AISLE, Kind.UNMAPPED_SKU, Kind.INCOMPLETE_ORDER, Kind.VENDOR_REFUSED)
"""Exceptions that hold no longer once Centra has the order, or nothing is owed any more."""


@dataclass(frozen=True, slots=True)
class _Lack:
    """Why the connector cannot have it sent, in words that follow the order's name, and what to do then."""

    happened: str
    todo: str
    kind: Kind = Kind.ENDLESS_AISLE


def take_undelivered(ctx: OrderContext, order: WholeOrder, body: str) -> int:
    """Have sent what a paid till order still owes its customer, or list it; 1 when there is something. Raises trouble.PASSING."""
    return on_sale(ctx, order, body, lambda turn: _take(turn, order, body))


def _take(turn: OrderTurn, order: WholeOrder, body: str) -> int:
    ctx = turn.ctx
    known = settle(turn, sent_key(order.id))
    turn.hold()
    left = undelivered(order, ctx.sitoo.handed_out(order.id))
    units = begun(turn.file, sent_key(order.id))
    if known is None:
        if not left or order.reserved_until is not None:
            # Nothing is owed, or the store reserved the goods and sends them itself.
            resolve_sale(turn, order, *ENDED_BY_AN_ORDER)
            return 0
        if not ctx.settings.endless_aisle:
            _list(turn, order, left, _Lack("was paid at a till and is not handed out in full", "Have it sent by your own process."), body)
            return 1
    draft = _draft(turn, order, units or left, known)
    if isinstance(draft, _Lack):
        _list(turn, order, left, draft, body)
        return 1
    try:
        made = make(turn, order, draft, body)
    except NotMade as refusal:
        why = "the central warehouse has not got it" if refusal.code == NO_STOCK else f"Centra refused it: {refusal}"
        todo = "Find the goods elsewhere, or give the customer the money back at the till. To try again, redrive this exception."
        _list(turn, order, left, _Lack(f"is to be sent, and {why}", todo), body)
        return 1
    if known is None:
        resolve_sale(turn, order, *ENDED_BY_AN_ORDER)
    _follow(turn, order, made, body)
    return 1


def is_listed(file: OrderFile | None) -> bool:
    """Whether people were told to have a till order sent, and the connector has not begun to."""
    return file is not None and Kind.ENDLESS_AISLE.value in file.parked and begun(file, sent_key(-file.number)) is None


def end_listed(ctx: OrderContext, order: WholeOrder) -> None:
    """A till order has ended in Sitoo, and nothing of it is the connector's to send: the client's own process is through with it."""
    if is_listed(ctx.files.get(sale_file(order.id))):
        with order_turn(ctx, sale_file(order.id)) as turn:
            resolve_sale(turn, order, Kind.ENDLESS_AISLE)


def is_till_sale(ctx: OrderContext, made: CentraOrder) -> bool:
    """Whether the connector made this Centra order of a till order, be it that its externalId is not set yet. No store and no till must hear of it.

    Once Centra sent something of it the next sweep tells the till. A shopper's comment alone proves nothing: the sale's file must know the order.
    """
    key = made.external_id or made.other_comment
    sale = sale_of(key)
    file = ctx.files.get(sale_file(sale)) if sale is not None else None
    if sale is None or file is None or begun(file, key) is None:
        return sale_of(made.external_id) is not None
    moved = made.status in ENDED or any(shipment.shipped_at is not None for shipment in made.shipments)
    if moved and file.is_open and file.look_at > ctx.clock.now():
        with order_turn(ctx, file.number) as turn:
            turn.keep(replace(turn.file, look_at=min(turn.file.look_at, ctx.clock.now())))
    return True


def _follow(turn: OrderTurn, order: WholeOrder, made: CentraOrder, body: str) -> None:
    """Bring what Centra sent back to the till order, and say what it waits for."""
    _check_places(turn, order, made, body)
    done = hand_out_what_was_sent(turn, order, made)
    if made.status in ENDED and not done:
        todo = "Give the customer the money back at the till for what is not sent, then discard this exception."
        _list(turn, order, {}, _Lack(f"was to be sent by Centra's order {made.number}, which ended without all of it", todo), body)
        done = True
    look_at = 0.0 if done else turn.ctx.clock.now() + LOOK_AGAIN_S
    turn.keep(replace(turn.file, is_open=not done, look_at=look_at, awaiting="" if done else f"the shipment of order {made.number}"))


def _draft(turn: OrderTurn, order: WholeOrder, units: dict[int, int], known: int | None) -> Draft | _Lack:
    ctx, key = turn.ctx, sent_key(order.id)
    entries, _ = ctx.skus.find(sorted({row.sku for row in order.rows if row.sku and units.get(row.row)}))
    rows = sold_rows(order, ctx.site, units, {sku: entry.size_id for sku, entry in entries.items()}, last=True)
    if isinstance(rows, Unfit):
        what = f"holds {', '.join(rows.skus)}, which Centra does not know" if rows.skus else rows.why
        kind = Kind.UNMAPPED_SKU if rows.skus else Kind.ENDLESS_AISLE
        return _Lack(f"is to be sent, and {what}", "Correct the product or the SKU map, then redrive this exception.", kind)
    if known is not None:
        return Draft(key, rows, dict)
    turn.hold()
    wish = ctx.sitoo.delivery_wish(order.id)
    if wish is None:
        return _Lack("cannot be read in Sitoo any more", "Look it up in Sitoo, then redrive this exception.")
    lack = _lack_of(order, wish, missing_of(wish, ctx.settings.till_orders), set(units))
    return lack or Draft(key, rows, lambda: sent_body(key, order, ctx.site, ctx.settings.till_orders, rows, wish))


def _lack_of(order: WholeOrder, wish: DeliveryWish, missing: list[str], rows: set[int]) -> _Lack | None:
    """Why a delivery cannot be told, or not made."""
    if any(order.marks.get(mark) for mark in COLLECT_MARKS):
        return _Lack("is to be collected elsewhere", "Have the goods brought there by your own process.")
    if not wish.addressed and not rows <= wish.rows:
        return _Lack("is not handed out in full, and nothing says that it is to be sent", "Ask the store: hand it out, cancel it, or send it.")
    if missing:
        todo = "Ask the store for it, complete the customer in Sitoo, then redrive this exception."
        return _Lack(f"is to be sent, and its address lacks {', '.join(missing)}", todo, Kind.INCOMPLETE_ORDER)
    return None


def _check_places(turn: OrderTurn, order: WholeOrder, made: CentraOrder, body: str) -> None:
    """The allocation rule must take from the central warehouse: a store that should send it would never hear of it."""
    stores = [s.name for s in turn.ctx.site.stores if any(line.allocated_to(s.centra_warehouse) for line in made.lines)]
    if stores:
        happened = f"is to be sent by Centra's order {made.number}, which was allocated to {', '.join(stores)}; the connector tells no store of it"
        todo = f"Allocate order {made.number} to the central warehouse, and name a rule that takes from there only in the mapping (`till_orders`)."
        _list(turn, order, {}, _Lack(happened, todo), body)


def _list(turn: OrderTurn, order: WholeOrder, left: dict[int, int], lack: _Lack, body: str) -> None:
    rows = [f"{left[row.row]} x {row.sku or row.name}" for row in order.rows if left.get(row.row)]
    goods = f": {', '.join(rows)}" if rows else ""
    place = order.warehouse_id or 0
    happened = f"Till order {order.id} of Sitoo warehouse {place} {lack.happened}{goods}."
    park_sale(turn, order, lack.kind, Owner.RETAIL_OPS, happened, lack.todo, body, rows=rows)
