"""Domain events: on the bus as listeners expect them, and an error unless EventBridge took them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import botocore.session
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from connector.runtime.announcements import AnnouncementFailed
from connector.runtime.event_bus import EventBus
from sandbox.memory_bus import Announced, MemoryBus

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

BUS, REGION = "centra-sitoo-events", "eu-north-1"
READY: dict[str, str | int] = {"order": 104233, "store": "Malmö", "sitoo_order": 991}


@pytest.fixture
def aws() -> Iterator[Any]:
    with mock_aws():
        yield botocore.session.get_session()


@pytest.fixture
def events(aws: Any) -> EventBridgeClient:
    client = cast("EventBridgeClient", aws.create_client("events", region_name=REGION))
    client.create_event_bus(Name=BUS)
    return client


@pytest.fixture
def listener(aws: Any, events: EventBridgeClient) -> tuple[SQSClient, str]:
    """A queue that gets every event of ours."""
    sqs = cast("SQSClient", aws.create_client("sqs", region_name=REGION))
    url = sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="ours", EventBusName=BUS, EventPattern=json.dumps({"source": ["centra-sitoo"]}))
    events.put_targets(Rule="ours", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
    return sqs, url


def heard(listener: tuple[SQSClient, str]) -> list[dict[str, Any]]:
    sqs, url = listener
    return [json.loads(message["Body"]) for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])]


def test_a_listener_gets_what_happened_with_its_key(events: EventBridgeClient, listener: tuple[SQSClient, str]) -> None:
    EventBus(lambda: events, BUS).announce("order.ready_for_pickup", READY, key="ready/991")
    (event,) = heard(listener)
    assert (event["source"], event["detail-type"]) == ("centra-sitoo", "order.ready_for_pickup")
    assert event["detail"] == {**READY, "key": "ready/991"}


def refused(code: str, failed: int = 1) -> dict[str, Any]:
    return {"FailedEntryCount": failed, "Entries": [{"ErrorCode": code, "ErrorMessage": "later"} if code else {}]}


@pytest.mark.parametrize(("answer", "told"), [(refused("ThrottlingException"), "ThrottlingException"), (refused(""), "not taken")])
def test_an_event_that_was_not_taken_is_an_error_though_the_call_went_through(events: EventBridgeClient, answer: dict[str, Any], told: str) -> None:
    with Stubber(events) as stub:
        stub.add_response("put_events", answer)
        with pytest.raises(AnnouncementFailed, match=rf"order\.reminder: {told}"):
            EventBus(lambda: events, BUS).announce("order.reminder", READY, key="reminder/991")


def test_a_refused_call_is_an_error(events: EventBridgeClient) -> None:
    with Stubber(events) as stub:
        stub.add_client_error("put_events", "InternalException")
        with pytest.raises(AnnouncementFailed, match=r"order\.reminder: InternalException"):
            EventBus(lambda: events, BUS).announce("order.reminder", READY, key="reminder/991")


def test_the_bus_in_memory_keeps_what_was_announced_and_tells_facts_once() -> None:
    bus = MemoryBus()
    for key in ("ready/991", "ready/992", "ready/991"):
        bus.announce("order.ready_for_pickup", READY, key=key)
    bus.announce("order.released", {"order": 1}, key="released/1")
    assert len(bus.announced) == 4
    assert [event.key for event in bus.facts("order.ready_for_pickup")] == ["ready/991", "ready/992"]
    assert bus.facts()[-1] == Announced("order.released", {"order": 1}, "released/1")


def test_the_bus_in_memory_can_fail_as_the_real_one_does() -> None:
    def fail(operation: str) -> None:
        raise AnnouncementFailed(operation)

    bus = MemoryBus(fail)
    with pytest.raises(AnnouncementFailed, match=r"announce order\.released"):
        bus.announce("order.released", {"order": 1}, key="released/1")
    assert bus.announced == []
