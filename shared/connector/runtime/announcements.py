"""Domain events: what happened, told to whoever listens on the EventBridge bus (order ready for pick-up, reminder, released …)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

SOURCE = "centra-sitoo"


class Announcer(Protocol):
    def announce(self, what: str, detail: Mapping[str, str | int], *, key: str) -> None:
        """Put one event on the bus. `what`: `order.ready_for_pickup` … `key`: the same for the same fact, so that listeners can drop a doubled one.

        Raises AnnouncementFailed: the caller's message comes again.
        """
        ...


class AnnouncementFailed(Exception):
    """The bus did not confirm the event."""
