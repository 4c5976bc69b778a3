"""The report's section on web orders: kinds, how fast, what waited for people, what came back and who paid, and one order's story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.domain.exceptions import Case
from connector.store.sales_ledger import LedgerKind
from sandbox.demo.chain import CENTRAL, SHOPS
from sandbox.demo.chart import Chart, chart
from sandbox.demo.evidence import Evidence
from sandbox.demo.journal import Placed
from sandbox.demo.latency import Reached, by_path

_NAMES = {shop.centra: shop.name for shop in SHOPS} | {CENTRAL: "Central warehouse"}
ABOUT_ORDERS = ("order/", "/refund/")


@dataclass(frozen=True, slots=True)
class KindRow:
    """A kind of order: how many there were, stand in Sitoo, were handed out or sent as a whole, came back; how many were ever parked."""

    kind: str
    placed: int
    in_sitoo: int
    done: int
    back: int
    parked: int


@dataclass(frozen=True, slots=True)
class RefundRow:
    """What a store paid back with a tender: `kind` as people call the ledger's; `amount` in units of the currency."""

    store: str
    tender: str
    kind: str
    refunds: int
    amount: Decimal


def web_section(evidence: Evidence, reached: Sequence[Reached]) -> dict[str, Any]:
    """Everything the template shows of web orders."""
    latencies = by_path(reached)
    return {
        "kinds": kind_rows(evidence),
        "latencies": latencies,
        "chart": _drawn(evidence, reached, list(latencies)),
        "cases": [_case(case) for case in about_orders(evidence)],
        "refunds": refund_rows(evidence),
        "returns": [(back.kind, back.number, back.refund) for back in evidence.journal.came_back],
        "story": evidence.web.story,
    }


def totals(evidence: Evidence) -> dict[str, int]:
    """For the summary."""
    rows = kind_rows(evidence)
    return {
        "orders_placed": len(evidence.journal.placed),
        "orders_in_sitoo": sum(row.in_sitoo for row in rows),
        "orders_done": sum(row.done for row in rows),
        "orders_ever_parked": sum(row.parked for row in rows),
        "returns": len(evidence.journal.came_back),
        "hand_outs": len(evidence.journal.handed_over),
    }


def kind_rows(evidence: Evidence) -> list[KindRow]:
    """In the order in which the kinds first came."""
    grouped: dict[str, list[Placed]] = {}
    for placed in evidence.journal.placed:
        grouped.setdefault(placed.kind, []).append(placed)
    back = Counter(b.number for b in evidence.journal.came_back)
    told = {case.problem.entity for case in evidence.cases}
    return [
        KindRow(
            kind,
            len(alike),
            sum(bool(evidence.web.live(placed.number)) for placed in alike),
            sum(_is_done(evidence, placed) for placed in alike),
            sum(back[placed.number] > 0 for placed in alike),
            sum(any(entity == f"order/{placed.number}" or entity.startswith(f"order/{placed.number}/") for entity in told) for placed in alike),
        )
        for kind, alike in grouped.items()
    ]


def about_orders(evidence: Evidence) -> list[Case]:
    """The cases of orders and returns, whatever became of them."""
    return [case for case in evidence.cases if any(part in case.problem.entity for part in ABOUT_ORDERS)]


def refund_rows(evidence: Evidence) -> list[RefundRow]:
    """From the sales ledger: refunds by store and tender, virtual payments apart."""
    amounts: Counter[tuple[str, str, str]] = Counter()
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in evidence.web.ledger:
        if row.kind is LedgerKind.POS_SALE:
            continue
        kind = "web order" if row.kind is LedgerKind.WEB_REFUND else "no web order"
        tenders = dict(row.tenders) | ({"settled by an exchange": row.virtual} if row.virtual else {})
        for tender, amount in tenders.items():
            key = (_NAMES.get(row.store, f"warehouse {row.store}"), tender, kind)
            amounts[key] += amount
            counts[key] += 1
    return [RefundRow(*key, counts[key], Decimal(amount) / 100) for key, amount in sorted(amounts.items())]


def _is_done(evidence: Evidence, placed: Placed) -> bool:
    order = evidence.web.orders.get(placed.number)
    if order is None or not order["shipments"]:
        return False
    return all(line["shipped"] >= line["quantity"] for line in order["lines"] if line["allocated"])


def _drawn(evidence: Evidence, reached: Sequence[Reached], paths: list[str]) -> Chart:
    journal = evidence.journal
    return chart(reached, journal.windows, journal.started_at, journal.ended_at, paths)


def _case(case: Case) -> Mapping[str, str]:
    problem = case.problem
    return {"kind": problem.kind.value, "state": case.state.value, "owner": problem.owner.value, "happened": problem.happened, "todo": problem.todo}
