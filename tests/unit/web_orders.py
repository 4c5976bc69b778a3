"""Web orders for tests of pure rules: complete unless told otherwise, in Swedish kronor with VAT included."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from connector.centra.order_models import (
    Address,
    AllocatedTo,
    CentraOrder,
    LineOfOrder,
    LineOfShipment,
    OrderAmounts,
    PaymentEntry,
    ShipmentOfOrder,
)
from connector.domain.configuration import CentralWarehouse, Site, SitooWarehouse, Store
from connector.domain.order_settings import Fulfilment, OrderContract, OrderSettings, ShippingMethod
from connector.mapping.order_copy import CopyDraft, Lacking, draft_copy
from connector.store.order_files import Purpose

STOCKHOLM, GOTHENBURG, CENTRAL = 11, 12, 1
SITE = Site(
    id=1,
    currency="SEK",
    timezone="Europe/Stockholm",
    stores=(
        Store("Stockholm", STOCKHOLM, (SitooWarehouse(3),)),
        Store("Gothenburg", GOTHENBURG, (SitooWarehouse(5),)),
    ),
    central=(CentralWarehouse("Central", CENTRAL, 2),),
)
STORES = frozenset({STOCKHOLM, GOTHENBURG})
COLLECT = ShippingMethod("Collect in store", Fulfilment.PICK_UP)
PARCEL = ShippingMethod("Parcel from store", Fulfilment.SHIP_FROM_STORE, "PostNord", "MyPack Home")
PICK_UP_OR_PARCEL = {method.option: method.fulfilment for method in (COLLECT, PARCEL)}
SETTINGS = OrderSettings(shipping_methods=(COLLECT, PARCEL), contract=OrderContract())
HOME = Address(
    "Astrid", "Ek", "", "c/o Lind", "Storgatan 1", "lgh 1102", "Umeå", "903 26", "Västerbotten", "SE", "astrid@example.com", "+46701234567"
)


def line(id: int = 5001, units: int = 1, price: int = 10_000, at: dict[int, int] | None = None, **other: Any) -> LineOfOrder:
    """`price` per unit; `at`: {warehouse: units} allocated, all of them in Stockholm unless told."""
    places = {STOCKHOLM: units} if at is None else at
    allocations = tuple(AllocatedTo(id * 10 + n, warehouse, count) for n, (warehouse, count) in enumerate(places.items()))
    made = LineOfOrder(
        id=id,
        kind="ProductOrderLine",
        quantity=units,
        cancelled=0,
        product_name="Tee",
        variant_name="Black",
        size_name="M",
        size_id=id,
        sku=f"TEE-{id}",
        ean="",
        unit_original=price,
        unit_price=price,
        value=price * units,
        tax_percent=Decimal(25),
        allocations=allocations,
    )
    return replace(made, **other)


def order(*lines: LineOfOrder, **other: Any) -> CentraOrder:
    """`shipping`, `handling`, `discounts`, `tax_added`, `tax_deducted`, `tax_included` go into its amounts; the grand total follows from them."""
    held = lines or (line(),)
    paying = [each for each in held if each.bundle_line is None]
    money: dict[str, Any] = {"shipping": 0, "handling": 0, "discounts": 0, "tax_added": 0, "tax_deducted": 0, "tax_included": 2_000}
    money |= {name: other.pop(name) for name in (*money, "shipping_tax_percent", "handling_tax_percent") if name in other}
    amounts = OrderAmounts(lines=sum(each.value for each in paying), **money)
    fees = amounts.shipping + amounts.handling
    total = amounts.lines - amounts.discounts + fees + amounts.tax_added - amounts.tax_deducted
    made = CentraOrder(
        number=104233,
        id="0123456789abcdef0123456789abcdef",
        status="CONFIRMED",
        store_type="DIRECT_TO_CONSUMER",
        external_id="",
        created_at=1_790_000_000.0,
        updated_at=1_790_000_100.0,
        currency="SEK",
        currency_decimals=2,
        grand_total=total,
        amounts=amounts,
        on_hold=False,
        hold_reason="",
        internal=False,
        locked=False,
        lines=held,
        shipments=(),
        payments=(PaymentEntry(1, "AUTH", "SUCCESS", total, "Adyen", "PSP-1", 1_790_000_001.0),),
        payment_method="Adyen",
        shipping_option=PARCEL.option,
        shipping_option_uri="parcel",
        other_comment="",
        attributes={},
        email="astrid@example.com",
        shipping_address=HOME,
        billing_address=replace(HOME, first_name="Bo", phone=""),
    )
    return replace(made, **other)


def shipment(id: int, units: dict[int, int], warehouse: int | None, **other: Any) -> ShipmentOfOrder:
    """A shipment that has left with {order line: units}; `warehouse` None: Centra does not tell any more."""
    lines = tuple(
        LineOfShipment(id * 10 + n, x, count, 0, {} if warehouse is None else {warehouse: count}) for n, (x, count) in enumerate(units.items())
    )
    made = ShipmentOfOrder(id, f"104233-{id}", "", True, True, True, 1_790_000_200.0, "PostNord", "", "", lines)
    return replace(made, **other)


def try_copy(web_order: CentraOrder, units: dict[int, int] | None = None, warehouse: int = STOCKHOLM, **other: Any) -> CopyDraft | Lacking:
    """Everything allocated to the warehouse unless told, as its shipping option says, every SKU known."""
    held = {each.id: n for each in web_order.lines if (n := each.allocated_to(warehouse))}
    wanted: dict[str, Any] = {
        "store_name": "Stockholm",
        "sitoo_warehouse": 3,
        "warehouse": warehouse,
        "units": held if units is None else units,
        "fulfilment": PICK_UP_OR_PARCEL.get(web_order.shipping_option),
        "settings": SETTINGS,
        "skus": {each.size_id: f"S-{each.sku}" for each in web_order.lines if each.size_id is not None},
        "purpose": Purpose.FULFIL,
        "stores": STORES,
    }
    return draft_copy(web_order, **(wanted | other))


def copy(web_order: CentraOrder, units: dict[int, int] | None = None, warehouse: int = STOCKHOLM, **other: Any) -> CopyDraft:
    """As `try_copy`, when nothing may be lacking."""
    made = try_copy(web_order, units, warehouse, **other)
    assert isinstance(made, CopyDraft), made.problems
    return made
