"""What no event told: orders whose moment has come, and copies that stores changed meanwhile."""

from __future__ import annotations

from connector.domain.exceptions import Kind
from connector.flows.nudge_store_stock import compact
from connector.flows.orders.context import OrderContext
from connector.flows.orders.endings import counted_since
from connector.flows.orders.order_turn import about_copy, parked_about
from connector.flows.orders.till_orders import read_new_till_orders
from connector.flows.orders.unreadable_files import tell_unreadable
from connector.flows.orders.watches import due_watches
from connector.runtime.queues import Work
from connector.sitoo.order_models import OPEN
from connector.store.order_files import Copy, CopyState, OrderFile, Purpose, ShippingState

COPIES_PER_READ = 100
LOOKED_INTO_PER_MINUTE = 5
REFUSED_EVERY_MIN = 15
"""A copy whose shipment a vendor refuses waits for people, or for a permission: tried each minute, a day of them would eat the budget."""
"""Copies whose marks and part deliveries are read one by one, because lists do not show them: each open copy in turn."""


def sweep_body(site: int) -> str:
    """The message that makes the fulfilment function sweep one site."""
    return compact({"v": 1, "source": "poll", "type": "sweep", "site": site})


def sweep(ctx: OrderContext) -> int:
    """Send what is due to its queue; how many messages. Costs one Sitoo request per 100 open copies and one for new till orders."""
    now = ctx.clock.now()
    files = list(ctx.files.open_files(lambda number, why: tell_unreadable(ctx, number, why)))
    due = {f.number for f in files if f.number > 0 and f.look_at and f.look_at <= now and _is_swept_here(ctx, f)}
    due |= counted_since(ctx, files)
    bodies = [compact({"v": 1, "source": "poll", "type": "order", "id": number}) for number in sorted(due)]
    if bodies:
        ctx.queues.send(Work.ORDERS, bodies)
    returns = [body for file in files for body in due_watches(file, now, ctx.site.id)]
    if returns and ctx.mapping.switches.sync_returns:
        ctx.queues.send(Work.RETURNS, returns)
    copies = [(f, c) for f in files for c in f.copies if _is_watched(ctx, f, c)]
    changed = _changed(ctx, copies)
    if changed:
        ctx.queues.send(Work.FULFILMENTS, [_event(ctx, order_id) for order_id in sorted(changed)])
    return len(bodies) + len(returns) + len(changed) + read_new_till_orders(ctx)


def _is_swept_here(ctx: OrderContext, file: OrderFile) -> bool:
    """One site looks after each order; what a site left behind that is none of the mapping file's any more, the first one does."""
    sites = [site.id for site in ctx.mapping.sites]
    return file.site == ctx.site.id or (file.site not in sites and sites[:1] == [ctx.site.id])


def _is_watched(ctx: OrderContext, file: OrderFile, copy: Copy) -> bool:
    shipping = any(s.warehouse == copy.warehouse and s.state is not ShippingState.COMPLETED for s in file.shippings)
    refused = about_copy(copy.sitoo_order_id) in parked_about(file, Kind.VENDOR_REFUSED)
    if refused and (int(ctx.clock.now() // 60) - (copy.sitoo_order_id or 0)) % REFUSED_EVERY_MIN:
        return False
    return copy.site == ctx.site.id and copy.purpose is Purpose.FULFIL and (copy.state is CopyState.OPEN or shipping)


def _changed(ctx: OrderContext, copies: list[tuple[OrderFile, Copy]]) -> set[int]:
    """Copies that are no longer open in Sitoo, some whose marks must be looked at, and those with a shipment under way."""
    ids = sorted(c.sitoo_order_id for _, c in copies if c.sitoo_order_id is not None)
    found: set[int] = set()
    for start in range(0, len(ids), COPIES_PER_READ):
        found |= {order.id for order in ctx.sitoo.whole_orders(ids=ids[start : start + COPIES_PER_READ]) if order.state != OPEN}
    if ids:
        turn = int(ctx.clock.now() // 60) * LOOKED_INTO_PER_MINUTE % len(ids)
        found |= {ids[(turn + i) % len(ids)] for i in range(min(LOOKED_INTO_PER_MINUTE, len(ids)))}
    return found


def _event(ctx: OrderContext, order_id: int) -> str:
    return compact({"v": 1, "source": "sitoo", "type": "order", "site": ctx.site.id, "id": order_id, "action": "sweep"})
