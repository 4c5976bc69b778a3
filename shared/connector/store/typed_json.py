"""Frozen dataclasses as JSON and back, driven by their own type hints (no validation library at run time).

What is written: enums by value, tuples as lists, sets as sorted lists, int and enum keys as text. Keys that are missing take the field's default;
unknown keys and enum values are an error: a function must not run on half of what a newer version wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints


class Unreadable(ValueError):
    """What is stored does not have the shape this version knows; `str()` names the place."""


def plain(value: Any, *, lean: bool = False) -> Any:
    """`value` as json.dumps takes it. `lean`: without the fields that have their default, which then must never change."""
    if is_dataclass(value):
        told = {field.name: (getattr(value, field.name), _default(field)) for field in fields(value)}
        return {name: plain(one, lean=lean) for name, (one, default) in told.items() if not lean or one != default}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(one, lean=lean) for key, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(plain(one, lean=lean) for one in value)
    if isinstance(value, tuple):
        return [plain(one, lean=lean) for one in value]
    return value


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def built(kind: Any, value: Any, place: str) -> Any:
    """An object of `kind` from what `plain` made of it. Raises Unreadable."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return None if value is None else built(next(one for one in arguments if one is not type(None)), value, place)
    if origin in (tuple, frozenset):
        return origin(built(arguments[0], one, f"{place}[{n}]") for n, one in enumerate(_of(value, list, place)))
    if origin in (dict, Mapping):
        return {_key(arguments[0], key, place): built(arguments[1], one, f"{place}.{key}") for key, one in _of(value, dict, place).items()}
    if is_dataclass(kind):
        return _object(kind, _of(value, dict, place), place)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(kind, value, place)
    if kind is float and type(value) is int:
        return float(value)
    return _of(value, kind, place)


def _object(kind: Any, value: dict[str, Any], place: str) -> Any:
    hints = _hints(kind)
    unknown = value.keys() - hints.keys()
    if unknown:
        raise Unreadable(f"{place}: unknown {', '.join(sorted(unknown))}")
    try:
        return kind(**{name: built(hints[name], one, f"{place}.{name}") for name, one in value.items()})
    except TypeError as error:
        raise Unreadable(f"{place}: {error}") from error


def _key(kind: Any, text: str, place: str) -> Any:
    if kind is int:
        try:
            return int(text)
        except ValueError as error:
            raise Unreadable(f"{place}: {text!r} is not a whole number") from error
    return built(kind, text, place)


def _member(kind: type[Enum], value: Any, place: str) -> Enum:
    try:
        return kind(value)
    except ValueError as error:
        raise Unreadable(f"{place}: {error}") from error


def _of(value: Any, kind: Any, place: str) -> Any:
    """`value` if it is exactly of `kind` (a bool is no int here)."""
    if type(value) is not kind:
        raise Unreadable(f"{place}: {value!r} is not {kind.__name__}")
    return value


@lru_cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
