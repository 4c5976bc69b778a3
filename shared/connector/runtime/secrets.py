"""The vendors' API credentials from Secrets Manager, in the shapes the clients ask for. Kept 5 minutes; read again when a vendor refuses them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.runtime.webhook_secret import WebhookSecret

DEFAULT_USER = "default"


class BadSecret(Exception):
    """A secret lacks a key that is needed. The text names the key, never a value."""


class CentraToken:
    """Implements centra.ports.Token over {"token": …}."""

    def __init__(self, secret: WebhookSecret) -> None:
        self._secret = secret

    def current(self) -> str:
        return _text(self._secret.current(), "token")

    def newer(self) -> str | None:
        document = self._secret.newer()
        return None if document is None else _text(document, "token")


class OrderApiSecret:
    """Implements centra.ports.Token over the {"order_api_secret": …} of the same secret, for Centra's Order API."""

    def __init__(self, secret: WebhookSecret) -> None:
        self._secret = secret

    def known(self) -> bool:
        """Whether the secret holds one: not every client uses the Order API."""
        return bool(self._secret.current().get("order_api_secret"))

    def current(self) -> str:
        return _text(self._secret.current(), "order_api_secret")

    def newer(self) -> str | None:
        document = self._secret.newer()
        return None if document is None else _text(document, "order_api_secret")


class SitooUser:
    """Implements sitoo.ports.Credentials for one API user of {"api_users": {name: {"api_id": …, "password": …}}}."""

    def __init__(self, secret: WebhookSecret, name: str = DEFAULT_USER) -> None:
        self._secret, self._name = secret, name

    def current(self) -> tuple[str, str]:
        return self._pair(self._secret.current())

    def newer(self) -> tuple[str, str] | None:
        document = self._secret.newer()
        return None if document is None else self._pair(document)

    def _pair(self, document: Mapping[str, Any]) -> tuple[str, str]:
        users = document.get("api_users")
        user = users.get(self._name) if isinstance(users, Mapping) else None
        if not isinstance(user, Mapping):
            raise BadSecret(f"the Sitoo secret has no api_users.{self._name}")
        return _text(user, "api_id"), _text(user, "password")


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise BadSecret(f"a vendor secret has no {key}")
    return value
