"""One execution environment: AWS's Runtime Interface Emulator with the Python runtime client under it. Serves one invocation at a time."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.local_stack.outcome import Outcome, OutcomeKind, read_outcome
from sandbox.local_stack.processes import Warden, end_session, free_port, listening, session_members
from sandbox.local_stack.template import FunctionSpec

_INIT_LIMIT_S = 10
_INIT_REPORT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
_VM_HWM = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
# The emulator's own chatter; a function's lines never carry this mark.
_CHATTER = re.compile(r"\[INFO\] \(rapid\) (?!INIT REPORT)|^(START|END) RequestId: ")


class EmulatorFailed(RuntimeError):
    """The emulator did not start."""


@dataclass(frozen=True, slots=True)
class Tools:
    """`emulator`, `interpreter`: executables. `packages`: the managed runtime's site-packages. `aws`: variables that lead to the local AWS."""

    emulator: Path
    interpreter: Path
    packages: Path
    aws: Mapping[str, str]
    warden: Warden


class Emulator:
    """Starts on construction; INIT runs with the first invocation.

    `log` gets the function's lines, `on_init` the duration of each successful INIT in ms.
    """

    def __init__(self, spec: FunctionSpec, tools: Tools, log: Callable[[str], None], on_init: Callable[[float], None]) -> None:
        self._spec, self._tools, self._log, self._on_init = spec, tools, log, on_init
        self._runtime = 0
        self.peak_memory_kb = 0
        self._process, self._port = self._start()
        tools.warden.watch(self._process.pid)
        self._reader = threading.Thread(target=self._read, name=f"log {spec.logical}", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def invoke(self, payload: bytes) -> Outcome:
        """Run the handler with `payload` (JSON). Never raises: an emulator that goes away is a crash of the function."""
        started = time.monotonic()
        # An emulator whose caller hangs up dies, so wait longer than any honest invocation can take.
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._spec.timeout_s + _INIT_LIMIT_S + 5)
        try:
            connection.request("POST", "/2015-03-31/functions/function/invocations", payload, {"Content-Type": "application/json"})
            response = connection.getresponse()
            outcome = read_outcome(response.status, response.read(), time.monotonic() - started)
        except (OSError, http.client.HTTPException) as gone:
            self.stop()
            return Outcome(OutcomeKind.CRASH, None, "Sandbox.Gone", type(gone).__name__, time.monotonic() - started)
        finally:
            connection.close()
        self._measure_memory()
        return outcome

    def kill_runtime(self) -> bool:
        """SIGKILL the function's process, as the machine would on memory exhaustion; False when there is none yet."""
        for member in session_members(self._process.pid):
            if member != self._process.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)
                    return True
        return False

    def stop(self) -> None:
        end_session(self._process.pid, grace_s=0.5)
        self._process.wait()
        self._reader.join(timeout=2)
        self._tools.warden.forget(self._process.pid)

    def _start(self) -> tuple[subprocess.Popen[str], int]:
        for _ in range(3):
            port = free_port()
            process = subprocess.Popen(
                [
                    str(self._tools.emulator),
                    *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
                    *("--runtime-api-address", f"127.0.0.1:{free_port()}"),
                    *(str(self._tools.interpreter), "-S", "-m", "awslambdaric", self._spec.handler),
                ],
                cwd=self._spec.code,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            deadline = time.monotonic() + 5
            while process.poll() is None and time.monotonic() < deadline:
                if listening(port):
                    return process, port
                time.sleep(0.005)
            end_session(process.pid, grace_s=0)
            process.wait()
        raise EmulatorFailed(f"{self._spec.logical}: the emulator does not listen")

    def _environment(self) -> dict[str, str]:
        """What Lambda gives a function: nothing of this process's environment but the certificates' place."""
        spec = self._spec
        certificates = {key: os.environ[key] for key in ("SSL_CERT_FILE",) if key in os.environ}
        return {
            **spec.environment,
            **self._tools.aws,
            **certificates,
            "AWS_LAMBDA_FUNCTION_NAME": spec.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(spec.timeout_s),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{spec.runtime}",
            "LAMBDA_TASK_ROOT": str(spec.code),
            "PYTHONPATH": os.pathsep.join(str(path) for path in (*spec.python_path, self._tools.packages)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
        }

    def _read(self) -> None:
        succeeded = False
        for line in self._process.stdout or ():
            if "INIT RTDONE(" in line:
                succeeded = "status: success" in line
            report = _INIT_REPORT.search(line)
            if report and succeeded:
                self._on_init(float(report.group(1)))
                succeeded = False
            if not _CHATTER.search(line):
                self._log(line)

    def _measure_memory(self) -> None:
        for _ in range(2):
            try:
                found = _VM_HWM.search(Path(f"/proc/{self._runtime}/status").read_text()) if self._runtime else None
            except OSError:
                found = None
            if found:
                self.peak_memory_kb = max(self.peak_memory_kb, int(found.group(1)))
                return
            self._runtime = next((pid for pid in session_members(self._process.pid) if pid != self._process.pid), 0)
