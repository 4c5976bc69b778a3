"""The store-stock queue: nudges, watchdogs and single SKUs; brings Centra to what the stores have."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from wiring import StockFunction

from connector.flows.take_stock_messages import StockMessage, Taken, take_stock_messages
from connector.runtime.dead_letters import EXCEPTION_ID
from connector.runtime.observability import logger

MARGIN_S = 1.0
"""Kept from the function's time to report and answer."""


@cache
def _function() -> StockFunction:
    return StockFunction(os.environ)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A batch of the queue; answers the messages that must be delivered again."""
    function = _function()
    messages = [_message(record) for record in event["Records"]]
    ends_at = function.clock.now() + context.get_remaining_time_in_millis() / 1000 - MARGIN_S
    taken = take_stock_messages(messages, function.context_of, ends_at=ends_at)
    _report(taken)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in taken.failed]}


def _message(record: dict[str, Any]) -> StockMessage:
    attribute = record.get("messageAttributes", {}).get(EXCEPTION_ID, {})
    return StockMessage(record["messageId"], record["body"], attribute.get("stringValue"))


def _report(taken: Taken) -> None:
    for drained in taken.drained:
        logger().info(
            "drained",
            ended=drained.ended.value,
            passes=drained.passes,
            movements=drained.movements,
            sizes=drained.sizes,
            mutations=drained.mutations,
            error=drained.error,
        )
    if taken.failed or taken.ignored:
        logger().warning("messages not taken", failed=len(taken.failed), ignored=taken.ignored)
