"""AWS for the local stack: moto's server as a process, with the tables, queues, topics, buses and secrets of the template in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

from sandbox.local_stack.processes import Warden, end_session, free_port, listening
from sandbox.local_stack.template import QueueSpec, StackTemplate, TableSpec

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

_START_LIMIT_S = 30


class AwsNotStarted(RuntimeError):
    """moto's server did not come up; its log says why."""


class LocalAws:
    """Starts on construction; answers at `endpoint`. Nothing survives `close`."""

    def __init__(self, region: str, log: Path, warden: Warden) -> None:
        self.region, self._warden = region, warden
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w", encoding="utf-8") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sandbox.local_stack.moto_process", str(self.port)],
                cwd=Path(__file__).parents[2],
                env={**{key: value for key, value in os.environ.items() if not key.startswith("AWS_")}, "PYTHONWARNINGS": "ignore"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        warden.watch(self._process.pid)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_LIMIT_S
        while not listening(self.port):
            if self._process.poll() is not None or time.monotonic() >= deadline:
                self.close()
                raise AwsNotStarted("moto's server does not answer; see aws.log")
            time.sleep(0.02)

    def close(self) -> None:
        end_session(self._process.pid, grace_s=0.5)
        self._process.wait()
        self._warden.forget(self._process.pid)

    def variables(self) -> dict[str, str]:
        """The environment variables that lead a function (or `ops`) here."""
        return {
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_SESSION_TOKEN": "local",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    @overload
    def client(self, service: Literal["sqs"]) -> SQSClient: ...
    @overload
    def client(self, service: Literal["dynamodb"]) -> DynamoDBClient: ...
    @overload
    def client(self, service: Literal["secretsmanager"]) -> SecretsManagerClient: ...
    @overload
    def client(self, service: str) -> Any: ...
    def client(self, service: Any) -> Any:
        """A boto3 client of the local AWS, whatever this machine's own AWS settings are."""
        session = boto3.session.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=self.region)
        config = Config(connect_timeout=2, read_timeout=30, retries={"total_max_attempts": 1}, max_pool_connections=50, proxies={})
        return session.client(service, endpoint_url=self.endpoint, config=config)

    def create(self, template: StackTemplate, secrets: Mapping[str, str]) -> dict[str, str]:
        """Make what the template describes and the secrets (name → text); the queue URLs by logical id."""
        dynamodb, secretsmanager, sns = self.client("dynamodb"), self.client("secretsmanager"), self.client("sns")
        for table in template.tables.values():
            _create_table(dynamodb, table)
        for name, text in secrets.items():
            secretsmanager.create_secret(Name=name, SecretString=text)
        for topic in template.topics.values():
            sns.create_topic(Name=topic)
        events = self.client("events")
        for bus in template.buses.values():
            events.create_event_bus(Name=bus)
        sqs = self.client("sqs")
        # A redrive policy is refused while its dead-letter queue does not exist.
        in_order = sorted(template.queues.values(), key=lambda queue: bool(queue.dead_letter_arn))
        return {queue.logical: _create_queue(sqs, queue) for queue in in_order}


def _create_table(dynamodb: DynamoDBClient, table: TableSpec) -> None:
    definition: dict[str, Any] = dict(table.definition)
    dynamodb.create_table(TableName=table.name, **definition)
    if table.ttl:
        dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": table.ttl})


def _create_queue(sqs: SQSClient, queue: QueueSpec) -> str:
    attributes: dict[Any, str] = dict(queue.attributes)
    if queue.dead_letter_arn:
        attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": queue.dead_letter_arn, "maxReceiveCount": queue.max_receive_count})
    return sqs.create_queue(QueueName=queue.name, Attributes=attributes)["QueueUrl"]
