"""ExceptionCases: one row per (kind, entity), newly open for exactly one caller, closed once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.exceptions import Case, Kind, Owner, Problem, State, Step
from connector.store.exception_cases import ExceptionCases
from tests.store.worlds import DynamoWorld, World

NOW = 1_700_000_000.25
PROBLEM = Problem(
    Kind.UNMAPPED_SKU, "site/1/sku/TEE-M", Owner.MERCHANDISING, "TEE-M är okänd.", "Add it.", {"sku": "TEE-M", "units": 2, "stores": ["Malmö"]}
)


@pytest.fixture
def cases(fresh: World) -> ExceptionCases:
    return fresh.tables.cases


def problem(entity: str, kind: Kind = Kind.UNMAPPED_SKU, owner: Owner = Owner.MERCHANDISING) -> Problem:
    return replace(PROBLEM, entity=entity, kind=kind, owner=owner)


def opened(cases: ExceptionCases, one: Problem = PROBLEM, now: float = NOW) -> Case:
    case, newly = cases.open(one, now=now, by="drain", queue="store_stock", body='{"v":1}')
    assert newly
    return case


def test_a_problem_met_for_the_first_time(cases: ExceptionCases) -> None:
    case = opened(cases)
    assert case == Case(case.case_id, PROBLEM, State.OPEN, 1, NOW, NOW, "store_stock", '{"v":1}', (Step(NOW, "drain", "opened"),))
    assert cases.get(case.case_id) == case
    assert cases.find(PROBLEM.kind, PROBLEM.entity) == case
    assert cases.list() == [case]


def test_what_is_not_there(cases: ExceptionCases) -> None:
    assert cases.get("unmapped-sku-000000000000") is None
    assert cases.find(Kind.OVERSOLD, PROBLEM.entity) is None
    assert cases.list(state=None) == []
    assert cases.move("unmapped-sku-000000000000", State.RESOLVED, now=NOW, by="anna") is None


def test_a_problem_without_a_message(cases: ExceptionCases) -> None:
    case, newly = cases.open(PROBLEM, now=NOW, by="drain")
    assert (newly, case.queue, case.body) == (True, None, None)
    assert cases.get(case.case_id) == case


def test_met_again_while_open_only_counts(cases: ExceptionCases) -> None:
    first = opened(cases)
    worse = replace(PROBLEM, happened="Worse.", todo="Hurry.", evidence={"units": 9})
    case, newly = cases.open(worse, now=NOW + 60, by="drain", queue="orders", body="another")
    assert not newly
    assert case == replace(first, problem=worse, count=2, last_seen=NOW + 60, history=(*first.history, Step(NOW + 60, "drain", "seen again")))
    assert cases.get(case.case_id) == case


def test_a_stretch_of_repetitions_is_one_line_of_history(cases: ExceptionCases) -> None:
    opened(cases)
    for n in range(1, 6):
        case, _ = cases.open(PROBLEM, now=NOW + n, by="drain")
    assert (case.count, case.first_seen, case.last_seen) == (6, NOW, NOW + 5)
    assert [step.what for step in case.history] == ["opened", "seen again"]
    assert case.history[-1].at == NOW + 5


@pytest.mark.parametrize("closed", [State.RESOLVED, State.REDRIVEN])
def test_met_again_after_it_was_resolved_or_redriven_opens_it(cases: ExceptionCases, closed: State) -> None:
    first = opened(cases)
    assert cases.move(first.case_id, closed, now=NOW + 1, by="anna", note="done")
    case, newly = cases.open(PROBLEM, now=NOW + 2, by="drain", queue="orders", body="new body")
    assert newly
    assert (case.state, case.count, case.first_seen, case.queue, case.body) == (State.OPEN, 2, NOW, "orders", "new body")
    assert [step.what for step in case.history] == ["opened", closed.value, "opened"]
    assert cases.list() == [case]


def test_met_again_after_it_was_discarded_stays_discarded(cases: ExceptionCases) -> None:
    first = opened(cases)
    cases.move(first.case_id, State.DISCARDED, now=NOW + 1, by="anna", note="test article")
    case, newly = cases.open(PROBLEM, now=NOW + 2, by="drain", queue="orders", body="new body")
    assert not newly
    assert (case.state, case.count, case.last_seen, case.body) == (State.DISCARDED, 2, NOW + 2, '{"v":1}')
    assert cases.list() == []
    assert cases.list(state=State.DISCARDED) == [case]


def test_a_move_is_in_the_history_with_its_reason(cases: ExceptionCases) -> None:
    first = opened(cases)
    case = cases.move(first.case_id, State.DISCARDED, now=NOW + 9, by="anna", note="test article")
    assert case == replace(first, state=State.DISCARDED, history=(*first.history, Step(NOW + 9, "anna", "discarded", "test article")))
    assert cases.get(first.case_id) == case


def test_open_to_redriven_to_resolved(cases: ExceptionCases) -> None:
    case_id = opened(cases).case_id
    assert cases.move(case_id, State.REDRIVEN, now=NOW, by="anna") is not None
    assert cases.list() == []
    assert [case.case_id for case in cases.list(state=State.REDRIVEN)] == [case_id]
    assert cases.move(case_id, State.RESOLVED, now=NOW, by="drain") is not None
    assert [case.case_id for case in cases.list(state=State.RESOLVED)] == [case_id]


@pytest.mark.parametrize("closed", [State.RESOLVED, State.DISCARDED])
@pytest.mark.parametrize("to", list(State))
def test_what_is_closed_does_not_move(cases: ExceptionCases, closed: State, to: State) -> None:
    case_id = opened(cases).case_id
    case = cases.move(case_id, closed, now=NOW, by="anna")
    assert cases.move(case_id, to, now=NOW + 1, by="bo") is None
    assert cases.get(case_id) == case


@pytest.mark.parametrize("state", [State.OPEN, State.REDRIVEN])
def test_moving_to_where_it_is_moves_nothing(cases: ExceptionCases, state: State) -> None:
    case_id = opened(cases).case_id
    if state is State.REDRIVEN:
        cases.move(case_id, state, now=NOW, by="anna")
    before = cases.get(case_id)
    assert cases.move(case_id, state, now=NOW + 1, by="bo") is None
    assert cases.get(case_id) == before


def test_lists_are_filtered_and_oldest_first(cases: ExceptionCases) -> None:
    late = opened(cases, problem("a"), NOW + 5)
    early = opened(cases, problem("b", Kind.OVERSOLD, Owner.RETAIL_OPS), NOW + 1)
    middle = opened(cases, problem("c", Kind.OVERSOLD, Owner.ENGINEERING), NOW + 3)
    gone = opened(cases, problem("d"), NOW)
    resolved = cases.move(gone.case_id, State.RESOLVED, now=NOW + 9, by="drain")
    assert cases.list() == [early, middle, late]
    assert cases.list(state=None) == [resolved, early, middle, late]
    assert cases.list(kind=Kind.OVERSOLD) == [early, middle]
    assert cases.list(kind=Kind.OVERSOLD, owner=Owner.ENGINEERING) == [middle]
    assert cases.list(state=State.RESOLVED, owner=Owner.MERCHANDISING) == [resolved]
    assert cases.list(state=State.DISCARDED) == []


def test_two_meet_a_problem_at_once_and_one_of_them_opened_it(fresh: World) -> None:
    cases = fresh.tables.cases
    other: list[bool] = []
    fresh.interpose(lambda: other.append(cases.open(PROBLEM, now=NOW, by="b")[1]))
    case, newly = cases.open(PROBLEM, now=NOW + 1, by="a")
    assert (other, newly, case.count) == ([True], False, 2)


def test_a_discard_while_it_is_met_again(fresh: World) -> None:
    cases = fresh.tables.cases
    case_id = opened(cases).case_id
    fresh.interpose(lambda: cases.move(case_id, State.DISCARDED, now=NOW, by="anna", note="no"))
    case, newly = cases.open(PROBLEM, now=NOW + 1, by="drain")
    assert (case.state, case.count, newly) == (State.DISCARDED, 2, False)
    assert cases.list(state=None) == [case]


def test_two_redrive_at_once_and_one_of_them_did(fresh: World) -> None:
    cases = fresh.tables.cases
    case_id = opened(cases).case_id
    other: list[Case | None] = []
    fresh.interpose(lambda: other.append(cases.move(case_id, State.REDRIVEN, now=NOW, by="b")))
    mine = cases.move(case_id, State.REDRIVEN, now=NOW, by="a")
    assert mine is None
    assert other[0] is not None


def test_only_resolved_rows_are_cleared_in_time(dynamo: DynamoWorld) -> None:
    cases = dynamo.tables.cases
    moves = {"a": State.RESOLVED, "b": State.DISCARDED, "c": State.REDRIVEN}
    for entity, to in moves.items():
        cases.move(opened(cases, problem(entity)).case_id, to, now=NOW, by="anna")
    items = dynamo.client.scan(TableName=dynamo.names["TABLE_EXCEPTIONS"])["Items"]
    assert {item["entity"]["S"]: item.get("ttl") for item in items} == {"a": {"N": str(int(NOW) + 400 * 86_400)}, "b": None, "c": None}


def test_a_discard_is_taken_back_and_its_history_kept(cases: ExceptionCases) -> None:
    first = opened(cases)
    cases.move(first.case_id, State.DISCARDED, now=NOW + 1, by="anna", note="test article")
    case = cases.reopen(first.case_id, now=NOW + 2, by="bo", note="it is sold online after all")
    assert case is not None
    assert (case.state, case.count, case.body) == (State.OPEN, 1, '{"v":1}')
    assert [(step.by, step.what) for step in case.history] == [("drain", "opened"), ("anna", "discarded"), ("bo", "reopened")]
    assert cases.list() == [case]
    assert cases.list(state=State.DISCARDED) == []


@pytest.mark.parametrize("state", [State.OPEN, State.REDRIVEN, State.RESOLVED])
def test_only_a_discard_is_taken_back(cases: ExceptionCases, state: State) -> None:
    first = opened(cases)
    cases.move(first.case_id, state, now=NOW + 1, by="anna")
    before = cases.get(first.case_id)
    assert cases.reopen(first.case_id, now=NOW + 2, by="bo") is None
    assert cases.get(first.case_id) == before
    assert cases.reopen("unmapped-sku-000000000000", now=NOW, by="bo") is None
