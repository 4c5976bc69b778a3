"""`ops return link`: name the web order that a return without a receipt belongs to."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.centra.order_models import CentraOrder
from connector.domain.configuration import Lane, Site
from connector.domain.exceptions import Case, Kind, State
from connector.domain.order_keys import refund_of
from connector.flows.exceptions_desk import ExceptionsDesk
from connector.flows.nudge_store_stock import compact
from connector.mapping.refund_findings import refund_entity
from connector.mapping.refund_order import Nature, nature, original_of, web_order_of
from connector.runtime.queues import QueueUnavailable, Work
from connector.sitoo.order_models import WholeOrder
from ops.connection import Connection, Refusal, applied, connection

app = typer.Typer(no_args_is_help=True, help="Returns: name the web order that a return without a receipt belongs to.")
RefundNumber = Annotated[int, typer.Argument(metavar="SITOO_ORDER", help="The till's refund order in Sitoo, as the exception tells it.", min=1)]
OrderNumber = Annotated[int, typer.Argument(metavar="CENTRA_ORDER", help="Centra's order number.", min=1)]


@app.callback()
def returns() -> None:
    """A group of its own, so that `link` is named."""


@app.command("link")
def link(ctx: typer.Context, refund_id: RefundNumber, number: OrderNumber) -> None:
    """The till refund SITOO_ORDER brought back goods of the web order CENTRA_ORDER: its return is made in Centra, as if staff had scanned it."""
    conn = connection(ctx)
    site, refund = _refund(conn, refund_id)
    order = conn.centra_orders.orders([number], lane=Lane.RECONCILE).get(number)
    if order is None:
        raise Refusal(f"Centra has no order {number}.")
    known = conn.files.number_of(refund_id)
    if nature(refund) is Nature.OURS:
        raise Refusal(f"Not linked: Sitoo order {refund_id} records a return that was made in Centra; there is nothing to return a second time.")
    if known is not None and known != number:
        raise Refusal(f"Sitoo order {refund_id} is linked with web order {known} already; nothing was changed.")
    if known is None:
        why_not = _why_not(conn, site, refund, order)
        if why_not:
            raise Refusal(f"Not linked: {why_not}")
        conn.files.know_sitoo_order(refund_id, number)
    try:
        _send_back(conn, site, refund_id)
    except QueueUnavailable as error:
        raise Refusal(f"The link is stored, but the queue did not answer ({error}); run the command again.") from error
    again = " (it was linked before)" if known is not None else ""
    conn.console.print(
        conn.typed(f"Sitoo order {refund_id} belongs to web order {number}{again}; its return is being made: `ops order show {number}`."),
        soft_wrap=True,
        highlight=False,
    )


def _refund(conn: Connection, refund_id: int) -> tuple[Site, WholeOrder]:
    for site in applied(conn).mapping.sites:
        for order in conn.sitoo_orders(site.id).whole_orders(ids=[refund_id]):
            return site, order
    raise Refusal(f"Sitoo has no order {refund_id}.")


def _why_not(conn: Connection, site: Site, refund: WholeOrder, order: CentraOrder) -> str:
    """Why the refund cannot be of this order; '' when it can."""
    kind = nature(refund)
    if kind is Nature.UNFINISHED:
        return f"the till has not closed Sitoo order {refund.id} yet."
    if kind is not Nature.REFUND:
        return f"Sitoo order {refund.id} is no refund that was paid out."
    if (owner := _owner(conn, site, refund)) is not None:
        return f"staff scanned a receipt with Sitoo order {refund.id}: it is {owner}."
    if not any(shipment.shipped_at is not None for shipment in order.shipments):
        return f"nothing of order {order.number} was shipped or handed out yet."
    skus = {line.sku for line in order.lines if line.sku}
    foreign = sorted({row.sku or "an article without SKU" for row in refund.rows if row.quantity < 0 and row.sku not in skus})
    if foreign:
        return f"order {order.number} has no {', '.join(foreign)}."
    made = {known[0] for r in conn.centra_orders.returns_of(order.number) if (known := refund_of(r.external_id)) is not None}
    return f"order {order.number} has the return of Sitoo order {refund.id} already." if refund.id in made else ""


def _owner(conn: Connection, site: Site, refund: WholeOrder) -> str | None:
    """The sale that the refund names."""
    original = original_of(refund)
    if original is None:
        return None
    number = conn.files.number_of(original)
    if number is None:
        found = conn.sitoo_orders(site.id).whole_orders(ids=[original])
        number = web_order_of(found[0]) if found else None
    return f"a return of web order {number}" if number is not None else f"a return of the store's own sale {original}"


def _send_back(conn: Connection, site: Site, refund_id: int) -> None:
    """The case's own message if one waits; else a new one: linking is what was missing, whatever became of the case."""
    case: Case | None = conn.cases.find(Kind.RETURN_UNLINKED, refund_entity(site.id, refund_id))
    if case is not None and case.state is State.OPEN and case.body is not None:
        desk = ExceptionsDesk(conn.cases, conn.queues, conn.letters, conn.clock)
        desk.redrive(case.case_id, conn.who)
        desk.sweep(Work.RETURNS)
    else:
        conn.queues.send(Work.RETURNS, [compact({"v": 1, "source": "sitoo", "type": "order", "site": site.id, "id": refund_id})])
