"""Watches the whole from outside: figures for the progress view, and whether the connector has anything left to do."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from connector.flows.store_stock.bookings import bookings_cursor
from connector.flows.store_stock.centra_changes import centra_cursor
from connector.flows.store_stock.feed import feed_cursor
from ops.connection import Connection
from sandbox.demo.chain import SITE
from sandbox.demo.vendors import Control

LOOK_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts since the processes started; `dirty`: SKUs of stores waiting for the drain."""

    events: int = 0
    lost: int = 0
    doubled: int = 0
    requests: int = 0
    mutations: int = 0
    throttled: int = 0
    dirty: int = 0


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What is left to do; all zero and False when nothing is."""

    dirty: int
    pending_writes: int
    unread_transactions: int
    undelivered_events: int
    side_reads_due: bool

    @property
    def nothing(self) -> bool:
        return not (self.dirty or self.pending_writes or self.unread_transactions or self.undelivered_events or self.side_reads_due)

    def __str__(self) -> str:
        parts = {
            "SKUs to look at": self.dirty,
            "unconfirmed writes": self.pending_writes,
            "unread transactions": self.unread_transactions,
            "undelivered events": self.undelivered_events,
            "bookings or Centra's changes not read yet": int(self.side_reads_due),
        }
        return ", ".join(f"{count} {what}" for what, count in parts.items() if count) or "nothing"


class Observer:
    """`figures` is refreshed in the background between `start` and `stop`; a look that fails keeps the last ones."""

    def __init__(self, centra: Control, sitoo: Control, conn: Connection) -> None:
        self._centra, self._sitoo, self._conn = centra, sitoo, conn
        self.figures = Figures()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="observer", daemon=True)

    def __enter__(self) -> Observer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=5)

    def look(self) -> Figures:
        calls, events = self._centra.control("calls"), self._sitoo.control("event_stats")
        return Figures(
            events=events["published"],
            lost=events["lost"],
            doubled=events["doubled"],
            requests=calls.get("requests", 0),
            mutations=calls.get("mutations", 0),
            throttled=calls.get("throttled", 0),
            dirty=len(self._conn.levels.dirty(SITE)),
        )

    def unsettled(self, since: float) -> Unsettled:
        """What the connector has left to do; bookings and Centra's changes count as read when that was after `since`."""
        commits: list[dict[str, Any]] = self._sitoo.control("commits")
        newest = max((row["transaction_id"] for row in commits if row["transaction_id"] is not None), default=0)
        cursors = self._conn.cursors
        feed = cursors.get(feed_cursor(SITE)) or {"last": 0}
        read_at = [(cursors.get(name) or {"read_at": 0})["read_at"] for name in (bookings_cursor(SITE), centra_cursor(SITE))]
        return Unsettled(
            dirty=len(self._conn.levels.dirty(SITE)),
            pending_writes=len(self._conn.levels.pending_writes(SITE)),
            unread_transactions=max(0, newest - int(feed["last"])),
            undelivered_events=self._sitoo.control("event_stats")["waiting"] + self._centra.control("webhook_counts")["waiting"],
            side_reads_due=min(read_at) < int(since),
        )

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            try:
                self.figures = self.look()
            except (httpx.HTTPError, BotoCoreError, ClientError):
                continue
