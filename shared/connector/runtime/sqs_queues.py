"""The work queues on SQS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from connector.runtime.queues import QueueUnavailable, Work

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef, SendMessageBatchRequestEntryTypeDef

MAX_ENTRIES = 10
MAX_BATCH_BYTES = 200_000
"""Below what SQS takes in one call (256 KiB), attributes and headers included."""


class SqsQueues:
    """`urls` and `dead_letter_urls` by kind of work; a kind that is missing there raises QueueUnavailable when it is used."""

    def __init__(self, client: SQSClient, urls: Mapping[Work, str], dead_letter_urls: Mapping[Work, str]) -> None:
        self._client, self._urls, self._dead_letter_urls = client, urls, dead_letter_urls

    def send(self, work: Work, bodies: Sequence[str], delay_s: int = 0) -> None:
        for batch in _batches(bodies):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(index), "MessageBody": body, "DelaySeconds": delay_s} for index, body in enumerate(batch)
            ]
            try:
                answer = self._client.send_message_batch(QueueUrl=_url(self._urls, work), Entries=entries)
            except (BotoCoreError, ClientError) as error:
                raise QueueUnavailable(f"{work}: {type(error).__name__}") from error
            confirmed = {entry["Id"] for entry in answer.get("Successful", [])}
            if answer.get("Failed") or confirmed != {entry["Id"] for entry in entries}:
                raise QueueUnavailable(f"{work}: {len(confirmed)} of {len(entries)} messages confirmed")

    def park(self, work: Work, body: str, attributes: Mapping[str, str]) -> None:
        typed: dict[str, MessageAttributeValueTypeDef] = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        try:
            self._client.send_message(QueueUrl=_url(self._dead_letter_urls, work), MessageBody=body, MessageAttributes=typed)
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(f"dead letters of {work}: {type(error).__name__}") from error


def queue_urls(environment: Mapping[str, str]) -> dict[Work, str]:
    """The queues named in QUEUE_<WORK>; those a function may not use are not named."""
    return {work: url for work in Work if (url := environment.get(f"QUEUE_{work.name}"))}


def dead_letter_urls(environment: Mapping[str, str]) -> dict[Work, str]:
    """The dead-letter queues named in DLQ_<WORK>."""
    return {work: url for work in Work if (url := environment.get(f"DLQ_{work.name}"))}


def _url(urls: Mapping[Work, str], work: Work) -> str:
    if work not in urls:
        raise QueueUnavailable(f"{work}: no queue is configured")
    return urls[work]


def _batches(bodies: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode("utf-8"))
        if batch and (len(batch) == MAX_ENTRIES or size + length > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch
