"""Which processes a run has started, and which of them outlive it. Linux."""

from __future__ import annotations

import os
from pathlib import Path


def family() -> dict[int, str]:
    """{pid: when it started and what it is} of this process's descendants, zombies left out."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            found = _read(int(entry.name))
            if found is not None:
                parents[int(entry.name)], names[int(entry.name)] = found
    mine = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= more
    return {pid: names[pid] for pid in mine - {os.getpid()}}


def left_of(started: dict[int, str]) -> list[str]:
    """Those of `started` that still run (a number used again by another process does not count)."""
    return [name for pid, name in started.items() if (_read(pid) or (0, ""))[1] == name]


def _read(pid: int) -> tuple[int, str] | None:
    """(parent, identity) of a living process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else (int(fields[1]), f"{pid} since {fields[19]}: {command[:120]}")
