"""build/local/stack.json: how others (`ops --local`) find the running stack. Absent when none runs; a killed stack leaves it, with a dead `pid`.

Keys: `endpoint` (the local AWS), `region`, `tables` {logical id: name}, `queues` {kind of work: URL}, `dlqs` {kind of work: URL}, `buses`
{logical id: name}, `gateway` (URL), `centra_graphql_url`, `centra_order_api_url` ('' without), `sitoo_base_url`, `secrets` {"centra": name,
"sitoo": name}, `variables` (AWS_… variables that lead to the local AWS), `pid`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.local_stack.aws import LocalAws
from sandbox.local_stack.environment import LocalEnv
from sandbox.local_stack.template import StackTemplate, work_of


def describe(
    template: StackTemplate, aws: LocalAws, env: LocalEnv, queue_urls: Mapping[str, str], secrets: Mapping[str, str], gateway_url: str, pid: int
) -> dict[str, Any]:
    return {
        "endpoint": aws.endpoint,
        "region": aws.region,
        "tables": {logical: table.name for logical, table in template.tables.items()},
        "queues": {work_of(logical): url for logical, url in queue_urls.items() if work_of(logical)},
        "dlqs": {work_of(logical, "Dlq"): url for logical, url in queue_urls.items() if work_of(logical, "Dlq")},
        "buses": dict(template.buses),
        "gateway": gateway_url,
        "centra_graphql_url": env.centra_graphql_url,
        "centra_order_api_url": env.centra_order_api_url,
        "sitoo_base_url": env.sitoo_base_url,
        "secrets": dict(secrets),
        "variables": aws.variables(),
        "pid": pid,
    }


def write(path: Path, description: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)
