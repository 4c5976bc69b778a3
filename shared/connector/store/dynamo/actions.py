"""One write each, as TransactWriteItems takes it (and, alone, UpdateItem, PutItem and DeleteItem).

Expressions name attributes as `#name` and values as `:name`; the maps DynamoDB wants are derived. A refused condition tells what is stored.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connector.store.dynamo.attributes import Row, attributes
from connector.store.dynamo.connection import Key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_NAME = re.compile(r"#(\w+)")
ABSENT = "attribute_not_exists(#pk)"
PRESENT = "attribute_exists(#pk)"


def update(table: str, key: Key, expression: str, values: Row, condition: str | None = None) -> TransactWriteItemTypeDef:
    action: TransactWriteItemTypeDef = {
        "Update": {
            "TableName": table,
            "Key": _key(key),
            "UpdateExpression": expression,
            "ExpressionAttributeNames": _names(expression, condition),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }
    if values:
        action["Update"]["ExpressionAttributeValues"] = _values(values)
    if condition is not None:
        action["Update"]["ConditionExpression"] = condition
    return action


def put(table: str, row: Row, condition: str | None = None, values: Row | None = None) -> TransactWriteItemTypeDef:
    """`row` includes pk and sk; what is stored is replaced."""
    action: TransactWriteItemTypeDef = {"Put": {"TableName": table, "Item": attributes(row), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}
    if condition is not None:
        action["Put"]["ConditionExpression"] = condition
        action["Put"]["ExpressionAttributeNames"] = _names(condition)
    if values:
        action["Put"]["ExpressionAttributeValues"] = _values(values)
    return action


def delete(table: str, key: Key, condition: str | None = None, values: Row | None = None) -> TransactWriteItemTypeDef:
    action: TransactWriteItemTypeDef = {"Delete": {"TableName": table, "Key": _key(key), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}
    if condition is not None:
        action["Delete"]["ConditionExpression"] = condition
        action["Delete"]["ExpressionAttributeNames"] = _names(condition)
    if values:
        action["Delete"]["ExpressionAttributeValues"] = _values(values)
    return action


def check(table: str, key: Key, condition: str, values: Row | None = None) -> TransactWriteItemTypeDef:
    action: TransactWriteItemTypeDef = {
        "ConditionCheck": {
            "TableName": table,
            "Key": _key(key),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": _names(condition),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }
    if values:
        action["ConditionCheck"]["ExpressionAttributeValues"] = _values(values)
    return action


def _key(key: Key) -> dict[str, dict[str, str]]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def _names(*expressions: str | None) -> dict[str, str]:
    return {f"#{name}": name for expression in expressions if expression for name in _NAME.findall(expression)}


def _values(values: Row) -> dict[str, dict[str, object]]:
    return {f":{name}": dict(typed) for name, typed in attributes(values).items()}
