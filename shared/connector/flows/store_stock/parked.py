"""What the drain hands to people: SKUs it cannot map, stock it cannot know, writes Centra refuses, units sold twice."""

from __future__ import annotations

from collections.abc import Iterable

from connector.domain.exceptions import Kind, Owner, Problem, State, sku_entity, stock_entity
from connector.flows.nudge_store_stock import compact
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.drain_state import DrainState
from connector.flows.store_stock.looking import Look
from connector.runtime.parking import park
from connector.runtime.queues import Work
from connector.store.order_links import OpenLine
from connector.store.stock_levels import Mark

BY = "sync_store_stock"
TOLD_LOOKED_AT_EVERY_S = 120.0
EVERY_SKU = "*"
"""In the place of a SKU: a problem with a whole warehouse."""


def sku_message(site: int, sku: str) -> str:
    """The queue message that makes the drain look at one SKU in every store; what is parked, and redriven, for a SKU."""
    return compact({"v": 1, "kind": "sku", "site": site, "sku": sku})


def park_skus(ctx: DrainContext, problems: Iterable[Problem]) -> None:
    """One exception per SKU that cannot be mapped; the other SKUs go on."""
    for problem in problems:
        sku = problem.entity.removeprefix(sku_entity(ctx.site.id, ""))
        _park(ctx, problem, sku)


def park_unknown_stock(ctx: DrainContext, look: Look) -> None:
    """Sitoo has no row for a SKU that Centra sells from this store: nothing is written, someone must say which is right."""
    name = _store_name(ctx, look)
    problem = Problem(
        kind=Kind.UNKNOWN_STOCK,
        entity=stock_entity(ctx.site.id, look.row.warehouse, look.row.sku),
        owner=Owner.RETAIL_OPS,
        happened=f"Sitoo gives no stock level for {look.row.sku} in {name}, but Centra holds {look.physical} there; Centra was left as it is.",
        todo=f"Count {look.row.sku} in {name} in Sitoo (also if it is zero); the connector then corrects Centra by itself.",
        evidence={"sku": look.row.sku, "centra_warehouse": look.row.warehouse, "centra_physical": look.physical},
    )
    _park(ctx, problem, look.row.sku)


def park_refused(ctx: DrainContext, look: Look, words: str) -> None:
    """Centra refused a size again and again: it must not hold the others, and a person must see why."""
    problem = Problem(
        kind=Kind.VENDOR_REFUSED,
        entity=stock_entity(ctx.site.id, look.row.warehouse, look.row.sku),
        owner=Owner.ENGINEERING,
        happened=f"Centra refused the stock of {look.row.sku} in warehouse {look.row.warehouse}: {words}",
        todo="Check the size in Centra (is it active, is the warehouse's stock master External?), then redrive this exception.",
        evidence={"sku": look.row.sku, "centra_warehouse": look.row.warehouse, "centra_size": look.entry.size_id},
    )
    _park(ctx, problem, look.row.sku)


def park_refused_warehouse(ctx: DrainContext, warehouse: int, words: str) -> None:
    """Centra refused a whole request: a permission is missing, or the warehouse cannot be written. One exception, not one for each SKU."""
    problem = Problem(
        kind=Kind.VENDOR_REFUSED,
        entity=stock_entity(ctx.site.id, warehouse, EVERY_SKU),
        owner=Owner.ENGINEERING,
        happened=f"Centra refused every stock write to warehouse {warehouse}: {words}",
        todo="Run `ops doctor`: it tells which permission or setting is missing. The connector tries again each minute.",
        evidence={"centra_warehouse": warehouse},
    )
    ctx.cases.open(problem, now=ctx.clock.now(), by=BY)


