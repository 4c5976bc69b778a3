"""`ops sku-map build|show|add`: which Centra size is which Sitoo SKU."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from connector.domain.configuration import Lane
from connector.domain.exceptions import Kind, State, sku_entity
from connector.domain.sku_matching import Why
from connector.flows.build_sku_map import BuildSkuMap, Built, NothingRead
from connector.flows.store_stock.parked import sku_message
from connector.runtime.queues import Work
from connector.store.sku_map import SkuEntry
from ops.connection import Connection, Refusal, applied, chosen_site, connection
from ops.sizes import read_size

app = typer.Typer(no_args_is_help=True, help="The SKU map: which Centra size is which Sitoo SKU.")
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
    _show_built(conn, built)


def _show_built(conn: Connection, built: Built) -> None:
    conn.console.print(f"{built.products} products in Sitoo, {built.sizes} sizes in Centra.")
    table = Table("Sitoo SKUs", "")
    for why, words in _MATCHED.items():
        if built.matched.get(why):
            table.add_row(words, str(built.matched[why]))
    conn.console.print(table)
    conn.console.print(f"Map: {built.added} added, {built.changed} changed, {built.removed} removed, {built.unchanged} unchanged.")
    for kind, count in built.opened.items():
        conn.console.print(f"Exceptions {kind.value}: {count}, see `ops exceptions list --kind {kind.value}`.", soft_wrap=True)
    if built.out_of_stock:
        conn.console.print(f"Not in Centra and without stock in a mapped store, so no exception: {built.out_of_stock}.", soft_wrap=True)
    if built.waiting:
        conn.console.print(f"Mapped now, but still with an open exception: {len(built.waiting)}. Redrive: `ops exceptions redrive`.", soft_wrap=True)


@app.command("show")
def show(ctx: typer.Context, sku: str, site: SiteOption = None) -> None:
    """What the map says about SKU, and the open exceptions about it. Exit code 1 when it is not mapped."""
    conn = connection(ctx)
    place = chosen_site(applied(conn), site)
    entry = conn.sku_map.get_many(place.id, [sku]).get(sku)
    for kind in (Kind.UNMAPPED_SKU, Kind.AMBIGUOUS_SKU):
        case = conn.cases.find(kind, sku_entity(place.id, sku))
        if case is not None and case.state is State.OPEN:
            conn.console.print(f"[yellow]{kind.value}[/yellow] (case {case.case_id}) {case.problem.happened} {case.problem.todo}", soft_wrap=True)
    if entry is None:
        raise Refusal(f"{sku} is not in the SKU map of site {place.id}.")
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
    waiting = [conn.cases.find(kind, sku_entity(place.id, sku)) for kind in (Kind.UNMAPPED_SKU, Kind.AMBIGUOUS_SKU)]
    open_cases = [case for case in waiting if case is not None and case.state is State.OPEN]
    for case in open_cases:
        conn.console.print(f"Redrive what waited for it: `ops exceptions redrive {case.case_id}`.", soft_wrap=True)
    if not open_cases:
        conn.queues.send(Work.STORE_STOCK, [sku_message(place.id, sku)])
