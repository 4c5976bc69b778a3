"""`ops mapping plan|apply`: the mapping file against what is in force and against both vendors, then into force."""

from __future__ import annotations

from collections.abc import Mapping as Lookup
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from rich.table import Table

from connector.centra.models import WarehouseRow
from connector.domain.configuration import Lane, Mapping, Store
from connector.domain.exceptions import Kind, State
from connector.flows.nudge_store_stock import nudge_store_stock
from connector.sitoo.errors import Refused
from connector.store.mappings import Applied, MappingChanged
from connector.store.stock_levels import Mark
from ops.connection import Connection, Refusal, connection
from ops.mapping_checks import check
from ops.mapping_diff import Change, Relook, changes, relooks, stores_left_behind, stores_to_load
from ops.mapping_file import BadMappingFile, load
from ops.mapping_findings import Finding, Weight, findings
from ops.safety_stock import SafetyWrite, read_variants, safety_writes, wanted_offsets, write
from ops.wording import counted

app = typer.Typer(no_args_is_help=True, help="The mapping file: check it, compare it, put it in force.")
File = Annotated[Path, typer.Argument(help="The mapping file (see mapping.example.yaml).")]
KNOWN_EVERYWHERE_S = 120.0
"""By then no function works by an older mapping any more: they look for a newer one every 30 s and run at most 60 s."""


@dataclass(frozen=True, slots=True)
class MappingPlan:
    """Everything applying this mapping would do, and what speaks against it."""

    before: Applied | None
    after: Mapping
    changes: list[Change]
    findings: list[Finding]
    safety: list[SafetyWrite]
    relooks: list[Relook]
    to_load: list[Store]
    left_behind: list[Store]
    connected: list[tuple[str, str, str]]

    @property
    def refused(self) -> bool:
        return any(f.weight is Weight.ERROR for f in self.findings)

    @property
    def empty(self) -> bool:
        return not (self.changes or self.safety)


def make_plan(conn: Connection, path: Path) -> MappingPlan:
    """Raises BadMappingFile. Reads both vendors, writes nothing."""
    file = load(path)
    if mistakes := check(file):
        raise BadMappingFile(mistakes)
    before = conn.mappings.current()
    earlier = before.mapping if before else None
    warehouses = {row.id: row for row in conn.centra.warehouses(lane=Lane.RECONCILE)}
    variants = read_variants(conn.graphql, list(wanted_offsets(earlier, file.mapping)))
    return MappingPlan(
        before=before,
        after=file.mapping,
        changes=changes(earlier, file.mapping),
        findings=findings(conn, file.mapping, warehouses, variants),
        safety=safety_writes(earlier, file.mapping, warehouses, variants),
        relooks=relooks(earlier, file.mapping),
        to_load=stores_to_load(earlier, file.mapping),
        left_behind=stores_left_behind(earlier, file.mapping),
        connected=_connected(conn, file.mapping, warehouses),
    )


def _connected(conn: Connection, mapping: Mapping, in_centra: Lookup[int, WarehouseRow]) -> list[tuple[str, str, str]]:
    """(place, its Centra warehouse, its Sitoo warehouses) by number and the vendors' names, for people to compare."""
    rows = []
    for site in mapping.sites:
        try:
            in_sitoo = {w.id: w.name for w in conn.sitoo(site.id).warehouses(lane=Lane.RECONCILE)}
        except Refused:  # there is no such site: a finding says so
            in_sitoo = {}
        for store in site.stores:
            parts = [f"{w.id} {in_sitoo.get(w.id, 'missing')}{'' if w.sellable else ' (not sellable)'}" for w in store.sitoo_warehouses]
            rows.append((store.name, _named(store.centra_warehouse, in_centra), ", ".join(parts)))
        for central in site.central:
            mirror = central.sitoo_warehouse
            rows.append((central.name, _named(central.centra_warehouse, in_centra), f"{mirror} {in_sitoo.get(mirror, 'missing')}" if mirror else "–"))
    return rows


def _named(warehouse: int, in_centra: Lookup[int, WarehouseRow]) -> str:
    return f"{warehouse} {in_centra[warehouse].name if warehouse in in_centra else 'missing'}"


def put_in_force(conn: Connection, plan: MappingPlan) -> list[str]:
    """Store the mapping, write safety stock, mark and nudge what must be looked at; what Centra refused. Raises MappingChanged.

    Marks are set twice: for later before the mapping is stored, so that neither a crash in between nor a function that still works by the old
    mapping leaves a SKU wrong, and at once after it. Running `apply` again writes the safety stock that is left.
    """
    marks = {relook: _marks(conn, relook) for relook in plan.relooks}
    for relook, rows in marks.items():
        conn.levels.mark_at(relook.site, conn.clock.now() + KNOWN_EVERYWHERE_S, rows)
    if plan.changes:
        revision = plan.before.revision if plan.before else 0
        conn.mappings.apply(plan.after, expected_revision=revision, by=conn.who, now=conn.clock.now())
    for relook, rows in marks.items():
        conn.levels.mark(relook.site, rows, conn.clock.now())
    _resolve_mapped_names(conn, plan.after)
    nudge_store_stock(conn.queues, [site.id for site in plan.after.sites], "mapping")
    return write(conn, plan.safety)


