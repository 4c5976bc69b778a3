"""`ops doctor` tells from its refunds whether this Sitoo account takes returned goods of copies into stock by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connector.store.leases import Lease
from ops.checks import Check, Health
from ops.state_checks import state_checks
from tests.ops.world import World

NAME = "refund-stock/1"


def put(world: World, **counts: Any) -> None:
    lease: Lease | None = world.connection.leases.acquire(NAME, "test", 1.0, 60.0)
    assert lease is not None
    world.connection.cursors.put(NAME, {"moves": 0, "late": 0, "does_not": 0, "refund": 8123, "at": 1, "last": "moves", **counts}, lease)


def about_refunds(world: World) -> Iterator[Check]:
    return (check for check in state_checks(world.connection) if check.what.startswith("refunds of copies"))


def test_nothing_is_said_before_the_first_refund(world: World) -> None:
    world.apply()
    assert list(about_refunds(world)) == []


@pytest.mark.parametrize(
    ("counts", "health", "words"),
    [
        ({"moves": 3}, Health.OK, "Sitoo takes them into stock (3 moved"),
        ({"does_not": 2}, Health.OK, "Sitoo does not take them into stock, the connector does"),
        ({"moves": 1, "late": 1}, Health.WARNING, "stock_in_after_s"),
        ({"moves": 1, "does_not": 1}, Health.WARNING, "both modes"),
    ],
)
def test_the_mode_is_told_with_its_evidence(world: World, counts: dict[str, int], health: Health, words: str) -> None:
    world.apply()
    put(world, **counts)
    (check,) = about_refunds(world)
    assert check.health is health
    assert words in check.text
    assert "Sitoo order 8123" in check.text
