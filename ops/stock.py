"""`ops stock load|show`: bring stores to their targets for the first time, and explain one SKU."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from connector.domain import quota
from connector.domain.configuration import CentraSettings, Store
from connector.flows.load_plan import Cost, StorePlan, cost_of
from connector.flows.load_stock import LoadRunning, LoadStalled, LoadStock
from connector.sitoo.models import ItemRow
from connector.store.mappings import Applied
from ops.connection import Connection, Refusal, applied, chosen_site, connection
from ops.stock_view import StoreView, views
from ops.wording import counted, units

app = typer.Typer(no_args_is_help=True, help="Store stock: the first load, and the state of one SKU.")
SiteOption = Annotated[int | None, typer.Option("--site", help="Sitoo site; needed when there are several.")]


@app.command("load")
def load(
    ctx: typer.Context,
    store: Annotated[str | None, typer.Option("--store", help="Only this store (its name in the mapping).")] = None,
    site: SiteOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also the stores that an interrupted load has done already.")] = False,
) -> None:
    """Compare every store with Centra and have the drain write what differs. Can be interrupted and run again."""
    conn = connection(ctx)
    current = applied(conn)
    flow = _flow(conn, current, site)
    if not any(True for _ in conn.sku_map.all(flow.site.id)):
        raise Refusal("The SKU map is empty: run `ops sku-map build` first.")
    if flow.fix_cursor():
        conn.console.print("The feed starts here: every movement from now on is seen.")
    plans = _compared(conn, flow, _chosen(conn, flow, store, again=again))
    cost = _cost(plans, current.mapping.centra, flow)
    _show_plan(conn, plans, cost)
    if cost.mutations and not yes and not typer.confirm("Start?"):
        raise Refusal("Nothing was marked.")
    try:
        _mark(conn, flow, plans, whole_site=store is None)
    except LoadRunning as running:
        raise Refusal(f"{running}; wait for it to end (one that was killed is forgotten after five minutes).") from running
    except LoadStalled as stalled:
        raise Refusal(f"{stalled}. See `ops doctor` and `ops exceptions list`; run the command again to go on.") from stalled
    conn.console.print("Done: the drain has looked at every SKU that differed." if cost.mutations else "Nothing differs.")


def _flow(conn: Connection, current: Applied, site: int | None) -> LoadStock:
    place = chosen_site(current, site)
    return LoadStock(
        site=place,
        settings=current.mapping.stock,
        centra=conn.centra,
        sitoo=conn.sitoo(place.id),
        sku_map=conn.sku_map,
        levels=conn.levels,
        links=conn.links,
        cursors=conn.cursors,
        leases=conn.leases,
        budget=conn.budget,
        queues=conn.queues,
        clock=conn.clock,
        owner=f"{conn.who}:{uuid.uuid4().hex[:8]}",
    )


def _chosen(conn: Connection, flow: LoadStock, store: str | None, *, again: bool) -> list[Store]:
    """The store asked for, else all; those that an interrupted load has done are left out, which is told."""
    if store is not None:
        return [_named(flow, store)]
    done = [] if again else flow.stores_done()
    if done:
        names = ", ".join(s.name for s in done)
        conn.console.print(f"An earlier load was interrupted after {names}: left out now (--again compares them too).", soft_wrap=True)
    return [s for s in flow.stores() if s not in done]


def _named(flow: LoadStock, name: str) -> Store:
    found = next((s for s in flow.site.stores if s.name.casefold() == name.casefold()), None)
    if found is None:
        raise Refusal(f"The mapping has no store {name!r}; it has {', '.join(s.name for s in flow.site.stores)}.")
    if not found.syncs_stock():
        raise Refusal(f"The mapping says that the stock of {found.name} is not written by the connector.")
    return found


def _compared(conn: Connection, flow: LoadStock, stores: Sequence[Store]) -> list[StorePlan]:
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=conn.console, transient=True) as bar:
        task = bar.add_task("comparing", total=None)
        return flow.compare(stores, lambda what, count: bar.update(task, description=f"{what}: {count}"))


def _cost(plans: Sequence[StorePlan], centra: CentraSettings, flow: LoadStock) -> Cost:
    limits = quota.QUOTAS[centra.plan]
    return cost_of(
        plans,
        sizes_per_mutation=flow.settings.max_sizes_per_set_stock,
        mutations_per_hour=centra.quota_share * limits[quota.MUTATIONS, quota.HOUR],
        requests_per_hour=centra.quota_share * limits[quota.REQUESTS, quota.HOUR],
    )


def _show_plan(conn: Connection, plans: Sequence[StorePlan], cost: Cost) -> None:
    table = Table("store", "in stock", "to look at", "not in the SKU map", "only in Centra", title="First load", title_justify="left")
    for plan in plans:
        table.add_row(plan.store, str(plan.compared), str(len(plan.skus)), str(len(plan.unmapped)), str(plan.foreign_sizes))
    conn.console.print(table)
    unmapped = sorted({sku for plan in plans for sku in plan.unmapped})
    if unmapped:
        some = ", ".join(unmapped[:10]) + (" …" if len(unmapped) > 10 else "")
        conn.console.print(conn.typed(f"Not in the SKU map, left out: {some} (`ops sku-map build` makes exceptions of them)."), soft_wrap=True)
    conn.console.print(
        f"At most {counted(cost.requests, 'request')} and {counted(cost.mutations, 'mutation')} of Centra: {_duration(cost.hours)}"
        " at the configured share of the plan,"
        " longer while tills sell (the load goes last).",
        soft_wrap=True,
    )


def _duration(hours: float) -> str:
    return f"{hours:.1f} hours" if hours >= 1 else f"about {max(1, round(hours * 60))} min"


def _mark(conn: Connection, flow: LoadStock, plans: Sequence[StorePlan], *, whole_site: bool) -> None:
    total = sum(len(plan.skus) for plan in plans)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=conn.console, transient=True) as bar:
        task = bar.add_task("SKUs dealt with", total=total)
        flow.mark(plans, lambda _, done: bar.update(task, completed=done), whole_site=whole_site)


@app.command("show")
def show(ctx: typer.Context, sku: str, site: SiteOption = None) -> None:
    """What both systems hold of SKU in every store, what Centra should hold, and why."""
    conn = connection(ctx)
    current = applied(conn)
    place = chosen_site(current, site)
    entry = conn.sku_map.get_many(place.id, [sku]).get(sku)
    if entry is None:
        raise Refusal(f"{sku} is not in the SKU map: see `ops sku-map show {sku}`.")
    for view in views(conn, place, entry):
        conn.console.print(f"[bold]{escape(view.store.name)}[/bold]: {escape(conn.typed(view.verdict))}", highlight=False, soft_wrap=True)
        conn.console.print(_view_table(view, conn.clock.now()))


def _level(item: ItemRow) -> str:
    return f"{units(item.total)} on hand, {units(item.reserved)} reserved"


def _view_table(view: StoreView, now: float) -> Table:
    table = Table("", "", show_header=False)
    for warehouse in view.store.sitoo_warehouses:
        item = view.items[warehouse.id]
        counts = "" if warehouse.sellable else ", not sellable: does not count"
        table.add_row(f"Sitoo warehouse {warehouse.id}", "no row" if item is None else _level(item) + counts)
    centra = view.centra
    held = f"{centra.physical} physical, {centra.allocated} allocated, {centra.physical - centra.allocated} free to allocate" if centra else "unknown"
    table.add_row(f"Centra warehouse {view.store.centra_warehouse}", held)
    table.add_row("target", f"{view.target.quantity} = {view.target.explain()}, never below 0" if view.target else "unknown")
    for line in view.lines:
        copy = f"Sitoo order {line.sitoo_order_id}" if line.sitoo_order_id is not None else "no known copy in Sitoo"
        table.add_row(f"web order {line.order_number}", f"{line.allocated} allocated, {line.shipped} shipped, {line.delivered} handed out ({copy})")
    if view.dirty is not None:
        due = "now" if view.dirty.due <= now else f"in {view.dirty.due - now:.0f} s"
        refused = f", refused {counted(view.dirty.refusals, 'time')}" if view.dirty.refusals else ""
        table.add_row("waits since", f"{now - view.dirty.since:.0f} s, is looked at {due}{refused}")
    for write in view.pending:
        table.add_row("unconfirmed write", f"{now - write.called_at:.0f} s ago")
    return table
