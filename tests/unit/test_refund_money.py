"""The money of a till refund, to the sub-unit: costs, vouchers, shipping, who pays, and every reason why finance must look."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.centra.order_models import CentraOrder
from connector.domain.exceptions import Kind, Owner
from connector.domain.order_settings import OrderSettings
from connector.mapping.line_worth import Worth, line_worths
from connector.mapping.till_refund import Decision, Original, ReturnPlan, plan_return
from connector.sitoo.order_models import TenderOfOrder, WholeOrder
from connector.store.order_files import CopyRow
from tests.unit.return_stories import NOON, SETTINGS, copied, entry, line, made_return, paid, row, shipment, till_refund, web_order

COAT, HAT = line(1, "COAT", 1, 100_000), line(2, "HAT", 2, 30_000)
ROWS = copied(CopyRow(0, 1, "COAT", 1), CopyRow(1, 2, "HAT", 2), CopyRow(2, 0, "FREIGHT", 1), CopyRow(3, 0, "HANDLING", 1))
BOTH = [row(0, "COAT", -1, "1000.00", 0), row(1, "HAT", -2, "300.00", 1)]


def sold(**more: Any) -> CentraOrder:
    return web_order([COAT, HAT], [shipment(10, [(100, 1, 1, 0)]), shipment(11, [(200, 2, 2, 0)], at=NOON + 5)], **more)


def plan(refund: WholeOrder, order: CentraOrder | None = None, original: Original = ROWS, **more: Any) -> ReturnPlan:
    return plan_return(refund, original, order or sold(), more.pop("returns", []), more.pop("settings", SETTINGS), **more)


def reasons(planned: ReturnPlan) -> list[str]:
    """The reasons of the one mismatch of a return that is made all the same, and never refunded by the provider."""
    (finding,) = planned.findings
    assert (finding.kind, finding.owner, finding.stops) == (Kind.REFUND_MISMATCH, Owner.FINANCE, False)
    assert (planned.decision, planned.refund_in_centra) == (Decision.RETURN, False)
    told = finding.evidence["reasons"]
    assert isinstance(told, list)
    assert finding.evidence["till"]
    assert finding.evidence["centra"]
    return told


def test_a_lower_refund_is_a_cost_spread_over_the_shipments() -> None:
    refund = till_refund([row(0, "COAT", -1, "900.00", 0), row(1, "HAT", -2, "250.01", 1)])
    made = plan(refund)
    assert made.findings == ()
    assert [(p.worth.value, p.return_cost, p.amount) for p in made.parts] == [(100_000, 11_538, 88_462), (30_000, 3_461, 26_539)]
    assert sum(p.amount for p in made.parts) == 115_001


def test_vouchers_lower_what_a_return_is_worth() -> None:
    made = plan(till_refund([row(1, "HAT", -1, "135.00", 1)]), sold(discounts=13_000))
    (part,) = made.parts
    assert (part.worth, part.voucher, part.return_cost, part.amount, made.findings) == (Worth(15_000, 1_500), 1_500, 0, 13_500, ())


def test_taxes_outside_prices_are_part_of_the_worth() -> None:
    added = plan(till_refund([row(1, "HAT", -1, "187.50", 1)]), sold(tax_added=32_500))
    assert (added.parts[0].worth, added.parts[0].amount, added.findings) == (Worth(15_000, 0, 3_750), 18_750, ())
    exempt = plan(till_refund([row(1, "HAT", -1, "120.00", 1)]), sold(tax_deducted=26_000))
    assert (exempt.parts[0].worth, exempt.parts[0].amount, exempt.findings) == (Worth(15_000, 0, -3_000), 12_000, ())


def test_units_of_an_odd_line_are_worth_what_a_till_pays_for_them() -> None:
    order = web_order([line(1, "COAT", 3, 10_000)], [shipment(10, [(100, 1, 3, 2)])])
    made = plan(till_refund([row(0, "COAT", -1, "33.33", 0)]), order, copied(CopyRow(0, 1, "COAT", 3)))
    assert (made.parts[0].amount, made.parts[0].return_cost, made.unexpressed) == (3_333, 0, 0)


def test_a_higher_refund_is_told_with_both_figures() -> None:
    made = plan(till_refund([row(0, "COAT", -1, "1100.00", 0)]))
    assert reasons(made) == ["the till paid 100.00 SEK more than the articles are worth"]
    assert (made.findings[0].evidence["till"], made.findings[0].evidence["centra"]) == ("1100.00 SEK", "1000.00 SEK")
    assert (made.parts[0].amount, made.parts[0].return_cost, made.unexpressed) == (100_000, 0, 10_000)


def test_a_rounded_sub_unit_is_no_difference() -> None:
    order = web_order([line(1, "COAT", 3, 10_000)], [shipment(10, [(100, 1, 3, 0)])])
    rows = copied(CopyRow(0, 1, "COAT", 3))
    made = plan(till_refund([row(0, "COAT", -1, "33.34", 0)]), order, rows)
    assert (made.findings, made.unexpressed, made.parts[0].amount) == ((), 1, 3_333)
    assert reasons(plan(till_refund([row(0, "COAT", -1, "33.35", 0)]), order, rows))


def test_another_currency_is_told_and_costs_nothing() -> None:
    made = plan(till_refund([row(0, "COAT", -1, "90.00", 0)], currency="EUR"))
    assert reasons(made) == ["the till paid in EUR, the order is in SEK"]
    assert (made.findings[0].evidence["till"], made.parts[0].return_cost) == ("90.00 EUR", 0)


def test_an_amount_that_the_currency_cannot_express() -> None:
    order = web_order([line(1, "COAT", 1, 1_000)], [shipment(10, [(100, 1, 1, 0)])], currency="JPY", currency_decimals=0)
    assert plan(till_refund([row(0, "COAT", -1, "1000.00", 0)], currency="JPY"), order).parts[0].amount == 1_000
    assert reasons(plan(till_refund([row(0, "COAT", -1, "999.50", 0)], currency="JPY"), order)) == ["JPY cannot express what the till paid"]


@pytest.mark.parametrize("freight", [row(1, "FREIGHT", -1, "49.00", 2), row(1, "TILL-FREIGHT", -1, "49.00"), row(1, "", -1, "49.00", 2)])
def test_shipping_refunded_at_the_till_goes_on_the_return_of_the_shipment_that_carries_it(freight: Any) -> None:
    made = plan(till_refund([row(0, "COAT", -1, "1000.00", 0), freight]), sold(shipping=4_900))
    assert [(p.shipping, p.return_cost, p.amount) for p in made.parts] == [(4_900, 0, 104_900)]
    assert (made.findings, made.unexpressed) == ((), 0)


def test_a_cost_beside_shipping() -> None:
    made = plan(till_refund([row(0, "COAT", -1, "900.00", 0), row(1, "FREIGHT", -1, "49.00", 2)]), sold(shipping=4_900))
    assert [(p.shipping, p.return_cost, p.amount) for p in made.parts] == [(4_900, 10_000, 94_900)]


SHIPPING_TOO_MUCH = "the till refunded {} SEK of shipping that Centra has not left to give back with these articles"


def test_shipping_beyond_what_is_left_is_told() -> None:
    refund = till_refund([row(0, "COAT", -1, "1000.00", 0), row(1, "FREIGHT", -1, "79.00", 2)])
    made = plan(refund, sold(shipping=4_900))
    assert reasons(made) == [SHIPPING_TOO_MUCH.format("30.00")]
    assert (made.parts[0].shipping, made.unexpressed) == (4_900, 3_000)
    again = plan(refund, sold(shipping=4_900), returns=[made_return(1, 11, {200: 1}, 15_000 + 4_900)])
    assert reasons(again) == [SHIPPING_TOO_MUCH.format("79.00")]
    without_the_carrier = plan(till_refund([row(1, "HAT", -1, "150.00", 1), row(2, "FREIGHT", -1, "49.00", 2)]), sold(shipping=4_900))
    assert reasons(without_the_carrier) == [SHIPPING_TOO_MUCH.format("49.00")]


def test_shipping_alone_has_no_return_to_go_with() -> None:
    made = plan(till_refund([row(0, "FREIGHT", -1, "49.00", 2)]), sold(shipping=4_900))
    assert (reasons(made), made.parts) == ([SHIPPING_TOO_MUCH.format("49.00")], ())


def test_shipping_under_a_tax_outside_prices_is_left_to_finance() -> None:
    refund = till_refund([row(0, "COAT", -1, "1250.00", 0), row(1, "FREIGHT", -1, "49.00", 2)])
    assert reasons(plan(refund, sold(shipping=4_900, tax_added=33_725))) == [SHIPPING_TOO_MUCH.format("49.00")]


def test_a_handling_fee_is_told() -> None:
    made = plan(till_refund([row(0, "COAT", -1, "1000.00", 0), row(1, "HANDLING", -1, "19.00", 3)]), sold(handling=1_900))
    assert (reasons(made), made.unexpressed) == (["the till refunded a handling fee of 19.00 SEK"], 1_900)


@pytest.mark.parametrize(
    ("tenders", "reason"),
    [
        ([paid("Card", "500.00"), paid("Web refund", "800.00")], "a part was paid at the till and a part is to be refunded by Centra"),
        (
            [paid("Credit note", "1300.00", giftcard_cardnumber="1")],
            "the till gave 1300.00 SEK as store credit, which Centra would pay out again",
        ),
        ([paid("Card", "1200.00")], "the tenders come to 1200.00 SEK, the rows to 1300.00"),
        (
            [paid("Exchange", "500.00", virtual=True), paid("Web refund", "800.00")],
            "a part was paid at the till and a part is to be refunded by Centra",
        ),
    ],
)
def test_tenders_that_finance_must_look_at(tenders: list[TenderOfOrder], reason: str) -> None:
    assert reasons(plan(till_refund(BOTH, *tenders))) == [reason]


def test_rounded_cash_and_a_mapped_gift_card_are_in_order() -> None:
    assert plan(till_refund([row(0, "COAT", -1, "999.60", 0)], paid("Cash", "1000.00"))).findings == ()
    assert plan(till_refund(BOTH, paid("Gift card", "1300.00", giftcard_cardnumber="1"))).findings == ()


def test_an_order_paid_with_a_gift_card_is_not_turned_into_cash_silently() -> None:
    order = sold(payments=(entry("CAPTURE", 90_000), entry("CAPTURE_GIFT_CARD", 40_000)))
    hat = till_refund([row(1, "HAT", -2, "300.00", 1)])
    assert plan(hat, order).findings == ()
    authorised = sold(payments=(entry("CAPTURE", 90_000), entry("AUTH_GIFT_CARD", 40_000)))
    assert plan(till_refund(BOTH), authorised).findings
    told = ["400.00 SEK of the order was paid with gift cards, and the till gave it back as money"]
    assert reasons(plan(till_refund(BOTH), order)) == told
    assert reasons(plan(hat, order, returns=[made_return(1, 10, {100: 1}, 100_000)])) == told
    assert plan(till_refund(BOTH, paid("Gift card", "1300.00", giftcard_cardnumber="1")), order).findings == ()
    assert plan(till_refund(BOTH, paid("Web refund", "1300.00")), order).refund_in_centra


def test_an_exchange_is_a_return_and_its_virtual_payment_is_no_cash() -> None:
    refund = till_refund(BOTH, paid("Exchange", "1000.00", virtual=True), paid("Card", "300.00"), marks={"pos-refundsales-orderid": "9002"})
    made = plan(refund)
    assert (made.findings, made.exchange, made.refund_in_centra) == ((), 9002, False)
    assert (dict(made.tenders), made.virtual) == ({"Card": Decimal("300.00")}, Decimal("1000.00"))
    assert sum(p.amount for p in made.parts) == 130_000


def test_goods_bought_on_the_same_order_are_a_sale_of_their_own() -> None:
    mixed = [*BOTH, row(2, "SOCKS", 1, "100.00")]
    made = plan(till_refund(mixed, paid("Card", "1200.00")))
    assert (made.findings, sum(p.amount for p in made.parts), dict(made.tenders)) == ((), 130_000, {"Card": Decimal("1200.00")})
    assert reasons(plan(till_refund(mixed, paid("Web refund", "1200.00")))) == ["a part was paid at the till and a part is to be refunded by Centra"]


NEVER_SENT = "the till paid for articles that never were sent, whose money may not have been taken from the customer"


def test_money_for_articles_that_never_were_sent() -> None:
    order = web_order([COAT], [], payments=())
    coat = [row(0, "COAT", -1, "1000.00", 0)]
    assert reasons(plan(till_refund(coat), order)) == [NEVER_SENT]
    assert plan(till_refund(coat, paid("Web refund", "1000.00")), order).findings == ()
    taken = replace(order, payments=(entry("CAPTURE", 100_000),))
    assert plan(till_refund(coat), taken).findings == ()
    assert reasons(plan(till_refund(coat, paid("Web refund", "1000.00")), taken)) == [
        "cancelled articles were paid for already, and Centra refunds only returns"
    ]
    assert reasons(plan(till_refund([row(0, "COAT", -1, "900.00", 0)]), taken)) == [
        "the till paid 900.00 SEK for articles that never were sent, which are worth 1000.00 SEK"
    ]


def test_settings_without_fee_articles_treat_a_fee_row_as_shipping() -> None:
    bare = OrderSettings(returns=SETTINGS.returns)
    original = copied(CopyRow(0, 1, "COAT", 1), CopyRow(1, 0, "", 1))
    refund = till_refund([row(0, "COAT", -1, "1000.00", 0), row(1, "", -1, "49.00", 1)])
    assert plan(refund, sold(shipping=4_900), original, settings=bare).parts[0].shipping == 4_900


def test_units_of_a_line_are_worth_the_line_together() -> None:
    worth = Worth(10_000, 1_001, -333)
    parts = [worth.units(3, n, 1) for n in range(3)]
    assert sum(parts, Worth()) == worth
    assert worth.units(3, 2, 5) == worth.units(3, 2, 1)
    assert worth.units(0, 0, 1) == Worth()


def test_rounding_makes_no_unit_cost_less_than_nothing() -> None:
    given_away = Worth(5, 5)
    assert [(part.total, part.voucher) for part in (given_away.units(2, n, 1) for n in range(2))] == [(0, 3), (0, 2)]
    exempt = Worth(3, 2, -1)
    assert [exempt.units(3, n, 1).total for n in range(3)] == [0, 0, 0]


def test_bundles_count_their_money_once() -> None:
    own = web_order(
        [line(5, "SET", 1, 80_000), line(6, "TOP", 1, 30_000, bundle_line=5), line(7, "SOCK", 1, 10_000, bundle_line=5)], [], discounts=8_000
    )
    assert line_worths(own) == {5: Worth(80_000, 8_000), 6: Worth(60_000, 6_000), 7: Worth(20_000, 2_000)}
    items = web_order(
        [line(5, "SET", 1, 0), line(6, "TOP", 1, 30_000, bundle_line=5), line(7, "SOCK", 1, 10_000, bundle_line=5)], [], discounts=4_000
    )
    assert line_worths(items) == {5: Worth(40_000, 4_000), 6: Worth(30_000, 3_000), 7: Worth(10_000, 1_000)}


@pytest.mark.parametrize(
    ("currency", "cash", "told"), [("SEK", "149.50", False), ("SEK", "148.00", True), ("HUF", "148.00", False), ("HUF", "145.00", True)]
)
def test_cash_is_rounded_to_the_coins_there_are(currency: str, cash: str, told: bool) -> None:
    made = plan(till_refund([row(1, "HAT", -1, "150.00", 1)], paid("Cash", cash), currency=currency), sold(currency=currency))
    assert bool(made.findings) == told
