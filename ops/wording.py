"""How commands word things: counts, quantities, times in this machine's zone, and further commands as they are to be typed."""

from __future__ import annotations

import re
import shutil
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


def called_as(typed: str, *, local: bool, stage: str | None) -> str:
    """How this command was called, up to the stack it talks to. `typed`: sys.argv[0]; `ops` when the shell finds it by that name."""
    found = shutil.which("ops")
    by_path = Path(typed).name == "ops" and not (found and Path(found).resolve() == Path(typed).resolve())
    stack = " --local" if local else f" --stage {stage}" if stage else ""
    return f"{typed if by_path else 'ops'}{stack}"


def pasteable(text: str, called: str) -> str:
    """`ops …` in backticks, wherever the text is from, with the program and stack that were just used."""
    return _COMMAND.sub(lambda _: f"`{called} ", text)
