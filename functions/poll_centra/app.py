"""Each minute: what Centra's webhooks lost is found, and orders whose time has come are looked at again."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from connector.flows.orders.poll_centra import poll_centra
from connector.flows.orders.wiring import OrderFunction
from connector.runtime.observability import logger


@cache
def _function() -> OrderFunction:
    return OrderFunction(os.environ, by="poll_centra", wanted=lambda switches: switches.sync_orders or switches.sync_returns)


def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Raises when a vendor or a queue failed: Lambda calls again once, then puts the call on ScheduleDlq. The next minute goes on from the cursor."""
    function = _function()
    found = {str(ctx.site.id): poll_centra(ctx) for ctx in map(function.context_of, function.sites) if ctx is not None}
    logger().info("polled", sites=found)
    return {"polled": found}
