"""What the returns flow tells people: one exception per kind and return, resolved when the return went through after all."""

from __future__ import annotations

from dataclasses import replace

from connector.centra import errors as centra_errors
from connector.domain.exceptions import Kind, Owner, Problem, State
from connector.flows.orders.context import OrderContext
from connector.flows.orders.order_turn import OrderTurn, order_entity
from connector.flows.orders.refusals import words_of
from connector.mapping.refund_findings import Finding
from connector.runtime.parking import park
from connector.runtime.queues import Work


def return_entity(number: int, return_id: int) -> str:
    """What a problem with one return made in Centra is about."""
    return f"{order_entity(number)}/return/{return_id}"


def tell(turn: OrderTurn, entity: str, finding: Finding, body: str) -> None:
    """What stops a return is told as often as it is tried, and its message kept; what does not is told once, for people decide about it once."""
    ctx, fact = turn.ctx, f"{finding.kind.value}:{entity}"
    evidence = {"order": turn.file.number, **finding.evidence}
    problem = Problem(finding.kind, entity, finding.owner, finding.happened, finding.todo, evidence)
    if finding.stops:
        park(ctx.queues, ctx.cases, problem, Work.RETURNS, body, ctx.clock, by=ctx.by)
    elif fact not in turn.file.handled:
        ctx.cases.open(problem, now=ctx.clock.now(), by=ctx.by)
    if fact not in turn.file.handled:
        turn.step("parked", note=f"{finding.kind.value}, {entity}")
        turn.keep(replace(turn.file, handled=turn.file.handled | {fact}))


def tell_refused(turn: OrderTurn, entity: str, refused: Exception, body: str) -> None:
    """A vendor refused a call about a return. Told under the return, because a clean pass of its order does not end it."""
    vendor = "Centra" if isinstance(refused, centra_errors.CentraError) else "Sitoo"
    happened = f"{vendor} refused a step of a return of order {turn.file.number}: {words_of([str(refused)])}"
    todo = f"Run `ops order show {turn.file.number}` to see which step; correct the cause in {vendor} or in the mapping, then redrive this exception."
    tell(turn, entity, Finding(Kind.VENDOR_REFUSED, Owner.ENGINEERING, happened, todo), body)


def resolve_told(turn: OrderTurn, entity: str, *kinds: Kind) -> None:
    """What stopped the return holds no longer."""
    told = {f"{kind.value}:{entity}": kind for kind in kinds}
    gone = told.keys() & turn.file.handled
    for fact in sorted(gone):
        resolve(turn.ctx, entity, told[fact], note="the return went through")
    if gone:
        turn.keep(replace(turn.file, handled=turn.file.handled - gone))


def resolve(ctx: OrderContext, entity: str, kind: Kind, *, note: str) -> None:
    case = ctx.cases.find(kind, entity)
    if case is not None and case.state in (State.OPEN, State.REDRIVEN):
        ctx.cases.move(case.case_id, State.RESOLVED, now=ctx.clock.now(), by=ctx.by, note=note)
