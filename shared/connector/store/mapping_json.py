"""The mapping as JSON and back: the dataclass tree of domain/configuration.py, driven by its own type hints (no validation library at run time).

What is written: enums by value, tuples as lists, int and enum keys as text. Keys that are missing take the field's default, unknown keys are an
error: a function must not run on half of a mapping that a newer version wrote.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from connector.domain.configuration import Mapping


class MappingUnreadable(ValueError):
    """The stored mapping does not have the shape this version knows; `str()` names the place."""


def to_json(mapping: Mapping) -> str:
    return json.dumps(_plain(mapping), separators=(",", ":"), ensure_ascii=False)


def from_json(text: str) -> Mapping:
    """Raises `MappingUnreadable`."""
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise MappingUnreadable(f"not JSON: {error}") from error
    built = _built(Mapping, plain, "mapping")
    if not isinstance(built, Mapping):
        raise MappingUnreadable("mapping: not an object")
    return built


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def _built(kind: Any, plain: Any, place: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        if plain is None:
            return None
        return _built(next(one for one in arguments if one is not type(None)), plain, place)
    if origin is tuple:
        return tuple(_built(arguments[0], one, f"{place}[{n}]") for n, one in enumerate(_of(plain, list, place)))
    if origin is dict:
        entries = _of(plain, dict, place).items()
        return {_key(arguments[0], key, place): _built(arguments[1], one, f"{place}.{key}") for key, one in entries}
    if is_dataclass(kind):
        return _object(kind, _of(plain, dict, place), place)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(kind, plain, place)
    if kind is float and type(plain) is int:
        return float(plain)
    return _of(plain, kind, place)


def _object(kind: Any, plain: dict[str, Any], place: str) -> Any:
    hints = _hints(kind)
    unknown = plain.keys() - hints.keys()
    if unknown:
        raise MappingUnreadable(f"{place}: unknown {', '.join(sorted(unknown))}")
    try:
        return kind(**{name: _built(hints[name], value, f"{place}.{name}") for name, value in plain.items()})
    except TypeError as error:
        raise MappingUnreadable(f"{place}: {error}") from error


def _key(kind: Any, text: str, place: str) -> Any:
    if kind is int:
        try:
            return int(text)
        except ValueError as error:
            raise MappingUnreadable(f"{place}: {text!r} is not a whole number") from error
    return _built(kind, text, place)


def _member(kind: type[Enum], plain: Any, place: str) -> Enum:
    try:
        return kind(plain)
    except ValueError as error:
        raise MappingUnreadable(f"{place}: {error}") from error


def _of(plain: Any, kind: Any, place: str) -> Any:
    """`plain` if it is exactly of `kind` (a bool is no int here)."""
    if type(plain) is not kind:
        raise MappingUnreadable(f"{place}: {plain!r} is not {kind.__name__}")
    return plain


@lru_cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
