"""How each attribute of a web order is checked before the order goes to a store; every check tells all it finds, nothing about the customer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from connector.domain.exceptions import Kind
from connector.mapping.order_amounts import NotInCents, fee_rate, order_prices, taxed
from connector.mapping.order_kinds import is_goods
from connector.mapping.order_paid import is_paid, payment_reference
from connector.mapping.order_subject import Lack, Subject, Use
from connector.mapping.order_text import courier, email_of, gift_message, phone_of, receiver

WITHOUT_POSTCODES = frozenset({"AE", "AG", "AO", "BS", "BZ", "CI", "GH", "GY", "HK", "IE", "JM", "MO", "PA", "QA", "TT", "UG", "ZW"})
"""Countries whose addresses need no post code; others use one or have one for parcels."""
_CURRENCY = re.compile(r"^[A-Z]{3}$")
_COUNTRY = re.compile(r"^[A-Z]{2}$")
_MAIL = re.compile(r"^[^@\s]+@[^@\s]+$")
IN_CENTRA = "Complete the order in Centra."


def _incomplete(attribute: str, happened: str, todo: str = IN_CENTRA) -> Lack:
    return Lack(attribute, happened, todo, Kind.INCOMPLETE_ORDER)


def order_number(subject: Subject) -> Iterator[Lack]:
    if subject.order.number <= 0:
        yield _incomplete("order_number", "the order has no number", "Ask Centra's support: every order has a number.")


def currency(subject: Subject) -> Iterator[Lack]:
    if not _CURRENCY.match(subject.order.currency):
        yield _incomplete("currency", "the order has no currency", "Ask Centra's support: every order has a currency.")


def store(subject: Subject) -> Iterator[Lack]:
    if subject.sitoo_warehouse <= 0:
        todo = "Give the store a sellable Sitoo warehouse in the mapping file."
        yield Lack("store", f"{subject.store_name or 'the store'} has no Sitoo warehouse to register orders on", todo, Kind.UNMAPPED_NAME)


def shipping_method(subject: Subject) -> Iterator[Lack]:
    if subject.method is None or subject.use is None:
        option = subject.order.shipping_option or subject.order.shipping_option_uri
        happened = f"the shipping option {option!r} is not in the mapping file" if option else "the order has no shipping option"
        todo = f"Add {option!r} to `orders.shipping_methods` in the mapping file and apply it." if option else IN_CENTRA
        yield Lack("shipping_method", happened, todo, Kind.UNMAPPED_NAME if option else Kind.INCOMPLETE_ORDER)


def paid(subject: Subject) -> Iterator[Lack]:
    if not is_paid(subject.order):
        yield _incomplete("paid", "the order is not paid", "Wait for the payment, or mark it as paid in Centra.")


def payment_name(subject: Subject) -> Iterator[Lack]:
    if not subject.settings.payment_name.strip():
        todo = "Set `orders.payment_name` in the mapping file."
        yield Lack("payment_name", "the mapping file does not name the payment of web orders in Sitoo", todo, Kind.UNMAPPED_NAME)


def reference(subject: Subject) -> Iterator[Lack]:
    if not payment_reference(subject.order):
        yield _incomplete("payment_reference", "the payment has no reference of its provider", "Look the payment up at its provider.")


def lines(subject: Subject) -> Iterator[Lack]:
    goods = {line.id for line, _ in subject.goods() if is_goods(line)}
    if not goods:
        yield _incomplete("lines", "no line of the order is for this store")
    unknown = sorted(line for line, units in subject.units.items() if units and line not in goods)
    if unknown and goods:
        yield _incomplete("lines", f"line {', '.join(map(str, unknown))} is no product line of the order")


def quantities(subject: Subject) -> Iterator[Lack]:
    for line, units in subject.goods():
        if units > line.quantity:
            yield _incomplete("quantities", f"line {line.id} ({line.sku}) has {line.quantity} units, {units} are wanted")
    for line_id, units in subject.units.items():
        if units < 0:
            yield _incomplete("quantities", f"line {line_id} has a quantity of {units}")


def skus(subject: Subject) -> Iterator[Lack]:
    for line, _ in subject.goods():
        if not is_goods(line):
            continue
        if line.size_id is None:
            happened = f"line {line.id} ({line.sku or 'no SKU'}) has no product size in Centra any more"
            yield Lack("skus", happened, "Replace the line by one with a product that exists.", Kind.UNMAPPED_SKU)
        elif not subject.skus.get(line.size_id):
            happened = f"line {line.id} with SKU {line.sku or '(none)'} is no product of Sitoo"
            todo = f"Give {line.sku or 'the size'} the same SKU, or one common barcode, in Centra and Sitoo."
            yield Lack("skus", happened, todo, Kind.UNMAPPED_SKU)


def prices(subject: Subject) -> Iterator[Lack]:
    try:
        order_prices(subject.order)
    except NotInCents as wrong:
        for reason in wrong.reasons:
            todo = "Sitoo knows whole cents only: correct the amounts in Centra, or let customer service fulfil the order by hand."
            yield Lack("prices", reason, todo, Kind.UNSUPPORTED_AMOUNT)


def vat(subject: Subject) -> Iterator[Lack]:
    for line, _ in subject.goods():
        if not Decimal(0) <= line.tax_percent < Decimal(100):
            yield _incomplete("vat", f"line {line.id} ({line.sku}) has a VAT rate of {line.tax_percent} %", "Correct the tax rule in Centra.")
    amounts = subject.order.amounts
    for name, fee, stated in (
        ("shipping", amounts.shipping, amounts.shipping_tax_percent),
        ("handling", amounts.handling, amounts.handling_tax_percent),
    ):
        if fee and taxed(subject.order) and fee_rate(subject.order, stated) is None:
            yield _incomplete("vat", f"nobody can tell the VAT rate of the {name} fee", "Give the fee one tax rule in Centra.")


def courier_named(subject: Subject) -> Iterator[Lack]:
    if subject.use is Use.SHIP_FROM_STORE and subject.method is not None and not courier(subject.method):
        todo = f"Set `carrier` and `service` of {subject.method.option!r} in `orders.shipping_methods` of the mapping file."
        yield Lack("courier", f"no courier is mapped to the shipping option {subject.method.option!r}", todo, Kind.INCOMPLETE_ORDER)


def gift_message_given(subject: Subject) -> Iterator[Lack]:
    if not gift_message(subject.order, subject.settings):
        yield _incomplete("gift_message", "the order has no gift message")


def recipient(subject: Subject) -> Iterator[Lack]:
    address = receiver(subject.order, subject.use)
    if not (address.first_name.strip() or address.last_name.strip() or address.company.strip()):
        yield _incomplete("recipient", "nobody is named as the receiver")


def email(subject: Subject) -> Iterator[Lack]:
    if not _MAIL.match(email_of(subject.order)):
        yield _incomplete("email", "there is no mail address")


def phone(subject: Subject) -> Iterator[Lack]:
    if not phone_of(subject.order):
        yield _incomplete("phone", "there is no phone number")


def email_or_phone(subject: Subject) -> Iterator[Lack]:
    if not phone_of(subject.order) and not _MAIL.match(email_of(subject.order)):
        yield _incomplete("email_or_phone", "there is neither a mail address nor a phone number")


def street(subject: Subject) -> Iterator[Lack]:
    if not receiver(subject.order, subject.use).address1.strip():
        yield _incomplete("address", "the delivery address has no street")


def city(subject: Subject) -> Iterator[Lack]:
    if not receiver(subject.order, subject.use).city.strip():
        yield _incomplete("city", "the delivery address has no city")


def zip_code(subject: Subject) -> Iterator[Lack]:
    address = receiver(subject.order, subject.use)
    if not address.zip_code.strip() and address.country not in WITHOUT_POSTCODES:
        yield _incomplete("zip_code", "the delivery address has no post code")


def country(subject: Subject) -> Iterator[Lack]:
    if not _COUNTRY.match(receiver(subject.order, subject.use).country):
        yield _incomplete("country", "the delivery address has no country")


def state(subject: Subject) -> Iterator[Lack]:
    if not receiver(subject.order, subject.use).state.strip():
        yield _incomplete("state", "the delivery address has no state or province")


def company(subject: Subject) -> Iterator[Lack]:
    if not receiver(subject.order, subject.use).company.strip():
        yield _incomplete("company", "no company is named")
