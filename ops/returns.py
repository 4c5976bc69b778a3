"""`ops return link`: name the web order that a return, or some of its rows, belongs to. `ops return own`: rows that belong to none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from connector.centra.order_models import CentraOrder
from connector.domain.configuration import Lane, Site
from connector.domain.exceptions import Case, Kind, State
from connector.domain.order_keys import refund_of
from connector.flows.exceptions_desk import ExceptionsDesk
from connector.flows.nudge_store_stock import compact
from connector.flows.returns.named_rows import name_rows, named_rows
from connector.mapping.refund_findings import refund_entity
from connector.mapping.refund_order import Nature, nature, original_of, web_order_of
from connector.mapping.refund_parts import OWN_SALE
from connector.runtime.queues import QueueUnavailable, Work
from connector.sitoo.order_models import RowOfOrder, WholeOrder
from connector.store.order_files import FileChanged
from ops.connection import Connection, Refusal, applied, connection

app = typer.Typer(no_args_is_help=True, help="Returns: name the web order that a return without a receipt belongs to.")
RefundNumber = Annotated[int, typer.Argument(metavar="SITOO_ORDER", help="The till's refund order in Sitoo, as the exception tells it.", min=1)]
OrderNumber = Annotated[int, typer.Argument(metavar="CENTRA_ORDER", help="Centra's order number.", min=1)]
RowNumbers = Annotated[list[int], typer.Option("--row", metavar="N", help="A row of the refund, as the exception numbers it; repeatable.", min=0)]
NO_ROWS: list[int] = []


@app.command("link")
def link(ctx: typer.Context, refund_id: RefundNumber, number: OrderNumber, row: RowNumbers = NO_ROWS) -> None:
    """The till refund SITOO_ORDER brought back goods of the web order CENTRA_ORDER: its return is made in Centra, as if staff had scanned it.

    A receipt with goods of several orders is named row by row with --row; the rows that are not named stay with the receipt that staff scanned.
    """
    conn = connection(ctx)
    site, refund = _refund(conn, refund_id)
    order = conn.centra_orders.orders([number], lane=Lane.RECONCILE).get(number)
    if order is None:
        raise Refusal(f"Centra has no order {number}.")
    _must_be_a_refund(refund)
    again = _link_rows(conn, site, refund, order, row) if row else _link_all(conn, site, refund, order)
    _go_on(conn, site, refund_id)
    rows = f"row{'s' if len(row) > 1 else ''} {', '.join(map(str, sorted(row)))} of " if row else ""
    belongs = "belong" if len(row) > 1 else "belongs"
    told = f"{rows}Sitoo order {refund_id} {belongs} to web order {number}{' (it was linked before)' if again else ''}"
    _say(conn, f"{told[0].upper()}{told[1:]}; its return is being made: `ops order show {number}`.")


@app.command("own")
def own(ctx: typer.Context, refund_id: RefundNumber, row: RowNumbers = NO_ROWS) -> None:
    """These rows (--row) of the till refund SITOO_ORDER are of the store's own sale: the others go their way without them."""
    conn = connection(ctx)
    site, refund = _refund(conn, refund_id)
    _must_be_a_refund(refund)
    if not row:
        raise Refusal("Name the rows with --row; if everything was the store's own sale, discard the exception.")
    why_not = _taken(conn, site, refund, _named(refund, row), OWN_SALE)
    if why_not:
        raise Refusal(f"Not changed: {why_not}")
    _name(conn, site, refund, row, OWN_SALE)
    _go_on(conn, site, refund_id)
    _say(conn, f"Row {', '.join(map(str, sorted(row)))} of Sitoo order {refund_id} is the store's own sale; the others go their way.")


def _link_all(conn: Connection, site: Site, refund: WholeOrder, order: CentraOrder) -> bool:
    """Whether it was linked before."""
    known = conn.files.number_of(refund.id)
    if known is not None and known != order.number:
        raise Refusal(f"Sitoo order {refund.id} is linked with web order {known} already; nothing was changed.")
    if known is None:
        if order.number in named_rows(conn.files, refund.id).values():
            raise Refusal(f"Not linked: rows of Sitoo order {refund.id} were named for web order {order.number}; name the others with --row too.")
        why_not = _why_not(conn, site, refund, order)
        if why_not:
            raise Refusal(f"Not linked: {why_not}")
        conn.files.know_sitoo_order(refund.id, order.number)
    return known is not None


def _link_rows(conn: Connection, site: Site, refund: WholeOrder, order: CentraOrder, wanted: list[int]) -> bool:
    """Whether they were linked before."""
    rows = _named(refund, wanted)
    named = named_rows(conn.files, refund.id)
    if all(named.get(row.row) == order.number for row in rows):
        return True
    why_not = _unfit(order, rows) or _taken(conn, site, refund, rows, order.number)
    if why_not:
        raise Refusal(f"Not linked: {why_not}")
    _name(conn, site, refund, wanted, order.number)
    return False


def _named(refund: WholeOrder, wanted: Iterable[int]) -> list[RowOfOrder]:
    back = {row.row: row for row in refund.rows if row.quantity < 0}
    missing = sorted(set(wanted) - back.keys())
    if missing:
        raise Refusal(f"Sitoo order {refund.id} takes nothing back in row {missing[0]}; its rows are {', '.join(map(str, back))}.")
    return [back[row] for row in wanted]


