"""Mappings: one in force, replaced only by whoever saw it."""

from __future__ import annotations

import pytest

from connector.domain.configuration import Mapping, Site, Store
from connector.store.mappings import Applied, MappingChanged
from tests.store.worlds import DynamoWorld, World

NOW = 1_700_000_000.25


def mapping(stores: int) -> Mapping:
    return Mapping(1, (Site(1, "SEK", "Europe/Stockholm", tuple(Store(f"Butik {n}", n, ()) for n in range(stores))),), variant_safety_stock={7: 1})


def test_nothing_is_in_force_before_the_first_apply(fresh: World) -> None:
    assert fresh.tables.mappings.current() is None


def test_what_is_applied_is_in_force(fresh: World) -> None:
    mappings = fresh.tables.mappings
    first = mappings.apply(mapping(1), expected_revision=0, by="anna", now=NOW)
    assert first == Applied(mapping(1), 1, "anna", NOW)
    assert mappings.current() == first
    second = mappings.apply(mapping(2), expected_revision=1, by="bo", now=NOW + 1)
    assert second.revision == 2
    assert mappings.current() == second


@pytest.mark.parametrize("expected", [0, 2])
def test_another_revision_is_in_force(fresh: World, expected: int) -> None:
    mappings = fresh.tables.mappings
    applied = mappings.apply(mapping(1), expected_revision=0, by="anna", now=NOW)
    with pytest.raises(MappingChanged):
        mappings.apply(mapping(2), expected_revision=expected, by="bo", now=NOW)
    assert mappings.current() == applied


def test_nothing_is_in_force_but_one_was_expected(fresh: World) -> None:
    with pytest.raises(MappingChanged):
        fresh.tables.mappings.apply(mapping(1), expected_revision=3, by="anna", now=NOW)
    assert fresh.tables.mappings.current() is None


def test_two_apply_at_once(fresh: World) -> None:
    mappings = fresh.tables.mappings
    fresh.interpose(lambda: mappings.apply(mapping(2), expected_revision=0, by="bo", now=NOW))
    with pytest.raises(MappingChanged):
        mappings.apply(mapping(1), expected_revision=0, by="anna", now=NOW)
    current = mappings.current()
    assert current is not None
    assert current.applied_by == "bo"


def test_what_was_in_force_is_kept(dynamo: DynamoWorld) -> None:
    for revision in range(3):
        dynamo.tables.mappings.apply(mapping(revision), expected_revision=revision, by="anna", now=NOW)
    answer = dynamo.client.scan(TableName=dynamo.names["TABLE_MAPPINGS"])
    assert sorted(item["sk"]["S"] for item in answer["Items"]) == ["current", "revision#00000001", "revision#00000002", "revision#00000003"]
