"""One day with the connector at work serves all tests that only look at it."""

from __future__ import annotations

import pytest

from sandbox.demo.evidence import Evidence
from tests.demo.connected_day import ConnectedDay


@pytest.fixture(scope="session")
def connected(tmp_path_factory: pytest.TempPathFactory) -> tuple[ConnectedDay, Evidence]:
    """Nothing may change the evidence: tests replace what they want broken."""
    day = ConnectedDay(tmp_path_factory.mktemp("day"))
    return day, day.play()