def _name(conn: Connection, site: Site, refund: WholeOrder, rows: list[int], number: int) -> None:
    try:
        name_rows(conn.files, site.id, refund.id, rows, number)
    except FileChanged as error:
        raise Refusal("Somebody else names rows of this refund right now; run the command again.") from error


def _taken(conn: Connection, site: Site, refund: WholeOrder, rows: list[RowOfOrder], number: int) -> str:
    """Why these rows cannot be told apart from the receipt any more; '' when they can."""
    named = named_rows(conn.files, refund.id)
    for row in rows:
        if named.get(row.row, number) != number:
            what = f"of web order {named[row.row]}" if named[row.row] != OWN_SALE else "the store's own sale"
            return f"row {row.row} of Sitoo order {refund.id} is {what} already."
    owner = conn.files.number_of(refund.id) or _scanned(conn, site, refund)[0]
    if owner == number:
        return f"Sitoo order {refund.id} is known to be of web order {owner}: rows that are not named go there by themselves."
    return _made_already(conn, refund, owner) if owner is not None else ""


def _made_already(conn: Connection, refund: WholeOrder, number: int) -> str:
    made = {known[0] for r in conn.centra_orders.returns_of(number) if (known := refund_of(r.external_id)) is not None}
    return f"order {number} has the return of Sitoo order {refund.id} already." if refund.id in made else ""


def _go_on(conn: Connection, site: Site, refund_id: int) -> None:
    try:
        _send_back(conn, site, refund_id)
    except QueueUnavailable as error:
        raise Refusal(f"The link is stored, but the queue did not answer ({error}); run the command again.") from error


def _say(conn: Connection, text: str) -> None:
    conn.console.print(conn.typed(text), soft_wrap=True, highlight=False)


def _refund(conn: Connection, refund_id: int) -> tuple[Site, WholeOrder]:
    for site in applied(conn).mapping.sites:
        for order in conn.sitoo_orders(site.id).whole_orders(ids=[refund_id]):
            return site, order
    raise Refusal(f"Sitoo has no order {refund_id}.")


def _must_be_a_refund(refund: WholeOrder) -> None:
    kind = nature(refund)
    if kind is Nature.OURS:
        raise Refusal(f"Not linked: Sitoo order {refund.id} records a return that was made in Centra; there is nothing to return a second time.")
    if kind is Nature.UNFINISHED:
        raise Refusal(f"Not linked: the till has not closed Sitoo order {refund.id} yet.")
    if kind is not Nature.REFUND:
        raise Refusal(f"Not linked: Sitoo order {refund.id} is no refund that was paid out.")


def _why_not(conn: Connection, site: Site, refund: WholeOrder, order: CentraOrder) -> str:
    """Why the refund cannot be of this order; '' when it can."""
    if (owner := _owner(conn, site, refund)) is not None:
        return f"staff scanned a receipt with Sitoo order {refund.id}: it is {owner}. Name single rows with --row."
    named = named_rows(conn.files, refund.id)
    why_not = _unfit(order, [row for row in refund.rows if row.quantity < 0 and row.row not in named])
    return why_not or _made_already(conn, refund, order.number)


def _unfit(order: CentraOrder, rows: list[RowOfOrder]) -> str:
    if not any(shipment.shipped_at is not None for shipment in order.shipments):
        return f"nothing of order {order.number} was shipped or handed out yet."
    skus = {line.sku for line in order.lines if line.sku}
    foreign = sorted({row.sku or "an article without SKU" for row in rows if row.sku not in skus})
    return f"order {order.number} has no {', '.join(foreign)}." if foreign else ""


def _owner(conn: Connection, site: Site, refund: WholeOrder) -> str | None:
    """The sale that the refund names; None when it names none, or an order that neither a web order nor a till made."""
    number, is_tills = _scanned(conn, site, refund)
    if number is not None:
        return f"a return of web order {number}"
    return f"a return of the store's own sale {original_of(refund)}" if is_tills else None


def _scanned(conn: Connection, site: Site, refund: WholeOrder) -> tuple[int | None, bool]:
    """(the Centra order of the receipt that staff scanned, whether it was a till's own sale)."""
    original = original_of(refund)
    if original is None:
        return None, False
    number = conn.files.number_of(original)
    if number is not None:
        return number, False
    found = conn.sitoo_orders(site.id).whole_orders(ids=[original])
    number = web_order_of(found[0]) if found else None
    return number, number is None and bool(found and found[0].register)


def _send_back(conn: Connection, site: Site, refund_id: int) -> None:
    """The case's own message if one waits; else a new one: linking is what was missing, whatever became of the case."""
    case: Case | None = conn.cases.find(Kind.RETURN_UNLINKED, refund_entity(site.id, refund_id))
    if case is not None and case.state is State.OPEN and case.body is not None:
        desk = ExceptionsDesk(conn.cases, conn.queues, conn.letters, conn.clock)
        desk.redrive(case.case_id, conn.who)
        desk.sweep(Work.RETURNS)
    else:
        conn.queues.send(Work.RETURNS, [compact({"v": 1, "source": "sitoo", "type": "order", "site": site.id, "id": refund_id})])
