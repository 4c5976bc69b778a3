"""A check's verdict, and how findings are listed in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    held: bool
    detail: str


def listed(found: Sequence[str]) -> str:
    """The first few of what is wrong, and how many more."""
    if not found:
        return ""
    return ": " + "; ".join(found[:_SHOWN]) + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
