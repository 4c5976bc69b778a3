"""How an invocation ended, and which messages of a batch are done. The live tests prove that the emulator really answers like this."""

from __future__ import annotations

import json

import pytest

from sandbox.local_stack.batches import sqs_event, succeeded
from sandbox.local_stack.outcome import Outcome, OutcomeKind, read_outcome

RAISED = {"errorMessage": "m", "errorType": "T", "requestId": "r", "stackTrace": []}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"ok": 1}', OutcomeKind.OK),
        (200, b"null", OutcomeKind.OK),
        (200, b'"Task timed out after 2.00 seconds"', OutcomeKind.OK),
        (200, b'{"errorType": "T", "errorMessage": "m"}', OutcomeKind.OK),
        (200, json.dumps(RAISED).encode(), OutcomeKind.ERROR),
        (200, json.dumps({**RAISED, "more": 1}).encode(), OutcomeKind.OK),
        (200, b"Task timed out after 2.00 seconds", OutcomeKind.TIMEOUT),
        (200, b"", OutcomeKind.CRASH),
        (200, b"half an ans", OutcomeKind.CRASH),
        (502, b'{"errorType": "Runtime.ExitError", "errorMessage": "m"}', OutcomeKind.CRASH),
        (500, b"[]", OutcomeKind.CRASH),
    ],
)
def test_the_emulators_answers_are_told_apart(status: int, body: bytes, kind: OutcomeKind) -> None:
    outcome = read_outcome(status, body)
    assert outcome.kind is kind
    assert outcome.ok is (kind is OutcomeKind.OK)
    assert kind is OutcomeKind.OK or outcome.error_type


IDS = {"a", "b", "c"}


@pytest.mark.parametrize(
    ("answer", "done"),
    [
        (None, IDS),
        ({}, IDS),
        ({"batchItemFailures": []}, IDS),
        ({"batchItemFailures": None}, IDS),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"a", "c"}),
        ({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}, {"itemIdentifier": "a"}]}, {"c"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, set()),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, set()),
        ({"batchItemFailures": [{"id": "b"}]}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "nobody"}]}, set()),
        ({"batchItemFailures": ["b"]}, set()),
        ({"batchItemFailures": "b"}, set()),
        ({"something": "else"}, set()),
        ("text", set()),
    ],
)
def test_partial_batch_answers_mean_what_lambda_documents(answer: object, done: set[str]) -> None:
    assert succeeded(Outcome(OutcomeKind.OK, answer), IDS, partial_failures=True) == done


@pytest.mark.parametrize("answer", [None, "text", {"batchItemFailures": [{"itemIdentifier": "b"}]}])
def test_without_partial_failures_any_answer_is_success(answer: object) -> None:
    assert succeeded(Outcome(OutcomeKind.OK, answer), IDS, partial_failures=False) == IDS


@pytest.mark.parametrize("kind", [OutcomeKind.ERROR, OutcomeKind.TIMEOUT, OutcomeKind.CRASH, OutcomeKind.THROTTLED])
@pytest.mark.parametrize("partial", [True, False])
def test_a_failed_invocation_deletes_nothing(kind: OutcomeKind, partial: bool) -> None:
    assert succeeded(Outcome(kind), IDS, partial) == set()


def test_a_received_message_becomes_a_record() -> None:
    message = {
        "MessageId": "m",
        "ReceiptHandle": "h",
        "Body": "{}",
        "MD5OfBody": "md5",
        "Attributes": {"ApproximateReceiveCount": "2"},
        "MessageAttributes": {"exception_id": {"StringValue": "e", "DataType": "String"}},
    }
    [record] = sqs_event([message], "arn:aws:sqs:eu-north-1:1:q", "eu-north-1")["Records"]
    assert record["messageId"] == "m"
    assert record["attributes"]["ApproximateReceiveCount"] == "2"
    assert record["messageAttributes"]["exception_id"] == {"dataType": "String", "stringValue": "e", "stringListValues": [], "binaryListValues": []}
    assert (record["eventSource"], record["eventSourceARN"], record["awsRegion"]) == ("aws:sqs", "arn:aws:sqs:eu-north-1:1:q", "eu-north-1")
