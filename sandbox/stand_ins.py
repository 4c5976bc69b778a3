"""What a rehearsal puts in the place of AWS: a function that can die, calls that can be interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx


class Crash(BaseException):
    """The running function dies here: nothing after this point happens, its messages come back after their visibility time."""


class HookedTransport(httpx.BaseTransport):
    """Tells `step` before a request reaches the vendor and after the vendor has acted on it."""

    def __init__(self, name: str, inner: httpx.BaseTransport, step: Callable[[str], None]) -> None:
        self._name, self._inner, self._step = name, inner, step

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._step(f"{self._name}.before")
        response = self._inner.handle_request(request)
        self._step(f"{self._name}.after")
        return response


@dataclass(slots=True)
class Invocation:
    """A running function. Once `dead` it can call nothing any more, not even on its way out."""

    dead: bool = False
