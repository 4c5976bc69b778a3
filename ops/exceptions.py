"""`ops exceptions`: what needs a person, and what people may do with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from connector.domain.exceptions import Case, Kind, Owner, State
from connector.flows.exceptions_desk import ExceptionsDesk, Redrive
from connector.runtime.queues import QueueUnavailable, Work
from ops.connection import Connection, Refusal, connection
from ops.exception_views import case_panel, case_table, seconds, state_now
from ops.wording import counted

app = typer.Typer(no_args_is_help=True, help="Exceptions: what the connector could not do by itself.")

Ids = Annotated[list[str] | None, typer.Argument(help="Case ids, as `list` shows them.", show_default=False)]


def _kind(text: str) -> Kind:
    found = Kind.__members__.get(text.upper().replace("-", "_"))
    if found is None:
        raise typer.BadParameter(f"{text!r} is no kind of exception; there are {', '.join(Kind)}")
    return found


OfKind = Annotated[Kind | None, typer.Option("--kind", parser=_kind, metavar="KIND", help="Only this kind (UNMAPPED_SKU).", show_default=False)]
OfOwner = Annotated[Owner | None, typer.Option("--owner", case_sensitive=False, help="Only this owner's.", show_default=False)]
OlderThan = Annotated[str | None, typer.Option("--older-than", help="First seen at least this long ago: 30m, 12h, 10d.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="Every open case.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, do nothing.")]


@app.command("list")
def list_cases(
    ctx: typer.Context,
    kind: OfKind = None,
    owner: OfOwner = None,
    older_than: OlderThan = None,
    state: Annotated[State, typer.Option("--state", help="Cases in this state.")] = State.OPEN,
    adopt: Annotated[bool, typer.Option("--adopt/--no-adopt", help="First give a case to messages that failed without one.")] = True,
) -> None:
    """The cases, oldest first."""
    conn = connection(ctx)
    if adopt:
        _adopt(conn)
    cases = _chosen(conn, state, kind, owner, older_than)
    conn.console.print(case_table(cases, conn.clock.now(), conn.typed) if cases else f"No {state.value} exceptions.")


@app.command()
def show(ctx: typer.Context, case_id: Annotated[str, typer.Argument(help="The case id, as `list` shows it.")]) -> None:
    """One case: what happened, what to do, evidence, history."""
    conn = connection(ctx)
    conn.console.print(case_panel(_case(conn, case_id), conn.clock.now(), conn.typed))


@app.command()
def redrive(
    ctx: typer.Context,
    case_ids: Ids = None,
    kind: OfKind = None,
    owner: OfOwner = None,
    older_than: OlderThan = None,
    everything: Everything = False,
    rate: Annotated[float, typer.Option("--rate", min=0.1, max=100, help="At most this many messages a second.")] = 5.0,
    dry_run: DryRun = False,
) -> None:
    """Send parked messages back to their queues, once the cause is mended."""
    conn = connection(ctx)
    cases = _selected(conn, case_ids, kind, owner, older_than, everything)
    if _only_shown(conn, cases, "redriven", dry_run):
        return
    desk = _desk(conn)
    try:
        for number, case in enumerate(cases):
            if number:
                conn.clock.sleep(1 / rate)
            became = desk.redrive(case.case_id, conn.who)
            told = _why_not(conn, case) if became is Redrive.NOT_OPEN else became.value
            conn.console.print(f"{case.case_id}: {told}", highlight=False, soft_wrap=True)
        _sweep(desk, cases)
    except QueueUnavailable as error:
        raise Refusal(f"The queue did not answer ({error}); what was printed is done, run the command again for the rest.") from error


@app.command()
def discard(
    ctx: typer.Context,
    case_ids: Ids = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it may be given up; kept with the case.", show_default=False)] = "",
    kind: OfKind = None,
    owner: OfOwner = None,
    older_than: OlderThan = None,
    everything: Everything = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Give cases up for good: the same problem is not reported again, its messages are dropped. `reopen` takes it back."""
    if not reason.strip():
        raise Refusal('A discard needs a reason: --reason "…". It is kept with the case.')
    conn = connection(ctx)
    cases = _selected(conn, case_ids, kind, owner, older_than, everything)
    if _only_shown(conn, cases, "discarded", dry_run):
        return
    settled = [case for case in cases if case.state not in (State.OPEN, State.REDRIVEN)]
    if len(settled) < len(cases) and not yes:
        _confirm_discard(conn, [case for case in cases if case not in settled])
    desk = _desk(conn)
    for case in cases:
        moved = desk.discard(case.case_id, conn.who, reason)
        conn.console.print(f"{case.case_id}: {_given_up(case, moved)}")
    try:
        _sweep(desk, cases)
    except QueueUnavailable as error:
        raise Refusal(f"The cases are discarded, but their messages still wait on the dead-letter queue ({error}); run the command again.") from error


