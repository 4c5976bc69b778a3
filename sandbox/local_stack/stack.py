"""The local stack: the built functions of the template behind their routes, queues and schedules, on this machine."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from sandbox.local_stack import stack_file
from sandbox.local_stack.aws import LocalAws
from sandbox.local_stack.emulator import Tools
from sandbox.local_stack.environment import LocalEnv
from sandbox.local_stack.folder_claim import FolderClaim
from sandbox.local_stack.gateway import Gateway, GatewayServer, PortTaken, check_port
from sandbox.local_stack.outcome import Outcome
from sandbox.local_stack.pool import FunctionPool
from sandbox.local_stack.processes import Warden
from sandbox.local_stack.pump import Pump
from sandbox.local_stack.runtime_files import find_emulator, runtime_packages
from sandbox.local_stack.schedules import Timer
from sandbox.local_stack.template import read_template

_PROJECT = Path(__file__).parents[2]
BUILT_TEMPLATE = _PROJECT / ".aws-sam" / "build" / "template.yaml"
LOCAL_FOLDER = _PROJECT / "build" / "local"
_REGION = "eu-north-1"


class NotBuilt(RuntimeError):
    """There is no build; `make build` makes it."""


class LocalStack:
    """A context manager, or `start` and `stop`.

    `template` is the *built* template; logs and stack.json are written below `folder`. Function names are logical ids (SyncStoreStock).
    HTTP controls beside the API, POST /_local/<name>: `kill` {"function"}, `throttle` {"function", "reserved"}, `stats` {}.
    """

    def __init__(
        self,
        env: LocalEnv,
        *,
        template: Path = BUILT_TEMPLATE,
        folder: Path = LOCAL_FOLDER,
        sam_environment: Path = _PROJECT / ".venv-sam",
        integration_timeout_s: float = 29.0,
    ) -> None:
        if not template.exists():
            raise NotBuilt(f"{template} does not exist: run `make build` first")
        self._env, self._template_file, self._folder, self._sam = env, template, folder, sam_environment
        self._integration_timeout_s = integration_timeout_s
        self._running: list[Any] = []
        self._pools: dict[str, FunctionPool] = {}
        self.description: dict[str, Any] = {}

    @property
    def gateway_url(self) -> str:
        return str(self.description["gateway"])

    @property
    def endpoint(self) -> str:
        """The local AWS."""
        return str(self.description["endpoint"])

    def __enter__(self) -> LocalStack:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when the gateway answers. What was started is stopped again when something fails.

        Raises FolderTaken or PortTaken, having touched nothing: another stack's logs and description stay as they are.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends everything; running invocations are cut off. Safe to call twice."""
        if self._running:  # else the folder is not ours
            self._stack_file.unlink(missing_ok=True)
        while self._running:
            self._running.pop()()

    def invoke(self, function: str, event: Any) -> Outcome:
        """Run a function's handler with `event` (JSON data) as `aws lambda invoke` would. KeyError for an unknown function."""
        return self._pools[function].invoke(event)

    def kill(self, function: str) -> int:
        """SIGKILL the function's processes; how many invocations were cut off by it."""
        return self._pools[function].kill()

    def throttle(self, function: str, reserved: int | None) -> None:
        """Refuse invocations above `reserved` at once (0: all, None: back to the template)."""
        self._pools[function].throttle(reserved)

    def stats(self) -> dict[str, dict[str, Any]]:
        """Per function: invocations, errors, outcomes {kind: n}, init_ms [each], peak_memory_mb (VmHWM), environments."""
        return {name: pool.stats.as_data() for name, pool in self._pools.items()}

    @property
    def _stack_file(self) -> Path:
        return self._folder / "stack.json"

    def _start(self) -> None:
        claim = FolderClaim(self._folder, "a local stack")
        try:
            check_port(self._env.port)
        except PortTaken:
            claim.release()
            raise
        self._running.append(claim.release)
        logs = self._folder / "logs"
        shutil.rmtree(logs, ignore_errors=True)
        warden = Warden()
        self._running.append(warden.close)
        aws = LocalAws(_REGION, logs / "aws.log", warden)
        self._running.append(aws.close)
        template = read_template(self._template_file, region=_REGION, endpoint=aws.endpoint, parameters=self._parameters())
        tools = Tools(
            emulator=find_emulator(self._sam, self._folder),
            interpreter=Path(sys.executable),
            packages=runtime_packages(self._folder / "runtime"),
            aws=aws.variables(),
            warden=warden,
        )
        aws.wait_until_ready()
        secrets = {"centra": template.parameters["SecretCentra"], "sitoo": template.parameters["SecretSitoo"]}
        urls = aws.create(template, {secrets["centra"]: self._env.centra_secret(), secrets["sitoo"]: self._env.sitoo_secret()})
        for logical, spec in template.functions.items():
            self._pools[logical] = FunctionPool(spec, tools, logs / f"{logical}.log")
            self._running.append(self._pools[logical].close)
        gateway = Gateway(template.front_door, self.invoke, self._controls(), self._integration_timeout_s)
        server = GatewayServer(gateway, self._env.port)
        server.start()
        self._running.append(server.stop)
        arns = {queue.name: urls[logical] for logical, queue in template.queues.items()}
        for source in template.sources:
            pump = Pump(source, aws.client("sqs"), arns[source.queue_arn.rpartition(":")[2]], _REGION, self._pools[source.function].invoke)
            pump.start()
            self._running.append(pump.stop)
        for schedule in template.schedules:
            timer = Timer(schedule, _REGION, self._pools[schedule.function].invoke)
            timer.start()
            self._running.append(timer.stop)
        self.description = stack_file.describe(template, aws, self._env, urls, secrets, f"http://127.0.0.1:{server.port}", os.getpid())
        stack_file.write(self._stack_file, self.description)

    def _parameters(self) -> dict[str, str]:
        machine = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
        return {
            "Runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
            "Architecture": machine,
            "CentraGraphqlUrl": self._env.centra_graphql_url,
            "CentraOrderApiUrl": self._env.centra_order_api_url,
            "SitooBaseUrl": self._env.sitoo_base_url,
            "SitooSiteIds": self._env.sitoo_site_id,
        }

    def _controls(self) -> dict[str, Any]:
        def kill(arguments: Mapping[str, Any]) -> Any:
            return {"killed": self.kill(arguments["function"])}

        def throttle(arguments: Mapping[str, Any]) -> Any:
            self.throttle(arguments["function"], arguments.get("reserved"))
            return {}

        def stats(arguments: Mapping[str, Any]) -> Any:
            return self.stats()

        return {"kill": kill, "throttle": throttle, "stats": stats}
