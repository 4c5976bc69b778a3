"""Whole orders and returns read from Centra's answers."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from connector.centra.answers import Malformed
from connector.centra.order_answers import centra_order
from connector.centra.order_models import Address, AllocatedTo, LineOfShipment
from connector.domain.currency import decimals_of
from tests.unit.centra_order_nodes import Node, address, allocation, cents, line, order, payment, shipment, shipment_line

MIDDAY = 1_763_636_400.0 - 2 * 3600 + 365 * 86400
"""2026-11-20T09:00:00Z."""


def test_a_plain_order_is_read_whole() -> None:
    read = centra_order(order())
    assert (read.number, read.id, read.status, read.store_type) == (101, "0123456789abcdef0123456789abcdef", "CONFIRMED", "DIRECT_TO_CONSUMER")
    assert (read.created_at, read.updated_at) == (MIDDAY, MIDDAY + 3600)
    assert (read.currency, read.currency_decimals, read.grand_total) == ("SEK", 2, 22_900)
    assert (read.amounts.lines, read.amounts.shipping, read.amounts.tax_included) == (18_000, 4_900, 4_580)
    assert (read.amounts.shipping_tax_percent, read.amounts.handling_tax_percent) == (Decimal(25), None)
    assert (read.on_hold, read.internal, read.locked, read.hold_reason, read.external_id) == (False, False, False, "", "")
    assert (read.payment_method, read.shipping_option, read.shipping_option_uri) == ("Adyen Drop-In", "Pick up", "pick-up")
    assert read.email == "asa@example.com"
    assert read.shipping_address == Address("Åsa", "Öst", "", "", "Storgatan 1", "", "Lund", "22222", "", "SE", "asa@example.com", "070-1")
    (one,) = read.lines
    assert (one.id, one.kind, one.quantity, one.cancelled, one.sku, one.ean, one.size_id) == (1, "ProductOrderLine", 2, 0, "TEE-M", "731", 700)
    assert (one.product_name, one.variant_name, one.size_name, one.comment) == ("Tee", "Black", "M", "")
    assert (one.unit_original, one.unit_price, one.value, one.tax_percent) == (10_000, 9_000, 18_000, Decimal(25))
    assert one.allocations == (AllocatedTo(51, 11, 2),)
    (paid,) = read.payments
    assert (paid.kind, paid.status, paid.amount, paid.method, paid.reference, paid.return_id) == ("AUTH", "SUCCESS", 22_900, "Adyen", "psp-1", None)


def test_what_centra_has_nothing_about_is_empty() -> None:
    nothing: dict[str, Any] = {"customer": None, "shippingAddress": None, "billingAddress": None, "shippingPriceGroup": None, "paymentMethod": None}
    read = centra_order(order(**nothing, attributes=[], paymentHistory=[]))
    assert (read.email, read.shipping_address, read.billing_address, read.shipping_option, read.payment_method) == ("", None, None, "", "")
    assert (dict(read.attributes), read.payments) == ({}, ())


def test_the_mail_address_is_found_where_there_is_one() -> None:
    read = centra_order(order(customer=None, shippingAddress=address(email=None), billingAddress=address(email="b@example.com")))
    assert read.email == "b@example.com"


def test_a_method_without_a_name_is_known_by_its_uri() -> None:
    assert centra_order(order(paymentMethod={"name": None, "uri": "klarna"})).payment_method == "klarna"


def test_values_that_centra_may_add_stay_text() -> None:
    read = centra_order(order(status="ON_ICE", isOnHold=True, orderHoldReason="WAITING_FOR_GODOT", paymentHistory=[payment(1, "BARTER", 1)]))
    assert (read.status, read.hold_reason, read.payments[0].kind) == ("ON_ICE", "WAITING_FOR_GODOT", "BARTER")
    odd = line(1, kind="LicenceOrderLine", productName="Key")
    for gone in ("allocations", "productSize", "size", "productVariantName"):
        del odd[gone]
    (one,) = centra_order(order(lines=[odd])).lines
    assert (one.kind, one.quantity, one.value, one.sku, one.allocations) == ("LicenceOrderLine", 2, 18_000, "", ())


def test_of_a_wholesale_order_only_what_tells_it_apart_is_read() -> None:
    kept = ("number", "id", "status", "createdAt", "updatedAt")
    read = centra_order({"__typename": "WholesaleOrder"} | {name: value for name, value in order().items() if name in kept})
    assert (read.store_type, read.number, read.updated_at, read.lines, read.grand_total) == ("WHOLESALE", 101, MIDDAY + 3600, (), 0)


def test_a_size_that_was_deleted_leaves_its_snapshot() -> None:
    (one,) = centra_order(order(lines=[line(1, productSize=None)])).lines
    assert (one.size_id, one.sku, one.ean, one.product_name, one.size_name) == (None, "", "", "Tee", "M")


def test_an_item_of_a_bundle_knows_its_bundles_line() -> None:
    bundle = line(1, kind="BundleOrderLine")
    item = line(2, kind="BundleItemOrderLine", bundleOrderLine={"id": 1})
    assert [(x.kind, x.bundle_line) for x in centra_order(order(lines=[bundle, item])).lines] == [
        ("BundleOrderLine", None),
        ("BundleItemOrderLine", 1),
    ]


@pytest.mark.parametrize("listed", [True, False])
def test_only_what_has_not_left_is_allocated_however_centra_lists_it(listed: bool) -> None:
    left, ready, loose = allocation(51, 11, 1), allocation(52, 12, 2), allocation(53, 12, 3, waiting=True)
    shipments = [
        shipment(3, [shipment_line(31, 1, 1, [left])], shipped=True),
        shipment(4, [shipment_line(41, 1, 2, [{**ready}])]),
    ]
    node = order(lines=[line(1, 6, allocations=[left, ready, loose] if listed else [loose])], shipments=shipments)
    read = centra_order(node)
    assert read.lines[0].allocations == (AllocatedTo(52, 12, 2), AllocatedTo(53, 12, 3, waiting=True))
    assert (read.lines[0].allocated_to(12), read.lines[0].allocated_to(11), read.shipped_units(1)) == (5, 0, 1)
    assert read.shipments[0].lines == (LineOfShipment(31, 1, 1, 0, {11: 1}),)
    assert (read.shipments[0].shipped_at, read.shipments[1].shipped_at) == (MIDDAY + 2 * 3600, None)
    told = read.shipments[1]
    assert (told.external_id, told.carrier, told.service, told.tracking, told.captured) == ("sitoo-delivery-5", "PostNord", "Home", "T1", True)


def test_a_shipment_of_another_kind_has_no_capture_or_carrier() -> None:
    bare = shipment(4, [])
    for gone in ("externalId", "isCaptured", "trackingNumber", "carrierInformation"):
        del bare[gone]
    told = centra_order(order(shipments=[bare])).shipments[0]
    assert (told.external_id, told.captured, told.carrier, told.tracking) == ("", False, "", "")


def test_texts_and_choices_among_the_attributes_are_read() -> None:
    text = {"type": {"name": "gift"}, "elements": [{"key": "message", "value": "Grattis 🎁\nKram"}, {"key": "wrap", "value": ""}]}
    choice = {"type": {"name": "courier"}, "elements": [{"key": "who", "selectedValue": "postnord"}, {"key": "file"}]}
    assert centra_order(order(attributes=[text, choice])).attributes == {"gift.message": "Grattis 🎁\nKram", "courier.who": "postnord"}


@pytest.mark.parametrize("sign", [1, -1])
def test_discounts_and_deducted_taxes_are_taken_without_a_sign(sign: int) -> None:
    totals = order()["totals"] | {"discounts": cents(sign * 500), "taxDeducted": cents(sign * 70), "taxAdded": cents(30)}
    amounts = centra_order(order(totals=totals)).amounts
    assert (amounts.discounts, amounts.tax_deducted, amounts.tax_added) == (500, 70, 30)


@pytest.mark.parametrize(
    ("added", "shipping_part", "grand", "told"), [(2_000, 400, 24_900, 2_000), (2_000, 400, 25_300, 2_400), (2_000, 400, 1, 2_000)]
)
def test_tax_on_shipping_is_added_when_the_grand_total_is_only_reached_with_it(added: int, shipping_part: int, grand: int, told: int) -> None:
    totals = order()["totals"] | {"taxAdded": cents(added), "shippingTaxAdded": cents(shipping_part)}
    assert centra_order(order(totals=totals, grandTotal={"valueInCents": grand, "currency": {"code": "USD"}})).amounts.tax_added == told


def test_tax_that_was_deducted_from_shipping_too_is_told_whole() -> None:
    totals = order()["totals"] | {"taxDeducted": cents(-3_600), "shippingTaxDeducted": cents(-980)}
    assert centra_order(order(totals=totals, grandTotal={"valueInCents": 18_320, "currency": {"code": "SEK"}})).amounts.tax_deducted == 4_580


def test_prices_to_which_tax_is_added_are_taken_without_it() -> None:
    (one,) = centra_order(order(totals=order()["totals"] | {"taxAdded": cents(1)})).lines
    assert (one.unit_original, one.unit_price, one.value) == (8_000, 7_200, 14_400)


@pytest.mark.parametrize("rules", [[], None, [{"rule": {"taxPercent": 4}}, {"rule": {"taxPercent": 4}}]])
def test_a_fee_taxed_by_no_or_several_rules_has_no_single_rate(rules: Any) -> None:
    assert centra_order(order(totals=order()["totals"] | {"shippingTaxRules": rules})).amounts.shipping_tax_percent is None


@pytest.mark.parametrize(("sent", "rate"), [(8.1, "8.1"), (19, "19"), ("7.7", "7.7"), (0.0, "0"), (100.0, "100")])
def test_a_rate_is_the_decimal_that_centra_wrote(sent: Any, rate: str) -> None:
    assert str(centra_order(order(lines=[line(1, taxPercent=sent)])).lines[0].tax_percent) == rate


def _paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(node, dict):
        return [found for key, value in node.items() for found in _paths(value, (*path, key))]
    if isinstance(node, list):
        return [found for i, value in enumerate(node) for found in _paths(value, (*path, i))]
    return [path]


FULL = order(shipments=[shipment(3, [shipment_line(31, 1, 1, [allocation(51, 11, 1)])], shipped=True)])
OPTIONAL = {"externalId", "orderHoldReason", "otherComment", "comment", "productName", "productVariantName", "size", "SKU", "EAN", "email", "name"}
OPTIONAL |= {"uri", "externalReference", "paymentMethod", "return", "trackingNumber", "carrierName", "serviceName", "isCaptured"}
OPTIONAL |= set(address()) | {"isWaitingForConfirmation", "shippingTaxAdded", "shippingTaxDeducted"}


def _changed(node: Node, path: tuple[Any, ...], value: Any) -> Node:
    changed = deepcopy(node)
    inner: Any = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize("path", _paths(FULL), ids=lambda path: ".".join(map(str, path)))
def test_nothing_that_is_needed_is_made_up(path: tuple[Any, ...]) -> None:
    """Each value in turn is null: the order is unreadable, or the value is one that Centra may leave out."""
    node = _changed(FULL, path, None)
    optional = path[-1] in OPTIONAL or (path[-1] == "code" and "grandTotal" not in path)
    if optional or path[-2:] == ("warehouse", "id") or {*path} & {"netOriginal", "netPrice", "netValue"}:
        assert centra_order(node).number == 101
    else:
        with pytest.raises(Malformed):
            centra_order(node)


@pytest.mark.parametrize("amount", [12.5, None, "12.50", True, "abc"])
def test_an_amount_that_is_no_whole_number_of_sub_units_is_not_taken(amount: Any) -> None:
    with pytest.raises(Malformed):
        centra_order(order(grandTotal={"valueInCents": amount, "currency": {"code": "SEK"}}))


@pytest.mark.parametrize("rate", [None, "x", True, "NaN"])
def test_a_rate_that_is_none_is_not_taken(rate: Any) -> None:
    with pytest.raises(Malformed):
        centra_order(order(lines=[line(1, taxPercent=rate)]))


@pytest.mark.parametrize(("code", "decimals"), [("SEK", 2), ("EUR", 2), ("JPY", 0), ("jpy", 0), ("KWD", 3), ("ISK", 0), ("XYZ", 2)])
def test_a_currency_has_its_own_decimals(code: str, decimals: int) -> None:
    assert decimals_of(code) == decimals
    assert centra_order(order(grandTotal={"valueInCents": 1, "currency": {"code": code}})).currency_decimals == decimals
