"""From a described stack to a connection, and how a command waits for its turn."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError, ProfileNotFound
from moto import mock_aws
from rich.console import Console
from typer.testing import CliRunner

from connector.centra.errors import Refused, Throttled, Unauthorised, Unavailable
from connector.domain.configuration import CentraSettings, Lane, Mapping, Plan
from connector.domain.exceptions import Kind, Owner, Problem
from connector.runtime.budget import BudgetExhausted
from connector.runtime.centra_budget import SharedBudget
from connector.runtime.queues import Work
from connector.runtime.sitoo_lock import LockBusy
from connector.sitoo.errors import Unavailable as SitooUnavailable
from connector.store.dynamo.connection import StoreBusy
from connector.store.leases import LeaseLost
from connector.store.memory.api_budget import MemoryBudgetStore
from connector.store.order_files import OrderFile
from connector.store.sku_map import SkuEntry
from ops.__main__ import app
from ops.centra_http import HttpGraphQL
from ops.connect import connect
from ops.connection import Connection, Refusal
from ops.failures import sentence
from ops.pacing import TRIES_FOR_A_TURN, PatientTurns, WaitingBudget
from ops.read_credentials import ReadApiUser, ReadToken
from ops.stack import TABLES, Stack, deployed_stack, from_resources, local_stack, queue_id
from ops.wording import called_as, pasteable, program
from sandbox.clock import VirtualTime
from tests.ops.world import SITE, World

DESCRIBED: dict[str, Any] = {
    "endpoint": "http://127.0.0.1:4566",
    "region": "eu-north-1",
    "tables": {name: f"local-{name}" for name in TABLES},
    "queues": {work.value: f"http://q/{work.value}" for work in Work},
    "dlqs": {"schedule": "http://q/schedule-dlq"} | {work.value: f"http://q/{work.value}-dlq" for work in Work},
    "gateway": "http://127.0.0.1:3000",
    "centra_graphql_url": "http://centra/graphql",
    "sitoo_base_url": "http://sitoo/v2/accounts/1",
    "secrets": {"centra": "c", "sitoo": "s"},
    "variables": {"AWS_ACCESS_KEY_ID": "local"},
    "pid": os.getpid(),
}


def described(tmp_path: Path, **changes: Any) -> Path:
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(DESCRIBED | changes), encoding="utf-8")
    return path


def test_the_running_local_stack_is_found(tmp_path: Path) -> None:
    stack = local_stack(described(tmp_path))
    assert stack.tables["SkuMap"] == "local-SkuMap"
    assert stack.queues[Work.STORE_STOCK] == "http://q/store_stock"
    assert set(stack.queues) == set(stack.dead_letter_queues) == set(Work)
    assert stack.dead_letter_queues[Work.UNKNOWN] == "http://q/unknown-dlq"
    assert stack.variables == {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_DEFAULT_REGION": "eu-north-1", "AWS_ACCESS_KEY_ID": "local"}


def test_no_local_stack(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="No local stack runs here"):
        local_stack(tmp_path / "stack.json")


def test_a_local_stack_that_died(tmp_path: Path) -> None:
    ended = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(ended, 0)
    with pytest.raises(Refusal, match="runs no more"):
        local_stack(described(tmp_path, pid=ended))


def resources() -> dict[str, str]:
    queues = {queue_id(work, ending): f"https://sqs/{work.value}/{ending}" for work in Work for ending in ("Queue", "Dlq")}
    return {name: f"dev-{name}" for name in TABLES} | queues


PARAMETERS = {"CentraGraphqlUrl": "https://c/graphql", "SitooBaseUrl": "https://s/v2/accounts/1", "SecretCentra": "x/c", "SecretSitoo": "x/s"}


def test_a_deployed_stack_is_read_from_its_resources() -> None:
    stack = from_resources("centra-sitoo-dev", resources(), PARAMETERS)
    assert stack.queues[Work.CENTRAL_STOCK] == "https://sqs/central_stock/Queue"
    assert (stack.tables["Cursors"], stack.secrets["sitoo"], stack.variables) == ("dev-Cursors", "x/s", {})


def test_a_stack_from_another_version_names_what_is_missing() -> None:
    less = {k: v for k, v in resources().items() if k not in {"OrderLinks", "ReturnsDlq"}}
    with pytest.raises(Refusal, match="has no OrderLinks, ReturnsDlq"):
        from_resources("centra-sitoo-dev", less, PARAMETERS)


class CloudFormation:
    """Describes the stack centra-sitoo-dev and no other."""

    def describe_stacks(self, **asked: str) -> dict[str, Any]:
        name = asked["StackName"]
        if name != "centra-sitoo-dev":
            raise ClientError({"Error": {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}}, "DescribeStacks")
        return {"Stacks": [{"Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in PARAMETERS.items()]}]}

    def get_paginator(self, _operation: str) -> CloudFormation:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        rows = [{"LogicalResourceId": k, "PhysicalResourceId": v} for k, v in resources().items()]
        return [{"StackResourceSummaries": [*rows[:5], {"LogicalResourceId": "StillBeingMade"}]}, {"StackResourceSummaries": rows[5:]}]


def test_a_stage_is_a_cloudformation_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", lambda _name: CloudFormation())
    assert deployed_stack("dev") == from_resources("centra-sitoo-dev", resources(), PARAMETERS)
    with pytest.raises(Refusal, match="The stack centra-sitoo-prod cannot be read: Stack with id centra-sitoo-prod does not exist"):
        deployed_stack("prod")


def test_every_name_is_in_the_template() -> None:
    template = (Path(__file__).parents[2] / "template.yaml").read_text(encoding="utf-8").splitlines()
    for name in (*resources(), *PARAMETERS):
        assert any(line.startswith(f"  {name}:") for line in template), name


@pytest.fixture
def deployed() -> Iterator[Stack]:
    """Tables, queues and secrets as template.yaml makes them, in moto."""
    with mock_aws():
        dynamo, sqs, secrets = boto3.client("dynamodb"), boto3.client("sqs"), boto3.client("secretsmanager")
        for name in TABLES:
            dynamo.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            )
        queues = {work: sqs.create_queue(QueueName=work.value)["QueueUrl"] for work in Work}
        dead = {work: sqs.create_queue(QueueName=f"{work.value}-dlq")["QueueUrl"] for work in Work}
        secrets.create_secret(Name="c", SecretString=json.dumps({"token": "t"}))
        users = {"default": {"api_id": "1-1", "password": "p"}, "stock": {"api_id": "1-2", "password": "q"}}
        secrets.create_secret(Name="s", SecretString=json.dumps({"api_users": users}))
        yield Stack({name: name for name in TABLES}, queues, dead, "http://c/graphql", "http://s/v2/accounts/1", {"centra": "c", "sitoo": "s"})


def quiet_console() -> Console:
    return Console(file=io.StringIO())


def test_a_connection_reaches_every_table_and_queue(deployed: Stack) -> None:
    conn = connect(deployed, quiet_console())
    now = conn.clock.now()
    conn.mappings.apply(Mapping(1, (SITE,), CentraSettings(Plan.ENHANCED)), expected_revision=0, by="t", now=now)
    conn.sku_map.put_many(1, [SkuEntry("A", 1, 2, 3, "A", chosen=True)])
    conn.cases.open(Problem(Kind.TECHNICAL, "x", Owner.ENGINEERING, "h", "t"), now=now, by="t")
    conn.queues.send(Work.STORE_STOCK, ["{}"])
    conn.queues.park(Work.STORE_STOCK, "{}", {"exception_id": "e"})
    again = connect(deployed, quiet_console())
    assert again.sku_map.get_many(1, ["A"])["A"].chosen
    assert [case.problem.kind for case in again.cases.list()] == [Kind.TECHNICAL]
    assert again.links.open_lines([11]) == []
    assert again.files.put(OrderFile(104233, 1)) == again.files.get(104233)
    assert again.levels.dirty(1) == []
    assert again.cursors.start("feed/1", {"last": 1})
    assert [letter.exception_id for letter in again.letters.letters(Work.STORE_STOCK)] == ["e"]
    assert (again.sitoo_users, again.token_expires) == (frozenset({"default", "stock"}), None)
    assert again.budget.mutations_left(Lane.STOCK_RISK) == 40, "80 % of the plan in force"


@pytest.mark.parametrize(
    ("name", "secret", "told"),
    [
        ("c", {}, "The secret c has no 'token'."),
        ("s", {"api_users": {"stock": {}}}, "The secret s has no API user named default"),
        ("s", {"api_users": {"default": {"api_id": "1-1"}}}, "The secret s has no 'password'."),
    ],
)
def test_a_secret_that_lacks_something(deployed: Stack, name: str, secret: dict[str, Any], told: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(secret))
    with pytest.raises(Refusal, match=told):
        connect(deployed, quiet_console())


def test_one_stack_must_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.stack.LOCAL_STACK_FILE", tmp_path / "stack.json")
    runner = CliRunner()
    assert "Say which stack; " in runner.invoke(app, ["doctor"]).output
    assert "Say which stack, not both; " in runner.invoke(app, ["--local", "--stage", "dev", "doctor"]).output
    result = runner.invoke(app, ["--local", "doctor"])
    assert (result.exit_code, result.output.split(" (")[0]) == (1, "No local stack runs here")


def test_every_group_of_commands_is_mounted() -> None:
    text = CliRunner().invoke(app, ["--help"]).output
    for name in ("mapping", "sku-map", "stock", "order", "exceptions", "doctor"):
        assert name in text


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Refusal("because"), "because"),
        (Unauthorised("x"), "Centra refuses the token"),
        (Throttled(0.0), "may not be called before 00:00:00 UTC"),
        (BudgetExhausted(61.0), "before 00:01:01 UTC"),
        (Refused(("no such field",)), "Centra refused the request: no such field"),
        (Unavailable("HTTP 502"), "Centra did not answer as it should: HTTP 502"),
        (SitooUnavailable("HTTP 502"), "Sitoo did not answer as it should: HTTP 502"),
        (LockBusy(61.0), "before 00:01:01 UTC"),
        (LeaseLost("load/1"), "Somebody else took over"),
        (StoreBusy("SkuMap"), "AWS (or the local stack) did not answer as it should"),
    ],
)
def test_failures_are_told_in_words(error: Exception, told: str) -> None:
    assert told in (sentence(error) or "")


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    assert sentence(KeyError("x")) is None


def test_a_command_waits_for_the_budget_a_function_would_hand_over() -> None:
    clock, waits = VirtualTime(), list[float]()
    shared = SharedBudget(MemoryBudgetStore(), Plan.GROWTH, 0.8, clock)
    budget = WaitingBudget(shared, clock, waits.append)
    while shared.mutations_left(Lane.LOAD):
        shared.take(Lane.STOCK_RISK, mutations=1)
    promised, begun = shared.available_at(Lane.LOAD, mutations=1), clock.now()
    assert promised > begun
    budget.take(Lane.LOAD, mutations=1)
    assert clock.now() == pytest.approx(promised, abs=0.1)
    assert waits == [promised]
    budget.close(clock.now() + 300)
    budget.take(Lane.STOCK_RISK)
    assert clock.now() >= promised + 300
    assert len(waits) == 2


class BusyTurns:
    """Refuses `busy` times."""

    def __init__(self, clock: VirtualTime, busy: int) -> None:
        self.clock, self.busy, self.asked = clock, busy, 0

    def request(self, lane: Lane) -> AbstractContextManager[None]:
        self.asked += 1
        if self.asked <= self.busy:
            raise LockBusy(self.clock.now() + 2)
        return nullcontext()

    def close(self, until: float) -> None:
        self.clock.sleep(until - self.clock.now())


def test_a_command_asks_for_its_turn_again() -> None:
    clock = VirtualTime()
    begun, turns = clock.now(), BusyTurns(clock, busy=3)
    with PatientTurns(turns, clock).request(Lane.LOAD):
        assert clock.now() == begun + 6
    assert turns.asked == 4


def test_a_command_does_not_ask_for_ever() -> None:
    clock = VirtualTime()
    turns = BusyTurns(clock, busy=1_000)
    with pytest.raises(LockBusy), PatientTurns(turns, clock).request(Lane.LOAD):
        pytest.fail("no turn was given")
    assert turns.asked == TRIES_FOR_A_TURN


def test_what_fails_during_a_turn_is_not_taken_for_a_busy_lock() -> None:
    clock = VirtualTime()
    turns = BusyTurns(clock, busy=0)
    with pytest.raises(LockBusy), PatientTurns(turns, clock).request(Lane.LOAD):
        raise LockBusy(clock.now())
    assert turns.asked == 1


def raw(world: World) -> HttpGraphQL:
    conn: Connection = world.connection
    assert isinstance(conn.graphql, HttpGraphQL)
    return conn.graphql


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "error", "status": 502}, Unavailable),
        ({"kind": "error", "status": 403}, Unauthorised),
        ({"kind": "drop_before"}, Unavailable),
        ({"kind": "throttle", "retry_after": 30}, Throttled),
    ],
)
def test_raw_questions_fail_by_what_may_be_done_next(world: World, fault: dict[str, Any], error: type[Exception]) -> None:
    world.rehearsal.centra.fault(**fault)
    with pytest.raises(error):
        raw(world).execute("{ rateLimits { quota } }", {}, lane=Lane.RECONCILE)


def test_a_throttled_question_closes_the_budget_for_everybody(world: World) -> None:
    world.rehearsal.centra.fault("throttle", retry_after=30)
    with pytest.raises(Throttled):
        raw(world).execute("{ rateLimits { quota } }", {}, lane=Lane.RECONCILE)
    assert world.connection.budget.available_at(Lane.STOCK_RISK) >= world.connection.clock.now() + 29


def test_a_question_the_schema_refuses(world: World) -> None:
    with pytest.raises(Refused, match="Cannot query field 'nonsense'"):
        raw(world).execute("{ nonsense }", {}, lane=Lane.RECONCILE)


def test_an_address_that_is_no_graphql(world: World) -> None:
    budget = SharedBudget(MemoryBudgetStore(), Plan.GROWTH, 0.8, VirtualTime())
    elsewhere = HttpGraphQL(world.rehearsal._centra_http, "http://centra.test/elsewhere", ReadToken("t"), budget, world.connection.clock)
    with pytest.raises(Unavailable, match="is this its GraphQL address"):
        elsewhere.execute("{ rateLimits { quota } }", {}, lane=Lane.RECONCILE)


def test_credentials_are_not_shown_in_a_traceback() -> None:
    for credentials in (ReadToken("sesam"), ReadApiUser("123-1", "sesam")):
        assert "sesam" not in repr(credentials)
    assert "123-1" in repr(ReadApiUser("123-1", "sesam"))


@pytest.mark.parametrize("command", [["doctor"], ["exceptions", "list"], ["stock", "load"], ["mapping", "plan", "x.yaml"], ["sku-map", "build"]])
def test_the_error_about_the_stack_shows_how_it_is_typed(command: list[str]) -> None:
    result = CliRunner().invoke(app, command, env={"COLUMNS": "300"})
    assert result.exit_code == 1
    assert "put it before the command, one of them" in result.output
    assert f"ops --local {command[0]}" in result.output


@pytest.mark.parametrize("command", [["stock"], ["stock", "show"], ["exceptions", "redrive"], ["doctor"], ["mapping", "apply"]])
def test_help_needs_no_stack(command: list[str]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


@pytest.mark.parametrize("command", [["docter"], ["stock", "lod"], ["--local", "exceptions", "lst"]])
def test_an_unknown_command_is_named_first(command: list[str]) -> None:
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert command[-1] in result.output
    assert "which stack" not in result.output


def test_the_stack_after_the_command_is_told_to_go_before_it() -> None:
    result = CliRunner().invoke(app, ["doctor", "--stage", "dev"])
    assert (result.exit_code, result.output.strip()) == (1, "Put --stage before the command, as in `ops --local doctor`.")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NoRegionError(), "AWS_DEFAULT_REGION"),
        (NoCredentialsError(), "aws configure"),
        (ProfileNotFound(profile="shop"), "AWS_PROFILE"),
        (ClientError({"Error": {"Code": "ExpiredToken", "Message": "it expired"}}, "DescribeStacks"), "aws sso login"),
    ],
)
def test_what_aws_lacks_names_the_next_step(monkeypatch: pytest.MonkeyPatch, error: Exception, told: str) -> None:
    def fail(_name: str) -> Any:
        raise error

    monkeypatch.setattr(boto3, "client", fail)
    result = CliRunner().invoke(app, ["--stage", "dev", "doctor"])
    assert result.exit_code == 1
    assert told in result.output


def test_how_the_program_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "project" / "bin" / "ops"
    monkeypatch.setenv("PATH", "/nowhere")
    assert program(installed, tmp_path) == "ops"
    installed.parent.mkdir(parents=True)
    installed.write_text("#!/bin/sh\n")
    installed.chmod(0o755)
    assert program(installed, tmp_path / "project") == "bin/ops"
    assert program(installed, tmp_path / "elsewhere") == str(installed)
    monkeypatch.setenv("PATH", str(installed.parent))
    assert program(installed, tmp_path / "project") == "ops"


@pytest.mark.parametrize(("local", "stage", "ending"), [(True, None, "ops --local"), (False, "prod", "ops --stage prod"), (False, None, "ops")])
def test_how_the_command_was_called(local: bool, stage: str | None, ending: str) -> None:
    assert called_as(local=local, stage=stage).endswith(ending)


def test_commands_in_texts_name_the_stack_that_was_used() -> None:
    text = "Run `ops doctor`, then `ops --stage prod stock load`; `make local` is no command of ours."
    assert pasteable(text, "ops --local") == "Run `ops --local doctor`, then `ops --stage prod stock load`; `make local` is no command of ours."
