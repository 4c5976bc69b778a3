"""A vendor's webhook credentials from Secrets Manager, kept in memory and re-read when a caller seems to know newer ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from connector.runtime.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEEP_S = 300.0
REREAD_GAP_S = 30.0
"""At most one read in this time because of a refused caller: a flood of bad calls must not exhaust Secrets Manager."""

Secret = Mapping[str, Any]


class WebhookSecret:
    """Raises whatever the read raises: the caller answers 503, never 401, when it cannot know."""

    def __init__(self, read: Callable[[], Secret], clock: Clock) -> None:
        self._read, self._clock = read, clock
        self._secret: Secret | None = None
        self._read_at = 0.0
        self._reread_at: float | None = None

    def current(self) -> Secret:
        if self._secret is None or self._clock.now() - self._read_at >= KEEP_S:
            return self._refresh()
        return self._secret

    def newer(self) -> Secret | None:
        """The secret read again because a caller was refused, or None when that was done less than `REREAD_GAP_S` ago.

        An ordinary read does not count, however recent: the secret may have changed just after it.
        """
        if self._reread_at is not None and self._clock.now() - self._reread_at < REREAD_GAP_S:
            return None
        newer = self._refresh()
        self._reread_at = self._read_at
        return newer

    def _refresh(self) -> Secret:
        self._secret = self._read()
        self._read_at = self._clock.now()
        return self._secret


def secret_reader(client: SecretsManagerClient, name: str) -> Callable[[], Secret]:
    """Reads the JSON object stored under `name`."""

    def read() -> Secret:
        document = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
        if not isinstance(document, dict):
            raise TypeError(f"secret {name} is no JSON object")
        return document

    return read
