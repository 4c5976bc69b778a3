"""What tills did on their own: sales, refunds, and goods to be sent. Events tell of it at once; a cursor over order ids finds what they lost."""

from __future__ import annotations

from typing import Any

from connector.domain.order_keys import ORDER_MARK, sent_key
from connector.domain.order_settings import PosSales
from connector.domain.sitoo_order_keys import parse
from connector.flows.nudge_store_stock import compact
from connector.flows.orders.context import OrderContext
from connector.flows.orders.endless_aisle import COLLECT_MARKS, end_listed, is_listed, take_undelivered
from connector.flows.orders.pos_sales import import_sale, is_imported
from connector.flows.orders.read_together import read_apart
from connector.flows.orders.till_sales import begun, sale_file
from connector.flows.orders.trouble import PASSING
from connector.flows.returns.book_till_order import put_in_ledger
from connector.flows.returns.undone_refund import take_out_of_ledger
from connector.mapping.refund_order import recorded_return_of
from connector.runtime.queues import Work
from connector.sitoo.errors import Unconfirmed
from connector.sitoo.order_models import ABANDONED, CANCELLED, CLOSED, OPEN, WholeOrder

ORDER_TYPE = 10
"""Bookings (100) and parked sales (110) are none of ours: they end as orders of this type."""
PAID = frozenset({15, 20})
"""Reserved or taken (sitoo-api §2.2): goods to be sent later may be paid when they leave."""
HANDED_OVER_WITHIN_S = 60.0
"""A till hands over after it sold: what is undelivered right then need not stay so."""
LOOK = "sweep"
"""The action of messages that no event made."""
MOVED = "moved"
"""The action of a message about a refund whose goods moved."""
LEASE_S = 60.0
OVERLAP = 50
"""Order ids read again, because an order may become visible after one with a higher id."""
MOST_PER_RUN = 500
MOST_READ_APART = 3 * OVERLAP
"""Of a list that cannot be read as a whole: reading it in parts costs requests, but it must go on beyond the overlap."""
MOST_OPEN = 200
MOST_RESUMED = 10


def is_tills(order: WholeOrder) -> bool:
    """An order made at a till, or its refund, and nothing that the connector made. A refund of a copy may carry the copy's marks (unconfirmed)."""
    ours = (ORDER_MARK in order.marks and not is_refund(order)) or recorded_return_of(order) is not None
    if ours or (order.external_id and parse(order.external_id) is not None) or order.type != ORDER_TYPE:
        return False
    return bool(order.register) or is_refund(order)


def is_refund(order: WholeOrder) -> bool:
    return order.credit_of is not None or any(row.quantity < 0 for row in order.rows)


def take_till_order(ctx: OrderContext, order: WholeOrder, body: str, *, delivery: bool = False) -> int:
    """Start what follows from an order of a till; how many things were started. `body`: the message to redrive. Raises trouble.PASSING.

    `delivery`: it was told by the moving of its goods, which other events of it have told before.
    """
    if not is_tills(order):
        return 0
    if is_refund(order):
        _import_original(ctx, order)
        return _book(ctx, [order], delivery=delivery)
    started = 0 if delivery else _book(ctx, [order])
    if _may_owe(ctx, order):
        if ctx.clock.now() - order.date < HANDED_OVER_WITHIN_S and order.state == OPEN:
            ctx.queues.send(Work.FULFILMENTS, [_again(ctx, order.id)], delay_s=int(HANDED_OVER_WITHIN_S))
            return started + 1
        started += take_undelivered(ctx, order, body)
    elif order.state != OPEN:
        end_listed(ctx, order)
    if _is_sale_to_import(ctx, order):
        started += import_sale(ctx, order, body)
    return started


def concerns_more_than_the_books(ctx: OrderContext, order: WholeOrder) -> bool:
    """Whether an order that an event called sold at a till has work in the fulfilments flow: goods to be sent, an order to be made in Centra."""
    if not is_tills(order):
        return bool(order.external_id) and parse(order.external_id) is not None and ctx.files.number_of(order.id) is None
    if is_refund(order):
        return _original_is_missing(ctx, order)
    return _may_owe(ctx, order) or _is_sale_to_import(ctx, order)


