"""Resolve CloudFormation's intrinsic functions to the local stack's values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

ACCOUNT = "123456789012"
_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")
_NO_VALUE = object()


class Unresolvable(ValueError):
    """The template uses something that the local stack does not know; the message names it."""


class Resolver:
    """Values of Ref, GetAtt, Sub, Join, Select, Split, If and conditions for one template.

    `parameters` overrides the defaults of the template; a parameter with neither is an empty string.
    A resource is named by its own name property, else by its logical id.
    """

    def __init__(self, template: Mapping[str, Any], region: str, endpoint: str, parameters: Mapping[str, str]) -> None:
        self.region, self._endpoint = region, endpoint
        self._resources: Mapping[str, Any] = template["Resources"]
        self._conditions: Mapping[str, Any] = template.get("Conditions", {})
        self._mappings: Mapping[str, Any] = template.get("Mappings", {})
        defaults = {name: str(p.get("Default", "")) for name, p in template.get("Parameters", {}).items()}
        self._values: dict[str, Any] = {
            **defaults,
            **parameters,
            "AWS::Region": region,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::StackName": "local",
            "AWS::StackId": f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/local/0",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::NoValue": _NO_VALUE,
        }

    def value(self, node: Any) -> Any:
        """`node` with every intrinsic function replaced; entries that are AWS::NoValue are left out."""
        if isinstance(node, Mapping):
            if len(node) == 1:
                name, argument = next(iter(node.items()))
                if name == "Ref" or str(name).startswith("Fn::"):
                    return self._function(str(name), argument)
            resolved = {key: self.value(item) for key, item in node.items()}
            return {key: item for key, item in resolved.items() if item is not _NO_VALUE}
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not _NO_VALUE]
        return node

    def included(self, resource: Mapping[str, Any]) -> bool:
        """Is this resource created, given its Condition?"""
        return "Condition" not in resource or self.condition(resource["Condition"])

    def condition(self, node: Any) -> bool:
        if isinstance(node, str):
            if node not in self._conditions:
                raise Unresolvable(f"unknown condition {node}")
            return self.condition(self._conditions[node])
        name, argument = next(iter(node.items()))
        match name:
            case "Condition":
                return self.condition(argument)
            case "Fn::Equals":
                left, right = map(self.value, argument)
                return bool(left == right)
            case "Fn::Not":
                return not self.condition(argument[0])
            case "Fn::And":
                return all(map(self.condition, argument))
            case "Fn::Or":
                return any(map(self.condition, argument))
        raise Unresolvable(f"unknown condition function {name}")

    def name(self, logical: str) -> str:
        """The physical name of a resource."""
        properties = self._resources[logical].get("Properties", {})
        for key in ("FunctionName", "TableName", "QueueName", "TopicName", "LogGroupName", "Name", "BucketName", "RoleName"):
            if key in properties:
                return str(self.value(properties[key]))
        return logical

    def arn(self, logical: str) -> str:
        kind, name = self._resources[logical]["Type"], self.name(logical)
        place = f"{self.region}:{ACCOUNT}"
        arns = {
            "AWS::SQS::Queue": f"arn:aws:sqs:{place}:{name}",
            "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{place}:table/{name}",
            "AWS::Serverless::Function": f"arn:aws:lambda:{place}:function:{name}",
            "AWS::SNS::Topic": f"arn:aws:sns:{place}:{name}",
            "AWS::Logs::LogGroup": f"arn:aws:logs:{place}:log-group:{name}:*",
            "AWS::S3::Bucket": f"arn:aws:s3:::{name}",
            "AWS::Events::EventBus": f"arn:aws:events:{place}:event-bus/{name}",
            "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        }
        return arns.get(kind, f"arn:aws:local:{place}:{name}")

    def _function(self, name: str, argument: Any) -> Any:
        match name:
            case "Ref":
                return self._ref(argument)
            case "Fn::GetAtt":
                logical, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
                return self._attribute(logical, attribute)
            case "Fn::Sub":
                return self._sub(argument)
            case "Fn::Join":
                separator, items = argument
                return str(separator).join(str(item) for item in self.value(items))
            case "Fn::Select":
                index, items = argument
                return self.value(items)[int(self.value(index))]
            case "Fn::Split":
                separator, text = argument
                return str(self.value(text)).split(separator)
            case "Fn::If":
                condition, then, otherwise = argument
                return self.value(then if self.condition(condition) else otherwise)
            case "Fn::FindInMap":
                table, key, entry = map(self.value, argument)
                return self._mappings[table][key][entry]
        raise Unresolvable(f"the local stack cannot resolve {name}")

    def _ref(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        if name not in self._resources:
            raise Unresolvable(f"Ref to unknown {name}")
        kind = self._resources[name]["Type"]
        if kind == "AWS::SQS::Queue":
            return f"{self._endpoint}/{ACCOUNT}/{self.name(name)}"
        return self.arn(name) if kind == "AWS::SNS::Topic" else self.name(name)

    def _attribute(self, logical: str, attribute: str) -> Any:
        if logical not in self._resources:
            raise Unresolvable(f"GetAtt to unknown {logical}")
        match attribute:
            case "Arn" | "TopicArn":
                return self.arn(logical)
            case "QueueName" | "TopicName" | "Name":
                return self.name(logical)
            case "QueueUrl":
                return self._ref(logical)
        raise Unresolvable(f"the local stack cannot resolve {logical}.{attribute}")

    def _sub(self, argument: Any) -> str:
        text, extra = (argument[0], self.value(argument[1])) if isinstance(argument, list) else (argument, {})

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in extra:
                return str(extra[name])
            if "." in name:
                logical, attribute = name.split(".", 1)
                return str(self._attribute(logical, attribute))
            return str(self._ref(name))

        return _VARIABLE.sub(replace, str(text))
