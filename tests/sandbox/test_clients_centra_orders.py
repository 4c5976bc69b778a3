"""The order client against the Centra sandbox: what it reads of orders, changes and returns, in every way Centra may answer."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from connector.centra import order_documents as documents
from connector.centra import order_mutations as mutations
from connector.centra.errors import Refused, Unavailable
from connector.centra.order_models import AllocatedTo, OrderAmounts
from tests.sandbox.connected_orders import START, CentraOrderWorld

SCHEMA = build_schema(Path("sandbox/centra/schema.graphql").read_text("utf-8"))
EVERY = documents.every_order_document()
SHAPES = [
    *EVERY.values(),
    mutations.allocate_order(1, 0),
    mutations.unallocate_order(1, remove=False),
    mutations.cancel_lines(3, remove=True),
    mutations.create_shipment(1, info=False),
    mutations.complete_shipment(info=False),
    mutations.create_return(1, Decimal(0), Decimal(0), Decimal(0)),
]


@pytest.fixture
def world() -> CentraOrderWorld:
    return CentraOrderWorld()


def placed(world: CentraOrderWorld, *lines: Any, warehouses: tuple[int, ...] = (11,), **wishes: Any) -> int:
    return int(world.state.place_order(lines or [("TEE-M", 2)], warehouses, **wishes)["number"])


@pytest.mark.parametrize("document", SHAPES)
def test_every_document_is_valid(document: str) -> None:
    assert validate(SCHEMA, parse(document)) == []


# --- whole orders ---------------------------------------------------------------------------------------------------


def test_ten_orders_with_all_they_hold_are_one_request(world: CentraOrderWorld) -> None:
    numbers = [placed(world, ("TEE-M", 1), warehouses=()) for _ in range(9)]
    before = world.requests()
    assert sorted(world.orders.orders([*numbers, 999])) == numbers
    assert world.requests() == before + 1
    assert world.state.usage()["violations"] == 0


def test_all_kinds_of_lines_and_what_the_store_must_know(world: CentraOrderWorld) -> None:
    bundle = {"kind": "bundle", "sku": "TEE-S", "price": 15_000, "items": [("TEE-S", 1), ("TEE-L", 2)]}
    card = {"kind": "gift_certificate", "sku": "TEE-S", "price": 5_000, "tax": 0}
    product = {"sku": "TEE-M", "units": 2, "price": 9_000, "original": 10_000, "comment": "no bag"}
    gift = "Grattis 🎁\nKram"
    number = placed(world, product, bundle, card, attributes={"gift.message": gift}, shipping_option="Pick up", other_comment="ring", phone="070")
    order = world.orders.orders([number])[number]
    kinds = ["ProductOrderLine", "BundleOrderLine", "BundleItemOrderLine", "BundleItemOrderLine", "GiftCertificateOrderLine"]
    assert [line.kind for line in order.lines] == kinds
    own, parent, small, large, gift_card = order.lines
    assert (own.quantity, own.unit_original, own.unit_price, own.value, own.tax_percent) == (2, 10_000, 9_000, 18_000, Decimal(25))
    assert (own.sku, own.size_id, own.ean, own.size_name, own.comment) == ("TEE-M", world.sizes["TEE-M"], "731", "M", "no bag")
    assert [(x.sku, x.quantity, x.bundle_line, x.allocated_to(11)) for x in (small, large)] == [
        ("TEE-S", 1, parent.id, 1),
        ("TEE-L", 2, parent.id, 2),
    ]
    assert (parent.value, parent.allocations, gift_card.value, gift_card.tax_percent) == (15_000, (), 5_000, Decimal(0))
    assert order.attributes == {"gift.message": gift}
    assert (order.shipping_option, order.shipping_option_uri, order.other_comment) == ("Pick up", "pick-up", "ring")
    assert order.shipping_address is not None
    assert (order.shipping_address.phone, order.shipping_address.country, order.email) == ("070", "SE", "alva.berg@example.com")
    assert [(p.kind, p.status, p.amount) for p in order.payments] == [("AUTH", "SUCCESS", order.grand_total)]


KINDS: list[dict[str, Any]] = [
    {"currency": "SEK"},
    {"currency": "JPY", "shipping_tax": 10},
    {"currency": "KWD", "handling_fee": 1_234},
    {"currency": "USD", "tax_kind": "added"},
    {"currency": "NOK", "tax_kind": "deducted"},
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind['currency']}-{kind.get('tax_kind', 'included')}")
@pytest.mark.parametrize("including", [True, False])
@pytest.mark.parametrize("holds_shipping", [True, False])
@pytest.mark.parametrize("sign", ["positive", "negative"])
def test_amounts_add_up_however_centra_writes_taxes_and_discounts(
    world: CentraOrderWorld, kind: dict[str, Any], including: bool, holds_shipping: bool, sign: str
) -> None:
    world.state.modes(including_tax_adds=including, order_tax_holds_shipping=holds_shipping, discount_sign=sign)
    number = placed(world, ("TEE-M", 2), {"sku": "TEE-S", "price": 3_333, "tax": 6}, shipping_fee=4_900, voucher={"percent": 10}, **kind)
    order, truth = world.orders.orders([number])[number], world.state.order_state(number)
    assert (order.currency, order.currency_decimals) == (kind["currency"], {"JPY": 0, "KWD": 3}.get(kind["currency"], 2))
    parts = order.amounts
    assert order.grand_total == truth["grand_total"]
    assert parts.lines == sum(line.value for line in order.lines) == truth["totals"]["lines"]
    assert parts.lines + parts.shipping + parts.handling - parts.discounts + parts.tax_added - parts.tax_deducted == order.grand_total
    assert (parts.discounts, parts.tax_added, parts.tax_deducted) == tuple(truth["totals"][n] for n in ("discounts", "tax_added", "tax_deducted"))
    assert parts.shipping_tax_percent == Decimal(kind.get("shipping_tax", 25))


def test_an_order_that_waits_or_is_none_of_the_stores(world: CentraOrderWorld) -> None:
    held = placed(world, hold="WAITING_FOR_FRAUD_CHECK", internal=True, locked=True, external_id="sitoo-sale-5")
    wholesale = placed(world, b2b=True)
    bare = placed(world, address=None, billing_address=None, email="", shipping_option="")
    orders = world.orders.orders([held, wholesale, bare])
    told = orders[held]
    assert (told.on_hold, told.hold_reason, told.internal, told.locked) == (True, "WAITING_FOR_FRAUD_CHECK", True, True)
    assert (told.external_id, told.store_type) == ("sitoo-sale-5", "DIRECT_TO_CONSUMER")
    assert (orders[wholesale].store_type, orders[wholesale].amounts) == ("WHOLESALE", OrderAmounts(0, 0, 0, 0, 0, 0, 0))
    assert (orders[bare].shipping_address, orders[bare].email, orders[bare].shipping_option) == (None, "", "")


@pytest.mark.parametrize("mode", ["unshipped", "all"])
def test_what_has_left_is_no_longer_allocated(world: CentraOrderWorld, mode: str) -> None:
    world.state.modes(order_line_allocations=mode)
    number = placed(world, ("TEE-M", 4), ("TEE-S", 1))
    gone = world.state.ship(number, [("TEE-M", 1)])["shipment_id"]
    ready = world.state.ship(number, [("TEE-M", 1)], complete=False)["shipment_id"]
    world.state.cancel_lines(number, [("TEE-S", 1)])
    order = world.orders.orders([number])[number]
    tee_m, tee_s = order.lines
    assert (tee_m.allocated_to(11), tee_m.quantity, tee_s.quantity, tee_s.cancelled) == (3, 4, 0, 1)
    assert order.shipped_units(tee_m.id) == 1
    assert [(s.id, s.shipped_at, s.good_to_go, s.lines[0].order_line, dict(s.lines[0].warehouses)) for s in order.shipments] == [
        (gone, START, True, tee_m.id, {11: 1}),
        (ready, None, True, tee_m.id, {11: 1}),
    ]


def test_a_line_taken_from_more_places_than_shown_is_read_whole(world: CentraOrderWorld) -> None:
    places = list(range(20, 20 + documents.ALLOCATIONS_SHOWN + 2))
    for place in places:
        world.state.add_warehouse(id=place, name=f"Store {place}")
        world.state.put_stock(warehouse=place, sku="TEE-M", physical=1)
    number = placed(world, ("TEE-M", len(places)), warehouses=tuple(places))
    before = world.requests()
    order = world.orders.orders([number])[number]
    assert [(a.warehouse, a.units) for a in order.lines[0].allocations] == [(place, 1) for place in places]
    assert world.requests() == before + 2
    world.state.ship(number)
    shipped = world.orders.orders([number])[number]
    assert shipped.shipments[0].lines[0].warehouses == dict.fromkeys(places, 1)
    assert shipped.lines[0].allocations == ()


def test_units_that_a_store_must_confirm_are_waiting(world: CentraOrderWorld) -> None:
    world.state.add_warehouse(id=13, name="Asks", allocation_policy="DIRECT_THEN_CONFIRM")
    world.state.put_stock(warehouse=13, sku="TEE-M", physical=2)
    number = placed(world, warehouses=(13,))
    (waiting,) = world.orders.orders([number])[number].lines[0].allocations
    assert waiting == AllocatedTo(waiting.id, 13, 2, waiting=True)


def test_a_missing_permission_is_named(world: CentraOrderWorld) -> None:
    number = placed(world)
    world.state.permissions = frozenset({"Order:read"})
    with pytest.raises(Refused, match="permission"):
        world.orders.orders([number])


@pytest.mark.parametrize("kind", ["error", "drop_before", "error_after", "drop_after"])
def test_a_reading_that_broke_off_is_unavailable(world: CentraOrderWorld, kind: str) -> None:
    world.state.fault(kind=kind, operation="WholeOrders")
    with pytest.raises(Unavailable):
        world.orders.orders([placed(world)])


# --- returns --------------------------------------------------------------------------------------------------------


def test_returns_of_an_order_with_their_refunds(world: CentraOrderWorld) -> None:
    number = placed(world, ("TEE-M", 3), shipping_fee=4_900, payment="captured")
    shipment = world.state.ship(number)["shipment_id"]
    line = world.orders.orders([number])[number].shipments[0].lines[0].id
    by_mail = world.state.return_by_mail(shipment, [("TEE-M", 1)], warehouse=12)["return_id"]
    kept = world.state.return_into(shipment, [("TEE-M", 2)])["return_id"]
    first, second = world.orders.returns_of(number)
    assert (first.id, first.shipment_id, dict(first.lines), first.restocked_in, first.completed) == (by_mail, shipment, {line: 1}, 12, True)
    assert (second.id, dict(second.lines), second.restocked_in, second.refunds) == (kept, {line: 2}, None, ())
    (refund,) = first.refunds
    assert (refund.amount, refund.return_id, first.amount) == (10_000, by_mail, 10_000)
    assert world.orders.orders([number])[number].shipments[0].lines[0].returned == 3
    assert world.orders.returns_of(999) == []
