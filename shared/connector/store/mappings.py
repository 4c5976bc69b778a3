"""Mappings: the applied mapping file, whole and versioned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from connector.domain.configuration import Mapping


@dataclass(frozen=True, slots=True)
class Applied:
    """What is in force: the mapping, its revision (1, 2, …), who applied it and when."""

    mapping: Mapping
    revision: int
    applied_by: str
    applied_at: float


class MappingChanged(Exception):
    """Somebody else applied a mapping since it was read; read again and plan again."""


class Mappings(Protocol):
    def current(self) -> Applied | None:
        """The mapping in force (None before the first apply). Strongly consistent."""
        ...

    def apply(self, mapping: Mapping, *, expected_revision: int, by: str, now: float) -> Applied:
        """Store as revision `expected_revision + 1` (0 for the first). Raises `MappingChanged` when another revision is in force."""
        ...
