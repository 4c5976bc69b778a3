"""Rows of the sales ledger: from a till's order, and from a refund that Centra paid. Amounts in cents, negative on refunds."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.domain.configuration import Site
from connector.domain.money import split
from connector.domain.order_keys import ORDER_MARK
from connector.mapping.line_worth import UnitWorths
from connector.mapping.refund_order import recorded_return_of
from connector.sitoo.order_models import CLOSED, WholeOrder
from connector.store.sales_ledger import LedgerKind, LedgerRow, Taxed

RECEIPT_MARK = "pos-receiptid"
TIME_ZONE_MARK = "pos-timezone"
NO_STORE = 0
"""In place of a store for a till whose warehouse the mapping file does not know, and for refunds of goods from nowhere in particular."""
_ORDER_TYPE = 10
_REFUNDED = frozenset({"REFUND", "REFUND_GIFT_CARD"})
_SUCCESS = "SUCCESS"


def till_key(sitoo_order_id: int) -> str:
    return f"sitoo-order-{sitoo_order_id}"


def refund_key(return_id: int) -> str:
    return f"centra-return-{return_id}"


def row_of_till_order(
    order: WholeOrder, site: Site, *, web: bool | None = None, centra_order: int | None = None, centra_return: int | None = None
) -> LedgerRow | None:
    """The row of a till's closed sale or refund; None for everything else: open, cancelled and parked orders, and what the connector made.

    `centra_order`, `centra_return`: what it is in Centra, where that is known. `web`: whether a refund is of a web order; None: when it is of a
    Centra order at all (say False where till sales become Centra orders too).
    """
    of_web = centra_order is not None if web is None else web
    back = any(row.quantity < 0 for row in order.rows)
    # A refund of a copy may carry the copy's marks (unconfirmed): the till made it all the same.
    ours = (ORDER_MARK in order.marks and not back) or recorded_return_of(order) is not None
    if ours or order.type != _ORDER_TYPE or order.state != CLOSED:
        return None
    by_rate: dict[Decimal, Taxed] = {}
    for row in order.rows:
        net, vat = (_cents(row.net), _cents(row.vat))
        known = by_rate.get(row.vat_percent, Taxed(0, 0))
        by_rate[row.vat_percent] = Taxed(known.net + net, known.vat + vat)
    tenders: dict[str, int] = defaultdict(int)
    virtual = 0
    for payment in order.payments:
        if payment.virtual:
            virtual += _cents(payment.amount)
        else:
            tenders[payment.name] += _cents(payment.amount)
    refund = back and sum(taxed.net + taxed.vat for taxed in by_rate.values()) <= 0
    kind = (LedgerKind.WEB_REFUND if of_web else LedgerKind.POS_REFUND) if refund else LedgerKind.POS_SALE
    store = site.store_of_sitoo_warehouse(order.warehouse_id) if order.warehouse_id is not None else None
    return LedgerRow(
        site.id,
        till_key(order.id),
        kind,
        store.centra_warehouse if store else NO_STORE,
        day_of(order.date, order.marks.get(TIME_ZONE_MARK, ""), site),
        order.date,
        order.currency,
        order.register,
        order.marks.get(RECEIPT_MARK, ""),
        by_rate,
        dict(tenders),
        virtual,
        centra_order,
        centra_return,
    )


def row_of_centra_return(made: ReturnOfOrder, order: CentraOrder, site: Site) -> LedgerRow | None:
    """The row of a return that Centra refunded; None while nothing is refunded, as on returns that a till paid (their row is the till's).

    VAT is that of the returned lines; what was given back above their worth is shipping. A refund of several entries is one row on the day of the
    first.
    """
    paid = sorted((e for e in made.refunds if e.kind in _REFUNDED and e.status == _SUCCESS), key=lambda entry: (entry.created_at, entry.id))
    total = sum(abs(entry.amount) for entry in paid)
    if not paid or not total:
        return None
    worths = UnitWorths(order)
    exempt = order.amounts.tax_deducted > 0
    by_rate: dict[Decimal, int] = defaultdict(int)
    warehouses: list[int] = []
    lines = {line.id: line for shipment in order.shipments for line in shipment.lines}
    for line_id, units in made.lines.items():
        if (shipped := lines.get(line_id)) is None:
            continue
        line = order.line(shipped.order_line)
        by_rate[Decimal(0) if exempt or line is None else line.tax_percent] += worths.of(shipped.order_line, 0, units).total
        warehouses += shipped.warehouses
    shipping = max(0, total - sum(by_rate.values()))
    if shipping and order.amounts.shipping:
        by_rate[Decimal(0) if exempt else order.amounts.shipping_tax_percent or Decimal(0)] += shipping
    rates = sorted(by_rate)
    weights = [by_rate[rate] for rate in rates]
    tenders: dict[str, int] = defaultdict(int)
    for entry in paid:
        tenders[entry.method or entry.kind] -= _in_cents(abs(entry.amount), order)
    shares = split(sum(tenders.values()), weights or [1])
    return LedgerRow(
        site.id,
        refund_key(made.id),
        LedgerKind.WEB_REFUND,
        made.restocked_in or next(iter(warehouses), NO_STORE),
        day_of(paid[0].created_at, "", site),
        paid[0].created_at,
        order.currency,
        by_rate={rate: _taxed(share, rate) for rate, share in zip(rates or [Decimal(0)], shares, strict=True)},
        tenders=dict(tenders),
        centra_order=order.number,
        centra_return=made.id,
    )


def day_of(at: float, zone: str, site: Site) -> str:
    """The date (ISO) of a moment where the till stands: in its own time zone when it tells a known one, else in the site's."""
    try:
        place = ZoneInfo(zone or site.timezone)
    except (KeyError, ValueError, OSError):
        place = ZoneInfo(site.timezone)
    return datetime.fromtimestamp(at, UTC).astimezone(place).date().isoformat()


def _taxed(gross: int, percent: Decimal) -> Taxed:
    vat = int((Decimal(gross) * percent / (100 + percent)).quantize(Decimal(1), ROUND_HALF_UP))
    return Taxed(gross - vat, vat)


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))


def _in_cents(sub_units: int, order: CentraOrder) -> int:
    return int(Decimal(sub_units).scaleb(2 - order.currency_decimals).quantize(Decimal(1), ROUND_HALF_UP))
