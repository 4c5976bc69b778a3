"""`ops doctor`: does reality look as the connector assumes?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set

import typer
from rich.markup import escape
from rich.table import Table

from connector.centra.errors import CentraError
from connector.domain.configuration import Lane
from connector.runtime.budget import BudgetExhausted
from connector.runtime.sitoo_lock import LockBusy
from connector.sitoo.errors import SitooError
from ops.centra_checks import centra_checks
from ops.checks import Check, Health
from ops.connection import Connection, connection
from ops.failures import sentence
from ops.state_checks import mapping_checks, state_checks
from ops.wording import counted

FAILURES = (CentraError, SitooError, BudgetExhausted, LockBusy)
GROUPS: tuple[tuple[str, Callable[[Connection], Iterator[Check]]], ...] = (
    ("Centra as the connector needs it", centra_checks),
    ("mapping against both vendors", mapping_checks),
    ("connector", state_checks),
)
_COLOURS = {Health.OK: "green", Health.WARNING: "yellow", Health.ERROR: "red"}


def examine(conn: Connection) -> list[Check]:
    """Every check there is. A vendor that cannot be asked is told once; a group that ends early because of it says only that."""
    asked: dict[str, Callable[[], object]] = {
        "Centra": lambda: conn.centra.warehouses(lane=Lane.RECONCILE),
        "Sitoo": lambda: conn.sitoo(0).sites(lane=Lane.RECONCILE),
    }
    found = [_answers(vendor, ask) for vendor, ask in asked.items()]
    silent = {check.what for check in found if check.health is not Health.OK}
    for name, group in GROUPS:
        try:
            found.extend(group(conn))
        except FAILURES as error:
            found.append(_ended_early(name, error, silent))
    return found


def _answers(vendor: str, ask: Callable[[], object]) -> Check:
    try:
        ask()
    except FAILURES as error:
        return Check(Health.ERROR, vendor, sentence(error) or str(error))
    return Check(Health.OK, vendor, "answers")


def _ended_early(name: str, error: Exception, silent: Set[str]) -> Check:
    vendor = "Centra" if isinstance(error, CentraError) else "Sitoo" if isinstance(error, SitooError) else ""
    if vendor in silent:
        return Check(Health.WARNING, name, f"not looked at, or not all, because {vendor} cannot be asked (above)")
    return Check(Health.ERROR, name, sentence(error) or str(error))


def doctor(ctx: typer.Context) -> None:
    """Compare Centra's schema, Sitoo's settings, the mapping and the connector's own state with what the connector assumes. Exit code 1 on errors."""
    conn = connection(ctx)
    checks = examine(conn)
    table = Table("", "what", "finding")
    for check in checks:
        table.add_row(f"[{_COLOURS[check.health]}]{check.health.value}[/]", escape(check.what), escape(conn.typed(check.text)))
    conn.console.print(table)
    errors = sum(check.health is Health.ERROR for check in checks)
    warnings = sum(check.health is Health.WARNING for check in checks)
    conn.console.print(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}, {len(checks) - errors - warnings} in order.")
    if errors:
        raise typer.Exit(1)
