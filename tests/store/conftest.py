"""Each contract test runs on memory and on DynamoDB (moto in process; DynamoDB Local under `make engines`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.store.tables import Tables
from tests.store.worlds import DYNAMODB_URL, DynamoWorld, MemoryWorld, World, dynamo_world

DYNAMO = "moto" if DYNAMODB_URL is None else "dynamodb-local"


@pytest.fixture(scope="module", params=["memory", DYNAMO])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Shared by a module's tests: they take a site, key or order number of their own."""
    if request.param == "memory":
        yield MemoryWorld()
    else:
        with dynamo_world() as dynamo:
            yield dynamo


@pytest.fixture(params=["memory", DYNAMO])
def fresh(request: pytest.FixtureRequest) -> Iterator[World]:
    """For tables that hold one thing only."""
    if request.param == "memory":
        yield MemoryWorld()
    else:
        with dynamo_world() as dynamo:
            yield dynamo


@pytest.fixture
def tables(world: World) -> Tables:
    return world.tables


@pytest.fixture(scope="module", params=[DYNAMO])
def dynamo() -> Iterator[DynamoWorld]:
    with dynamo_world() as world:
        yield world


@pytest.fixture
def site(world: World) -> int:
    return world.new_site()


@pytest.fixture
def key(world: World) -> str:
    return world.new_name()
