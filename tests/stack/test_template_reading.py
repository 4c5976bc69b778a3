"""The template as the local stack reads it: intrinsic functions, the tiny template, and the project's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.local_stack import cfn_yaml
from sandbox.local_stack.intrinsics import Resolver, Unresolvable
from sandbox.local_stack.schedules import next_run
from sandbox.local_stack.template import StackTemplate, read_template, work_of
from tests.stack.test_schedules import MONDAY

PROJECT = Path(__file__).parents[2]
DOCUMENT = {
    "Parameters": {"Stage": {"Default": "dev"}, "Size": {"Default": 3}, "Silent": {}},
    "Conditions": {
        "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "Either": {"Fn::Or": [{"Condition": "IsProd"}, {"Fn::Not": [{"Condition": "IsProd"}]}]},
    },
    "Mappings": {"Sizes": {"dev": {"n": 1}}},
    "Resources": {
        "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "${Stage}-jobs"}}},
        "Things": {"Type": "AWS::DynamoDB::Table"},
        "Alarms": {"Type": "AWS::SNS::Topic"},
    },
}


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Ref": "Stage"}, "dev"),
        ({"Ref": "Size"}, "3"),
        ({"Ref": "Silent"}, ""),
        ({"Ref": "AWS::Region"}, "eu-north-1"),
        ({"Ref": "Jobs"}, "http://aws/123456789012/dev-jobs"),
        ({"Ref": "Things"}, "Things"),
        ({"Ref": "Alarms"}, "arn:aws:sns:eu-north-1:123456789012:Alarms"),
        ({"Fn::GetAtt": ["Jobs", "Arn"]}, "arn:aws:sqs:eu-north-1:123456789012:dev-jobs"),
        ({"Fn::GetAtt": "Jobs.QueueName"}, "dev-jobs"),
        ({"Fn::GetAtt": ["Things", "Arn"]}, "arn:aws:dynamodb:eu-north-1:123456789012:table/Things"),
        ({"Fn::Sub": "${!Literal} ${Things} ${Jobs.Arn}"}, "${Literal} Things arn:aws:sqs:eu-north-1:123456789012:dev-jobs"),
        ({"Fn::Sub": ["${a}-${Stage}", {"a": {"Ref": "Size"}}]}, "3-dev"),
        ({"Fn::Join": ["/", ["a", {"Ref": "Stage"}]]}, "a/dev"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "x,y"]}]}, "y"),
        ({"Fn::If": ["IsProd", 1, 2]}, 2),
        ({"Fn::If": ["Either", 1, 2]}, 1),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "n"]}, 1),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
    ],
)
def test_intrinsic_functions_resolve_to_local_values(node: Any, value: Any) -> None:
    assert Resolver(DOCUMENT, "eu-north-1", "http://aws", {}).value(node) == value


@pytest.mark.parametrize("node", [{"Ref": "Nobody"}, {"Fn::GetAtt": ["Nobody", "Arn"]}, {"Fn::GetAtt": ["Jobs", "Smell"]}, {"Fn::ImportValue": "x"}])
def test_what_it_does_not_know_is_named(node: Any) -> None:
    with pytest.raises(Unresolvable):
        Resolver(DOCUMENT, "eu-north-1", "http://aws", {}).value(node)


def test_short_tags_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("Resources: {A: !Ref B, C: !GetAtt D.Arn.x, E: !Join [',', [!Ref F]], G: !Sub '${H}'}\n")
    assert cfn_yaml.read(path)["Resources"] == {
        "A": {"Ref": "B"},
        "C": {"Fn::GetAtt": ["D", "Arn.x"]},
        "E": {"Fn::Join": [",", [{"Ref": "F"}]]},
        "G": {"Fn::Sub": "${H}"},
    }
    path.write_text("just: data\n")
    with pytest.raises(ValueError, match="no Resources"):
        cfn_yaml.read(path)


def test_wiring_that_it_does_not_know_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("Resources: {Hidden: {Type: AWS::Lambda::EventSourceMapping}}\n")
    with pytest.raises(Unresolvable, match="Hidden"):
        read(path)


def read(path: Path) -> StackTemplate:
    return read_template(path, region="eu-north-1", endpoint="http://aws", parameters={"CentraGraphqlUrl": "http://centra"})


def test_the_tiny_template_is_read_whole() -> None:
    template = read(PROJECT / "tests" / "stack" / "tiny" / "template.yaml")
    consumer, [source] = template.functions["Consumer"], template.sources
    assert (consumer.timeout_s, consumer.memory_mb, consumer.handler) == (10, 128, "app.handler")
    assert (source.function, source.batch_size, source.window_s, source.partial_failures, source.concurrency) == ("Consumer", 10, 0.0, True, 2)
    assert template.queues["JobsQueue"].max_receive_count == 2
    assert template.tables["Things"].ttl == "ttl"
    assert {route.function for route in template.front_door.routes} == {"Worker", "Hasty", "Broken"}


def test_the_local_stack_understands_all_of_the_projects_template() -> None:
    template = read(PROJECT / "template.yaml")
    assert {"CentraWebhook", "SitooWebhook", "SyncStoreStock", "PollSitoo", "SyncOrder", "SyncFulfilment", "SyncReturn", "PollCentra"} == set(
        template.functions
    )
    assert template.buses == {"EventBus": "local"}
    assert template.functions["SyncOrder"].environment["EVENT_BUS"] == "local"
    assert template.functions["SyncReturn"].environment["TABLE_SALES_LEDGER"] == template.tables["SalesLedger"].name
    drain = template.functions["SyncStoreStock"]
    assert drain.environment["CENTRA_GRAPHQL_URL"] == "http://centra"
    assert drain.environment["QUEUE_STORE_STOCK"] == "http://aws/123456789012/StoreStockQueue"
    assert all(next_run(schedule.expression, MONDAY) > MONDAY for schedule in template.schedules)
    assert all(source.function in template.functions for source in template.sources)
    known = {f"arn:aws:sqs:eu-north-1:123456789012:{queue.name}" for queue in template.queues.values()}
    assert {queue.dead_letter_arn for queue in template.queues.values()} - {""} <= known


@pytest.mark.parametrize(
    ("logical", "suffix", "work"), [("StoreStockQueue", "Queue", "store_stock"), ("OrdersDlq", "Dlq", "orders"), ("OrdersDlq", "Queue", "")]
)
def test_logical_ids_name_the_kind_of_work(logical: str, suffix: str, work: str) -> None:
    assert work_of(logical, suffix) == work
