"""What becomes of a web order: which store gets which units, what waits for what, what is nobody's business."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector.centra.order_models import AllocatedTo, PaymentEntry
from connector.domain.order_keys import sale_key, sent_key
from connector.domain.order_settings import Fulfilment
from connector.mapping.order_decision import DecisionKind, decide
from tests.unit.web_orders import CENTRAL, COLLECT, GOTHENBURG, PARCEL, SETTINGS, SITE, STOCKHOLM, line, order, shipment

FULFIL, RETURN_COPY, WAIT, IGNORE = DecisionKind
ANSWERING = replace(SETTINGS, confirm_allocations=True)


def payment(kind: str, amount: int = 10_000, status: str = "SUCCESS", at: float = 1.0) -> PaymentEntry:
    return PaymentEntry(int(at), kind, status, amount, "Adyen", f"ref-{at:.0f}", at)


def test_a_store_gets_what_is_allocated_to_it() -> None:
    decision = decide(order(line(1, 2), line(2, 1, at={GOTHENBURG: 1}), line(3, 1, at={CENTRAL: 1})), SETTINGS, SITE)
    assert decision.kind is FULFIL
    assert decision.fulfil == {STOCKHOLM: {1: 2}, GOTHENBURG: {2: 1}}
    assert (decision.awaiting, decision.return_copy, decision.fulfilment) == ("", {}, Fulfilment.SHIP_FROM_STORE)
    assert decision.summary == "Stockholm, Gothenburg: ship from store"


@pytest.mark.parametrize("option", ["collect IN store", "PICKUP"])
def test_shipping_options_are_known_by_name_or_uri(option: str) -> None:
    settings = replace(SETTINGS, shipping_methods=(COLLECT, replace(COLLECT, option="pickup"), PARCEL))
    decision = decide(order(shipping_option=option, shipping_option_uri=""), settings, SITE)
    assert decision.fulfilment is Fulfilment.PICK_UP
    by_uri = decide(order(shipping_option="Hämta", shipping_option_uri=option), settings, SITE)
    assert by_uri.fulfilment is Fulfilment.PICK_UP


def test_an_unmapped_shipping_option_is_fulfilled_by_nobody_and_said() -> None:
    decision = decide(order(shipping_option="Drone", shipping_option_uri=""), SETTINGS, SITE)
    assert (decision.kind, decision.fulfilment) == (FULFIL, None)
    assert "'Drone' is not mapped" in decision.summary


def test_bundles_go_as_their_items() -> None:
    bundle = line(1, 1, at={STOCKHOLM: 1}, kind="BundleOrderLine")
    items = [line(2, 2, kind="BundleItemOrderLine", bundle_line=1), line(3, 1, kind="BundleItemOrderLine", bundle_line=1)]
    gift = line(4, 1, kind="GiftCertificateOrderLine")
    assert decide(order(bundle, *items, gift), SETTINGS, SITE).fulfil == {STOCKHOLM: {2: 2, 3: 1}}


def test_an_order_can_be_for_a_store_and_for_tills_to_take_back() -> None:
    web_order = order(line(1, 3, at={STOCKHOLM: 1}), shipments=(shipment(7, {1: 2}, CENTRAL),), status="PROCESSING")
    decision = decide(web_order, SETTINGS, SITE)
    assert (decision.kind, decision.fulfil, decision.return_copy) == (FULFIL, {STOCKHOLM: {1: 1}}, {1: 2})


@pytest.mark.parametrize("status", ["SHIPPED", "ARCHIVED"])
def test_what_the_central_warehouse_shipped_may_come_back_to_a_till(status: str) -> None:
    shipped = (shipment(7, {1: 1}, CENTRAL), shipment(8, {1: 1}, STOCKHOLM), shipment(9, {1: 1}, CENTRAL, shipped_at=None))
    decision = decide(order(line(1, 3, at={}), shipments=shipped, status=status, on_hold=True), SETTINGS, SITE)
    assert (decision.kind, decision.fulfil) == (RETURN_COPY, {})
    assert decision.return_copy == {1: 1}


def test_nobody_guesses_the_warehouse_of_a_shipment() -> None:
    web_order = order(line(1, 1, at={}), shipments=(shipment(7, {1: 1}, None),), status="SHIPPED")
    decision = decide(web_order, SETTINGS, SITE)
    assert (decision.kind, decision.return_copy, decision.summary) == (IGNORE, {}, "everything has been shipped")


def test_what_is_not_paid_is_not_taken_back_either() -> None:
    web_order = order(line(1, 1, at={}), shipments=(shipment(7, {1: 1}, CENTRAL),), status="SHIPPED", payments=())
    assert decide(web_order, SETTINGS, SITE).return_copy == {}


@pytest.mark.parametrize(
    ("change", "summary"),
    [
        ({"store_type": "WHOLESALE"}, "wholesale order"),
        ({"store_type": "OtherOrder"}, "not a consumer's order (OtherOrder)"),
        ({"internal": True}, "internal order"),
        ({"external_id": sale_key(77)}, "made by the connector from a till sale"),
        ({"external_id": sent_key(77)}, "made by the connector from a till sale"),
        ({"status": "CANCELLED"}, "cancelled"),
        ({"lines": (line(1, 0, cancelled=2),)}, "cancelled"),
    ],
)
def test_what_is_nobodys_business(change: dict[str, Any], summary: str) -> None:
    decision = decide(order(**change), SETTINGS, SITE)
    assert (decision.kind, decision.summary, decision.awaiting, decision.fulfil) == (IGNORE, summary, "", {})


def test_an_external_id_of_others_is_no_reason() -> None:
    assert decide(order(external_id="sitoo-sale-77-x"), SETTINGS, SITE).kind is FULFIL


def test_the_central_warehouses_orders_are_left_alone_until_they_are_shipped() -> None:
    decision = decide(order(line(1, 1, at={CENTRAL: 1})), SETTINGS, SITE)
    assert (decision.kind, decision.summary) == (IGNORE, "no store of this site has a part in it")


@pytest.mark.parametrize(
    ("change", "awaiting"),
    [
        ({"status": "PENDING"}, "not confirmed in Centra yet"),
        ({"status": "SLEEPING"}, "the connector does not know the status SLEEPING"),
        ({"on_hold": True}, "on hold"),
        ({"on_hold": True, "hold_reason": "WAITING_FOR_FRAUD_CHECK"}, "on hold: waiting for the fraud check"),
        ({"on_hold": True, "hold_reason": "BAD_MOON"}, "on hold: BAD_MOON"),
        ({"on_hold": True, "hold_reason": "WAITING_FOR_PAYMENT"}, "waiting for payment"),
        ({"hold_reason": "WAITING_FOR_PAYMENT"}, "waiting for payment"),
        ({"payments": ()}, "not paid: nothing was authorised, captured or marked as paid"),
        ({"lines": (line(1, 2, at={}),)}, "no warehouse has yet been given 2 × TEE-1"),
    ],
)
def test_what_waits_says_for_what(change: dict[str, Any], awaiting: str) -> None:
    decision = decide(order(**change), SETTINGS, SITE)
    assert (decision.kind, decision.awaiting, decision.fulfil) == (WAIT, awaiting, {})


def test_a_store_gets_its_part_while_the_rest_waits() -> None:
    decision = decide(order(line(1, 3, at={STOCKHOLM: 1})), SETTINGS, SITE)
    assert (decision.kind, decision.fulfil) == (FULFIL, {STOCKHOLM: {1: 1}})
    assert decision.awaiting == "no warehouse has yet been given 2 × TEE-1"


def test_a_store_that_must_confirm_sees_the_order_when_the_connector_answers_for_it() -> None:
    waiting = line(1, 2, allocations=(AllocatedTo(1, STOCKHOLM, 1, waiting=True), AllocatedTo(2, GOTHENBURG, 1)))
    elsewhere = decide(order(waiting), SETTINGS, SITE)
    assert (elsewhere.fulfil, elsewhere.awaiting) == ({GOTHENBURG: {1: 1}}, "Stockholm must confirm the allocation")
    ours = decide(order(waiting), ANSWERING, SITE)
    assert (ours.fulfil, ours.awaiting) == ({STOCKHOLM: {1: 1}, GOTHENBURG: {1: 1}}, "Stockholm must confirm the allocation")


@pytest.mark.parametrize(
    ("entries", "paid"),
    [
        ([payment("AUTH")], True),
        ([payment("CAPTURE")], True),
        ([payment("PREPAID")], True),
        ([payment("MARKED_AS_PAID")], True),
        ([payment("AUTH", status="PENDING")], False),
        ([payment("AUTH", status="FAILED")], False),
        ([payment("AUTH_PENDING"), payment("CAPTURE_REQUEST")], False),
        ([payment("SOMETHING_NEW")], False),
        ([payment("AUTH"), payment("CANCEL", at=2)], False),
        ([payment("CANCEL"), payment("AUTH", at=2)], True),
        ([payment("AUTH"), payment("CANCEL", status="FAILED", at=2)], True),
        ([payment("AUTH", at=1), payment("CANCEL", at=2), payment("CAPTURE", at=3)], True),
        ([payment("MARKED_AS_PAID"), payment("MARKED_AS_UNPAID", at=2)], False),
        ([payment("AUTH_GIFT_CARD", 10_000)], True),
        ([payment("AUTH_GIFT_CARD", 9_999)], False),
        ([payment("AUTH_GIFT_CARD", 6_000), payment("AUTH_GIFT_CARD", 4_000, at=2)], True),
        ([payment("AUTH_GIFT_CARD", 6_000), payment("CAPTURE_GIFT_CARD", 6_000, at=2)], False),
        ([payment("AUTH_GIFT_CARD", 6_000), payment("AUTH", 4_000, at=2)], True),
        ([payment("AUTH_GIFT_CARD", 10_000), payment("CANCEL_GIFT_CARD", at=2)], False),
    ],
)
def test_what_counts_as_paid(entries: list[PaymentEntry], paid: bool) -> None:
    assert decide(order(payments=tuple(entries)), SETTINGS, SITE).kind is (FULFIL if paid else WAIT)


def test_an_order_that_costs_nothing_is_paid() -> None:
    free = order(line(1, 1, 10_000), discounts=10_000, payments=())
    assert (free.grand_total, decide(free, SETTINGS, SITE).kind) == (0, FULFIL)


def test_an_order_of_gift_certificates_is_nobodys_business() -> None:
    decision = decide(order(line(1, 1, at={}, kind="GiftCertificateOrderLine")), SETTINGS, SITE)
    assert (decision.kind, decision.summary) == (IGNORE, "nothing of it lies in a warehouse")
