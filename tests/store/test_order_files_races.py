"""Several work on one order's file: threads on every store, and requests that DynamoDB sees twice."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from connector.store.order_files import FileChanged, OrderFile
from tests.store.test_races import THREADS, together
from tests.store.worlds import DynamoWorld, World

NOW = 1_700_000_000.5


def test_a_repeated_write_of_an_orders_file_is_one_write(dynamo: DynamoWorld) -> None:
    files, number = dynamo.tables.files, 70_000 + dynamo.new_site()
    file = OrderFile(number, 1)
    for is_open in (True, True, False, True):
        dynamo.repeat_next_write()
        rev = file.rev
        file = files.put(replace(file.with_step(NOW, "again"), is_open=is_open))
        assert file.rev == rev + 1
        assert files.get(number) == file


def test_a_file_has_one_revision_and_is_cleared_400_days_after_it_was_closed(dynamo: DynamoWorld) -> None:
    files, number = dynamo.tables.files, 80_000 + dynamo.new_site()
    table = dynamo.names["TABLE_ORDER_LINKS"]

    def item(pk: str) -> Any:
        return dynamo.client.get_item(TableName=table, Key={"pk": {"S": pk}, "sk": {"S": str(number)}}).get("Item")

    file = files.put(OrderFile(number, 1))
    stored = item("file#open")
    assert (stored["rev"], "ttl" in stored, item("file#closed")) == ({"N": "1"}, False, None)
    file = files.put(replace(file, is_open=False))
    stored = item("file#closed")
    assert (stored["rev"], stored["ttl"], item("file#open")) == ({"N": "2"}, {"N": str(1_700_000_000 + 400 * 86_400)}, None)
    files.put(replace(file, is_open=True))
    stored = item("file#open")
    assert (stored["rev"], "ttl" in stored, item("file#closed")) == ({"N": "3"}, False, None)


def test_a_file_is_read_and_written_in_a_call_each(dynamo: DynamoWorld) -> None:
    files, number = dynamo.tables.files, 90_000 + dynamo.new_site()
    file = files.put(OrderFile(number, 1))
    dynamo.operations()
    file = files.put(file.with_step(NOW, "more"))
    assert dynamo.operations() == ["BatchGetItem", "PutItem"]
    files.get_many([number, *range(40)])
    assert dynamo.operations() == ["BatchGetItem"]
    with pytest.raises(FileChanged):
        files.put(replace(file, rev=1, decision="old"))
    assert dynamo.operations() == ["BatchGetItem"]


def test_each_step_of_an_order_is_in_its_file_once(fresh: World) -> None:
    """Each thread adds its steps, reading again when another was first; opening and closing moves the file to and fro meanwhile."""
    fresh.patient = True
    files = fresh.tables.files

    def add(who: int) -> None:
        for n in range(5):
            while True:
                file = files.get(7) or OrderFile(7, 1)
                try:
                    files.put(replace(file.with_step(NOW, f"{who}/{n}"), is_open=(who + n) % 2 == 0))
                except FileChanged:
                    continue
                break

    together(*[partial(add, n) for n in range(THREADS)])
    file = files.get(7)
    assert file is not None
    assert sorted(step.what for step in file.steps) == sorted(f"{who}/{n}" for who in range(THREADS) for n in range(5))
    assert file.rev == 5 * THREADS
    assert [one.number for one in files.open_files()] == [7] * file.is_open


def test_one_of_many_claims_the_order(fresh: World) -> None:
    fresh.patient = True
    files = fresh.tables.files
    won: list[int] = []

    def claim(who: int) -> None:
        try:
            files.put(OrderFile(7, 1, decision=f"claimed by {who}"))
        except FileChanged:
            return
        won.append(who)

    together(*[partial(claim, n) for n in range(THREADS)])
    file = files.get(7)
    assert file is not None
    assert [file.decision] == [f"claimed by {who}" for who in won]
