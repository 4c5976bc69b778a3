"""Where a stack's tables, queues and secrets are: the running local stack, or a deployed one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from connector.runtime.queues import Work
from ops.connection import Refusal

LOCAL_STACK_FILE = Path(__file__).parents[1] / "build/local/stack.json"
TABLES = ("SkuMap", "Mappings", "Cursors", "OrderLinks", "StockLevels", "Exceptions", "ApiBudget")


@dataclass(frozen=True, slots=True)
class Stack:
    """`tables` by logical id; `secrets` has the names under "centra" and "sitoo"; `variables` lead boto3 to the right AWS (empty: its defaults)."""

    tables: Mapping[str, str]
    queues: Mapping[Work, str]
    dead_letter_queues: Mapping[Work, str]
    centra_graphql_url: str
    sitoo_base_url: str
    secrets: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)


def local_stack(path: Path | None = None) -> Stack:
    """The stack described in `path` (None: where the local stack writes it). Raises Refusal when none runs."""
    path = path or LOCAL_STACK_FILE
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refusal(f"No local stack runs here ({path} cannot be read): start it with `make local ENV=FILE` or `make demo`.") from error
    if not _alive(described.get("pid")):
        raise Refusal(f"The local stack described in {path} runs no more: start it again with `make local ENV=FILE` or `make demo`.")
    variables = {"AWS_ENDPOINT_URL": described["endpoint"], "AWS_DEFAULT_REGION": described["region"]} | described.get("variables", {})
    return Stack(
        tables=described["tables"],
        queues=_by_work(described["queues"]),
        dead_letter_queues=_by_work(described["dlqs"]),
        centra_graphql_url=described["centra_graphql_url"],
        sitoo_base_url=described["sitoo_base_url"],
        secrets=described["secrets"],
        variables=variables,
    )


def deployed_stack(stage: str) -> Stack:
    """The CloudFormation stack `centra-sitoo-<stage>` of the account and region that boto3 finds. Raises Refusal."""
    name = f"centra-sitoo-{stage}"
    cloudformation: Any = boto3.client("cloudformation")
    try:
        described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        resources = {
            r["LogicalResourceId"]: r["PhysicalResourceId"] for page in pages for r in page["StackResourceSummaries"] if "PhysicalResourceId" in r
        }
    except ClientError as error:
        if error.response["Error"].get("Code") != "ValidationError":
            raise
        raise Refusal(
            f"The stack {name} cannot be read: {error.response['Error']['Message']}. Are the AWS account (AWS_PROFILE) and region"
            " (AWS_DEFAULT_REGION) the ones it was deployed to?"
        ) from error
    return from_resources(name, resources, {p["ParameterKey"]: p["ParameterValue"] for p in described.get("Parameters", [])})


def from_resources(name: str, resources: Mapping[str, str], parameters: Mapping[str, str]) -> Stack:
    """Logical ids as in template.yaml; the physical id of a queue is its URL. Raises Refusal, naming what is missing."""
    missing = [logical for logical in (*TABLES, *(queue_id(w) for w in Work), *(queue_id(w, "Dlq") for w in Work)) if logical not in resources]
    if missing:
        raise Refusal(f"The stack {name} has no {', '.join(missing)}: was it deployed from another version?")
    return Stack(
        tables={logical: resources[logical] for logical in TABLES},
        queues={work: resources[queue_id(work)] for work in Work},
        dead_letter_queues={work: resources[queue_id(work, "Dlq")] for work in Work},
        centra_graphql_url=parameters["CentraGraphqlUrl"],
        sitoo_base_url=parameters["SitooBaseUrl"],
        secrets={"centra": parameters["SecretCentra"], "sitoo": parameters["SecretSitoo"]},
    )


def queue_id(work: Work, ending: str = "Queue") -> str:
    """`store_stock` → StoreStockQueue."""
    return "".join(part.capitalize() for part in work.value.split("_")) + ending


def _by_work(urls: Mapping[str, str]) -> dict[Work, str]:
    """Other queues (what the scheduler could not deliver) are none of ours."""
    return {work: urls[work.value] for work in Work if work.value in urls}


def _alive(pid: object) -> bool:
    if not isinstance(pid, int):
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
