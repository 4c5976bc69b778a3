"""Rows of the sales ledger: totals by VAT rate and tender, the day in the store, and that nothing is counted twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.configuration import Site, SitooWarehouse, Store
from connector.mapping.ledger_rows import NO_STORE, refund_key, row_of_centra_return, row_of_till_order, till_key
from connector.sitoo.order_models import CANCELLED, OPEN, TenderOfOrder
from connector.store.sales_ledger import LedgerKind, LedgerRow, Taxed
from tests.unit.return_stories import NOON, NUMBER, entry, line, made_return, paid, row, shipment, sitoo_order, till_refund, web_order

SITE = Site(1, "SEK", "Europe/Stockholm", (Store("Stockholm", 2, (SitooWarehouse(31), SitooWarehouse(32, sellable=False))),))
SALE = sitoo_order(
    501,
    [row(0, "COAT", 1, "1000.00"), row(1, "BOOK", 2, "106.00", percent=6), row(2, "HAT", 1, "100.01")],
    [TenderOfOrder("Card", Decimal("1000.01"), False), TenderOfOrder("Cash", Decimal("206.00"), False)],
    marks={"pos-receiptid": "SII15000110009"},
)


def kept(found: LedgerRow | None) -> LedgerRow:
    assert found is not None
    return found


def test_a_sale() -> None:
    found = kept(row_of_till_order(SALE, SITE))
    assert found == LedgerRow(
        site=1,
        key=till_key(501),
        kind=LedgerKind.POS_SALE,
        store=2,
        day="2027-01-15",
        at=NOON,
        currency="SEK",
        register="{R}",
        receipt="SII15000110009",
        by_rate={Decimal(25): Taxed(88_001, 22_000), Decimal(6): Taxed(10_000, 600)},
        tenders={"Card": 100_001, "Cash": 20_600},
    )
    assert found.gross == sum(found.tenders.values())


def test_a_refund_of_a_stores_own_sale_and_of_a_web_order() -> None:
    refund = till_refund([row(0, "COAT", -1, "1000.00", 0)])
    own = kept(row_of_till_order(refund, SITE))
    assert (own.kind, own.gross, own.tenders) == (LedgerKind.POS_REFUND, -100_000, {"Card": -100_000})
    sold_here = kept(row_of_till_order(refund, SITE, web=False, centra_order=NUMBER))
    assert (sold_here.kind, sold_here.centra_order) == (LedgerKind.POS_REFUND, NUMBER)
    web = kept(row_of_till_order(refund, SITE, centra_order=NUMBER, centra_return=55))
    assert (web.kind, web.centra_order, web.centra_return) == (LedgerKind.WEB_REFUND, NUMBER, 55)


def test_virtual_payments_are_no_cash() -> None:
    refund = till_refund([row(0, "COAT", -1, "1000.00", 0)], paid("Exchange", "700.00", virtual=True), paid("Card", "300.00"))
    found = kept(row_of_till_order(refund, SITE, web=True))
    assert (found.tenders, found.virtual, found.gross) == ({"Card": -30_000}, -70_000, -100_000)


def test_more_bought_than_brought_back_on_one_order_is_a_sale() -> None:
    rows = [row(0, "COAT", -1, "1000.00", 0), row(1, "HAT", 1, "1200.00")]
    found = kept(row_of_till_order(sitoo_order(9, rows, [TenderOfOrder("Card", Decimal("200.00"), False)]), SITE, web=True))
    assert (found.kind, found.gross) == (LedgerKind.POS_SALE, 20_000)


@pytest.mark.parametrize(
    "change",
    [
        {"state": OPEN},
        {"state": CANCELLED},
        {"type": 100},
        {"type": 110},
        {"marks": {"centra-order": "104233"}},
        {"marks": {"centra-return": "55"}},
        {"external_id": "CR55-S10"},
    ],
)
def test_what_is_no_trade_of_a_till_has_no_row(change: dict[str, Any]) -> None:
    assert row_of_till_order(replace(SALE, **change), SITE) is None


def test_a_till_in_no_known_store_is_counted_all_the_same() -> None:
    assert kept(row_of_till_order(replace(SALE, warehouse_id=99), SITE)).store == NO_STORE
    assert kept(row_of_till_order(replace(SALE, warehouse_id=None), SITE)).store == NO_STORE
    assert kept(row_of_till_order(replace(SALE, warehouse_id=32), SITE)).store == 2


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-07-01T21:59:59", "", "2026-07-01"),
        ("2026-07-01T22:00:00", "", "2026-07-02"),
        ("2026-12-31T22:59:59", "", "2026-12-31"),
        ("2026-12-31T23:00:00", "", "2027-01-01"),
        ("2026-07-01T21:30:00", "Europe/Helsinki", "2026-07-02"),
        ("2026-07-01T21:30:00", "no such zone", "2026-07-01"),
        ("2026-07-01T21:30:00", "Europe", "2026-07-01"),
        ("2026-07-01T21:30:00", "../etc", "2026-07-01"),
    ],
)
def test_the_day_is_the_stores(moment: str, zone: str, day: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    marks = {"pos-timezone": zone} if zone else {}
    assert kept(row_of_till_order(replace(SALE, date=at, marks=marks), SITE)).day == day


ORDER = web_order(
    [line(1, "COAT", 1, 100_000), line(2, "BOOK", 2, 10_600, tax_percent=Decimal(6))],
    [shipment(10, [(100, 1, 1, 0), (200, 2, 2, 0)], warehouses={2: 1})],
    shipping=5_000,
)


def test_a_refund_by_centra() -> None:
    made = made_return(55, 10, {100: 1, 200: 1}, 105_300, refunds=(entry("REFUND", 105_300, at=NOON + 60),))
    assert row_of_centra_return(made, ORDER, SITE) == LedgerRow(
        site=1,
        key=refund_key(55),
        kind=LedgerKind.WEB_REFUND,
        store=2,
        day="2027-01-15",
        at=NOON + 60,
        currency="SEK",
        by_rate={Decimal(6): Taxed(-5_000, -300), Decimal(25): Taxed(-80_000, -20_000)},
        tenders={"Adyen": -105_300},
        centra_order=NUMBER,
        centra_return=55,
    )


def test_shipping_given_back_is_taxed_as_shipping() -> None:
    made = made_return(55, 10, {200: 2}, 15_600, refunds=(entry("REFUND", 15_600),), restocked_in=7)
    found = kept(row_of_centra_return(made, ORDER, SITE))
    assert (found.by_rate, found.store) == ({Decimal(6): Taxed(-10_000, -600), Decimal(25): Taxed(-4_000, -1_000)}, 7)


def test_a_fee_lowers_every_rate() -> None:
    made = made_return(55, 10, {100: 1, 200: 2}, 55_300, refunds=(entry("REFUND", 55_300),))
    found = kept(row_of_centra_return(made, ORDER, SITE))
    assert {rate: -(t.net + t.vat) for rate, t in found.by_rate.items()} == {Decimal(6): 5_300, Decimal(25): 50_000}


def test_a_tax_exempt_buyer_gets_no_vat_back() -> None:
    made = made_return(55, 10, {100: 1}, 80_000, refunds=(entry("REFUND", 80_000),))
    exempt = web_order([line(1, "COAT", 1, 100_000)], [shipment(10, [(100, 1, 1, 0)])], tax_deducted=20_000)
    found = kept(row_of_centra_return(made, exempt, SITE))
    assert (found.by_rate, found.store) == ({Decimal(0): Taxed(-80_000, 0)}, NO_STORE)


def test_gift_cards_and_money_are_two_tenders() -> None:
    entries = (entry("REFUND_GIFT_CARD", 400, id=2, method="Gift card"), entry("REFUND", 600), entry("REFUND_REQUEST", 600, id=3, status="PENDING"))
    found = kept(row_of_centra_return(made_return(55, 10, {100: 1}, 1_000, refunds=entries), ORDER, SITE))
    assert (found.tenders, found.gross) == ({"Gift card": -400, "Adyen": -600}, -1_000)


@pytest.mark.parametrize(
    "refunds", [(), (entry("REFUND_REQUEST", 100, status="PENDING"),), (entry("REFUND", 100, status="FAILED"),), (entry("REFUND", 0),)]
)
def test_a_return_that_nobody_refunded_through_centra_has_no_row(refunds: tuple[Any, ...]) -> None:
    assert row_of_centra_return(made_return(55, 10, {100: 1}, 100, refunds=refunds), ORDER, SITE) is None


def test_a_currency_without_decimals_is_told_in_cents() -> None:
    yen = replace(ORDER, currency="JPY", currency_decimals=0)
    found = kept(row_of_centra_return(made_return(55, 10, {100: 1}, 1_000, refunds=(entry("REFUND", 1_000),)), yen, SITE))
    assert (found.gross, found.tenders) == (-100_000, {"Adyen": -100_000})


def test_lines_of_another_shipment_still_count_the_money() -> None:
    found = kept(row_of_centra_return(made_return(55, 99, {999: 1}, 700, refunds=(entry("REFUND", 700),)), web_order([], []), SITE))
    assert found.gross == -700


@given(st.integers(0, 1), st.integers(0, 2), st.integers(1, 300_000), st.integers(1, 9_999))
def test_rates_and_tenders_sum_to_what_was_refunded(coats: int, books: int, money: int, card: int) -> None:
    entries = (entry("REFUND", money), entry("REFUND_GIFT_CARD", card, id=2, method="Gift card"))
    found = kept(row_of_centra_return(made_return(55, 10, {100: coats, 200: books}, money + card, refunds=entries), ORDER, SITE))
    assert found.gross == sum(found.tenders.values()) == -(money + card)
    assert all(taxed.net <= 0 and taxed.vat <= 0 for taxed in found.by_rate.values())