def hand_to_fulfilments(ctx: OrderContext, orders: list[WholeOrder]) -> None:
    """Have them looked at in the fulfilments flow, which tells the returns flow of them when it is done."""
    ctx.queues.send(Work.FULFILMENTS, [_again(ctx, order.id) for order in orders])


def read_new_till_orders(ctx: OrderContext) -> int:
    """Deal with what became visible since the last run, what was still open then, and what waits in the files; how many messages were sent.

    The first run remembers where the site's orders end: what was sold before the connector came is none of its business. At most 500 orders a run.
    """
    name = f"till-orders/{ctx.site.id}"
    lease = ctx.leases.acquire(name, ctx.new_id(), ctx.clock.now(), LEASE_S)
    if lease is None:
        return 0
    try:
        stored = ctx.cursors.get(name)
        if stored is None:
            first = ctx.sitoo.newest_order() + 1
            ctx.cursors.put(name, {"first": first, "next": first, "seen": [], "open": []}, lease)
            return 0
        resumed = _resume(ctx)
        start = max(int(stored["first"]), int(stored["next"]) - OVERLAP)
        orders, unreadable = _new_orders(ctx, start)
        seen = set(stored["seen"])
        fresh = [order for order in orders if order.id not in seen and is_tills(order)]
        still_open, gone_bad = read_apart(ctx.sitoo, stored["open"])
        ended = [order for order in still_open if order.state != OPEN]
        sent = _send(ctx, [*fresh, *ended]) + _tell_unreadable(ctx, (set(unreadable) - seen) | set(gone_bad))
        (lease,) = ctx.leases.renew([lease], ctx.clock.now(), LEASE_S)
        read = [*(order.id for order in orders), *unreadable]
        ctx.cursors.put(name, _moved(stored, read, [o for o in [*still_open, *fresh] if o.state == OPEN]), lease)
        return resumed + sent
    finally:
        ctx.leases.release([lease])


def _new_orders(ctx: OrderContext, start: int) -> tuple[list[WholeOrder], list[int]]:
    """And the ids of those that cannot be read: one of them must not keep the others from ever being seen."""
    try:
        return ctx.sitoo.orders_from(start, limit=MOST_PER_RUN)[0], []
    except Unconfirmed:
        return read_apart(ctx.sitoo, ctx.sitoo.ids_from(start, limit=MOST_READ_APART))


def _tell_unreadable(ctx: OrderContext, ids: set[int]) -> int:
    """The fulfilments flow, which knows where each kind of order goes, tries again for a while, then tells people."""
    if ids:
        ctx.queues.send(Work.FULFILMENTS, [_again(ctx, order_id) for order_id in sorted(ids)])
    return len(ids)


def _moved(stored: dict[str, Any], read: list[int], still_open: list[WholeOrder]) -> dict[str, Any]:
    after = max([int(stored["next"]), *(number + 1 for number in read)])
    seen = {*stored["seen"], *read}
    waiting = sorted({order.id for order in still_open})[-MOST_OPEN:]
    return {"first": stored["first"], "next": after, "seen": sorted(i for i in seen if i >= after - OVERLAP), "open": waiting}


def _send(ctx: OrderContext, orders: list[WholeOrder]) -> int:
    """Sales without further work are booked; the others go where events go, refunds straight to the returns flow."""
    files = ctx.files.get_many([sale_file(order.id) for order in orders])
    work = []
    for order in orders:
        wanted = _is_sale_to_import(ctx, order) and not is_imported(files.get(sale_file(order.id)))
        ended = order.state != OPEN and is_listed(files.get(sale_file(order.id)))
        if (not is_refund(order) and (wanted or ended or _may_owe(ctx, order))) or _original_is_missing(ctx, order):
            work.append(order)
    if work:
        hand_to_fulfilments(ctx, work)
    named = {order.id for order in work}
    return len(work) + _book(ctx, [order for order in orders if order.id not in named])


