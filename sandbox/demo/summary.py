"""The day in figures: what `summary.json` holds, and the table at the end of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from connector.domain.exceptions import Case
from sandbox.demo.evidence import Evidence
from sandbox.demo.latency import Latencies, by_path
from sandbox.demo.told import Verdict
from sandbox.demo.web_latency import web_reached
from sandbox.demo.web_report import totals as totals_of_orders

_NOT_OPERATIONS = ("requests", "mutations", "throttled")


def summarise(evidence: Evidence, verdicts: Mapping[str, Verdict], latencies: Latencies, before_trade: Mapping[str, int]) -> dict[str, Any]:
    """`invariants`, `latency_s`, `calls`, `faults`, `exceptions`, `orders` and, for people, `totals`.

    `before_trade`: Centra's call counts when trade began.
    """
    calls = evidence.logs.centra_calls
    movements = sum(row["at"] >= evidence.journal.started_at for row in evidence.logs.sitoo_commits)
    unmapped = sum(row["at"] >= evidence.journal.started_at and row["sku"] == evidence.unmapped for row in evidence.logs.sitoo_commits)
    mutations = calls.get("mutations", 0) - before_trade.get("mutations", 0)
    without_effect = latencies.unchanged + latencies.undone + latencies.held_by_web_orders
    twice = [truth.allocated - truth.target for truth in evidence.truths().values() if truth.oversold]
    return {
        "invariants": {name: {"held": verdict.held, "detail": verdict.detail} for name, verdict in verdicts.items()},
        "latency_s": by_path([*latencies.reached, *web_reached(evidence.web, evidence.journal)]),
        "calls": {
            "centra": {operation: n for operation, n in sorted(calls.items()) if operation not in _NOT_OPERATIONS},
            "sitoo": dict(sorted(evidence.logs.sitoo_calls.items())),
        },
        "faults": {mishap.value: n for mishap, n in evidence.mishaps().items()},
        "exceptions": dict(Counter(case.problem.kind.value for case in evidence.cases)),
        "orders": totals_of_orders(evidence),
        "totals": {
            "sales": sum(evidence.journal.sales.values()),
            "movements": movements,
            "web_orders": evidence.journal.web_orders,
            "web_orders_for_what_was_just_sold_out": evidence.journal.wanted_sold_out,
            "of_these_told_so": evidence.journal.sold_out_in_time,
            "events": evidence.logs.sitoo_events["published"],
            "requests_used": calls.get("requests", 0) - before_trade.get("requests", 0),
            "mutations_used": mutations,
            "mutations_saved": movements - unmapped - mutations,
            "movements_of_the_unmapped_article": unmapped,
            "units_held_back": len(evidence.journal.held_back),
            "changes": len(latencies.reached) + without_effect,
            "changes_drawn": len(latencies.reached),
            "movements_without_effect": without_effect,
            "units_sold_twice": sum(twice),
            "shelves_sold_twice": len(twice),
        },
    }


def passed(summary: Mapping[str, Any]) -> bool:
    """Every invariant held and every kind of fault was seen."""
    return all(v["held"] for v in summary["invariants"].values()) and all(n >= 1 for n in summary["faults"].values())


def show(console: Console, summary: Mapping[str, Any], cases: Sequence[Case]) -> None:
    """Print it for people."""
    totals = summary["totals"]
    console.print()
    console.print(_checks(summary["invariants"]))
    console.print(_latencies(summary["latency_s"]))
    console.print(_exceptions(cases))
    faults = ", ".join(f"{what} {n}" for what, n in summary["faults"].items())
    console.print(Text(f"Faults played: {faults}."))
    console.print(
        Text(
            f"{totals['movements']} movements: {totals['sales']} sales, receipts, a transfer, bookings, a stock-take; {totals['events']} events. "
            f"Centra was asked {totals['requests_used']} times, with {totals['mutations_used']} mutations: "
            f"{totals['mutations_saved']} fewer than one per movement. {_shoppers(totals)} {_sold_twice(totals)}"
        )
    )


def _shoppers(totals: Mapping[str, int]) -> str:
    wanted, told = totals["web_orders_for_what_was_just_sold_out"], totals["of_these_told_so"]
    if not wanted:
        return f"None of {totals['web_orders']} shoppers on the web wanted what a till had just sold out."
    some = f"Of {totals['web_orders']} shoppers on the web, {wanted} wanted what a till had just sold out: "
    return some + (
        f"{told} were told so, {wanted - told} {'was' if wanted - told == 1 else 'were'} promised a unit that was gone."
        if told < wanted
        else "all of them were told so."
    )


def _sold_twice(totals: Mapping[str, int]) -> str:
    units, shelves = totals["units_sold_twice"], totals["shelves_sold_twice"]
    if not units:
        return "In the end no unit is promised that is not there."
    return (
        f"In the end {units} {'unit is' if units == 1 else 'units are'} promised that {'is' if units == 1 else 'are'} not there, on {shelves} "
        f"{'shelf' if shelves == 1 else 'shelves'}: tills and the web sold them at the same moment; each is parked with its orders."
    )


def _checks(invariants: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table("", "what must hold", "what was seen", title="Checks", title_justify="left")
    for name, verdict in invariants.items():
        mark = Text("held", style="green") if verdict["held"] else Text("BROKEN", style="bold red")
        table.add_row(mark, name, Text(verdict["detail"]))
    return table


def _latencies(paths: Mapping[str, Mapping[str, float]]) -> Table:
    table = Table("path", title="Seconds until the other system showed it", title_justify="left")
    for name in ("p50", "p95", "max", "n"):
        table.add_column(name, justify="right")
    for path, row in paths.items():
        table.add_row(path, *(f"{row[name]:.2f}" for name in ("p50", "p95", "max")), str(row["n"]))
    return table


def _exceptions(cases: Sequence[Case]) -> Table:
    """By kind and state; one of each in words."""
    grouped: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        grouped.setdefault((case.problem.kind.value, case.state.value), []).append(case)
    table = Table("kind", "state", "what happened (one of them)", title="Exceptions", title_justify="left")
    table.add_column("n", justify="right")
    for (kind, state), alike in grouped.items():
        table.add_row(kind, state, Text(alike[0].problem.happened), str(len(alike)))
    return table
