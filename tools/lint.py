"""`make lint`: every check runs, all findings are shown, exit 1 if any check failed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".venv" / "bin"


@dataclass(frozen=True, slots=True)
class Check:
    """What a check finds, and the command that finds it."""

    finds: str
    command: tuple[str, ...]


CHECKS = (
    Check("style (ruff)", (str(TOOLS / "ruff"), "check", "--quiet", ".")),
    Check("types (mypy --strict)", (str(TOOLS / "mypy"), "--no-error-summary")),
    Check("import rules (import-linter)", (str(TOOLS / "lint-imports"),)),
    Check("template (sam validate --lint)", (str(ROOT / ".venv-sam" / "bin" / "sam"), "validate", "--lint")),
    Check("template and house rules (pytest)", (sys.executable, "-m", "pytest", "-n", "0", "tests/template", "tests/house")),
)


def passes(check: Check) -> bool:
    started = time.monotonic()
    done = subprocess.run(check.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    held = done.returncode == 0
    print(f"{'ok  ' if held else 'FAIL'} {check.finds} ({time.monotonic() - started:.0f} s)", flush=True)
    if not held:
        print(done.stdout, flush=True)
    return held


def main() -> int:
    os.environ.setdefault("SAM_CLI_TELEMETRY", "0")
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-north-1")
    held = [passes(check) for check in CHECKS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
