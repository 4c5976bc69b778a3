"""`report.html`: the day for people who were not there. One file, nothing loaded from elsewhere."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from connector.domain.exceptions import Case
from sandbox.demo.chart import chart
from sandbox.demo.evidence import Evidence
from sandbox.demo.latency import Latencies, by_path, disturbed, figures
from sandbox.demo.summary import passed
from sandbox.demo.web_latency import web_reached
from sandbox.demo.web_report import about_orders, web_section

_COMMAND = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class StoreRow:
    """One store at the end of the day; `p50`, `p95` of movements that met nothing broken, None when there was none."""

    name: str
    sales: int
    movements: int
    on_hand: int
    physical: int
    promised: int
    right: int
    shelves: int
    p50: float | None
    p95: float | None


def store_rows(evidence: Evidence, latencies: Latencies) -> list[StoreRow]:
    truths, journal = evidence.truths(), evidence.journal
    rows = []
    for shop in evidence.shops:
        keys = [key for key in truths if key[0] == shop.centra]
        seconds = [one.seconds for one in latencies.reached if one.key[0] == shop.centra and not disturbed(one.path)]
        known = figures(seconds) if seconds else {}
        moved = [row for row in evidence.logs.sitoo_commits if row["warehouse"] in shop.sellable and row["at"] >= journal.started_at]
        shelves = [evidence.logs.sitoo_stock.get(str(warehouse), {}) for warehouse in shop.sellable]
        rows.append(
            StoreRow(
                name=shop.name,
                sales=journal.sales[shop.centra],
                movements=len(moved),
                on_hand=sum(int(row["total"]) for shelf in shelves for row in shelf.values()),
                physical=sum(evidence.physical(key) for key in keys),
                promised=sum(truths[key].allocated for key in keys),
                right=sum(evidence.physical(key) == truths[key].physical for key in keys),
                shelves=len(keys),
                p50=known.get("p50"),
                p95=known.get("p95"),
            )
        )
    return rows


def render(summary: Mapping[str, Any], evidence: Evidence, latencies: Latencies, commands: Sequence[str]) -> str:
    """The page. `commands`: what the operator typed."""
    journal, of_orders = evidence.journal, about_orders(evidence)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["grouped"] = lambda number: f"{number:,}".replace(",", "\u202f")
    environment.filters["told"] = _told
    environment.filters["seconds"] = lambda value: "–" if value is None else f"{value:.2f}"
    return environment.get_template("report.html.j2").render(
        passed=passed(summary),
        summary=summary,
        stores=store_rows(evidence, latencies),
        chart=chart(latencies.reached, journal.windows, journal.started_at, journal.ended_at, list(by_path(latencies.reached))),
        movement_paths=by_path(latencies.reached),
        cases=[_case(case) for case in evidence.cases if case not in of_orders],
        web=web_section(evidence, web_reached(evidence.web, journal)),
        commands=commands,
        day=[(f"{at - journal.started_at:.0f} s", text) for at, text in journal.told],
        outcomes=[(name, _outcome(figures_)) for name, figures_ in evidence.outcomes.items()],
        limits=[(name.lower().replace("_", " ").replace("/", ", "), row) for name, row in evidence.logs.centra_usage["buckets"].items()],
        left_out=latencies,
        made=datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC"),
        machine=f"Python {platform.python_version()} on {platform.system()} {platform.machine()}",
        seconds=round(journal.ended_at - journal.started_at),
        skus=len(evidence.skus) - 1,
    )


def _told(text: str) -> Markup:
    """What stands in backticks is a command."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(text))))


def _case(case: Case) -> dict[str, Any]:
    problem = case.problem
    orders = problem.evidence.get("orders", [])
    return {
        "kind": problem.kind.value,
        "owner": problem.owner.value,
        "state": case.state.value,
        "happened": problem.happened,
        "todo": problem.todo,
        "orders": ", ".join(orders) if isinstance(orders, list) else str(orders),
    }


def _outcome(stats: Mapping[str, Any]) -> dict[str, Any]:
    """A function of the stack: how often it ran and ended how, and the middle of its INIT times in ms."""
    inits = sorted(stats["init_ms"])
    return {
        "invocations": stats["invocations"],
        "ended": ", ".join(f"{kind} {n}" for kind, n in stats["outcomes"].items()) or "–",
        "init": inits[len(inits) // 2] if inits else None,
        "starts": len(inits),
        "memory": stats["peak_memory_mb"],
    }
