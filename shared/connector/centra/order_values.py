"""The small parts of Centra's answers about orders: money, rates, texts, addresses, payments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.centra.answers import Malformed, Node, moment, nodes, of, whole
from connector.centra.order_models import Address, OrderAmounts, PaymentEntry


def payment(node: Node) -> PaymentEntry:
    return_id = given(node, "return", "id")
    return PaymentEntry(
        id=whole(of(node, "id")),
        kind=needed_text(node, "entryType"),
        status=needed_text(node, "status"),
        amount=money(of(node, "value")),
        method=text(node, "paymentMethod"),
        reference=text(node, "externalReference"),
        created_at=moment(of(node, "createdAt")),
        return_id=None if return_id is None else whole(return_id),
    )


def amounts(totals: Node, grand_total: int) -> OrderAmounts:
    """Two things are (unconfirmed): whether discounts and deducted taxes have a sign – they are taken without – and whether the taxes outside
    prices hold the shipping's part – it is added when the grand total is only reached with it."""
    without = OrderAmounts(
        lines=money(of(totals, "lineValues")),
        shipping=money(of(totals, "shipping")),
        handling=money(of(totals, "handling")),
        discounts=abs(money(of(totals, "discounts"))),
        tax_added=money(of(totals, "taxAdded")),
        tax_deducted=abs(money(of(totals, "taxDeducted"))),
        tax_included=money(of(totals, "taxIncluded")),
        shipping_tax_percent=_fee_tax(totals, "shippingTaxRules"),
        handling_tax_percent=_fee_tax(totals, "handlingTaxRules"),
    )
    added, deducted = _if_given(totals, "shippingTaxAdded"), _if_given(totals, "shippingTaxDeducted")
    completed = replace(without, tax_added=without.tax_added + added, tax_deducted=without.tax_deducted + deducted)
    return completed if _sum(completed) == grand_total != _sum(without) else without


def _if_given(totals: Node, name: str) -> int:
    value = totals.get(name)
    return 0 if value is None else abs(money(value))


def _sum(parts: OrderAmounts) -> int:
    return parts.lines + parts.shipping + parts.handling - parts.discounts + parts.tax_added - parts.tax_deducted


def _fee_tax(totals: Node, rules: str) -> Decimal | None:
    """The rate of a fee's one tax rule; None when there is no rule, or several, which Centra weighs or adds up."""
    rates = [percent(of(rule, "rule", "taxPercent")) for rule in nodes(totals.get(rules) or [])]
    return rates[0] if len(rates) == 1 else None


def attributes(found: Any) -> Mapping[str, str]:
    """{"<type>.<key>": text} of the text and choice elements that hold something."""
    values: dict[str, str] = {}
    for attribute in nodes(found or []):
        for element in nodes(of(attribute, "elements")):
            value = element.get("value", element.get("selectedValue"))
            if value not in (None, ""):
                values[f"{text(attribute, 'type', 'name')}.{text(element, 'key')}"] = str(value)
    return values


def address(node: Any) -> Address | None:
    if node is None:
        return None
    return Address(
        first_name=text(node, "firstName"),
        last_name=text(node, "lastName"),
        company=text(node, "companyName"),
        attention=text(node, "attention"),
        address1=text(node, "address1"),
        address2=text(node, "address2"),
        city=text(node, "city"),
        zip_code=text(node, "zipCode"),
        state=text(node, "stateOrProvince"),
        country=text(node, "country", "code").upper(),
        email=text(node, "email"),
        phone=text(node, "cellPhoneNumber") or text(node, "phoneNumber"),
    )


def money(value: Any) -> int:
    return whole(of(value, "valueInCents"))


def percent(value: Any) -> Decimal:
    """A rate without idle decimals; JSON's shortest text of it is what Centra meant."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Malformed("a rate is missing")
    try:
        rate = Decimal(str(value))
    except InvalidOperation as wrong:
        raise Malformed("no rate") from wrong
    if not rate.is_finite():
        raise Malformed("no rate")
    return rate.to_integral_value() if rate == rate.to_integral_value() else rate


def flag(node: Node, name: str) -> bool:
    value = of(node, name)
    if not isinstance(value, bool):
        raise Malformed(f"{name} is missing")
    return value


def given(node: Any, *path: str) -> Any:
    """The value at `path`, None where anything on the way is missing."""
    for name in path:
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def text(node: Any, *path: str) -> str:
    value = given(node, *path)
    return "" if value is None else str(value)


def needed_text(node: Node, *path: str) -> str:
    value = of(node, *path)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{path[-1]} is missing")
    return value
