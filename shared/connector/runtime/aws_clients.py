"""AWS clients straight from botocore: the same calls as boto3's clients without importing its resource layer."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

_FRONT_DOOR = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"})
"""At most 6 s for a call: it fits, with room to answer, in a receiver's 10 s and in the 15 s that Sitoo waits."""

_TABLES = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 4, "mode": "standard"})


@cache
def sqs_client() -> SQSClient:
    return cast("SQSClient", _session().create_client("sqs", config=_FRONT_DOOR))


@cache
def dynamodb_client() -> DynamoDBClient:
    return cast("DynamoDBClient", _session().create_client("dynamodb", config=_TABLES))


@cache
def events_client() -> EventBridgeClient:
    return cast("EventBridgeClient", _session().create_client("events", config=_FRONT_DOOR))


@cache
def secrets_client() -> SecretsManagerClient:
    return cast("SecretsManagerClient", _session().create_client("secretsmanager", config=_FRONT_DOOR))


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()
