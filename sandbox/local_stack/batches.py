"""SQS batches as Lambda hands them to a function, and what its answer says of each message."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sandbox.local_stack.outcome import Outcome


def sqs_event(messages: Sequence[Mapping[str, Any]], queue_arn: str, region: str) -> dict[str, Any]:
    """The event for messages as ReceiveMessage answers them."""
    return {"Records": [_record(message, queue_arn, region) for message in messages]}


def succeeded(outcome: Outcome, ids: Collection[str], partial_failures: bool) -> set[str]:
    """The ids (of `ids`) that Lambda deletes from the queue.

    With ReportBatchItemFailures an empty or null answer, or an empty or null `batchItemFailures`, is success; an answer of another form, an
    identifier that is empty, null or not in the batch fails the whole batch (Lambda developer guide, "Success and failure conditions").
    """
    if not outcome.ok:
        return set()
    if not partial_failures or outcome.answer is None or outcome.answer == {}:
        return set(ids)
    if not isinstance(outcome.answer, dict) or "batchItemFailures" not in outcome.answer:
        return set()
    failures = outcome.answer["batchItemFailures"]
    if failures is None:
        return set(ids)
    if not isinstance(failures, list):
        return set()
    failed = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in failures]
    if any(identifier not in ids for identifier in failed):
        return set()
    return set(ids) - set(failed)


def _record(message: Mapping[str, Any], queue_arn: str, region: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    attribute: dict[str, Any] = {"dataType": value["DataType"], "stringListValues": [], "binaryListValues": []}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    return attribute
