"""What store staff read about a web order, and texts made fit for it."""

from __future__ import annotations

import unicodedata

from connector.centra.order_models import Address, CentraOrder
from connector.domain.order_settings import OrderSettings, ShippingMethod
from connector.mapping.order_subject import Use

MOST_OF_A_MESSAGE = 500
"""Characters of a gift message; whether Sitoo bounds `comment` is not documented."""
HOW = {Use.PICK_UP: "pick up in store", Use.SHIP_FROM_STORE: "ship from store", Use.RETURN_COPY: "for returns at the till"}
OTHER_COMMENT = "other_comment"

_REMOVED = frozenset({"Cc", "Cf", "Cs"})
"""Unicode categories: controls, invisible format characters, halves of pairs. Unassigned ones stay: they may be newer emoji."""
_GLUE = frozenset({"\n", "\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))})
"""What holds emoji and some scripts together, and line breaks."""
_LINE_BREAKS = ("\r\n", "\r", "\u0085", "\u2028", "\u2029")


def gift_message(order: CentraOrder, settings: OrderSettings) -> str:
    """What the giver wrote, from where the contract says it stands; emoji and line breaks kept, control characters removed, bounded."""
    where = settings.contract.gift_message
    if not where:
        return ""
    return clean(order.other_comment if where == OTHER_COMMENT else order.attributes.get(where, ""))


def clean(text: str) -> str:
    """Text without control characters but for line breaks, at most MOST_OF_A_MESSAGE characters ("…" stands for what is left out)."""
    for line_break in _LINE_BREAKS:
        text = text.replace(line_break, "\n")
    kept = "".join(c for c in text.replace("\t", " ") if c in _GLUE or unicodedata.category(c) not in _REMOVED)
    kept = "\n".join(line.rstrip() for line in kept.split("\n")).strip()
    return kept if len(kept) <= MOST_OF_A_MESSAGE else kept[: MOST_OF_A_MESSAGE - 1].rstrip() + "…"


def courier(method: ShippingMethod | None) -> str:
    """Carrier and service of a shipping method, '' when neither is mapped."""
    return " – ".join(filter(None, (method.carrier, method.service))) if method is not None else ""


def comment(order: CentraOrder, method: ShippingMethod | None, use: Use, message: str) -> str:
    """Order number and kind, courier (ship from store), gift message: what staff act on, most important first."""
    lines = [f"Web order {order.number}: {HOW[use]}"]
    if use is Use.SHIP_FROM_STORE and courier(method):
        lines.append(f"Courier: {courier(method)}")
    if message:
        lines.append(f"Gift message: {message}")
    return "\n".join(lines)


def receiver(order: CentraOrder, use: Use | None) -> Address:
    """Who gets the goods: the shipping address; on a pick-up, where that may be the store's own, the billing address first."""
    ranked = [order.shipping_address, order.billing_address]
    if use is Use.PICK_UP:
        ranked.reverse()
    return next((address for address in ranked if address is not None), Address())


def email_of(order: CentraOrder) -> str:
    """The customer's mail: the account's, else the one given with an address."""
    places = (order.shipping_address, order.billing_address)
    return order.email.strip() or next((a.email.strip() for a in places if a is not None and a.email.strip()), "")


def phone_of(order: CentraOrder) -> str:
    """A number to reach the customer at: with the shipping address, else with the billing address."""
    places = (order.shipping_address, order.billing_address)
    return next((a.phone.strip() for a in places if a is not None and a.phone.strip()), "")
