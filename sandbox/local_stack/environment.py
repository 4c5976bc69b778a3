"""The file that names the vendors for a local stack: KEY=VALUE lines, `#` comments, values optionally quoted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

_REQUIRED = (
    "CENTRA_GRAPHQL_URL",
    "CENTRA_TOKEN",
    "CENTRA_WEBHOOK_SECRET",
    "SITOO_BASE_URL",
    "SITOO_API_ID",
    "SITOO_PASSWORD",
    "SITOO_SITE_ID",
    "SITOO_EVENTS_USER",
    "SITOO_EVENTS_PASSWORD",
)
_HOW = "docs/local-stack.md says what belongs into the file, with an example."
_OPTIONAL = ("CENTRA_ORDER_API_URL", "CENTRA_ORDER_API_SECRET", "SITOO_ORDERS_API_ID", "SITOO_ORDERS_PASSWORD", "MAPPING_FILE", "PORT")


SHOWN = 5
"""Complaints told at once: a file that is something else altogether has one for each of its lines."""


class EnvironmentIncomplete(ValueError):
    """The file is missing, lacks keys, has unknown ones, or has lines that are no KEY=VALUE; the message lists the first few and counts the rest."""


@dataclass(frozen=True, slots=True)
class LocalEnv:
    """Which vendors the stack talks to, with which credentials. `sitoo_base_url` ends in `/v2/accounts/{id}`; `port` 0 takes a free one."""

    centra_graphql_url: str
    centra_token: str
    centra_webhook_secret: str
    sitoo_base_url: str
    sitoo_api_id: str
    sitoo_password: str
    sitoo_site_id: str
    sitoo_events_user: str
    sitoo_events_password: str
    centra_order_api_url: str = ""
    centra_order_api_secret: str = ""
    sitoo_orders_api_id: str = ""
    sitoo_orders_password: str = ""
    mapping_file: str = ""
    port: int = 3000

    def centra_secret(self) -> str:
        """The JSON kept in Secrets Manager for Centra; with the Order API's secret when the client uses it."""
        order_api = {"order_api_secret": self.centra_order_api_secret} if self.centra_order_api_secret else {}
        return json.dumps({"token": self.centra_token, "webhook_secret": self.centra_webhook_secret, **order_api})

    def sitoo_secret(self) -> str:
        """The JSON kept in Secrets Manager for Sitoo: the API user `default` and, when it is named, one called `orders`."""
        users = {"default": {"api_id": self.sitoo_api_id, "password": self.sitoo_password}}
        if self.sitoo_orders_api_id:
            users["orders"] = {"api_id": self.sitoo_orders_api_id, "password": self.sitoo_orders_password}
        return json.dumps(
            {
                "api_users": users,
                "events_user": self.sitoo_events_user,
                "events_password": self.sitoo_events_password,
            }
        )


def read_env_file(path: Path) -> LocalEnv:
    """Raises EnvironmentIncomplete."""
    values: dict[str, str] = {}
    problems: list[str] = []
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text file"
        raise EnvironmentIncomplete(f"{path} cannot be read: {why}. {_HOW}") from error
    for number, raw in enumerate(content.splitlines(), start=1):
        line = raw.strip().removeprefix("export ").strip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals:
            problems.append(f"line {number} is no KEY=VALUE")
        elif key not in _REQUIRED and key not in _OPTIONAL:
            problems.append(f"line {number}: unknown key {key}")
        else:
            quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "'\""
            values[key] = value[1:-1] if quoted else value
    missing = [key for key in _REQUIRED if not values.get(key)]
    if missing:
        problems.insert(0, f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    port = values.pop("PORT", "3000")
    if not port.isdecimal() or int(port) > 65535:
        problems.append(f"PORT must be 0 to 65535, not {port}")
    if problems:
        more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise EnvironmentIncomplete(f"{path}: " + "; ".join(problems[:SHOWN]) + f"{more}. {_HOW}")
    return LocalEnv(**{key.lower(): value for key, value in values.items()}, port=int(port))
