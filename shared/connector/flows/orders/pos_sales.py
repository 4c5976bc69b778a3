"""Till sales as Centra orders, so that finance can close the month there: recorded as paid and shipped, never a second writer of stock.

The stock of a store has one writer, the drain: an order made here takes nothing (`adjustStock: false`), so its shipment has no allocation that
completing could take off the shelf. See docs/decisions/0014-till-sales-that-take-no-stock.md.
"""

from __future__ import annotations

from dataclasses import replace

from connector.centra.order_models import CentraOrder
from connector.domain.exceptions import Kind, Owner, Problem
from connector.domain.order_keys import sale_key, sent_key
from connector.flows.orders.context import OrderContext
from connector.flows.orders.copies import SETTLE_S
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.refusals import words_of
from connector.flows.orders.till_sales import Draft, NotMade, begun, make, on_sale, park_sale, resolve_sale, sale_file, settle
from connector.flows.orders.trouble import Postponed
from connector.mapping.pos_order import SoldRow, Unfit, sale_body, sold_rows
from connector.sitoo.order_models import WholeOrder
from connector.store.order_files import OrderFile

IMPORTED = "sale-in-centra"
"""Among the facts of a sale's file: nothing is left to do."""
_SHIPPING = "shipping:"
ENDED_BY_AN_ORDER = (Kind.UNMAPPED_SKU, Kind.UNSUPPORTED_AMOUNT, Kind.VENDOR_REFUSED)


def is_imported(file: OrderFile | None) -> bool:
    return file is not None and IMPORTED in file.handled


def import_sale(ctx: OrderContext, order: WholeOrder, body: str) -> int:
    """Make the Centra order of what a customer took along; 1 when something was done. Raises trouble.PASSING."""
    if is_imported(ctx.files.get(sale_file(order.id))):
        return 0
    till = ctx.settings.till_orders
    if not (till.email and till.country):
        _not_set_up(ctx)
        return 0
    return on_sale(ctx, order, body, lambda turn: _import(turn, order, body))


def _import(turn: OrderTurn, order: WholeOrder, body: str) -> int:
    if is_imported(turn.file):
        return 0
    ctx, key = turn.ctx, sale_key(order.id)
    settle(turn, key)
    rows = _rows(turn, order)
    if isinstance(rows, Unfit):
        _park_unfit(turn, order, rows, body)
        return 1
    if rows:
        draft = Draft(key, rows, lambda: sale_body(key, order, ctx.site, ctx.settings.till_orders, rows))
        try:
            made = make(turn, order, draft, body)
        except NotMade as refusal:
            happened = f"Centra refused to record till order {order.id} ({refusal.code}): {refusal}"
            todo = "Correct the product, price list or market in Centra, or the Order API plugin's settings, then redrive this exception."
            park_sale(turn, order, Kind.VENDOR_REFUSED, Owner.FINANCE, happened, todo, body)
            return 1
        resolve_sale(turn, order, *ENDED_BY_AN_ORDER)
        _ship(turn, order, made)
    others = any(c.external_id != key for c in turn.file.copies)
    open_still = turn.file.is_open and others
    file = replace(turn.file, handled=turn.file.handled | {IMPORTED}, is_open=open_still)
    turn.keep(file if open_still else replace(file, look_at=0.0, awaiting=""))
    return 1


def _rows(turn: OrderTurn, order: WholeOrder) -> tuple[SoldRow, ...] | Unfit:
    """Everything sold but what is sent from the central warehouse, which is an order of its own."""
    sent = begun(turn.file, sent_key(order.id)) or {}
    units = {row.row: row.quantity - sent.get(row.row, 0) for row in order.rows if row.quantity > 0}
    entries, _ = turn.ctx.skus.find(sorted({row.sku for row in order.rows if row.sku and units.get(row.row)}))
    return sold_rows(order, turn.ctx.site, units, {sku: entry.size_id for sku, entry in entries.items()}, last=False)


def _ship(turn: OrderTurn, order: WholeOrder, made: CentraOrder) -> None:
    """Returns in Centra need a shipment. One that Centra does not want to make of units without allocation is left out, and said once."""
    ctx, key = turn.ctx, sale_key(order.id)
    rows = next((c.rows for c in turn.file.copies if c.external_id == key), ())
    lines: dict[int, int] = {}
    by_sku: dict[str, int] = {}
    for row in rows:
        if row.line:
            lines[row.line] = lines.get(row.line, 0) + row.units
            by_sku[row.sku] = by_sku.get(row.sku, 0) + row.units
    shipment = next((s for s in made.shipments if s.external_id == key), None)
    if not lines or (shipment is not None and shipment.shipped_at is not None):
        return
    shipment_id = shipment.id if shipment is not None else _create(turn, made, lines, key)
    if shipment_id is None:
        return
    _tell_drain(turn, order, made, by_sku)
    turn.hold()
    written = ctx.centra.complete_shipment(shipment_id, shipped_at=order.date, send_email=False)
    if written.errors:
        _forget(turn, order, made)
        _not_shipped(ctx, written.errors)
        return
    warehouse = _store_of(ctx, order)
    for sku, units in by_sku.items():
        if warehouse is None:
            break
        ctx.links.shipped(made.number, warehouse, sku, shipment_id=shipment_id, units=units, at=order.date)
    turn.step("recorded as shipped", note=f"shipment {shipment_id} of order {made.number}")


