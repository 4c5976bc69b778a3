"""`ops order show|check`: where a web order is, and whether it would go to its store."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ops.connection import Refusal, applied, connection
from ops.exception_views import case_table
from ops.order_check import Checked, check_order
from ops.order_story import story
from ops.order_view import centra_tables, copy_tables, heading, steps_table, way_tables

app = typer.Typer(no_args_is_help=True, help="Web orders: where one is, and whether it would go to its store.")
Number = Annotated[int, typer.Argument(help="Centra's order number.", min=1)]


@app.command("show")
def show(ctx: typer.Context, number: Number) -> None:
    """The whole story of order NUMBER: both systems now, what was done, what is waited for, what is parked. Shows nothing about people."""
    conn = connection(ctx)
    told = story(conn, applied(conn).mapping, number)
    if told.unknown:
        raise Refusal(f"Neither Centra nor Sitoo nor the connector knows an order {number}.")
    now = conn.clock.now()
    for line in heading(told, now):
        conn.console.print(line, soft_wrap=True)
    if told.cases:
        conn.console.print(case_table(told.cases, now, conn.typed))
    for table in (*centra_tables(told), *copy_tables(told)):
        conn.console.print(table)
    if told.file is not None:
        for table in way_tables(told.file):
            conn.console.print(table)
        if told.file.steps:
            conn.console.print(steps_table(told.file))


@app.command("check")
def check(ctx: typer.Context, number: Number) -> None:
    """What would be done with order NUMBER, everything it lacks, and what Sitoo would get (people masked). Writes nothing; exit code 1 on lacks."""
    conn = connection(ctx)
    mapping = applied(conn).mapping
    checked = check_order(conn, mapping, number)
    if not checked:
        raise Refusal(f"Centra has no order {number}.")
    for one in checked:
        _print_decision(ctx, one)
    if any(copy.lacks for one in checked for copy in one.copies):
        raise typer.Exit(1)


def _print_decision(ctx: typer.Context, checked: Checked) -> None:
    console, decision = connection(ctx).console, checked.decision
    console.print(Text.assemble((f"Site {checked.site.id}", "bold"), f": {decision.kind.value} – {decision.summary}"), soft_wrap=True)
    if decision.awaiting and decision.awaiting != decision.summary:
        console.print(Text(f"Waits for: {decision.awaiting}"), soft_wrap=True)
    if decision.return_copy:
        console.print(Text(f"Tills may take back: {', '.join(f'{n} of line {line}' for line, n in decision.return_copy.items())}"), soft_wrap=True)
    for copy in checked.copies:
        console.print(Text.assemble((copy.place, "bold"), f": {copy.verdict}"), soft_wrap=True)
        if copy.lacks:
            table = Table("kind", "attribute", "what is wrong", "what to do")
            for lack in copy.lacks:
                table.add_row(*map(Text, (lack.kind.value, lack.attribute, lack.happened, lack.todo)))
            console.print(table)
        elif copy.body:
            console.print(Text(json.dumps(copy.body, indent=2, ensure_ascii=False, default=str)), soft_wrap=True)
