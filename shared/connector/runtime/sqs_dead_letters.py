"""The dead-letter queues on SQS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from connector.runtime.dead_letters import EXCEPTION_ID, HIDDEN_S, Letter, exception_id_of
from connector.runtime.queues import QueueUnavailable, Work

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_EMPTY_ANSWERS = 2
"""SQS asks some of its servers only: one empty answer does not prove an empty queue."""


class SqsDeadLetters:
    """`urls` and `dead_letter_urls` by kind of work; a kind that is missing there has no letters."""

    def __init__(self, client: SQSClient, urls: Mapping[Work, str], dead_letter_urls: Mapping[Work, str]) -> None:
        self._client, self._urls, self._dead_letter_urls = client, urls, dead_letter_urls

    def letters(self, work: Work) -> Iterator[Letter]:
        return self._read(self._dead_letter_urls.get(work))

    def not_understood(self) -> Iterator[Letter]:
        return self._read(self._urls.get(Work.UNKNOWN))

    def delete(self, letter: Letter) -> None:
        try:
            self._client.delete_message(QueueUrl=letter.queue, ReceiptHandle=letter.receipt)
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(f"delete: {type(error).__name__}") from error

    def _read(self, url: str | None) -> Iterator[Letter]:
        seen: set[str] = set()
        empty = 0
        while url and empty < _EMPTY_ANSWERS:
            fresh = [message for message in self._receive(url) if message["MessageId"] not in seen]
            empty = 0 if fresh else empty + 1
            for message in fresh:
                seen.add(message["MessageId"])
                yield Letter(message["Body"], exception_id_of(message.get("MessageAttributes", {})), url, message["ReceiptHandle"])

    def _receive(self, url: str) -> list[MessageTypeDef]:
        try:
            answer = self._client.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN_S, WaitTimeSeconds=0, MessageAttributeNames=[EXCEPTION_ID]
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(f"receive: {type(error).__name__}") from error
        return answer.get("Messages", [])
