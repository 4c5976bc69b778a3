"""The built functions under the Runtime Interface Emulator, one environment at a time, with a local AWS and both sandboxes behind them."""

from __future__ import annotations

import base64
import compileall
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any, TextIO
from urllib.parse import urlencode

from connector.domain.configuration import Mapping as MappingFile
from connector.store.dynamo.connection import Connection
from connector.store.dynamo.mappings import DynamoMappings
from sandbox.centra.webhooks import signature
from sandbox.demo.vendors import Vendor
from sandbox.local_stack.aws import LocalAws
from sandbox.local_stack.emulator import Emulator, Tools
from sandbox.local_stack.environment import LocalEnv
from sandbox.local_stack.outcome import Outcome
from sandbox.local_stack.processes import Warden
from sandbox.local_stack.runtime_files import find_emulator, runtime_packages
from sandbox.local_stack.stack import BUILT_TEMPLATE, NotBuilt
from sandbox.local_stack.template import FunctionSpec, read_template

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "build" / "bench"
REGION = "eu-north-1"
WEBHOOK_SECRET, EVENTS_USER, EVENTS_PASSWORD = "bench-secret", "bench", "bench-password"


class Failed(RuntimeError):
    """A function did not do what is being measured; the text says which and how it ended."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`functions` by logical id, and "Baseline"."""

    functions: Mapping[str, FunctionSpec]
    tools: Tools
    aws: LocalAws
    tables: Mapping[str, str]
    centra: Vendor
    sitoo: Vendor
    log: TextIO

    def start(self, spec: FunctionSpec) -> Emulator:
        """A fresh environment; INIT runs with its first invocation."""
        return Emulator(spec, self.tools, self._write, lambda _ms: None)

    def probed(self, name: str) -> FunctionSpec:
        """The function under the probe, which adds its own time and that of its SQS calls to the answer."""
        spec, probe = self.functions[name], _compiled("probe_function")
        return replace(spec, handler="probe.handler", python_path=(probe, *spec.python_path))

    def database(self) -> Connection:
        return Connection(self.aws.client("dynamodb"))

    def apply(self, mapping: MappingFile) -> None:
        """Put a mapping in force, as `ops mapping apply` does."""
        mappings = DynamoMappings(self.database(), self.tables["Mappings"])
        applied = mappings.current()
        mappings.apply(mapping, expected_revision=applied.revision if applied else 0, by="bench", now=time.time())

    def _write(self, line: str) -> None:
        self.log.write(line)


@contextmanager
def stage() -> Iterator[Stage]:
    """Raises NotBuilt without `make build`."""
    if not BUILT_TEMPLATE.exists():
        raise NotBuilt(f"{BUILT_TEMPLATE} does not exist: run `make build` first")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        warden = Warden()
        stack.callback(warden.close)
        aws = LocalAws(REGION, FOLDER / "aws.log", warden)
        stack.callback(aws.close)
        log = stack.enter_context((FOLDER / "functions.log").open("w", encoding="utf-8"))
        centra = stack.enter_context(Vendor("centra", warden, "--plan", "none"))
        sitoo = stack.enter_context(Vendor("sitoo", warden))
        env = _environment(centra, sitoo)
        template = read_template(BUILT_TEMPLATE, region=REGION, endpoint=aws.endpoint, parameters=_parameters(env))
        tools = Tools(
            find_emulator(PROJECT / ".venv-sam", FOLDER), Path(sys.executable), runtime_packages(FOLDER / "runtime"), aws.variables(), warden
        )
        aws.wait_until_ready()
        secrets = {template.parameters["SecretCentra"]: env.centra_secret(), template.parameters["SecretSitoo"]: env.sitoo_secret()}
        aws.create(template, secrets)
        functions = {**template.functions, "Baseline": _baseline(template.functions["SitooWebhook"])}
        yield Stage(functions, tools, aws, {name: table.name for name, table in template.tables.items()}, centra, sitoo, log)


def invoke(emulator: Emulator, event: Mapping[str, Any], right: Callable[[Any], bool]) -> Outcome:
    """One invocation whose answer is `right`. Raises Failed."""
    outcome = emulator.invoke(json.dumps(event).encode())
    if not outcome.ok or not right(outcome.answer):
        raise Failed(f"ended as {outcome.kind}: {outcome.error_type} {outcome.message} {str(outcome.answer)[:200]}")
    return outcome


def sitoo_events(orders: Sequence[int]) -> dict[str, Any]:
    """The call that announces till sales: an order and its stock movement each."""
    events: list[dict[str, Any]] = []
    for order in orders:
        sold = {"eshop_id": 1, "order_id": order, "warehouse_id": 101, "order_event_type": "add", "order_state_changed": "closed"}
        moved = {"eshop_id": 1, "warehouse_id": 101, "warehouse_transaction_id": order}
        for kind, data in (("order", sold), ("warehouse-transaction", moved)):
            events.append({"event_id": f"{kind}-{order}", "event_type": kind, "event_date": int(time.time()), "account_id": 90123, "data": data})
    credentials = base64.b64encode(f"{EVENTS_USER}:{EVENTS_PASSWORD}".encode()).decode()
    return _post("sitoo_webhook_stock", json.dumps(events).encode(), {"Authorization": f"Basic {credentials}"})


def centra_events(orders: Sequence[int]) -> dict[str, Any]:
    """The call that announces web orders."""
    events = [{"type": "order", "action": "insert", "date": "2026-11-30 14:40:58.628033", "id": order} for order in orders]
    body = urlencode({"payload": json.dumps({"events": events})}).encode()
    return _post("centra_webhook_order", body, {"X-Centra-Signature": signature(WEBHOOK_SECRET, int(time.time()), body)})


def nudge() -> dict[str, Any]:
    """The queue's batch that starts a drain."""
    sample: dict[str, Any] = json.loads((PROJECT / "events" / "sync_store_stock.json").read_text(encoding="utf-8"))
    return sample


def stored(answer: Any) -> bool:
    return bool(answer["statusCode"] == 200)


def drained(answer: Any) -> bool:
    return bool(answer == {"batchItemFailures": []})


def _post(sample: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """A sample event with another body and these headers."""
    event: dict[str, Any] = json.loads((PROJECT / "events" / f"{sample}.json").read_text(encoding="utf-8"))
    event["headers"] = {**event["headers"], **headers}
    event["multiValueHeaders"] = {name: [value] for name, value in event["headers"].items()}
    return event | {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _environment(centra: Vendor, sitoo: Vendor) -> LocalEnv:
    return LocalEnv(
        centra_graphql_url=centra.url,
        centra_token="sandbox-token",
        centra_webhook_secret=WEBHOOK_SECRET,
        sitoo_base_url=sitoo.url,
        sitoo_api_id="90123-1",
        sitoo_password="sandbox-1",
        sitoo_site_id="1",
        sitoo_events_user=EVENTS_USER,
        sitoo_events_password=EVENTS_PASSWORD,
    )


def _parameters(env: LocalEnv) -> dict[str, str]:
    return {
        "Runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "CentraGraphqlUrl": env.centra_graphql_url,
        "SitooBaseUrl": env.sitoo_base_url,
        "SitooSiteIds": env.sitoo_site_id,
    }


def _baseline(like: FunctionSpec) -> FunctionSpec:
    code = _compiled("baseline_function")
    return replace(like, logical="Baseline", name="baseline", handler="app.handler", code=code, python_path=(code,))


def _compiled(name: str) -> Path:
    """A copy of a function of this folder, precompiled as `make build` does it."""
    target = FOLDER / name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(Path(__file__).parent / name, target, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(target, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    return target
