"""How a case's row changes, without a store."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.exceptions import Case, Kind, Owner, Problem, State, Step
from connector.store.case_record import KEPT_STEPS, case_id_of, moved, opened

NOW = 1_700_000_000.0
PROBLEM = Problem(Kind.OVERSOLD, "site/1/order/104233", Owner.CUSTOMER_SERVICE, "Sold twice.", "Call.")


def met(case: Case | None, now: float) -> Case:
    return opened(case, PROBLEM, now=now, by="drain", queue=None, body=None)[0]


def test_ids_are_stable_and_tell_kinds_and_entities_apart() -> None:
    assert case_id_of(Kind.OVERSOLD, "a") == case_id_of(Kind.OVERSOLD, "a")
    ids = {case_id_of(kind, entity) for kind in Kind for entity in ("a", "A", "a ", "a|b")}
    assert len(ids) == 4 * len(Kind)
    assert case_id_of(Kind.UNMAPPED_SKU, "x").startswith("unmapped-sku-")


def test_history_is_bounded_and_keeps_the_beginning() -> None:
    case = met(None, NOW)
    for n in range(KEPT_STEPS):
        resolved = moved(case, State.RESOLVED, now=NOW + n, by="drain", note="")
        assert resolved is not None
        case = met(resolved, NOW + n)
    assert len(case.history) == KEPT_STEPS + 1
    assert case.history[0] == Step(NOW, "drain", "opened")
    assert case.history[-1] == Step(NOW + KEPT_STEPS - 1, "drain", "opened")
    assert case.count == KEPT_STEPS + 1


def test_last_seen_never_runs_backwards() -> None:
    assert met(met(None, NOW), NOW - 60).last_seen == NOW


def test_a_redriven_case_can_be_opened_again_by_hand() -> None:
    redriven = replace(met(None, NOW), state=State.REDRIVEN)
    again = moved(redriven, State.OPEN, now=NOW, by="anna", note="nothing happened")
    assert again is not None
    assert again.history[-1] == Step(NOW, "anna", "opened", "nothing happened")
