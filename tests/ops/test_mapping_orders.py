"""The order section of the mapping file: slips are told before they are in force, with their line; what does not exist in Sitoo is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.mapping_checks import check
from ops.mapping_file import load
from tests.ops.world import MAPPING, World

METHODS = "shipping_methods: [{option: Collect, fulfilment: pick_up}, {option: Home, fulfilment: ship_from_store, carrier: PostNord}]"
SYNC = "switches: {sync_orders: true}\n"


def told(tmp_path: Path, orders: str, switches: str = "") -> list[str]:
    path = tmp_path / "mapping.yaml"
    path.write_text(f"{MAPPING}orders: {{{orders}}}\n{switches}", encoding="utf-8")
    return [str(mistake) for mistake in check(load(path))]


def test_a_plain_order_section_is_fine(tmp_path: Path) -> None:
    returns = "returns: {tenders: {Card: paid_at_till}}"
    assert told(tmp_path, f"{METHODS}, {returns}", "switches: {sync_orders: true, sync_returns: true}\n") == []


@pytest.mark.parametrize(
    ("orders", "where", "text"),
    [
        ("shipping_methods: [{option: ' ', fulfilment: pick_up}]", "shipping_methods[0].option", "must not be empty"),
        ("shipping_methods: [{option: 'A ', fulfilment: pick_up}]", "shipping_methods[0].option", "must not begin or end with a space"),
        (
            "shipping_methods: [{option: home, fulfilment: pick_up}, {option: HOME, fulfilment: pick_up}]",
            "shipping_methods[1].option",
            "HOME is already shipping_methods[0]; case does not count",
        ),
        ("shipping_methods: [{option: Home, fulfilment: ship_from_store}]", "shipping_methods[0]", "has no carrier and no service"),
        (
            "contract: {pick_up: [shoe_size]}",
            "contract.pick_up[0]",
            "names 'shoe_size', which is no attribute of an order; those of pick_up are order",
        ),
        ("contract: {pick_up: [courier]}", "contract.pick_up[0]", "names courier, which is never needed for pick_up"),
        ("contract: {ship_from_store: [variant]}", "contract.ship_from_store[0]", "names variant, which is never needed"),
        ("contract: {ship_from_store: [phone, phone]}", "contract.ship_from_store[1]", "names phone twice"),
        ("contract: {gift_message: giftMessage}", "contract.gift_message", "must be other_comment,"),
        ("contract: {gift_message: 'a.b.c'}", "contract.gift_message", "must be other_comment,"),
        ("contract: {gift_message: '', pick_up: [gift_message]}", "contract.pick_up", "asks for gift_message"),
        ("payment_name: ''", "payment_name", "must not be empty"),
        (f"payment_name: {'w' * 81}", "payment_name", "must have at most 80 characters"),
        ("shipping_fee_sku: FEE, handling_fee_sku: FEE", "handling_fee_sku", "must differ from shipping_fee_sku"),
        ("stamps: {attribute: notes, ready_element: ''}", "stamps.ready_element", "must name an element of the attribute notes"),
        ("stamps: {attribute: notes, ready_element: a, return_element: a}", "stamps.return_element", "must differ from ready_element"),
        ("returns: {tenders: {'': paid_at_till}}", "returns.tenders", "must name each payment as the tills do"),
        ("reserve_days: 0", "reserve_days", "must lie between 1 and 365, not 0"),
        ("returns: {stock_in_after_s: 5}", "returns.stock_in_after_s", "must lie between 60 and 86400, not 5"),
        ("uncollected: {remind_after_days: 15}", "uncollected.remind_after_days", "must not be above release_after_days (14)"),
        ("return_copies: {make: true}", "return_copies.sitoo_warehouse", "is needed"),
        ("return_copies: {make: true, sitoo_warehouse: 5}", "return_copies.sitoo_warehouse", "is a sellable warehouse of Gothenburg"),
        ("pos_sales: orders, till_orders: {email: t@shop.example}", "till_orders.country", "is needed with pos_sales: orders"),
        ("endless_aisle: true", "till_orders.country", "is needed with pos_sales: orders and with endless_aisle"),
        ("till_orders: {country: Sweden}", "till_orders.country", "must be two capital letters"),
        ("pos_sales: orders, till_orders: {country: SE}", "till_orders.email", "must be a mail address"),
        ("till_orders: {payment_plugin: -1}", "till_orders.payment_plugin", "must not be below 0, but is -1"),
    ],
)
def test_a_slip_is_told(tmp_path: Path, orders: str, where: str, text: str) -> None:
    found = told(tmp_path, orders)
    assert len(found) == 1, found
    assert found[0].startswith(f"line 20: orders.{where} {text}"), found


@pytest.mark.parametrize("place", ["''", "other_comment", "gift.message_text"])
def test_a_gift_message_may_stand_in_several_places(tmp_path: Path, place: str) -> None:
    assert told(tmp_path, f"contract: {{gift_message: {place}}}") == []


@pytest.mark.parametrize(
    ("orders", "switches", "text"),
    [
        ("", "{sync_orders: true}", "line 21: switches.sync_orders needs `orders.shipping_methods`"),
        (f"{METHODS}, returns: {{tenders: {{Card: paid_at_till}}}}", "{sync_returns: true}", "line 21: switches.sync_returns needs sync_orders"),
        (METHODS, "{sync_orders: true, sync_returns: true}", "line 21: switches.sync_returns needs `orders.returns.tenders`"),
    ],
)
def test_switches_need_what_they_switch_on(tmp_path: Path, orders: str, switches: str, text: str) -> None:
    found = told(tmp_path, orders, f"switches: {switches}\n")
    assert len(found) == 1, found
    assert found[0].startswith(text)


def test_what_sitoo_does_not_have_is_refused(world: World) -> None:
    orders = f"orders: {{{METHODS}, shipping_fee_sku: NO-SUCH-FEE, return_copies: {{make: true, sitoo_warehouse: 77}}}}\n"
    text = " ".join(world.ops("mapping", "plan", world.mapping(MAPPING + orders + SYNC), exit_code=1).split())
    assert "names NO-SUCH-FEE, which is no product in Sitoo" in text
    assert "names Sitoo warehouse 77, which does not exist" in text


def test_what_sitoo_has_is_taken(world: World) -> None:
    world.rehearsal.sitoo.add_product("FRAKT", stock_counted=False)
    orders = f"orders: {{{METHODS}, shipping_fee_sku: FRAKT, return_copies: {{make: true, sitoo_warehouse: 2}}}}\n"
    text = world.ops("mapping", "plan", world.mapping(MAPPING + orders + SYNC))
    assert "no product" not in text
    assert "does not exist" not in text


def test_refunds_through_centra_need_captures_there(world: World) -> None:
    orders = "orders: {capture: none, returns: {tenders: {Klarna: refund_in_centra}}}\n"
    text = " ".join(world.ops("mapping", "plan", world.mapping(MAPPING + orders)).split())
    assert "is none, while refunds by Klarna go through Centra" in text
