"""When the drain itself cannot work: one open exception per site, resolved when it works again."""

from __future__ import annotations

from connector.centra import errors as centra_errors
from connector.domain.exceptions import Kind, Owner, Problem, State
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.drain_state import DrainState
from connector.sitoo import errors as sitoo_errors

FAILURES_BEFORE_ALARM = 4
BY = "sync_store_stock"


def report_stuck(ctx: DrainContext, state: DrainState, error: Exception) -> None:
    """Tell engineering: credentials when a vendor refused them, else that store stock stands still. Nothing is parked: nudges keep coming."""
    refused = isinstance(error, centra_errors.Unauthorised | sitoo_errors.Unauthorised)
    silent = isinstance(error, centra_errors.Unavailable | sitoo_errors.Unavailable)
    vendor = _whose(error)
    says = f"{vendor} does not answer as it should: {error}" if silent else f"{vendor} answers with {type(error).__name__}"
    wait = f"Wait, the connector keeps trying by itself; `ops doctor` tells when {vendor} answers again. See docs/runbooks/vendor-down.md."
    look = "Run `ops doctor`; look at the vendor's status page and the function's log. The connector keeps trying by itself."
    renew = f"Renew the {vendor} credentials in Secrets Manager."
    problem = Problem(
        kind=Kind.CREDENTIALS if refused else Kind.DRAIN_STUCK,
        entity=f"site/{ctx.site.id}/store-stock",
        owner=Owner.ENGINEERING,
        happened=f"Store stock of site {ctx.site.id} has not reached Centra for {_how_long(ctx.clock.now() - state.failing_since)}: {says}.",
        todo=renew if refused else wait if silent else look,
        evidence={"site": ctx.site.id, "failures": state.failures, "error": type(error).__name__},
    )
    ctx.cases.open(problem, now=ctx.clock.now(), by=BY)


def _how_long(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _whose(error: Exception) -> str:
    if isinstance(error, centra_errors.CentraError):
        return "Centra"
    return "Sitoo" if isinstance(error, sitoo_errors.SitooError) else "the connector itself"


def drain_recovered(ctx: DrainContext, state: DrainState) -> None:
    """A pass went through: forget the failures and resolve what was reported."""
    if state.failures:
        for kind in (Kind.DRAIN_STUCK, Kind.CREDENTIALS):
            case = ctx.cases.find(kind, f"site/{ctx.site.id}/store-stock")
            if case is not None and case.state is State.OPEN:
                ctx.cases.move(case.case_id, State.RESOLVED, now=ctx.clock.now(), by=BY, note="store stock flows again")
    state.failures, state.failing_since = 0, 0
