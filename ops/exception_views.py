"""How exceptions look in a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from connector.domain.exceptions import Case
from ops.connection import Refusal

_UNITS = {"m": 60, "h": 3600, "d": 86400}


def seconds(age: str) -> int:
    """`30m`, `12h`, `10d` in seconds; Refusal for anything else."""
    found = re.fullmatch(r"(\d{1,5})([mhd])", age.strip())
    if found is None:
        raise Refusal(f"{age!r} is no age: write 30m, 12h or 10d.")
    return int(found[1]) * _UNITS[found[2]]


def age_text(age_s: float) -> str:
    """An age in the largest unit that fits: `4 min`, `3 h`, `10 d`."""
    if age_s < 2 * 3600:
        return f"{max(0, int(age_s // 60))} min"
    return f"{int(age_s // 3600)} h" if age_s < 2 * 86400 else f"{int(age_s // 86400)} d"


def case_table(cases: Sequence[Case], now: float) -> Table:
    """One line per case, with what to do."""
    table = Table(caption=f"{len(cases)} case(s)", caption_justify="left")
    table.add_column("case", no_wrap=True, overflow="fold")
    table.add_column("owner")
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("times", justify="right")
    table.add_column("what happened")
    table.add_column("what to do")
    for case in cases:
        problem = case.problem
        cells = (case.case_id, problem.owner.value, age_text(now - case.first_seen), str(case.count), problem.happened, problem.todo)
        table.add_row(*map(Text, cells))
    return table


def case_panel(case: Case, now: float) -> Panel:
    """Everything about one case."""
    problem = case.problem
    facts = Table.grid(padding=(0, 2))
    for name, value in (
        ("about", problem.entity),
        ("owner", problem.owner.value),
        ("state", case.state.value),
        ("seen", f"{case.count} time(s), first {_moment(case.first_seen)} ({age_text(now - case.first_seen)} ago), last {_moment(case.last_seen)}"),
        ("what happened", problem.happened),
        ("what to do", problem.todo),
        ("waits on", f"dead-letter queue of {case.queue}" if case.queue else "nothing: no message to send back"),
        *((name, _evidence(value)) for name, value in problem.evidence.items()),
    ):
        facts.add_row(Text(name, style="bold"), Text(value))
    parts: list[RenderableType] = [facts, Text("\nhistory", style="bold")]
    parts += [Text(f"{_moment(step.at)}  {step.what} by {step.by}{f': {step.note}' if step.note else ''}") for step in case.history]
    return Panel(Group(*parts), title=Text(case.case_id), title_align="left")


def _evidence(value: str | int | list[str]) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
