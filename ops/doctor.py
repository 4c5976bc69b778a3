"""`ops doctor`: does reality look as the connector assumes?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import typer
from rich.markup import escape
from rich.table import Table

from connector.centra.errors import CentraError
from connector.runtime.budget import BudgetExhausted
from connector.runtime.sitoo_lock import LockBusy
from connector.sitoo.errors import SitooError
from ops.centra_checks import centra_checks
from ops.checks import Check, Health
from ops.connection import Connection, connection
from ops.failures import sentence
from ops.state_checks import mapping_checks, state_checks

GROUPS: tuple[tuple[str, Callable[[Connection], Iterator[Check]]], ...] = (
    ("Centra", centra_checks),
    ("mapping against both vendors", mapping_checks),
    ("connector", state_checks),
)
_COLOURS = {Health.OK: "green", Health.WARNING: "yellow", Health.ERROR: "red"}


def examine(conn: Connection) -> list[Check]:
    """Every check there is; a group that a vendor's failure ends early says so and the next one goes on."""
    found: list[Check] = []
    for name, group in GROUPS:
        try:
            found.extend(group(conn))
        except (CentraError, SitooError, BudgetExhausted, LockBusy) as error:
            found.append(Check(Health.ERROR, name, sentence(error) or str(error)))
    return found


def doctor(ctx: typer.Context) -> None:
    """Compare Centra's schema, Sitoo's settings, the mapping and the connector's own state with what the connector assumes. Exit code 1 on errors."""
    conn = connection(ctx)
    checks = examine(conn)
    table = Table("", "what", "finding")
    for check in checks:
        table.add_row(f"[{_COLOURS[check.health]}]{check.health.value}[/]", escape(check.what), escape(check.text))
    conn.console.print(table)
    errors = sum(check.health is Health.ERROR for check in checks)
    warnings = sum(check.health is Health.WARNING for check in checks)
    conn.console.print(f"{errors} errors, {warnings} warnings, {len(checks) - errors - warnings} in order.")
    if errors:
        raise typer.Exit(1)