@app.command()
def reopen(
    ctx: typer.Context, case_id: Annotated[str, typer.Argument(help="The case id.")], reason: Annotated[str, typer.Option("--reason")] = ""
) -> None:
    """Take a discard back: the case is open again and its message waits again; its history is kept."""
    conn = connection(ctx)
    case = _case(conn, case_id)
    try:
        again = _desk(conn).reopen(case_id, conn.who, reason.strip() or "the discard was taken back")
    except QueueUnavailable as error:
        raise Refusal(f"The queue did not answer ({error}); the case is discarded as before, run the command again.") from error
    if again is None:
        raise Refusal(f"{case_id} is not discarded: {state_now(case)}. Resolved ones open again by themselves if it happens again.")
    conn.console.print(conn.typed(f"{case_id} is open again; once its cause is mended: `ops exceptions redrive {case_id}`."), soft_wrap=True)


def _why_not(conn: Connection, case: Case) -> str:
    """Why a redrive did nothing: what was decided about the case, and by whom."""
    now = conn.cases.get(case.case_id) or case
    back = conn.typed(f". To take that back: `ops exceptions reopen {case.case_id}`") if now.state is State.DISCARDED else ""
    return f"not open, nothing was done: {state_now(now)}{back}"


def _confirm_discard(conn: Connection, cases: Sequence[Case]) -> None:
    conn.console.print(case_table(cases, conn.clock.now(), conn.typed))
    given_up, rest = sum(case.body is not None for case in cases), sum(case.body is None for case in cases)
    parts = [f"give up {counted(given_up, 'case')} for good (the same problem is not reported again)"] if given_up else []
    parts += [f"mark {counted(rest, 'case')} without a message resolved"] if rest else []
    question = " and ".join(parts)
    if not typer.confirm(f"{question[0].upper()}{question[1:]}?"):
        raise Refusal("Nothing was discarded.")


def _given_up(case: Case, moved: Case | None) -> str:
    if moved is None:
        return f"not open any more: {state_now(case)}"
    return "discarded" if moved.state is State.DISCARDED else "resolved: it had no message to give up; it opens again if it happens again"


def _desk(conn: Connection) -> ExceptionsDesk:
    return ExceptionsDesk(conn.cases, conn.queues, conn.letters, conn.clock)


def _adopt(conn: Connection) -> None:
    try:
        adopted = _desk(conn).adopt(conn.who)
    except QueueUnavailable as error:
        conn.console.print(f"[yellow]The dead-letter queues could not be read ({error}); messages that failed without a case are missing here.[/]")
        return
    found = adopted.messages + adopted.nudges + adopted.unknown
    if found:
        conn.console.print(f"{counted(found, 'message')} that failed without a case: looked at, see the cases below.")


def _chosen(conn: Connection, state: State, kind: Kind | None, owner: Owner | None, older_than: str | None) -> list[Case]:
    latest = conn.clock.now() - seconds(older_than) if older_than else None
    return [case for case in conn.cases.list(state=state, kind=kind, owner=owner) if latest is None or case.first_seen <= latest]


def _selected(
    conn: Connection, case_ids: Sequence[str] | None, kind: Kind | None, owner: Owner | None, older_than: str | None, everything: bool
) -> list[Case]:
    filtered = kind is not None or owner is not None or older_than is not None
    if case_ids and not filtered and not everything:
        return [_case(conn, case_id) for case_id in case_ids]
    if case_ids or not (filtered or everything):
        raise Refusal("Name the cases, or choose open ones with --kind, --owner, --older-than or --all (not both).")
    return _chosen(conn, State.OPEN, kind, owner, older_than)


def _case(conn: Connection, case_id: str) -> Case:
    case = conn.cases.get(case_id)
    if case is None:
        raise Refusal(f"There is no case {case_id}; `ops exceptions list --state open` shows those there are.")
    return case


def _only_shown(conn: Connection, cases: Sequence[Case], done: str, dry_run: bool) -> bool:
    """True when there is nothing more to do than what was printed."""
    if not cases:
        conn.console.print("No such open exceptions.")
    elif dry_run:
        conn.console.print(case_table(cases, conn.clock.now(), conn.typed))
        conn.console.print(f"{counted(len(cases), 'case')} would be {done}; nothing was done.")
    return dry_run or not cases


def _sweep(desk: ExceptionsDesk, cases: Sequence[Case]) -> None:
    for queue in {case.queue for case in cases if case.queue}:
        desk.sweep(Work(queue))
