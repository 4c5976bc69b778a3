"""Event source mapping over moto: partial failures, redrive, MaximumConcurrency, and what the stack tells `ops`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.local_stack.stack import LocalStack


class Jobs:
    """The queue of the tiny stack, its dead letters, and what its consumer wrote down."""

    def __init__(self, stack: LocalStack, build: Path) -> None:
        described = json.loads((build / "local" / "stack.json").read_text())
        self.url, self.dead, self._seen = described["queues"]["jobs"], described["dlqs"]["jobs"], build / "code" / "seen"
        self.sqs = boto3.client(
            "sqs", endpoint_url=stack.endpoint, region_name=described["region"], aws_access_key_id="local", aws_secret_access_key="local"
        )

    def send(self, *bodies: str) -> None:
        self.sqs.send_message_batch(QueueUrl=self.url, Entries=[{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)])

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._seen.read_text().splitlines()] if self._seen.exists() else []

    def left(self) -> int:
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])


@pytest.fixture
def jobs(stack: LocalStack, build: Path) -> Jobs:
    (build / "code" / "seen").unlink(missing_ok=True)
    found = Jobs(stack, build)
    eventually(lambda: found.left() == 0)
    stack.invoke("Consumer", {})
    return found


def eventually(holds: Callable[[], bool], within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def test_only_failed_messages_come_again_and_end_in_the_dead_letter_queue(jobs: Jobs) -> None:
    jobs.send("good 1", "bad 2", "good 3")
    dead: list[str] = []

    def arrived() -> bool:
        answer = jobs.sqs.receive_message(QueueUrl=jobs.dead, WaitTimeSeconds=1)
        dead.extend(message["Body"] for message in answer.get("Messages", []))
        return bool(dead)

    eventually(arrived)
    assert dead == ["bad 2"]
    seen = [(line["body"], line["count"]) for line in jobs.lines()]
    assert sorted(seen) == [("bad 2", "1"), ("bad 2", "2"), ("good 1", "1"), ("good 3", "1")]
    assert jobs.left() == 0


def test_a_killed_invocation_loses_nothing(jobs: Jobs, stack: LocalStack) -> None:
    jobs.send("slow")
    eventually(lambda: len(jobs.lines()) == 1)
    assert stack.kill("Consumer") == 1
    eventually(lambda: any("done" in line for line in jobs.lines()))
    assert [line.get("count") for line in jobs.lines()] == ["1", "2", None]
    eventually(lambda: jobs.left() == 0)


def test_message_attributes_reach_the_function(jobs: Jobs) -> None:
    jobs.sqs.send_message(QueueUrl=jobs.url, MessageBody="marked", MessageAttributes={"exception_id": {"DataType": "String", "StringValue": "e-1"}})
    eventually(lambda: bool(jobs.lines()))
    assert jobs.lines()[0]["attributes"]["exception_id"]["stringValue"] == "e-1"


def test_no_more_batches_are_at_work_than_maximum_concurrency(jobs: Jobs) -> None:
    sent = 0
    deadline = time.monotonic() + 15
    while sum("done" in line for line in jobs.lines()) < 4:
        assert time.monotonic() < deadline, "the batches are not worked off"
        if sent < 40:
            jobs.send("slow")
            sent += 1
        time.sleep(0.05)
    eventually(lambda: jobs.left() == 0)
    changes = [change for line in jobs.lines() if (change := -1 if "done" in line else int(line["first"]))]
    assert max(accumulate(changes)) == 2


def test_a_throttled_consumer_gets_its_messages_later(jobs: Jobs, stack: LocalStack) -> None:
    stack.throttle("Consumer", 0)
    jobs.send("late")
    time.sleep(0.5)
    assert jobs.lines() == []
    stack.throttle("Consumer", None)
    eventually(lambda: bool(jobs.lines()))
    eventually(lambda: jobs.left() == 0)


def test_the_stack_file_says_where_everything_is(stack: LocalStack, build: Path) -> None:
    described = json.loads((build / "local" / "stack.json").read_text())
    assert described["tables"] == {"Things": "Things"}
    assert described["gateway"] == stack.gateway_url
    assert described["secrets"] == {"centra": "centra-secret", "sitoo": "sitoo-secret"}
    secrets = boto3.client(
        "secretsmanager", endpoint_url=described["endpoint"], region_name="eu-north-1", aws_access_key_id="local", aws_secret_access_key="local"
    )
    assert json.loads(secrets.get_secret_value(SecretId="sitoo-secret")["SecretString"])["api_users"]["default"]["api_id"] == "1-1"
