"""moto's DynamoDB made fit to be shared by several functions: what it answers stays moto's, what is mended are three of its shortcuts.

* A conditional write checks and then writes: two threads of moto's server can both pass. Here one call is served at a time.
* A transaction copies each table it touches, once per action, and a cancelled one puts the copies back, with it undoing what others wrote meanwhile.
  Here only the items it names are copied and put back.
* A query looks at every item of the table. Here at those of the partition it asks for.
"""

from __future__ import annotations

import copy
from threading import RLock
from types import SimpleNamespace
from typing import Any

import moto.dynamodb.models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

_serve, _transact, _query = DynamoHandler.call_action, DynamoDBBackend.transact_write_items, Table.query
_lock = RLock()
_INDEX_NAME = 6
"""Its place in `Table.query`, after the hash key: moto passes it by position."""


def mend_dynamodb() -> None:
    """Before the first call; once for a process (again changes nothing)."""
    vars(moto.dynamodb.models)["copy"] = SimpleNamespace(deepcopy=_copied)
    for owner, name, mended in (
        (DynamoHandler, "call_action", _one_at_a_time),
        (DynamoDBBackend, "transact_write_items", _all_or_nothing),
        (Table, "query", _in_partition),
    ):
        setattr(owner, name, mended)


def _copied(thing: Any) -> Any:
    """As moto's backend calls it: its tables are not copied, `_all_or_nothing` keeps what must be put back."""
    return thing if isinstance(thing, Table) else copy.deepcopy(thing)


def _one_at_a_time(handler: DynamoHandler) -> Any:
    with _lock:
        return _serve(handler)


def _all_or_nothing(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    before = [_kept(backend, action) for request in transact_items for action in request.values()]
    try:
        _transact(backend, transact_items)
    except Exception:
        for table, pk, sk, item in before:
            if item is None:
                table.items[pk].pop(sk, None)
            else:
                table.items[pk][sk] = item
        raise


def _kept(backend: DynamoDBBackend, action: dict[str, Any]) -> tuple[Table, DynamoType, DynamoType, Item | None]:
    table = backend.get_table(action["TableName"])
    key = action["Key"] if "Key" in action else action["Item"]
    pk, sk = DynamoType(key[table.hash_key_attr]), DynamoType(key[table.range_key_attr])
    return table, pk, sk, copy.deepcopy(table.items[pk].get(sk))


class _Partition:
    """A table of which only one partition's items are seen."""

    def __init__(self, table: Table, pk: DynamoType) -> None:
        self._table, self._pk = table, pk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def all_items(self) -> list[Item]:
        return list(self._table.items[self._pk].values())


def _in_partition(table: Table, hash_key: DynamoType | None, *arguments: Any, **named: Any) -> Any:
    index_name = arguments[_INDEX_NAME] if len(arguments) > _INDEX_NAME else named.get("index_name")
    if hash_key is None or index_name is not None:
        return _query(table, hash_key, *arguments, **named)
    query: Any = _query
    return query(_Partition(table, hash_key), hash_key, *arguments, **named)
