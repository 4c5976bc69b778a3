"""The copy of a web order: what staff read, what machines read, what each row costs, and what is shown to people at a desk."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.centra.order_models import CentraOrder
from connector.domain.exceptions import Kind
from connector.domain.order_settings import OrderContract, ReturnCopies
from connector.mapping.order_copy import Lacking
from connector.store.order_files import CopyRow, Purpose
from tests.unit.web_orders import CENTRAL, COLLECT, GOTHENBURG, HOME, SETTINGS, STOCKHOLM, copy, line, order, shipment, try_copy

MESSAGE = "Grattis! 🎉👩‍👩‍👧\nKram, mormor"
ATTRIBUTED = replace(SETTINGS, contract=OrderContract(gift_message="gift.text"))
SILENT = replace(SETTINGS, contract=OrderContract(gift_message=""))


def prices(made: Any) -> list[tuple[str, str, float]]:
    return [(row["moneyrowprice"], row["moneyrowdiscount"], row["vatvalue"]) for row in made.body["orderitems"]]


def test_staff_read_courier_and_gift_message() -> None:
    made = copy(order(other_comment=MESSAGE))
    assert made.body["comment"] == f"Web order 104233: ship from store\nCourier: PostNord – MyPack Home\nGift message: {MESSAGE}"
    assert made.body["additionaldata"]["gift-message"] == MESSAGE


def test_a_gift_message_stands_where_the_client_says() -> None:
    told = order(other_comment="leave it at the door", attributes={"gift.text": "For you"})
    assert "For you" in copy(told, settings=ATTRIBUTED).body["comment"]
    assert "door" not in copy(told, settings=ATTRIBUTED).body["comment"]
    assert copy(told, settings=SILENT).body["additionaldata"].get("gift-message") is None


def test_a_pick_up_has_no_delivery_address_and_the_customers_own_name() -> None:
    made = copy(order(shipping_option=COLLECT.option))
    assert [key for key in made.body if key.startswith("delivery")] == []
    assert (made.body["namefirst"], made.body["phone"]) == ("Bo", HOME.phone)
    assert (made.body["additionaldata"]["weborder-bopis"], made.fulfilment.value) == ("true", "pick_up")
    assert "Courier" not in made.body["comment"]


def test_a_parcel_goes_to_the_shipping_address() -> None:
    made = copy(order())
    assert (made.body["namefirst"], made.body["delivery_countryid"]) == ("Astrid", "se")
    assert "weborder-bopis" not in made.body["additionaldata"]
    assert "company" not in made.body


def test_a_copy_for_returns_holds_as_little_as_a_till_needs() -> None:
    shipped = order(line(1, 2, at={}), other_comment=MESSAGE, shipments=(shipment(7, {1: 2}, CENTRAL),), status="SHIPPED")
    made = copy(shipped, {1: 2}, CENTRAL, purpose=Purpose.RETURN, fulfilment=None)
    assert "orderstateid" not in made.body
    assert "delivery-ignore-stock" not in made.body["additionaldata"]
    assert made.body["email"] == "astrid@example.com"
    known = {"namefirst", "namelast", "company", "phone"} | {key for key in made.body if key.startswith("delivery")}
    assert known & set(made.body) == set()
    assert "mormor" not in repr(made.body)
    without = replace(SETTINGS, return_copies=ReturnCopies(customer_email=False))
    assert "email" not in copy(shipped, {1: 2}, CENTRAL, purpose=Purpose.RETURN, fulfilment=None, settings=without).body


def test_nothing_about_the_customer_is_shown() -> None:
    secret = order(other_comment=MESSAGE, email="uma@example.com")
    for web_order in (secret, replace(secret, shipping_option=COLLECT.option)):
        made = copy(web_order)
        shown = repr(made.masked())
        hidden = ["Astrid", "Bo", "Ek'", "Storgatan", "lgh", "903 26", "Umeå", "Västerbotten", "@", "4670", "mormor", "PSP-1"]
        assert [word for word in hidden if word in shown] == []
        assert "S-TEE-5001" in shown
        assert "100.00" in shown
        assert "uma@example.com" in repr(made.body)


def test_masking_changes_nothing_that_is_sent() -> None:
    made = copy(order(other_comment=MESSAGE))
    before = repr(made.body)
    made.masked()
    assert repr(made.body) == before


@pytest.mark.parametrize(
    "change",
    [
        {"shipping_address": replace(HOME, address1="Nygatan 2")},
        {"shipping_address": replace(HOME, phone="+46700000000")},
        {"other_comment": "Happy birthday"},
        {"lines": (line(5001, 1, 10_000, sku="TEE-NEW"),)},
        {"shipping_option": COLLECT.option},
    ],
)
def test_whatever_staff_can_see_changes_the_fingerprint(change: dict[str, Any]) -> None:
    assert copy(order()).fingerprint == copy(order()).fingerprint
    assert copy(order(**change)).fingerprint != copy(order()).fingerprint


def test_a_changed_price_changes_the_fingerprint() -> None:
    assert copy(order(line(5001, 1, 9_000))).fingerprint != copy(order()).fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"updated_at": 1_800_000_000.0},
        {"attributes": {"note.text": "ready"}},
        {"billing_address": replace(HOME, address1="Elsewhere 9")},
    ],
)
def test_what_staff_cannot_see_does_not(change: dict[str, Any]) -> None:
    assert copy(order(**change)).fingerprint == copy(order()).fingerprint


def test_a_fingerprint_tells_nothing_across_orders() -> None:
    assert copy(order()).fingerprint != copy(order(id="f" * 32)).fingerprint
    assert copy(order(id="x" * 200)).fingerprint


def test_rows_are_whole_rows_with_vat_and_their_discounts() -> None:
    made = copy(order(line(1, 3, 10_000, value=24_000), line(2, 1, 6_000), discounts=1_000))
    assert prices(made) == [("300.00", "68.00", 25), ("60.00", "2.00", 25)]
    assert made.total == 29_000
    assert made.rows == (CopyRow(0, 1, "S-TEE-1", 3), CopyRow(1, 2, "S-TEE-2", 1))


def test_added_tax_is_in_the_rows() -> None:
    made = copy(order(line(1, 2, 10_000, value=15_000, tax_percent=Decimal(10)), tax_added=1_500, tax_included=0))
    assert prices(made) == [("220.00", "55.00", 10)]
    assert made.total == 16_500


def test_deducted_tax_is_taken_off_and_no_vat_is_left() -> None:
    web_order = order(line(1, 1, 12_500), tax_deducted=3_480, tax_included=0, shipping=4_900, shipping_tax_percent=Decimal(25))
    assert prices(copy(web_order)) == [("100.00", "0.00", 0), ("39.20", "0.00", 0)]


def test_rates_keep_their_decimals() -> None:
    assert prices(copy(order(line(1, 1, 10_000, tax_percent=Decimal("25.5")))))[0][2] == 25.5
    assert repr(prices(copy(order(line(1, 1, 10_000, tax_percent=Decimal("25.00")))))[0][2]) == "25"


def test_a_voucher_larger_than_the_goods_pays_fees() -> None:
    made = copy(order(line(1, 1, 10_000), shipping=4_900, discounts=12_000, shipping_tax_percent=Decimal(25)))
    assert prices(made) == [("100.00", "100.00", 25), ("49.00", "20.00", 25)]


def test_fees_have_articles_of_their_own_if_the_client_wants_so() -> None:
    named = replace(SETTINGS, shipping_fee_sku="FRAKT", handling_fee_sku="HANT")
    made = copy(order(shipping=4_900, handling=1_000), settings=named)
    assert [(row.line, row.sku, row.units) for row in made.rows[1:]] == [(0, "FRAKT", 1), (0, "HANT", 1)]
    assert [row.get("sku") for row in made.body["orderitems"][1:]] == ["FRAKT", "HANT"]


@pytest.mark.parametrize(("stated", "rate"), [(None, 25), (Decimal(12), 12)])
def test_a_fee_without_a_rate_has_that_of_the_goods(stated: Decimal | None, rate: int) -> None:
    assert prices(copy(order(shipping=4_900, shipping_tax_percent=stated)))[1] == ("49.00", "0.00", rate)


def test_a_fee_whose_rate_nobody_can_tell_is_parked() -> None:
    made = try_copy(order(line(1), line(2, tax_percent=Decimal(6)), shipping=4_900))
    assert isinstance(made, Lacking)
    assert [lack.attribute for lack in made.problems] == ["vat"]


@pytest.mark.parametrize("priced", ["bundle", "items", "both"])
def test_a_bundles_money_is_on_its_items(priced: str) -> None:
    items = [line(n, units, price, kind="BundleItemOrderLine", bundle_line=1) for n, units, price in ((2, 1, 6_000), (3, 2, 2_000))]
    whole = line(1, 1, 10_000, at={}, kind="BundleOrderLine", unit_original=12_000)
    if priced == "bundle":
        items = [replace(item, value=0, unit_original=0) for item in items]
    if priced == "items":
        whole = replace(whole, value=0)
    made = copy(replace(order(whole, *items), grand_total=10_000))
    assert [row.line for row in made.rows] == [2, 3]
    assert made.total == 10_000
    expected = {"bundle": [("40.00", "6.67", 25), ("80.00", "13.33", 25)]}.get(priced, [("60.00", "0.00", 25), ("40.00", "0.00", 25)])
    assert prices(made) == expected


def split_order() -> CentraOrder:
    """Three units at 33.33… in two stores and the central warehouse, a fee, a gift certificate."""
    gift = line(9, 1, 5_000, at={}, kind="GiftCertificateOrderLine", size_id=None, tax_percent=Decimal(0))
    goods = line(1, 3, 3_334, at={STOCKHOLM: 1, GOTHENBURG: 1}, value=10_000)
    shipped = shipment(7, {1: 1}, CENTRAL)
    return order(goods, gift, shipping=4_900, shipments=(shipped,))


def test_stores_come_first_and_fees_go_with_the_first_unit() -> None:
    web_order = split_order()
    first, second = copy(web_order, {1: 1}), copy(web_order, {1: 1}, GOTHENBURG)
    back = copy(web_order, {1: 1}, CENTRAL, purpose=Purpose.RETURN, fulfilment=None)
    assert [made.total for made in (first, second, back)] == [3_334 + 5_000 + 4_900, 3_333, 3_333]
    assert [row.line for row in first.rows] == [1, 9, 0]
    assert first.total + second.total + back.total == web_order.grand_total


def test_a_store_keeps_its_units_when_another_ships() -> None:
    """Where Centra forgets the warehouse of what was shipped, the caller tells it."""
    web_order = split_order()
    gone = replace(
        web_order,
        lines=(replace(web_order.lines[0], allocations=web_order.lines[0].allocations[1:]), web_order.lines[1]),
        shipments=(*web_order.shipments, shipment(8, {1: 1}, None)),
    )
    known = {STOCKHOLM: {1: 1}}
    assert copy(gone, {1: 1}, GOTHENBURG, known=known).fingerprint == copy(web_order, {1: 1}, GOTHENBURG).fingerprint


def test_a_second_copy_for_the_same_store_has_no_fees_again() -> None:
    web_order = order(line(1, 3, 3_334, value=10_000), shipping=4_900)
    parts = [copy(web_order, {1: 2}), copy(web_order, {1: 1}, taken={1: 2})]
    assert [part.total for part in parts] == [6_667 + 4_900, 3_333]


@pytest.mark.parametrize(("currency", "decimals", "total"), [("JPY", 0, "1500.00"), ("SEK", 2, "15.00")])
def test_every_currency_has_two_decimals_in_sitoo(currency: str, decimals: int, total: str) -> None:
    made = copy(order(line(1, 1, 1_500), currency=currency, currency_decimals=decimals))
    assert (made.body["currencycode"], made.body["payments"][0]["moneyamount"]) == (currency, total)


def test_three_decimals_are_sent_when_they_are_whole_cents() -> None:
    made = copy(order(line(1, 3, 3_340, value=10_010), currency="KWD", currency_decimals=3))
    assert made.total == 1_001
    refused = try_copy(order(line(1, 1, 10_015), currency="KWD", currency_decimals=3))
    assert isinstance(refused, Lacking)
    assert {(lack.attribute, lack.kind) for lack in refused.problems} == {("prices", Kind.UNSUPPORTED_AMOUNT)}
    assert {lack.happened for lack in refused.problems} == {"the grand total is 10.015 KWD", "line 1 (TEE-1) is 10.015 KWD"}


def test_a_tax_exempt_order_with_several_rates_is_exact_row_by_row() -> None:
    """Deducted tax is a part of the price: 100.00 holds 20.00 at 25 %, and 5.66 at 6 %."""
    web_order = order(line(1, 1, 10_000), line(2, 1, 10_000, tax_percent=Decimal(6)), tax_deducted=2_566, tax_included=0)
    assert [price for price, _, _ in prices(copy(web_order))] == ["80.00", "94.34"]
