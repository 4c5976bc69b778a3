"""Tell from the emulator's answer how an invocation ended.

The emulator answers a handler's exception with HTTP 200 and no error header, a timeout with 200 and plain text, a runtime that died with 502.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_TIMED_OUT = re.compile(rb"Task timed out after \d+(\.\d+)? seconds")
_ERROR_KEYS = {"errorMessage", "errorType", "requestId", "stackTrace"}


class OutcomeKind(StrEnum):
    """`ERROR`: the handler raised, or its answer is no JSON. `CRASH`: the process died or could not start. `THROTTLED`: never started."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    CRASH = "crash"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended. `answer` is the handler's answer (JSON data) when `kind` is OK, else None; `duration_s` as its caller saw it."""

    kind: OutcomeKind
    answer: Any = None
    error_type: str = ""
    message: str = ""
    duration_s: float = 0.0

    @property
    def ok(self) -> bool:
        return self.kind is OutcomeKind.OK


def read_outcome(status: int, body: bytes, duration_s: float = 0.0) -> Outcome:
    """The outcome behind the emulator's HTTP answer.

    A handler that returns exactly the four keys of the runtime's error object is taken for one that raised: nothing tells them apart.
    """
    if _TIMED_OUT.fullmatch(body.strip()):
        return Outcome(OutcomeKind.TIMEOUT, None, "Sandbox.Timedout", body.decode().strip(), duration_s)
    try:
        answer = json.loads(body)
    except ValueError:
        return Outcome(OutcomeKind.CRASH, None, "Runtime.NoAnswer", f"HTTP {status}, {len(body)} bytes that are no JSON", duration_s)
    error_type = str(answer.get("errorType", "")) if isinstance(answer, dict) else ""
    message = str(answer.get("errorMessage", "")) if isinstance(answer, dict) else ""
    if status != 200:
        return Outcome(OutcomeKind.CRASH, None, error_type or f"HTTP {status}", message, duration_s)
    if isinstance(answer, dict) and set(answer) == _ERROR_KEYS:
        return Outcome(OutcomeKind.ERROR, None, error_type, message, duration_s)
    return Outcome(OutcomeKind.OK, answer, duration_s=duration_s)
