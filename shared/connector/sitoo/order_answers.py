"""From Sitoo's JSON to whole orders and deliveries. Nothing personal is asked for, and what comes along unasked is dropped here."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connector.sitoo.answers import Node, needed_text, nodes, optional_whole, quantity, row_index, text, whole
from connector.sitoo.errors import Unconfirmed
from connector.sitoo.order_models import HandedOut, RowOfOrder, TenderOfOrder, WholeOrder

ORDER_FIELDS = (
    "orderid,eshopid,externalid,creditorderid,ordertypeid,orderstateid,paymentstateid,orderdate,currencycode,"
    "warehouseid,datereserved,registerid,moneytotal_gross_all,additionaldata,orderitems,payments"
)
ORDER_FIELDS_WITH_LOG = f"{ORDER_FIELDS},orderlogitems"
DELIVERY_FIELDS = "orderdeliveryid,orderid,warehouseid,orderdeliveryref,datedelivery,datecancelled,orderdeliveryitems"

ORIGINAL_ORDER = "pos-originalsales-orderid"
VIRTUAL_PAYMENT = "virtual-payment"

_KEPT = ("centra-", "web", "delivery-", "pos-", "store-", "return-", "reasoncode-", "orderitem-", "pricelist-", "product-group-")
_KEPT_WHOLE = frozenset({"refundreasoncode-reasoncode", "payment-method", VIRTUAL_PAYMENT})
_PERSONAL = ("pos-staff",)
_HIDDEN = frozenset({"giftcard-cardnumber", "giftcard-cardnumber-display"})
"""Whoever knows the number can spend the card: that there is one is kept, the number is not."""
_CENT = Decimal("0.01")


def whole_order(node: Node) -> WholeOrder:
    """An order of any type; raises Unconfirmed when anything it must hold is missing or unreadable."""
    marks = _marks(node)
    reserved = optional_whole(node, "datereserved")
    return WholeOrder(
        id=whole(node, "orderid"),
        type=whole(node, "ordertypeid"),
        state=whole(node, "orderstateid"),
        payment_state=whole(node, "paymentstateid"),
        external_id=text(node, "externalid"),
        warehouse_id=optional_whole(node, "warehouseid"),
        register=text(node, "registerid"),
        date=float(whole(node, "orderdate")),
        currency=needed_text(node, "currencycode"),
        reserved_until=None if not reserved else float(reserved),
        total=_money(node, "moneytotal_gross_all"),
        rows=tuple(_row(row, position) for position, row in enumerate(nodes(node.get("orderitems")))),
        payments=tuple(_payment(payment) for payment in _list(node, "payments")),
        marks=marks,
        credit_of=_credit_of(node, marks),
        log=_log(node),
    )


def handed_out(node: Node, order_id: int) -> HandedOut:
    """A delivery of this order; the units of rows that are named twice add up."""
    if optional_whole(node, "orderid") not in (None, order_id):
        raise Unconfirmed(f"a delivery of another order was among those of {order_id}")
    units: dict[int, int] = {}
    for row in nodes(node.get("orderdeliveryitems")):
        units[whole(row, "orderitemid")] = units.get(whole(row, "orderitemid"), 0) + whole(row, "quantity")
    return HandedOut(
        id=whole(node, "orderdeliveryid"),
        order_id=order_id,
        warehouse_id=whole(node, "warehouseid"),
        at=float(whole(node, "datedelivery")),
        reference=text(node, "orderdeliveryref"),
        cancelled=bool(optional_whole(node, "datecancelled")),
        units=units,
    )


def _row(node: Node, position: int) -> RowOfOrder:
    return RowOfOrder(
        row=row_index(node, position),
        sku=text(node, "sku"),
        name=text(node, "productname"),
        quantity=whole(node, "quantity"),
        net=_money(node, "moneyitemtotal_net"),
        vat=_money(node, "moneyitemtotal_vat"),
        vat_percent=quantity(node, "vatvalue"),
        marks=_marks(node),
    )


def _payment(node: Node) -> TenderOfOrder:
    marks = _marks(node)
    return TenderOfOrder(text(node, "name"), _money(node, "moneyamount"), marks.get(VIRTUAL_PAYMENT, "").lower() == "true", marks)


def _credit_of(node: Node, marks: dict[str, str]) -> int | None:
    """`creditorderid`; orders that lack it may still name their original in additionaldata. Text that is no number names none."""
    given = optional_whole(node, "creditorderid")
    if given:
        return given
    named = marks.get(ORIGINAL_ORDER, "").strip()
    return int(named) if named.isascii() and named.isdecimal() else None


def _log(node: Node) -> tuple[tuple[float, int], ...]:
    """Oldest first; only a single order read has it."""
    entries = [(float(whole(entry, "datelog")), whole(entry, "orderlogtypeid")) for entry in nodes(node.get("orderlogitems") or [])]
    return tuple(sorted(entries, key=lambda entry: entry[0]))


def _marks(node: Node) -> dict[str, str]:
    """The keys of additionaldata that tell about the order. Staff, customers, card numbers and free text are left out."""
    given = node.get("additionaldata")
    if not isinstance(given, dict):
        return {}
    kept = {str(key): str(value) for key, value in given.items() if value is not None and _is_kept(str(key))}
    return kept | {key: "hidden" for key in _HIDDEN & given.keys() if given[key]}


def _is_kept(key: str) -> bool:
    return key in _KEPT_WHOLE or (key.startswith(_KEPT) and not key.startswith(_PERSONAL))


def _money(node: Node, field: str) -> Decimal:
    amount = quantity(node, field)
    if amount.adjusted() > 15 or amount != amount.quantize(_CENT):
        raise Unconfirmed(f"{field} is no amount of money")
    return amount.quantize(_CENT)


def _list(node: Node, field: str) -> list[Any]:
    """A list that Sitoo may answer as null; one that is missing altogether was not told."""
    if field not in node:
        raise Unconfirmed(f"{field} is missing")
    return list(nodes(node[field] or []))
