"""What the chain of the demo needs for web orders: the order section of its mapping file, the central warehouse, articles only one system knows."""

from __future__ import annotations

from sandbox.demo.vendors import Control

MIRROR = 201
"""The Sitoo warehouse on which copies of centrally shipped orders are registered."""
PICK_UP, SHIP, BIKE, POST = "Collect in store", "Standard delivery", "Bike courier", "Home delivery"
ONLY_IN_CENTRA = "CARD-WISHES"
"""Sold on the web before anybody has made it in Sitoo."""
CENTRAL_UNITS = 40
TENDERS = {"Card": "paid_at_till", "Cash": "paid_at_till", "Web": "refund_in_centra"}


def orders_yaml(*, courier_known: bool) -> list[str]:
    """The sections `orders` and `switches`; at first nobody has entered the bike courier."""
    lines = ["orders:", "  shipping_methods:"]
    options = [
        (PICK_UP, "pick_up", "", ""),
        (SHIP, "ship_from_store", "PostNord", "MyPack Collect"),
        (POST, "ship_from_store", "PostNord", "MyPack Home"),
    ]
    for option, fulfilment, carrier, service in [*options, *([(BIKE, "ship_from_store", "Cykelbud", "Same day")] if courier_known else [])]:
        lines += [f"    - option: {option}", f"      fulfilment: {fulfilment}"]
        lines += [f"      carrier: {carrier}", f"      service: {service}"] if carrier else []
    lines += ["  return_copies:", "    make: true", f"    sitoo_warehouse: {MIRROR}", "  returns:", "    tenders:"]
    lines += [f"      {name}: {payer}" for name, payer in TENDERS.items()]
    return [*lines, "switches:", "  sync_orders: true", "  sync_returns: true"]


def fill_web(centra: Control, sitoo: Control, central: int, skus: tuple[str, ...], first_store: int) -> None:
    """The central warehouse has plenty; the article that Sitoo does not know lies in the first store, says Centra."""
    for sku in skus:
        centra.control("put_stock", warehouse=central, sku=sku, physical=CENTRAL_UNITS)
    centra.control("add_size", sku=ONLY_IN_CENTRA, ean="7357777777777")
    centra.control("put_stock", warehouse=first_store, sku=ONLY_IN_CENTRA, physical=3)
    sitoo.control("add_warehouse", id=MIRROR, name="Central (mirror)", type=20)
