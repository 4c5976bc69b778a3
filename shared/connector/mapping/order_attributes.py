"""Every attribute of a Centra order that a copy in Sitoo can need: where it comes from, where it goes, when it must be there, how that is checked.

This one table is what copies are checked against, what the mapping file's contract may name, and what docs/mapping-orders.md is written from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from connector.domain.order_settings import OrderContract
from connector.mapping import order_checks as checks
from connector.mapping.order_subject import Lack, Subject, Use

Check = Callable[[Subject], Iterable[Lack]]


class Needed(StrEnum):
    """ALWAYS: without it nothing is sent. BY_CONTRACT: if the mapping file says so. NEVER: sent when it is there. ABSENT: not sent at all."""

    ALWAYS = "always"
    BY_CONTRACT = "by contract"
    NEVER = "if there"
    ABSENT = "not sent"


@dataclass(frozen=True, slots=True)
class Attribute:
    """`centra`, `sitoo`: in words, for people. `checked`: what is looked at ('' when it is never needed)."""

    name: str
    centra: str
    sitoo: str
    pick_up: Needed
    ship_from_store: Needed
    return_copy: Needed
    checked: str = ""
    check: Check | None = None

    def needed(self, use: Use) -> Needed:
        return {Use.PICK_UP: self.pick_up, Use.SHIP_FROM_STORE: self.ship_from_store, Use.RETURN_COPY: self.return_copy}[use]


_A, _C, _N, _X = Needed.ALWAYS, Needed.BY_CONTRACT, Needed.NEVER, Needed.ABSENT

ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute("order_number", "order number", "`externalid`, `additionaldata`, `comment`", _A, _A, _A, "above 0", checks.order_number),
    Attribute("order_date", "time of the order", "`orderdate`", _N, _N, _N),
    Attribute("currency", "currency of the grand total", "`currencycode`", _A, _A, _A, "three capital letters", checks.currency),
    Attribute("store", "warehouse of the allocation", "`warehouseid`", _A, _A, _A, "its store has a sellable Sitoo warehouse", checks.store),
    Attribute(
        "shipping_method",
        "shipping option, by name or uri",
        "with or without `delivery_*`; `additionaldata`",
        _A,
        _A,
        _X,
        "stands in `orders.shipping_methods`",
        checks.shipping_method,
    ),
    Attribute("paid", "payment history", "`paymentstateid` 20", _A, _A, _A, "authorised, captured, prepaid or marked as paid", checks.paid),
    Attribute("payment_name", "mapping file: `orders.payment_name`", "`payments[].name`", _A, _A, _A, "not empty", checks.payment_name),
    Attribute(
        "payment_reference", "reference of the newest payment", "`payments[].externalid`, `checkoutref`", _C, _C, _N, "not empty", checks.reference
    ),
    Attribute("lines", "product lines and bundle items", "`orderitems[]`; line id as `web-itemid`", _A, _A, _A, "at least one unit", checks.lines),
    Attribute("quantities", "units allocated, or shipped", "`orderitems[].quantity`", _A, _A, _A, "not above the line's", checks.quantities),
    Attribute("skus", "product size of the line", "`orderitems[].sku`", _A, _A, _A, "the SKU map has the size", checks.skus),
    Attribute("product_name", "product name; the SKU if empty", "`orderitems[].productname`", _N, _N, _N),
    Attribute("variant", "variant and size name", "`orderitems[].productattributes`", _N, _N, _N),
    Attribute(
        "prices",
        "line values, order discounts, fees, taxes",
        "`orderitems[].moneyrowprice`, `payments[].moneyamount`",
        _A,
        _A,
        _A,
        "whole cents that sum to the grand total",
        checks.prices,
    ),
    Attribute("discounts", "line discounts and shares of order discounts", "`orderitems[].moneyrowdiscount`", _N, _N, _N),
    Attribute("vat", "rate of each line and fee", "`orderitems[].vatvalue`", _A, _A, _A, "0 to below 100, and one rate per fee", checks.vat),
    Attribute("shipping_fee", "shipping with its tax", "a row of its own, on one copy", _N, _N, _N),
    Attribute("handling_fee", "handling with its tax", "a row of its own, on one copy", _N, _N, _N),
    Attribute("gift_certificates", "gift certificate lines", "rows without SKU, VAT 0, on one copy", _N, _N, _N),
    Attribute(
        "courier",
        "carrier and service of the shipping method",
        "`comment`, `additionaldata`",
        _X,
        _C,
        _X,
        "carrier or service is mapped",
        checks.courier_named,
    ),
    Attribute(
        "gift_message",
        "`otherComment` or an order attribute",
        "`comment`, `additionaldata`",
        _C,
        _C,
        _X,
        "not empty",
        checks.gift_message_given,
    ),
    Attribute("recipient", "name or company of the receiver", "`namefirst`, `namelast`", _C, _A, _X, "a name or a company", checks.recipient),
    Attribute("company", "company of the receiver", "`company`", _C, _C, _X, "not empty", checks.company),
    Attribute("email", "customer's mail address", "`email`", _C, _C, _N, "looks like one", checks.email),
    Attribute("phone", "mobile or other phone number", "`phone`", _C, _C, _X, "not empty", checks.phone),
    Attribute("email_or_phone", "either of the two", "`email`, `phone`", _C, _C, _X, "one of them", checks.email_or_phone),
    Attribute("address", "first address line", "`delivery_address`", _X, _A, _X, "not empty", checks.street),
    Attribute("address2", "attention and second address line", "`delivery_address2`", _X, _N, _X),
    Attribute("zip_code", "post code", "`delivery_zip`", _X, _A, _X, "not empty, where the country has post codes", checks.zip_code),
    Attribute("city", "city", "`delivery_city`", _X, _A, _X, "not empty", checks.city),
    Attribute("state", "state or province", "`delivery_state`", _X, _C, _X, "not empty", checks.state),
    Attribute("country", "country", "`delivery_countryid`", _X, _A, _X, "two letters", checks.country),
)

BY_NAME: Mapping[str, Attribute] = {attribute.name: attribute for attribute in ATTRIBUTES}


def wanted_by_contract(contract: OrderContract, use: Use) -> tuple[str, ...]:
    """The names that the client's contract lists for a use; return copies have no contract."""
    return {Use.PICK_UP: contract.pick_up, Use.SHIP_FROM_STORE: contract.ship_from_store, Use.RETURN_COPY: ()}[use]


def may_be_contracted(name: str, use: Use) -> bool:
    """Whether a contract may list this name: it can be checked for this use."""
    attribute = BY_NAME.get(name)
    return attribute is not None and attribute.check is not None and attribute.needed(use) in (Needed.ALWAYS, Needed.BY_CONTRACT)


def lacks(subject: Subject) -> tuple[Lack, ...]:
    """Everything that keeps the copy from being made. Where nobody knows how the customer gets the goods, what every kind needs is looked at."""
    found: list[Lack] = []
    for attribute in ATTRIBUTES:
        if attribute.check is not None and _applies(attribute, subject):
            found += attribute.check(subject)
    return tuple(dict.fromkeys(found))


def _applies(attribute: Attribute, subject: Subject) -> bool:
    if subject.use is None:
        return attribute.pick_up is attribute.ship_from_store is Needed.ALWAYS
    needed = attribute.needed(subject.use)
    listed = attribute.name in wanted_by_contract(subject.settings.contract, subject.use)
    return needed is Needed.ALWAYS or (needed is Needed.BY_CONTRACT and listed)
