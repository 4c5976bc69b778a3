"""A Sitoo refund order read as what it says: whose it is, which sale it undoes, who paid with what. Rules of sitoo-api §2.5–§2.7."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from connector.centra.order_models import CentraOrder
from connector.domain.order_keys import LINE_MARK, ORDER_MARK, RETURN_MARK
from connector.domain.order_settings import TillRefund
from connector.domain.sitoo_order_keys import parse
from connector.sitoo.order_models import ABANDONED, CANCELLED, CLOSED, RowOfOrder, WholeOrder
from connector.store.order_files import CopyRow

ORIGINAL_MARK = "pos-originalsales-orderid"
ORIGINAL_ROW_MARK = "pos-originalsales-orderitemid"
EXCHANGE_MARK = "pos-refundsales-orderid"
VIRTUAL_MARK = "virtual-payment"
STORE_CREDIT_MARKS = frozenset({"giftcard-cardnumber", "giftcard-cardnumber-display"})
_ORDER_TYPE = 10
_PAYMENT_FAILED = frozenset({30, 40})
_RECORDED = re.compile(r"^CR(\d+)-S(\d+)$")


class Nature(StrEnum):
    """What a Sitoo order is to the returns flow. OURS: it records a return made in Centra. UNFINISHED: the till has not closed or paid it."""

    NO_REFUND = "no refund"
    OURS = "ours"
    VOID = "void"
    UNFINISHED = "unfinished"
    REFUND = "refund"


def nature(order: WholeOrder) -> Nature:
    """A refund is an order of type 10 with negative rows (sitoo-api §2.7)."""
    if recorded_return_of(order) is not None:
        return Nature.OURS
    if order.type != _ORDER_TYPE or not any(row.quantity < 0 for row in order.rows):
        return Nature.NO_REFUND
    if order.state in (CANCELLED, ABANDONED):
        return Nature.VOID
    return Nature.REFUND if order.state == CLOSED and order.payment_state not in _PAYMENT_FAILED else Nature.UNFINISHED


def recorded_return_of(order: WholeOrder) -> int | None:
    """The Centra return that an order of ours records: by its mark, or by its externalid where the mark got lost."""
    if (marked := number(order.marks.get(RETURN_MARK, ""))) is not None:
        return marked
    match = _RECORDED.match(order.external_id)
    return int(match[1]) if match else None


def original_of(refund: WholeOrder) -> int | None:
    """The Sitoo order that was refunded; None for a return without receipt."""
    return refund.credit_of if refund.credit_of is not None else number(refund.marks.get(ORIGINAL_MARK, ""))


def exchange_of(refund: WholeOrder) -> int | None:
    """The purchase made in the same visit: a sale of its own."""
    return number(refund.marks.get(EXCHANGE_MARK, ""))


def web_order_of(original: WholeOrder) -> int | None:
    """The Centra order that a Sitoo order is a copy of; None for a till's own sale."""
    key = parse(original.external_id)
    return key[0] if key else number(original.marks.get(ORDER_MARK, ""))


def copy_rows(original: WholeOrder, order: CentraOrder) -> tuple[CopyRow, ...]:
    """The rows of a copy whose record is lost, or of a till sale that became a Centra order: by the rows' marks, else by SKU.

    A row that is no line of Centra's counts as a fee.
    """
    free = {line.id: line.quantity + line.cancelled for line in order.lines}
    rows = []
    for row in original.rows:
        line = number(row.marks.get(LINE_MARK, ""))
        if line not in free:
            line = next((x.id for x in order.lines if row.sku and x.sku == row.sku and free[x.id] >= row.quantity), 0)
        free[line] = free.get(line, 0) - row.quantity
        rows.append(CopyRow(row.row, line, row.sku, row.quantity))
    return tuple(rows)


def original_row(row: RowOfOrder) -> int | None:
    return number(row.marks.get(ORIGINAL_ROW_MARK, ""))


def number(text: str) -> int | None:
    """A number that Sitoo keeps as text; None when it is none."""
    return int(text) if text.isascii() and text.isdigit() else None


def sub_units(amount: Decimal, decimals: int) -> int | None:
    """An amount in whole sub-units; None when the currency cannot express it."""
    scaled = amount.scaleb(decimals)
    return int(scaled) if scaled == scaled.to_integral_value() else None


@dataclass(frozen=True, slots=True)
class Payout:
    """How a refund was settled. Positive: given to the customer. `tenders` are real money by name; `virtual` settles against another order
    and is no cash; `in_kind`: goods bought on the same order; `credit`: the part of `tenders` given as gift cards or credit notes."""

    tenders: Mapping[str, Decimal] = field(default_factory=dict)
    virtual: Decimal = Decimal(0)
    in_kind: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return sum(self.tenders.values(), self.virtual + self.in_kind)


def payout_of(refund: WholeOrder) -> Payout:
    tenders: dict[str, Decimal] = defaultdict(Decimal)
    for payment in refund.payments:
        if not payment.virtual:
            tenders[payment.name] -= payment.amount
    return Payout(
        {name: amount for name, amount in tenders.items() if amount},
        -sum((p.amount for p in refund.payments if p.virtual), Decimal(0)),
        sum((row.gross for row in refund.rows if row.quantity > 0), Decimal(0)),
        -sum((p.amount for p in refund.payments if not p.virtual and STORE_CREDIT_MARKS & p.marks.keys()), Decimal(0)),
    )


def payers(payout: Payout, tenders: Mapping[str, TillRefund]) -> tuple[set[TillRefund], list[str]]:
    """Who pays, by the mapping file, and the tender names it does not know. What is settled with other goods is paid at the till."""
    found = {tenders[name] for name in payout.tenders if name in tenders}
    if payout.virtual or payout.in_kind:
        found.add(TillRefund.PAID_AT_TILL)
    return found, sorted(name for name in payout.tenders if name not in tenders)


def total_back(rows: Iterable[RowOfOrder]) -> Decimal:
    """What the returned rows were refunded with, VAT included; positive."""
    return -sum((row.gross for row in rows if row.quantity < 0), Decimal(0))
