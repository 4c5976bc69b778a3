"""The same tables in memory, on moto and on DynamoDB Local."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore import xform_name
from botocore.config import Config
from moto import mock_aws

from connector.store.dynamo.connection import Connection
from connector.store.dynamo.tables import DynamoTables
from connector.store.memory.tables import MemoryTables
from connector.store.tables import Tables
from sandbox.moto_dynamodb import mend_dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DYNAMODB_URL = os.environ.get("ENGINE_DYNAMODB_URL")
"""Set by `python -m tests.engines`: then DynamoDB Local takes moto's place."""

TABLES = ("SKU_MAP", "MAPPINGS", "CURSORS", "ORDER_LINKS", "STOCK_LEVELS", "EXCEPTIONS", "API_BUDGET", "SALES_LEDGER")
WRITES = {"UpdateItem", "PutItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}
_numbers = itertools.count(1)


def dynamodb_client() -> DynamoDBClient:
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=20)
    session = botocore.session.get_session()
    client = cast("DynamoDBClient", session.create_client("dynamodb", region_name="eu-north-1", endpoint_url=DYNAMODB_URL, config=config))
    # botocore makes a client's exception classes at first use; two threads at once would make two of each, and `except` would know one of them.
    client.exceptions.from_code("")
    return client


class World:
    """`interpose(act)` lets `act` happen before the next write gets through: between what a store read and what it writes."""

    tables: Tables
    patient = False
    """Whether waits between attempts really last (when threads are to get out of each other's way)."""

    def interpose(self, act: Callable[[], object], times: int = 1) -> None:
        raise NotImplementedError

    def spoil(self, number: int) -> None:
        """A newer version wrote an order's open file: this one cannot read it."""
        raise NotImplementedError

    def new_site(self) -> int:
        """A site nobody else uses: tables are shared by the tests of a module."""
        return next(_numbers)

    def new_name(self, prefix: str = "key") -> str:
        return f"{prefix}-{next(_numbers)}"


class MemoryWorld(World):
    def __init__(self) -> None:
        self._acts: list[Callable[[], object]] = []
        memory = MemoryTables(self._before)
        self.tables, self._files = memory, memory.files

    def interpose(self, act: Callable[[], object], times: int = 1) -> None:
        self._acts += [act] * times

    def spoil(self, number: int) -> None:
        self._files.spoilt[number] = f"file of order {number}: unknown colour"

    def _before(self, operation: str) -> None:
        if self._acts:
            self._acts.pop()()


class Answered:
    """As much of an HTTP answer as botocore looks at."""

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


class DynamoWorld(World):
    """`calls`: the requests made, by operation; `pauses`: the waits between attempts (nobody waits)."""

    def __init__(self) -> None:
        self.client = dynamodb_client()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.pauses: list[float] = []
        self._acts: list[Callable[[], object]] = []
        self._answers: list[tuple[Answered, dict[str, Any]]] = []
        self._twin: DynamoDBClient | None = None
        self.names = {f"TABLE_{table}": f"{table.lower()}-{next(_numbers)}" for table in TABLES}
        for name in self.names.values():
            create_table(self.client, name)
        self.tables = DynamoTables(Connection(self.client, self._pause), self.names, lambda: 1_700_000_000.0)
        self.client.meta.events.register("provide-client-params.dynamodb.*", self._before)
        answer: Any = self._answer
        self.client.meta.events.register("before-call.dynamodb.*", answer)

    def interpose(self, act: Callable[[], object], times: int = 1) -> None:
        self._acts += [act] * times

    def spoil(self, number: int) -> None:
        self.client.update_item(
            TableName=self.names["TABLE_ORDER_LINKS"],
            Key={"pk": {"S": "file#open"}, "sk": {"S": str(number)}},
            UpdateExpression="SET #file = :file",
            ExpressionAttributeNames={"#file": "file"},
            ExpressionAttributeValues={":file": {"S": json.dumps({"site": 1, "colour": "red"})}},
        )

    def answer_next(self, *answers: dict[str, Any], status: int = 400) -> None:
        """The next requests do not reach DynamoDB but get these answers."""
        self._answers += [(Answered(status), {"ResponseMetadata": {}, **answer}) for answer in answers]

    def repeat_next_write(self) -> None:
        """As when an answer is lost and the client sends the request again: the next write arrives twice, and the second answer is seen."""
        self._twin = dynamodb_client()

    def operations(self) -> list[str]:
        """The operations since this was last asked."""
        names = [name for name, _ in self.calls]
        self.calls.clear()
        return names

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self.patient:
            time.sleep(seconds)

    def _before(self, params: dict[str, Any], model: Any, **_: object) -> None:
        self.calls.append((model.name, params))
        if self._acts and model.name in WRITES:
            self._acts.pop()()
        if self._twin is not None and model.name in WRITES:
            twin, self._twin = self._twin, None
            getattr(twin, xform_name(model.name))(**params)

    def _answer(self, **_: object) -> tuple[Answered, dict[str, Any]] | None:
        return self._answers.pop(0) if self._answers else None

    def drop(self) -> None:
        for name in self.names.values():
            self.client.delete_table(TableName=name)


def create_table(client: DynamoDBClient, name: str) -> None:
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )


@contextmanager
def dynamo_world() -> Iterator[DynamoWorld]:
    if DYNAMODB_URL is None:
        mend_dynamodb()
        with mock_aws():
            yield DynamoWorld()
    else:
        world = DynamoWorld()
        yield world
        world.drop()
