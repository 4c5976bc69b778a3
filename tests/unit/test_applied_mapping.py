"""What a function makes of the mapping: once per revision, looked for every 30 s, gone when switched off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.configuration import Mapping, Site, Switches
from connector.runtime.applied_mapping import AppliedMapping
from connector.store.memory.mappings import MemoryMappings
from sandbox.clock import VirtualTime

MAPPING = Mapping(1, (Site(1, "SEK", "Europe/Stockholm", ()), Site(2, "EUR", "Europe/Berlin", ())))


class World:
    def __init__(self) -> None:
        self.clock, self.mappings, self.built = VirtualTime(1_700_000_000.0), MemoryMappings(), list[Mapping]()
        self.applied = AppliedMapping(self.mappings, self.clock, lambda mapping: mapping.switches.sync_store_stock, self.build)

    def build(self, mapping: Mapping) -> dict[int, str]:
        self.built.append(mapping)
        return {site.id: f"{site.currency} {len(self.built)}" for site in mapping.sites}

    def apply(self, mapping: Mapping) -> None:
        current = self.mappings.current()
        self.mappings.apply(mapping, expected_revision=0 if current is None else current.revision, by="anna", now=self.clock.now())

    def later(self, seconds: float) -> None:
        self.clock.move_to(self.clock.now() + seconds)


@pytest.fixture
def world() -> World:
    return World()


def test_nothing_is_made_before_a_mapping_is_applied(world: World) -> None:
    assert world.applied.of(1) is None
    world.apply(MAPPING)
    assert world.applied.of(1) is None, "looked a moment ago"
    world.later(30)
    assert (world.applied.of(1), world.applied.of(2), world.applied.of(3)) == ("SEK 1", "EUR 1", None)


def test_it_is_made_once_per_revision(world: World) -> None:
    world.apply(MAPPING)
    for _ in range(5):
        assert world.applied.of(1) == "SEK 1"
        world.later(31)
    world.apply(replace(MAPPING, sites=MAPPING.sites[:1]))
    assert (world.applied.of(1), world.applied.of(2)) == ("SEK 2", None)


def test_work_that_is_switched_off_has_no_context_and_comes_back(world: World) -> None:
    world.apply(MAPPING)
    assert world.applied.of(1) == "SEK 1"
    world.apply(replace(MAPPING, switches=Switches(sync_store_stock=False)))
    assert world.applied.of(1) == "SEK 1"
    world.later(30)
    assert world.applied.of(1) is None
    world.apply(MAPPING)
    world.later(30)
    assert world.applied.of(1) == "SEK 2"
