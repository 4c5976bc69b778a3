"""The operator of the demo: runs `ops --local …` as a person would and keeps what it said."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.demo.vendors import PROJECT

LIMIT_S = 120


class OperatorFailed(RuntimeError):
    """An `ops` command ended with an error; the text is what it said."""


@dataclass(slots=True)
class Operator:
    """`log` gets each command with its output; `commands` lists them."""

    log: Path
    commands: list[str] = field(default_factory=list)

    def ops(self, *arguments: str) -> str:
        """Run one command; its output. Raises OperatorFailed."""
        self.commands.append(" ".join(("ops --local", *arguments)))
        path = os.pathsep.join((str(PROJECT / "shared"), str(PROJECT)))
        try:
            done = subprocess.run(
                [sys.executable, "-m", "ops", "--local", *arguments],
                cwd=PROJECT,
                env={**os.environ, "PYTHONPATH": path, "COLUMNS": "150", "NO_COLOR": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=LIMIT_S,
            )
        except subprocess.TimeoutExpired as late:
            raise OperatorFailed(f"{self.commands[-1]} took more than {LIMIT_S} s; build/local/logs has what the functions said") from late
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {self.commands[-1]}\n{done.stdout}\n")
        if done.returncode:
            raise OperatorFailed(f"{self.commands[-1]} ended with {done.returncode}:\n{done.stdout[-2000:]}")
        return done.stdout
