"""What all tests share: how long generated tests search, and that no test reaches a real AWS account."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

FACTOR = int(os.environ.get("EXAMPLES", "1"))

# A slow machine is no failure; every run searches anew, and what failed is kept in .hypothesis and tried first.
settings.register_profile(
    "project",
    deadline=None,
    max_examples=100 * FACTOR,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long searches first, so that no worker is left with one at the end."""
    items.sort(key=lambda item: "properties" not in item.path.parts)


def pytest_configure(config: pytest.Config) -> None:
    os.environ.update(
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_SESSION_TOKEN="testing",
        AWS_DEFAULT_REGION="eu-north-1",
        AWS_EC2_METADATA_DISABLED="true",
    )
    os.environ.pop("AWS_PROFILE", None)
