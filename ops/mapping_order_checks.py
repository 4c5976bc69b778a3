"""What must hold in the order section of a mapping file beyond its shape; none of these checks asks a vendor."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.domain.configuration import Mapping
from connector.domain.order_settings import Fulfilment, OrderSettings, PosSales
from connector.mapping.order_attributes import ATTRIBUTES, BY_NAME, may_be_contracted
from connector.mapping.order_subject import Use
from connector.mapping.order_text import OTHER_COMMENT
from ops.mapping_file import Loc

ATTRIBUTE_PLACE = re.compile(r"^[^.\s]+\.[^.\s]+$")
COUNTRY = re.compile(r"^[A-Z]{2}$")
LONGEST_NAME = 80


def check_orders(mapping: Mapping) -> Iterator[tuple[Loc, str]]:
    """(where, what is wrong) about `orders` and the switches that need it."""
    orders = mapping.orders
    yield from _switches(mapping)
    yield from _shipping_methods(orders)
    yield from _contract(orders)
    yield from _texts(orders)
    yield from _days(orders)
    yield from _return_copies(mapping)
    yield from _till_orders(orders)


def _switches(mapping: Mapping) -> Iterator[tuple[Loc, str]]:
    switches, orders = mapping.switches, mapping.orders
    if switches.sync_orders and not orders.shipping_methods:
        yield ("switches", "sync_orders"), "needs `orders.shipping_methods`: without one every order of a store would wait as UNMAPPED_NAME"
    if switches.sync_returns and not switches.sync_orders:
        yield ("switches", "sync_returns"), "needs sync_orders: a return is recorded on the order it belongs to"
    if switches.sync_returns and not orders.returns.tenders:
        yield ("switches", "sync_returns"), "needs `orders.returns.tenders`: nobody would know who pays a refund, and each would wait for people"


def _shipping_methods(orders: OrderSettings) -> Iterator[tuple[Loc, str]]:
    first: dict[str, int] = {}
    for n, method in enumerate(orders.shipping_methods):
        loc: Loc = ("orders", "shipping_methods", n)
        name = method.option.strip().casefold()
        if not name:
            yield (*loc, "option"), "must not be empty"
        elif name in first:
            yield (*loc, "option"), f"{method.option} is already shipping_methods[{first[name]}]; case does not count"
        elif method.option != method.option.strip():
            yield (*loc, "option"), "must not begin or end with a space"
        first.setdefault(name, n)
        needs_courier = "courier" in orders.contract.ship_from_store and method.fulfilment is Fulfilment.SHIP_FROM_STORE
        if needs_courier and not (method.carrier.strip() or method.service.strip()):
            yield loc, "has no carrier and no service, which the contract for ship_from_store asks for (courier)"


def _contract(orders: OrderSettings) -> Iterator[tuple[Loc, str]]:
    contract = orders.contract
    for key, names, use in (("pick_up", contract.pick_up, Use.PICK_UP), ("ship_from_store", contract.ship_from_store, Use.SHIP_FROM_STORE)):
        for n, name in enumerate(names):
            loc: Loc = ("orders", "contract", key, n)
            if name in names[:n]:
                yield loc, f"names {name} twice"
            elif name not in BY_NAME:
                known = ", ".join(a.name for a in ATTRIBUTES if may_be_contracted(a.name, use))
                yield loc, f"names {name!r}, which is no attribute of an order; those of {key} are {known}"
            elif not may_be_contracted(name, use):
                yield loc, f"names {name}, which is never needed for {key}: see docs/mapping-orders.md"
    place = contract.gift_message
    if place not in ("", OTHER_COMMENT) and not ATTRIBUTE_PLACE.match(place):
        yield (
            ("orders", "contract", "gift_message"),
            f'must be {OTHER_COMMENT}, "<attribute type>.<element key>" or "", not {place!r}',
        )
    for key, names in (("pick_up", contract.pick_up), ("ship_from_store", contract.ship_from_store)):
        if "gift_message" in names and not place:
            yield ("orders", "contract", key), 'asks for gift_message, but gift_message says "" (the client has none)'


def _texts(orders: OrderSettings) -> Iterator[tuple[Loc, str]]:
    if not orders.payment_name.strip():
        yield ("orders", "payment_name"), "must not be empty: Sitoo shows it on receipts and in its reports"
    elif len(orders.payment_name) > LONGEST_NAME:
        yield ("orders", "payment_name"), f"must have at most {LONGEST_NAME} characters"
    if orders.shipping_fee_sku and orders.shipping_fee_sku == orders.handling_fee_sku:
        yield ("orders", "handling_fee_sku"), "must differ from shipping_fee_sku, or a refund of one is taken for the other"
    stamps = orders.stamps
    if stamps.attribute:
        for key, value in (("ready_element", stamps.ready_element), ("return_element", stamps.return_element)):
            if not value.strip():
                yield ("orders", "stamps", key), f"must name an element of the attribute {stamps.attribute}"
        if stamps.ready_element == stamps.return_element:
            yield ("orders", "stamps", "return_element"), "must differ from ready_element, or one note replaces the other"
    for name in orders.returns.tenders:
        if not name.strip():
            yield ("orders", "returns", "tenders"), "must name each payment as the tills do"


def _days(orders: OrderSettings) -> Iterator[tuple[Loc, str]]:
    ranges: dict[Loc, tuple[int, int, int]] = {
        ("orders", "reserve_days"): (orders.reserve_days, 1, 365),
        ("orders", "uncollected", "remind_after_days"): (orders.uncollected.remind_after_days, 1, 365),
        ("orders", "uncollected", "release_after_days"): (orders.uncollected.release_after_days, 1, 365),
        ("orders", "return_copies", "window_days"): (orders.return_copies.window_days, 1, 1_095),
        ("orders", "return_copies", "most_per_day"): (orders.return_copies.most_per_day, 1, 100_000),
        ("orders", "returns", "stock_in_after_s"): (orders.returns.stock_in_after_s, 60, 86_400),
    }
    for loc, (value, low, high) in ranges.items():
        if not low <= value <= high:
            yield loc, f"must lie between {low} and {high}, not {value}"
    if orders.uncollected.remind_after_days > orders.uncollected.release_after_days:
        text = f"must not be above release_after_days ({orders.uncollected.release_after_days}): nobody is reminded of what is gone"
        yield ("orders", "uncollected", "remind_after_days"), text


def _return_copies(mapping: Mapping) -> Iterator[tuple[Loc, str]]:
    copies = mapping.orders.return_copies
    loc: Loc = ("orders", "return_copies", "sitoo_warehouse")
    if copies.make and copies.sitoo_warehouse is None:
        yield loc, "is needed: copies are registered on it"
    if copies.sitoo_warehouse is None:
        return
    for store in (store for site in mapping.sites for store in site.stores):
        if copies.sitoo_warehouse in store.sellable_ids():
            yield loc, f"is a sellable warehouse of {store.name}: take one that no store sells from, so that no stock of a store can move"


def _till_orders(orders: OrderSettings) -> Iterator[tuple[Loc, str]]:
    till, wanted = orders.till_orders, orders.pos_sales is PosSales.ORDERS
    if (wanted or orders.endless_aisle) and not till.country:
        yield ("orders", "till_orders", "country"), "is needed with pos_sales: orders and with endless_aisle"
    elif till.country and not COUNTRY.match(till.country):
        yield ("orders", "till_orders", "country"), f"must be two capital letters (ISO 3166) such as SE, not {till.country!r}"
    if wanted and "@" not in till.email:
        yield ("orders", "till_orders", "email"), "must be a mail address with pos_sales: orders"
    if till.payment_plugin < 0:
        yield ("orders", "till_orders", "payment_plugin"), f"must not be below 0, but is {till.payment_plugin}"
