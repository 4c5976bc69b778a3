"""The mapping as JSON and back: the dataclass tree of domain/configuration.py, by the rules of typed_json."""

from __future__ import annotations

import json

from connector.domain.configuration import Mapping
from connector.store.typed_json import Unreadable, built, plain


class MappingUnreadable(ValueError):
    """The stored mapping does not have the shape this version knows; `str()` names the place."""


def to_json(mapping: Mapping) -> str:
    return json.dumps(plain(mapping), separators=(",", ":"), ensure_ascii=False)


def from_json(text: str) -> Mapping:
    """Raises `MappingUnreadable`."""
    try:
        stored = json.loads(text)
    except ValueError as error:
        raise MappingUnreadable(f"not JSON: {error}") from error
    try:
        mapping: Mapping = built(Mapping, stored, "mapping")
    except Unreadable as error:
        raise MappingUnreadable(str(error)) from error
    return mapping
