"""Rows ⇄ DynamoDB's typed attributes, by hand: scalars only (what is nested is stored as JSON text), so that no serialiser has to be imported."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Value = str | int | float | bool | None
"""None: the attribute is absent."""
Row = Mapping[str, Value]


def attribute(value: str | float | bool) -> AttributeValueTypeDef:
    """Numbers keep their exact value (a float has at most 17 digits, DynamoDB keeps 38). Raises ValueError for inf and nan."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if not isfinite(value):
        raise ValueError(f"{value} cannot be stored")
    return {"N": repr(value)}


def attributes(row: Row) -> dict[str, AttributeValueTypeDef]:
    return {name: attribute(value) for name, value in row.items() if value is not None}


def row(item: Mapping[str, AttributeValueTypeDef]) -> dict[str, Value]:
    return {name: _value(typed) for name, typed in item.items()}


def text(row: Row, name: str, default: str = "") -> str:
    value = row.get(name)
    return default if value is None else str(value)


def whole(row: Row, name: str, default: int = 0) -> int:
    value = row.get(name)
    return default if value is None else int(value)


def real(row: Row, name: str, default: float = 0.0) -> float:
    value = row.get(name)
    return default if value is None else float(value)


def _value(typed: AttributeValueTypeDef) -> Value:
    if "S" in typed:
        return typed["S"]
    if "BOOL" in typed:
        return typed["BOOL"]
    number = typed["N"]
    return int(number) if number.lstrip("-").isdigit() else float(number)
