"""POST /webhooks/sitoo/events: verify, store on a queue, answer 200 | 401 | 413, and 503 for whatever else happens."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import cache
from typing import Any

LOG = logging.getLogger("sitoo_webhook")
_UNAVAILABLE = {"statusCode": 503, "headers": {"Retry-After": "5"}, "body": "", "isBase64Encoded": False}


@cache
def _receiver() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Import and connect. What fails is not cached: the next invocation tries again."""
    from connector.flows.receive_sitoo_events import WORKS, receive_sitoo_events
    from connector.runtime.front_door import open_front_door
    from connector.runtime.reception import reception

    door = open_front_door(os.environ, credentials="SECRET_SITOO", works=WORKS)
    return reception("sitoo", lambda request: receive_sitoo_events(request, door))


try:
    _receiver()
except Exception:
    LOG.exception("start-up failed, tried again at the next call")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    try:
        return _receiver()(event)
    except Exception as error:
        LOG.exception("not stored, answered 503", exc_info=_without_text(error))
        return _UNAVAILABLE


def _without_text(error: Exception) -> Exception:
    """Where it happened and of which type, but not its text, which may quote what the vendor sent."""
    return RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
