"""What the local stack needs, read from the built SAM template: functions, tables, queues, buses, event sources, schedules, the front door."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.local_stack import cfn_yaml
from sandbox.local_stack.front_door import FrontDoor, Route, read_front_door
from sandbox.local_stack.intrinsics import Resolver, Unresolvable


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function. `python_path`: its code, then its layers' `python` folders. `reserved`: ReservedConcurrentExecutions. Memory in MB."""

    logical: str
    name: str
    handler: str
    runtime: str
    code: Path
    python_path: tuple[Path, ...]
    environment: Mapping[str, str]
    timeout_s: int
    memory_mb: int
    reserved: int | None = None


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A DynamoDB table. `definition`: the keyword arguments of create_table. `ttl`: attribute or empty."""

    logical: str
    name: str
    definition: Mapping[str, Any]
    ttl: str


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """An SQS queue. `attributes` as create_queue takes them (strings); `dead_letter_arn` empty without redrive policy."""

    logical: str
    name: str
    attributes: Mapping[str, str]
    dead_letter_arn: str
    max_receive_count: int


@dataclass(frozen=True, slots=True)
class EventSource:
    """An SQS event source mapping. `window_s` = MaximumBatchingWindowInSeconds; `concurrency` None: no maximum given."""

    function: str
    queue_arn: str
    batch_size: int
    window_s: float
    partial_failures: bool
    concurrency: int | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """`source` as the event names it: aws.scheduler or aws.events. `input`: the fixed event, if any (JSON)."""

    name: str
    function: str
    expression: str
    source: str
    input: str


@dataclass(frozen=True, slots=True)
class StackTemplate:
    functions: Mapping[str, FunctionSpec]
    tables: Mapping[str, TableSpec]
    queues: Mapping[str, QueueSpec]
    topics: Mapping[str, str]
    buses: Mapping[str, str]
    sources: tuple[EventSource, ...]
    schedules: tuple[Schedule, ...]
    front_door: FrontDoor
    parameters: Mapping[str, str] = field(default_factory=dict)


# Other ways to wire functions: refused, so that nothing of the template is silently absent here.
_UNKNOWN_WIRING = {
    "AWS::Lambda::EventSourceMapping",
    "AWS::Scheduler::Schedule",
    "AWS::Events::Rule",
    "AWS::Serverless::HttpApi",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::GatewayResponse",
}
_QUEUE_ATTRIBUTES = (
    "VisibilityTimeout",
    "DelaySeconds",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "MaximumMessageSize",
    "FifoQueue",
    "ContentBasedDeduplication",
)
_TABLE_PROPERTIES = ("AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")


def read_template(path: Path, *, region: str, endpoint: str, parameters: Mapping[str, str]) -> StackTemplate:
    """Raises Unresolvable, OSError, ValueError when the template is missing or uses what the local stack does not know."""
    document = cfn_yaml.read(path)
    resolver = Resolver(document, region, endpoint, parameters)
    resources = {logical: resource for logical, resource in document["Resources"].items() if resolver.included(resource)}
    shared = document.get("Globals", {})
    for logical, resource in resources.items():
        if resource["Type"] in _UNKNOWN_WIRING:
            raise Unresolvable(f"{logical}: the local stack does not know {resource['Type']}; use an event of the function")
    functions: dict[str, FunctionSpec] = {}
    sources: list[EventSource] = []
    schedules: list[Schedule] = []
    routes: list[Route] = []
    for logical, properties in _of_type(resources, resolver, "AWS::Serverless::Function"):
        functions[logical] = _function(logical, properties, resolver.value(shared.get("Function", {})), resources, resolver, path.parent)
        for event_name, event in properties.get("Events", {}).items():
            details = event.get("Properties", {})
            match event["Type"]:
                case "SQS":
                    sources.append(_source(logical, details))
                case "Schedule" | "ScheduleV2":
                    schedules.extend(_schedule(logical, event_name, event["Type"], details))
                case "Api":
                    routes.append(Route(str(details["Method"]).upper(), str(details["Path"]), logical))
                case other:
                    raise Unresolvable(f"{logical}: the local stack does not know event type {other}")
    return StackTemplate(
        functions=functions,
        tables={logical: _table(logical, p, resolver) for logical, p in _of_type(resources, resolver, "AWS::DynamoDB::Table")},
        queues={logical: _queue(logical, p, resolver) for logical, p in _of_type(resources, resolver, "AWS::SQS::Queue")},
        topics={logical: resolver.name(logical) for logical, _ in _of_type(resources, resolver, "AWS::SNS::Topic")},
        buses={logical: resolver.name(logical) for logical, _ in _of_type(resources, resolver, "AWS::Events::EventBus")},
        sources=tuple(sources),
        schedules=tuple(schedules),
        front_door=read_front_door(dict(_of_type(resources, resolver, "AWS::Serverless::Api")), resolver.value(shared.get("Api", {})), tuple(routes)),
        parameters={**{n: str(p.get("Default", "")) for n, p in document.get("Parameters", {}).items()}, **parameters},
    )


def work_of(queue: str, suffix: str = "Queue") -> str:
    """The kind of work of a queue's logical id: StoreStockQueue → store_stock; empty when the id has another ending."""
    if not queue.endswith(suffix):
        return ""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", queue.removesuffix(suffix)).lower()


