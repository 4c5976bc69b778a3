"""moto's DynamoDB as several functions use it: conditions hold between threads, a cancelled transaction undoes only itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from moto import mock_aws

from sandbox.moto_dynamodb import mend_dynamodb
from tests.store.worlds import create_table, dynamodb_client

THREADS = 6


@pytest.fixture
def client() -> Iterator[Any]:
    mend_dynamodb()
    with mock_aws():
        client = dynamodb_client()
        create_table(client, "things")
        yield client


def key(sk: str, pk: str = "a") -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def put(sk: str, n: int, condition: str | None = None) -> dict[str, Any]:
    action: dict[str, Any] = {"TableName": "things", "Item": {**key(sk), "n": {"N": str(n)}}}
    return {"Put": action if condition is None else {**action, "ConditionExpression": condition}}


def number(client: Any, sk: str) -> int | None:
    item = client.get_item(TableName="things", Key=key(sk)).get("Item")
    return None if item is None else int(item["n"]["N"])


def test_a_cancelled_transaction_leaves_its_items_as_they_were(client: Any) -> None:
    client.put_item(**put("kept", 1)["Put"])
    add = {"TableName": "things", "Key": key("kept"), "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    refused = put("kept-too", 1, "attribute_exists(pk)")
    with pytest.raises(client.exceptions.TransactionCanceledException):
        client.transact_write_items(TransactItems=[{"Update": add}, put("new", 1), refused])
    assert [number(client, sk) for sk in ("kept", "new", "kept-too")] == [1, None, None]
    client.transact_write_items(TransactItems=[{"Update": add}, put("new", 1), {"Delete": {"TableName": "things", "Key": key("gone")}}])
    assert [number(client, sk) for sk in ("kept", "new")] == [2, 1]


def test_cancelled_transactions_do_not_undo_what_others_write_meanwhile(client: Any) -> None:
    client.put_item(**put("there", 1)["Put"])
    start = threading.Barrier(THREADS)

    def run(thread: int) -> None:
        start.wait()
        for n in range(15):
            if thread % 2:
                client.put_item(**put(f"{thread}-{n}", n)["Put"])
            else:
                with pytest.raises(client.exceptions.TransactionCanceledException):
                    client.transact_write_items(TransactItems=[put(f"never-{thread}", n), put("there", n, "attribute_not_exists(pk)")])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, range(THREADS)))
    items = {item["sk"]["S"] for item in client.scan(TableName="things")["Items"]}
    assert items == {"there"} | {f"{thread}-{n}" for thread in range(1, THREADS, 2) for n in range(15)}


def test_of_threads_that_set_the_same_condition_one_passes(client: Any) -> None:
    for round_ in range(10):
        start = threading.Barrier(THREADS)

        def create(thread: int, start: threading.Barrier = start, sk: str = f"round-{round_}") -> bool:
            start.wait()
            try:
                client.put_item(**put(sk, thread, "attribute_not_exists(pk)")["Put"])
            except client.exceptions.ConditionalCheckFailedException:
                return False
            return True

        with ThreadPoolExecutor(THREADS) as pool:
            assert sum(pool.map(create, range(THREADS))) == 1


def test_a_query_sees_its_partition_in_order_and_by_page(client: Any) -> None:
    for pk in ("a", "b"):
        for sk in ("3", "1", "2"):
            client.put_item(TableName="things", Item=key(sk, pk))
    asked: dict[str, Any] = {"TableName": "things", "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "a"}}}
    first = client.query(**asked, Limit=2)
    rest = client.query(**asked, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert [(item["pk"]["S"], item["sk"]["S"]) for item in first["Items"] + rest["Items"]] == [("a", "1"), ("a", "2"), ("a", "3")]
