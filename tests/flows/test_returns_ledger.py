"""The sales ledger: each sale and refund once, on the day and in the store it happened, and its sums are those of both systems."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from connector.domain.order_settings import PosSales
from connector.flows.orders.take_order_messages import OrderMessage
from connector.flows.returns.take_return_messages import take_return_messages
from connector.mapping.ledger_rows import day_of
from connector.runtime.queues import Work
from connector.store.sales_ledger import LedgerKind
from tests.flows.return_books import books_agree, ledger_rows
from tests.flows.return_story import (
    A_TILL,
    B_TILL,
    CAP,
    IMPATIENT,
    LUND_TILL,
    PRICE,
    SETTLED_S,
    TEE,
    A,
    B,
    begin,
    handed_out,
    one_return,
    refunded,
    sent,
)
from tests.flows.till_story import TILL


def test_a_day_of_everything_adds_up() -> None:
    story = begin()
    since = story.world.clock.now()
    number, copy = handed_out(story)
    _, mailed, shipment = sent(story)
    sold = story.world.sitoo.sell(A_TILL, {TEE: 1, CAP: 2}, tender={"Card": "200.00", "Cash": "100.00"})["order_id"]
    assert sold is not None
    refunded(story, sold, {1: 1}, tender="Cash")
    refunded(story, copy, {0: 1}, B_TILL, amounts={0: "60.00"})
    refunded(story, mailed, {0: 1}, LUND_TILL, tender="Web")
    story.world.centra.return_by_mail(shipment, [(TEE, 1)])
    story.world.sitoo.exchange(copy, {0: 1}, {CAP: 1}, B_TILL)
    story.world.sitoo.refund(warehouse=A_TILL, skus={CAP: 1})
    story.run(SETTLED_S)
    books_agree(story, since=since)
    kinds = Counter(row.kind for row in ledger_rows(story, since=since))
    assert kinds == {LedgerKind.POS_SALE: 2, LedgerKind.POS_REFUND: 2, LedgerKind.WEB_REFUND: 4}
    linked = {row.centra_order for row in ledger_rows(story, since=since) if row.kind is LedgerKind.WEB_REFUND}
    assert number in linked


def test_a_web_refund_names_order_and_return_and_the_store_it_was_made_in() -> None:
    story = begin()
    since = story.world.clock.now()
    number, copy = handed_out(story)
    refund = refunded(story, copy, {0: 1}, B_TILL)
    story.run(30.0)
    (row,) = [row for row in ledger_rows(story, since=since) if row.key == f"sitoo-order-{refund}"]
    assert (row.kind, row.store, row.centra_order, row.centra_return) == (LedgerKind.WEB_REFUND, B, number, one_return(story, number, refund)["id"])
    assert row.tenders == {"Card": -PRICE}


def test_a_parcels_refund_is_centras_row() -> None:
    story = begin()
    since = story.world.clock.now()
    number, _, shipment = sent(story)
    made = story.world.centra.return_by_mail(shipment, [(TEE, 1)])["return_id"]
    story.run(30.0)
    (row,) = ledger_rows(story, since=since)
    assert (row.key, row.kind, row.centra_order, row.gross) == (f"centra-return-{made}", LedgerKind.WEB_REFUND, number, -PRICE)


def test_virtual_payments_are_no_cash() -> None:
    story = begin()
    since = story.world.clock.now()
    _, copy = handed_out(story)
    done = story.world.sitoo.exchange(copy, {0: 1}, {CAP: 1}, B_TILL)
    story.run(30.0)
    rows = {row.key: row for row in ledger_rows(story, since=since)}
    assert (rows[f"sitoo-order-{done['refund']}"].tenders, rows[f"sitoo-order-{done['refund']}"].virtual) == ({}, -PRICE)
    assert (rows[f"sitoo-order-{done['purchase']}"].tenders, rows[f"sitoo-order-{done['purchase']}"].virtual) == ({}, PRICE)


def test_a_refund_of_a_stores_own_sale_stays_the_stores_though_the_sale_is_an_order_in_centra() -> None:
    story = begin(replace(IMPATIENT, pos_sales=PosSales.ORDERS, till_orders=TILL))
    story.run(60.0)
    since = story.world.clock.now()
    sold = story.world.sitoo.sell(A_TILL, {TEE: 1})["order_id"]
    assert sold is not None
    story.run(120.0)
    refund = refunded(story, sold)
    story.run(SETTLED_S)
    (row,) = [row for row in ledger_rows(story, since=since) if row.key == f"sitoo-order-{refund}"]
    assert (row.kind, row.store) == (LedgerKind.POS_REFUND, A)
    assert row.centra_order is not None
    assert [made["completed"] for made in story.state(row.centra_order)["returns"]] == [True]


def test_a_payment_that_somebody_made_beside_the_till_is_in_the_books_too() -> None:
    story = begin()
    since = story.world.clock.now()
    number, copy, _ = sent(story)
    refund = refunded(story, copy, {0: 1}, A_TILL)
    story.run(30.0)
    story.world.centra.refund_in_admin(one_return(story, number, refund)["id"])
    story.run(SETTLED_S)
    assert sum(row.gross for row in ledger_rows(story, since=since)) == -2 * PRICE
    books_agree(story, since=since)


def test_a_refund_rung_up_before_midnight_and_known_after_stays_on_its_day() -> None:
    story = begin()
    since = story.world.clock.now() - 2 * 86_400
    _, copy, _ = sent(story)
    now = story.world.clock.now()
    story.world.sitoo.refund(copy, {0: 1}, A_TILL, at=now - 86_400.0, offline_until=now + 5.0)
    story.run(60.0)
    (row,) = ledger_rows(story, since=since)
    assert row.at == now - 86_400.0
    books_agree(story, since=since)


@pytest.mark.parametrize(("currencies", "home"), [(("SEK", "EUR"), 1), (("EUR", "SEK"), 2), (("SEK", "SEK"), 1), (("EUR", "NOK"), 1)])
def test_a_refund_of_centra_is_booked_in_one_of_several_sites(currencies: tuple[str, str], home: int) -> None:
    story = begin()
    number, _, shipment = sent(story, [(TEE, 1)])
    story.world.schedules = False
    story.world.queues.waiting[Work.RETURNS].clear()
    made = story.world.centra.return_by_mail(shipment)["return_id"]
    ctx = story.world.order_context()
    sites = tuple(replace(ctx.site, id=n, currency=currency) for n, currency in enumerate(currencies, 1))
    asked = f'{{"v":1,"source":"poll","type":"returns_of","id":{number}}}'
    contexts = {site.id: replace(ctx, site=site, mapping=replace(ctx.mapping, sites=sites)) for site in sites}
    for _ in range(2):
        take_return_messages([OrderMessage("1", asked)], contexts.get, [1, 2], ends_at=ctx.clock.now() + 60.0)
    day = day_of(ctx.clock.now(), "", ctx.site)
    booked = {site.id: [row.key for row in story.world.ledger.day(site.id, day)] for site in sites}
    assert booked == {1: [], 2: [], home: [f"centra-return-{made}"]}


def test_a_site_that_has_no_part_in_an_order_ends_nothing_that_another_waits_for() -> None:
    story = begin()
    number, _, shipment = sent(story, [(TEE, 1)])
    made = story.world.centra.return_into(shipment)["return_id"]
    story.world.centra.returns.uncomplete(story.world.centra.returns.returns[made])
    story.run(30.0)
    ctx = story.world.order_context()
    before = story.world.files.get(number)
    assert before is not None
    assert before.watch_of(0) is not None
    other = replace(ctx, site=replace(ctx.site, id=2))
    asked = f'{{"v":1,"source":"poll","type":"returns_of","id":{number}}}'
    take_return_messages([OrderMessage("1", asked)], {2: other}.get, [2], ends_at=ctx.clock.now() + 60.0)
    after = story.world.files.get(number)
    assert after is not None
    assert after.watches == before.watches
