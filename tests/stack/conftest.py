"""A stack of its own for these tests (tiny/): a small template, small functions, the real emulator. It runs on Linux only, and so do test_live_*."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.local_stack.environment import LocalEnv
from sandbox.local_stack.stack import LocalStack

collect_ignore_glob = [] if sys.platform == "linux" else ["test_live_*.py"]

ENV = LocalEnv(
    centra_graphql_url="http://127.0.0.1:9/graphql",
    centra_token="token",
    centra_webhook_secret="secret",
    sitoo_base_url="http://127.0.0.1:9/v2/accounts/1",
    sitoo_api_id="1-1",
    sitoo_password="password",
    sitoo_site_id="1",
    sitoo_events_user="user",
    sitoo_events_password="password",
    port=0,
)


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` would leave: a template beside its functions and layer."""
    folder = tmp_path_factory.mktemp("stack") / "built"
    shutil.copytree(Path(__file__).parent / "tiny", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="session")
def stack(build: Path) -> Iterator[LocalStack]:
    with LocalStack(ENV, template=build / "template.yaml", folder=build / "local", integration_timeout_s=5) as running:
        yield running
