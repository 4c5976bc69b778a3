"""Centra's dates: ISO 8601 with offset and whole seconds; dates without offset are in the instance's zone."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

INSTANCE_ZONE = timezone(timedelta(hours=1))
INSTANCE_ZONE_NAME = "Europe/Stockholm"


def to_iso(moment: float) -> str:
    """Unix seconds → `2023-01-16T10:31:34+01:00` (fractions are cut off)."""
    return datetime.fromtimestamp(int(moment), INSTANCE_ZONE).isoformat()


def from_text(text: str) -> float:
    """ISO 8601 or `YYYY-MM-DD HH:MM:SS` → unix seconds; ValueError when it is neither."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=INSTANCE_ZONE)).timestamp()


def webhook_date(moment: float) -> str:
    """The `date` of a webhook event: microseconds and no zone."""
    return datetime.fromtimestamp(moment, INSTANCE_ZONE).strftime("%Y-%m-%d %H:%M:%S.%f")


def retry_after(form: str, now: float, until: float) -> str | None:
    """The Retry-After header in one of its plausible forms (None: no header), never earlier than `until`."""
    if form == "delta":
        return str(max(1, math.ceil(until - now)))
    if form == "epoch":
        return str(math.ceil(until))
    if form == "http_date":
        return format_datetime(datetime.fromtimestamp(math.ceil(until), UTC), usegmt=True)
    return None
