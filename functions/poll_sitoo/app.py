"""Each minute: one nudge per site, so that a lost event costs a minute and never a sale."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from connector.flows.nudge_store_stock import nudge_store_stock
from connector.runtime.aws_clients import sqs_client
from connector.runtime.front_door import site_ids
from connector.runtime.sqs_queues import SqsQueues, queue_urls


@cache
def _queues() -> SqsQueues:
    return SqsQueues(sqs_client(), queue_urls(os.environ), {})


def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Raises when a nudge was not stored: Lambda calls again once, then puts the call on ScheduleDlq. The next minute comes anyway."""
    sites = site_ids(os.environ)
    nudge_store_stock(_queues(), sites, "poll")
    return {"nudged": list(sites)}
