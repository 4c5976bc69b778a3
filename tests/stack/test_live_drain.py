"""The built drain behind its queue: what it cannot read ends as a case for people, what is cut off comes again, two run at once and no more."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from connector.flows.nudge_store_stock import nudge_body
from connector.runtime.queues import Work
from ops import stack as ops_stack
from ops.__main__ import app as ops
from sandbox.local_stack.outcome import OutcomeKind
from sandbox.local_stack.stack import LocalStack
from tests.stack.between import Between, Held
from tests.stack.built import copy_of_build, without_triggers, write
from tests.stack.conftest import ENV
from tests.stack.queues_of import eventually, sqs_of, urls_of

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

pytestmark = pytest.mark.stack

DRAIN = "SyncStoreStock"
TRIES = 5
TEMPLATES_VISIBILITY_S = 360
UNREADABLE = '{"v":1,"kind":"nudge"'


class Drains:
    """The running stack and the drain's queue."""

    def __init__(self, stack: LocalStack, folder: Path, between: Between) -> None:
        self.stack, self.folder, self.between, self._sqs = stack, folder, between, sqs_of(stack)
        self._url = urls_of(stack)[Work.STORE_STOCK]
        self._dead_url = urls_of(stack, "dlqs")[Work.STORE_STOCK]

    def send(self, *bodies: str) -> None:
        for start in range(0, len(bodies), 10):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])
            ]
            self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)

    def come_again_after(self, seconds: int) -> None:
        """The queue's visibility timeout for what is received from now on. A poll under way keeps the old one, so it is given a nudge to take."""
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"VisibilityTimeout": str(seconds)})
        self.send(nudge_body(1, "event"))
        eventually(lambda: self.left() == 0)

    def waiting(self) -> int:
        return self._counts(self._url)[0]

    def left(self) -> int:
        """Waiting or at work."""
        return sum(self._counts(self._url))

    def outcomes(self) -> dict[str, int]:
        counted: dict[str, int] = self.stack.stats()[DRAIN]["outcomes"]
        return counted

    def at_work(self) -> int:
        """How many invocations are under way."""
        return len(self.stack._pools[DRAIN]._busy)

    def dead(self) -> list[str]:
        """The bodies on the dead-letter queue that nobody is reading; they stay there."""
        answer = self._sqs.receive_message(QueueUrl=self._dead_url, MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=0)
        return [message["Body"] for message in answer.get("Messages", [])]

    def parked(self) -> int:
        """How many letters the dead-letter queue has, read by somebody or not."""
        return sum(self._counts(self._dead_url))

    def forget_dead(self) -> None:
        self._sqs.purge_queue(QueueUrl=self._dead_url)

    def _counts(self, url: str) -> tuple[int, int]:
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesNotVisible"])


@pytest.fixture(scope="module")
def drains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drains]:
    folder = tmp_path_factory.mktemp("drain")
    built, between = copy_of_build(folder / "built"), Between()
    template = without_triggers(built, between.variables(), "PollSitoo", "PollCentra")
    with LocalStack(ENV, template=write(template, built), folder=folder) as stack:
        between.target = stack.endpoint
        yield Drains(stack, folder, between)
    between.close()


def test_a_nudge_is_taken_and_without_a_mapping_ignored(drains: Drains) -> None:
    drains.send(nudge_body(1, "event"))
    eventually(lambda: drains.left() == 0 and drains.outcomes().get(OutcomeKind.OK, 0) == 1)
    assert drains.outcomes() == {OutcomeKind.OK: 1}
    assert drains.dead() == []


def test_what_nobody_can_read_is_tried_five_times_and_becomes_a_case(drains: Drains, monkeypatch: pytest.MonkeyPatch) -> None:
    drains.come_again_after(1)
    before = drains.outcomes().get(OutcomeKind.OK, 0)
    drains.send(UNREADABLE)
    eventually(lambda: drains.dead() == [UNREADABLE])
    assert drains.outcomes()[OutcomeKind.OK] == before + TRIES
    assert "1 message that failed without a case" in operate(drains, monkeypatch, "list")
    listed = operate(drains, monkeypatch, "list", "--kind", "technical", "--owner", "engineering")
    assert "made its function fail every time it was tried." in listed
    (case_id,) = re.findall(r"technical-[0-9a-f]+", listed)
    assert "queue store_stock" in operate(drains, monkeypatch, "show", case_id)
    assert (drains.left(), drains.parked()) == (0, 1)
    drains.forget_dead()


def operate(drains: Drains, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What `ops --local exceptions …` prints about this stack."""
    monkeypatch.setattr(ops_stack, "LOCAL_STACK_FILE", drains.folder / "stack.json")
    # `ops` sets them for its own process; here the test gives them back.
    for name, value in drains.stack.description["variables"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "240")
    result = CliRunner().invoke(ops, ["--local", "exceptions", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return re.sub(r"[\s│┃]+", " ", result.output)


def test_a_killed_drain_loses_no_message(drains: Drains) -> None:
    drains.come_again_after(1)
    drains.stack.kill(DRAIN)
    before = drains.outcomes()
    with drains.between.at("GetItem", Held()) as reading:
        drains.send(nudge_body(1, "event"))
        reading.wait_for_one()
        assert drains.left() == 1
        assert drains.stack.kill(DRAIN) >= 1
        eventually(lambda: drains.outcomes().get(OutcomeKind.CRASH, 0) > before.get(OutcomeKind.CRASH, 0))
        assert drains.left() == 1
    eventually(lambda: drains.left() == 0)
    assert drains.outcomes()[OutcomeKind.OK] > before[OutcomeKind.OK]
    assert drains.dead() == []


def test_two_batches_are_at_work_and_no_more(drains: Drains) -> None:
    drains.come_again_after(TEMPLATES_VISIBILITY_S)
    drains.stack.kill(DRAIN)
    with drains.between.at("GetItem", Held()) as reading:
        drains.send(*[nudge_body(1, "event")] * 30)
        reading.wait_for_one()
        eventually(lambda: drains.at_work() >= 2)
        ends = time.monotonic() + 1
        while time.monotonic() < ends:
            assert drains.at_work() == 2
            time.sleep(0.02)
        # Two batches of at most ten are away; what waits is not even received while nobody is free for it.
        assert drains.waiting() >= 10
    eventually(lambda: drains.left() == 0)
    assert drains.dead() == []
