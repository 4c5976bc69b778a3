"""`ops sku-map build|show|add`: which Centra size is which Sitoo SKU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from connector.domain.configuration import Lane
from connector.domain.exceptions import Case, Kind, State, sku_entity
from connector.domain.sku_matching import Why
from connector.flows.build_sku_map import BuildSkuMap, Built, NothingRead
from connector.flows.store_stock.parked import sku_message
from connector.runtime.queues import Work
from connector.store.sku_map import SkuEntry
from ops.connection import Connection, Refusal, applied, chosen_site, connection
from ops.exception_views import next_step, state_now
from ops.sizes import read_size
from ops.wording import counted

app = typer.Typer(no_args_is_help=True, help="The SKU map: which Centra size is which Sitoo SKU.")
MOST_NAMED = 10
"""Cases named one by one in a command; more are named by their kind."""
SiteOption = Annotated[int | None, typer.Option("--site", help="Sitoo site; needed when there are several.")]

_MATCHED = {
    Why.SKU: "by SKU",
    Why.BARCODE: "by barcode",
    Why.CHOSEN: "chosen by a person",
    Why.NOT_COUNTED: "not counted in Sitoo, ignored",
    Why.MISSING: "not in Centra",
    Why.DUPLICATE_SKU: "ambiguous: SKU on several sizes",
    Why.CASE_ONLY: "ambiguous: differs in capital letters only",
    Why.DUPLICATE_BARCODE: "ambiguous: barcode on several articles",
    Why.SIZE_TAKEN: "ambiguous: size belongs to another SKU",
}


@app.command("build")
def build(ctx: typer.Context, site: SiteOption = None) -> None:
    """Read everything both systems have and store what is certain; ambiguous and missing SKUs become exceptions. Safe to run again."""
    conn = connection(ctx)
    place = chosen_site(applied(conn), site)
    flow = BuildSkuMap(conn.centra, conn.sitoo(place.id), conn.sku_map, conn.cases, conn.clock, conn.who)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:.0f}"), console=conn.console, transient=True) as bar:
        tasks = {}

        def tell(step: str, done: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=None)
            bar.update(tasks[step], completed=done)

        try:
            built = flow.build(place, tell)
        except NothingRead as nothing:
            raise Refusal(f"{nothing}; the SKU map was left as it is.") from nothing
    _show_built(conn, place.id, built)


def _redrive(conn: Connection, site: int, skus: Sequence[str]) -> str:
    """A command that redrives what waits for `skus`: by name when they are few."""
    cases = [case for sku in skus for case in _told(conn, site, sku) if case.state is State.OPEN]
    if len(cases) <= MOST_NAMED:
        return f"`ops exceptions redrive {' '.join(case.case_id for case in cases)}`"
    return ", ".join(f"`ops exceptions redrive --kind {kind}`" for kind in sorted({case.problem.kind for case in cases}))


def _told(conn: Connection, site: int, sku: str) -> list[Case]:
    """What people were told about a SKU that cannot be mapped, in whatever state."""
    found = [conn.cases.find(kind, sku_entity(site, sku)) for kind in (Kind.UNMAPPED_SKU, Kind.AMBIGUOUS_SKU)]
    return [case for case in found if case is not None]


def _show_built(conn: Connection, site: int, built: Built) -> None:
    conn.console.print(f"{counted(built.products, 'product')} in Sitoo, {counted(built.sizes, 'size')} in Centra.")
    table = Table("Sitoo SKUs", "")
    for why, words in _MATCHED.items():
        if built.matched.get(why):
            table.add_row(words, str(built.matched[why]))
    conn.console.print(table)
    conn.console.print(f"Map: {built.added} added, {built.changed} changed, {built.removed} removed, {built.unchanged} unchanged.")
    for kind, count in built.opened.items():
        conn.console.print(conn.typed(f"Exceptions {kind.value}: {count}, see `ops exceptions list --kind {kind.value}`."), soft_wrap=True)
    if built.out_of_stock:
        conn.console.print(f"Not in Centra and without stock in a mapped store, so no exception: {built.out_of_stock}.", soft_wrap=True)
    if built.waiting:
        told = f"Mapped now, but still with an open exception: {len(built.waiting)}. Redrive: {_redrive(conn, site, built.waiting)}."
        conn.console.print(conn.typed(told), soft_wrap=True)


@app.command("show")
def show(ctx: typer.Context, sku: str, site: SiteOption = None) -> None:
    """What the map says about SKU, and the open or discarded exceptions about it. Exit code 1 when it is not mapped."""
    conn = connection(ctx)
    place = chosen_site(applied(conn), site)
    entry = conn.sku_map.get_many(place.id, [sku]).get(sku)
    cases = [case for case in _told(conn, place.id, sku) if case.state is not State.RESOLVED]
    for case in cases:
        told = escape(conn.typed(f"(case {case.case_id}, {state_now(case)}) {case.problem.happened} To do: {next_step(case)}"))
        conn.console.print(f"[yellow]{case.problem.kind.value}[/yellow] {told}", soft_wrap=True, highlight=False)
    if entry is None:
        raise Refusal(f"{sku} is not in the SKU map of site {place.id}.{'' if cases else ' `ops sku-map build` looks for new articles.'}")
    table = Table("", "", show_header=False)
    for name, value in _lines(entry):
        table.add_row(name, value)
    conn.console.print(table)


def _lines(entry: SkuEntry) -> list[tuple[str, str]]:
    return [
        ("Sitoo SKU", entry.sku),
        ("Sitoo productid", str(entry.sitoo_productid or "–")),
        ("Sitoo barcode", entry.barcode or "–"),
        ("Centra SKU", entry.centra_sku),
        ("Centra EAN", entry.ean or "–"),
        ("Centra size", str(entry.size_id)),
        ("Centra product, variant", f"{entry.product_id}, {entry.variant_id}"),
        ("matched", "chosen by a person" if entry.chosen else "by rule"),
    ]


@app.command("add")
def add(
    ctx: typer.Context, sku: str, size_id: Annotated[int, typer.Option("--size-id", help="Centra product size id.")], site: SiteOption = None
) -> None:
    """Say that the Sitoo SKU is that Centra size. A person's choice stands when the map is built again."""
    conn = connection(ctx)
    place = chosen_site(applied(conn), site)
    product = next((p for p in conn.sitoo(place.id).products([sku], lane=Lane.RECONCILE) if p.sku == sku), None)
    if product is None:
        raise Refusal(f"Sitoo site {place.id} has no product with SKU {sku} (capital letters count).")
    size = read_size(conn.graphql, size_id)
    if size is None:
        raise Refusal(f"Centra has no product size {size_id}.")
    owner = conn.sku_map.of_sizes(place.id, [size_id]).get(size_id)
    if owner is not None and owner.sku != sku:
        raise Refusal(f"Centra size {size_id} already belongs to {owner.sku}; two SKUs of Sitoo cannot share one size.")
    entry = SkuEntry(
        sku=sku,
        size_id=size.size_id,
        product_id=size.product_id,
        variant_id=size.variant_id,
        centra_sku=size.sku,
        ean=size.ean,
        sitoo_productid=product.productid,
        barcode=product.barcode,
        chosen=True,
    )
    conn.sku_map.put_many(place.id, [entry])
    conn.console.print(f"{sku} is Centra size {size_id} ({size.sku}) now.", soft_wrap=True)
    told = _told(conn, place.id, sku)
    for case in told:
        if case.state is State.OPEN:
            conn.console.print(conn.typed(f"Redrive what waited for it: `ops exceptions redrive {case.case_id}`."), soft_wrap=True)
        elif case.state is State.DISCARDED:
            conn.console.print(conn.typed(f"Case {case.case_id} was {state_now(case)}; `ops exceptions reopen {case.case_id}` takes that back."))
    if not any(case.state is State.OPEN for case in told):
        conn.queues.send(Work.STORE_STOCK, [sku_message(place.id, sku)])
