"""StockLevels: marks for later can be read until they ripen."""

from __future__ import annotations

from connector.store.stock_levels import Mark
from connector.store.tables import Tables

NOW = 1_700_000_000.5


def test_marks_for_later_are_told_until_they_are_ripe(tables: Tables, site: int) -> None:
    levels = tables.levels
    levels.mark_at(site, NOW + 60, [Mark(11, "A#1", -1, {12: 3})])
    levels.mark_at(site, NOW + 30, [Mark(12, "B")])
    assert levels.timed(site) == [(NOW + 30, Mark(12, "B")), (NOW + 60, Mark(11, "A#1", -1, {12: 3}))]
    assert levels.ripen(site, NOW + 40) == 1
    assert levels.timed(site) == [(NOW + 60, Mark(11, "A#1", -1, {12: 3}))]
