"""How commands word things: counts, quantities, times in this machine's zone, and further commands as they are to be typed."""

from __future__ import annotations

import re
import shutil
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

_COMMAND = re.compile(r"`ops (?!--)")


def counted(number: int, one: str, many: str = "") -> str:
    """`1 case`, `2 cases`; `many` for plurals that do not end in s."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def units(quantity: Decimal) -> str:
    """`5`, `2.5`: Sitoo gives three decimals, people count pieces."""
    return f"{quantity.to_integral_value() if quantity == quantity.to_integral_value() else quantity.normalize():f}"


def moment(at: float) -> str:
    """`2026-03-01 14:05:09 CET`, in the zone of this machine."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def clock_time(at: float) -> str:
    """`14:05:09 CET`, in the zone of this machine."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%H:%M:%S %Z")


def program(installed: Path, here: Path) -> str:
    """How `ops` is typed in folder `here`: by name where the shell finds `installed` so, else by its path; `ops` when it is not there."""
    found = shutil.which("ops")
    if not installed.exists() or (found and Path(found).samefile(installed)):
        return "ops"
    return str(installed.relative_to(here) if installed.is_relative_to(here) else installed)


def called_as(*, local: bool, stage: str | None) -> str:
    """How this command was called, up to the stack it talks to."""
    stack = " --local" if local else f" --stage {stage}" if stage else ""
    return f"{program(Path(sys.prefix) / 'bin' / 'ops', Path.cwd())}{stack}"


def pasteable(text: str, called: str) -> str:
    """`ops …` in backticks, wherever the text is from, with the program and stack that were just used."""
    return _COMMAND.sub(lambda _: f"`{called} ", text)
