"""`ops exceptions`: what is asked before a discard, how it is taken back, and what is told about cases that are settled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.exceptions import Case, Kind, Owner, Problem, State
from connector.runtime.queues import Work
from tests.ops.test_exceptions import parked, state
from tests.ops.world import World


def discarded(world: World, sku: str = "A") -> Case:
    case = parked(world, sku)
    world.ops("exceptions", "discard", case.case_id, "--reason", "not sold online", "--yes")
    return case


def test_a_discard_is_asked_about_with_its_number(world: World) -> None:
    cases = [parked(world, sku) for sku in ("A", "B")]
    text = world.ops("exceptions", "discard", "--all", "--reason", "x", typed="n\n", exit_code=1)
    assert "Give up 2 cases for good (the same problem is not reported again)?" in text
    assert all(case.case_id in text for case in cases)
    assert "Nothing was discarded." in text
    assert {state(world, case) for case in cases} == {State.OPEN}
    world.ops("exceptions", "discard", "--all", "--reason", "x", typed="y\n")
    assert {state(world, case) for case in cases} == {State.DISCARDED}


def test_a_case_without_a_message_is_asked_about_as_what_it_becomes(world: World) -> None:
    problem = Problem(Kind.DRAIN_STUCK, "site/1/store-stock", Owner.ENGINEERING, "It stands still.", "Look.")
    world.connection.cases.open(problem, now=world.connection.clock.now(), by="sync_store_stock")
    text = world.ops("exceptions", "discard", "--all", "--reason", "x", typed="n\n", exit_code=1)
    assert "Mark 1 case without a message resolved?" in text


def test_a_redrive_of_what_was_discarded_says_by_whom_why_and_the_way_back(world: World) -> None:
    case = discarded(world)
    text = world.ops("exceptions", "redrive", case.case_id)
    for words in ("discarded 20", "by ops:test: not sold online", f"`ops exceptions reopen {case.case_id}`"):
        assert words in text
    assert world.rehearsal.queues.waiting[Work.STORE_STOCK] == []


def test_reopen_takes_a_discard_back_and_keeps_its_history(world: World) -> None:
    case = discarded(world)
    assert f"`ops exceptions redrive {case.case_id}`" in world.ops("exceptions", "reopen", case.case_id, "--reason", "sold online after all")
    assert state(world, case) is State.OPEN
    text = world.ops("exceptions", "show", case.case_id)
    for words in ("discarded by ops:test: not sold online", "reopened by ops:test: sold online after all"):
        assert words in text
    assert "sent back" in world.ops("exceptions", "redrive", case.case_id)
    assert [message.body for message in world.rehearsal.queues.waiting[Work.STORE_STOCK]] == [case.body]


def test_only_what_was_discarded_is_reopened(world: World) -> None:
    case = parked(world, "A")
    assert "is not discarded: open" in world.ops("exceptions", "reopen", case.case_id, exit_code=1)
    assert "no case nope" in world.ops("exceptions", "reopen", "nope", exit_code=1)


def test_a_second_redrive_tells_what_became_of_the_first(world: World) -> None:
    case = parked(world, "A")
    world.ops("exceptions", "redrive", case.case_id)
    assert "redriven 20" in world.ops("exceptions", "redrive", case.case_id)
    world.connection.cases.move(case.case_id, State.RESOLVED, now=world.connection.clock.now(), by="sync_store_stock", note="it is mapped")
    text = world.ops("exceptions", "redrive", case.case_id)
    assert "not open, nothing was done: resolved 20" in text
    assert "by sync_store_stock: it is mapped" in text


def test_a_resolved_case_asks_for_nothing(world: World) -> None:
    case = parked(world, "A")
    world.connection.cases.move(case.case_id, State.RESOLVED, now=world.connection.clock.now(), by="sync_store_stock")
    text = world.ops("exceptions", "show", case.case_id)
    assert "nothing: it is resolved" in text
    assert "Give the size its SKU." not in text


@pytest.mark.parametrize("kind", [Kind.UNMAPPED_SKU, Kind.OVERSOLD])
def test_a_case_names_its_runbook_page(world: World, kind: Kind) -> None:
    case = parked(world, "A", kind)
    assert f"docs/runbooks/{kind.value.lower().replace('_', '-')}.md" in world.ops("exceptions", "show", case.case_id)


def test_a_kind_nobody_knows_is_answered_with_those_there_are(world: World) -> None:
    text = world.ops("exceptions", "list", "--kind", "OVERSELLED", exit_code=2)
    assert "UNMAPPED_SKU" in text
    assert "unmapped_sku" not in text


def test_the_map_tells_of_an_open_and_of_a_discarded_case(world: World) -> None:
    world.apply()
    case = parked(world, "A")
    assert f"case {case.case_id}, open" in world.ops("sku-map", "show", "A", exit_code=1)
    world.ops("exceptions", "discard", case.case_id, "--reason", "not sold online", "--yes")
    text = world.ops("sku-map", "show", "A", exit_code=1)
    assert "by ops:test: not sold online" in text
    assert f"`ops exceptions reopen {case.case_id}`" in text


def test_a_build_prints_a_redrive_that_can_be_pasted(world: World) -> None:
    world.apply()
    world.connection = replace(world.connection, called="ops --local")
    case = parked(world, "TEE-M")
    world.rehearsal.centra.add_size("TEE-M")
    world.rehearsal.sitoo.add_product("TEE-M")
    assert f"`ops --local exceptions redrive {case.case_id}`" in world.ops("sku-map", "build")
    world.ops("exceptions", "redrive", case.case_id)
    assert [message.body for message in world.rehearsal.queues.waiting[Work.STORE_STOCK]][-1] == case.body


def test_a_build_names_the_kind_when_many_wait(world: World) -> None:
    world.apply()
    for number in range(11):
        parked(world, f"S-{number}")
        world.rehearsal.centra.add_size(f"S-{number}")
        world.rehearsal.sitoo.add_product(f"S-{number}")
    assert "`ops exceptions redrive --kind UNMAPPED_SKU`" in world.ops("sku-map", "build")
