"""DynamoDB calls as this connector needs them: strongly consistent reads, conditional writes that say what stood in their way.

A client made for Lambda is enough (`create_client("dynamodb")`); conflicts between transactions and unprocessed keys are retried here, other
technical errors are the client's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from botocore.exceptions import ClientError

from connector.store.dynamo.attributes import Row, attributes, row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, WriteRequestTypeDef

MAX_ACTIONS = 100
"""Actions DynamoDB takes in one transaction."""
_MAX_GET, _MAX_WRITE = 100, 25
_ATTEMPTS = 12
_RETRIED = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_REFUSED = "ConditionalCheckFailed"
_Some = TypeVar("_Some")

Key = tuple[str, str]
"""(pk, sk)"""


class StoreBusy(Exception):
    """Others kept writing the same rows (or DynamoDB throttled) through all attempts. Nothing of this call was written; try again later."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A write whose condition did not hold; `row` is what is stored (None: nothing)."""

    row: Row | None


class Connection:
    """`pause` waits between attempts (seconds)."""

    def __init__(self, client: DynamoDBClient, pause: Callable[[float], None] = time.sleep) -> None:
        self._client, self._pause = client, pause

    def get(self, table: str, key: Key) -> Row | None:
        answer = self._client.get_item(TableName=table, Key={"pk": {"S": key[0]}, "sk": {"S": key[1]}}, ConsistentRead=True)
        return row(answer["Item"]) if "Item" in answer else None

    def get_many(self, table: str, keys: Iterable[Key]) -> dict[Key, Row]:
        found: dict[Key, Row] = {}
        for chunk in chunks(dict.fromkeys(keys), _MAX_GET):
            missing: Any = [attributes({"pk": pk, "sk": sk}) for pk, sk in chunk]
            for attempt in range(_ATTEMPTS):
                answer = self._client.batch_get_item(RequestItems={table: {"Keys": missing, "ConsistentRead": True}})
                for item in answer["Responses"].get(table, []):
                    found[(item["pk"]["S"], item["sk"]["S"])] = row(item)
                unprocessed = answer["UnprocessedKeys"].get(table)
                if unprocessed is None:
                    break
                missing = unprocessed["Keys"]
                self._wait(attempt)
            else:
                raise StoreBusy(table)
        return found

    def query(self, table: str, pk: str, below: str | None = None) -> Iterator[Row]:
        """The rows of a partition by sk, page by page; `below`: only sk < below."""
        asked: dict[str, Any] = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": pk}}}
        if below is not None:
            asked = {"KeyConditionExpression": "pk = :pk AND sk < :sk", "ExpressionAttributeValues": {":pk": {"S": pk}, ":sk": {"S": below}}}
        while True:
            answer = self._client.query(TableName=table, ConsistentRead=True, **asked)
            yield from (row(item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put_many(self, table: str, rows: Iterable[Row]) -> None:
        """Overwrite; no (pk, sk) may come twice."""
        for chunk in chunks(rows, _MAX_WRITE):
            self._batch_write(table, [{"PutRequest": {"Item": attributes(one)}} for one in chunk])

    def update(self, action: TransactWriteItemTypeDef, returns: Literal["NONE", "ALL_NEW", "UPDATED_OLD"] = "NONE") -> Row | Refused:
        """One update; the attributes asked for by `returns` (only those that exist)."""
        answer = self._alone(lambda: self._client.update_item(**action["Update"], ReturnValues=returns))
        return answer if isinstance(answer, Refused) else row(answer.get("Attributes", {}))

    def write(self, actions: Sequence[TransactWriteItemTypeDef]) -> list[Refused | None] | None:
        """All of ≤ 100 actions or none. None: written; else per action why not (at least one `Refused`)."""
        if len(actions) == 1 and "ConditionCheck" not in actions[0]:
            answer = self._alone(lambda: self._single(actions[0]))
            return [answer] if isinstance(answer, Refused) else None
        for attempt in range(_ATTEMPTS):
            try:
                self._client.transact_write_items(TransactItems=actions)
            except self._client.exceptions.TransactionCanceledException as error:
                reasons = error.response.get("CancellationReasons", [])
                codes = {reason.get("Code", "None") for reason in reasons}
                if _REFUSED in codes:
                    return [_refused(reason) for reason in reasons]
                if not codes & _RETRIED:
                    raise
            else:
                return None
            self._wait(attempt)
        raise StoreBusy(f"{len(actions)} actions")

    def _single(self, action: TransactWriteItemTypeDef) -> object:
        if "Put" in action:
            return self._client.put_item(**action["Put"])
        if "Delete" in action:
            return self._client.delete_item(**action["Delete"])
        return self._client.update_item(**action["Update"])

    def _alone(self, call: Callable[[], Any]) -> Any:
        """`call`'s answer or Refused; it is repeated while a transaction holds the row."""
        for attempt in range(_ATTEMPTS):
            try:
                return call()
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "ConditionalCheckFailedException":
                    return Refused(_stored(error.response))
                if code != "TransactionConflictException":
                    raise
            self._wait(attempt)
        raise StoreBusy("one action")

    def _batch_write(self, table: str, requests: Sequence[WriteRequestTypeDef]) -> None:
        left: Any = requests
        for attempt in range(_ATTEMPTS):
            left = self._client.batch_write_item(RequestItems={table: left})["UnprocessedItems"].get(table)
            if not left:
                return
            self._wait(attempt)
        raise StoreBusy(table)

    def _wait(self, attempt: int) -> None:
        """10, 20, 40 … at most 640 ms, of which half is chance: those who collided must not meet again."""
        longest = 0.01 * 2 ** min(attempt, 6)
        self._pause(longest * (0.5 + os.urandom(1)[0] / 510))


def chunks(things: Iterable[_Some], size: int) -> Iterator[list[_Some]]:
    rest = iter(things)
    while chunk := list(islice(rest, size)):
        yield chunk


def _refused(reason: Any) -> Refused | None:
    return Refused(_stored(reason)) if reason.get("Code") == _REFUSED else None


def _stored(answer: Any) -> Row | None:
    return row(answer["Item"]) if answer.get("Item") else None
