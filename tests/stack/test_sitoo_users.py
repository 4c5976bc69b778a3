"""The API users of Sitoo that a local stack may have."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.local_stack.environment import read_env_file

NEEDED = """CENTRA_GRAPHQL_URL=http://centra
CENTRA_TOKEN=t
CENTRA_WEBHOOK_SECRET=w
SITOO_BASE_URL=http://sitoo
SITOO_API_ID=1-1
SITOO_PASSWORD=p
SITOO_SITE_ID=1
SITOO_EVENTS_USER=u
SITOO_EVENTS_PASSWORD=e
"""


def _users(tmp_path: Path, more: str = "") -> dict[str, dict[str, str]]:
    path = tmp_path / "env"
    path.write_text(NEEDED + more, encoding="utf-8")
    users: dict[str, dict[str, str]] = json.loads(read_env_file(path).sitoo_secret())["api_users"]
    return users


def test_one_user_serves_every_lane(tmp_path: Path) -> None:
    assert _users(tmp_path) == {"default": {"api_id": "1-1", "password": "p"}}


def test_orders_may_have_their_own(tmp_path: Path) -> None:
    users = _users(tmp_path, "SITOO_ORDERS_API_ID=1-2\nSITOO_ORDERS_PASSWORD=q\n")
    assert users == {"default": {"api_id": "1-1", "password": "p"}, "orders": {"api_id": "1-2", "password": "q"}}
