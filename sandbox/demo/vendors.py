"""The two sandboxes as processes, and their control actions over HTTP."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import httpx

from sandbox.local_stack.processes import Warden, end_session

PROJECT = Path(__file__).parents[2]


class VendorFailed(RuntimeError):
    """A sandbox did not start, or refused a control action."""


class Control(Protocol):
    """A vendor's control actions."""

    def control(self, action: str, **arguments: Any) -> Any:
        """Run one; its answer as data."""
        ...


class Vendor:
    """A sandbox process of its own session: `python -m sandbox.<name>` on a free port. `url` is what its `ready` line names."""

    def __init__(self, name: str, warden: Warden, *arguments: str) -> None:
        self.name, self._warden = name, warden
        command = [sys.executable, "-m", f"sandbox.{name}", *arguments]
        self._process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True)
        warden.watch(self._process.pid)
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.startswith("ready "):
            self.close()
            raise VendorFailed(f"the {name} sandbox did not start")
        self.url = line.split()[1]
        address = httpx.URL(self.url)
        # Control calls must arrive whatever proxies this machine is told to use.
        self._http = httpx.Client(base_url=f"http://{address.host}:{address.port}", trust_env=False, timeout=10)

    def __enter__(self) -> Vendor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.close()
        self.close()

    def control(self, action: str, **arguments: Any) -> Any:
        """Run a control action; its answer as data. Raises VendorFailed when the sandbox refuses it."""
        answer = self._http.post(f"/_control/{action}", json=arguments)
        if answer.status_code != 200:
            raise VendorFailed(f"{self.name} refused {action}: {answer.text}")
        return answer.json()

    def close(self) -> None:
        end_session(self._process.pid, grace_s=1.0)
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._warden.forget(self._process.pid)
