"""What the stores ask of DynamoDB: consistent reads, few calls, and answers that are lost, partial or refused for a moment."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from connector.domain.exceptions import Kind, Owner, Problem, State
from connector.store.api_budget import BudgetState, LockState
from connector.store.dynamo.connection import StoreBusy
from connector.store.leases import Lease
from connector.store.sku_map import SkuEntry
from connector.store.stock_levels import Done, Level, Mark, Outcome, PendingWrite
from tests.store.worlds import DynamoWorld

NOW = 1_700_000_000.5
PROBLEM = Problem(Kind.OVERSOLD, "site/1/order/104233", Owner.CUSTOMER_SERVICE, "Sold twice.", "Call.")
CONFLICT = {"Error": {"Code": "TransactionConflictException", "Message": "busy"}}
BROKEN = {"Error": {"Code": "ValidationException", "Message": "no"}}


def cancelled(*codes: str) -> dict[str, Any]:
    return {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }


@pytest.fixture
def lease(dynamo: DynamoWorld) -> Lease:
    lease = dynamo.tables.leases.acquire(dynamo.new_name(), "a", NOW, 20)
    assert lease is not None
    dynamo.operations()
    dynamo.pauses.clear()
    return lease


def test_every_read_is_strongly_consistent(dynamo: DynamoWorld, lease: Lease) -> None:
    tables, site = dynamo.tables, dynamo.new_site()
    tables.leases.peek(lease.key)
    tables.leases.is_wanted(lease.key)
    tables.cursors.get("feed")
    tables.levels.dirty(site)
    tables.levels.ripen(site, NOW)
    tables.levels.levels(site, ["A"])
    tables.levels.pending_writes(site)
    tables.links.open_lines([1])
    tables.files.get(1)
    list(tables.files.open_files())
    tables.files.number_of(1)
    tables.ledger.day(site, "2026-11-27")
    tables.sku_map.get_many(site, ["A"])
    tables.sku_map.of_sizes(site, [1])
    list(tables.sku_map.all(site))
    tables.mappings.current()
    tables.cases.list(state=None)
    tables.cases.get("x")
    tables.budget.read()
    tables.locks.read("default")
    asked = [(name, params) for name, params in dynamo.calls if name in ("GetItem", "Query", "BatchGetItem")]
    flags = [p["ConsistentRead"] if "ConsistentRead" in p else next(iter(p["RequestItems"].values()))["ConsistentRead"] for _, p in asked]
    assert len(flags) >= 20
    assert all(flags)


def test_what_each_job_costs(dynamo: DynamoWorld, lease: Lease) -> None:
    tables, site = dynamo.tables, dynamo.new_site()
    tables.levels.mark(site, [Mark(11, "A")], NOW)
    assert dynamo.operations() == ["UpdateItem"]
    tables.levels.mark(site, [Mark(11, f"SKU-{n}") for n in range(100)], NOW)
    assert dynamo.operations() == ["TransactWriteItems"]
    done = [Done(d.warehouse, d.sku, d.version) for d in tables.levels.dirty(site)][:40]
    dynamo.operations()
    tables.levels.settle(site, lease, Outcome(done=done, levels={(11, d.sku): Level(1, 0, NOW) for d in done}), NOW)
    assert dynamo.operations() == ["TransactWriteItems"]
    tables.levels.levels(site, [d.sku for d in done])
    assert dynamo.operations() == ["BatchGetItem"]
    tables.levels.record_write(site, lease, PendingWrite("w", 11, {"A": 1}, NOW))
    tables.cursors.put(f"feed/{site}", {"last": 1}, lease)
    assert dynamo.operations() == ["TransactWriteItems"] * 2
    tables.leases.acquire_many([dynamo.new_name() for _ in range(5)], "a", NOW, 20)
    assert dynamo.operations() == ["TransactWriteItems", "BatchGetItem"]
    tables.leases.renew([lease], NOW, 20)
    assert dynamo.operations() == ["UpdateItem"]
    tables.levels.settle(site, lease, Outcome(), NOW)
    assert dynamo.operations() == []


def test_a_conflict_with_a_transaction_is_tried_again(dynamo: DynamoWorld, lease: Lease) -> None:
    site = dynamo.new_site()
    dynamo.answer_next(CONFLICT, CONFLICT)
    dynamo.tables.levels.mark(site, [Mark(11, "A", -1)], NOW)
    dynamo.answer_next(cancelled("None", "TransactionConflict"), cancelled("ThrottlingError", "None"))
    dynamo.tables.levels.mark(site, [Mark(11, "A", -1), Mark(11, "B", -1)], NOW)
    assert sorted((d.sku, d.delta) for d in dynamo.tables.levels.dirty(site)) == [("A", -2), ("B", -1)]
    assert len(dynamo.pauses) == 4
    assert all(0 < pause <= 0.02 for pause in dynamo.pauses)


@pytest.mark.parametrize(("marks", "answer"), [(1, CONFLICT), (2, cancelled("TransactionConflict", "None"))])
def test_a_conflict_that_lasts_is_given_up(dynamo: DynamoWorld, lease: Lease, marks: int, answer: dict[str, Any]) -> None:
    site = dynamo.new_site()
    dynamo.answer_next(*[answer] * 12)
    with pytest.raises(StoreBusy):
        dynamo.tables.levels.mark(site, [Mark(11, f"SKU-{n}") for n in range(marks)], NOW)
    assert dynamo.tables.levels.dirty(site) == []
    assert sum(dynamo.pauses) < 6, "well within a function's time"


def test_a_lease_that_stays_in_conflict_is_not_obtained(dynamo: DynamoWorld) -> None:
    dynamo.answer_next(*[cancelled("TransactionConflict", "None")] * 12)
    assert dynamo.tables.leases.acquire_many([dynamo.new_name(), dynamo.new_name()], "a", NOW, 20) == {}


@pytest.mark.parametrize(("marks", "answer"), [(1, BROKEN), (2, cancelled("ValidationError", "None"))])
def test_other_refusals_are_raised(dynamo: DynamoWorld, marks: int, answer: dict[str, Any]) -> None:
    dynamo.answer_next(answer)
    with pytest.raises(ClientError):
        dynamo.tables.levels.mark(dynamo.new_site(), [Mark(11, f"SKU-{n}") for n in range(marks)], NOW)


def test_keys_that_were_not_processed_are_read_again(dynamo: DynamoWorld) -> None:
    site = dynamo.new_site()
    dynamo.tables.sku_map.put_many(site, [SkuEntry("A", 1, 2, 3, "A"), SkuEntry("B", 2, 2, 3, "B")])
    table = dynamo.names["TABLE_SKU_MAP"]
    left = [{"pk": {"S": f"site#{site}"}, "sk": {"S": sku}} for sku in ("A", "B")]
    dynamo.answer_next({"Responses": {table: []}, "UnprocessedKeys": {table: {"Keys": left, "ConsistentRead": True}}}, status=200)
    assert set(dynamo.tables.sku_map.get_many(site, ["A", "B"])) == {"A", "B"}


def test_keys_that_are_never_processed_are_not_taken_for_absent(dynamo: DynamoWorld) -> None:
    table = dynamo.names["TABLE_SKU_MAP"]
    never = {"Responses": {}, "UnprocessedKeys": {table: {"Keys": [{"pk": {"S": "site#1"}, "sk": {"S": "A"}}]}}}
    dynamo.answer_next(*[never] * 12, status=200)
    with pytest.raises(StoreBusy):
        dynamo.tables.sku_map.get_many(1, ["A"])


def test_items_that_were_not_processed_are_written_again(dynamo: DynamoWorld) -> None:
    site, table = dynamo.new_site(), dynamo.names["TABLE_SKU_MAP"]
    item = {"pk": {"S": f"site#{site}"}, "sk": {"S": "A"}, "size_id": {"N": "7"}, "product_id": {"N": "1"}, "variant_id": {"N": "1"}}
    dynamo.answer_next({"UnprocessedItems": {table: [{"PutRequest": {"Item": item}}]}}, status=200)
    dynamo.tables.sku_map.put_many(site, [SkuEntry("A", 7, 1, 1, "")])
    assert dynamo.tables.sku_map.of_sizes(site, [7]) == {7: SkuEntry("A", 7, 1, 1, "")}
    dynamo.answer_next(*[{"UnprocessedItems": {table: [{"PutRequest": {"Item": item}}]}}] * 12, status=200)
    with pytest.raises(StoreBusy):
        dynamo.tables.sku_map.put_many(site, [SkuEntry("A", 7, 1, 1, "")])


def test_a_repeated_acquire_still_has_the_lease(dynamo: DynamoWorld) -> None:
    key = dynamo.new_name()
    dynamo.repeat_next_write()
    lease = dynamo.tables.leases.acquire(key, "a", NOW, 20)
    assert lease == Lease(key, "a", 1, NOW + 20)
    assert dynamo.tables.leases.peek(key) == lease


def test_a_repeated_release_is_a_release(dynamo: DynamoWorld, lease: Lease) -> None:
    dynamo.repeat_next_write()
    assert dynamo.tables.leases.release_unless_wanted(lease) is True
    assert dynamo.tables.leases.peek(lease.key) is None


def test_a_repeated_swap_has_swapped(dynamo: DynamoWorld) -> None:
    user = dynamo.new_name("user")
    first, second = LockState("a", 1, NOW), LockState("b", 2, NOW + 1)
    for expected, new in ((None, first), (first, second)):
        dynamo.repeat_next_write()
        assert dynamo.tables.locks.swap(user, expected, new) is True
    assert dynamo.tables.locks.read(user) == second


def test_a_repeated_grant_is_granted(dynamo: DynamoWorld) -> None:
    for version in (1, 2):
        dynamo.repeat_next_write()
        assert dynamo.tables.budget.write(BudgetState(version, {"requests/10": NOW})) is True


def test_a_repeated_write_of_an_exception_counts_once_and_opens_it(dynamo: DynamoWorld) -> None:
    cases = dynamo.tables.cases
    case, _ = cases.open(PROBLEM, now=NOW, by="drain")
    cases.move(case.case_id, State.REDRIVEN, now=NOW, by="anna")
    dynamo.repeat_next_write()
    again, newly = cases.open(PROBLEM, now=NOW + 1, by="drain")
    assert (again.count, newly) == (2, True)


def test_a_row_that_always_changes_is_given_up(dynamo: DynamoWorld) -> None:
    links, shop = dynamo.tables.links, 9_000 + dynamo.new_site()
    links.seen_in_centra(1, shop, "A", allocated=1)
    table = dynamo.names["TABLE_ORDER_LINKS"]
    item = {"pk": {"S": f"open#{shop}"}, "sk": {"S": "1#A"}, "rev": {"N": "1"}}
    read = {"Responses": {table: [item]}, "UnprocessedKeys": {}}
    refused = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "changed"}}
    for _ in range(20):
        dynamo.answer_next(read, status=200)
        dynamo.answer_next(refused)
    with pytest.raises(StoreBusy):
        links.delivered(1, shop, "A", units=1)


def test_numbers_that_dynamodb_cannot_hold_are_refused_before_the_call(dynamo: DynamoWorld) -> None:
    dynamo.operations()
    with pytest.raises(ValueError, match="inf"):
        dynamo.tables.leases.acquire(dynamo.new_name(), "a", NOW, float("inf"))
    assert dynamo.operations() == []
