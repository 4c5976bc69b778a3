"""Functions: what they may do, what they are told, where they log, what comes with them."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.template.conftest import Template

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {
    "CentraWebhook": "centra_webhook",
    "SitooWebhook": "sitoo_webhook",
    "SyncStoreStock": "sync_store_stock",
    "PollSitoo": "poll_sitoo",
    "SyncOrder": "sync_order",
    "SyncFulfilment": "sync_fulfilment",
    "SyncReturn": "sync_return",
    "PollCentra": "poll_centra",
}
POLLS = ("PollSitoo", "PollCentra")


def folder(code_uri: str) -> Path:
    return ROOT / code_uri


def test_these_are_the_functions(template: Template) -> None:
    assert {name: folder(function["CodeUri"]).name for name, function in template.functions.items()} == FOLDERS
    on_disk = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert on_disk == set(FOLDERS.values())


@pytest.mark.parametrize("name", FOLDERS.values())
def test_a_handler_is_short(name: str) -> None:
    assert len((ROOT / "functions" / name / "app.py").read_text(encoding="utf-8").splitlines()) <= 60


@pytest.mark.parametrize("name", FOLDERS.values())
def test_a_handler_decides_nothing(name: str) -> None:
    tree = ast.parse((ROOT / "functions" / name / "app.py").read_text(encoding="utf-8"))
    (handler,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "handler")
    assert [node.lineno for node in ast.walk(handler) if isinstance(node, ast.If | ast.IfExp | ast.Match | ast.While)] == []


@pytest.mark.parametrize("name", FOLDERS.values())
def test_a_handler_calls_flows_and_runtime_only(name: str) -> None:
    tree = ast.parse((ROOT / "functions" / name / "app.py").read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    beside = {path.stem for path in (ROOT / "functions" / name).glob("*.py")}
    foreign = {module for module in modules if module.split(".")[0] not in sys.stdlib_module_names | beside}
    allowed = ("connector.flows", "connector.runtime", "aws_lambda_powertools")
    assert [module for module in foreign if not module.startswith(allowed)] == []


@pytest.mark.parametrize("name", FOLDERS.values())
def test_every_function_comes_with_sample_input(name: str) -> None:
    samples = sorted((ROOT / "events").glob(f"{name}*.json"))
    assert samples
    for sample in samples:
        assert isinstance(json.loads(sample.read_text(encoding="utf-8")), dict), sample.name


def test_what_tells_the_time_somewhere_brings_the_time_zones_along() -> None:
    """Lambda's runtime need not have a time zone database, and without one no sale has a day."""
    asking = [path.name for path in sorted((ROOT / "shared").rglob("*.py")) if "zoneinfo" in path.read_text(encoding="utf-8")]
    locked = (ROOT / "shared" / "requirements.txt").read_text(encoding="utf-8")
    assert asking
    assert any(line.startswith("tzdata==") for line in locked.splitlines()), asking


def test_each_function_has_a_role_of_its_own(template: Template) -> None:
    roles = [template.role_of(function) for function in template.functions]
    assert len(set(roles)) == len(template.functions)
    for role in template.of_type("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role


def test_no_policy_says_star(template: Template) -> None:
    for role in template.of_type("AWS::IAM::Role"):
        for action, resource in template.granted(role):
            assert "*" not in action, role
            assert "*" not in resource, role


def test_a_function_may_use_what_it_is_told_and_nothing_else(template: Template) -> None:
    for function in template.functions:
        queues, tables, secrets = set(), set(), set()
        for key, value in template.variables(function).items():
            if key.startswith(("QUEUE_", "DLQ_")):
                queues.add(f"{value['Ref']}.Arn")
            elif key.startswith("TABLE_"):
                tables.add(f"{value['Ref']}.Arn")
            elif key.startswith("SECRET_"):
                secrets.add(value["Ref"])
        if (destination := failure_queue(template, function)) is not None:
            queues.add(destination)
        granted = template.granted(template.role_of(function))
        assert {resource for action, resource in granted if action == "sqs:SendMessage"} == queues, function
        assert {resource for action, resource in granted if action.startswith("dynamodb:")} == tables, function
        readable = {resource for action, resource in granted if action == "secretsmanager:GetSecretValue"}
        assert len(readable) == len(secrets), function
        assert all(any(f"${{{secret}}}" in resource for resource in readable) for secret in secrets), function


def test_who_announces_may_use_the_bus_it_is_told_and_nobody_else(template: Template) -> None:
    for function in template.functions:
        told = template.variables(function).get("EVENT_BUS")
        granted = {pair for pair in template.granted(template.role_of(function)) if pair[0].startswith("events:")}
        assert granted == (set() if told is None else {("events:PutEvents", f"{told['Ref']}.Arn")}), function
    assert template.of_type("AWS::Events::EventBus") == {"EventBus": {"Name": {"Ref": "AWS::StackName"}}}


def test_a_consumer_may_take_from_its_queue(template: Template) -> None:
    for function, queue, _ in template.queue_sources():
        granted = template.granted(template.role_of(function))
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
            assert (action, f"{queue}.Arn") in granted


def test_each_function_logs_to_its_own_group_with_retention(template: Template) -> None:
    groups = template.of_type("AWS::Logs::LogGroup")
    used = set()
    for function, properties in template.functions.items():
        group = properties["LoggingConfig"]["LogGroup"]["Ref"]
        used.add(group)
        assert groups[group]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, function
        granted = template.granted(template.role_of(function))
        assert {resource for action, resource in granted if action.startswith("logs:")} == {f"{group}.Arn"}, function
    assert len(used) == len(template.functions) == len(groups)


def test_timeouts(template: Template) -> None:
    assert {name: function["Timeout"] for name, function in template.functions.items()} == {
        "CentraWebhook": 10,
        "SitooWebhook": 10,
        "SyncStoreStock": 60,
        "PollSitoo": 10,
        "SyncOrder": 60,
        "SyncFulfilment": 60,
        "SyncReturn": 60,
        "PollCentra": 60,
    }


def failure_queue(template: Template, function: str) -> str | None:
    """Where Lambda puts a call that `function` failed on."""
    destinations = template.functions[function].get("EventInvokeConfig", {}).get("DestinationConfig", {})
    queue: str | None = destinations["OnFailure"]["Destination"]["Fn::GetAtt"] if destinations else None
    return queue


@pytest.mark.parametrize("poll", POLLS)
def test_each_vendor_is_polled_each_minute_and_a_poll_that_lambda_did_not_take_is_seen(template: Template, poll: str) -> None:
    (schedule,) = (event["Properties"] for event in template.functions[poll]["Events"].values())
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["OmitName"] is True
    assert schedule["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": "ScheduleDlq.Arn"}}
    role = schedule["RoleArn"]["Fn::GetAtt"].removesuffix(".Arn")
    assert template.granted(role) == {("lambda:InvokeFunction", f"{poll}.Arn"), ("sqs:SendMessage", "ScheduleDlq.Arn")}


@pytest.mark.parametrize("poll", POLLS)
def test_a_poll_that_failed_is_seen(template: Template, poll: str) -> None:
    """The scheduler's call is asynchronous: an error in the function never reaches the schedule's own dead-letter queue."""
    config = template.functions[poll]["EventInvokeConfig"]
    assert config["DestinationConfig"] == {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": "ScheduleDlq.Arn"}}}
    assert 60 < config["MaximumEventAgeInSeconds"] <= 600
    assert ("sqs:SendMessage", "ScheduleDlq.Arn") in template.granted(f"{poll}Role")
