"""template.yaml as plain data: `!Ref X` is {"Ref": "X"}, `!GetAtt A.B` is {"Fn::GetAtt": "A.B"}, `!Sub s` is {"Fn::Sub": s}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


class TemplateLoader(yaml.SafeLoader):
    pass


def construct_intrinsic(loader: TemplateLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        raise yaml.constructor.ConstructorError(None, None, f"!{suffix} of a mapping is not used here", node.start_mark)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


TemplateLoader.add_multi_constructor("!", construct_intrinsic)


class Template:
    """The template and the questions its rules ask."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.parameters: dict[str, dict[str, Any]] = document["Parameters"]
        self.resources: dict[str, dict[str, Any]] = document["Resources"]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Logical id → properties."""
        return {name: resource.get("Properties", {}) for name, resource in self.resources.items() if resource["Type"] == kind}

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        return self.of_type("AWS::Serverless::Function")

    @property
    def queues(self) -> dict[str, dict[str, Any]]:
        return self.of_type("AWS::SQS::Queue")

    @property
    def work_queues(self) -> dict[str, dict[str, Any]]:
        return {name: queue for name, queue in self.queues.items() if not name.endswith("Dlq")}

    def queue_sources(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(function, queue, properties of the event source mapping)."""
        return [
            (name, event["Properties"]["Queue"]["Fn::GetAtt"].removesuffix(".Arn"), event["Properties"])
            for name, function in self.functions.items()
            for event in function.get("Events", {}).values()
            if event["Type"] == "SQS"
        ]

    def role_of(self, function: str) -> str:
        role: str = self.functions[function]["Role"]["Fn::GetAtt"]
        return role.removesuffix(".Arn")

    def statements(self, role: str) -> list[dict[str, Any]]:
        policies = self.resources[role]["Properties"]["Policies"]
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    def granted(self, role: str) -> set[tuple[str, str]]:
        """(action, resource as written) for everything `role` may do."""
        pairs = set()
        for statement in self.statements(role):
            resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            pairs |= {(action, next(iter(resource.values()))) for action in statement["Action"] for resource in resources}
        return pairs

    def variables(self, function: str) -> dict[str, Any]:
        variables: dict[str, Any] = self.functions[function].get("Environment", {}).get("Variables", {})
        return variables


@pytest.fixture(scope="session")
def template() -> Template:
    return Template(yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), TemplateLoader))