def _create(turn: OrderTurn, made: CentraOrder, lines: dict[int, int], key: str) -> int | None:
    """A shipment whose createShipment broke off is in the order that was just read, or may still appear."""
    ctx, now = turn.ctx, turn.ctx.clock.now()
    last = max((float(fact.removeprefix(_SHIPPING)) for fact in turn.file.handled if fact.startswith(_SHIPPING)), default=0.0)
    if now - last < SETTLE_S:
        raise Postponed(last + SETTLE_S - now + 1.0, f"the shipment of order {made.number} may still appear in Centra")
    others = frozenset(fact for fact in turn.file.handled if not fact.startswith(_SHIPPING))
    turn.keep(replace(turn.file, handled=others | {f"{_SHIPPING}{now}"}))
    turn.hold()
    written = ctx.centra.create_shipment(made.number, lines, external_id=key, capture=False, paid=True)
    if written.id is None:
        turn.keep(replace(turn.file, handled=others))
        _not_shipped(ctx, written.errors)
    return written.id


def _tell_drain(turn: OrderTurn, order: WholeOrder, made: CentraOrder, by_sku: dict[str, int]) -> None:
    """What Centra shows as shipped was handed over at the till already: the drain must not hold it back from the store's stock."""
    ctx = turn.ctx
    warehouse = _store_of(ctx, order)
    for sku, units in by_sku.items():
        if warehouse is None:
            break
        ctx.links.linked(made.number, warehouse, sku, sitoo_order_id=order.id, reserved=0, reserved_until=None)
        ctx.links.delivered(made.number, warehouse, sku, units=units)


def _forget(turn: OrderTurn, order: WholeOrder, made: CentraOrder) -> None:
    """Nothing is shipped after all: the drain need not look at this order any more."""
    warehouse = _store_of(turn.ctx, order)
    for line in turn.ctx.links.open_lines([warehouse]) if warehouse is not None else ():
        if line.order_number == made.number:
            turn.ctx.links.close(line)


def _store_of(ctx: OrderContext, order: WholeOrder) -> int | None:
    """The Centra warehouse of the store that sold it."""
    store = ctx.site.store_of_sitoo_warehouse(order.warehouse_id) if order.warehouse_id is not None else None
    return store.centra_warehouse if store is not None else None


def _park_unfit(turn: OrderTurn, order: WholeOrder, unfit: Unfit, body: str) -> None:
    what = f"it holds {', '.join(unfit.skus)}, which Centra does not know" if unfit.skus else unfit.why
    kind = Kind.UNMAPPED_SKU if unfit.skus else Kind.UNSUPPORTED_AMOUNT
    happened = f"Till order {order.id} cannot be recorded in Centra: {what}."
    todo = "Correct the product or the SKU map, then redrive this exception."
    park_sale(turn, order, kind, Owner.MERCHANDISING, happened, todo, body, skus=list(unfit.skus))


def _not_shipped(ctx: OrderContext, errors: tuple[str, ...]) -> None:
    happened = f"Centra does not ship orders of till sales, whose units are not allocated: {words_of(errors)}"
    todo = "The sales are recorded and unshipped, so their refunds cannot become returns. Set `pos_sales` to stock_only, or ask Centra to allow it."
    problem = Problem(Kind.SHIPMENT_UNCLEAR, f"site/{ctx.site.id}/pos_sales", Owner.FINANCE, happened, todo, {"site": ctx.site.id})
    ctx.cases.open(problem, now=ctx.clock.now(), by=ctx.by)


def _not_set_up(ctx: OrderContext) -> None:
    happened = "Till sales are to become orders in Centra, and the mapping names no e-mail and country for them."
    todo = "Fill in `orders.till_orders`, or set `pos_sales` to stock_only. Sales made meanwhile can be sent again with `ops`."
    problem = Problem(Kind.UNMAPPED_NAME, f"site/{ctx.site.id}/till_orders", Owner.FINANCE, happened, todo, {"site": ctx.site.id})
    ctx.cases.open(problem, now=ctx.clock.now(), by=ctx.by)
