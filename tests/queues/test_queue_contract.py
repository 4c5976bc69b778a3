"""The work queues as the connector relies on them: moto in process, ElasticMQ under `make engines`."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import botocore.session
import pytest
from moto import mock_aws

from connector.runtime.queues import QueueUnavailable, Work
from connector.runtime.sqs_queues import SqsQueues

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

SQS_URL = os.environ.get("ENGINE_SQS_URL")
"""Set by `python -m tests.engines`: then ElasticMQ takes moto's place."""
MAX_RECEIVES = 3
_numbers = itertools.count(1)


@dataclass
class Queue:
    """A work queue with its dead-letter queue, and a consumer's view of both."""

    client: SQSClient
    url: str
    dlq: str
    queues: SqsQueues

    def receive(self, wait_s: int = 1, most: int = 10, url: str | None = None) -> list[MessageTypeDef]:
        answer = self.client.receive_message(
            QueueUrl=url or self.url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=wait_s,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
            MessageAttributeNames=["All"],
        )
        return answer.get("Messages", [])

    def receive_all(self, expected: int) -> list[MessageTypeDef]:
        """A queue may answer with fewer than it has: ask until all came or nothing more does."""
        messages: list[MessageTypeDef] = []
        while len(messages) < expected and (more := self.receive()):
            messages += more
        return messages

    def give_back(self, *messages: MessageTypeDef) -> None:
        """As when the visibility timeout ends."""
        for message in messages:
            self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)

    def delete(self, *messages: MessageTypeDef) -> list[Any]:
        entries = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)]
        typed: Any = entries
        return list(self.client.delete_message_batch(QueueUrl=self.url, Entries=typed).get("Failed", []))


@pytest.fixture(scope="module")
def sqs() -> Iterator[SQSClient]:
    if SQS_URL is None:
        with mock_aws():
            yield client()
    else:
        yield client()


def client() -> SQSClient:
    return cast("SQSClient", botocore.session.get_session().create_client("sqs", region_name="eu-north-1", endpoint_url=SQS_URL))


@pytest.fixture
def queue(sqs: SQSClient) -> Queue:
    name = f"work-{next(_numbers)}"
    dlq = sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dlq, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES})
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "60", "RedrivePolicy": redrive})["QueueUrl"]
    return Queue(sqs, url, dlq, SqsQueues(sqs, {Work.ORDERS: url}, {Work.ORDERS: dlq}))


def bodies(messages: list[MessageTypeDef]) -> list[str]:
    return sorted(message["Body"] for message in messages)


def receives(message: MessageTypeDef) -> int:
    return int(message["Attributes"]["ApproximateReceiveCount"])


def test_what_is_sent_arrives_unchanged(queue: Queue) -> None:
    body = '{"v":1,"kind":"sku","site":1,"sku":"Ä/38 ½ \\"x\\""}'
    queue.queues.send(Work.ORDERS, [body])
    (message,) = queue.receive()
    assert (message["Body"], receives(message)) == (body, 1)


def test_more_than_one_batch_arrives_whole(queue: Queue) -> None:
    sent = [f'{{"v":1,"id":{n}}}' for n in range(23)]
    queue.queues.send(Work.ORDERS, sent)
    assert bodies(queue.receive_all(23)) == sorted(sent)


def test_nothing_to_send(queue: Queue) -> None:
    queue.queues.send(Work.ORDERS, [])
    assert queue.receive(wait_s=0) == []


def test_a_message_being_worked_on_is_not_seen_by_others(queue: Queue) -> None:
    queue.queues.send(Work.ORDERS, ["a"])
    assert len(queue.receive()) == 1
    assert queue.receive(wait_s=0) == []


def test_a_long_poll_ends_as_soon_as_a_delayed_message_is_due(queue: Queue) -> None:
    queue.queues.send(Work.ORDERS, ["watchdog"], delay_s=1)
    assert queue.receive(wait_s=0) == []
    began = time.monotonic()
    (message,) = queue.receive(wait_s=10)
    assert message["Body"] == "watchdog"
    assert time.monotonic() - began < 5


def test_a_long_poll_of_an_empty_queue_ends(queue: Queue) -> None:
    began = time.monotonic()
    assert queue.receive(wait_s=1) == []
    assert 0.9 <= time.monotonic() - began < 5


def test_what_is_deleted_does_not_come_back(queue: Queue) -> None:
    queue.queues.send(Work.ORDERS, ["a"])
    (message,) = queue.receive()
    assert queue.delete(message) == []
    assert queue.receive() == []


def test_of_a_batch_only_what_failed_comes_back_and_counts(queue: Queue) -> None:
    queue.queues.send(Work.ORDERS, ["a", "b", "c"])
    messages = queue.receive_all(3)
    failed = [message for message in messages if message["Body"] == "b"]
    assert queue.delete(*(message for message in messages if message["Body"] != "b")) == []
    queue.give_back(*failed)
    (again,) = queue.receive()
    assert (again["Body"], receives(again)) == ("b", 2)


def test_after_max_receives_a_message_goes_to_the_dead_letter_queue_unchanged(queue: Queue) -> None:
    queue.queues.send(Work.ORDERS, ["poison"])
    for n in range(1, MAX_RECEIVES + 1):
        (message,) = queue.receive()
        assert receives(message) == n
        queue.give_back(message)
    assert queue.receive() == []
    (dead,) = queue.receive(url=queue.dlq)
    assert dead["Body"] == "poison"
    assert "MessageAttributes" not in dead, "moved by the queue, not parked by us"


def test_a_parked_message_has_its_body_unchanged_and_its_exception_id(queue: Queue) -> None:
    body = '{"v":1,"kind":"nudge","site":1,"reason":"event"}'
    queue.queues.park(Work.ORDERS, body, {"exception_id": "unmapped-sku-0123456789ab"})
    (dead,) = queue.receive(url=queue.dlq)
    assert dead["Body"] == body
    assert dead["MessageAttributes"]["exception_id"]["StringValue"] == "unmapped-sku-0123456789ab"
    assert queue.receive(wait_s=0) == []


def test_a_queue_that_is_gone_is_unavailable(queue: Queue) -> None:
    queue.client.delete_queue(QueueUrl=queue.url)
    with pytest.raises(QueueUnavailable):
        queue.queues.send(Work.ORDERS, ["a"])


def test_a_queue_that_is_not_configured_is_unavailable(queue: Queue) -> None:
    with pytest.raises(QueueUnavailable):
        queue.queues.send(Work.RETURNS, ["a"])
    with pytest.raises(QueueUnavailable):
        queue.queues.park(Work.RETURNS, "a", {})
