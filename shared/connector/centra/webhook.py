"""Centra's webhook signature and event list. Standard library only: the receiver's start-up time depends on it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any
from urllib.parse import parse_qs

SIGNATURE_HEADER = "x-centra-signature"
TOLERANCE_S = 300
"""How far `t` may be from now, either way (the vendor's own sample handler uses 5 minutes)."""


class Verdict(Enum):
    """WRONG may become valid with a newer secret; STALE and MALFORMED cannot."""

    VALID = "valid"
    WRONG = "wrong signature"
    STALE = "stale timestamp"
    MALFORMED = "no usable signature header"


class Unparsable(ValueError):
    """The body is not the documented form field with an event list."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`hex(HMAC-SHA256(secret, t + "." + raw body))`."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def verify(header: str | None, body: bytes, secrets: Sequence[str], now: float) -> Verdict:
    """Check `t=<unix s>,v1=<hex>` over the raw body (form encoding included) against every accepted secret, in constant time."""
    parts = [part.strip().partition("=") for part in (header or "").split(",")]
    timestamp = next((value for name, _, value in parts if name == "t"), "")
    given = [value.lower().encode("utf-8", "surrogatepass") for name, _, value in parts if name == "v1"]
    if not given or not _is_timestamp(timestamp):
        return Verdict.MALFORMED
    expected = [signature(secret, timestamp, body).encode() for secret in secrets]
    # A list, so that the time does not tell which secret matched.
    matches = [hmac.compare_digest(mine, theirs) for mine in expected for theirs in given]
    if not any(matches):
        return Verdict.WRONG
    return Verdict.VALID if abs(now - int(timestamp)) <= TOLERANCE_S else Verdict.STALE


def accepted_secrets(secret: Mapping[str, Any]) -> list[str]:
    """The current and, during a rotation, the previous endpoint secret.

    Raises KeyError or ValueError when there is none: an empty key would accept anybody.
    """
    if not secret["webhook_secret"]:
        raise ValueError("webhook_secret is empty")
    return [str(secret[name]) for name in ("webhook_secret", "webhook_secret_previous") if secret.get(name)]


def parse_events(body: bytes) -> list[Any]:
    """The entries of `{"events": […]}` in form field `payload`, unchecked. Raises `Unparsable`."""
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=20)
        document = json.loads(fields["payload"][0])
    except (ValueError, KeyError, RecursionError) as error:
        raise Unparsable(type(error).__name__) from error
    events = document.get("events") if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise Unparsable("no event list")
    return events


def _is_timestamp(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
