"""One run at a time works in a folder: it holds a lock beside it, so that a second one can tell before it touches anything."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class FolderTaken(RuntimeError):
    """Somebody works there; the text names the process and how to end it."""


class FolderClaim:
    """Held from its making until `release`, or until this process ends, however it does. Raises FolderTaken, having changed nothing.

    The lock file lies beside `folder`, whose content the holder may delete; it stays, and says nothing while nobody holds it.
    """

    def __init__(self, folder: Path, who: str) -> None:
        lock = folder.parent / f".{folder.name}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = lock.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            self._file.seek(0)
            holder = self._file.read().strip() or "another process"
            self._file.close()
            raise FolderTaken(f"{holder} works in {folder}: end it first (Ctrl-C in its terminal); nothing was touched") from taken
        self._file.truncate(0)
        self._file.write(f"{who} (pid {os.getpid()})")
        self._file.flush()

    def release(self) -> None:
        """Safe to call twice."""
        self._file.close()
