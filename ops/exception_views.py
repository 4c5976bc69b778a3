"""How exceptions look in a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from connector.domain.exceptions import Case, Kind, State
from ops.connection import Refusal
from ops.wording import counted, moment

_UNITS = {"m": 60, "h": 3600, "d": 86400}
_RUNBOOKS = Path("docs/runbooks")
_PROJECT = Path(__file__).parents[1]


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


def runbook_of(kind: Kind) -> str:
    """The page that tells what to do, from the project's folder."""
    page = _RUNBOOKS / f"{kind.value.lower().replace('_', '-')}.md"
    return str(page if (_PROJECT / page).exists() else _RUNBOOKS / "README.md")


def state_now(case: Case) -> str:
    """What was decided about it last: when, by whom, why."""
    step = next((step for step in reversed(case.history) if step.what == case.state.value), None)
    told = f" {moment(step.at)} by {step.by}{f': {step.note}' if step.note else ''}" if step else ""
    return f"{case.state.value}{told}"


def next_step(case: Case) -> str:
    """What a person has to do in the state it is in."""
    match case.state:
        case State.RESOLVED:
            return "nothing: it is resolved; should it happen again, the case opens again"
        case State.REDRIVEN:
            return "nothing for now: it was sent back and nothing was heard of it since; should it fail again, the case opens again"
        case State.DISCARDED:
            return f"nothing: it was given up and will not be told again; to take that back: `ops exceptions reopen {case.case_id}`"
        case _:
            return case.problem.todo


def case_table(cases: Sequence[Case], now: float, typed: Callable[[str], str] = str) -> Table:
    """One line per case, with what to do. `typed` words the commands in it."""
    table = Table(caption=f"{counted(len(cases), 'case')}; `show` names the runbook page of each", caption_justify="left")
    table.add_column("case", no_wrap=True, overflow="fold")
    table.add_column("owner")
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("times", justify="right")
    table.add_column("what happened")
    table.add_column("what to do")
    for case in cases:
        problem = case.problem
        age = age_text(now - case.first_seen)
        cells = (case.case_id, problem.owner.value, age, str(case.count), typed(problem.happened), typed(next_step(case)))
        table.add_row(*map(Text, cells))
    return table


def case_panel(case: Case, now: float, typed: Callable[[str], str] = str) -> Panel:
    """Everything about one case. `typed` words the commands in it."""
    problem = case.problem
    facts = Table.grid(padding=(0, 2))
    ago = f"first {moment(case.first_seen)} ({age_text(now - case.first_seen)} ago), last {moment(case.last_seen)}"
    for name, value in (
        ("kind", problem.kind.value),
        ("about", problem.entity),
        ("owner", problem.owner.value),
        ("state", case.state.value),
        ("seen", f"{counted(case.count, 'time')}, {ago}"),
        ("what happened", typed(problem.happened)),
        ("what to do", typed(next_step(case))),
        *((("once mended", typed(f"`ops exceptions redrive {case.case_id}`")),) if case.state is State.OPEN else ()),
        ("runbook", runbook_of(problem.kind)),
        ("waits on", f"dead-letter queue of {case.queue}" if case.queue and case.state is State.OPEN else "nothing: no message to send back"),
        *((name, _evidence(value)) for name, value in problem.evidence.items()),
    ):
        facts.add_row(Text(name, style="bold"), Text(value))
    parts: list[RenderableType] = [facts, Text("\nhistory", style="bold")]
    parts += [Text(f"{moment(step.at)}  {step.what} by {step.by}{f': {step.note}' if step.note else ''}") for step in case.history]
    return Panel(Group(*parts), title=Text(case.case_id), title_align="left")


def _evidence(value: str | int | list[str]) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
