"""What start-up is compared with: a function that only creates an SQS client with boto3 and sends one message."""

from __future__ import annotations

import os
from typing import Any

import boto3

SQS = boto3.client("sqs")


def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    sent = SQS.send_message(QueueUrl=os.environ["QUEUE_STORE_STOCK"], MessageBody="{}")
    return {"sent": sent["MessageId"]}