def _of_type(resources: Mapping[str, Any], resolver: Resolver, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for logical, resource in resources.items():
        if resource["Type"] == kind:
            yield logical, resolver.value(resource.get("Properties", {}))


def _function(
    logical: str, own: Mapping[str, Any], shared: Mapping[str, Any], resources: Mapping[str, Any], resolver: Resolver, folder: Path
) -> FunctionSpec:
    merged = {**shared, **own}
    variables = {**shared.get("Environment", {}).get("Variables", {}), **own.get("Environment", {}).get("Variables", {})}
    code = (folder / str(merged["CodeUri"])).resolve()
    layers = []
    for layer in [*shared.get("Layers", []), *own.get("Layers", [])]:
        if layer not in resources:
            raise Unresolvable(f"{logical}: layer {layer} is not in the template")
        layers.append((folder / str(resolver.value(resources[layer]["Properties"]["ContentUri"])) / "python").resolve())
    reserved = merged.get("ReservedConcurrentExecutions")
    return FunctionSpec(
        logical=logical,
        name=resolver.name(logical),
        handler=str(merged["Handler"]),
        runtime=str(merged.get("Runtime", "")),
        code=code,
        python_path=(code, *layers),
        environment={key: str(value) for key, value in variables.items()},
        timeout_s=int(merged.get("Timeout", 3)),
        memory_mb=int(merged.get("MemorySize", 128)),
        reserved=None if reserved is None else int(reserved),
    )


def _table(logical: str, properties: Mapping[str, Any], resolver: Resolver) -> TableSpec:
    ttl = properties.get("TimeToLiveSpecification", {})
    return TableSpec(
        logical=logical,
        name=resolver.name(logical),
        definition={key: properties[key] for key in _TABLE_PROPERTIES if key in properties},
        ttl=str(ttl["AttributeName"]) if ttl.get("Enabled") else "",
    )


def _queue(logical: str, properties: Mapping[str, Any], resolver: Resolver) -> QueueSpec:
    redrive = properties.get("RedrivePolicy", {})
    attributes = {key: properties[key] for key in _QUEUE_ATTRIBUTES if key in properties}
    return QueueSpec(
        logical=logical,
        name=resolver.name(logical),
        attributes={key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in attributes.items()},
        dead_letter_arn=str(redrive.get("deadLetterTargetArn", "")),
        max_receive_count=int(redrive.get("maxReceiveCount", 0)),
    )


def _source(function: str, details: Mapping[str, Any]) -> EventSource:
    concurrency = details.get("ScalingConfig", {}).get("MaximumConcurrency")
    return EventSource(
        function=function,
        queue_arn=str(details["Queue"]),
        batch_size=int(details.get("BatchSize", 10)),
        window_s=float(details.get("MaximumBatchingWindowInSeconds", 0)),
        partial_failures="ReportBatchItemFailures" in details.get("FunctionResponseTypes", []),
        concurrency=None if concurrency is None else int(concurrency),
    )


def _schedule(function: str, event: str, kind: str, details: Mapping[str, Any]) -> Iterator[Schedule]:
    if details.get("State", "ENABLED") == "DISABLED" or details.get("Enabled") is False:
        return
    newer = kind == "ScheduleV2"
    yield Schedule(
        name=str(details.get("Name", f"{function}{event}")),
        function=function,
        expression=str(details["ScheduleExpression" if newer else "Schedule"]),
        source="aws.scheduler" if newer else "aws.events",
        input=str(details.get("Input", "")),
    )
