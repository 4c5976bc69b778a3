"""The queues of a running local stack."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3

from connector.runtime.queues import Work
from sandbox.local_stack.stack import LocalStack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def sqs_of(stack: LocalStack) -> SQSClient:
    return boto3.client(
        "sqs",
        endpoint_url=stack.endpoint,
        region_name=stack.description["region"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def urls_of(stack: LocalStack, kind: str = "queues") -> dict[Work, str]:
    """By kind of work; `kind` is queues or dlqs."""
    described: dict[str, str] = stack.description[kind]
    return {work: described[work.value] for work in Work}


def eventually(holds: Callable[[], bool], within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)
