"""The returns queue: till sales go into the books, refunds at tills become returns in Centra, returns in Centra are recorded in Sitoo."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from connector.flows.orders.take_order_messages import OrderMessage
from connector.flows.orders.wiring import OrderFunction
from connector.flows.returns.take_return_messages import take_return_messages
from connector.runtime.dead_letters import exception_id_of
from connector.runtime.observability import logger


@cache
def _function() -> OrderFunction:
    return OrderFunction(os.environ, by="sync_return", wanted=lambda switches: switches.sync_returns or switches.sync_orders)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A batch of the queue; answers the messages that must be delivered again."""
    function = _function()
    messages = [OrderMessage(r["messageId"], r["body"], exception_id_of(r.get("messageAttributes", {}))) for r in event["Records"]]
    ends_at = function.ends_at(context.get_remaining_time_in_millis())
    taken = take_return_messages(messages, function.context_of, function.sites, ends_at=ends_at)
    logger().info("returns taken", failed=len(taken.failed), done=taken.done, later=taken.later, ignored=taken.ignored, passed_on=taken.passed_on)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in taken.failed]}
