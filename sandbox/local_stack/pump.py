"""An SQS event source mapping: polls a queue, invokes the function with batches, deletes what succeeded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.local_stack.batches import sqs_event, succeeded
from sandbox.local_stack.outcome import Outcome, OutcomeKind
from sandbox.local_stack.template import EventSource

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import DeleteMessageBatchRequestEntryTypeDef

_LOG = logging.getLogger(__name__)
_STANDARD_CONCURRENCY = 5
_RECEIVE_LIMIT = 10
_POLL_S = 5
_THROTTLE_PAUSE_S = 0.2


class Pump:
    """Runs from `start` to `stop`. What fails keeps its visibility timeout; the queue's own redrive policy moves it to the dead-letter queue.

    At most `concurrency` batches are at work: a batch is received only when one of them is free, so that no receive is wasted on a busy function.
    """

    def __init__(self, source: EventSource, sqs: SQSClient, queue_url: str, region: str, invoke: Callable[[Any], Outcome]) -> None:
        self._source, self._sqs, self._queue_url, self._region, self._invoke = source, sqs, queue_url, region, invoke
        self._free = threading.BoundedSemaphore(source.concurrency or _STANDARD_CONCURRENCY)
        self._stopping = threading.Event()
        self._poller = threading.Thread(target=self._poll, name=f"pump {source.function}", daemon=True)

    def start(self) -> None:
        self._poller.start()

    def stop(self) -> None:
        """No further batch is invoked. Does not wait: the poller ends with its present poll, or when its queue goes away."""
        self._stopping.set()

    def _poll(self) -> None:
        while not self._stopping.is_set():
            if not self._free.acquire(timeout=0.2):
                continue
            batch: list[Mapping[str, Any]] = []
            try:
                batch = self._receive()
            except (BotoCoreError, ClientError) as failed:
                if not self._stopping.is_set():
                    _LOG.warning("%s: the queue does not answer: %s", self._source.function, type(failed).__name__)
                    self._stopping.wait(0.5)
            if not batch or self._stopping.is_set():
                self._free.release()
                continue
            threading.Thread(target=self._work, args=(batch,), name=f"batch {self._source.function}", daemon=True).start()

    def _receive(self) -> list[Mapping[str, Any]]:
        """Up to a batch of messages: waits for the first, then, with a window, for more until the window closes."""
        batch: list[Mapping[str, Any]] = []
        closes = 0.0
        while len(batch) < self._source.batch_size and not self._stopping.is_set():
            wait = _POLL_S if not batch else max(0, int(closes - time.monotonic()))
            answer = self._sqs.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=min(_RECEIVE_LIMIT, self._source.batch_size - len(batch)),
                WaitTimeSeconds=wait,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            received = answer.get("Messages", [])
            if received and not batch:
                closes = time.monotonic() + self._source.window_s
            batch += received
            if not received and (not batch or time.monotonic() >= closes):
                break
            if not self._source.window_s and len(received) < _RECEIVE_LIMIT:
                break
        return batch

    def _work(self, batch: list[Mapping[str, Any]]) -> None:
        try:
            event = sqs_event(batch, self._source.queue_arn, self._region)
            outcome = self._invoke(event)
            while outcome.kind is OutcomeKind.THROTTLED and not self._stopping.is_set():
                time.sleep(_THROTTLE_PAUSE_S)
                outcome = self._invoke(event)
            done = succeeded(outcome, {message["MessageId"] for message in batch}, self._source.partial_failures)
            for start in range(0, len(batch), _RECEIVE_LIMIT):
                self._delete([message for message in batch[start : start + _RECEIVE_LIMIT] if message["MessageId"] in done])
        finally:
            self._free.release()

    def _delete(self, messages: list[Mapping[str, Any]]) -> None:
        if not messages:
            return
        entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]} for number, message in enumerate(messages)
        ]
        try:
            answer = self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)
        except (BotoCoreError, ClientError) as failed:
            if not self._stopping.is_set():
                _LOG.warning("%s: %d messages are not deleted: %s", self._source.function, len(messages), type(failed).__name__)
            return
        for refused in answer.get("Failed", []):
            _LOG.warning("%s: a message is not deleted: %s", self._source.function, refused["Code"])
