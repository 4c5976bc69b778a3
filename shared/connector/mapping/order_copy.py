"""From a Centra order to the Sitoo order that a store fulfils, or that tills take goods back against. Pure; field names: sitoo-api §2.3-2.6."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from connector.centra.order_models import CentraOrder
from connector.domain.money import sitoo_money
from connector.domain.order_keys import ORDER_MARK, PICK_UP_MARK, WAREHOUSE_MARK, WEB_ORDER_MARK
from connector.domain.order_settings import Fulfilment, OrderSettings
from connector.mapping.order_amounts import order_prices
from connector.mapping.order_attributes import lacks
from connector.mapping.order_decision import shipping_method
from connector.mapping.order_paid import payment_reference
from connector.mapping.order_rows import Row, rows_of
from connector.mapping.order_subject import Lack, Subject, Use
from connector.mapping.order_text import comment, courier, email_of, gift_message, phone_of, receiver
from connector.mapping.order_units import Places, Units
from connector.store.order_files import CopyRow, Purpose

ORDER_TYPE = 10
PAID = 20
MASK = "•••"
PERSONAL = ("email", "namefirst", "namelast", "company", "phone")
NOBODY: Mapping[int, Units] = {}

__all__ = ["CopyDraft", "Lack", "Lacking", "draft_copy"]


@dataclass(frozen=True, slots=True)
class Lacking:
    """Why no copy can be made: everything at once, never empty."""

    problems: tuple[Lack, ...]


@dataclass(frozen=True, slots=True)
class CopyDraft:
    """A copy as it would be sent. It holds the customer's name and address: keep it in memory, show it only `masked`.

    `body`: for POST /orders, without `externalid`, `datereserved` and `orderstateid`. `rows`: what the connector remembers of its rows.
    `total`: cents. `fingerprint`: a digest of all that staff can see, keyed by the order so that it reveals nothing; equal ⇒ nothing changed.
    """

    body: Mapping[str, Any]
    rows: tuple[CopyRow, ...]
    total: int
    fingerprint: str
    fulfilment: Use

    def masked(self) -> dict[str, Any]:
        """The body with everything about the customer replaced: names, addresses, mail, phone, gift message, payment reference."""
        shown = {key: MASK if key in PERSONAL or key.startswith("delivery_") else value for key, value in self.body.items()}
        marks = dict(self.body["additionaldata"])
        if message := marks.get("gift-message"):
            marks["gift-message"] = MASK
            shown["comment"] = str(self.body["comment"]).replace(message, MASK)
        shown["additionaldata"] = marks
        if "checkoutref" in shown:
            shown["checkoutref"] = MASK
        shown["payments"] = [{key: MASK if key == "externalid" else value for key, value in each.items()} for each in self.body["payments"]]
        return shown


def draft_copy(
    order: CentraOrder,
    *,
    store_name: str,
    sitoo_warehouse: int,
    warehouse: int,
    units: Units,
    fulfilment: Fulfilment | None,
    settings: OrderSettings,
    skus: Mapping[int, str],
    purpose: Purpose,
    stores: Collection[int] = (),
    taken: Units | None = None,
    known: Mapping[int, Units] = NOBODY,
) -> CopyDraft | Lacking:
    """The copy of {order line: units} for a Centra warehouse, or everything that is wrong with it.

    `fulfilment` None: the shipping option is not mapped. `skus`: {Centra size: Sitoo SKU} of what the SKU map knows. So that copies of one order
    share cents and fees without overlap, an order with several copies needs `stores`: every Centra warehouse that is a store's, and `taken`:
    {order line: units} that earlier copies for the same place hold, cancelled ones left out (see order_units.Places).
    """
    use = Use.RETURN_COPY if purpose is Purpose.RETURN else Use(fulfilment.value) if fulfilment is not None else None
    subject = Subject(order, units, use, shipping_method(order, settings), settings, skus, sitoo_warehouse, store_name)
    found = lacks(subject)
    if found or use is None:
        return Lacking(found)
    places = Places(None if use is Use.RETURN_COPY else warehouse, frozenset(stores), taken or {}, known)
    rows = rows_of(subject, order_prices(order), places)
    total = sum(row.price.total for row in rows)
    body = {
        "ordertypeid": ORDER_TYPE,
        "paymentstateid": PAID,
        "orderdate": int(order.created_at),
        "currencycode": order.currency,
        "warehouseid": sitoo_warehouse,
        **_customer(subject, use),
        "comment": comment(order, subject.method, use, _message(subject, use)),
        "additionaldata": _marks(subject, use, warehouse),
        "orderitems": [row.body() for row in rows],
        **_payment(order, settings, total),
    }
    remembered = tuple(CopyRow(n, row.line, row.sku, row.units) for n, row in enumerate(rows))
    return CopyDraft(body, remembered, total, _fingerprint(order, body, rows), use)


def _message(subject: Subject, use: Use) -> str:
    return "" if use is Use.RETURN_COPY else gift_message(subject.order, subject.settings)


def _customer(subject: Subject, use: Use) -> dict[str, str]:
    """Fields that are empty are left out. With any `delivery_*` Sitoo takes the order for one to be shipped (sitoo-api §4.1)."""
    order = subject.order
    if use is Use.RETURN_COPY:
        return _filled(email=email_of(order)) if subject.settings.return_copies.customer_email else {}
    to = receiver(order, use)
    person = {
        "email": email_of(order),
        "phone": phone_of(order),
        "namefirst": to.first_name,
        "namelast": to.last_name,
        "company": to.company,
    }
    address = {
        "delivery_address": to.address1,
        "delivery_address2": ", ".join(filter(None, (to.attention.strip(), to.address2.strip()))),
        "delivery_zip": to.zip_code,
        "delivery_city": to.city,
        "delivery_state": to.state,
        "delivery_countryid": to.country.lower(),
    }
    return _filled(**person, **(address if use is Use.SHIP_FROM_STORE else {}))


def _marks(subject: Subject, use: Use, warehouse: int) -> dict[str, str]:
    """What machines read; all values are text (sitoo-api §2.5)."""
    return _filled(
        **{
            ORDER_MARK: str(subject.order.number),
            WAREHOUSE_MARK: str(warehouse),
            WEB_ORDER_MARK: "true",
            PICK_UP_MARK: "true" if use is Use.PICK_UP else "",
            "fulfilment": use.value,
            "courier": courier(subject.method) if use is Use.SHIP_FROM_STORE else "",
            "gift-message": _message(subject, use),
        }
    )


def _payment(order: CentraOrder, settings: OrderSettings, total: int) -> dict[str, Any]:
    reference = payment_reference(order)
    payment = {"name": settings.payment_name, "moneyamount": sitoo_money(total), **_filled(externalid=reference)}
    return {**_filled(checkoutref=reference), "payments": [payment]}


def _fingerprint(order: CentraOrder, body: Mapping[str, Any], rows: Collection[Row]) -> str:
    seen = {key: value for key, value in body.items() if key in PERSONAL or key.startswith("delivery_") or key in ("comment", "warehouseid")}
    text = json.dumps([seen, [row.body() for row in rows]], sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), key=order.id.encode()[:64], digest_size=16).hexdigest()


def _filled(**fields: str) -> dict[str, str]:
    return {key: value.strip() for key, value in fields.items() if value.strip()}