def park_oversold(ctx: DrainContext, look: Look) -> None:
    """More units are promised to web orders than the store has, confirmed in Sitoo: the order flow finds them elsewhere, or a person must."""
    if look.target is None:
        return
    lost = look.allocated - look.target.quantity
    promised = [line for line in look.lines if line.allocated > 0]
    if ctx.mapping.switches.sync_orders and promised:
        _tell_the_order_flow(ctx, look, lost, promised)
    name = _store_name(ctx, look)
    problem = Problem(
        kind=Kind.OVERSOLD,
        entity=stock_entity(ctx.site.id, look.row.warehouse, look.row.sku),
        owner=Owner.CUSTOMER_SERVICE,
        happened=f"{lost} of {look.allocated} units of {look.row.sku} promised to web orders are gone from {name} ({look.target.explain()}).",
        todo=f"Ask {name} to look for {_pieces(lost)} of {look.row.sku} and to count it in Sitoo: what is found needs nothing more. Else take "
        f"{losers(promised, lost)} off this warehouse in Centra and allocate it where it is; is it nowhere, cancel the line and tell the customer.",
        evidence={
            "sku": look.row.sku,
            "centra_warehouse": look.row.warehouse,
            "lost_units": lost,
            "allocated": look.allocated,
            "target": look.target.quantity,
            "orders": [f"{line.order_number}: {line.allocated}" for line in promised],
        },
    )
    _park(ctx, problem, look.row.sku)


def _tell_the_order_flow(ctx: DrainContext, look: Look, lost: int, promised: list[OpenLine]) -> None:
    """Each time it is seen: the order flow drops what is older than its last deed."""
    message = {
        "v": 1,
        "source": "drain",
        "type": "oversold",
        "site": ctx.site.id,
        "warehouse": look.row.warehouse,
        "sku": look.row.sku,
        "units": lost,
        "orders": sorted({line.order_number for line in promised}),
        "read_at": int(look.read_at),
    }
    ctx.queues.send(Work.ORDERS, [compact(message)])


def look_again_at_what_was_told(ctx: DrainContext, state: DrainState) -> None:
    """Mark the SKUs with an open exception: what ends one (a unit re-allocated in Centra) is not always told by any feed."""
    now = ctx.clock.now()
    keys = sorted({key for _, key in state.told if key[1] != EVERY_SKU})
    if keys and now - state.told_looked_at >= TOLD_LOOKED_AT_EVERY_S:
        ctx.levels.mark(ctx.site.id, [Mark(warehouse, sku) for warehouse, sku in keys], now)
        state.told_looked_at = int(now)


def resolve_stock(ctx: DrainContext, kind: Kind, warehouse: int, sku: str) -> None:
    """What was told about a SKU in a store no longer holds."""
    _resolve(ctx, kind, stock_entity(ctx.site.id, warehouse, sku), "both systems agree again")


def resolve_sku(ctx: DrainContext, sku: str) -> None:
    """A redriven SKU is mapped now."""
    for kind in (Kind.UNMAPPED_SKU, Kind.AMBIGUOUS_SKU):
        _resolve(ctx, kind, sku_entity(ctx.site.id, sku), "the SKU is mapped and was synchronised")


def _resolve(ctx: DrainContext, kind: Kind, entity: str, note: str) -> None:
    case = ctx.cases.find(kind, entity)
    if case is not None and case.state in (State.OPEN, State.REDRIVEN):
        ctx.cases.move(case.case_id, State.RESOLVED, now=ctx.clock.now(), by=BY, note=note)


def _store_name(ctx: DrainContext, look: Look) -> str:
    store = ctx.store_at(look.row.warehouse)
    return store.name if store else f"warehouse {look.row.warehouse}"


def _park(ctx: DrainContext, problem: Problem, sku: str) -> None:
    park(ctx.queues, ctx.cases, problem, Work.STORE_STOCK, sku_message(ctx.site.id, sku), clock=ctx.clock, by=BY)


def losers(lines: list[OpenLine], lost: int) -> str:
    """Which order goes without: the newest first, older ones keep what is there."""
    parts = []
    for line in sorted(lines, key=lambda line: line.order_number, reverse=True):
        units = min(lost, line.allocated)
        if units > 0:
            some = _pieces(units) if units == line.allocated else f"{units} of the {_pieces(line.allocated)}"
            parts.append(f"{some} of order {line.order_number}")
            lost -= units
    if not parts:
        return f"{_pieces(lost)} of the newest order allocated there"
    return f"{', '.join(parts)}{' (the newest: older orders keep theirs)' if len(lines) > 1 else ''}"


def _pieces(number: int) -> str:
    return f"{number} {'unit' if number == 1 else 'units'}"
