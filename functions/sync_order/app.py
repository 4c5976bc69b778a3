"""The orders queue: brings each web order to the store that fulfils it, and what changed about it."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from connector.flows.orders.take_order_messages import OrderMessage, take_order_messages
from connector.flows.orders.wiring import OrderFunction
from connector.runtime.dead_letters import exception_id_of
from connector.runtime.observability import logger


@cache
def _function() -> OrderFunction:
    return OrderFunction(os.environ, by="sync_order", wanted=lambda switches: switches.sync_orders)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A batch of the queue; answers the messages that must be delivered again."""
    function = _function()
    messages = [OrderMessage(r["messageId"], r["body"], exception_id_of(r.get("messageAttributes", {}))) for r in event["Records"]]
    ends_at = function.ends_at(context.get_remaining_time_in_millis())
    taken = take_order_messages(messages, function.context_of, function.sites, ends_at=ends_at)
    logger().info("orders taken", failed=len(taken.failed), done=taken.done, later=taken.later, ignored=taken.ignored)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in taken.failed]}
