"""Child processes that leave nothing behind: each has its own session, and a warden ends all sessions when this process dies."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path


def free_port() -> int:
    """A port of 127.0.0.1 that is free right now (somebody else may still take it)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def session_members(session: int) -> list[int]:
    """The processes of a session, its leader included (zombies are not counted)."""
    members = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            # The command name may hold spaces and brackets: what follows the last bracket is state, parent, group, session.
            state, _, _, found = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(found) == session and state != "Z":
            members.append(int(entry.name))
    return members


def end_session(session: int, grace_s: float) -> None:
    """SIGTERM to the leader, then SIGKILL to whatever of the session is left after `grace_s`."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(session, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while session_members(session):
        if time.monotonic() >= deadline:
            for member in session_members(session):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)
            return
        time.sleep(0.01)


class Warden:
    """A tiny process that outlives this one by a moment: when this process ends, however it does, it ends every session it was told of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.local_stack.processes"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, session: int) -> None:
        self._tell(f"+{session}\n")

    def forget(self, session: int) -> None:
        self._tell(f"-{session}\n")

    def close(self) -> None:
        """Ends what is still watched, too."""
        with self._lock:
            if self._process.stdin and not self._process.stdin.closed:
                self._process.stdin.close()
        self._process.wait(timeout=10)

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._process.stdin and not self._process.stdin.closed:
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()


def _keep_watch() -> None:
    watched: set[int] = set()
    for line in sys.stdin:
        (watched.add if line[0] == "+" else watched.discard)(int(line[1:]))
    for session in watched:
        end_session(session, grace_s=0.2)


if __name__ == "__main__":
    _keep_watch()
