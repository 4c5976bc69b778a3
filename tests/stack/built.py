"""The built functions of this project for tests: a copy that nobody else changes, and what tests change in its template."""

from __future__ import annotations

import copy
import fcntl
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox.local_stack import cfn_yaml
from tools import build

RECEIVERS = ("CentraWebhook", "SitooWebhook")
CALL_LIMIT_S = 1
"""The timeout of a receiver that is too slow for it."""

Properties = dict[str, Any]


def copy_of_build(into: Path) -> Path:
    """The folder of an up-to-date build; another build may run, and swap its result in, at any time."""
    build.build(build.runtime_at_hand(), build.architecture_at_hand())
    with (build.WORK / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        shutil.copytree(build.BUILD, into)
    return into


def without_triggers(built: Path, variables: Mapping[str, str], *functions: str) -> Properties:
    """The built template with `variables` for all functions; `functions` are not started by queues or schedules."""
    template = cfn_yaml.read(built / "template.yaml")
    template["Globals"]["Function"]["Environment"]["Variables"].update(variables)
    for name in functions:
        del template["Resources"][name]["Properties"]["Events"]
    return template


def with_broken_receivers(template: Properties, built: Path, refusing: str) -> Properties:
    """Each receiver again, once per way to be broken, at /<way> before its path; `refusing`: a URL where nobody listens."""
    resources, ways = template["Resources"], _ways(built, refusing)
    layers = template["Globals"]["Function"].pop("Layers")
    resources["BrokenLayer"] = copy.deepcopy(resources["ConnectorLayer"])
    resources["BrokenLayer"]["Properties"]["ContentUri"] = "BrokenLayer"
    for name in [name for name, resource in resources.items() if resource["Type"] == "AWS::Serverless::Function"]:
        resources[name]["Properties"]["Layers"] = layers
    for name in RECEIVERS:
        for way, change in ways.items():
            resource = copy.deepcopy(resources[name])
            route = resource["Properties"]["Events"]["Post"]["Properties"]
            route["Path"] = f"/{way}{route['Path']}"
            change(resource["Properties"])
            resources[broken_name(name, way)] = resource
    return template


def broken_name(receiver: str, way: str) -> str:
    return f"{receiver}{way.capitalize()}"


def write(template: Properties, built: Path) -> Path:
    path = built / "changed.yaml"
    path.write_text(yaml.safe_dump(template), encoding="utf-8")
    return path


def _ways(built: Path, refusing: str) -> dict[str, Callable[[Properties], None]]:
    _break_module(built / "ConnectorLayer", built / "BrokenLayer", "python/connector/runtime/sqs_queues.py")
    _break_module(built / "CentraWebhook", built / "BrokenCode", "app.py")

    def unset(properties: Properties) -> None:
        del properties["Environment"]["Variables"]["QUEUE_UNKNOWN"]

    def unreachable(properties: Properties) -> None:
        properties["Environment"]["Variables"]["AWS_ENDPOINT_URL_SQS"] = refusing

    return {
        "unset": unset,
        "unreachable": unreachable,
        "layer": lambda properties: properties.update(Layers=[{"Ref": "BrokenLayer"}]),
        "code": lambda properties: properties.update(CodeUri="BrokenCode"),
        "hasty": lambda properties: properties.update(Timeout=CALL_LIMIT_S),
    }


def _break_module(whole: Path, broken: Path, module: str) -> None:
    """A copy of `whole` in which importing `module` fails."""
    shutil.copytree(whole, broken, copy_function=os.link)
    path = broken / module
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        compiled.unlink()
    path.unlink()
    path.write_text('raise ImportError("broken")\n', encoding="utf-8")
