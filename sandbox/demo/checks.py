"""What must hold after the day. Each check says whether it does, and in a sentence what was seen."""

from __future__ import annotations

from collections.abc import Callable

from connector.domain.exceptions import Case, Kind, State, sku_entity, stock_entity
from sandbox.demo.chain import SITE
from sandbox.demo.evidence import Evidence
from sandbox.demo.journal import Key
from sandbox.demo.told import Verdict, listed
from sandbox.demo.web_checks import WEB_CHECKS, planned


def check(evidence: Evidence) -> dict[str, Verdict]:
    """{invariant: verdict}, in the order in which people read them."""
    return {name: judge(evidence) for name, judge in (_CHECKS | WEB_CHECKS).items()}


def _targets(evidence: Evidence) -> Verdict:
    truths = evidence.truths()
    wrong = [f"{_name(key)} holds {evidence.physical(key)}, not {t.physical}" for key, t in truths.items() if evidence.physical(key) != t.physical]
    return Verdict(not wrong, f"{len(truths) - len(wrong)} of {len(truths)} store shelves are right" + listed(wrong))


def _negative(evidence: Evidence) -> Verdict:
    rows = [((w, sku), row) for w, skus in evidence.logs.centra_stock.items() for sku, row in skus.items()]
    wrong = [_name((int(w), sku)) for (w, sku), row in rows if min(row["physical"], row["allocated"], row["fta"]) < 0]
    return Verdict(not wrong, f"{len(rows)} rows of stock in Centra, none below zero" if not wrong else "below zero" + listed(wrong))


def _settled(evidence: Evidence) -> Verdict:
    return Verdict(evidence.unsettled.nothing, f"left to do: {evidence.unsettled}")


def _one_at_a_time(evidence: Evidence) -> Verdict:
    count = evidence.logs.too_many_connections
    calls = sum(evidence.logs.sitoo_calls.values())
    return Verdict(count == 0, f"{count} of {calls} calls answered “Too many connections”")


def _limits(evidence: Evidence) -> Verdict:
    usage = evidence.logs.centra_usage
    peaks = [
        f"{name.lower().replace('_', ' ')} {row['peak']:.0f} of {row['quota']}" for name, row in usage["buckets"].items() if "COMPLEXITY" not in name
    ]
    return Verdict(
        usage["violations"] == 0, f"{usage['violations']} calls refused by the {usage['plan']} plan; its buckets' highest levels: {', '.join(peaks)}"
    )


def _oversold(evidence: Evidence) -> Verdict:
    """Every unit sold twice is parked with its orders, and only those are."""
    truths = evidence.truths()
    expected = {key for key, t in truths.items() if t.oversold}
    parked = {case.problem.entity: case for case in _open(evidence, Kind.OVERSOLD)}
    wrong = [f"{_name(key)} is not parked" for key in expected if _entity(key) not in parked]
    wrong += [f"{entity} names no order" for entity, case in parked.items() if not case.problem.evidence.get("orders")]
    wrong += [f"{entity} is parked without cause" for entity in parked if entity not in {_entity(key) for key in expected}]
    return Verdict(not wrong, f"{len(expected)} shelves promised to more web orders than they hold, {len(parked)} parked" + listed(wrong))


def _nothing_else_parked(evidence: Evidence) -> Verdict:
    others = [
        f"{case.problem.kind.value} {case.problem.entity}"
        for case in evidence.cases
        if case.state is State.OPEN and case.problem.kind is not Kind.OVERSOLD and not planned(evidence, case)
    ]
    return Verdict(not others, f"{len(others)} other open exceptions" + listed(others))


def _unmapped(evidence: Evidence) -> Verdict:
    entity = sku_entity(SITE, evidence.unmapped)
    case = next((c for c in evidence.cases if c.problem.kind is Kind.UNMAPPED_SKU and c.problem.entity == entity), None)
    was_parked = evidence.unmapped in evidence.parked_before_repair
    truths = {key: t for key, t in evidence.truths().items() if key[1] == evidence.unmapped}
    right = sum(evidence.physical(key) == t.physical > 0 for key, t in truths.items())
    held = was_parked and case is not None and case.state is State.RESOLVED and right == len(truths) > 0
    state = case.state.value if case else "never parked"
    return Verdict(held, f"{evidence.unmapped}: parked {'yes' if was_parked else 'no'}, now {state}, right in {right} of {len(truths)} stores")


def _events_once(evidence: Evidence) -> Verdict:
    doubled = evidence.logs.sitoo_events["doubled"]
    wrong = sum(evidence.physical(key) != t.physical for key, t in evidence.truths().items())
    return Verdict(doubled > 0 and wrong == 0, f"{doubled} events arrived twice, {wrong} shelves ended differently")


def _receivers(evidence: Evidence) -> Verdict:
    answers = {"Sitoo": dict(evidence.logs.sitoo_events["answers"]), "Centra": dict(evidence.logs.centra_hook_answers)}
    bad = [f"{vendor} got {status} × {n}" for vendor, given in answers.items() for status, n in given.items() if status not in ("200", "503")]
    told = "; ".join(f"{vendor}: " + ", ".join(f"{status} × {n}" for status, n in given.items()) for vendor, given in answers.items())
    return Verdict(not bad and all(given.get("200") for given in answers.values()), told)


def _processes(evidence: Evidence) -> Verdict:
    return Verdict(not evidence.left_processes, f"{len(evidence.left_processes)} left running" + listed(evidence.left_processes))


def _all_played(evidence: Evidence) -> Verdict:
    missing = [mishap.value for mishap, n in evidence.mishaps().items() if n < 1]
    return Verdict(not missing, f"{len(evidence.mishaps()) - len(missing)} of {len(evidence.mishaps())} kinds of fault were seen" + listed(missing))


_CHECKS: dict[str, Callable[[Evidence], Verdict]] = {
    "Centra holds the right quantity of every SKU in every store": _targets,
    "no quantity in Centra is negative": _negative,
    "the connector has nothing left to do": _settled,
    "units sold twice are parked with their order numbers": _oversold,
    "nothing else waits for a person": _nothing_else_parked,
    "the unmapped SKU was parked and is right since its redrive": _unmapped,
    "events sent twice had no second effect": _events_once,
    "Sitoo was asked one thing at a time": _one_at_a_time,
    "Centra's limits were kept": _limits,
    "receivers answered the vendors 200 or 503 only": _receivers,
    "every planned fault was played": _all_played,
    "no process is left over": _processes,
}


def _open(evidence: Evidence, kind: Kind) -> list[Case]:
    return [case for case in evidence.cases if case.state is State.OPEN and case.problem.kind is kind]


def _entity(key: Key) -> str:
    return stock_entity(SITE, *key)


def _name(key: Key) -> str:
    return f"{key[1]} in warehouse {key[0]}"