def _resolve_mapped_names(conn: Connection, mapping: Mapping) -> None:
    """Warehouses that people were told about and that the mapping names now."""
    named = {f"site/{site.id}/sitoo-warehouse/{w.id}" for site in mapping.sites for store in site.stores for w in store.sitoo_warehouses}
    for case in conn.cases.list(kind=Kind.UNMAPPED_NAME):
        if case.problem.entity in named:
            conn.cases.move(case.case_id, State.RESOLVED, now=conn.clock.now(), by=conn.who, note="the mapping names it now")


def _marks(conn: Connection, relook: Relook) -> list[Mark]:
    pages = (page for w in relook.sitoo_warehouses for page in conn.sitoo(relook.site).all_items(w, lane=Lane.RECONCILE))
    skus = {row.sku for page in pages for row in page if row.total or row.reserved}
    return [Mark(relook.store.centra_warehouse, sku) for sku in sorted(skus)]


@app.command("plan")
def plan_command(ctx: typer.Context, file: File) -> None:
    """Show what applying FILE would change and what looks wrong. Writes nothing. Exit code 1 when it would be refused."""
    conn = connection(ctx)
    plan = _planned(conn, file)
    _show(conn, plan)
    conn.console.print(conn.typed(_verdict(plan, file)), soft_wrap=True, highlight=False)
    if plan.refused:
        raise typer.Exit(1)


@app.command("apply")
def apply_command(
    ctx: typer.Context, file: File, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; warnings are accepted.")] = False
) -> None:
    """Put FILE in force and write safety stock to Centra."""
    conn = connection(ctx)
    plan = _planned(conn, file)
    _show(conn, plan)
    if plan.refused:
        raise Refusal("Not applied: correct the errors above first.")
    if plan.empty:
        return
    if not yes and not typer.confirm("Apply?"):
        raise Refusal("Not applied.")
    try:
        refused = put_in_force(conn, plan)
    except MappingChanged as changed:
        raise Refusal("Not applied: somebody else applied a mapping in the meantime. Run the command again to see what differs now.") from changed
    current = conn.mappings.current()
    conn.console.print(f"Revision {current.revision if current else 0} is in force; functions use it within two minutes.")
    for text in refused:
        conn.console.print(f"[red]Centra refused safety stock:[/red] {text}", highlight=False)
    if refused:
        raise Refusal("The mapping is in force, but not all safety stock was written; run the command again after correcting this.")


def _verdict(plan: MappingPlan, file: Path) -> str:
    """The last line of a plan: may it be applied, and how."""
    errors = sum(f.weight is Weight.ERROR for f in plan.findings)
    warnings = counted(len(plan.findings) - errors, "warning")
    if plan.refused:
        return f"This file would be refused: {counted(errors, 'error')}, {warnings}. Correct the errors above; nothing was changed."
    if plan.empty:
        return f"This file is what is in force already; {warnings}."
    stores = counted(sum(len(site.stores) for site in plan.after.sites), "store")
    what = counted(len(plan.changes), "change") if plan.before else f"the first mapping, {stores}"
    writes = f"{counted(len(plan.safety), 'safety stock')} to write"
    return f"This file can be applied: {what}, {writes}, {warnings}. Next: `ops mapping apply {quote(str(file))}`."


def _planned(conn: Connection, path: Path) -> MappingPlan:
    try:
        return make_plan(conn, path)
    except BadMappingFile as bad:
        for mistake in bad.mistakes:
            conn.console.print(f"[red]{path.name}[/red] {mistake}", highlight=False, soft_wrap=True)
        raise Refusal(
            f"{len(bad.mistakes)} mistakes in {path.name}; nothing was compared." if len(bad.mistakes) > 1 else "The file cannot be used."
        ) from bad


def _show(conn: Connection, plan: MappingPlan) -> None:
    out = conn.console
    table = Table("place", "in Centra", "in Sitoo", title="What is connected", title_justify="left")
    for row in plan.connected:
        table.add_row(*row)
    out.print(table)
    if plan.before is None:
        out.print("No mapping is in force yet.")
    elif plan.changes:
        title = f"Changes against revision {plan.before.revision}, applied by {plan.before.applied_by}"
        table = Table("what", "in force", "file", title=title, title_justify="left")
        for change in plan.changes:
            table.add_row(change.path, change.before or "–", change.after or "–")
        out.print(table)
    if plan.safety:
        table = Table("safety stock of", "name", "in Centra", "file", title="Safety stock to write to Centra", title_justify="left")
        for entry in plan.safety:
            table.add_row(f"{entry.kind} {entry.id}", entry.name, str(entry.before), str(entry.after))
        out.print(table)
    for relook in plan.relooks:
        out.print(
            f"{relook.store.name} counts other Sitoo warehouses than before: its SKUs in "
            f"{', '.join(map(str, relook.sitoo_warehouses))} are looked at again."
        )
    if plan.before and plan.to_load:
        commands = ", ".join(f"`ops stock load --store {quote(s.name)}`" for s in plan.to_load)
        out.print(conn.typed(f"New for stock: {', '.join(s.name for s in plan.to_load)}. After applying: {commands}."), soft_wrap=True)
    for store in plan.left_behind:
        out.print(
            f"[yellow]{store.name} leaves the mapping: Centra keeps its last quantities; empty warehouse "
            f"{store.centra_warehouse} there if it closed.[/yellow]"
        )
    for finding in plan.findings:
        colour = "red" if finding.weight is Weight.ERROR else "yellow"
        out.print(f"[{colour}]{finding.weight.value}[/{colour}] {finding.where}: {finding.text}", highlight=False, soft_wrap=True)
    if plan.empty:
        out.print("Nothing to change.")
