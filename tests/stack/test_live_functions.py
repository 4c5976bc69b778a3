"""Functions under the emulator: how an invocation ends, what the function sees, how it dies and comes back."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from sandbox.local_stack.outcome import Outcome, OutcomeKind
from sandbox.local_stack.stack import LocalStack


@pytest.mark.parametrize(
    ("event", "kind", "error_type"),
    [
        ({"do": "raise"}, OutcomeKind.ERROR, "ValueError"),
        ({"do": "set"}, OutcomeKind.ERROR, "Runtime.MarshalError"),
        ({"do": "exit"}, OutcomeKind.CRASH, "Runtime.ExitError"),
    ],
)
def test_failures_are_told_apart_and_the_next_call_works(stack: LocalStack, event: dict[str, object], kind: OutcomeKind, error_type: str) -> None:
    outcome = stack.invoke("Worker", event)
    assert (outcome.kind, outcome.error_type, outcome.answer) == (kind, error_type, None)
    assert stack.invoke("Worker", {}).answer["name"] == "Worker"


def test_a_timeout_ends_the_function_and_the_next_call_starts_anew(stack: LocalStack) -> None:
    for _ in range(2):
        outcome = stack.invoke("Hasty", {"do": "sleep", "s": 5})
        assert (outcome.kind, outcome.error_type, outcome.answer) == (OutcomeKind.TIMEOUT, "Sandbox.Timedout", None)
        assert 0.9 < outcome.duration_s < 4


@pytest.mark.parametrize("answer", [None, "Task timed out after 1.00 seconds", 7, [], {"errorMessage": "x", "errorType": "y"}])
def test_answers_that_only_look_like_failures_are_answers(stack: LocalStack, answer: object) -> None:
    outcome = stack.invoke("Worker", {"do": "answer", "answer": answer})
    assert (outcome.kind, outcome.answer) == (OutcomeKind.OK, answer)


def test_a_module_that_cannot_be_imported_is_a_crash_each_time(stack: LocalStack) -> None:
    for _ in range(2):
        outcome = stack.invoke("Broken", {})
        assert (outcome.kind, outcome.error_type) == (OutcomeKind.CRASH, "Runtime.ImportModuleError")


def test_the_function_sees_lambdas_environment_and_nothing_of_ours(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_OWN_SECRET", "1")
    stack.kill("Worker")
    seen = stack.invoke("Worker", {"do": "environment"}).answer
    assert "OUR_OWN_SECRET" not in seen
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "Worker"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert seen["STAGE"] == "dev"
    assert seen["TABLE"] == "Things"
    assert seen["QUEUE"] == f"{stack.endpoint}/123456789012/JobsQueue"
    assert seen["WHERE"] == "http://127.0.0.1:9/graphql/JobsQueue"
    assert seen["AWS_ENDPOINT_URL"] == stack.endpoint


@pytest.mark.parametrize(("module", "there"), [("boto3", True), ("from_layer", True), ("pydantic", False), ("pytest", False), ("httpx", False)])
def test_the_function_can_import_what_lambda_ships_and_its_layers_and_no_more(stack: LocalStack, module: str, there: bool) -> None:
    outcome = stack.invoke("Worker", {"do": "imports", "module": module})
    assert outcome.ok is there
    assert there or outcome.error_type == "ModuleNotFoundError"


def test_overlapping_calls_get_environments_of_their_own(stack: LocalStack) -> None:
    outcomes: list[Outcome] = []
    threads = [threading.Thread(target=lambda: outcomes.append(stack.invoke("Worker", {"do": "sleep", "s": 0.5}))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({outcome.answer["pid"] for outcome in outcomes}) == 3


def test_kill_cuts_a_running_invocation_off_and_the_next_one_starts_anew(stack: LocalStack) -> None:
    before = len(stack.stats()["Worker"]["init_ms"])
    outcomes: list[Outcome] = []
    call = threading.Thread(target=lambda: outcomes.append(stack.invoke("Worker", {"do": "sleep", "s": 8})))
    call.start()
    killed = 0
    deadline = time.monotonic() + 7
    while not killed and time.monotonic() < deadline:
        time.sleep(0.05)
        killed = httpx.post(f"{stack.gateway_url}/_local/kill", json={"function": "Worker"}).json()["killed"]
    call.join()
    assert (killed, outcomes[0].kind) == (1, OutcomeKind.CRASH)
    assert stack.invoke("Worker", {}).ok
    assert len(stack.stats()["Worker"]["init_ms"]) > before


def test_throttled_calls_are_refused_at_once(stack: LocalStack) -> None:
    stack.throttle("Worker", 0)
    try:
        assert stack.invoke("Worker", {}).kind is OutcomeKind.THROTTLED
    finally:
        stack.throttle("Worker", None)
    assert stack.invoke("Worker", {}).ok


def test_stats_count_every_outcome_and_measure_init_and_memory(stack: LocalStack) -> None:
    before = stack.stats()["Worker"]
    stack.invoke("Worker", {})
    stack.invoke("Worker", {"do": "raise"})
    after = stack.stats()["Worker"]
    assert after["invocations"] - before["invocations"] == 2
    assert after["errors"] - before["errors"] == 1
    assert all(0 < ms < 10_000 for ms in after["init_ms"])
    assert 5 < after["peak_memory_mb"] < 500
