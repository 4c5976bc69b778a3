"""`ops exceptions`: list, show, redrive, discard."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from connector.domain.exceptions import Case, Kind, Owner, Problem, State
from connector.runtime.parking import park
from connector.runtime.queues import QueueUnavailable, Work
from ops import exceptions
from ops.connection import Refusal
from ops.exception_views import age_text, seconds
from tests.ops.world import World


def parked(world: World, sku: str, kind: Kind = Kind.UNMAPPED_SKU, owner: Owner = Owner.MERCHANDISING) -> Case:
    conn = world.connection
    happened, todo = f"No size in Centra has the SKU {sku}.", "Give the size its SKU."
    problem = Problem(kind, f"site/1/sku/{sku}", owner, happened, todo, {"sku": sku, "orders": ["7: 1"]})
    return park(conn.queues, conn.cases, problem, Work.STORE_STOCK, f'{{"v":1,"kind":"sku","site":1,"sku":"{sku}"}}', conn.clock, "sync_store_stock")


def ops(world: World, *arguments: str) -> str:
    """What was printed, blanks and line ends as one blank; a Refusal is raised as it is."""
    printed = len(world.screen.getvalue())
    result = CliRunner().invoke(exceptions.app, list(arguments), obj=world.connection)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return re.sub(r"[\s│┃]+", " ", world.screen.getvalue()[printed:] + result.output)


def state(world: World, case: Case) -> State:
    now = world.connection.cases.get(case.case_id)
    assert now is not None
    return now.state


def waiting(world: World) -> list[str]:
    return [message.body for message in world.rehearsal.queues.waiting[Work.STORE_STOCK]]


def test_nothing_to_list(world: World) -> None:
    assert ops(world, "list") == "No open exceptions. "


def test_the_list_says_what_happened_and_what_to_do(world: World) -> None:
    case = parked(world, "TEE-M")
    world.connection.clock.sleep(3 * 3600)
    text = ops(world, "list")
    for words in (case.case_id, "merchandising", "3 h", "No size in Centra has the SKU TEE-M.", "Give the size its SKU."):
        assert words in text


def test_the_list_is_filtered_by_kind_owner_age_and_state(world: World) -> None:
    old = parked(world, "OLD")
    world.connection.clock.sleep(86_400)
    new = parked(world, "NEW", Kind.OVERSOLD, Owner.CUSTOMER_SERVICE)
    for arguments, found in (
        (["--kind", "OVERSOLD"], {new.case_id}),
        (["--kind", "oversold"], {new.case_id}),
        (["--owner", "merchandising"], {old.case_id}),
        (["--older-than", "12h"], {old.case_id}),
        (["--older-than", "2d"], set()),
        (["--state", "discarded"], set()),
        ([], {old.case_id, new.case_id}),
    ):
        text = ops(world, "list", *arguments)
        assert {case.case_id for case in (old, new) if case.case_id in text} == found, arguments


def test_listing_first_gives_a_case_to_messages_that_failed_without_one(world: World) -> None:
    world.rehearsal.queues.park(Work.ORDERS, '{"v":1,"type":"order","id":2735}', {})
    assert "No open exceptions" in ops(world, "list", "--no-adopt")
    assert "technical-" in ops(world, "list")
    assert [case.problem.kind for case in world.connection.cases.list()] == [Kind.TECHNICAL]


def test_listing_works_while_the_queues_do_not_answer(world: World) -> None:
    case = parked(world, "TEE-M")
    world.rehearsal.queues._before = unavailable
    text = ops(world, "list")
    assert "could not be read" in text
    assert case.case_id in text


def unavailable(operation: str) -> None:
    raise QueueUnavailable(operation)


def test_show_tells_everything(world: World) -> None:
    case = parked(world, "TEE-M")
    parked(world, "TEE-M")
    text = ops(world, "show", case.case_id)
    for words in ("site/1/sku/TEE-M", "state open", "2 times", "dead-letter queue of store_stock", "sku TEE-M", "orders 7: 1"):
        assert words in text
    assert "opened by sync_store_stock" in text


def test_show_a_case_that_is_not_there(world: World) -> None:
    with pytest.raises(Refusal, match="no case nope"):
        ops(world, "show", "nope")


def test_redrive_sends_back_what_was_chosen_and_clears_the_dead_letters(world: World) -> None:
    chosen, other = parked(world, "A"), parked(world, "B")
    assert "sent back" in ops(world, "redrive", chosen.case_id)
    assert (state(world, chosen), state(world, other)) == (State.REDRIVEN, State.OPEN)
    assert waiting(world) == [chosen.body]
    assert [message.body for message in world.rehearsal.queues.dead[Work.STORE_STOCK]] == [other.body]


def test_redriving_twice_has_no_second_effect(world: World) -> None:
    case = parked(world, "A")
    ops(world, "redrive", case.case_id)
    assert "not open" in ops(world, "redrive", case.case_id)
    assert waiting(world) == [case.body]


def test_a_dry_run_changes_nothing(world: World) -> None:
    case = parked(world, "A")
    assert "1 case would be redriven" in ops(world, "redrive", "--all", "--dry-run")
    assert "1 case would be discarded" in ops(world, "discard", "--all", "--reason", "x", "--dry-run")
    assert state(world, case) is State.OPEN
    assert waiting(world) == []


def test_redrive_keeps_to_its_rate(world: World) -> None:
    for number in range(11):
        parked(world, f"SKU-{number}")
    started = world.connection.clock.now()
    ops(world, "redrive", "--kind", "UNMAPPED_SKU", "--rate", "2")
    assert world.connection.clock.now() - started == pytest.approx(5.0)
    assert len(waiting(world)) == 11


def test_redrive_can_be_run_again_after_the_queue_failed_half_way(world: World) -> None:
    cases = [parked(world, f"SKU-{number}") for number in range(3)]
    sent: list[str] = []

    def fail_at_the_second(operation: str) -> None:
        sent.append(operation)
        if sent.count("send store_stock") == 2:
            raise QueueUnavailable(operation)

    queues = world.rehearsal.queues
    healthy, queues._before = queues._before, fail_at_the_second
    with pytest.raises(Refusal, match="run the command again"):
        ops(world, "redrive", "--all")
    queues._before = healthy
    ops(world, "redrive", "--all")
    assert sorted(waiting(world)) == sorted(str(case.body) for case in cases)


@pytest.mark.parametrize("arguments", [["redrive"], ["redrive", "some-case", "--all"], ["discard", "--reason", "x"]])
def test_what_to_act_on_must_be_said_once(world: World, arguments: list[str]) -> None:
    parked(world, "A")
    with pytest.raises(Refusal, match="Name the cases"):
        ops(world, *arguments)
    assert waiting(world) == []


def test_discard_keeps_its_reason_and_silences_the_problem(world: World) -> None:
    case = parked(world, "A")
    ops(world, "discard", case.case_id, "--reason", "a sample, never sold", "--yes")
    assert state(world, case) is State.DISCARDED
    assert "a sample, never sold" in ops(world, "show", case.case_id)
    assert parked(world, "A").state is State.DISCARDED
    assert world.rehearsal.queues.dead[Work.STORE_STOCK] == []
    assert "not open any more" in ops(world, "discard", case.case_id, "--reason", "again")


def test_a_case_without_a_message_is_resolved_and_said_to_be(world: World) -> None:
    problem = Problem(Kind.DRAIN_STUCK, "site/1/store-stock", Owner.ENGINEERING, "It stands still.", "Look.")
    case, _ = world.connection.cases.open(problem, now=world.connection.clock.now(), by="sync_store_stock")
    text = ops(world, "discard", case.case_id, "--reason", "planned maintenance", "--yes")
    assert "resolved: it had no message to give up; it opens again if it happens again" in text
    assert "discarded" not in text
    assert state(world, case) is State.RESOLVED
    world.connection.cases.open(problem, now=world.connection.clock.now(), by="sync_store_stock")
    assert state(world, case) is State.OPEN


@pytest.mark.parametrize("reason", [[], ["--reason", " "]])
def test_discard_asks_for_a_reason(world: World, reason: list[str]) -> None:
    case = parked(world, "A")
    with pytest.raises(Refusal, match="needs a reason"):
        ops(world, "discard", case.case_id, *reason)
    assert state(world, case) is State.OPEN


def test_ages() -> None:
    assert [seconds(text) for text in ("30m", "12h", "10d")] == [1800, 43_200, 864_000]
    assert [age_text(age) for age in (0, 59 * 60, 3 * 3600, 3 * 86_400)] == ["0 min", "59 min", "3 h", "3 d"]
    for text in ("", "10", "h", "-1h", "1w"):
        with pytest.raises(Refusal):
            seconds(text)
