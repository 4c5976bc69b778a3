"""Every attribute of the table arrives where the table says, and is missed when it is needed and not there. An attribute without a case fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from connector.centra.order_models import Address, CentraOrder
from connector.domain.exceptions import Kind
from connector.domain.order_settings import OrderContract, ShippingMethod
from connector.mapping.order_attributes import ATTRIBUTES, BY_NAME, Needed, may_be_contracted
from connector.mapping.order_copy import CopyDraft, Lacking
from connector.mapping.order_subject import Use
from connector.store.order_files import Purpose
from tests.unit.web_orders import COLLECT, HOME, PARCEL, SETTINGS, line, order, try_copy

NOT_THERE = object()
GIFT = line(5009, 1, 5_000, at={}, kind="GiftCertificateOrderLine", size_id=None, sku="", product_name="Gift card", tax_percent=Decimal(0))


def complete(use: Use) -> CentraOrder:
    """Everything that any attribute looks at is there."""
    goods = line(5001, 2, 10_000, value=18_000)
    made = order(
        goods,
        GIFT,
        shipping=4_900,
        handling=1_000,
        shipping_tax_percent=Decimal(25),
        handling_tax_percent=Decimal(25),
        other_comment="Happy birthday 🎂",
        shipping_option=COLLECT.option if use is Use.PICK_UP else PARCEL.option,
    )
    address = replace(HOME, company="Ek AB")
    return replace(made, shipping_address=address, billing_address=address)


def draft(web_order: CentraOrder, use: Use, contract: OrderContract | None = None, **other: Any) -> CopyDraft | Lacking:
    settings = other.pop("settings", SETTINGS)
    if contract is not None:
        settings = replace(settings, contract=contract)
    purpose = Purpose.RETURN if use is Use.RETURN_COPY else Purpose.FULFIL
    how: dict[str, Any] = {"fulfilment": None} if use is Use.RETURN_COPY else {}
    return try_copy(web_order, settings=settings, purpose=purpose, **how, **other)


def listing(name: str) -> OrderContract:
    return OrderContract(pick_up=(name,), ship_from_store=(name,))


NOTHING_LISTED = OrderContract(pick_up=(), ship_from_store=())


@dataclass(frozen=True)
class Broken:
    """How an attribute goes missing: a change of the order, of the arguments; `kind` of the lack. `also`: what then lacks too."""

    change: Callable[[CentraOrder], CentraOrder] = lambda o: o
    other: dict[str, Any] = field(default_factory=dict)
    kind: Kind = Kind.INCOMPLETE_ORDER
    also: frozenset[str] = frozenset()


def without(**fields: str) -> Broken:
    """Both addresses (and the account's mail) lose these fields."""

    def change(o: CentraOrder) -> CentraOrder:
        def less(address: Address | None) -> Address:
            assert address is not None
            return replace(address, **fields)

        return replace(
            o, shipping_address=less(o.shipping_address), billing_address=less(o.billing_address), email="" if "email" in fields else o.email
        )

    return Broken(change)


def first_line(**fields: Any) -> Broken:
    return Broken(lambda o: replace(o, lines=(replace(o.lines[0], **fields), *o.lines[1:])))


BROKEN = {
    "order_number": Broken(lambda o: replace(o, number=0)),
    "currency": Broken(lambda o: replace(o, currency="")),
    "store": Broken(other={"sitoo_warehouse": 0}, kind=Kind.UNMAPPED_NAME),
    "shipping_method": Broken(lambda o: replace(o, shipping_option="Drone"), kind=Kind.UNMAPPED_NAME),
    "paid": Broken(lambda o: replace(o, payments=())),
    "payment_name": Broken(other={"settings": replace(SETTINGS, payment_name=" ")}, kind=Kind.UNMAPPED_NAME),
    "payment_reference": Broken(lambda o: replace(o, payments=tuple(replace(p, reference="") for p in o.payments))),
    "lines": Broken(other={"units": {}}),
    "quantities": Broken(other={"units": {5001: 3}}),
    "skus": Broken(other={"skus": {}}, kind=Kind.UNMAPPED_SKU),
    "prices": Broken(lambda o: replace(o, grand_total=o.grand_total + 1), kind=Kind.UNSUPPORTED_AMOUNT),
    "vat": first_line(tax_percent=Decimal(100)),
    "courier": Broken(other={"settings": replace(SETTINGS, shipping_methods=(COLLECT, ShippingMethod(PARCEL.option, PARCEL.fulfilment)))}),
    "gift_message": Broken(lambda o: replace(o, other_comment="\u0000 \u200b")),
    "recipient": without(first_name=" ", last_name="", company=""),
    "company": without(company=""),
    "email": without(email=""),
    "phone": without(phone=""),
    "email_or_phone": without(email="", phone=""),
    "address": without(address1=" "),
    "zip_code": without(zip_code=""),
    "city": without(city=""),
    "state": without(state=""),
    "country": without(country="SWE"),
}


def body_of(web_order: CentraOrder, use: Use, **other: Any) -> dict[str, Any]:
    made = draft(web_order, use, NOTHING_LISTED, **other)
    assert isinstance(made, CopyDraft), made.problems
    return dict(made.body)


def row(n: int, key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda body: body["orderitems"][n].get(key, NOT_THERE) if n < len(body["orderitems"]) else NOT_THERE


def top(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda body: body.get(key, NOT_THERE)


def mark(key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda body: body["additionaldata"].get(key, NOT_THERE)


def told(words: str) -> Callable[[dict[str, Any]], Any]:
    return lambda body: words if words in body["comment"] else NOT_THERE


ARRIVES: dict[str, list[tuple[Callable[[dict[str, Any]], Any], Any]]] = {
    "order_number": [(mark("centra-order"), "104233"), (told("Web order 104233"), "Web order 104233")],
    "order_date": [(top("orderdate"), 1_790_000_000)],
    "currency": [(top("currencycode"), "SEK")],
    "store": [(top("warehouseid"), 3), (mark("centra-warehouse"), "11")],
    "shipping_method": [(lambda body: body["additionaldata"]["fulfilment"] in ("pick_up", "ship_from_store") or NOT_THERE, True)],
    "paid": [(top("paymentstateid"), 20)],
    "payment_name": [(lambda body: body["payments"][0]["name"], "Web")],
    "payment_reference": [(lambda body: body["payments"][0].get("externalid"), "PSP-1"), (top("checkoutref"), "PSP-1")],
    "lines": [(row(0, "additionaldata"), {"web-itemid": "5001"})],
    "quantities": [(row(0, "quantity"), 2)],
    "skus": [(row(0, "sku"), "S-TEE-5001")],
    "product_name": [(row(0, "productname"), "Tee")],
    "variant": [(row(0, "productattributes"), "Black, M")],
    "prices": [(row(0, "moneyrowprice"), "200.00"), (lambda body: body["payments"][0]["moneyamount"], "289.00")],
    "discounts": [(row(0, "moneyrowdiscount"), "20.00")],
    "vat": [(row(0, "vatvalue"), 25)],
    "gift_certificates": [(row(1, "moneyrowprice"), "50.00"), (row(1, "vatvalue"), 0), (row(1, "sku"), NOT_THERE)],
    "shipping_fee": [(row(2, "productname"), "Shipping"), (row(2, "moneyrowprice"), "49.00"), (row(2, "vatvalue"), 25)],
    "handling_fee": [(row(3, "productname"), "Handling"), (row(3, "moneyrowprice"), "10.00")],
    "courier": [(told("Courier: PostNord – MyPack Home"), "Courier: PostNord – MyPack Home"), (mark("courier"), "PostNord – MyPack Home")],
    "gift_message": [(told("Happy birthday 🎂"), "Happy birthday 🎂"), (mark("gift-message"), "Happy birthday 🎂")],
    "recipient": [(top("namefirst"), "Astrid"), (top("namelast"), "Ek")],
    "company": [(top("company"), "Ek AB")],
    "email": [(top("email"), "astrid@example.com")],
    "phone": [(top("phone"), "+46701234567")],
    "email_or_phone": [(lambda body: body["email"] if "phone" in body else NOT_THERE, "astrid@example.com")],
    "address": [(top("delivery_address"), "Storgatan 1")],
    "address2": [(top("delivery_address2"), "c/o Lind, lgh 1102")],
    "zip_code": [(top("delivery_zip"), "903 26")],
    "city": [(top("delivery_city"), "Umeå")],
    "state": [(top("delivery_state"), "Västerbotten")],
    "country": [(top("delivery_countryid"), "se")],
}

NEEDS = [(a.name, use) for a in ATTRIBUTES if a.check is not None for use in Use if a.needed(use) in (Needed.ALWAYS, Needed.BY_CONTRACT)]


def test_every_attribute_has_its_cases() -> None:
    assert set(ARRIVES) == set(BY_NAME) == {attribute.name for attribute in ATTRIBUTES}
    assert set(BROKEN) == {attribute.name for attribute in ATTRIBUTES if attribute.check is not None}
    needed = {a.name for a in ATTRIBUTES if {a.pick_up, a.ship_from_store, a.return_copy} & {Needed.ALWAYS, Needed.BY_CONTRACT}}
    assert needed == set(BROKEN)
    assert all(bool(a.checked) == (a.check is not None) for a in ATTRIBUTES)


@pytest.mark.parametrize("use", Use)
@pytest.mark.parametrize("name", ARRIVES)
def test_an_attribute_arrives_where_the_table_says(name: str, use: Use) -> None:
    body = body_of(complete(use), use)
    absent = BY_NAME[name].needed(use) is Needed.ABSENT
    assert [read(body) for read, _ in ARRIVES[name]] == [NOT_THERE if absent else value for _, value in ARRIVES[name]]


@pytest.mark.parametrize(("name", "use"), NEEDS)
def test_what_is_needed_is_missed(name: str, use: Use) -> None:
    intact = draft(complete(use), use, listing(name) if BY_NAME[name].needed(use) is Needed.BY_CONTRACT else NOTHING_LISTED)
    assert isinstance(intact, CopyDraft), intact.problems
    broken = BROKEN[name]
    contract = listing(name) if BY_NAME[name].needed(use) is Needed.BY_CONTRACT else NOTHING_LISTED
    made = draft(broken.change(complete(use)), use, contract, **broken.other)
    assert isinstance(made, Lacking)
    assert [(lack.attribute, lack.kind) for lack in made.problems] == [(name, broken.kind)]
    (lack,) = made.problems
    assert not lack.happened.endswith(".")
    assert lack.todo.endswith(".")


@pytest.mark.parametrize(("name", "use"), [(n, u) for n, u in NEEDS if BY_NAME[n].needed(u) is Needed.BY_CONTRACT])
def test_what_the_contract_does_not_list_may_be_missing(name: str, use: Use) -> None:
    broken = BROKEN[name]
    assert isinstance(draft(broken.change(complete(use)), use, NOTHING_LISTED, **broken.other), CopyDraft)


def test_everything_is_told_at_once() -> None:
    spoilt = complete(Use.SHIP_FROM_STORE)
    names = ["paid", "vat", "skus", "courier", "phone", "city", "prices"]
    other: dict[str, Any] = {}
    for name in names:
        spoilt = BROKEN[name].change(spoilt)
        other |= BROKEN[name].other
    made = draft(spoilt, Use.SHIP_FROM_STORE, OrderContract(ship_from_store=("courier", "phone")), **other)
    assert isinstance(made, Lacking)
    assert {lack.attribute for lack in made.problems} == set(names)


def test_an_unknown_shipping_option_hides_nothing_that_every_order_needs() -> None:
    spoilt = replace(BROKEN["paid"].change(complete(Use.PICK_UP)), shipping_option="Drone", shipping_option_uri="")
    made = draft(spoilt, Use.PICK_UP, skus={})
    assert isinstance(made, Lacking)
    assert {lack.attribute for lack in made.problems} == {"shipping_method", "paid", "skus"}
    assert any("'Drone'" in lack.happened and "'Drone'" in lack.todo for lack in made.problems)


def test_lacks_say_nothing_about_the_customer() -> None:
    for name, broken in BROKEN.items():
        made = draft(broken.change(complete(Use.SHIP_FROM_STORE)), Use.SHIP_FROM_STORE, listing(name), **broken.other)
        if isinstance(made, Lacking):
            text = repr(made.problems)
            assert [word for word in ("Astrid", "Ek", "Storgatan", "903 26", "Umeå", "example.com", "4670") if word in text] == []


@pytest.mark.parametrize("country", ["IE", "HK"])
def test_some_countries_have_no_post_codes(country: str) -> None:
    abroad = replace(complete(Use.SHIP_FROM_STORE), shipping_address=replace(HOME, zip_code="", country=country))
    assert isinstance(draft(abroad, Use.SHIP_FROM_STORE, NOTHING_LISTED), CopyDraft)


def test_contracts_may_list_what_can_be_checked() -> None:
    assert may_be_contracted("courier", Use.SHIP_FROM_STORE)
    assert not may_be_contracted("courier", Use.PICK_UP)
    assert not may_be_contracted("variant", Use.PICK_UP)
    assert not may_be_contracted("shoe_size", Use.PICK_UP)
