"""One finding of `ops doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at and what was found, in plain words; anything but ok says what to do."""

    health: Health
    what: str
    text: str
