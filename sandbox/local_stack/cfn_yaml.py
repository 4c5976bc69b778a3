"""Read CloudFormation YAML: short tags (`!Ref x`) become their long form (`{"Ref": "x"}`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


class CloudFormationLoader(yaml.SafeLoader):
    """SafeLoader that knows CloudFormation's tags."""


def _tag(loader: CloudFormationLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


CloudFormationLoader.add_multi_constructor("!", _tag)


def read(path: Path) -> dict[str, Any]:
    """The template as plain data. Raises yaml.YAMLError, or ValueError when the file is not a template."""
    with path.open(encoding="utf-8") as file:
        document = yaml.load(file, Loader=CloudFormationLoader)
    if not isinstance(document, dict) or "Resources" not in document:
        raise ValueError(f"{path} is not a CloudFormation template: no Resources")
    return document
