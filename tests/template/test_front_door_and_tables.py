"""The API in front, the tables behind, and the parameters people set."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.template.conftest import Template

ROOT = Path(__file__).resolve().parents[2]
# Every gateway response type that answers 5XX unless the template says otherwise.
FAILURES = {
    "DEFAULT_5XX",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
}
TABLES = {"SkuMap", "Mappings", "Cursors", "OrderLinks", "StockLevels", "Exceptions", "ApiBudget", "SalesLedger"}
SAMCONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))


def test_whatever_fails_answers_503(template: Template) -> None:
    responses = template.resources["FrontDoor"]["Properties"]["GatewayResponses"]
    assert responses == {kind: {"StatusCode": 503} for kind in FAILURES}


def test_bodies_arrive_as_they_were_signed(template: Template) -> None:
    assert template.resources["FrontDoor"]["Properties"]["BinaryMediaTypes"] == ["*~1*"]


def test_routes(template: Template) -> None:
    routes = {
        (event["Properties"]["Method"], event["Properties"]["Path"]): function
        for function, properties in template.functions.items()
        for event in properties["Events"].values()
        if event["Type"] == "Api"
    }
    assert routes == {("POST", "/webhooks/centra"): "CentraWebhook", ("POST", "/webhooks/sitoo/events"): "SitooWebhook"}


def test_tables(template: Template) -> None:
    tables = template.of_type("AWS::DynamoDB::Table")
    assert set(tables) == TABLES
    for name, table in tables.items():
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}], name
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert table["SSESpecification"] == {"SSEEnabled": True}, name
        assert template.resources[name]["DeletionPolicy"] == "Retain", name


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_each_stage_sets_parameters_that_exist_and_are_allowed(template: Template, stage: str) -> None:
    given = dict(pair.split("=", 1) for pair in SAMCONFIG[stage]["deploy"]["parameters"]["parameter_overrides"])
    assert given["Stage"] == stage
    for name, value in given.items():
        assert allowed(template.parameters[name], value), f"{name}={value}"


def test_defaults_are_allowed(template: Template) -> None:
    for name, parameter in template.parameters.items():
        assert allowed(parameter, str(parameter["Default"])), name


def allowed(parameter: dict[str, Any], value: str) -> bool:
    choices = [str(choice) for choice in parameter.get("AllowedValues", [value])]
    return value in choices and re.search(parameter.get("AllowedPattern", ""), value) is not None
