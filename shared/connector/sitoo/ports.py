"""What the Sitoo client asks of its surroundings."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from connector.domain.configuration import Lane


class Clock(Protocol):
    """`now` is unix seconds (UTC)."""

    def now(self) -> float: ...


class Credentials(Protocol):
    """API id and password; `newer` reads the secret again and answers None when it was read a moment ago."""

    def current(self) -> tuple[str, str]: ...

    def newer(self) -> tuple[str, str] | None: ...


class Turns(Protocol):
    """One request at a time for one API user."""

    def request(self, lane: Lane) -> AbstractContextManager[None]:
        """Held around one request; raises when the turn does not come in time."""
        ...

    def close(self, until: float) -> None:
        """Sitoo throttles: nobody calls with this API user before `until` (unix s)."""
        ...
