"""The work queues: what both implementations hold, and what is particular to each."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from connector.runtime import aws_clients
from connector.runtime.dead_letters import EXCEPTION_ID, DeadLetters, exception_id_of
from connector.runtime.queues import Queues, QueueUnavailable, Work
from connector.runtime.sqs_dead_letters import SqsDeadLetters
from connector.runtime.sqs_queues import MAX_BATCH_BYTES, SqsQueues, dead_letter_urls, queue_urls
from sandbox.clock import VirtualTime
from sandbox.memory_queues import MemoryQueues

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

WORKS = (Work.STORE_STOCK, Work.ORDERS, Work.UNKNOWN)


@dataclass
class World:
    queues: Queues
    letters: DeadLetters


_numbers = itertools.count()


@pytest.fixture(scope="module")
def sqs() -> Iterator[SQSClient]:
    """One moto for the module; every test makes queues of its own in it."""
    with mock_aws():
        yield boto3.client("sqs", region_name="eu-north-1")


def new_queue(sqs: SQSClient) -> str:
    return sqs.create_queue(QueueName=f"queue-{next(_numbers)}")["QueueUrl"]


@pytest.fixture(params=["memory", "sqs"])
def world(request: pytest.FixtureRequest, sqs: SQSClient) -> World:
    if request.param == "memory":
        queues = MemoryQueues(VirtualTime())
        return World(queues, queues)
    urls, dead = {work: new_queue(sqs) for work in WORKS}, {work: new_queue(sqs) for work in WORKS}
    return World(SqsQueues(sqs, urls, dead), SqsDeadLetters(sqs, urls, dead))


def test_a_parked_body_is_found_unchanged_with_the_id_of_its_case(world: World) -> None:
    body = '{"v":1,"sku":"Åäö 🎽"}'
    world.queues.park(Work.ORDERS, body, {EXCEPTION_ID: "technical-1"})
    (letter,) = world.letters.letters(Work.ORDERS)
    assert (letter.body, letter.exception_id) == (body, "technical-1")
    assert list(world.letters.letters(Work.STORE_STOCK)) == []


def test_a_letter_that_was_read_is_hidden_and_one_that_was_deleted_is_gone(world: World) -> None:
    world.queues.park(Work.ORDERS, "a", {EXCEPTION_ID: "1"})
    world.queues.park(Work.ORDERS, "b", {EXCEPTION_ID: "2"})
    for letter in world.letters.letters(Work.ORDERS):
        world.letters.delete(letter)
    assert list(world.letters.letters(Work.ORDERS)) == []


def test_every_letter_is_read_once(world: World) -> None:
    for number in range(25):
        world.queues.park(Work.ORDERS, str(number), {})
    found = list(world.letters.letters(Work.ORDERS))
    assert sorted(int(letter.body) for letter in found) == list(range(25))
    assert {letter.exception_id for letter in found} == {None}


def test_what_nobody_understood_is_read_from_the_queue_itself(world: World) -> None:
    world.queues.send(Work.UNKNOWN, [str(number) for number in range(12)])
    found = list(world.letters.not_understood())
    assert sorted(int(letter.body) for letter in found) == list(range(12))


def test_sending_nothing_is_nothing(world: World) -> None:
    world.queues.send(Work.UNKNOWN, [])
    assert list(world.letters.not_understood()) == []


def test_many_and_large_bodies_go_in_batches_that_sqs_takes(sqs: SQSClient) -> None:
    url, sizes = new_queue(sqs), []

    def note(params: dict[str, Any], **_: Any) -> None:
        sizes.append(len(params["Entries"]))

    sqs.meta.events.register("provide-client-params.sqs.SendMessageBatch", note)
    queues = SqsQueues(sqs, {Work.ORDERS: url}, {})
    queues.send(Work.ORDERS, [str(number) for number in range(23)])
    queues.send(Work.ORDERS, ["ä" * (MAX_BATCH_BYTES // 5)] * 5)
    sqs.meta.events.unregister("provide-client-params.sqs.SendMessageBatch", note)
    assert sizes == [10, 10, 3, 2, 2, 1]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"] == "28"


def test_a_delayed_message_is_not_visible_yet(sqs: SQSClient) -> None:
    url = new_queue(sqs)
    SqsQueues(sqs, {Work.ORDERS: url}, {}).send(Work.ORDERS, ["later"], delay_s=900)
    assert sqs.receive_message(QueueUrl=url).get("Messages", []) == []
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"


def test_a_queue_that_is_not_there_is_unavailable(sqs: SQSClient) -> None:
    gone = {Work.ORDERS: "https://sqs.eu-north-1.amazonaws.com/123456789012/gone"}
    for queues in (SqsQueues(sqs, gone, gone), SqsQueues(sqs, {}, {})):
        with pytest.raises(QueueUnavailable):
            queues.send(Work.ORDERS, ["x"])
        with pytest.raises(QueueUnavailable):
            queues.park(Work.ORDERS, "x", {})
    with pytest.raises(QueueUnavailable):
        list(SqsDeadLetters(sqs, gone, gone).letters(Work.ORDERS))
    assert list(SqsDeadLetters(sqs, {}, {}).letters(Work.ORDERS)) == []


def test_queues_are_named_in_the_environment() -> None:
    environment = {"QUEUE_STORE_STOCK": "a", "DLQ_STORE_STOCK": "b", "QUEUE_ORDERS": "", "OTHER": "c"}
    assert queue_urls(environment) == {Work.STORE_STOCK: "a"}
    assert dead_letter_urls(environment) == {Work.STORE_STOCK: "b"}


@pytest.mark.parametrize(
    ("attributes", "found"),
    [({EXCEPTION_ID: {"stringValue": "x"}}, "x"), ({EXCEPTION_ID: {"StringValue": "x"}}, "x"), ({}, None), ({EXCEPTION_ID: {}}, None)],
)
def test_the_case_id_is_read_from_functions_and_readers_alike(attributes: dict[str, dict[str, str]], found: str | None) -> None:
    assert exception_id_of(attributes) == found


def test_the_front_door_s_clients_give_up_in_time() -> None:
    for config in (aws_clients.sqs_client().meta.config, aws_clients.secrets_client().meta.config):
        set_to = vars(config)["_user_provided_options"]
        assert (set_to["connect_timeout"], set_to["read_timeout"]) == (1, 2)
        assert set_to["retries"] == {"total_max_attempts": 2, "mode": "standard"}


def test_memory_messages_are_delayed_hidden_and_given_up_like_on_sqs() -> None:
    clock = VirtualTime()
    queues = MemoryQueues(clock, max_receives=2, visibility_s=30)
    queues.send(Work.ORDERS, [json.dumps({"id": 1})], delay_s=10)
    assert (queues.receive(Work.ORDERS), queues.next_visible_at(Work.ORDERS)) == ([], clock.now() + 10)
    clock.sleep(10)
    (message,) = queues.receive(Work.ORDERS)
    assert queues.receive(Work.ORDERS) == []
    clock.sleep(30)
    (again,) = queues.receive(Work.ORDERS)
    assert again is message
    queues.nack(again)
    assert queues.receive(Work.ORDERS) == []
    assert [letter.body for letter in queues.letters(Work.ORDERS)] == ['{"id": 1}']


def test_a_memory_message_that_is_acknowledged_is_gone() -> None:
    clock = VirtualTime()
    queues = MemoryQueues(clock)
    queues.send(Work.ORDERS, ["same", "same", "third"])
    first, second = queues.receive(Work.ORDERS, 2)
    queues.ack(first)
    queues.nack(second, after_s=5)
    assert [message.body for message in queues.receive(Work.ORDERS)] == ["third"]
    clock.sleep(5)
    assert queues.receive(Work.ORDERS) == [second]
    assert queues.next_visible_at(Work.STORE_STOCK) is None
