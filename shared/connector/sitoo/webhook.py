"""Sitoo's event calls: Basic credentials and the event array. Standard library only: the receiver's start-up time depends on it."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any


class Unparsable(ValueError):
    """The body is not a JSON array of events."""


def verify(header: str | None, accepted: Sequence[tuple[str, str]]) -> bool:
    """Check an `Authorization` header against every accepted (user, password), in constant time."""
    scheme, _, encoded = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    # A list, so that the time does not tell which pair matched.
    matches = [hmac.compare_digest(f"{user}:{password}".encode(), given) for user, password in accepted]
    return any(matches)


def accepted_credentials(secret: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The current and, during a rotation, the previous (user, password).

    Raises KeyError or ValueError when there is none: empty ones would accept anybody.
    """
    if not secret["events_user"] or not secret["events_password"]:
        raise ValueError("events_user or events_password is empty")
    pairs = [(str(secret["events_user"]), str(secret["events_password"]))]
    if previous := secret.get("events_password_previous"):
        pairs.append((str(secret.get("events_user_previous") or secret["events_user"]), str(previous)))
    return pairs


def parse_events(body: bytes) -> list[Any]:
    """The entries of the array, unchecked. Raises `Unparsable`."""
    try:
        document = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unparsable(type(error).__name__) from error
    if not isinstance(document, list):
        raise Unparsable("no event list")
    return document
