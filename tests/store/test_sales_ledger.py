"""SalesLedger: one row per fact however often it is told, by day."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.store.sales_ledger import LedgerKind, LedgerRow, SalesLedger, Taxed
from connector.store.tables import Tables
from tests.store.worlds import World

AT = 1_700_000_000.5
DAY = "2026-11-27"


@pytest.fixture
def ledger(tables: Tables) -> SalesLedger:
    return tables.ledger


def row(site: int, key: str = "sitoo-1", **fields: Any) -> LedgerRow:
    refund = LedgerRow(
        site=site,
        key=key,
        kind=LedgerKind.POS_REFUND,
        store=11,
        day=DAY,
        at=AT,
        currency="SEK",
        register="Malmö-2",
        receipt="10044",
        by_rate={Decimal(25): Taxed(-8_000, -2_000), Decimal("12.5"): Taxed(-801, -100)},
        tenders={"Kort": -10_901},
    )
    return replace(refund, **fields)


def test_a_row_comes_back_as_it_was_told(ledger: SalesLedger, site: int) -> None:
    told = row(site, centra_order=104233, centra_return=77)
    ledger.put(told)
    assert ledger.day(site, DAY) == [told]
    assert told.gross == -10_901
    assert sum(told.tenders.values()) == told.gross


def test_a_row_with_the_least_in_it(ledger: SalesLedger, site: int) -> None:
    least = LedgerRow(site, "centra-return-7", LedgerKind.WEB_REFUND, 1, DAY, AT, "EUR")
    ledger.put(least)
    assert ledger.day(site, DAY) == [least]


def test_the_same_fact_again_is_one_row(ledger: SalesLedger, site: int) -> None:
    for _ in range(3):
        ledger.put(row(site))
    ledger.put(row(site, tenders={"Kontant": -10_901}))
    assert ledger.day(site, DAY) == [row(site, tenders={"Kontant": -10_901})]


def test_a_link_that_is_known_is_kept_by_a_write_that_knows_none(ledger: SalesLedger, site: int) -> None:
    ledger.put(row(site))
    ledger.put(row(site, centra_order=104233))
    ledger.put(row(site, centra_return=77))
    ledger.put(row(site))
    assert ledger.day(site, DAY) == [row(site, centra_order=104233, centra_return=77)]
    ledger.put(row(site, centra_return=78))
    assert ledger.day(site, DAY) == [row(site, centra_order=104233, centra_return=78)]


def test_a_link_told_by_another_at_the_same_moment_is_kept(world: World, site: int) -> None:
    ledger = world.tables.ledger
    world.interpose(lambda: ledger.put(row(site, centra_order=104233)))
    ledger.put(row(site))
    assert ledger.day(site, DAY) == [row(site, centra_order=104233)]


def test_a_day_of_a_site_holds_its_own_rows_oldest_first(ledger: SalesLedger, world: World, site: int) -> None:
    other = world.new_site()
    late, early, tied = row(site, "a", at=AT + 9), row(site, "c", at=AT), row(site, "b", at=AT)
    for one in (late, early, tied, row(other, "a"), row(site, "a", day="2026-11-28")):
        ledger.put(one)
    assert ledger.day(site, DAY) == [tied, early, late]
    assert ledger.day(site, "2026-11-28") == [row(site, "a", day="2026-11-28")]
    assert ledger.day(other, DAY) == [row(other, "a")]
    assert ledger.day(site, "2026-11-29") == []


def test_a_busy_day(ledger: SalesLedger, site: int) -> None:
    for n in range(60):
        ledger.put(row(site, f"sitoo-{n}", at=AT + n))
    assert [one.key for one in ledger.day(site, DAY)] == [f"sitoo-{n}" for n in range(60)]