def _resume(ctx: OrderContext) -> int:
    """Sales whose moment has come: a POST with an unknown outcome, a shipment that is waited for."""
    now = ctx.clock.now()
    due = [-file.number for file in ctx.files.open_files() if file.number < 0 and file.site == ctx.site.id and 0 < file.look_at <= now]
    resumed = 0
    for order in ctx.sitoo.whole_orders(ids=sorted(due)[:MOST_RESUMED]) if due else []:
        try:
            file = ctx.files.get(sale_file(order.id))
            if file is not None and begun(file, sent_key(order.id)) is not None:
                resumed += take_undelivered(ctx, order, _again(ctx, order.id))
            if _is_sale_to_import(ctx, order):
                resumed += import_sale(ctx, order, _again(ctx, order.id))
        except PASSING:
            continue  # the file still says when to look again
    return resumed


def _book(ctx: OrderContext, orders: list[WholeOrder], *, delivery: bool = False) -> int:
    """Sales go into the books at once, and out of them when they are cancelled; the returns flow reads each refund anew and books it."""
    if not ctx.mapping.switches.sync_returns:
        return 0
    refunds = [order for order in orders if is_refund(order)]
    for order in orders:
        if not is_refund(order) and order.state == CLOSED:
            put_in_ledger(ctx, order, None)
        elif not is_refund(order) and order.state in (CANCELLED, ABANDONED):
            take_out_of_ledger(ctx, order)
    if refunds:
        told = {"v": 1, "source": "sitoo", "type": "order", "site": ctx.site.id} | ({"action": MOVED} if delivery else {})
        ctx.queues.send(Work.RETURNS, [compact({**told, "id": order.id}) for order in refunds])
    return len(refunds)


def _may_owe(ctx: OrderContext, order: WholeOrder) -> bool:
    """Whether rows may be undelivered. Orders stay open until then, as far as is known (sitoo-api §4.4): closed ones are only looked into when
    the client has the connector send goods, because that costs a request each."""
    if order.payment_state not in PAID or order.state not in (OPEN, CLOSED):
        return False
    return order.state == OPEN or ctx.settings.endless_aisle or any(order.marks.get(mark) for mark in COLLECT_MARKS)


def _is_sale_to_import(ctx: OrderContext, order: WholeOrder) -> bool:
    """A paid sale that has ended, or whose other half is sent by the connector."""
    if ctx.settings.pos_sales is not PosSales.ORDERS or is_refund(order) or order.payment_state not in PAID:
        return False
    if order.state == OPEN:
        file = ctx.files.get(sale_file(order.id))
        return file is not None and begun(file, sent_key(order.id)) is not None
    return order.state == CLOSED


def _original_is_missing(ctx: OrderContext, order: WholeOrder) -> bool:
    """A refund of a sale that is to be an order in Centra and is none yet, though it was made since the connector came."""
    if ctx.settings.pos_sales is not PosSales.ORDERS or order.credit_of is None or ctx.files.number_of(order.credit_of) is not None:
        return False
    stored = ctx.cursors.get(f"till-orders/{ctx.site.id}")
    return stored is not None and order.credit_of >= int(stored["first"])


def _import_original(ctx: OrderContext, refund: WholeOrder) -> None:
    """The sale comes first, so that its refund finds the Centra order to return it from."""
    if not _original_is_missing(ctx, refund) or refund.credit_of is None:
        return
    for original in ctx.sitoo.whole_orders(ids=[refund.credit_of]):
        if is_tills(original) and _is_sale_to_import(ctx, original):
            import_sale(ctx, original, _again(ctx, original.id))


def _again(ctx: OrderContext, order_id: int) -> str:
    return compact({"v": 1, "source": "sitoo", "type": "order", "site": ctx.site.id, "id": order_id, "action": LOOK})
